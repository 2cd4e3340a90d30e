"""The grid: what every file format is read into, before its columns get the contract's names."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

MOST_COLUMNS = 256
"""A form has some thirty columns; a file with more than this is no return."""

MOST_ROWS = 1_048_576
"""Rows of one return, blank ones included: as many as a spreadsheet has."""

MOST_CELLS = 12_000_000
"""Cells of one return, blank ones included, some 400,000 reports: 16 bytes each in memory, a few times over."""

MOST_CHARACTERS = 100_000
"""Characters of one cell; a longer one is cut to null and its row gets a finding."""

HEADING_SEARCH = 20
"""Filled rows at the top of a file that are looked through for the headings."""

HEADING_DEPTH = 1_000
"""Rows at the top of a file, blank ones included, among which the headings must stand."""


_BLANK = (
    " \t\n\r\v\f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)
"""White space of Unicode, and what is as good as none."""


@dataclass(frozen=True)
class RowProblem:
    """Rows that broke a reading rule; `position` is the column's place in the grid, None for the whole row."""

    rule: str
    rows: pl.Series
    position: int | None = None


@dataclass(frozen=True)
class Grid:
    """A file as text: `frame` has `row` (UInt32) and String columns named "0", "1", ... as `headings` stand.

    Cells are stripped, and null where blank. Rows are numbered as a person sees them in the file.
    """

    headings: Sequence[str]
    frame: pl.DataFrame
    problems: Sequence[RowProblem] = field(default=())


def position_names(width: int) -> list[str]:
    """Return the names of the text columns of a grid."""
    return [str(position) for position in range(width)]


def row_series(numbers: Sequence[int]) -> pl.Series:
    """Return row numbers as the series that a RowProblem holds."""
    return pl.Series("row", numbers, dtype=pl.UInt32)


def clean_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Strip every cell of the text columns; blank ones become null.

    Hand the frame over without keeping it: column after column is replaced, so that no second copy of a large
    frame stands in memory.
    """
    for name in frame.columns:
        if frame.schema[name] == pl.String:
            stripped = pl.col(name).str.strip_chars(_BLANK)
            frame = frame.with_columns(pl.when(stripped != "").then(stripped).alias(name))
    return frame
