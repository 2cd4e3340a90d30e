"""The files of a return: CSV, XLSX and JSON as collectives send them, the same bytes on every machine."""

import io
from datetime import UTC, date, datetime

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.contract import MADE_UP_COLUMN, Contract
from pipeline.example.habits import Habit
from pipeline.packing import store_uncompressed

MADE_UP = "made up"
NOTE = "Made-up example of Jawabdehi: every person, office, incident and number in it is invented."

_MOST_XLSX_ROWS = 20_000
_CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def choose_format(habit: Habit, rows: int) -> str:
    """Return csv, xlsx or json; a collective with many rows sends CSV instead of XLSX."""
    return "csv" if habit.format == "xlsx" and rows > _MOST_XLSX_ROWS else habit.format


def encode_rows(frame: pl.DataFrame, extension: str, habit: Habit, contract: Contract) -> bytes:
    """Return the bytes of one return; each row of it says that it is made up."""
    frame = frame.with_columns(pl.lit(MADE_UP).alias(MADE_UP_COLUMN))
    if extension == "json":
        return _encode_json(frame, contract)
    headed = frame.rename({name: _heading(name, habit.headings, contract) for name in contract.fields})
    if extension == "xlsx":
        return _encode_xlsx(headed, [_kind(name, contract) for name in frame.columns])
    buffer = io.BytesIO()
    line_end = "\r\n" if habit.byte_order_mark else "\n"
    headed.write_csv(
        buffer, separator=habit.separator, include_bom=habit.byte_order_mark, line_terminator=line_end
    )
    return buffer.getvalue()


def _heading(name: str, style: str, contract: Contract) -> str:
    if style == "titles":
        return contract.fields[name].title
    if style == "spaced":
        return name.replace("_", " ").title()
    if style == "hyphenated":
        return name.replace("_", "-")
    return name.upper() if style == "upper" else name


def _kind(name: str, contract: Contract) -> str:
    return contract.fields[name].kind if name in contract.fields else "text"


def _encode_json(frame: pl.DataFrame, contract: Contract) -> bytes:
    numbers = [name for name in frame.columns if _kind(name, contract) == "integer"]
    frame = frame.with_columns(pl.col(name).cast(pl.Int64, strict=False) for name in numbers)
    buffer = io.BytesIO()
    frame.write_json(buffer)
    return f'{{"note": "{NOTE}", "reports": '.encode() + buffer.getvalue() + b"}\n"


def _encode_xlsx(frame: pl.DataFrame, kinds: list[str]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": NOTE, "subject": MADE_UP, "comments": NOTE, "created": _CREATED})
        sheet = book.add_worksheet("made up")
        sheet.write_row(0, 0, frame.columns)
        days = book.add_format({"num_format": "dd/mm/yyyy"})
        for column, (values, kind) in enumerate(zip(frame.iter_columns(), kinds, strict=True)):
            for row, value in enumerate(values.to_list(), start=1):
                if value is not None:
                    _write_cell(sheet, (row, column), value, kind, days)
    return store_uncompressed(buffer)


def _write_cell(sheet: Worksheet, place: tuple[int, int], value: str, kind: str, days: Format) -> None:
    row, column = place
    day = _as_day(value) if kind in {"date", "partial_date"} else None
    if day is not None:
        sheet.write_datetime(row, column, day, days)
    elif kind == "integer" and value.isascii() and value.isdecimal():
        sheet.write_number(row, column, int(value))
    else:
        sheet.write_string(row, column, value)


def _as_day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
