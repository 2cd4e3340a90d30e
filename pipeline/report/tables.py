"""Shown figures as rows and tables with words in them, ready to be set by a template.

Everything derived here (the order of rows, the length of a bar, a share) comes from shown values and code lists
alone.
"""

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.contract import NATIONAL, Contract
from pipeline.report import outline
from pipeline.report.derived import percentage
from pipeline.report.figures import Figure, Figures
from pipeline.report.labels import group_lakhs, label_code, sort_by_codes
from pipeline.report.outline import TableWords
from pipeline.report.periods import is_month, say_period

LONG = 12
"""A table of more rows folds those that are not published into a list of names."""


@dataclass(frozen=True)
class Cell:
    """A shown value: `anchor` is its address on the page, `bar` its percentage of the table's largest."""

    anchor: str
    value: str
    lower: str
    upper: str
    bar: int
    is_exact: bool


@dataclass(frozen=True)
class Row:
    """One row; `figure` is what stands in it, `cell` the same in words, or None where it is not published.

    `share` is its percentage of all incidents of the place, or blank.
    """

    label: str
    figure: Figure
    cell: Cell | None
    meaning: str = ""
    page: str = ""
    share: str = ""


@dataclass(frozen=True)
class Group:
    """Rows under a heading of their own, or under none; `rest` names what is left out as not published."""

    rows: tuple[Row, ...]
    heading: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Table:
    """One table; `folded` names the rows that are not published where they are listed apart.

    `groups` is empty where nothing of a long table is published.
    """

    number: int
    words: TableWords
    anchor: str
    unit: str
    groups: tuple[Group, ...]
    folded: tuple[Row, ...]

    @property
    def title(self) -> str:
        """The title; it says the period where that is not the month of the edition."""
        return title_table(self.words, (self.rows or self.folded)[0].figure.period)

    @property
    def note(self) -> str:
        """How to read the table; blank where that is plain."""
        overlap = self.words.overlap
        if overlap:
            overlap += f", {outline.OVERLAPPING_SHARES}." if self.has_shares else "."
        return " ".join(filter(None, (self.words.note, overlap)))

    @functools.cached_property
    def has_shares(self) -> bool:
        return any(row.share for row in self.rows)

    @functools.cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for group in self.groups for row in group.rows)


def coverage_tables(figures: Figures, geography: str) -> tuple[Table, ...]:
    """Build the tables of collectives and of rows received, where they are planned for the geography."""
    tables = []
    for words, unit in ((outline.COVERAGE, "Number"), (outline.ACCOUNTING, "Rows")):
        rows = _measure_rows(figures.of(words.table, geography), outline.MEASURES)
        tables.append(_table(words, rows, words.table, unit))
    return _number(tables, first=1)


def incident_tables(figures: Figures, contract: Contract, geography: str, *, first: int) -> tuple[Table, ...]:
    """Build every table of incidents that is planned for the geography, numbered from `first`."""
    total = [
        Row(place_name(geography, contract), cell, show_cell(cell, _longest([cell])))
        for cell in figures.of("total", geography)
    ]
    ends = _measure_rows(figures.of(outline.RANGE.table, geography), outline.RANGE_MEASURES)
    tables = [_table(outline.TOTAL, total, "total"), _table(outline.RANGE, ends, outline.RANGE.table)]
    if geography == NATIONAL:
        tables.append(_states_table(figures, contract))
    whole = total[0].figure if total else None
    for words in outline.BREAKDOWNS:
        cells = figures.of(words.table, geography)
        if words.inner:
            tables.append(_crossing_table(words, cells, contract))
        else:
            tables.append(_breakdown_table(words, cells, contract, whole))
    return _number(tables, first=first)


def place_name(geography: str, contract: Contract) -> str:
    """Return the name of a geography; raise FiguresFormatError where the list of states does not have it."""
    return outline.NATION if geography == NATIONAL else label_code(contract.code_lists["states"], geography)


def title_table(words: TableWords, period: str) -> str:
    """Return the title of a table whose figures are of `period`."""
    return words.title if is_month(period) else f"{words.title}, {say_period(period)}"


def _measure_rows(cells: tuple[Figure, ...], measures: Mapping[str, tuple[str, str]]) -> list[Row]:
    by_measure = {cell.measure: cell for cell in cells}
    longest = _longest(cells)
    return [
        Row(label, by_measure[measure], show_cell(by_measure[measure], longest), meaning)
        for measure, (label, meaning) in measures.items()
        if measure in by_measure
    ]


def _states_table(figures: Figures, contract: Contract) -> Table:
    # By code, so that the order of the page says nothing of the states.
    places = sorted(code for code in contract.code_lists["states"].codes if figures.of("total", code))
    cells = [figure for code in places for figure in figures.of("total", code)]
    longest = _longest(cells)
    rows = [
        Row(place_name(cell.geography, contract), cell, show_cell(cell, longest), page=cell.geography)
        for cell in cells
    ]
    return _table(outline.STATES, rows, "states")


def _breakdown_table(
    words: TableWords, cells: Iterable[Figure], contract: Contract, whole: Figure | None
) -> Table:
    codes = contract.code_lists[words.codes]
    ordered = sort_by_codes(cells, codes)
    longest = _longest(ordered)
    rows = [
        Row(
            label_code(codes, cell.code_1 or ""),
            cell,
            show_cell(cell, longest),
            share=_share(cell, whole),
        )
        for cell in ordered
    ]
    return _table(words, rows, words.table)


def _crossing_table(words: TableWords, cells: Iterable[Figure], contract: Contract) -> Table:
    """Group shown cells by their first code; first codes without a shown cell are folded."""
    outer, inner = contract.code_lists[words.codes], contract.code_lists[words.inner]
    groups, folded = [], []
    longest = _longest(cells)
    for code, found in itertools.groupby(sort_by_codes(cells, outer, inner), lambda cell: cell.code_1):
        label, ordered = label_code(outer, code or ""), list(found)
        rows = tuple(
            Row(label_code(inner, cell.code_2 or ""), cell, show_cell(cell, longest))
            for cell in ordered
            if cell.shown
        )
        if rows:
            groups.append(Group(rows, label, outline.CROSSING_REST if len(rows) < len(ordered) else ""))
        else:
            folded.append(Row(label, ordered[0], None))
    return Table(0, words, f"table-{words.table}", "Incidents", tuple(groups), tuple(folded))


def _share(figure: Figure, whole: Figure | None) -> str:
    """Write a figure's percentage of all incidents of its place, where that is of the same period."""
    if whole is None or whole.period != figure.period:
        return ""
    percent = percentage(figure.shown, whole.shown)
    if percent is None:
        return ""
    return f"{percent}%" if percent else "under 1%"


def _table(words: TableWords, rows: list[Row], name: str, unit: str = "Incidents") -> Table:
    """Lay out rows: a long table folds what is not published, a short one stands as it is."""
    folded = tuple(row for row in rows if row.cell is None) if len(rows) > LONG else ()
    standing = tuple(row for row in rows if row.cell) if folded else tuple(rows)
    return Table(0, words, f"table-{name}", unit, (Group(standing),) if standing else (), folded)


def _number(tables: Iterable[Table], *, first: int) -> tuple[Table, ...]:
    planned = [table for table in tables if table.groups or table.folded]
    return tuple(replace(table, number=number) for number, table in enumerate(planned, start=first))


def _longest(cells: Iterable[Figure]) -> int:
    return max((cell.shown.value for cell in cells if cell.shown), default=0)


def show_cell(figure: Figure, longest: int) -> Cell | None:
    """Put a figure into words, with a bar against the `longest` value; None where it is not published."""
    if figure.shown is None:
        return None
    names = (figure.table, figure.geography, figure.measure, figure.code_1, figure.code_2)
    value, lower, upper = figure.shown.value, figure.shown.lower, figure.shown.upper
    bar = round(100 * value / longest) if longest else 0
    anchor = ".".join(name for name in names if name)
    return Cell(anchor, group_lakhs(value), group_lakhs(lower), group_lakhs(upper), bar, lower == upper)
