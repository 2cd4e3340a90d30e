"""The plain sentences that can be said of a page's tables, each number beside the table in which it stands."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.report import derived, outline
from pipeline.report.edition import Edition
from pipeline.report.figures import Figures, Shown
from pipeline.report.labels import group_lakhs, label_code, write_decimal
from pipeline.report.periods import say_period
from pipeline.report.tables import Cell, Row, Table


@dataclass(frozen=True)
class Derived:
    """A number in a sentence that stands in no cell of the page: derived, or of another month."""

    value: str


@dataclass(frozen=True)
class Finding:
    """One sentence: texts and numbers in turn, and the table in which its cells stand."""

    parts: tuple[str | Cell | Derived, ...]
    table: Table


def find_coverage(coverage: tuple[Table, ...]) -> Iterator[Finding]:
    """Say how many collectives filed."""
    for table in coverage:
        cells = {row.figure.measure: row.cell for row in table.rows}
        filed, expected = cells.get("collectives_filed"), cells.get("collectives_expected")
        if filed and expected:
            yield Finding((filed, " of ", expected, " collectives filed a return for this month."), table)


def find_total(tables: tuple[Table, ...], place: str, edition: Edition) -> Iterator[Finding]:
    """Say how many incidents were counted."""
    for table, row in _total_rows(tables):
        if row.cell:
            text = f" incidents in {place} were reported to us and counted in {edition.month_name}."
            yield Finding(("About ", row.cell, text), table)


def find_trend(tables: tuple[Table, ...], previous: Figures | None, geography: str) -> Iterator[Finding]:
    """Say whether clearly more or fewer incidents were reported than in the month before; else say nothing."""
    before = _shown_total(previous, geography)
    for table, row in _total_rows(tables):
        direction = derived.trend(row.figure.shown, before)
        if direction and previous and before and row.cell:
            yield Finding(
                (
                    f"What was reported {direction} from about ",
                    Derived(group_lakhs(before.value)),
                    f" incidents in {say_period(previous.period)} to about ",
                    row.cell,
                    f" in {say_period(row.figure.period)}, by more than chance alone would make it; other "
                    "collectives may have filed.",
                ),
                table,
            )


def find_range(tables: tuple[Table, ...]) -> Iterator[Finding]:
    """Say how much hangs on doubtful reports.

    Ends that are alike are said in the same words whether the queue is empty or nearly so: that it is empty would
    be an exact count.
    """
    for table in tables:
        ends = [row.cell for row in table.rows if row.cell] if table.words is outline.RANGE else []
        if len(ends) < 2:
            continue
        fewest, most = ends
        if fewest.value == most.value:
            text = " incidents, rounded, whether reports that may tell of the same incident do so or not."
            yield Finding(("It is about ", most, text), table)
        else:
            first = " if all doubtful reports tell of incidents already counted, about "
            last = " if each tells of one of its own: people had not decided when the month closed."
            yield Finding(("About ", fewest, first, most, last), table)


def find_median(tables: tuple[Table, ...], contract: Contract) -> Iterator[Finding]:
    """Say in which band of delay the incident in the middle lies, where the shown bounds leave no doubt."""
    totals = [row.figure.shown for _, row in _total_rows(tables)]
    for table in tables:
        if table.words is not outline.DELAYS:
            continue
        codes = contract.code_lists[outline.DELAYS.codes]
        shown: Mapping[str | None, Shown | None] = {row.figure.code_1: row.figure.shown for row in table.rows}
        place = derived.median_band([shown.get(code) for code in codes.codes], totals[0] if totals else None)
        if place is not None:
            label = label_code(codes, list(codes.codes)[place])
            last = "”: put in order, the one in the middle falls there."
            yield Finding(("The median of when the incidents happened is “", label, last), table)


def find_foremost(tables: tuple[Table, ...]) -> Iterator[Finding]:
    """Say which row of a table stands out among those whose figure is published."""
    for table in tables:
        row = _stands_out(table.rows) if table.words.foremost else None
        if row and row.cell:
            text = f" {table.words.foremost} of those whose figure is published: about "
            yield Finding((row.label, text, row.cell, " incidents."), table)


def find_mean(coverage: tuple[Table, ...], tables: tuple[Table, ...]) -> Iterator[Finding]:
    """Say how many incidents there are for each collective that filed; how many filed is exact."""
    rows = ((table, row) for table in coverage for row in table.rows)
    filed_rows = [(table, row) for table, row in rows if row.figure.measure == "collectives_filed"]
    for (table, filed), (_, total) in itertools.product(filed_rows, _total_rows(tables)):
        mean = derived.mean(total.figure.shown, filed.figure.shown)
        if mean is not None and total.cell and filed.cell:
            ratio = (total.cell, " incidents among ", filed.cell, " collectives that filed are about ")
            last = " for each of them. Collectives differ in how many survivors they reach."
            yield Finding(("About ", *ratio, Derived(write_decimal(mean)), last), table)


def _total_rows(tables: tuple[Table, ...]) -> Iterator[tuple[Table, Row]]:
    return ((table, row) for table in tables if table.words is outline.TOTAL for row in table.rows)


def _shown_total(figures: Figures | None, geography: str) -> Shown | None:
    cells = figures.of(outline.TOTAL.table, geography) if figures else ()
    return cells[0].shown if cells else None


def _stands_out(rows: tuple[Row, ...]) -> Row | None:
    """Return the row whose true count is above every other shown one, whatever the rounding, or None.

    A row that names no one thing, such as "other", is not put into a sentence.
    """
    shown = sorted(
        ((row.figure.shown, row) for row in rows if row.figure.shown), key=lambda pair: -pair[0].value
    )
    if len(shown) < 2 or shown[0][0].lower <= shown[1][0].upper:
        return None
    foremost = shown[0][1]
    is_residual = (foremost.figure.code_1 or "").casefold() in outline.RESIDUAL_CODES
    return None if is_residual else foremost
