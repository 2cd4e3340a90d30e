"""CSV that is not in order: read record by record, so that each row at fault can be named."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import ReturnRejectedError
from pipeline.reading.grid import MOST_CHARACTERS, RowProblem, clean_cells, position_names, row_series

LARGEST_RECORD = 48 * 1024 * 1024
"""Characters of one cell that the csv module may gather; it takes up to eight bytes for each."""

_MOST_DELIMITERS = 100_000
_END = "\x01the end of the return\x01"
_CHUNK_CELLS = 1_000_000
_CHUNK_CHARACTERS = 16_000_000


def proper_quotes(delimiter: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a quoted cell in order (RFC 4180): it fills its cell, and marks within are doubled."""
    edge = re.escape(delimiter)
    return re.compile(rb'"(?<![^\n' + edge + rb']")[^"]*+(?:""[^"]*+)*+"(?![^\r\n' + edge + rb"])")


def read_ragged(
    content: bytes, delimiter: str, *, width: int, lines: int, records: int
) -> tuple[pl.DataFrame, list[RowProblem]]:
    """Read UTF-8 CSV below its headings, `lines` lines and `records` records down.

    Missing cells are null. Returns a grid's frame and the rows with too many cells or unclear quotation
    marks; raises ReturnRejectedError where a quotation mark is never closed or a record has no end in sight.
    """
    source = _Source(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=""), delimiter)
    source.skip(lines)
    gathered = _Gathered(width, first=records + 1)
    unclear = re.compile(r"(?:\A|[\r\n" + re.escape(delimiter) + r'])"')
    proper = re.compile(proper_quotes(delimiter.encode()).pattern.decode())
    closed = False
    try:
        for record in csv.reader(source, delimiter=delimiter):
            raw = source.take()
            closed = record == [_END]
            if not closed:
                gathered.add(record, unclear='"' in raw and bool(unclear.search(proper.sub("", raw))))
    except csv.Error:
        raise ReturnRejectedError("line_too_long" if source.held == 1 else "quotes_broken") from None
    if not closed:
        raise ReturnRejectedError("quotes_broken")
    return gathered.finish()


class _Source(Iterator[str]):
    """Hands lines to the csv reader, remembers those of the record at hand, and closes with a mark."""

    def __init__(self, text: Iterator[str], delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self._lines: list[str] = []
        self._ended = False

    def __next__(self) -> str:
        line = next(self._text, None)
        if line is None:
            if self._ended:
                raise StopIteration
            self._ended = True
            return _END
        if line.count(self._delimiter) > _MOST_DELIMITERS:
            raise ReturnRejectedError("line_too_long")
        self._lines.append(line)
        return line

    def skip(self, lines: int) -> None:
        for _ in range(lines):
            next(self._text, None)

    @property
    def held(self) -> int:
        return len(self._lines)

    def take(self) -> str:
        raw = "".join(self._lines)
        self._lines = []
        return raw


@dataclass
class _Gathered:
    """Rows on their way into frames of bounded size."""

    width: int
    first: int
    seen: int = 0
    characters: int = 0
    rows: list[list[str | None]] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    too_many: list[int] = field(default_factory=list)
    unclear: list[int] = field(default_factory=list)
    too_long: list[tuple[int, int]] = field(default_factory=list)

    def add(self, record: list[str], *, unclear: bool) -> None:
        row = self.first + self.seen
        self.seen += 1
        if any(map(str.strip, record[self.width :])):
            self.too_many.append(row)
        if unclear:
            self.unclear.append(row)
        cells: list[str | None] = [*record[: self.width], *[None] * (self.width - len(record))]
        for position, cell in enumerate(cells):
            if cell is not None and len(cell) > MOST_CHARACTERS:
                self.too_long.append((position, row))
                cells[position] = None
        self.rows.append(cells)
        self.characters += sum(map(len, filter(None, cells)))
        if len(self.rows) * self.width > _CHUNK_CELLS or self.characters > _CHUNK_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        names = position_names(self.width)
        columns = zip(*self.rows, strict=True) if self.rows else ([] for _ in names)
        self.frames.append(
            clean_cells(
                pl.DataFrame(
                    [
                        pl.Series(name, column, dtype=pl.String)
                        for name, column in zip(names, columns, strict=True)
                    ]
                )
            )
        )
        self.rows = []
        self.characters = 0

    def finish(self) -> tuple[pl.DataFrame, list[RowProblem]]:
        self._flush()
        frame = pl.concat(self.frames).with_row_index("row", offset=self.first)
        problems = [
            RowProblem("too_many_cells", row_series(self.too_many)),
            RowProblem("quotes_unclear", row_series(self.unclear)),
            *(RowProblem("cell_too_long", row_series([row]), position) for position, row in self.too_long),
        ]
        return frame.with_columns(pl.col("row").cast(pl.UInt32)), problems
