"""Reading: a return's bytes become a frame of text under the contract's names.

Decided here is which column is which and where a row begins and ends; never what a value means. In a workbook
the first sheet that has the headings is read and no other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.coding import find_code
from pipeline.contract import Contract
from pipeline.errors import ReturnRejectedError
from pipeline.findings import find_on, gather_findings
from pipeline.reading.delimited import read_delimited
from pipeline.reading.grid import MOST_CHARACTERS, Grid, position_names
from pipeline.reading.headings import REMARK, name_columns
from pipeline.reading.items import read_items
from pipeline.reading.workbook import read_workbook

LARGEST_RETURN = 256 * 1024 * 1024
"""Bytes."""

_MOST_HOPELESS = 5_000
"""Rows of a file that are each told what they lack, however many of them lack it."""

_FEWEST_COMPLETE = 0.1
"""Share of the rows of a larger file that must have all that is required."""

_MOST_INCOMPLETE = 50_000
"""Rows of any file that may lack something: to say what of each takes tens of microseconds and some hundred bytes."""

_READERS: Mapping[str, Callable[[bytes, Contract], Grid]] = {
    "csv": read_delimited,
    "xlsx": read_workbook,
    "json": read_items,
}


@dataclass(frozen=True)
class ReadReturn:
    """A return as text.

    `frame` has `row` (UInt32, as a person counts) and every column found, String, stripped, null where blank;
    columns that the contract does not know have names that begin with `?`. `findings` (row, field, rule) name
    rows that are in the frame too. `blank_rows` counts the rows that were left out because nothing is in them.
    """

    frame: pl.DataFrame
    findings: pl.DataFrame
    blank_rows: int


def read_return(content: bytes, extension: str, contract: Contract) -> ReadReturn:
    """Read a return of `extension` csv, xlsx or json.

    Raises ReturnRejectedError, which names the rule, where it cannot be read to rows at all.
    """
    if extension not in _READERS:
        raise ReturnRejectedError("extension_unknown")
    if not content:
        raise ReturnRejectedError("file_empty")
    if len(content) > LARGEST_RETURN:
        raise ReturnRejectedError("file_too_large")
    return _settle(_READERS[extension](content, contract), contract)


def _settle(grid: Grid, contract: Contract) -> ReadReturn:
    frame, headings = _drop_blank_tail(grid.frame, list(grid.headings))
    names, twice = name_columns(headings, contract)
    findings = _locate_problems(grid, names, contract)
    frame, too_long = _cut_long_cells(frame, names, contract)
    findings.extend(too_long)
    frame = frame.rename(dict(zip(position_names(len(names)), names, strict=True)))
    frame = _bare_cells(frame.drop([name for name in names if name.startswith(f"?{REMARK}")]))
    faulty = pl.concat([find_on(frame["row"].head(0), ""), *findings])["row"]
    kept = frame.select(
        ~pl.all_horizontal(pl.exclude("row").is_null()) | pl.col("row").is_in(faulty.implode())
    ).to_series()
    filled = frame if kept.all() else frame.filter(kept)
    if filled.is_empty():
        raise ReturnRejectedError("no_rows")
    _refuse_hopeless(filled, contract)
    findings.extend(_find_column_problems(filled, twice, contract))
    return ReadReturn(filled, gather_findings(findings), frame.height - filled.height)


def _refuse_hopeless(frame: pl.DataFrame, contract: Contract) -> None:
    """Refuse a large file in which next to no row, or not enough of them, have what is required.

    It is another file, or damaged. To say so of each of its rows would take longer than all else, and help nobody.
    """
    if frame.height <= _MOST_HOPELESS:
        return
    required = [field.name for field in contract.fields.values() if field.required]
    there = [name for name in required if name in frame.columns]
    whole = pl.all_horizontal(pl.col(there).is_not_null()) & (len(there) == len(required))
    complete = int((frame.select(whole).to_series() | _withdraws(frame, contract)).sum() or 0)
    if complete < max(_FEWEST_COMPLETE * frame.height, frame.height - _MOST_INCOMPLETE):
        raise ReturnRejectedError("rows_incomplete")


def _locate_problems(grid: Grid, names: list[str], contract: Contract) -> list[pl.DataFrame]:
    """Turn problems into findings; those of columns that will be dropped anyway cost no row."""
    fields = {position: name for position, name in enumerate(names) if name in contract.fields}
    return [
        find_on(problem.rows, problem.rule, "" if problem.position is None else fields[problem.position])
        for problem in grid.problems
        if problem.position is None or problem.position in fields
    ]


def _drop_blank_tail(frame: pl.DataFrame, headings: list[str]) -> tuple[pl.DataFrame, list[str]]:
    kept = len(headings)
    while kept and not headings[kept - 1].strip() and frame[str(kept - 1)].null_count() == frame.height:
        kept -= 1
    return frame.select("row", *position_names(kept)), headings[:kept]


def _bare_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Take off the apostrophe that keeps a spreadsheet from changing a cell; slips put it there, and people do."""
    marked = [name for name in frame.columns if name != "row" and frame[name].str.starts_with("'").any()]
    return frame.with_columns(pl.col(name).str.replace(r"^'([-=+@0-9])", "${1}") for name in marked)


def _cut_long_cells(
    frame: pl.DataFrame, names: list[str], contract: Contract
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    findings = []
    for position, name in enumerate(names):
        cells = frame[str(position)]
        if (cells.str.len_bytes().max() or 0) <= MOST_CHARACTERS:  # type: ignore[operator]
            continue
        too_long = (cells.str.len_chars() > MOST_CHARACTERS).fill_null(value=False)
        if name in contract.fields:
            findings.append(find_on(frame["row"].filter(too_long), "cell_too_long", name))
        frame = frame.with_columns(pl.when(~too_long).then(cells).alias(str(position)))
    return frame, findings


def _find_column_problems(frame: pl.DataFrame, twice: list[str], contract: Contract) -> list[pl.DataFrame]:
    findings = [find_on(frame["row"], "column_twice", field) for field in twice]
    withdrawing = _withdraws(frame, contract)
    for field in contract.fields.values():
        if field.required and field.name not in frame.columns:
            rows = frame["row"] if field.name == "report_id" else frame["row"].filter(~withdrawing)
            findings.append(find_on(rows, "column_missing", field.name))
    return findings


def _withdraws(frame: pl.DataFrame, contract: Contract) -> pl.Series:
    """Tell which rows take a report back: they need its id only, and must not be lost for a missing column."""
    if "action" not in frame.columns:
        return pl.repeat(value=False, n=frame.height, eager=True)
    actions = contract.codes_of("action")
    written = frame["action"].drop_nulls().unique().to_list()
    meant = [text for text in written if find_code(text[:200], actions) == "withdraw"]
    return frame["action"].is_in(meant).fill_null(value=False)
