"""CSV with comma, semicolon or tab.

A file whose quotation marks are all in order is read by Polars. Any other, and any that Polars refuses, is
read line by line by `ragged`, which finds the rows at fault.
"""

import csv
import io
import re
from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract
from pipeline.errors import ReturnRejectedError
from pipeline.reading.encoding import read_utf8
from pipeline.reading.grid import (
    HEADING_DEPTH,
    HEADING_SEARCH,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    Grid,
    RowProblem,
    clean_cells,
    position_names,
)
from pipeline.reading.headings import find_heading, recognise
from pipeline.reading.ragged import LARGEST_RECORD, proper_quotes, read_ragged

DELIMITERS = (",", ";", "\t")

_HEAD = 1024 * 1024
_FEWEST_DELIMITERS = 4
"""With fewer columns than this makes, a sentence over two lines looks like a swallowed row."""


@dataclass(frozen=True)
class _Layout:
    """Where a file's headings stand: `lines` and `records` count them and what is above them."""

    delimiter: str
    headings: list[str]
    lines: int
    records: int


def read_delimited(content: bytes, contract: Contract) -> Grid:
    """Read a CSV file; raises ReturnRejectedError where it cannot be told apart into rows."""
    content = read_utf8(content)
    if not content or content.isspace():
        raise ReturnRejectedError("file_empty")
    csv.field_size_limit(LARGEST_RECORD)
    layout = _find_layout(content, contract)
    rows = max(content.count(b"\n"), content.count(b"\r"))
    if rows > MOST_ROWS or rows * len(layout.headings) > MOST_CELLS:
        raise ReturnRejectedError("too_many_rows")
    frame = _read_regular(content, layout)
    problems: list[RowProblem] = []
    if frame is None:
        frame, problems = read_ragged(
            content, layout.delimiter, width=len(layout.headings), lines=layout.lines, records=layout.records
        )
    if b'"' in content:
        problems.extend(_find_swallowed(frame, layout))
    return Grid(layout.headings, frame, problems)


def _find_layout(content: bytes, contract: Contract) -> _Layout:
    head = content[:_HEAD].decode("utf-8", errors="ignore")
    layouts = [layout for delimiter in DELIMITERS if (layout := _lay_out(head, delimiter, contract))]
    if not layouts and not re.search(r"[\r\n]", head) and len(content) > _HEAD:
        raise ReturnRejectedError("line_too_long")
    if not layouts:
        raise ReturnRejectedError("headings_missing")
    best = max(layouts, key=lambda layout: sum(map(bool, recognise(layout.headings, contract))))
    if len(best.headings) > MOST_COLUMNS:
        raise ReturnRejectedError("too_many_columns")
    return best


def _lay_out(head: str, delimiter: str, contract: Contract) -> _Layout | None:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    lines: list[int] = []
    filled = 0
    for record in reader:
        records.append(record)
        lines.append(reader.line_num)
        filled += any(map(str.strip, record))
        if filled == HEADING_SEARCH or len(records) == HEADING_DEPTH:
            break
    try:
        place = find_heading(records, contract)
    except ReturnRejectedError as refusal:
        if refusal.rule == "too_many_columns":
            raise
        return None
    return _Layout(delimiter, records[place], lines[place], place + 1)


def _read_regular(content: bytes, layout: _Layout) -> pl.DataFrame | None:
    if content.count(b"\r") != content.count(b"\r\n"):
        return None
    if b'"' in content and b'"' in proper_quotes(layout.delimiter.encode()).sub(b"", content):
        return None
    try:
        return clean_cells(
            pl.read_csv(
                content,
                has_header=False,
                separator=layout.delimiter,
                skip_lines=layout.lines,
                schema=dict.fromkeys(position_names(len(layout.headings)), pl.String),
                row_index_name="row",
                row_index_offset=layout.records + 1,
            ).with_columns(pl.col("row").cast(pl.UInt32))
        )
    except pl.exceptions.NoDataError:
        raise ReturnRejectedError("no_rows") from None
    except pl.exceptions.PolarsError:
        return None


def _find_swallowed(frame: pl.DataFrame, layout: _Layout) -> list[RowProblem]:
    """Find cells one of whose later lines has as many delimiters as a whole row."""
    fewest = len(layout.headings) - 1
    if fewest < _FEWEST_DELIMITERS:
        return []
    found = []
    for position, name in enumerate(position_names(len(layout.headings))):
        broken = frame.select("row", rest=name).filter(pl.col("rest").str.contains(r"[\r\n]"))
        suspects = broken.filter(pl.col("rest").str.count_matches(layout.delimiter, literal=True) >= fewest)
        rows = [row for row, rest in suspects.iter_rows() if _has_row(rest, layout.delimiter, fewest)]
        if rows:
            found.append(RowProblem("line_swallowed", pl.Series(rows, dtype=pl.UInt32), position))
    return found


def _has_row(text: str, delimiter: str, fewest: int) -> bool:
    return any(line.count(delimiter) >= fewest for line in re.split(r"[\r\n]+", text)[1:])
