"""All pages of an edition in all their languages, as HTML and PDF, on two processes; beside them WeasyPrint alone.

`python -m bench.pages` renders the nation and every state from made-up figures. The peer prints the same pages with
WeasyPrint as it comes, without what ours adds: text beside Indic glyphs, words of links, checks of fonts and
addresses.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from bench.figures import draw_figures
from pipeline.contract import NATIONAL, load_contract
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME, write_figures
from pipeline.report.printing import print_page
from pipeline.report.render import render_geography

PROCESSES = 2
EDITION = Edition("2026-10", 1, {"code": "bench"}, is_made_up=True)
_SHARES = (1.0, 0.3, 0.03)
"""How many cells are shown of tables with no, one and two dimensions: about as many as in the made-up months."""


def measure_pages() -> dict[str, Any]:
    """Return how many documents there are, and the seconds that they take, ours and the peer's."""
    places = [NATIONAL, *sorted(load_contract().code_lists["states"].codes)]
    ours, documents = _time(render_ours, places)
    peer, _ = _time(render_plain, places)
    return {
        "geographies": len(places),
        "documents": documents,
        "processes": PROCESSES,
        "seconds": round(ours, 1),
        "peer": "WeasyPrint without our checks",
        "peer_seconds": round(peer, 1),
        "ratio": round(ours / peer, 2),
    }


def _time(render: Callable[[Path, str], None], places: list[str]) -> tuple[float, int]:
    with tempfile.TemporaryDirectory(prefix="jawabdehi-bench-") as folder:
        write_figures(draw_figures(load_contract(), EDITION, _SHARES), Path(folder, FILE_NAME))
        begun = time.perf_counter()
        # Fresh processes: what is forked beside the threads of Polars waits for locks that nobody holds.
        with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
            list(pool.map(render, [Path(folder)] * len(places), places))
        return time.perf_counter() - begun, len(list(Path(folder).rglob("*.pdf")))


def render_ours(folder: Path, geography: str) -> None:
    """Render one geography as the pipeline does."""
    render_geography(folder, EDITION, geography, load_contract(), printer=print_page)


def render_plain(folder: Path, geography: str) -> None:
    """Render one geography and print it with WeasyPrint as it comes."""
    render_geography(folder, EDITION, geography, load_contract(), printer=_print_plain)


def _print_plain(page: bytes, folder: Path) -> bytes:
    import weasyprint

    html = weasyprint.HTML(string=page, encoding="utf-8", base_url=f"{folder}/")
    printed: bytes = html.write_pdf(pdf_variant="pdf/ua-1")
    return printed


if __name__ == "__main__":
    json.dump(measure_pages(), sys.stdout, indent=2)
