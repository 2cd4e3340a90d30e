"""The bench of screening says what was found, what was held falsely, and what was not run."""

import polars as pl
import pytest

from bench.screening.scores import add_verdicts, list_misses, sum_up
from bench.screening.targets import compare
from bench.screening.wording import LANGUAGES

CORPUS = pl.DataFrame(
    [
        (f"{name} {language}", language, kind, "ascii", "plain")
        for language in LANGUAGES
        for name, kind in (
            ("found", "mobile"),
            ("misnamed", "mobile"),
            ("missed", "mobile"),
            ("fine", "clean"),
        )
    ],
    schema=["text", "language", "kind", "digits", "way"],
    orient="row",
)
FOUND = pl.DataFrame(
    [
        ("found en", "personal_phone"),
        ("found en", "personal_card"),
        ("misnamed en", "personal_card"),
        ("fine en", "x"),
    ],
    schema=["text", "rule"],
    orient="row",
)


def test_held_is_held_whatever_the_rule_and_named_is_the_right_rule() -> None:
    judged = add_verdicts(CORPUS, FOUND)
    scores = sum_up(judged)
    assert scores["by_kind"]["mobile"]["by_script"]["Latin"] == pytest.approx(2 / 3, abs=1e-4)
    assert scores["by_script"]["Latin"]["named"] == pytest.approx(1 / 3, abs=1e-4)
    assert scores["by_script"]["Latin"]["false_holds"] == 1
    assert scores["by_script"]["Odia"] == {"narratives": 3, "recall": 0, "named": 0, "false_holds": 0}
    assert scores["by_rule"]["x"] == {"fired": 1, "false": 1, "precision": 0}
    assert scores["by_rule"]["personal_card"] == {"fired": 2, "false": 0, "precision": 1}
    assert list_misses(judged).height == 3 * 6 - 2


def test_what_was_not_run_is_not_met() -> None:
    targets = compare({})
    assert {target["met"] for target in targets} == {None}


def test_the_worst_script_and_the_worst_kind_count() -> None:
    by_script = {
        name: {"recall": 1.0, "false_holds": 0.0}
        for name in ("Latin", "Devanagari", "Bengali", "Odia", "Tamil")
    }
    ours = {
        "by_script": {**by_script, "Telugu": {"recall": 0.98, "false_holds": 0.02}},
        "by_kind": {"fir": {"recall": 0.995}, "pan": {"recall": 1.0}},
    }
    met = [
        target["met"]
        for target in compare({"ours": ours, "speed": {"ours": {"a_second": 60_000}}, "growth": {"a": 16.0}})
    ]
    assert met == [False, True, False, True, False]
