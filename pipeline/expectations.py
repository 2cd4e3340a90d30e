"""Apply a suite of Great Expectations to a frame: the one module that knows that library.

What comes back are rule ids and row numbers. Its results, its messages and its data documents carry cells, so
none of them leaves this module. What the rules are is written in `schemas/expectations/`.
"""

import logging
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl

from pipeline.errors import JawabdehiError
from pipeline.findings import find_on, gather_findings

_VERDICT_ONLY = {"result_format": "BOOLEAN_ONLY"}
_ROWS_ONLY = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
}
_COLUMN_KEYS = ("column", "column_A", "column_B")

_PASSES_OVER_BLANKS = {
    f"expect_column_{what}"
    for what in (
        "values_to_be_between",
        "values_to_be_in_set",
        "values_to_match_regex",
        "values_to_not_be_in_set",
        "values_to_not_match_regex",
        "value_lengths_to_be_between",
    )
}
"""Expectations of one column that judge the cells that are there, and no others."""

_Expectations = Iterable[Mapping[str, Any]]


def apply_suite(frame: pl.DataFrame, suite: _Expectations, parameters: Mapping[str, Any]) -> pl.DataFrame:
    """Return the findings of one suite on one frame.

    `frame` holds `row` and the columns that the suite names, `parameters` what its `$PARAMETER` stand for.
    Every expectation is first asked for a verdict alone; only the failed ones, once more, for their rows.
    Raises JawabdehiError where an expectation could not be evaluated.
    """
    rules = {expectation["meta"]["rule"]: expectation for expectation in suite}
    if frame.is_empty():  # Great Expectations finds nothing wrong with an empty frame, and nor is there
        return gather_findings([])
    batch = _open_batch(frame, columns_of(rules.values()))
    blank = {series.name for series in frame if series.null_count() == frame.height}
    # An expectation costs the library as much where nothing is to judge, and most columns of a return are blank.
    asked = [expectation for expectation in rules.values() if not _is_moot(expectation, blank)]
    verdicts = _evaluate(batch, asked, parameters, _VERDICT_ONLY) if asked else {}
    failed = [rules[rule] for rule, verdict in verdicts.items() if not verdict.success]
    located = _evaluate(batch, failed, parameters, _ROWS_ONLY) if failed else {}
    return gather_findings(
        find_on(_rows_of(verdict, rule), rule, rules[rule]["meta"]["field"])
        for rule, verdict in located.items()
    )


def columns_of(suite: _Expectations) -> list[str]:
    """Return the columns that a suite names, sorted."""
    named = {expectation["kwargs"].get(key) for expectation in suite for key in _COLUMN_KEYS}
    return sorted(named - {None})


def _is_moot(expectation: Mapping[str, Any], blank: Collection[str]) -> bool:
    """Tell whether an expectation passes over blank cells and one of its columns is among the wholly `blank`."""
    passes_over = (
        expectation["type"] in _PASSES_OVER_BLANKS
        or expectation["kwargs"].get("ignore_row_if") == "either_value_is_missing"
    )
    return passes_over and not set(columns_of([expectation])).isdisjoint(blank)


def _open_batch(frame: pl.DataFrame, columns: list[str]) -> Any:  # noqa: ANN401
    if not set(columns) <= set(frame.columns):
        raise JawabdehiError("Reports cannot be judged: a rule names a column that is not there.")
    # Only floats and times in nanoseconds are compared as whole columns; anything else goes cell by cell.
    narrow = frame.select("row", *columns).with_columns(
        pl.col(pl.Int64).cast(pl.Float64), pl.col(pl.Date).cast(pl.Datetime("ns"))
    )
    cells = narrow.to_arrow().to_pandas().set_index("row").rename_axis(None)
    context = _import_great_expectations().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context.data_sources.pandas_default.read_dataframe(cells)


def _evaluate(
    batch: Any,  # noqa: ANN401
    expectations: _Expectations,
    parameters: Mapping[str, Any],
    result_format: Mapping[str, Any],
) -> dict[str, Any]:
    # Only the rule's id goes along: the library copies all of it, its sentences too, dozens of times.
    asked = [{**each, "meta": {"rule": each["meta"]["rule"]}} for each in expectations]
    suite = _import_great_expectations().ExpectationSuite(name="rules", expectations=asked)
    results = batch.validate(
        suite, result_format=dict(result_format), expectation_parameters=dict(parameters)
    )
    verdicts = {verdict.expectation_config.meta["rule"]: verdict for verdict in results.results}
    for expectation in asked:
        rule = expectation["meta"]["rule"]
        # A missing column or a wrong type raises nothing: it shows in this field only.
        if rule not in verdicts or verdicts[rule].exception_info.get("raised_exception") is not False:
            raise JawabdehiError(f"Reports cannot be judged: rule {rule} could not be applied.")
    return verdicts


def _rows_of(verdict: Any, rule: str) -> pl.Series:  # noqa: ANN401
    rows = pl.Series(verdict.result["unexpected_index_list"], dtype=pl.UInt32)
    if rows.is_empty() or rows.len() != verdict.result["unexpected_count"]:
        raise JawabdehiError(f"Reports cannot be judged: the rows that break rule {rule} are not known.")
    return rows


def _import_great_expectations() -> Any:  # noqa: ANN401
    """Import on first use, since it takes seconds; switch off its calls home and its messages, which quote cells."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    messages = logging.getLogger("great_expectations")
    messages.addHandler(logging.NullHandler())
    messages.propagate = False
    return great_expectations
