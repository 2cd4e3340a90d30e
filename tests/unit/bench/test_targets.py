"""What was measured is held against each reach, and what was not run is said to be so."""

from typing import Any

import pytest

from bench.linkage.summary import DRAWN
from bench.linkage.targets import compare


def make_method(f1: float, drawn: list[float] | None = None, **measures: float) -> dict[str, Any]:
    return {
        "measures": {
            "f1": f1,
            "precision": 0.98,
            "recall": 0.5,
            "recall_with_review": 0.9,
            "b3": 0.9,
            **measures,
        },
        "intervals": {"f1": [f1 - 0.1, f1 + 0.1]},
        DRAWN: drawn or [f1],
        "slices": {"group_visits": {"precision": 0.5, "precision_interval": [0.4, 0.6]}},
    }


def by_name(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {target["what"]: target for target in compare(results)}


def test_nothing_that_was_not_run_is_met() -> None:
    targets = compare({"settings": {}, "speed": []})
    assert {target["measured"] for target in targets} == {None}
    assert {target["met"] for target in targets} == {None}


def test_reaches_are_at_least_or_at_most() -> None:
    kept = {"ours": make_method(0.9, review_share=0.07)}
    found = by_name({"settings": {"kept": kept}, "speed": []})
    assert found["kept: automatic precision"]["met"] is True
    assert found["kept: automatic recall"]["met"] is False
    assert found["kept: share of reports in review"]["met"] is False


def test_the_margin_is_over_the_best_peer_draw_by_draw() -> None:
    messy = {
        "ours_even": make_method(0.7, [0.6, 0.8]),
        "ceiling": make_method(0.99),
        "weak": make_method(0.3),
        "strong": make_method(0.55, [0.5, 0.7]),
    }
    margin = by_name({"settings": {"messy": messy}, "speed": []})[
        "messy: F1 at even odds, above the best peer"
    ]
    assert margin["measured"] == pytest.approx(0.15)
    assert margin["interval"] == pytest.approx([0.1, 0.1])
    assert margin["met"] is True


def test_the_steepest_growth_counts() -> None:
    speed = [
        {"reports": 400, "seconds": 1.5, "reports_per_second": 266, "pairs_per_report": 5},
        {
            "reports": 100_000,
            "seconds": 20,
            "reports_per_second": 5_000,
            "pairs_per_report": 21,
            "growth_exponent": 1.2,
        },
    ]
    found = by_name({"settings": {}, "speed": speed})
    assert found["400 reports, seconds beyond imports"]["met"] is True
    assert found["100,000 reports, reports a second"]["met"] is False
    assert found["1,000,000 reports, reports a second"]["met"] is None
    assert found["growth of time with reports, exponent"]["met"] is False
    assert found["candidate pairs a report"]["met"] is False
