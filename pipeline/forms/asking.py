"""How one field of the contract is asked on a phone: the question, what is checked, what is remarked.

When it is asked, and after what, is in `questions.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.contract import Contract, Field
from pipeline.forms.checks import (
    DAY_OR_MONTH,
    INCIDENT_DAY_KNOWN,
    Check,
    codes_with_a_date,
    list_checks,
    missing_rules,
)
from pipeline.forms.sentences import Sentence
from pipeline.language import mark
from pipeline.messages import FIELDS

OWN_CHOICES: Mapping[str, Mapping[str, str]] = {
    "day_or_month": {"day": mark("The day is known"), "month": mark("Only the month is known")},
    "stop_or_go_on": {"go_on": mark("Go on"), "stop": mark("Stop here")},
}
"""Choices that no field has: those of the form's own questions."""

_LONG_LIST = 15
"""Codes from which on a list can be searched by typing."""

_TYPES = {
    "identifier": "text",
    "token": "text",
    "text": "text",
    "code": "select_one",
    "codes": "select_multiple",
    "date": "date",
    "integer": "integer",
}

_PROPOSED_NUMBER = (
    "translate(concat(substr(uuid(), 0, 3), '-', substr(uuid(), 0, 3), '-', substr(uuid(), 0, 3)), "
    "'0123456789abcdef', 'bcdfghjkmnpqrtvx')"
)
"""Nine consonants by chance (36 bits): no word, no number that a spreadsheet changes or that looks like that of a
telephone, and nothing that is mistaken for another when written by hand."""

_CONSENTS = "${consent_statistics} = 'yes'"
_NO_WITHDRAWAL = "${action} != 'withdraw'"


@dataclass(frozen=True)
class Line:
    """One line of the sheet `survey`: a question, a remark, or where a part begins or ends.

    `required` is what is said where a required question is left blank, and is empty where it may be; `refusal` is
    what is said where the constraint does not hold. What is no sentence is a column of XLSForm, with `${names}`.
    """

    type: str
    name: str
    label: tuple[Sentence, ...] = ()
    hint: tuple[Sentence, ...] = ()
    required: tuple[Sentence, ...] = ()
    refusal: tuple[Sentence, ...] = ()
    relevant: str = ""
    constraint: str = ""
    calculation: str = ""
    default: str = ""
    trigger: str = ""
    appearance: str = ""
    choice_filter: str = ""


def make_note(name: str, sentences: Sequence[str], relevant: str = "") -> Line:
    """Return a line that says something and asks nothing."""
    return Line("note", name, label=tuple(map(Sentence, sentences)), relevant=relevant)


def ask(field: Field, contract: Contract) -> Iterator[Line]:
    """Yield the lines by which a field is asked, each question followed by the remarks on its answer."""
    checks = list_checks(contract)
    lines = (
        _ask_day_or_month(field, contract)
        if field.kind == "partial_date"
        else [_refine(_ask_plainly(field, contract), contract)]
    )
    for line in lines:
        here = [check for check in checks if check.question == line.name]
        yield _constrain(line, [check for check in here if check.is_critical], contract)
        for check in here:
            if not check.is_critical:
                name = f"see_{check.question}_{check.rule}"
                yield make_note(name, [contract.rules[check.rule].reason], check.broken)


def _ask_plainly(field: Field, contract: Contract) -> Line:
    codes = contract.codes_of(field.name).codes if field.code_list else {}
    return Line(
        type=f"{_TYPES[field.kind]} {field.code_list or ''}".strip(),
        name=field.name,
        label=(Sentence(field.question),),
        hint=(Sentence(field.hint),) if field.hint else (),
        required=_say_missing(field, contract),
        # Of several codes at once, all have to be seen.
        appearance="autocomplete" if field.kind == "code" and len(codes) > _LONG_LIST else "",
    )


def _say_missing(field: Field, contract: Contract) -> tuple[Sentence, ...]:
    rule = missing_rules(contract).get(field.name)
    return (Sentence(contract.rules[rule].reason),) if rule else ()


def _refine(line: Line, contract: Contract) -> Line:
    """Give a question what no kind of field has, but a certain field."""
    resolved = " or ".join(f"${{resolution}} = '{code}'" for code in codes_with_a_date(contract))
    no_guardian = Sentence(contract.rules["no_guardian_consent"].reason)
    of_a_child = f"{_CONSENTS} and ${{survivor_age_band}} = 'under_18'"
    refined = {
        "action": replace(line, default="new", required=line.label),
        "district": replace(line, choice_filter="state = ${state}"),
        "evidence": replace(line, relevant=_NO_WITHDRAWAL),
        "guardian_consent": replace(line, relevant=of_a_child, required=(no_guardian,)),
        "narrative": replace(line, appearance="multiline"),
        "recorded_on": replace(line, relevant=_NO_WITHDRAWAL, default="today()"),
        "recorder": replace(line, relevant=_NO_WITHDRAWAL),
        # What takes back or corrects a report has the number of that one: none is proposed but for a new report.
        "report_id": replace(
            line,
            default=_PROPOSED_NUMBER,
            trigger="${action}",
            calculation=f"if(${{action}} = 'new', {_PROPOSED_NUMBER}, '')",
        ),
        "resolved_on": replace(line, relevant=resolved),
        "survivor_age_band": replace(line, relevant=_CONSENTS),
    }
    return refined.get(line.name, line)


def _ask_day_or_month(field: Field, contract: Contract) -> Iterator[Line]:
    day, month = DAY_OR_MONTH[field.name]
    known = f"${{{INCIDENT_DAY_KNOWN}}}"
    missing = _say_missing(field, contract)
    yield Line(
        "select_one day_or_month",
        INCIDENT_DAY_KNOWN,
        label=(Sentence(field.question),),
        hint=(Sentence(field.hint),),
        required=missing,
    )
    asked = Line("date", day, label=(Sentence(field.title, FIELDS),), required=missing)
    yield replace(asked, relevant=f"{known} = 'day'")
    yield replace(asked, name=month, relevant=f"{known} = 'month'", appearance="month-year")
    written = f"format-date(${{{day}}}, '%Y-%m-%d'), format-date(${{{month}}}, '%Y-%m')"
    yield Line("calculate", field.name, calculation=f"if({known} = 'day', {written})")


def _constrain(line: Line, checks: Sequence[Check], contract: Contract) -> Line:
    if not checks:
        return line
    # A calendar shows no date that is none: what it cannot keep is said, if there is anything.
    said = [check.rule for check in checks if not check.speaks_of_form] or [check.rule for check in checks]
    return replace(
        line,
        constraint=" and ".join(f"({check.constraint})" for check in checks),
        refusal=tuple(
            Sentence(text)
            for rule in dict.fromkeys(said)
            for text in (contract.rules[rule].reason, contract.rules[rule].mend)
        ),
    )
