"""What was reported month by month, from the figures of the editions published before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.language import Language
from pipeline.report.edition import Edition
from pipeline.report.figures import Figure, Figures
from pipeline.report.tables import Cell, find_longest, find_total, show_cell

MONTHS = 12
"""A trend tells of so many months, that of the edition included."""

_STEP, _HEIGHT, _MARGIN = 20, 48, 4
"""Units of the drawing: from month to month, its height, and what is left free above and below."""


@dataclass(frozen=True)
class Past:
    """The newest edition of an earlier month and its figures."""

    edition: Edition
    figures: Figures


@dataclass(frozen=True)
class TrendMonth:
    """One month: its name, the edition that tells of it (None for that of the page), and its figure if published."""

    name: str
    edition: Edition | None
    cell: Cell | None


@dataclass(frozen=True)
class Trend:
    """Months in their order, and a line through their figures: `width` and `height` in units of its points.

    `lines` are runs of points `x,y` of months next to each other whose figures are published.
    """

    months: tuple[TrendMonth, ...]
    lines: tuple[str, ...]
    width: int = _STEP * MONTHS
    height: int = _HEIGHT


def draw_trend(figures: Figures, past: Sequence[Past], language: Language, geography: str) -> Trend | None:
    """Return the trend of all incidents of a geography; None where no earlier month is published."""
    totals: list[tuple[Edition | None, str, Figure | None]] = [
        (each.edition, each.edition.month, find_total(each.figures, geography)) for each in past
    ]
    if not totals:
        return None
    totals.append((None, figures.period, find_total(figures, geography)))
    totals.sort(key=lambda each: each[1])
    longest = find_longest(total for _, _, total in totals)
    months = tuple(
        TrendMonth(language.say_period(month), edition, show_cell(total, longest))
        for edition, month, total in totals
    )
    return Trend(months, tuple(_draw_lines(months)))


def _draw_lines(months: Sequence[TrendMonth]) -> Iterator[str]:
    points: list[str] = []
    for place, month in enumerate((*months, None)):
        if month and month.cell:
            up = (_HEIGHT - 2 * _MARGIN) * month.cell.bar // 100
            points.append(f"{_STEP * (MONTHS - len(months) + place) + _STEP // 2},{_HEIGHT - _MARGIN - up}")
        elif points:
            yield " ".join(points)
            points = []
