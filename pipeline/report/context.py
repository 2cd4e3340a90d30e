"""One page of the report as data: its tables, and the plain findings that can be said of them.

A template sees a `Page` and nothing else. Nothing is read, written or counted here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.contract import NATIONAL, Contract
from pipeline.report.corrections import Correction, build_correction
from pipeline.report.edition import Edition
from pipeline.report.figures import Figures, FiguresFormatError
from pipeline.report.findings import (
    Finding,
    find_coverage,
    find_foremost,
    find_mean,
    find_median,
    find_range,
    find_total,
    find_trend,
)
from pipeline.report.periods import month_before, say_period
from pipeline.report.tables import Table, coverage_tables, incident_tables, place_name

MOST_FINDINGS = 6


@dataclass(frozen=True)
class Page:
    """All that a template may see of an edition for one geography.

    `means` are sentences on coverage. `compared` names the other figures that went into the page, each with the
    SHA-256 of its file.
    """

    geography: str
    place: str
    is_national: bool
    edition: Edition
    figures_sha256: str
    compared: tuple[tuple[str, str], ...]
    coverage: tuple[Table, ...]
    means: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...]
    correction: Correction | None


def build_page(
    figures: Figures,
    contract: Contract,
    edition: Edition,
    geography: str,
    *,
    former: Figures | None = None,
    previous: Figures | None = None,
) -> Page:
    """Build the page of `geography`: `IN` or the ISO code of a state.

    `former` are the figures of the edition that this one corrects, `previous` those of the month before. Raises
    FiguresFormatError where a file is of another month, lacks the geography's total, or has a code that the code
    lists do not have; UsageError where what a corrected edition needs is missing.
    """
    _check(figures, edition, geography, previous)
    place = place_name(geography, contract)
    coverage = coverage_tables(figures, geography)
    tables = incident_tables(figures, contract, geography, first=len(coverage) + 1)
    findings = (
        *find_coverage(coverage),
        *find_total(tables, place, edition),
        *find_trend(tables, previous, geography),
        *find_range(tables),
        *find_median(tables, contract),
        *find_foremost(tables),
    )
    return Page(
        geography=geography,
        place=place,
        is_national=geography == NATIONAL,
        edition=edition,
        figures_sha256=figures.sha256,
        compared=tuple(_name_compared(edition, former, previous)),
        coverage=coverage,
        means=tuple(find_mean(coverage, tables)),
        findings=findings[:MOST_FINDINGS],
        tables=tables,
        correction=build_correction(figures, former, contract, edition, geography),
    )


def _check(figures: Figures, edition: Edition, geography: str, previous: Figures | None) -> None:
    if figures.period != edition.month:
        raise FiguresFormatError("it is of another month than the edition")
    if previous and previous.period != month_before(edition.month):
        raise FiguresFormatError("the figures to compare with are not those of the month before")
    if not figures.of("total", geography):
        raise FiguresFormatError("it lacks the total of a place that has a page")


def _name_compared(
    edition: Edition, former: Figures | None, previous: Figures | None
) -> Iterator[tuple[str, str]]:
    if former and edition.corrected:
        yield edition.corrected.edition_id, former.sha256
    if previous:
        yield say_period(previous.period), previous.sha256
