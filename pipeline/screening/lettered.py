"""Identifiers of letters and digits: PAN, voter id, passport, licence, vehicle, bank branch, court record, job card.

A text comes here folded. Letters of other scripts next to an identifier do not hide it; Latin ones do.
Sources: PAN, `stdnum.in_`; voter id, Election Commission of India (three letters, seven digits; older cards have
state, constituency, part and serial number with slashes); passport, a letter and seven digits; registration marks,
Central Motor Vehicles Rules 1989, rules 50 and 51, and the Bharat series; driving licence, fifteen signs;
IFSC, Reserve Bank of India; CNR, e-Courts; job card, MGNREGA.
"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.in_ import epic, pan

from pipeline.screening.cues import any_of, read_spellings, whole_words
from pipeline.screening.looks import Look

_MARK = r"[\s./_-]{0,3}"
_SEEN = r"[\s./_-]{1,3}"
_STATE = "(?:A[NPRS]|BR|C[GHT]|D[DLN]|G[AJ]|H[PR]|J[HK]|K[AL]|L[AD]|M[HLNPZ]|NL|O[DR]|P[BY]|RJ|SK|T[GNRS]|U[AKPT]|WB)"
"""Letters of states and territories on number plates and licences, former ones too."""

_LITTLE_WORDS = frozenset("AM AT BY IN NO OF ON OR PM TO AND FOR THE".split())  # noqa: SIM905 (reads as a sentence)


_START = re.compile(rf"(?<![A-Za-z0-9])(?=[A-Za-z]{{0,5}}{_MARK}[0-9])[A-Za-z0-9]")
"""Where an identifier may begin: up to five letters, then digits."""


@dataclass(frozen=True)
class _Form:
    """A way an identifier is written, and what else must hold of it."""

    rule: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]


_LOW = _STATE.lower()


def list_looks() -> tuple[Look, ...]:
    """Return the looks for identifiers of Latin letters and digits."""
    return (
        Look(rf"(?:^|[^a-z])[a-z]{{5}}{_MARK}[0-9]{{4}}{_MARK}[a-z](?:[^a-z]|$)"),
        Look(rf"(?:^|[^a-z])(?:[a-z]|[a-z]{{3}}){_MARK}[0-9]{{7}}(?:[^0-9]|$)"),
        Look(rf"[a-z]{{4}}{_MARK}(?:0[a-z0-9]{{6}}|[0-9]{{2}}{_MARK}[0-9]{{6}}{_MARK}[0-9]{{4}})"),
        Look(
            rf"{_LOW}{_MARK}[0-9]{{1,2}}{_MARK}[a-z]{{1,3}}{_MARK}[0-9]{{3,4}}|[0-9]{{2}}{_MARK}bh{_MARK}[0-9]{{4}}"
        ),
        Look(
            rf"{_LOW}{_MARK}[0-9]{{2}}(?:{_SEEN}[0-9]{{2,3}}){{2}}|{_LOW}{_MARK}[0-9]{{2}}{_MARK}(?:19|20)[0-9]{{2}}"
        ),
    )


def list_named_looks() -> tuple[Look, ...]:
    """Return the look for plates and PANs whose letters are written by their names in an Indic script."""
    letter = rf"(?:{any_of('letter')}[\s.]{{0,2}})"
    plate = rf"{letter}{{2}}{_MARK}[0-9]{{1,2}}{_MARK}{letter}{{1,3}}{_MARK}[0-9]{{4}}"
    bharat = rf"[0-9]{{2}}{_MARK}{letter}{{2}}{_MARK}[0-9]{{4}}{_MARK}{letter}"
    tax = rf"{letter}{{5}}{_MARK}[0-9]{{4}}{_MARK}{letter}"
    return (Look(f"{plate}|{bharat}|{tax}", on_words=True),)


def judge_lettered(text: str) -> tuple[set[str], str]:
    """Return the rules that identifiers in a free text break, and the text with ¤ in their place."""
    rules, parts, end = set(), [], 0
    for start in _START.finditer(text):
        found = _match_form(text, start.start()) if start.start() >= end else None
        if found:
            rule, match = found
            rules.add(rule)
            parts += [text[end : match.start()], "¤"]
            end = match.end()
    left = "".join([*parts, text[end:]])
    return rules | {"personal_account"} if _announced_branch().search(left.lower()) else rules, left


def _match_form(text: str, start: int) -> tuple[str, re.Match[str]] | None:
    for form in _forms():
        match = form.pattern.match(text, start)
        if match and form.holds(match[0]):
            return form.rule, match
    return None


def judge_named(text: str) -> set[str]:
    """Return the rules that identifiers with letters written by their names break."""
    plate, tax = _named_forms()
    rules = {"personal_vehicle"} if plate.search(text) else set()
    return rules | {"personal_pan"} if tax.search(text) else rules


def judge_codes(text: str) -> Iterator[str]:
    """Yield the rules that a PAN, or a value that is a voter id and nothing else, breaks in a code or identifier.

    A report id of three letters and seven digits is no voter id if the digits begin with year and month, or with
    zeros, or if their check digit is wrong.
    """
    if any(pan.is_valid(match[0]) for match in _PAN_IN_CODES.finditer(text)):
        yield "personal_pan"
    if _VOTER_IN_CODES.fullmatch(text) and epic.is_valid(text):
        yield "personal_voter_id"


_PAN_IN_CODES = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{5}[ -]?[0-9]{4}[ -]?[A-Za-z](?![A-Za-z0-9])")
_VOTER_IN_CODES = re.compile(r"\s*[A-Za-z]{3}(?!00|(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2]))[0-9]{7}\s*")


@functools.cache
def _forms() -> tuple[_Form, ...]:
    """Return all forms, longer ones first, so that no part of one is taken for another."""
    year = "(?:19|20)[0-9]{2}"
    return (
        _form("personal_vehicle", rf"(?i:{_STATE}){_MARK}[0-9]{{2}}{_MARK}{year}{_MARK}[0-9]{{7}}"),
        _form("personal_case_number", rf"[A-Z]{{4}}{_MARK}[0-9]{{2}}{_MARK}[0-9]{{6}}{_MARK}{year}"),
        _form("personal_case_number", rf"[A-Za-z]{{4}}[0-9]{{8}}{year}"),
        _form(
            "personal_card",
            rf"(?i:{_STATE}){_SEEN}[0-9]{{2}}(?:{_SEEN}[0-9]{{3}}){{3}}(?:{_SEEN}[0-9]{{1,5}})?",
        ),
        _form("personal_voter_id", rf"(?i:{_STATE})/[0-9]{{2,3}}/[0-9]{{2,3}}/[0-9]{{6,7}}"),
        _form(
            "personal_vehicle", rf"{_STATE}{_MARK}[0-9]{{1,2}}{_MARK}[A-Z]{{1,3}}{_MARK}[0-9]{{4}}", _is_plate
        ),
        _form("personal_vehicle", rf"(?i:{_STATE})[0-9]{{1,2}}[A-Za-z]{{1,3}}[0-9]{{3,4}}", _is_plate),
        _form(
            "personal_vehicle",
            rf"(?i:{_STATE})[./_-][0-9]{{1,2}}[./_-][A-Za-z]{{1,3}}[./_-][0-9]{{4}}",
            _is_plate,
        ),
        _form("personal_vehicle", rf"[0-9]{{2}}{_MARK}(?:BH|bh){_MARK}[0-9]{{4}}{_MARK}[A-Za-z]{{1,2}}"),
        _form("personal_account", r"[A-Z]{4}[\s./-]{0,3}0(?=(?:[A-Z]{0,3}[0-9]){3})[A-Z0-9]{6}"),
        _form("personal_account", r"[a-z]{4}0[0-9]{6}"),
        _form("personal_voter_id", rf"[A-Za-z]{{3}}[0-9]{{7}}|[A-Z]{{3}}{_SEEN}[0-9]{{7}}", _is_no_sum),
        _form(
            "personal_pan",
            rf"[A-Za-z]{{5}}[0-9]{{4}}[A-Za-z]|[A-Z]{{5}}{_MARK}[0-9]{{4}}{_MARK}[A-Z]",
            _is_pan,
        ),
        # Lower case with blanks may be words around a sum, as in "keeps 2000 a month".
        _form(
            "personal_pan", rf"(?i:[a-z]{{3}}p[a-z]){_MARK}[0-9]{{2}}(?!00)[0-9]{{2}}{_MARK}[A-Za-z]", _is_pan
        ),
        _form("personal_passport", rf"[A-Za-z][0-9]{{7}}|[A-Z]{_SEEN}[1-9][0-9]{{6}}", _is_no_sum),
    )


def _form(rule: str, pattern: str, holds: Callable[[str], bool] = lambda _: True) -> _Form:
    return _Form(rule, re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])"), holds)


@functools.cache
def _announced_branch() -> re.Pattern[str]:
    code = rf"(?<![a-z])[a-z]{{4}}{_MARK}0[a-z0-9]{{6}}(?![a-z0-9])"
    return re.compile(rf"{whole_words('branch')}[^0-9\n]{{0,20}}?{code}")


def _is_plate(text: str) -> bool:
    """Tell a plate from little words between a number and a year: AS 12 OF 2023."""
    little = _LITTLE_WORDS & set(re.findall(r"[A-Z]+", text.upper())[1:])
    return not (little and re.search(r"(?:19|20)[0-9]{2}$", text))


def _is_no_sum(text: str) -> bool:
    """Tell an identifier in two groups from a sum of money with letters before it."""
    return text.isalnum() or not (
        text.upper().startswith("INR") or (text[1].isspace() and text.endswith("000"))
    )


def _is_pan(text: str) -> bool:
    return bool(pan.is_valid(re.sub(_MARK, "", text)))


@functools.cache
def _named_forms() -> tuple[re.Pattern[str], re.Pattern[str]]:
    letter = rf"(?:(?:{'|'.join(map(re.escape, read_spellings('letter')))})[\s.]{{0,2}})"
    before, after = r"(?<![\w\u0900-\u0dff])", "(?![0-9])"
    plate = rf"{before}{letter}{{2}}{_MARK}[0-9]{{1,2}}{_MARK}{letter}{{1,3}}{_MARK}[0-9]{{4}}{after}"
    plate += rf"|{before}(?<![0-9])[0-9]{{2}}{_MARK}{letter}{{2}}{_MARK}[0-9]{{4}}{_MARK}{letter}"
    return re.compile(plate), re.compile(rf"{before}{letter}{{5}}{_MARK}[0-9]{{4}}{_MARK}{letter}")
