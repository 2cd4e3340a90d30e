"""Shown figures as rows and tables with words in them, ready to be set by a template.

Everything derived here (the order of rows, the length of a bar) comes from shown values and code lists alone.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.contract import NATIONAL, CodeList, Contract
from pipeline.report import outline
from pipeline.report.figures import Figure, Figures, FiguresFormatError
from pipeline.report.outline import TableWords

LONG = 12
"""A table of more rows folds those that are not published into a list of names."""

_LONGEST_LABEL = 240
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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
    """One row; `figure` is what stands in it, `cell` the same in words, or None where it is not published."""

    label: str
    figure: Figure
    cell: Cell | None
    meaning: str = ""
    page: str = ""


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
        Row(place_name(geography, contract), cell, _cell(cell, _longest([cell])))
        for cell in figures.of("total", geography)
    ]
    ends = _measure_rows(figures.of(outline.RANGE.table, geography), outline.RANGE_MEASURES)
    tables = [_table(outline.TOTAL, total, "total"), _table(outline.RANGE, ends, outline.RANGE.table)]
    if geography == NATIONAL:
        tables.append(_states_table(figures, contract))
    for words in outline.BREAKDOWNS:
        rows = _code_rows(figures.of(words.table, geography), contract.code_lists[words.codes])
        tables.append(_table(words, rows, words.table))
        if words.table == outline.CROSSING_FOLLOWS:
            tables.append(_crossing_table(figures, contract, geography))
    return _number(tables, first=first)


def place_name(geography: str, contract: Contract) -> str:
    """Return the name of a geography; raise FiguresFormatError where the list of states does not have it."""
    return outline.NATION if geography == NATIONAL else _label(contract.code_lists["states"], geography)


def group_lakhs(number: int) -> str:
    """Write a whole number with Latin digits in groups of the Indian system: 1,23,45,678."""
    digits = str(number)
    head, tail = digits[:-3], digits[-3:]
    while head:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return tail


def clean_label(label: str) -> str:
    """Return a label without control characters, direction overrides, or a length that breaks a page.

    Joiners are kept, since Indic scripts need them.
    """
    spaced = (" " if character.isspace() else character for character in label)
    kept = (c for c in spaced if c not in _BIDI_CONTROLS and unicodedata.category(c) != "Cc")
    text = " ".join("".join(kept).split())
    return text if len(text) <= _LONGEST_LABEL else text[:_LONGEST_LABEL].rstrip() + "…"


def _measure_rows(cells: tuple[Figure, ...], measures: Mapping[str, tuple[str, str]]) -> list[Row]:
    by_measure = {cell.measure: cell for cell in cells}
    longest = _longest(cells)
    return [
        Row(label, by_measure[measure], _cell(by_measure[measure], longest), meaning)
        for measure, (label, meaning) in measures.items()
        if measure in by_measure
    ]


def _states_table(figures: Figures, contract: Contract) -> Table:
    # By code, so that the order of the page says nothing of the states.
    places = sorted(code for code in contract.code_lists["states"].codes if figures.of("total", code))
    cells = [figure for code in places for figure in figures.of("total", code)]
    longest = _longest(cells)
    rows = [
        Row(place_name(cell.geography, contract), cell, _cell(cell, longest), page=cell.geography)
        for cell in cells
    ]
    return _table(outline.STATES, rows, "states")


def _crossing_table(figures: Figures, contract: Contract, geography: str) -> Table:
    """Group shown cells by their first code; first codes without a shown cell are folded."""
    words = outline.CROSSING
    outer, inner = contract.code_lists[words.codes], contract.code_lists[outline.CROSSING_CODES]
    cells = figures.of(words.table, geography)
    longest = _longest(cells)
    by_code: dict[str, list[Figure]] = {}
    for cell in cells:
        by_code.setdefault(cell.code_1 or "", []).append(cell)
    groups, folded = [], []
    for code in _sorted_codes(by_code, outer):
        label = _label(outer, code)
        ordered = sorted(by_code[code], key=lambda cell: _position(inner, cell.code_2 or ""))
        shown = [cell for cell in ordered if cell.shown]
        if shown:
            rows = tuple(Row(_label(inner, cell.code_2 or ""), cell, _cell(cell, longest)) for cell in shown)
            groups.append(Group(rows, label, outline.CROSSING_REST if len(shown) < len(ordered) else ""))
        else:
            folded.append(Row(label, ordered[0], None))
    return Table(0, words, f"table-{words.table}", "Incidents", tuple(groups), tuple(folded))


def _sorted_codes(codes: Iterable[str], within: CodeList) -> list[str]:
    return sorted(codes, key=lambda code: _position(within, code))


def _position(codes: CodeList, code: str) -> int:
    try:
        return list(codes.codes).index(code)
    except ValueError:
        raise FiguresFormatError(f"it has a code that the list {codes.name} does not have") from None


def _label(codes: CodeList, code: str) -> str:
    _position(codes, code)
    return clean_label(codes.label(code))


def _code_rows(cells: tuple[Figure, ...], codes: CodeList) -> list[Row]:
    longest = _longest(cells)
    ordered = sorted(cells, key=lambda cell: _position(codes, cell.code_1 or ""))
    return [Row(_label(codes, cell.code_1 or ""), cell, _cell(cell, longest)) for cell in ordered]


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


def _cell(figure: Figure, longest: int) -> Cell | None:
    if figure.shown is None:
        return None
    names = (figure.table, figure.geography, figure.measure, figure.code_1, figure.code_2)
    value, lower, upper = figure.shown.value, figure.shown.lower, figure.shown.upper
    bar = round(100 * value / longest) if longest else 0
    anchor = ".".join(name for name in names if name)
    return Cell(anchor, group_lakhs(value), group_lakhs(lower), group_lakhs(upper), bar, lower == upper)
