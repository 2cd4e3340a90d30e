"""One page of the report as data: its tables, and all that can be said of them.

A template sees a `Page` and nothing else. Nothing is read, written or counted here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.contract import NATIONAL, Contract
from pipeline.language import Language
from pipeline.periods import month_before
from pipeline.report import outline
from pipeline.report.addresses import Addresses, find_addresses
from pipeline.report.corrections import Correction, build_correction
from pipeline.report.demands import Demand, list_demands
from pipeline.report.edition import Edition
from pipeline.report.figures import Figures, FiguresFormatError
from pipeline.report.findings import Finder, Finding
from pipeline.report.law import Duty, LawBook, list_shown_codes, list_sources
from pipeline.report.tables import Table, Tabulator, number_tables, place_name
from pipeline.report.tiles import TileRow, lay_tiles
from pipeline.report.trend import Past, Trend, draw_trend

MOST_FINDINGS = 5


@dataclass(frozen=True)
class Background:
    """What was published before: `former` are the figures that the edition corrects, `past` those of the months
    before it, each of the newest edition.
    """

    former: Figures | None = None
    past: tuple[Past, ...] = ()

    def of_month(self, month: str) -> Figures | None:
        """Return the figures of a month, if it was published."""
        return next((each.figures for each in self.past if each.figures.period == month), None)


@dataclass(frozen=True)
class Part:
    """A section of the page with its tables; `without` is said where the place has none of them."""

    anchor: str
    title: str
    tables: tuple[Table, ...]
    without: str


@dataclass(frozen=True)
class Page:
    """All that a template may see of an edition for one geography, in one language.

    `means` are sentences on coverage. `compared` names the other figures that went into the page, each with the
    SHA-256 of its file. `duties` are those with figures of their own or, in a state, those that the figures bear on;
    `other_duties` the rest, and `law_sources` where they were read.
    """

    language: Language
    geography: str
    place: str
    month: str
    announced_day: str
    next_announced_day: str
    is_national: bool
    edition: Edition
    addresses: Addresses
    figures_sha256: str
    compared: tuple[tuple[str, str], ...]
    coverage: tuple[Table, ...]
    means: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    parts: tuple[Part, ...]
    tiles: tuple[TileRow, ...]
    trend: Trend | None
    demands: tuple[Demand, ...]
    duties: tuple[Duty, ...]
    other_duties: tuple[Duty, ...]
    law_sources: tuple[tuple[int, str], ...]
    correction: Correction | None

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables of incidents, in their order."""
        return tuple(table for part in self.parts for table in part.tables)


def build_page(
    figures: Figures,
    contract: Contract,
    edition: Edition,
    geography: str,
    language: Language,
    background: Background,
) -> Page:
    """Build the page of `geography`: `IN` or the ISO code of a state.

    Raises FiguresFormatError where a file is of another month, lacks the geography's total, or has a code that the
    code lists do not have; UsageError where what a corrected edition needs is missing.
    """
    _check(figures, edition, geography, background.past)
    tabulator = Tabulator(figures, contract, language, geography)
    coverage = number_tables(tabulator.coverage_tables(), first=1)
    parts = tuple(_lay_out_parts(tabulator, first=len(coverage) + 1))
    tables = tuple(table for part in parts for table in part.tables)
    finder = Finder((*coverage, *tables), contract, language, geography, edition.month)
    states = (
        row for table in tables if table.words is outline.STATES for row in (*table.rows, *table.folded)
    )
    duties, other_duties = _choose_duties(tabulator)
    previous = background.of_month(month_before(edition.month))
    return Page(
        language=language,
        geography=geography,
        place=place_name(geography, contract, language),
        month=language.say_period(edition.month),
        announced_day=language.say_day(edition.announced_for),
        next_announced_day=language.say_day(edition.next_announced_for),
        is_national=geography == NATIONAL,
        edition=edition,
        addresses=find_addresses(edition, geography, language, contract, _list_former(edition, background)),
        figures_sha256=figures.sha256,
        compared=tuple(_name_compared(edition, background)),
        coverage=coverage,
        means=tuple(finder.find_mean()),
        findings=tuple(finder.list_findings(previous))[:MOST_FINDINGS],
        parts=parts,
        tiles=lay_tiles(states, contract),
        trend=draw_trend(figures, background.past, language, geography),
        demands=tuple(list_demands(tables, contract, language)),
        duties=duties,
        other_duties=other_duties,
        law_sources=list_sources((*duties, *other_duties)),
        correction=build_correction(tabulator, background.former, edition),
    )


def _lay_out_parts(tabulator: Tabulator, *, first: int) -> Iterator[Part]:
    say = tabulator.language.say
    for section in outline.SECTIONS:
        tables = number_tables(tabulator.incident_tables(section.tables), first=first)
        first += len(tables)
        yield Part(
            section.anchor, say(section.title), tables, say(section.without) if section.without else ""
        )


def _choose_duties(tabulator: Tabulator) -> tuple[tuple[Duty, ...], tuple[Duty, ...]]:
    """Return the duties to be shown in full and the others; a state leaves the others to the national page."""
    figures, geography = tabulator.figures, tabulator.geography
    book = LawBook(tabulator.contract, tabulator.language, geography, figures)
    if geography == NATIONAL:
        duties = tuple(book.list_duties())
        return tuple(each for each in duties if each.has_figures), tuple(
            each for each in duties if not each.has_figures
        )
    bearers, services = (
        list_shown_codes(figures.of(words.table, geography))
        for words in (outline.DUTY_BEARERS, outline.SERVICES)
    )
    return tuple(book.list_duties(bearers=bearers, services=services)), ()


def _check(figures: Figures, edition: Edition, geography: str, past: Sequence[Past]) -> None:
    if figures.period != edition.month:
        raise FiguresFormatError("it is of another month than the edition")
    months = [each.figures.period for each in past]
    if months != [each.edition.month for each in past] or len(set(months)) < len(months):
        raise FiguresFormatError("the figures to compare with are not those of their months")
    if max(months, default="") >= edition.month:
        raise FiguresFormatError("the figures to compare with are not those of the months before")
    if not figures.of("total", geography):
        raise FiguresFormatError("it lacks the total of a place that has a page")


def _list_former(edition: Edition, background: Background) -> Iterator[Edition]:
    yield from [edition.corrected] if edition.corrected else []
    yield from (each.edition for each in background.past)


def _name_compared(edition: Edition, background: Background) -> Iterator[tuple[str, str]]:
    if background.former and edition.corrected:
        yield edition.corrected.edition_id, background.former.sha256
    for each in background.past:
        yield each.edition.edition_id, each.figures.sha256
