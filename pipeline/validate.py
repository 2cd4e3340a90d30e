"""Decide row by row whether a coded report can be counted.

The rules are the Great Expectations suites in `schemas/expectations/`; this module prepares the columns that
they speak of, runs them and keeps rule ids and row numbers only. Nothing is mended here.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pipeline.contract import Contract, Field
from pipeline.errors import JawabdehiError
from pipeline.expectations import apply_suite
from pipeline.findings import gather_findings
from pipeline.tokens import LENGTH, check_token

ACCEPTED_SCHEMA: Mapping[str, type[pl.DataType]] = {
    "row": pl.UInt32,
    "report_id": pl.String,
    "action": pl.String,
    "recorded_on": pl.Date,
    "incident_first": pl.Date,
    "incident_last": pl.Date,
    "state": pl.String,
    "district": pl.String,
    "duty_bearer": pl.String,
    "service": pl.String,
    "incident_kinds": pl.String,
    "office": pl.String,
    "grounds": pl.String,
    "survivor_gender": pl.String,
    "survivor_age_band": pl.String,
    "trafficking_form": pl.String,
    "first_approached_on": pl.Date,
    "visits": pl.Int64,
    "times_recounted": pl.Int64,
    "amount_demanded": pl.Int64,
    "resolution": pl.String,
    "resolved_on": pl.Date,
    "escalated_to": pl.String,
    "evidence": pl.String,
    "offence_before_july_2024": pl.String,
    "recorder": pl.String,
    "case_token": pl.String,
    "consent_statistics": pl.String,
    "guardian_consent": pl.String,
    "narrative": pl.String,
}
"""Columns of accepted reports: the fields of the form, the date of the incident as its first and last
possible day (equal where the day is known). Fields with several codes are sorted and joined by `;`."""

CHUNK_ROWS = 100_000
"""Rows judged at a time: Great Expectations works on pandas frames, which take several times the memory."""

_DAY = r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"
_MONTH = r"^(19|20|21)[0-9]{2}-[0-9]{2}$"
_LONGEST_VALUE_SET = 100
"""Codes of one field: Great Expectations copies a list of values dozens of times, so a longer one is looked up
here, and the suite asks for `<name>_known`."""

_WHOLE_NUMBER = r"^[0-9]{1,12}$"


@dataclass(frozen=True)
class Validated:
    """What validation decides: `accepted` has ACCEPTED_SCHEMA, `findings` row, field and rule.

    Rows with a critical finding are in findings only, rows with warnings in both.
    """

    accepted: pl.DataFrame
    findings: pl.DataFrame


def validate_frame(coded: pl.DataFrame, contract: Contract, *, received_on: date) -> Validated:
    """Judge every row of a coded frame by the contract's suites.

    `coded` holds `row` (UInt32) and the contract's columns as String; `received_on` is the day of receipt in
    India. Raises JawabdehiError where a column is missing or a rule could not be applied: no row passes
    unjudged. Of a row that withdraws a report, the report id and the action alone are kept.
    """
    if set(coded.columns) != {"row", *contract.fields}:
        raise JawabdehiError("Reports cannot be judged: the columns are not those of the contract.")
    parameters = suite_parameters(contract, received_on)
    judged = [
        _judge_chunk(chunk, contract, parameters) for chunk in coded.iter_slices(CHUNK_ROWS) if chunk.height
    ]
    accepted = [pl.DataFrame(schema=ACCEPTED_SCHEMA), *(chunk.accepted for chunk in judged)]
    return Validated(pl.concat(accepted), gather_findings(chunk.findings for chunk in judged))


def suite_parameters(contract: Contract, received_on: date) -> dict[str, Any]:
    """Return what `$PARAMETER` stands for in the suites: code lists, patterns, the day of receipt."""
    patterns = {
        f"{field.name}_pattern": f"^(?:{field.pattern})$"
        for field in contract.fields.values()
        if field.pattern
    }
    code_lists = {name: list(code_list.codes) for name, code_list in contract.code_lists.items()}
    return {**patterns, **code_lists, "received_on": f"{received_on.isoformat()}T00:00:00"}


def derive_columns(reports: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Add the typed columns that the suite speaks of beside those of the form.

    Dates become `<name>_day`, `incident_first` and `incident_last` (Date, null where there is none), whole
    numbers `<name>_number` (Int64). `<name>_is_date` and `<name>_known` are null where the cell is blank,
    `<name>_checked` where a token carries no check digit. A column `<name>_where_<case>` is null outside its case
    and `missing` where the case holds and the cell is blank.
    """
    return reports.with_columns(
        *itertools.chain.from_iterable(_typed(field, contract) for field in contract.fields.values()),
        _state_of_district(contract).alias("district_state"),
        _where("guardian_consent", pl.col("survivor_age_band") == "under_18", "under_18"),
        _where("resolution", pl.col("resolved_on").is_not_null(), "dated"),
        _where("resolved_on", pl.col("resolution") == "resolved", "resolved"),
    )


def _typed(field: Field, contract: Contract) -> Iterator[pl.Expr]:
    column = pl.col(field.name)
    if field.kind == "date":
        day = _parse_day(column)
        yield day.alias(_typed_name(field.name, pl.Date))
        yield _unless_blank(column, day.is_not_null()).alias(f"{field.name}_is_date")
    elif field.kind == "partial_date":
        day = _parse_day(column)
        month = _parse_day(pl.when(column.str.contains(_MONTH)).then(column + "-01"))
        first = pl.coalesce(day, month)
        yield first.alias("incident_first")
        yield pl.coalesce(day, month.dt.month_end()).alias("incident_last")
        yield _unless_blank(column, first.is_not_null()).alias(f"{field.name}_is_date")
    elif field.kind == "integer":
        digits = pl.when(column.str.contains(_WHOLE_NUMBER)).then(column)
        yield digits.str.to_integer(strict=False).alias(_typed_name(field.name, pl.Int64))
    elif field.kind == "token":
        yield _check_digits(column).alias(f"{field.name}_checked")
    elif field.code_list and len(contract.codes_of(field.name).codes) > _LONGEST_VALUE_SET:
        codes = pl.Series(list(contract.codes_of(field.name).codes))
        yield column.is_in(codes.implode()).alias(f"{field.name}_known")
    elif field.kind == "codes":
        codes = pl.Series(list(contract.codes_of(field.name).codes))
        known = column.str.split(";").list.eval(pl.element().is_in(codes.implode())).list.all()
        yield _unless_blank(column, known).alias(f"{field.name}_known")


def _state_of_district(contract: Contract) -> pl.Expr:
    """Null also where the state is unknown: that is said once, not twice."""
    states = pl.Series(list(contract.code_lists["states"].codes))
    within = {code.code: code.within for code in contract.code_lists["districts"].codes.values()}
    found = pl.col("district").replace_strict(within, default=None, return_dtype=pl.String)
    return pl.when(pl.col("state").is_in(states.implode())).then(found)


def _check_digits(column: pl.Expr) -> pl.Expr:
    """Tell of tokens that carry a check digit whether it fits; null where there is none."""
    carries = column.str.contains(f"^[0-9A-Fa-f]{{{LENGTH}}}$")
    return pl.when(carries).then(column.map_elements(check_token, return_dtype=pl.Boolean, skip_nulls=True))


def _parse_day(column: pl.Expr) -> pl.Expr:
    return pl.when(column.str.contains(_DAY)).then(column).str.to_date("%Y-%m-%d", strict=False)


def _unless_blank(column: pl.Expr, verdict: pl.Expr) -> pl.Expr:
    return pl.when(column.is_not_null()).then(verdict)


def _where(name: str, case: pl.Expr, case_name: str) -> pl.Expr:
    return pl.when(case).then(pl.col(name).fill_null("missing")).alias(f"{name}_where_{case_name}")


def _judge_chunk(chunk: pl.DataFrame, contract: Contract, parameters: Mapping[str, Any]) -> Validated:
    withdraws = pl.col("action").eq_missing("withdraw")
    reports = derive_columns(chunk.filter(~withdraws), contract)
    withdrawals = chunk.filter(withdraws).select("row", "report_id", "action")
    findings = pl.concat(
        [
            apply_suite(reports, contract.suites["incident_report"], parameters),
            apply_suite(withdrawals, contract.suites["withdrawal"], parameters),
        ]
    )
    critical = [rule.rule for rule in contract.rules.values() if rule.severity == "quarantine"]
    refused = findings.filter(pl.col("rule").is_in(critical))
    accepted = pl.concat([_select_accepted(reports), withdrawals], how="diagonal")
    return Validated(
        accepted=accepted.join(refused, on="row", how="anti").sort("row"),
        findings=findings,
    )


def _select_accepted(reports: pl.DataFrame) -> pl.DataFrame:
    return reports.select(
        pl.col(_typed_name(name, kind)).alias(name) for name, kind in ACCEPTED_SCHEMA.items()
    )


def _typed_name(name: str, kind: type[pl.DataType]) -> str:
    if kind is pl.Int64:
        return f"{name}_number"
    return f"{name.removesuffix('_on')}_day" if name.endswith("_on") else name
