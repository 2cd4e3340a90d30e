"""`figures.csv`: the source of every number that an edition shows, read and written in one exact form.

Reader and writer hold the same rules, and the reader takes only bytes that the writer would have written. So
a page can trust that a cell which is not published has no value anywhere, and that no exact count of
incidents has slipped in.
"""

import functools
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import JawabdehiError
from pipeline.files import write_atomically

FILE_NAME = "figures.csv"
KEY = ("table", "geography", "period", "measure", "dimension_1", "code_1", "dimension_2", "code_2")
SCHEMA: Mapping[str, pl.DataType] = {
    **dict.fromkeys(KEY, pl.String()),
    **dict.fromkeys(("value", "lower", "upper"), pl.Int64()),
    "status": pl.String(),
}
"""Columns of the file in their order; those of `KEY` name a cell."""


class FiguresFormatError(JawabdehiError):
    """`figures.csv` is missing or breaks its format, so that nothing may be rendered from it."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"{FILE_NAME} cannot be used: {rule}; make the draft of this edition again.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as it may be seen, and the bounds, both included, within which the true count lies."""

    value: int
    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell; `shown` is None where it is not published, whatever the reason."""

    table: str
    geography: str
    measure: str
    code_1: str | None
    code_2: str | None
    shown: Shown | None


@dataclass(frozen=True)
class Figures:
    """All cells of one edition for one month, and the SHA-256 of the file they were read from."""

    period: str
    sha256: str
    cells: Mapping[tuple[str, str], tuple[Figure, ...]]

    def of(self, table: str, geography: str) -> tuple[Figure, ...]:
        """Return a table's cells for a geography in the order of the file; none where it is not planned."""
        return self.cells.get((table, geography), ())


def read_figures(path: Path) -> Figures:
    """Read and check `figures.csv`; raise FiguresFormatError where anything in it breaks the format."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FiguresFormatError("it is not there") from None
    return _parse(content)


@functools.lru_cache(maxsize=1)
def _parse(content: bytes) -> Figures:
    # Remembered, since one process renders many pages from one file; the bytes themselves are the key.
    try:
        frame = pl.read_csv(io.BytesIO(content), schema=dict(SCHEMA), encoding="utf8")
    except pl.exceptions.PolarsError:
        # The library's message quotes the cell it stumbled over.
        raise FiguresFormatError("it is not a CSV file with the columns of a figures file") from None
    _check_rules(frame)
    if _encode(frame) != content:
        raise FiguresFormatError("it is not sorted, quoted and ended as it was written")
    return Figures(
        period=str(frame.item(0, "period")),
        sha256=hashlib.sha256(content).hexdigest(),
        cells=_group_cells(frame),
    )


def write_figures(rows: pl.DataFrame, path: Path) -> None:
    """Write cells with the columns of `SCHEMA`, in any order, to `path`: UTF-8, LF, sorted, RFC 4180.

    Blank and null text are the same. Raises FiguresFormatError where a row breaks the format.
    """
    if missing := sorted(set(SCHEMA) - set(rows.columns)):
        raise FiguresFormatError(f"it would lack the columns {', '.join(missing)}")
    try:
        frame = rows.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    except pl.exceptions.PolarsError:
        raise FiguresFormatError("a column would hold something other than its type") from None
    frame = frame.with_columns(pl.col(pl.String).replace("", None))
    _check_rules(frame)
    write_atomically(path, _encode(frame))


def _encode(frame: pl.DataFrame) -> bytes:
    return frame.sort(KEY, nulls_last=False).write_csv(line_terminator="\n", null_value="").encode()


def _check_rules(frame: pl.DataFrame) -> None:
    if frame.is_empty():
        raise FiguresFormatError("it has no rows")
    if frame["period"].n_unique() > 1:
        raise FiguresFormatError("its rows are of more than one period")
    if frame.select(KEY).is_duplicated().any():
        raise FiguresFormatError("a cell stands in it twice")
    rules = _breaches()
    found = frame.select(breach.fill_null(value=True).any().alias(rule) for rule, breach in rules.items())
    for rule, broken in found.row(0, named=True).items():
        if broken:
            raise FiguresFormatError(rule)


def _breaches() -> dict[str, pl.Expr]:
    """Give each rule as an expression that is true, or null, for a row that breaks it.

    The patterns of the text columns leave no room for a cell that a spreadsheet would take for a formula.
    """
    shown = pl.col("status") == "shown"
    value, lower, upper = (pl.col(name) for name in ("value", "lower", "upper"))
    numbers = pl.concat_list(value, lower, upper).list.drop_nulls().list.len()
    rounded = (value % 5 == 0) & (upper - value == 2) & (value - lower).is_between(0, 2)
    return {
        "a table or measure is not a snake_case name": ~(_is_name("table") & _is_name("measure")),
        "a geography is not IN or the ISO code of a state": ~_matches("geography", r"IN(-[A-Z]{2})?"),
        "a period is not a month": ~_matches("period", r"20\d\d-(0[1-9]|1[0-2])"),
        "a dimension stands without its code or a code without its dimension": ~_is_paired(),
        "a status is neither shown nor not_published": ~pl.col("status").is_in(["shown", "not_published"]),
        "a row that is not published carries a value": ~shown & (numbers > 0),
        "a shown row lacks a value or a bound": shown & (numbers < 3),
        "a shown value does not lie within its bounds": shown
        & ~((lower >= 0) & (lower <= value) & (value <= upper)).fill_null(value=False),
        # A published zero would tell apart what the one symbol keeps together.
        "a shown count of incidents is not rounded to 5 with its bounds": shown
        & pl.col("measure").str.starts_with("incidents")
        & ~(rounded & (lower > 0)).fill_null(value=False),
    }


def _matches(column: str, pattern: str) -> pl.Expr:
    return pl.col(column).str.contains(f"^(?:{pattern})$")


def _is_name(column: str) -> pl.Expr:
    return _matches(column, r"[a-z][a-z0-9_]*")


def _is_paired() -> pl.Expr:
    def is_pair(number: int) -> pl.Expr:
        dimension, code = f"dimension_{number}", f"code_{number}"
        both = _is_name(dimension) & _matches(code, r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
        neither = pl.col(dimension).is_null() & pl.col(code).is_null()
        return neither | both.fill_null(value=False)

    second_alone = pl.col("dimension_1").is_null() & pl.col("dimension_2").is_not_null()
    return is_pair(1) & is_pair(2) & ~second_alone


def _group_cells(frame: pl.DataFrame) -> dict[tuple[str, str], tuple[Figure, ...]]:
    grouped: dict[tuple[str, str], list[Figure]] = {}
    columns = ("table", "geography", "measure", "code_1", "code_2", "value", "lower", "upper")
    for table, geography, measure, code_1, code_2, value, lower, upper in frame.select(columns).iter_rows():
        shown = None if value is None else Shown(value, lower, upper)
        figure = Figure(table, geography, measure, code_1, code_2, shown)
        grouped.setdefault((table, geography), []).append(figure)
    return {place: tuple(cells) for place, cells in grouped.items()}
