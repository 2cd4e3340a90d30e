"""Every rule on a report is known to the form, by a constraint, a remark, or the way in which it asks."""

import dataclasses
import itertools

import pytest

from pipeline.contract import load_contract
from pipeline.errors import JawabdehiError
from pipeline.forms.checks import list_checks
from pipeline.forms.questions import list_lines

CONTRACT = load_contract()
SUITE = CONTRACT.suites["incident_report"]
KEPT_BY_ASKING = {
    "no_consent",
    "no_guardian_consent",
    "district_outside_state",
    "resolved_on_without_resolution",
}
"""Rules that cannot be broken, since no question or no choice is there to break them with, as those on codes cannot.

That it is so is held by the fillings in `test_filling.py`."""

LEFT_TO_THE_SLIP = {"case_token_mistyped"}
"""No XPath works out a check digit of this kind."""


def with_rule(**changes):
    """Return the contract with one more rule, made of an old one."""
    added = {**SUITE[-1], "meta": {**SUITE[-1]["meta"], "rule": "a_new_rule"}, **changes}
    return dataclasses.replace(CONTRACT, suites={**CONTRACT.suites, "incident_report": (*SUITE, added)})


def test_every_rule_is_a_check_a_required_answer_or_kept_by_asking():
    checked = {check.rule for check in list_checks(CONTRACT)}
    required = {rule["meta"]["rule"] for rule in SUITE if rule["type"].endswith("to_not_be_null")}
    known = {rule["meta"]["rule"] for rule in SUITE if rule["meta"]["rule"].startswith("unknown_")}
    kinds = [checked - {"personal_token"}, required, known, KEPT_BY_ASKING, LEFT_TO_THE_SLIP]
    assert set().union(*kinds) == {rule["meta"]["rule"] for rule in SUITE}
    assert not [pair for pair in itertools.combinations(kinds, 2) if set.intersection(*pair)]


def test_critical_checks_are_constraints_and_all_others_remarks():
    lines = {line.name: line for line in list_lines(CONTRACT)}
    for check in list_checks(CONTRACT):
        remark = f"see_{check.question}_{check.rule}"
        assert (remark in lines) != check.is_critical
        assert (check.constraint in lines[check.question].constraint) == check.is_critical
        assert "${" + check.question + "}" not in check.constraint


def test_what_is_said_of_a_broken_rule_is_what_the_contract_says():
    said = {
        line.name: [sentence.text for sentence in line.refusal]
        for line in list_lines(CONTRACT)
        if line.constraint
    }
    rule = CONTRACT.rules["approached_after_incident"]
    assert said["first_approached_on"] == [rule.reason, rule.mend]
    assert CONTRACT.rules["personal_token"].mend in said["case_token"]
    assert all(said.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "expect_column_values_to_be_unique"},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "visits", "value_set": ["3"]}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "office", "regex": "^[A-Z]+$"}},
    ],
    ids=["type", "set that is no code list", "pattern that is no field's"],
)
def test_a_rule_that_is_not_understood_is_an_error_and_not_forgotten(changes):
    with pytest.raises(JawabdehiError, match="a_new_rule"):
        list_checks(with_rule(**changes))


def test_a_bound_that_changes_in_the_contract_changes_in_the_form():
    narrower = with_rule(
        type="expect_column_value_lengths_to_be_between",
        kwargs={"column": "office", "max_value": 77},
        severity="critical",
        meta={"rule": "office_too_long", "field": "office", "reason": "Long.", "mend": "Shorten it."},
    )
    (office,) = [line for line in list_lines(narrower) if line.name == "office"]
    assert "string-length(.) <= 77" in office.constraint
