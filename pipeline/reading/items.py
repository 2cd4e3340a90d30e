"""JSON: a list of reports, or an object with the list under `reports`."""

import itertools
import json
import re
from collections.abc import Iterable

import polars as pl

from pipeline.contract import Contract
from pipeline.errors import ReturnRejectedError
from pipeline.reading.encoding import read_utf8
from pipeline.reading.grid import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    Grid,
    RowProblem,
    clean_cells,
    position_names,
    row_series,
)
from pipeline.reading.headings import recognise

_LARGEST_TEXT = 64 * 1024 * 1024
_MOST_MEMORY = 640 * 1024 * 1024
_OBJECT, _LIST, _VALUE = 240, 90, 70
"""Bytes that Python takes for each, at most, beside the text itself."""

_MOST_DEPTH = 100
_BESIDE_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_STRING = re.compile(rb'"[^"]*+"?')

_NOT_PLAIN = object()
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class _Item(dict[str, object]):
    """A JSON object that remembers whether one of its names stood in it twice."""

    twice: bool = False


def read_items(content: bytes, contract: Contract) -> Grid:
    """Read JSON reports; rows are numbered from 1 in the order of the list.

    Numbers are kept as they are written, true and false become text. Nested values and what is no JSON number
    become null with a finding. Raises ReturnRejectedError where there is no list of reports.
    """
    items = _parse(read_utf8(content))
    keys = list(dict.fromkeys(key for item in items if isinstance(item, _Item) for key in item))
    if not items:
        raise ReturnRejectedError("no_rows")
    if not keys:
        raise ReturnRejectedError("json_not_reports")
    if len(keys) > MOST_COLUMNS:
        raise ReturnRejectedError("too_many_columns")
    if len(items) > MOST_ROWS or len(keys) * len(items) > MOST_CELLS:
        raise ReturnRejectedError("too_many_rows")
    if not any(name and contract.fields[name].required for name in recognise(keys, contract)):
        raise ReturnRejectedError("headings_missing")
    return _lay_grid(items, keys)


def _lay_grid(items: list[object], keys: list[str]) -> Grid:
    problems = [
        RowProblem("value_not_plain", _rows_where(not isinstance(item, _Item) for item in items)),
        RowProblem("column_twice", _rows_where(isinstance(item, _Item) and item.twice for item in items)),
    ]
    columns = [pl.int_range(1, len(items) + 1, dtype=pl.UInt32, eager=True).alias("row")]
    for position, (name, key) in enumerate(zip(position_names(len(keys)), keys, strict=True)):
        values = [_as_text(item.get(key)) if isinstance(item, _Item) else None for item in items]
        texts = [value if isinstance(value, str) else None for value in values]
        columns.append(pl.Series(name, texts, dtype=pl.String))
        problems.append(
            RowProblem("value_not_plain", _rows_where(value is _NOT_PLAIN for value in values), position)
        )
    headings = [_UNSTORABLE.sub("", key) for key in keys]
    return Grid(
        headings, clean_cells(pl.DataFrame(columns)), [problem for problem in problems if len(problem.rows)]
    )


def _parse(content: bytes) -> list[object]:
    if not content or content.isspace():
        raise ReturnRejectedError("file_empty")
    values = content.count(b",") + content.count(b":")
    memory = content.count(b"{") * _OBJECT + content.count(b"[") * _LIST + values * _VALUE + 3 * len(content)
    if len(content) > _LARGEST_TEXT or memory > _MOST_MEMORY:
        raise ReturnRejectedError("json_too_large")
    if _measure_depth(content) > _MOST_DEPTH:
        raise ReturnRejectedError("json_too_deep")
    try:
        parsed = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_make_item,
            parse_int=str,
            parse_float=str,
            parse_constant=lambda _: _NOT_PLAIN,
        )
    except ValueError:
        raise ReturnRejectedError("json_broken") from None
    if isinstance(parsed, _Item):
        parsed = parsed.get("reports")
    if not isinstance(parsed, list):
        raise ReturnRejectedError("json_not_reports")
    return parsed


def _measure_depth(content: bytes) -> int:
    """Return how deeply brackets are nested; how deep the parser itself can go differs between Pythons."""
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Most strings are now two quotation marks; taking any such pair out leaves the others as they were.
    marks = unescaped.translate(None, _BESIDE_BRACKETS).replace(b'""', b"")
    brackets = _STRING.sub(b"", marks)
    steps = (1 if bracket in b"[{" else -1 for bracket in brackets)
    return max(itertools.accumulate(steps), default=0)


def _make_item(pairs: list[tuple[str, object]]) -> _Item:
    item = _Item(pairs)
    item.twice = len(item) != len(pairs)
    return item


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _NOT_PLAIN if _UNSTORABLE.search(value) else value
    return None if value is None else _NOT_PLAIN


def _rows_where(flags: Iterable[bool]) -> pl.Series:
    return row_series([row for row, flag in enumerate(flags, 1) if flag])
