"""Pages on paper: an HTML page of an edition as a tagged PDF (PDF/UA-1), the same bytes for the same page.

WeasyPrint is imported only where something is printed, since it needs libraries of the system. What it does with
a page is in `paper.py`; here is what goes in, what comes out and what must not happen.
"""

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from pipeline.errors import JawabdehiError

_PASSED_OVER = ("Ignored `", "Invalid or unsupported selector", "Expected a media type", "Invalid media type")
"""How WeasyPrint's messages begin about styles that it does not know: they are for browsers."""


class PageNotPrintableError(JawabdehiError):
    """A page asks for what its edition does not hold, or could not be printed without a loss."""


class PrinterMissingError(JawabdehiError):
    """The system lacks a library that printing needs."""


def print_page(page: bytes, folder: Path) -> bytes:
    """Return an HTML page as tagged PDF, with title, language and bookmarks.

    The page is read as if it were a file of `folder`, a folder of its edition such as `<draft>/IN-WB/`. Nothing
    but files of the edition, which is the parent of `folder`, is read. Links to files stay relative, so that the
    PDF belongs into `folder`. The bytes depend on the page, the files that it asks for and the versions of the
    libraries, and on nothing else.

    Raises PageNotPrintableError where the page asks for anything else, lacks a font for a character or cannot be
    printed whole, PrinterMissingError where a library of the system is missing.
    """
    paper = _import_paper()
    with _listen_to_weasyprint() as complaints:
        printed: bytes = paper.print_on_paper(page, folder)
    if complaints:
        raise PageNotPrintableError(f"The page cannot be printed as it is; mend this first: {complaints[0]}")
    return printed


def find_printer() -> str:
    """Return what is missing for printing, as a sentence; blank if nothing is."""
    try:
        _import_paper()
    except PrinterMissingError as error:
        return str(error)
    return ""


def _import_paper() -> ModuleType:
    try:
        # WeasyPrint prints advice of its own where a library is missing.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # It would do without this one, with other bytes.
            warnings.filterwarnings("error", message="HarfBuzz-Subset")
            from pipeline.report import paper
    except (OSError, DeprecationWarning) as error:
        raise PrinterMissingError(
            "A library that prints pages is missing: install Pango and HarfBuzz "
            "(Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0) and try again."
        ) from error
    return paper


@contextlib.contextmanager
def _listen_to_weasyprint() -> Iterator[list[str]]:
    """Collect what WeasyPrint has to say, and keep it out of the log."""
    logger = logging.getLogger("weasyprint")
    listener = _Listener()
    level, propagated = logger.level, logger.propagate
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.addHandler(listener)
    try:
        yield listener.complaints
    finally:
        logger.removeHandler(listener)
        logger.propagate = propagated
        logger.setLevel(level)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not str(record.msg).startswith(_PASSED_OVER):
            self.complaints.append(record.getMessage())


if __name__ == "__main__":
    sys.exit(find_printer() or None)
