"""XLSX: the first sheet that has the headings, as text.

The value that a formula had when the file was saved is taken; no formula is ever evaluated.
"""

from collections.abc import Iterator

import fastexcel
import polars as pl

from pipeline.contract import Contract
from pipeline.errors import ReturnRejectedError
from pipeline.reading.grid import HEADING_DEPTH, Grid, RowProblem, clean_cells, position_names
from pipeline.reading.headings import find_heading, recognise
from pipeline.reading.package import repack

_MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
_LONG_NUMBER = r"^-?\d{16,}$"
_CODE_KINDS = frozenset({"identifier", "token"})


def read_workbook(content: bytes, contract: Contract) -> Grid:
    """Read a workbook; dates become ISO dates, whole numbers have no decimals, error values become null.

    A spreadsheet keeps 15 digits of a number. Where it stored longer ones, codes of 16 digits and more get the
    finding digits_lost. Raises ReturnRejectedError where no sheet can be read or none has the headings.
    """
    package = repack(content)
    for table in _list_tables(package.content):
        try:
            place = find_heading(table.head(HEADING_DEPTH).iter_rows(), contract)
        except ReturnRejectedError as refusal:
            if refusal.rule != "headings_missing":
                raise
            continue
        grid = _lay_grid(table, place)
        return Grid(
            grid.headings, grid.frame, _find_lost_digits(grid, contract) if package.long_numbers else []
        )
    raise ReturnRejectedError("headings_missing")


def _list_tables(content: bytes) -> Iterator[pl.DataFrame]:
    """Read sheet after sheet, each from its first row on, so that rows keep their numbers."""
    book = _open(content)
    for name in book.sheet_names:
        try:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            table = sheet.to_polars()
        except (fastexcel.FastExcelError, pl.exceptions.PolarsError):
            # A chart on a sheet of its own, or a sheet with nothing in it.
            continue
        yield table


def _open(content: bytes) -> fastexcel.ExcelReader:
    try:
        return fastexcel.read_excel(content)
    except fastexcel.FastExcelError:
        raise ReturnRejectedError("workbook_broken") from None


def _lay_grid(table: pl.DataFrame, place: int) -> Grid:
    names = position_names(table.width)
    headings = [heading or "" for heading in table.row(place)]
    frame = table.slice(place + 1).rename(dict(zip(table.columns, names, strict=True)))
    frame = frame.with_columns(pl.col(names).str.replace(_MIDNIGHT, "${1}"))
    frame = frame.with_row_index("row", offset=place + 2)
    return Grid(headings, clean_cells(frame.with_columns(pl.col("row").cast(pl.UInt32))))


def _find_lost_digits(grid: Grid, contract: Contract) -> list[RowProblem]:
    problems = []
    for position, name in enumerate(recognise(grid.headings, contract)):
        if name and contract.fields[name].kind in _CODE_KINDS:
            lost = grid.frame.filter(pl.col(str(position)).str.contains(_LONG_NUMBER))
            problems.append(RowProblem("digits_lost", lost["row"], position))
    return problems
