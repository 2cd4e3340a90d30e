"""The rules of the contract as a form checks them while it is filled: XPath over the names of its questions.

They are read from the suite of expectations, so that a rule is written once. A rule that is not understood here
raises, so that none is forgotten when one is added. Rules on more than one report (an id used twice) are not here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.contract import Contract
from pipeline.errors import JawabdehiError

DAY_OR_MONTH = {"incident_date": ("incident_day", "incident_month")}
"""Fields of the kind partial_date, and the questions for the day and for the month alone that they are asked by."""

INCIDENT_DAY_KNOWN = "incident_day_known"
"""The question that says which of the two is asked."""

_FIRST_DAY, _LAST_DAY = "1900-01-01", "2199-12-31"
"""Years that validation takes for years of a date."""

_KEPT_BY_RELEVANCE = frozenset({"no_consent", "no_guardian_consent", "resolved_on_without_resolution"})
"""Rules that no filled form can break, since nothing more, or not that question, is asked then."""

_KEPT_BY_CHOICES = frozenset({"district_outside_state"})
"""The same, since nothing else is offered; so are all rules on codes that a list does not have."""

_DIGITS = "0-9०-९০-৯୦-୯௦-௯౦-౯"
"""Digits of the scripts of all six languages: coding reads them as 0 to 9."""


def month_of(question: str) -> str:
    """Return the first day of the month of a date, as XPath; blank where the date is."""
    # A program that is to make a date of what is none ends the filling.
    return f"if({question} = '', '', date(concat(format-date({question}, '%Y-%m'), '-01')))"


_INCIDENT_FIRST = f"if(${{{INCIDENT_DAY_KNOWN}}} = 'day', ${{incident_day}}, {month_of('${incident_month}')})"
"""The first day on which the incident can have been."""

_BETWEEN_QUESTIONS = {
    "incident_after_recorded": {
        "incident_day": "${recorded_on} = '' or ${incident_day} <= ${recorded_on}",
        "incident_month": f"${{recorded_on}} = '' or {month_of('${incident_month}')} <= ${{recorded_on}}",
    },
    "approached_after_incident": {
        "first_approached_on": f"${{incident_date}} = '' or if(${{{INCIDENT_DAY_KNOWN}}} = 'day', "
        f"${{first_approached_on}} <= ${{incident_day}}, "
        f"{month_of('${first_approached_on}')} <= {month_of('${incident_month}')})"
    },
    "resolved_before_incident": {
        "resolved_on": f"${{incident_date}} = '' or ${{resolved_on}} >= {_INCIDENT_FIRST}"
    },
    "resolved_after_recorded": {"resolved_on": "${recorded_on} = '' or ${resolved_on} <= ${recorded_on}"},
    "escalated_none_and_others": {
        "escalated_to": "not(selected(${escalated_to}, 'none') and count-selected(${escalated_to}) > 1)"
    },
}
"""Rules on several answers: XPath that holds where they are kept, by the question that it is said at."""

_BEYOND_FORMS = frozenset({"case_token_mistyped"})
"""Rules that no XPath can say; who broke one learns it from the slip."""

_RESOLVED_WITHOUT_DATE = "not(${resolution} = 'resolved' and ${resolved_on} = '')"


@dataclass(frozen=True)
class Check:
    """A rule at one question: `holds` is XPath over `${names}` that is true where the rule is kept.

    A critical rule is a constraint: the form cannot be sent before it holds. Any other is a remark. `speaks_of_form`
    tells that the question by itself nearly keeps the rule, as a calendar offers dates only. `on_blank` tells that it
    holds or not where the question is left blank, too.
    """

    question: str
    rule: str
    holds: str
    is_critical: bool
    speaks_of_form: bool = False
    on_blank: bool = False

    @property
    def constraint(self) -> str:
        """The check as the question itself says it."""
        return self.holds.replace(f"${{{self.question}}}", ".")

    @property
    def broken(self) -> str:
        """When a remark is due."""
        broken = f"not({self.holds})"
        return broken if self.on_blank else f"${{{self.question}}} != '' and {broken}"


def list_checks(contract: Contract) -> list[Check]:
    """Return the checks of all questions, in the order of the suite; raise JawabdehiError for an unknown rule."""
    tokens = [field.name for field in contract.fields.values() if field.kind == "token"]
    return [
        *(
            check
            for expectation in contract.suites["incident_report"]
            for check in _read_check(expectation, contract)
        ),
        *(Check(token, "personal_token", _is_no_number(token), is_critical=True) for token in tokens),
    ]


def missing_rules(contract: Contract) -> Mapping[str, str]:
    """Return, by required field, the rule that is broken where it is blank."""
    return {
        expectation["kwargs"]["column"]: expectation["meta"]["rule"]
        for expectation in contract.suites["incident_report"]
        if expectation["type"] == "expect_column_values_to_not_be_null"
    }


def codes_with_a_date(contract: Contract) -> list[str]:
    """Return the codes of `resolution` that a date of resolution goes with."""
    (codes,) = [
        expectation["kwargs"]["value_set"]
        for expectation in contract.suites["incident_report"]
        if expectation["meta"]["rule"] == "resolved_on_without_resolution"
    ]
    return list(codes)


def _read_check(expectation: Mapping[str, Any], contract: Contract) -> Iterator[Check]:
    rule, field = expectation["meta"]["rule"], expectation["meta"]["field"]
    critical = expectation["severity"] == "critical"
    if rule == "resolved_without_date":
        yield Check("resolved_on", rule, _RESOLVED_WITHOUT_DATE, critical, on_blank=True)
    elif rule in _BETWEEN_QUESTIONS:
        for question, holds in _BETWEEN_QUESTIONS[rule].items():
            yield Check(question, rule, holds, critical)
    elif rule not in _BEYOND_FORMS and not _is_kept_by_asking(expectation):
        say = _TRANSLATIONS.get(_manner(expectation, contract))
        if say is None:
            raise JawabdehiError(
                f"The forms do not know rule {rule}: say in pipeline/forms/checks.py how to ask."
            )
        for question in DAY_OR_MONTH.get(field, (field,)):
            holds = say(question, expectation["kwargs"], contract)
            yield Check(question, rule, holds, critical, speaks_of_form=say is _say_date)


def _is_kept_by_asking(expectation: Mapping[str, Any]) -> bool:
    kwargs, rule = expectation["kwargs"], expectation["meta"]["rule"]
    offers_codes = expectation["type"] == "expect_column_values_to_be_in_set" and (
        isinstance(kwargs["value_set"], Mapping) or kwargs["column"].endswith("_known")
    )
    is_required = expectation["type"] == "expect_column_values_to_not_be_null"
    return offers_codes or is_required or rule in _KEPT_BY_RELEVANCE | _KEPT_BY_CHOICES


def _is_no_number(question: str) -> str:
    """Say what screening says of a case token: that a bare number is one of a telephone or of a document."""
    return f"not(regex(normalize-space(${{{question}}}), '^[{_DIGITS}]{{1,18}}$'))"


def _manner(expectation: Mapping[str, Any], contract: Contract) -> str:
    """Return which of the translations an expectation needs; what has none is its type."""
    kwargs, field = expectation["kwargs"], expectation["meta"]["field"]
    if kwargs["column"] == f"{field}_is_date":
        return "date"
    if isinstance(kwargs.get("regex"), Mapping):
        return "pattern"
    if "regex" in kwargs and contract.fields[field].kind == "integer":
        return "whole number"
    return str(expectation["type"])


def _say_pattern(question: str, _kwargs: Mapping[str, Any], contract: Contract) -> str:
    pattern = (contract.fields[question].pattern or "").replace("0-9", _DIGITS)
    return f"regex(normalize-space(${{{question}}}), '^({pattern})$')"


def _say_whole_number(question: str, _kwargs: Mapping[str, Any], _contract: Contract) -> str:
    # The question takes nothing but whole numbers, with a sign.
    return f"${{{question}}} >= 0"


def _say_date(question: str, _kwargs: Mapping[str, Any], _contract: Contract) -> str:
    return f"${{{question}}} >= date('{_FIRST_DAY}') and ${{{question}}} <= date('{_LAST_DAY}')"


def _say_bounds(question: str, kwargs: Mapping[str, Any], _contract: Contract) -> str:
    subject = f"${{{question}}}"
    if question in {month for _, month in DAY_OR_MONTH.values()}:
        subject = month_of(subject)
    bounds = {">=": kwargs.get("min_value"), "<=": kwargs.get("max_value")}
    return " and ".join(
        f"{subject} {sign} {_say_bound(bound)}" for sign, bound in bounds.items() if bound is not None
    )


def _say_bound(bound: object) -> str:
    if isinstance(bound, Mapping):
        # The day of receipt: a form is received on the day on which it is filled, at the earliest.
        return "today()"
    return f"date('{bound[:10]}')" if isinstance(bound, str) else str(bound)


def _say_length(question: str, kwargs: Mapping[str, Any], _contract: Contract) -> str:
    return f"string-length(${{{question}}}) <= {kwargs['max_value']}"


_TRANSLATIONS: Mapping[str, Callable[[str, Mapping[str, Any], Contract], str]] = {
    "pattern": _say_pattern,
    "whole number": _say_whole_number,
    "date": _say_date,
    "expect_column_values_to_be_between": _say_bounds,
    "expect_column_value_lengths_to_be_between": _say_length,
}
"""How expectations are said of one question; those on sets of codes are kept by asking."""
