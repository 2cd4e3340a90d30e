"""Numbers that give themselves away: by their length, their first digits, their checksum, their letters.

A text comes here folded: NFKC, invisible characters dropped, all digits ASCII, dates masked
in free text. Digits count as one number across spaces, dots and hyphens; letters next to them do not hide them,
unless they make a hexadecimal token of 16 characters or more.
Sources: phones, the National Numbering Plan 2003 (mobile numbers begin with 6 to 9, fixed lines have an area
code of two to four digits); Aadhaar, its virtual id and PAN, `stdnum.in_`; IFSC, Reserve Bank of India.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum.in_ import aadhaar, pan, vid

from pipeline.screening.cues import section_pattern

_NUMBER_RUN = re.compile(r"\+?[0-9]+(?:[\s.()_*·•‐-―−-]{1,3}[0-9]+)*")
_HEX_TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{16,128}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
    r"(?![0-9A-Za-z])"
)
_GROUP = re.compile(r"[0-9]+")
_STAMP = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
_PAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{5}[ -]?[0-9]{4}[ -]?[A-Za-z](?![A-Za-z0-9])")
_IFSC = re.compile(r"(?<![A-Za-z0-9])[A-Z]{4}0(?=(?:[A-Z]*[0-9]){3})[A-Z0-9]{6}(?![A-Za-z0-9])")
_IFSC_NAMED = re.compile(r"ifsc[^0-9\n]{0,12}?(?<![a-z])[a-z]{4}0[a-z0-9]{6}(?![a-z0-9])", re.IGNORECASE)
_FIXED_LINE = re.compile(r"(?:0|91)[1-8][0-9]{9}")
_MOBILE = re.compile(r"(?:0091|091|91|0)?[6-9][0-9]{9}")
_COUNTRY_AND_TRUNK = frozenset({"0", "91", "091", "0091"})
_MOST_GROUPS = 500
"""A text with more groups of digits than this is a table of numbers; it is held without a closer look."""

_PLAIN_PHONE = frozenset({(10,), (11,), (12,), (13,), (5, 5), (1, 10), (2, 10), (2, 5, 5)})
_PLAIN_AADHAAR = frozenset({(12,), (4, 4, 4)})


@dataclass(frozen=True)
class _Number:
    """Neighbouring groups of digits; `plus` tells that a `+` stands before the first."""

    groups: tuple[str, ...]
    plus: bool
    near_section: bool

    @property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))


def judge_text(text: str) -> set[str]:
    """Return the rules that the numbers in a free text break."""
    text = _HEX_TOKEN.sub("#", text)
    if len(_GROUP.findall(text)) > _MOST_GROUPS:
        return {"personal_account"}
    rules = {rule for number in _numbers(text) for rule in _judge_number(number)}
    if _holds_pan(text):
        rules.add("personal_pan")
    if _IFSC.search(text) or _IFSC_NAMED.search(text):
        rules.add("personal_account")
    return rules


def judge_code(text: str) -> set[str]:
    """Return the rules that the numbers in a code, an identifier, a date or a count break.

    Such values are often made of digits, so only the plain ways of writing a personal number count, and those
    that begin with a year and a month do not.
    """
    text = _HEX_TOKEN.sub("#", text)
    rules = {"personal_pan"} if _holds_pan(text) else set()
    for number in _numbers(text):
        if number.lengths in _PLAIN_PHONE:
            rules |= _judge_number(number) & {"personal_phone"}
        if number.lengths in _PLAIN_AADHAAR and not _STAMP.match(number.digits):
            rules |= _judge_number(number) & {"personal_aadhaar"}
    return rules


def _holds_pan(text: str) -> bool:
    return any(pan.is_valid(match[0]) for match in _PAN.finditer(text))


def _numbers(text: str) -> Iterator[_Number]:
    """List every way to take neighbouring groups as one number of 10 to 16 digits, and longer single groups."""
    for run in _NUMBER_RUN.finditer(text):
        groups = _GROUP.findall(run[0])
        if sum(map(len, groups)) < 10:
            continue
        near = bool(section_pattern().search(text, max(0, run.start() - 20), run.start()))
        for start in range(len(groups)):
            length = 0
            for end in range(start, min(start + 16, len(groups))):
                length += len(groups[end])
                if length >= 10:
                    yield _Number(tuple(groups[start : end + 1]), run[0][0] == "+" and start == 0, near)
                if length >= 16:
                    break


def _judge_number(number: _Number) -> set[str]:
    rule = None
    if _MOBILE.fullmatch(number.digits) or _is_fixed_line(number):
        rule = "personal_phone"
    elif _is_identity_number(number):
        rule = "personal_aadhaar"
    elif len(number.groups) == 1 and len(number.digits) >= 11:
        rule = "personal_account"
    return {rule} if rule and _is_grouped_as_one(number) else set()


def _is_identity_number(number: _Number) -> bool:
    digits, lengths = number.digits, set(number.lengths)
    if len(digits) == 12 and lengths in ({12}, {6}, {4}, {1}):
        return bool(aadhaar.is_valid(digits))
    return len(digits) == 16 and lengths in ({16}, {4}, {1}) and bool(vid.is_valid(digits))


def _is_grouped_as_one(number: _Number) -> bool:
    """Tell a number written in groups from a list of small numbers: all digits stand apart, or none does.

    A country or trunk code may stand apart, or be joined to the first group.
    """
    first, rest = number.groups[0], number.lengths[1:]
    joined = [(len(first) - len(code), *rest) for code in _COUNTRY_AND_TRUNK if first.startswith(code)]
    ways = [[length for length in way if length] for way in (number.lengths, *joined)]
    least = 4 if number.near_section else 1
    return any(max(way) >= least and (max(way) == 1 or min(way) >= 2) for way in ways if way)


def _is_fixed_line(number: _Number) -> bool:
    """Tell a fixed line with its area code; twelve digits from 91 on need the `+` to be one."""
    if not _FIXED_LINE.fullmatch(number.digits):
        return False
    return number.digits.startswith("0") or number.plus
