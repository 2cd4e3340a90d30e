"""One page of the report as data: its tables, and the plain findings that can be said of them.

A template sees a `Page` and nothing else. Nothing is read, written or counted here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.contract import NATIONAL, Contract
from pipeline.report import outline
from pipeline.report.edition import Edition
from pipeline.report.figures import Figures, FiguresFormatError
from pipeline.report.tables import Cell, Row, Table, coverage_tables, incident_tables, place_name

MOST_FINDINGS = 6


@dataclass(frozen=True)
class Finding:
    """One sentence: texts and shown cells in turn, and the table in which the cells stand."""

    parts: tuple[str | Cell, ...]
    table: Table


@dataclass(frozen=True)
class Page:
    """All that a template may see of an edition for one geography."""

    geography: str
    place: str
    is_national: bool
    edition: Edition
    figures_sha256: str
    coverage: tuple[Table, ...]
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...]


def build_page(figures: Figures, contract: Contract, edition: Edition, geography: str) -> Page:
    """Build the page of `geography`: `IN` or the ISO code of a state.

    Raises FiguresFormatError where the file is of another month, lacks the geography's total, or has a code
    that the code lists do not have.
    """
    place = place_name(geography, contract)
    if figures.period != edition.month:
        raise FiguresFormatError("it is of another month than the edition")
    if not figures.of("total", geography):
        raise FiguresFormatError("it lacks the total of a place that has a page")
    coverage = coverage_tables(figures, geography)
    tables = incident_tables(figures, contract, geography, first=len(coverage) + 1)
    findings = (
        *_coverage_finding(coverage),
        *_total_finding(tables, place, edition),
        *_range_finding(tables),
        *_foremost(tables),
    )
    return Page(
        geography=geography,
        place=place,
        is_national=geography == NATIONAL,
        edition=edition,
        figures_sha256=figures.sha256,
        coverage=coverage,
        findings=findings[:MOST_FINDINGS],
        tables=tables,
    )


def _coverage_finding(coverage: tuple[Table, ...]) -> Iterator[Finding]:
    for table in coverage:
        cells = {row.figure.measure: row.cell for row in table.rows}
        filed, expected = cells.get("collectives_filed"), cells.get("collectives_expected")
        if filed and expected:
            yield Finding((filed, " of ", expected, " collectives filed a return for this month."), table)


def _total_finding(tables: tuple[Table, ...], place: str, edition: Edition) -> Iterator[Finding]:
    for table in tables:
        if table.words is outline.TOTAL and table.rows and (cell := table.rows[0].cell):
            text = f" incidents in {place} were reported to us and counted in {edition.month_name}."
            yield Finding(("About ", cell, text), table)


def _range_finding(tables: tuple[Table, ...]) -> Iterator[Finding]:
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


def _foremost(tables: tuple[Table, ...]) -> Iterator[Finding]:
    for table in tables:
        row = _stands_out(table.rows) if table.words.foremost else None
        if row and row.cell:
            text = f" {table.words.foremost} of those whose figure is published: about "
            yield Finding((row.label, text, row.cell, " incidents."), table)


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
