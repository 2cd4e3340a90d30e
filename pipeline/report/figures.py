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
from typing import NamedTuple

import polars as pl

from pipeline.errors import JawabdehiError
from pipeline.files import write_atomically
from pipeline.periods import PATTERN, is_month, list_closing

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


class Figure(NamedTuple):
    """One cell; `shown` is None where it is not published, whatever the reason."""

    table: str
    geography: str
    period: str
    measure: str
    code_1: str | None
    code_2: str | None
    shown: Shown | None


@dataclass(frozen=True)
class Figures:
    """All cells of one edition: `period` is its month, `sha256` and `size` (bytes) are those of the file they were
    read from.

    `frame` has the columns of `SCHEMA`; `parts` are its rows by table and geography.
    """

    period: str
    sha256: str
    size: int
    frame: pl.DataFrame
    parts: Mapping[tuple[str, str], pl.DataFrame]

    def of(self, table: str, geography: str) -> tuple[Figure, ...]:
        """Return a table's cells for a geography in the order of the file; none where it is not planned."""
        # Made when asked for: the last month of a year has tens of thousands of cells, a page a few hundred.
        part = self.parts.get((table, geography))
        return () if part is None else list_cells(part)


def list_cells(frame: pl.DataFrame) -> tuple[Figure, ...]:
    """Return the rows of a frame with the columns of `SCHEMA` as cells."""
    columns = ("table", "geography", "period", "measure", "code_1", "code_2", "value", "lower", "upper")
    return tuple(
        Figure(
            table,
            geography,
            period,
            measure,
            code_1,
            code_2,
            None if value is None else Shown(value, lower, upper),
        )
        # Column by column: a query on a frame takes longer than reading the few cells of a table.
        for table, geography, period, measure, code_1, code_2, value, lower, upper in zip(
            *(frame[name].to_list() for name in columns), strict=True
        )
    )


def read_figures(path: Path) -> Figures:
    """Read and check `figures.csv`; raise FiguresFormatError where anything in it breaks the format."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FiguresFormatError("it is not there") from None
    return _parse(_Content(content))


@dataclass(frozen=True)
class _Content:
    """The bytes of a file as a key: told apart by their length, then compared, which is quicker than a hash."""

    raw: bytes

    def __hash__(self) -> int:
        return len(self.raw)


@functools.lru_cache(maxsize=16)
def _parse(key: _Content) -> Figures:
    # Remembered, since one process renders many pages from the same files: those of the edition, of the one that
    # it corrects and of the months of a trend.
    content = key.raw
    try:
        frame = pl.read_csv(io.BytesIO(content), schema=dict(SCHEMA), encoding="utf8")
    except pl.exceptions.PolarsError:
        # The library's message quotes the cell it stumbled over.
        raise FiguresFormatError("it is not a CSV file with the columns of a figures file") from None
    _check_rules(frame)
    if _encode(frame) != content:
        raise FiguresFormatError("it is not sorted, quoted and ended as it was written")
    return Figures(
        period=next(filter(is_month, frame["period"].unique())),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        frame=frame,
        parts={
            (str(table), str(geography)): part
            for (table, geography), part in frame.partition_by("table", "geography", as_dict=True).items()
        },
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
    if frame.select(KEY).is_duplicated().any():
        raise FiguresFormatError("a cell stands in it twice")
    rules = _breaches()
    found = frame.select(breach.fill_null(value=True).any().alias(rule) for rule, breach in rules.items())
    for rule, broken in found.row(0, named=True).items():
        if broken:
            raise FiguresFormatError(rule)
    _check_periods(frame)


def _check_periods(frame: pl.DataFrame) -> None:
    """Hold that the file is of one month, with the quarter and year that end with it at most."""
    periods = set(frame["period"].unique())
    months = list(filter(is_month, periods))
    if len(months) != 1:
        raise FiguresFormatError("its rows are not of just one month")
    if not periods <= list_closing(months[0]):
        raise FiguresFormatError("it has a quarter or year that does not end with its month")
    if len(frame.select("table", "period").unique()) != frame["table"].n_unique():
        raise FiguresFormatError("one table in it is of more than one period")


def _breaches() -> dict[str, pl.Expr]:
    """Give each rule as an expression that is true, or null, for a row that breaks it.

    The patterns of the text columns leave no room for a cell that a spreadsheet would take for a formula.
    """
    shown = pl.col("status") == "shown"
    value, lower, upper = numbers = [pl.col(name) for name in ("value", "lower", "upper")]
    rounded = (value % 5 == 0) & (upper - value == 2) & (value - lower).is_between(0, 2)
    return {
        "a table or measure is not a snake_case name": ~(_is_name("table") & _is_name("measure")),
        "a geography is not IN or the ISO code of a state": ~_matches("geography", r"IN(-[A-Z]{2})?"),
        "a period is not a month, quarter or year": ~_matches("period", PATTERN),
        "a dimension stands without its code or a code without its dimension": ~_is_paired(),
        "a status is neither shown nor not_published": ~pl.col("status").is_in(["shown", "not_published"]),
        "a row that is not published carries a value": ~shown
        & pl.any_horizontal(number.is_not_null() for number in numbers),
        "a shown row lacks a value or a bound": shown
        & pl.any_horizontal(number.is_null() for number in numbers),
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
