"""The reaches of the design, and what was measured against each."""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_TIMES_FLOOR = 60
MOST_GIBIBYTES = 4
MOST_GROWTH = 12
MOST_TIMES_EMPTY = 2
MOST_MINUTES = 8

_BIG, _BASE = 1_000_000, 100_000


def compare(
    steps: Mapping[int, Mapping[str, Any]],
    months: Sequence[Mapping[str, Any]],
    pages: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    """Return one entry a target: what, reach, measured (None where its size was not run), met.

    The time against the floor has the import of Great Expectations in it; the growth with the rows has not.
    Both are the stricter way. Memory is that of the process and of the database server together, each at its
    own peak.
    """
    big, base = steps.get(_BIG), steps.get(_BASE)
    growth = big["to_figures_seconds"] / base["to_figures_seconds"] if big and base else None
    return [
        _judge(
            "1,000,000 rows to figures, times the DuckDB floor",
            MOST_TIMES_FLOOR,
            big["times_floor"] if big else None,
        ),
        _judge(
            "1,000,000 rows, peak memory in GiB",
            MOST_GIBIBYTES,
            (big["peak_mib"] + big["peak_postgresql_mib"]) / 1024 if big else None,
        ),
        _judge("time of 1,000,000 rows, times that of 100,000", MOST_GROWTH, growth),
        *(
            _judge(
                f"month of {month['reports']:,} reports, times empty tasks", MOST_TIMES_EMPTY, month["ratio"]
            )
            for month in months
        ),
        _judge(
            "all pages of an edition as HTML and PDF, in minutes",
            MOST_MINUTES,
            pages["seconds"] / 60 if pages else None,
        ),
    ]


def _judge(what: str, reach: float, measured: float | None) -> dict[str, Any]:
    return {
        "what": what,
        "reach": f"at most {reach}",
        "measured": None if measured is None else round(measured, 2),
        "met": None if measured is None else measured <= reach,
    }
