"""From `figures.csv` to pages: the same figures, contract and edition give the same bytes.

Rendering receives shown figures (of the edition, the one that it corrects, the months before), the contract and
the edition, and nothing else: there is no way from here to an exact count, a clock or the network.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.contract import NATIONAL, Contract
from pipeline.files import write_atomically
from pipeline.language import ENGLISH, languages_of, load_language
from pipeline.report import addresses, citation, structured
from pipeline.report.about import title_page
from pipeline.report.context import Background, Page, build_page
from pipeline.report.data import describe_data
from pipeline.report.datapackage import Files
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME, Figures, read_figures
from pipeline.report.memorandum import build_memorandum
from pipeline.report.printing import print_page
from pipeline.report.tables import place_name
from pipeline.report.trend import Past
from pipeline.settings import CHECKOUT
from pipeline.templates import fill_template

STATIC = CHECKOUT / "reports" / "static"
BIBTEX, RIS = "report.bib", "report.ris"


Printer = Callable[[bytes, Path], bytes]
"""Makes a PDF of an HTML page that is to lie in a folder; tests of other things put a quicker one in its place."""


@dataclass(frozen=True)
class Sources:
    """The `figures.csv` that an edition is rendered beside: of the edition that it corrects, which every edition but
    the first of a month needs, and of the newest edition of each month before.
    """

    former: Path | None = None
    past: Sequence[tuple[Edition, Path]] = ()


def render_geography(
    draft: Path,
    edition: Edition,
    geography: str,
    contract: Contract,
    sources: Sources | None = None,
    *,
    printer: Printer = print_page,
) -> None:
    """Write all pages of one geography into a draft that holds `figures.csv`: HTML and, if it is printed, PDF.

    With the nation come the descriptions of the data. Style sheets and fonts go beside the pages, so that an
    edition's folder can be copied whole. Raises FiguresFormatError where figures cannot be used, UsageError where a
    corrected edition lacks its former figures or its reason.
    """
    figures = read_figures(draft / FILE_NAME)
    background = _read_sources(sources or Sources())
    spoken = map(load_language, languages_of(geography, contract))
    pages = [build_page(figures, contract, edition, geography, language, background) for language in spoken]
    data = describe_data(figures, contract, edition)
    copy_static(draft)
    folder = draft / geography
    for page in pages:
        code = page.language.code
        for name_file, content in _render_pages(page, figures, contract, data.files):
            write_atomically(folder / name_file(code, "html"), content)
            if edition.is_printed:
                write_atomically(folder / name_file(code, "pdf"), printer(content, folder))
    for name, content in _cite(edition, geography, contract):
        write_atomically(folder / name, content)
    if geography == NATIONAL:
        for name, content in data.contents.items():
            write_atomically(draft / name, content)


def _render_pages(
    page: Page, figures: Figures, contract: Contract, files: Files
) -> Iterator[tuple[Callable[[str, str], str], bytes]]:
    """Give the pages of a geography in one language: what names their files, and HTML."""
    yield addresses.page_name, render_report(page, figures, files)
    if page.geography != NATIONAL:
        yield addresses.memorandum_name, render_memorandum(page, figures, contract)


def render_report(page: Page, figures: Figures, files: Files) -> bytes:
    """Return the report of one geography in one language; `files` are the facts of the data files beside it."""
    cited = citation.Cited(
        page.edition, page.geography, title_page(page.edition, page.place), page.language.code
    )
    dataset = structured.describe_dataset(cited, page.place, figures, files)
    return fill_template(
        "report.html.j2",
        page.language,
        page=page,
        dataset=structured.encode_for_script(dataset),
        static=addresses.STATIC,
    )


def render_memorandum(page: Page, figures: Figures, contract: Contract) -> bytes:
    """Return the memorandum of one state in one language."""
    memorandum = build_memorandum(page, figures, contract)
    return fill_template("memorandum.html.j2", page.language, memorandum=memorandum, static=addresses.STATIC)


def copy_static(folder: Path) -> None:
    """Put style sheets and fonts where the pages below `folder` look for them."""
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in {".css", ".woff2"} or path.name == "OFL.txt":
            write_atomically(folder / "static" / path.relative_to(STATIC), path.read_bytes())


def _cite(edition: Edition, geography: str, contract: Contract) -> Iterator[tuple[str, bytes]]:
    place = place_name(geography, contract, load_language(ENGLISH))
    cited = citation.Cited(edition, geography, title_page(edition, place))
    yield BIBTEX, citation.cite_bibtex(cited).encode()
    yield RIS, citation.cite_ris(cited).encode()


def _read_sources(sources: Sources) -> Background:
    return Background(
        former=read_figures(sources.former) if sources.former else None,
        past=tuple(Past(edition, read_figures(path)) for edition, path in sources.past),
    )
