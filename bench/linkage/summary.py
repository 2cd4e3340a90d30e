"""The outcome of a method as plain figures."""

import statistics
from collections.abc import Mapping
from typing import Any

from bench.linkage.contest import Outcome
from bench.linkage.metrics import Judged, measure, pool
from bench.linkage.resample import bound, draw_measures
from bench.linkage.slices import cut, score_slices

DRAWN = "f1_drawn"
"""The F1 of each draw of the bootstrap, to compare methods draw by draw; it is not kept."""


def summarise(outcome: Outcome) -> dict[str, Any]:
    """Return measures over all months with their intervals, by slice, and what a month costs."""
    together = pool(outcome.judged)
    each = [measure(judged)["f1"] for judged in outcome.judged]
    return {
        "says": outcome.says,
        "months": len(outcome.judged),
        "reports": together.reports.height,
        "measures": _round(measure(together)),
        "intervals": _bound(together),
        DRAWN: [f1 or 0.0 for f1 in draw_measures(together)["f1"]],
        "f1_each": [None if f1 is None else round(f1, 3) for f1 in each],
        "slices": _score_slices(together),
        "seconds_a_month": round(statistics.median(outcome.seconds), 2),
        "peak_mib": outcome.peak_mib,
        **_round(outcome.notes),
    }


def _score_slices(together: Judged) -> dict[str, Any]:
    intervals = {name: _bound(each) for name, each in cut(together).items()}
    return {
        name: {**_round(scores), "precision_interval": intervals[name].get("precision")}
        for name, scores in score_slices(together).items()
    }


def _bound(judged: Judged) -> dict[str, list[float]]:
    return {name: [round(edge, 4) for edge in edges] for name, edges in bound(judged).items()}


def _round(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
