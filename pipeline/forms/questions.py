"""The questions of the form on a phone: their order, and when each is asked.

The form can be left anywhere without a trace of an answer, by leaving it without saving. Where that cannot be done,
since a device saves by itself, it can be ended: before each part stands a question `stop_before_<part>`. It is never
required, and whoever chooses to stop is asked nothing more: all parts after consent, those filled before too, are no
longer relevant, so that ODK Collect and Enketo leave their answers out of what they keep and send. The same holds
where somebody is not safe, or there is no consent. It is a question and no button, since neither program has a button
that a form could put in a place of its own; and it is one before each part, since a question cannot stand twice.

`action` is asked first, though it is about filing: whoever takes a report back needs its number alone and is to be
asked nothing else, and taking back must be as easy as reporting for those who have no account on a server. Who edits
a report on the server does not need it: the sources book edits as corrections.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.contract import Contract, Field
from pipeline.forms import safety
from pipeline.forms.asking import Line, ask, make_note
from pipeline.forms.sentences import Sentence
from pipeline.messages import SECTIONS

CONSENT = "consent"
"""The part that has to be answered before any other; no answer of it tells what happened."""

FILING = "filing"
"""The last part, which is asked of a withdrawal, too."""

_ASKED_FIRST = "action"
_GROUPS = frozenset({"begin_group", "end_group"})

_SAFE = "${safe_now} = 'yes'"
_WITHDRAWS = f"{_SAFE} and ${{action}} = 'withdraw'"
_REPORTS = f"{_SAFE} and ${{action}} != 'withdraw'"
_AGREES = (
    f"{_REPORTS} and ${{consent_statistics}} = 'yes' "
    "and (${survivor_age_band} != 'under_18' or ${guardian_consent} = 'yes')"
)
"""Each says all that it hangs on: programs differ in when they leave out what is no longer relevant."""


def list_lines(contract: Contract) -> list[Line]:
    """Return the lines of the form in their order."""
    parts = [part for part in contract.sections if part != CONSENT]
    goes_on = f"{_AGREES} and {_no_stop(parts)}"
    asked_when = dict.fromkeys(parts, goes_on) | {FILING: f"({_WITHDRAWS}) or ({goes_on})"}
    return [
        *_begin(contract),
        *_ask_part(CONSENT, _REPORTS, contract),
        *_end_without_consent(contract),
        *itertools.chain.from_iterable(
            (_offer_stop(part, parts[:place]), *_ask_part(part, asked_when[part], contract))
            for place, part in enumerate(parts)
        ),
        make_note("stopped", (safety.STOPPED, safety.LEAVE), f"{_AGREES} and not({_no_stop(parts)})"),
    ]


def list_fields(part: str, contract: Contract) -> list[Field]:
    """Return the fields of a part in the order in which they are asked: consent before all else."""
    fields = [field for field in contract.fields.values() if field.section == part]
    return sorted(fields, key=lambda field: field.name != "consent_statistics")


def list_own_questions(contract: Contract) -> list[str]:
    """Return the names of questions and remarks that the form has beside the fields of the contract."""
    return [
        line.name
        for line in list_lines(contract)
        if line.type not in _GROUPS and line.name not in contract.fields
    ]


def _begin(contract: Contract) -> Iterator[Line]:
    yield Line("begin_group", "before", appearance="field-list")
    yield make_note("help", safety.HELP)
    yield Line(
        "select_one yes_no",
        "safe_now",
        label=(Sentence(safety.SAFE),),
        hint=(Sentence(safety.IF_SOMEBODY_COMES),),
        required=(Sentence(safety.SAFE),),
    )
    yield make_note("leave_now", (safety.NOT_SAFE, safety.LEAVE), "${safe_now} = 'no'")
    yield Line("end_group", "before")
    for line in ask(contract.fields[_ASKED_FIRST], contract):
        yield replace(line, relevant=_SAFE)


def _ask_part(part: str, relevant: str, contract: Contract) -> Iterator[Line]:
    yield Line("begin_group", part, label=(Sentence(contract.sections[part], SECTIONS),), relevant=relevant)
    for field in list_fields(part, contract):
        if field.name != _ASKED_FIRST:
            yield from ask(field, contract)
    if part == FILING:
        number = Sentence(safety.NUMBER, values=(("number", "${report_id}"),))
        yield Line("note", "number", label=(number, Sentence(safety.KEEP_NUMBER)), relevant=_REPORTS)
    yield Line("end_group", part)


def _end_without_consent(contract: Contract) -> Iterator[Line]:
    refused = {
        "no_consent": "${consent_statistics} = 'no'",
        "no_guardian_consent": "${consent_statistics} = 'yes' and ${survivor_age_band} = 'under_18' "
        "and ${guardian_consent} = 'no'",
    }
    for rule, case in refused.items():
        sentences = (contract.rules[rule].reason, contract.rules[rule].mend, safety.LEAVE)
        yield make_note(rule, sentences, f"{_REPORTS} and {case}")


def _offer_stop(part: str, before: Sequence[str]) -> Line:
    return Line(
        "select_one stop_or_go_on",
        f"stop_before_{part}",
        label=(Sentence(safety.STOP),),
        hint=(Sentence(safety.STOPPING),),
        relevant=f"{_AGREES} and {_no_stop(before)}" if before else _AGREES,
    )


def _no_stop(parts: Sequence[str]) -> str:
    return " and ".join(f"${{stop_before_{part}}} != 'stop'" for part in parts)
