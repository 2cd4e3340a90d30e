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
            for end, group in enumerate(groups[start:], start + 1):
                length += len(group)
                if length >= 10:
                    yield _Number(tuple(groups[start:end]), run[0][0] == "+" and start == 0, near)
                if length >= 16:
                    break


def _judge_number(number: _Number) -> set[str]:
    if not _is_grouped_as_one(number):
        return set()
    digits, lengths = number.digits, set(number.lengths)
    if _MOBILE.fullmatch(digits) or _is_fixed_line(number):
        return {"personal_phone"}
    if len(digits) == 12 and lengths in ({12}, {4}, {1}, {6}) and aadhaar.is_valid(digits):
        return {"personal_aadhaar"}
    if len(digits) == 16 and lengths in ({16}, {4}, {1}) and vid.is_valid(digits):
        return {"personal_aadhaar"}
    return {"personal_account"} if len(number.groups) == 1 and len(digits) >= 11 else set()


def _is_grouped_as_one(number: _Number) -> bool:
    """Tell a number written in groups from a list of small numbers: all digits stand apart, or none does."""
    lengths = number.lengths
    if number.groups[0] in _COUNTRY_AND_TRUNK and len(lengths) > 1:
        lengths = lengths[1:]
    if number.near_section and max(lengths) <= 3:
        return False
    return max(lengths) == 1 or min(lengths) >= 2


def _is_fixed_line(number: _Number) -> bool:
    """Tell a fixed line with its area code; twelve digits from 91 on need the `+` to be one."""
    if not _FIXED_LINE.fullmatch(number.digits):
        return False
    return number.digits.startswith("0") or number.plus
