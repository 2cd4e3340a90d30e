"""Validation: every rule against written examples, and the ways in which it must fail rather than pass."""

import datetime
import functools
import itertools
from pathlib import Path

import polars as pl
import pytest

from pipeline import expectations, validate
from pipeline.coding import code_frame
from pipeline.contract import load_contract
from pipeline.errors import JawabdehiError
from pipeline.validate import ACCEPTED_SCHEMA, Validated, validate_frame

GOLDEN = Path(__file__).parent.parent / "golden" / "validate"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
RECEIVED_ON = datetime.date(2026, 11, 5)
CONTRACT = load_contract()


def read_input(case: str) -> pl.DataFrame:
    cells = pl.read_csv(GOLDEN / case / "input.csv", infer_schema=False)
    return code_frame(cells.with_row_index("row", offset=2), CONTRACT)


def read_expected(case: str) -> list[tuple]:
    schema = {"row": pl.UInt32, "field": pl.String, "rule": pl.String}
    return pl.read_csv(GOLDEN / case / "expected.csv", schema=schema).rows()


@functools.cache
def judge_case(case: str) -> Validated:
    return judge(read_input(case))


def judge(frame: pl.DataFrame) -> Validated:
    return validate_frame(frame, CONTRACT, received_on=RECEIVED_ON)


def usable(**cells: str | None) -> pl.DataFrame:
    """The first usable row, with some cells changed."""
    row = read_input("usable").head(1)
    return row.with_columns(pl.lit(cell, pl.String).alias(field) for field, cell in cells.items())


@pytest.mark.parametrize("case", CASES)
def test_a_written_example_gives_exactly_the_findings_beside_it(case):
    assert sorted(judge_case(case).findings.rows()) == sorted(read_expected(case))


@pytest.mark.parametrize("case", CASES)
def test_rows_with_a_critical_finding_are_not_accepted_and_all_others_are(case):
    result = judge_case(case)
    refused = {
        row for row, _, rule in result.findings.rows() if CONTRACT.rules[rule].severity == "quarantine"
    }
    assert result.accepted["row"].to_list() == [row for row in read_input(case)["row"] if row not in refused]


def test_every_rule_of_the_suites_is_broken_by_a_written_example():
    rules = {
        expectation["meta"]["rule"] for expectation in itertools.chain.from_iterable(CONTRACT.suites.values())
    }
    assert rules == {rule for case in CASES for _, _, rule in read_expected(case)}


def test_accepted_reports_are_typed():
    accepted = judge_case("usable").accepted
    assert accepted.schema == pl.Schema(ACCEPTED_SCHEMA)
    full = accepted.row(1, named=True)
    assert full["resolved_on"] == datetime.date(2026, 10, 4)
    assert (full["visits"], full["times_recounted"], full["amount_demanded"]) == (3, 0, 500)
    assert full["grounds"] == "caste;gender"


def test_a_known_day_is_the_first_and_the_last_day_of_an_incident():
    report = judge(usable(incident_date="2026-10-02")).accepted.row(0, named=True)
    assert report["incident_first"] == report["incident_last"] == datetime.date(2026, 10, 2)


def test_a_known_month_gives_its_first_and_last_day():
    report = judge(usable(incident_date="2024-02")).accepted.row(0, named=True)
    assert report["incident_first"] == datetime.date(2024, 2, 1)
    assert report["incident_last"] == datetime.date(2024, 2, 29)


def test_a_withdrawal_keeps_nothing_but_the_report_id_and_the_action():
    accepted = judge_case("withdrawals").accepted
    kept = accepted.select(
        column for column in accepted.columns if accepted[column].null_count() < accepted.height
    )
    assert kept.columns == ["row", "report_id", "action"]
    assert accepted.schema == pl.Schema(ACCEPTED_SCHEMA)


def test_an_empty_frame_gives_no_reports_and_no_findings():
    result = judge(read_input("usable").clear())
    assert result.accepted.schema == pl.Schema(ACCEPTED_SCHEMA)
    assert result.accepted.is_empty()
    assert result.findings.is_empty()


def test_a_missing_column_is_an_error():
    with pytest.raises(JawabdehiError, match="columns"):
        judge(read_input("usable").drop("consent_statistics"))


def test_a_column_too_many_is_an_error():
    with pytest.raises(JawabdehiError, match="columns"):
        judge(read_input("usable").with_columns(name=pl.lit("x")))


def test_a_rule_on_a_column_that_is_not_there_is_an_error():
    rule = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "nowhere"},
        "severity": "critical",
        "meta": {"rule": "made_up", "field": "", "reason": "", "mend": ""},
    }
    with pytest.raises(JawabdehiError, match="column"):
        expectations.apply_suite(pl.DataFrame({"row": [2], "somewhere": ["x"]}), [rule], {})


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_not_a_pass():
    rule = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "somewhere", "max_value": 3},
        "severity": "critical",
        "meta": {"rule": "made_up", "field": "", "reason": "", "mend": ""},
    }
    with pytest.raises(JawabdehiError, match="made_up could not be applied") as raised:
        expectations.apply_suite(pl.DataFrame({"row": [2], "somewhere": ["private words"]}), [rule], {})
    assert "private words" not in str(raised.value)


@pytest.mark.parametrize(
    "kept", [[], ["report_id", "state", "visits", "resolved_on", "resolution", "grounds"]]
)
def test_what_is_passed_over_in_blank_columns_would_not_have_been_found(kept, monkeypatch):
    coded = read_input("codes")
    blanked = coded.with_columns(
        pl.lit(None, pl.String).alias(name) for name in coded.columns if name not in {"row", *kept}
    )
    found = judge(blanked).findings
    monkeypatch.setattr(expectations, "_is_moot", lambda *_: False)
    assert found.equals(judge(blanked).findings)
    assert not found.is_empty()


def test_the_size_of_the_chunks_does_not_show(monkeypatch):
    whole = judge_case("codes")
    monkeypatch.setattr(validate, "CHUNK_ROWS", 7)
    parts = judge(read_input("codes"))
    assert parts.accepted.equals(whole.accepted)
    assert parts.findings.equals(whole.findings)


def test_more_rows_than_an_engine_lists_by_default_are_all_found():
    many = pl.concat([usable(service="MAGIC")] * 50).with_columns(row=pl.int_range(2, 52, dtype=pl.UInt32))
    assert judge(many).findings["row"].to_list() == list(range(2, 52))


def test_no_cell_is_printed_or_logged(caplog, capfd):
    judge(usable(office="private words" * 50, case_token="private words", visits="private words"))
    printed = capfd.readouterr()
    assert "private words" not in printed.out + printed.err + caplog.text
