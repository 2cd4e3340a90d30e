"""Each reach of the linkage, and what was measured against it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.linkage.resample import find_interval
from bench.linkage.summary import DRAWN

NOT_A_PEER = ("ours", "ours_even", "ceiling")

_QUALITY = (
    ("kept", "ceiling", "f1", 0.93, "gradient boosting with all labels, F1"),
    ("kept", "ours", "precision", 0.98, "automatic precision"),
    ("kept", "ours", "recall", 0.75, "automatic recall"),
    ("kept", "ours", "recall_with_review", 0.90, "recall with review"),
    ("kept", "ours", "b3", 0.985, "B-cubed"),
    ("kept", "ours", "review_share", -0.06, "share of reports in review"),
    ("messy", "ours_even", "f1", 0.68, "F1 at even odds"),
    ("messy", "ours", "precision", 0.97, "automatic precision"),
    ("easy", "ours", "precision", 0.98, "automatic precision"),
    ("easy", "ours", "recall", 0.90, "automatic recall"),
)
"""Setting, method, measure, reach (negative: at most), and how it is said."""

_INSIDE_GROUPS, _MARGIN = 0.4, 0.10
_RATES = {100_000: 6_000, 1_000_000: 20_000}
_SMALL, _SMALL_SECONDS = 400, 2
_GROWTH, _GROWTH_FROM = 1.1, 100_000
_PAIRS = 20


def compare(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one entry a target: what, reach, measured (None where not run), interval, met."""
    settings = results["settings"]
    found = [
        _judge(f"{setting}: {says}", reach, *_look_up(settings, setting, method, measure))
        for setting, method, measure, reach, says in _QUALITY
    ]
    messy = settings.get("messy", {})
    groups = messy["ours_even"]["slices"]["group_visits"] if "ours_even" in messy else {}
    inside = groups.get("precision"), groups.get("precision_interval")
    boosted, interval = _look_up(settings, "messy", "ceiling", "f1")
    return [
        *found,
        _judge("messy: F1 at even odds, above the best peer", _MARGIN, *_margin(messy)),
        _judge("messy: precision inside group visits", _INSIDE_GROUPS, *inside),
        # How messy the worlds are is no merit of ours; the figure says which worlds these are.
        {
            **_judge("messy: gradient boosting with all labels, F1", 0, boosted, interval),
            "reach": "about 0.80",
            "met": None,
        },
        *_judge_speed(results["speed"]),
    ]


def _judge_speed(speed: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    by_size = {measured["reports"]: measured for measured in speed}
    growth = [
        each["growth_exponent"]
        for each in speed
        if each["reports"] >= _GROWTH_FROM and "growth_exponent" in each
    ]
    pairs = [each["pairs_per_report"] for each in speed]
    return [
        _judge(
            f"{_SMALL} reports, seconds beyond imports",
            -_SMALL_SECONDS,
            by_size.get(_SMALL, {}).get("seconds"),
        ),
        *(
            _judge(
                f"{size:,} reports, reports a second", rate, by_size.get(size, {}).get("reports_per_second")
            )
            for size, rate in _RATES.items()
        ),
        _judge("growth of time with reports, exponent", -_GROWTH, max(growth, default=None)),
        _judge("candidate pairs a report", -_PAIRS, max(pairs, default=None)),
    ]


def _look_up(
    settings: Mapping[str, Any], setting: str, method: str, measure: str
) -> tuple[float | None, list[float] | None]:
    measured = settings.get(setting, {}).get(method)
    if measured is None:
        return None, None
    return measured["measures"][measure], measured["intervals"].get(measure)


def _margin(methods: Mapping[str, Any]) -> tuple[float | None, tuple[float, float] | None]:
    """Return how far our F1 lies above the best peer's, and the interval of that difference."""
    peers = [method for name, method in methods.items() if name not in NOT_A_PEER]
    if not peers or "ours_even" not in methods:
        return None, None
    ours, best = methods["ours_even"], max(peers, key=_f1)
    differences = [one - other for one, other in zip(ours[DRAWN], best[DRAWN], strict=True)]
    return _f1(ours) - _f1(best), find_interval(differences)


def _f1(method: Mapping[str, Any]) -> float:
    return float(method["measures"]["f1"] or 0.0)


def _judge(
    what: str, reach: float, measured: float | None, interval: Sequence[float] | None = None
) -> dict[str, Any]:
    least = reach >= 0
    met = None if measured is None else bool(measured >= reach if least else measured <= -reach)
    return {
        "what": what,
        "reach": f"at {'least' if least else 'most'} {abs(reach):,}",
        "measured": None if measured is None else round(measured, 4),
        "interval": None if interval is None else [round(edge, 4) for edge in interval],
        "met": met,
    }
