"""Shown figures as rows and tables with words in them, ready to be set by a template.

Everything derived here (the order of rows, the length of a bar, a share) comes from shown values and code lists
alone.
"""

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.contract import NATIONAL, Contract
from pipeline.language import Language, mark
from pipeline.periods import is_month
from pipeline.report import outline
from pipeline.report.derived import percentage
from pipeline.report.figures import Figure, Figures
from pipeline.report.labels import group_lakhs, sort_by_codes
from pipeline.report.outline import TableWords

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

    `share` is its percentage of all incidents of the place, or blank. `page` is the geography whose page it leads to.
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
    """One table in the language of the page; `folded` names the rows that are not published, if listed apart.

    `groups` is empty where nothing of a long table is published. `words` says in English which table it is.
    """

    words: TableWords
    anchor: str
    title: str
    heading: str
    unit: str
    names: str
    note: str
    groups: tuple[Group, ...]
    folded: tuple[Row, ...]
    number: int = 0

    @functools.cached_property
    def has_shares(self) -> bool:
        return any(row.share for row in self.rows)

    @functools.cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for group in self.groups for row in group.rows)


@dataclass(frozen=True)
class Tabulator:
    """Makes the tables of one geography from its figures, in one language."""

    figures: Figures
    contract: Contract
    language: Language
    geography: str

    def coverage_tables(self) -> list[Table]:
        """Return the tables of collectives and of rows received, where they are planned."""
        units = ((outline.COVERAGE, mark("Number")), (outline.ACCOUNTING, mark("Rows")))
        tables = (
            self._lay_out(words, self._measure_rows(words, outline.MEASURES), unit) for words, unit in units
        )
        return [table for table in tables if table]

    def incident_tables(self, listed: Iterable[TableWords]) -> list[Table]:
        """Return the tables of incidents among `listed` that are planned."""
        tables = (self._make(words) for words in listed)
        return [table for table in tables if table]

    def _make(self, words: TableWords) -> Table | None:
        if words is outline.TOTAL:
            return self._lay_out(words, self._total_rows())
        if words is outline.RANGE:
            return self._lay_out(words, self._measure_rows(words, outline.RANGE_MEASURES))
        if words is outline.STATES:
            return self._lay_out(words, self._state_rows(), name="states")
        return self._make_crossing(words) if words.inner else self._lay_out(words, self._code_rows(words))

    def _total_rows(self) -> list[Row]:
        place = place_name(self.geography, self.contract, self.language)
        cells = self.figures.of(outline.TOTAL.table, self.geography)
        return [Row(place, cell, show_cell(cell, find_longest([cell]))) for cell in cells]

    def _measure_rows(self, words: TableWords, measures: Mapping[str, tuple[str, str]]) -> list[Row]:
        by_measure = {cell.measure: cell for cell in self.figures.of(words.table, self.geography)}
        longest = find_longest(by_measure.values())
        say = self.language.say
        return [
            Row(say(label), by_measure[measure], show_cell(by_measure[measure], longest), say(meaning))
            for measure, (label, meaning) in measures.items()
            if measure in by_measure
        ]

    def _state_rows(self) -> list[Row]:
        if self.geography != NATIONAL:
            return []
        # By code, so that the order of the page says nothing of the states.
        places = sorted(self.contract.code_lists["states"].codes)
        cells = [figure for place in places for figure in self.figures.of(outline.TOTAL.table, place)]
        longest = find_longest(cells)
        return [
            Row(
                place_name(cell.geography, self.contract, self.language),
                cell,
                show_cell(cell, longest),
                page=cell.geography,
            )
            for cell in cells
        ]

    def _code_rows(self, words: TableWords) -> list[Row]:
        codes = self.contract.code_lists[words.codes]
        ordered = sort_by_codes(self.figures.of(words.table, self.geography), codes)
        total = find_total(self.figures, self.geography)
        longest = find_longest(ordered)
        return [
            Row(
                self.language.label(codes, cell.code_1 or ""),
                cell,
                show_cell(cell, longest),
                share=self._say_share(cell, total),
            )
            for cell in ordered
        ]

    def _make_crossing(self, words: TableWords) -> Table | None:
        """Group shown cells by their first code; first codes without a shown cell are folded."""
        outer, inner = (self.contract.code_lists[name] for name in (words.codes, words.inner))
        cells = self.figures.of(words.table, self.geography)
        groups, folded = [], []
        longest = find_longest(cells)
        rest = self.language.say(outline.CROSSING_REST)
        for code, found in itertools.groupby(sort_by_codes(cells, outer, inner), lambda cell: cell.code_1):
            label, ordered = self.language.label(outer, code or ""), list(found)
            rows = tuple(
                Row(self.language.label(inner, cell.code_2 or ""), cell, show_cell(cell, longest))
                for cell in ordered
                if cell.shown
            )
            if rows:
                groups.append(Group(rows, label, rest if len(rows) < len(ordered) else ""))
            else:
                folded.append(Row(label, ordered[0], None))
        return self._set(words, tuple(groups), tuple(folded))

    def _say_share(self, figure: Figure, whole: Figure | None) -> str:
        """Write a figure's percentage of all incidents of its place, where that is of the same period."""
        if whole is None or whole.period != figure.period:
            return ""
        percent = percentage(figure.shown, whole.shown)
        if percent is None:
            return ""
        return self.language.say("{percent}%", percent=percent) if percent else self.language.say("under 1%")

    def _lay_out(
        self, words: TableWords, rows: list[Row], unit: str = mark("Incidents"), name: str = ""
    ) -> Table | None:
        """Lay out rows: a long table folds what is not published, a short one stands as it is."""
        folded = tuple(row for row in rows if row.cell is None) if len(rows) > LONG else ()
        standing = tuple(row for row in rows if row.cell) if folded else tuple(rows)
        return self._set(words, (Group(standing),) if standing else (), folded, unit, name)

    def _set(
        self,
        words: TableWords,
        groups: tuple[Group, ...],
        folded: tuple[Row, ...],
        unit: str = mark("Incidents"),
        name: str = "",
    ) -> Table | None:
        """Return the table in the language of the page; None where nothing of it is planned."""
        rows = [row for group in groups for row in group.rows]
        if not rows and not folded:
            return None
        say = self.language.say
        notes = (words.note, words.shares if any(row.share for row in rows) else words.overlap)
        return Table(
            words=words,
            anchor=f"table-{name or words.table}",
            title=title_table(words, (rows or folded)[0].figure.period, self.language),
            heading=say(words.heading),
            unit=say(unit),
            names=say(words.names) if words.names else "",
            note=" ".join(say(note) for note in notes if note),
            groups=groups,
            folded=folded,
        )


def number_tables(tables: Iterable[Table], *, first: int) -> tuple[Table, ...]:
    """Return tables with their numbers on the page, from `first`."""
    return tuple(replace(table, number=number) for number, table in enumerate(tables, start=first))


def place_name(geography: str, contract: Contract, language: Language) -> str:
    """Return the name of a geography; raise FiguresFormatError where the list of states does not have it."""
    if geography == NATIONAL:
        return language.say(outline.NATION)
    return language.label(contract.code_lists["states"], geography)


def title_table(words: TableWords, period: str, language: Language) -> str:
    """Return the title of a table whose figures are of `period`, which it says where that is not a month."""
    title = language.say(words.title)
    if is_month(period):
        return title
    return language.say(mark("{title}, {period}"), title=title, period=language.say_period(period))


def show_cell(figure: Figure | None, longest: int) -> Cell | None:
    """Put a figure into words, with a bar against the `longest` value; None where it is not planned or published."""
    if figure is None or figure.shown is None:
        return None
    names = (figure.table, figure.geography, figure.measure, figure.code_1, figure.code_2)
    value, lower, upper = figure.shown.value, figure.shown.lower, figure.shown.upper
    bar = round(100 * value / longest) if longest else 0
    anchor = ".".join(name for name in names if name)
    return Cell(anchor, group_lakhs(value), group_lakhs(lower), group_lakhs(upper), bar, lower == upper)


def find_total(figures: Figures, geography: str) -> Figure | None:
    """Return all incidents of a geography; None where its total is not planned."""
    return next(iter(figures.of(outline.TOTAL.table, geography)), None)


def find_longest(cells: Iterable[Figure | None]) -> int:
    """Return the largest value among the figures that are shown, 0 if none is: what bars are drawn against."""
    return max((cell.shown.value for cell in cells if cell and cell.shown), default=0)
