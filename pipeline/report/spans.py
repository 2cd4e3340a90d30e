"""The days that figures cover, as descriptions for machines want them."""

import calendar
import datetime

from pipeline.periods import split_period
from pipeline.report.figures import Figures

Span = tuple[datetime.date, datetime.date]
"""A first and a last day."""


def list_spans(figures: Figures, geography: str | None = None) -> list[Span]:
    """Return the first and last day of each period in the figures of a place (of all places), the month first."""
    periods = {
        # One table is of one period.
        str(part["period"][0])
        for (_, place), part in figures.parts.items()
        if geography in (None, place)
    }
    return sorted(map(find_days, periods), reverse=True)


def find_days(period: str) -> Span:
    """Return the first and last day of a month, calendar quarter or calendar year."""
    name, first, last = split_period(period)
    year = int(name)
    return datetime.date(year, first, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])


def write_span(span: Span) -> str:
    """Write a span as ISO 8601 does: `2026-10-01/2026-10-31`."""
    return "/".join(day.isoformat() for day in span)
