"""The form, the suites, the rules and the accepted columns say the same, both ways."""

import csv
import datetime
import itertools
import re

import frictionless
import polars as pl
import pytest

from pipeline.contract import SCHEMAS, load_contract
from pipeline.expectations import columns_of
from pipeline.validate import ACCEPTED_SCHEMA, derive_columns, suite_parameters

CONTRACT = load_contract()
EXPECTATIONS = list(itertools.chain.from_iterable(CONTRACT.suites.values()))
SUITE_OF_THE_FORM = CONTRACT.suites["incident_report"]
RULES_OF_THE_FORM = {expectation["meta"]["rule"]: expectation for expectation in SUITE_OF_THE_FORM}
KINDS = {"identifier", "code", "codes", "date", "partial_date", "integer", "text", "token"}
JARGON = re.compile(r"\b(null|regex|schema|string|integer|boolean|dataframe|expectation|invalid)\b", re.I)


def rules_of_field(field: str) -> set[str]:
    return {rule for rule, expectation in RULES_OF_THE_FORM.items() if expectation["meta"]["field"] == field}


def derived_columns() -> set[str]:
    blank = pl.DataFrame(schema={"row": pl.UInt32, **dict.fromkeys(CONTRACT.fields, pl.String)})
    return set(derive_columns(blank, CONTRACT).columns) - set(blank.columns)


def parameters_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return (
            {value["$PARAMETER"]}
            if "$PARAMETER" in value
            else set().union(*map(parameters_in, value.values()))
        )
    return set()


def rules_in_table() -> list[dict[str, str]]:
    with (SCHEMAS / "rules.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_form_is_a_valid_table_schema():
    report = frictionless.Schema.validate_descriptor(str(SCHEMAS / "incident_report.json"))
    assert report.valid, report.flatten(["note"])


def test_every_field_has_a_known_kind_and_a_code_list_where_it_needs_one():
    for field in CONTRACT.fields.values():
        assert field.kind in KINDS
        assert (field.code_list is not None) == (field.kind in {"code", "codes"}), field.name


def test_the_title_of_a_field_is_written_for_people():
    for field in CONTRACT.fields.values():
        assert field.title
        assert field.description.endswith(".")


def test_every_code_list_of_a_field_is_there_and_every_list_is_used():
    used = {field.code_list for field in CONTRACT.fields.values() if field.code_list}
    senders = {"collectives"}  # who may send; no field of the form, since the channel tells who sent it
    derived = {"delay_bands"}  # worked out from the date of the incident when a report is coarsened
    of_editions = {"correction_reasons"}  # what the data team says of a correction
    of_law = {
        "legal_duties",
        "legal_provisions",
    }  # worked out from codes and dates when a report is coarsened
    of_pages = {"demands", "addressees"}  # what the survivors demand, and of whom
    assert used | senders | derived | of_editions | of_law | of_pages == set(CONTRACT.code_lists)


def test_the_suites_name_only_columns_that_exist():
    assert set(columns_of(SUITE_OF_THE_FORM)) <= set(CONTRACT.fields) | derived_columns()
    assert set(columns_of(CONTRACT.suites["withdrawal"])) <= {"report_id", "action"}


def test_no_derived_column_is_there_for_nothing():
    accepted = {"incident_first", "incident_last"}
    assert derived_columns() <= set(columns_of(SUITE_OF_THE_FORM)) | accepted


def test_every_rule_points_to_a_field_of_the_form():
    assert {expectation["meta"]["field"] for expectation in EXPECTATIONS} <= set(CONTRACT.fields)


def test_required_fields_are_exactly_those_with_a_rule_on_missing_cells():
    required = {f"missing_{field.name}" for field in CONTRACT.fields.values() if field.required}
    assert required == {rule for rule in RULES_OF_THE_FORM if rule.startswith("missing_")}


def test_coded_fields_are_exactly_those_with_a_rule_on_unknown_codes():
    coded = {f"unknown_{field.name}" for field in CONTRACT.fields.values() if field.code_list}
    assert coded == {rule for rule in RULES_OF_THE_FORM if rule.startswith("unknown_")}


def test_fields_of_a_written_form_are_exactly_those_with_a_rule_on_it():
    kinds = {"date", "partial_date", "integer"}
    formed = {
        f"{field.name}_form" for field in CONTRACT.fields.values() if field.pattern or field.kind in kinds
    }
    rules = {rule for rule in RULES_OF_THE_FORM if not rule.startswith("unknown_")}
    assert formed == {rule for rule in rules if rule.endswith("_form")}


def test_every_free_text_has_a_longest_length():
    texts = {field.name for field in CONTRACT.fields.values() if field.kind == "text"}
    assert {f"{name}_too_long" for name in texts} == {
        rule for rule in RULES_OF_THE_FORM if rule.endswith("_too_long")
    }


def test_every_field_of_the_form_is_judged():
    assert [name for name in CONTRACT.fields if not rules_of_field(name)] == []


def test_a_suite_asks_for_parameters_that_are_given():
    given = suite_parameters(CONTRACT, datetime.date(2026, 11, 5))
    assert {name for expectation in EXPECTATIONS for name in parameters_in(expectation["kwargs"])} <= set(
        given
    )


def test_a_rule_on_unknown_codes_uses_the_list_of_its_field():
    for field in CONTRACT.fields.values():
        if field.kind == "code":
            asked = RULES_OF_THE_FORM[f"unknown_{field.name}"]["kwargs"]
            if field.name == "district":
                # Its list is so long that it is looked up before; the golden case `places` holds the lookup.
                assert asked == {"column": "district_known", "value_set": [True]}
            else:
                assert parameters_in(asked) == {field.code_list}


def test_a_rule_on_a_written_form_uses_the_pattern_of_its_field():
    for field in CONTRACT.fields.values():
        if field.pattern and field.kind != "partial_date":
            assert parameters_in(RULES_OF_THE_FORM[f"{field.name}_form"]["kwargs"]) == {
                f"{field.name}_pattern"
            }


def test_the_suites_hold_no_codes_of_their_own_but_those_they_single_out():
    """A list copied into a suite would grow stale; up to two codes are what a rule is about."""
    for expectation in EXPECTATIONS:
        values = expectation["kwargs"].get("value_set", [])
        assert isinstance(values, dict) or len(values) <= 2


def test_every_rule_is_defined_once_and_named_in_words():
    rules = [expectation["meta"]["rule"] for expectation in EXPECTATIONS]
    rules += [row["rule"] for row in rules_in_table()]
    assert len(rules) == len(set(rules))
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", rule) for rule in rules)


def test_the_rules_of_the_suites_state_severity_reason_and_mend():
    for expectation in EXPECTATIONS:
        assert expectation["severity"] in {"critical", "warning"}
        assert set(expectation["meta"]) == {"rule", "field", "reason", "mend"}


def test_the_rules_of_the_table_have_a_known_severity():
    known = {"reject", "hold", "quarantine", "warn", "note"}
    assert {row["severity"] for row in rules_in_table()} <= known


@pytest.mark.parametrize("part", ["reason", "mend"])
def test_what_is_said_to_the_sender_are_plain_sentences(part):
    for expectation in EXPECTATIONS:
        sentence = expectation["meta"][part]
        assert re.fullmatch(r"[A-Z`].*\.", sentence), expectation["meta"]["rule"]
        assert not JARGON.search(sentence), expectation["meta"]["rule"]
        assert "—" not in sentence


def test_the_mend_of_a_short_list_names_every_code():
    for field in CONTRACT.fields.values():
        codes = set(CONTRACT.codes_of(field.name).codes) if field.code_list else set()
        if 0 < len(codes) < 10:
            mend = RULES_OF_THE_FORM[f"unknown_{field.name}"]["meta"]["mend"]
            assert codes <= set(re.findall(r"`([^`]+)`", mend)), field.name


def test_a_code_named_to_the_sender_exists():
    codes = {code for code_list in CONTRACT.code_lists.values() for code in code_list.codes}
    for expectation in EXPECTATIONS:
        named = set(re.findall(r"`([A-Za-z0-9_]{2,})`", expectation["meta"]["mend"]))
        assert named <= codes, expectation["meta"]["rule"]


def test_accepted_columns_are_the_fields_with_the_incident_as_first_and_last_day():
    expected = ["row"]
    for name in CONTRACT.fields:
        expected += ["incident_first", "incident_last"] if name == "incident_date" else [name]
    assert list(ACCEPTED_SCHEMA) == expected


def test_accepted_columns_have_the_type_of_their_field():
    types = {"date": pl.Date, "integer": pl.Int64}
    for field in CONTRACT.fields.values():
        if field.kind != "partial_date":
            assert ACCEPTED_SCHEMA[field.name] == types.get(field.kind, pl.String), field.name
