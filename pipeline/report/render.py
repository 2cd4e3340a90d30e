"""From `figures.csv` to HTML pages: the same figures, contract and edition give the same bytes.

Rendering receives shown figures (of the edition, the one that it corrects, the month before), the contract and
the edition, and nothing else: there is no way from here to an exact count, a clock or the network.
"""

from pathlib import Path

from pipeline.contract import Contract
from pipeline.files import write_atomically
from pipeline.report.context import build_page
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME, Figures, read_figures
from pipeline.report.package import MANIFEST
from pipeline.settings import CHECKOUT
from pipeline.templates import fill_template

STYLE_SHEET = CHECKOUT / "reports" / "static" / "report.css"
PAGE_NAME = "report.en.html"


def render_geography(
    draft: Path,
    edition: Edition,
    geography: str,
    contract: Contract,
    *,
    former: Path | None = None,
    previous: Path | None = None,
) -> Path:
    """Write the page of one geography into a draft that holds `figures.csv`, and return its path.

    `former` is the `figures.csv` of the edition that this one corrects, which every edition but the first of a
    month needs; `previous` that of the newest edition of the month before. The style sheet goes beside the pages,
    so that an edition's folder can be copied whole. Raises FiguresFormatError where figures cannot be used,
    UsageError where a corrected edition lacks `former` or its reason.
    """
    page = render_page(
        read_figures(draft / FILE_NAME),
        contract,
        edition,
        geography,
        former=read_figures(former) if former else None,
        previous=read_figures(previous) if previous else None,
    )
    copy_style_sheet(draft)
    path = draft / geography / PAGE_NAME
    write_atomically(path, page)
    return path


def render_page(
    figures: Figures,
    contract: Contract,
    edition: Edition,
    geography: str,
    *,
    former: Figures | None = None,
    previous: Figures | None = None,
) -> bytes:
    """Return the HTML page of one geography (`IN` or a state's ISO code) as UTF-8."""
    page = build_page(figures, contract, edition, geography, former=former, previous=previous)
    return fill_template("report.en.html.j2", page=page, figures_file=FILE_NAME, manifest_file=MANIFEST)


def copy_style_sheet(folder: Path) -> None:
    """Put the style sheet where the pages below `folder` look for it."""
    write_atomically(folder / "static" / STYLE_SHEET.name, STYLE_SHEET.read_bytes())
