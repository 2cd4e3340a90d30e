"""Numbers of FIRs, cases and diary entries: small numbers that only words and years beside them give away.

A text comes here folded and in lower case, with dates masked. A case or FIR number needs a word for "number", a mark
or its year beside it, since a bare number after "FIR" or "case" is as often a count of days; after the name of a
diary a bare number is enough, unless it counts something.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.screening.cues import any_of, any_word, take_before, take_behind, whole_words, word_pattern
from pipeline.screening.looks import Look

_REACH, _NEAR, _BEHIND = 45, 24, 24
_NUMBER = re.compile(
    r"(?<![0-9/])(?<![0-9]\.)(?P<serial>[0-9]{1,6})(?:\s?(?P<mark>/|-|of)\s?(?P<year>(?:19|20)[0-9]{2}|[0-9]{2}))?(?![0-9])",
)
_SHORT = r"[^\s\x00-\x7f]{0,4}[\s.:#=,()-]{0,4}"
"""An ending of an Indic word, and marks."""

_MARKED = re.compile(r"\s?[:#-]\s?")
_MONTHS = 12


def list_looks() -> tuple[Look, ...]:
    """Return the looks for numbers that may be those of a case."""
    before, behind = any_word("case", "fir", "diary"), any_of("case", "fir", "diary")
    marked = rf"{any_of('marker')}[^0-9\n]{{0,10}}[0-9]"
    first = rf"{any_word('fir')}(?:\s?[:#-]\s?[0-9]|\s0[0-9]{{2}})"
    return (
        Look(rf"{before}.*{marked}", on_words=True, then=(rf"{before}[^0-9\n।]*{marked}",)),
        Look(rf"{before}s?{_SHORT}[0-9]{{1,6}}\s?(?:/|-|of)", on_words=True),
        Look(rf"{first}|{any_word('diary')}s?{_SHORT}[0-9]", on_words=True),
        Look(rf"[0-9]\s?{any_of('marker')}[^0-9\n]{{0,6}}{behind}", on_words=True),
        Look(rf"(?:no|number)\.?\s+of\s.*{behind}[^0-9\n]{{0,8}}[0-9]", on_words=True),
        Look(r"(?:1[3-9]|[2-9][0-9]|0[0-9]{2}|[0-9]{3,5})\s?(?:/|of)\s?(?:19|20)[0-9]{2}"),
        Look(r"(?:^|[^a-z_/.-])[0-9]{3,5}-(?:19|20)[0-9]{2}"),
    )


@dataclass(frozen=True)
class _Number:
    """A number with the year beside it, at its place in a text, no earlier number in sight before `since`."""

    serial: str
    mark: str
    year: str
    text: str
    start: int
    end: int
    since: int

    @functools.cached_property
    def before(self) -> str:
        """Words before it in its sentence, without digits."""
        return take_before(self.text, self.start, _REACH, self.since)

    @functools.cached_property
    def after(self) -> str:
        """Words behind it in its sentence, without digits."""
        return re.split("[0-9]", take_behind(self.text, self.end, _BEHIND), maxsplit=1)[0]

    @property
    def may_be_one(self) -> bool:
        """Tell whether a year, or a mark or a word right beside it, makes it worth looking at."""
        near = self.text[max(self.since, self.start - _NEAR) : self.start]
        return bool(self.year or _hints().search(near) or _followed_by_marker().match(self.text, self.end))

    @property
    def may_be_month(self) -> bool:
        return len(self.serial) <= 2 and 1 <= int(self.serial) <= _MONTHS

    @property
    def may_be_day(self) -> bool:
        """Tell day and month, or two days, as in 20/12 and 22-24."""
        day = 1 <= int(self.serial) <= 31 and len(self.serial) <= 2 and len(self.year) == 2
        return day and (int(self.year) <= _MONTHS or self.mark == "-")

    @property
    def is_list(self) -> bool:
        """Tell the first of several numbers with slashes between them, as sections are written."""
        return self.after.startswith("/")

    @property
    def is_dated(self) -> bool:
        """Tell a number with a year of four digits that is no month, no sum, and no part of a code with hyphens."""
        sum_of_money = self.serial.endswith("00") and self.year.endswith("00")
        years = 1900 <= int(self.serial) <= 2100
        written = self.text[self.start : self.end]
        code = self.mark == "-" and (
            " " in written or len(self.serial) < 3 or self.before.endswith(("-", "_"))
        )
        return len(self.year) == 4 and not (self.may_be_month or sum_of_money or years or code)


def judge_case_numbers(text: str) -> set[str]:
    """Return `personal_case_number` where a free text holds the number of a case, an FIR or a diary entry."""
    return {"personal_case_number"} if any(map(_is_case_number, _find_numbers(text))) else set()


def holds_fir_code(text: str) -> bool:
    """Tell whether a code or an identifier is made of an FIR's number."""
    return bool(_FIR_CODE.search(text.lower()))


_FIR_CODE = re.compile(r"(?:^|[^a-z])f\.?i\.?r\.?[ _.:#/-]{0,3}(?:no)?[ _.:#/-]{0,3}[0-9]")


def _find_numbers(text: str) -> Iterator[_Number]:
    last = 0
    for found in _NUMBER.finditer(text):
        serial, mark, year = (part or "" for part in found.groups())
        number = _Number(serial, mark, year, text, found.start(), found.end(), last)
        if number.may_be_one:
            yield number
        last = found.end()


def _is_case_number(number: _Number) -> bool:
    known_by_itself = number.is_dated and not _is_order(number)
    return known_by_itself or _is_announced(number) or _is_named_after(number)


def _is_announced(number: _Number) -> bool:
    """Tell whether a word before the number announces it."""
    cues = list(word_pattern("case", "fir", "diary").finditer(number.before))
    if not cues:
        return False
    cue, between = cues[-1], number.before[cues[-1].end() :]
    if marker := _ends_in_marker().search(between):
        return not word_pattern("harmless").search(between, 0, marker.start())
    if _copula_alone().fullmatch(between) and word_pattern("marker").search(
        number.before[: cue.start()][-25:]
    ):
        return True
    if number.year:
        return bool(re.fullmatch(_SHORT, between)) and not (number.may_be_day or number.is_list)
    if word_pattern("fir").fullmatch(cue[0]) and (_MARKED.fullmatch(between) or _is_padded(number, between)):
        return True
    diary = word_pattern("diary").fullmatch(cue[0]) and re.fullmatch(_SHORT, between)
    return bool(diary) and not word_pattern("unit").match(number.after.lstrip())


def _is_padded(number: _Number, between: str) -> bool:
    return between == " " and len(number.serial) == 3 and number.serial.startswith("0")


def _is_named_after(number: _Number) -> bool:
    """Tell a number before the word for a case, as in "12 number case"."""
    return bool(_followed_by_marker().match(number.text, number.end))


def _is_order(number: _Number) -> bool:
    """Tell the number of a law, an order or a circular, which is public."""
    return bool(word_pattern("order").search(number.before))


@functools.cache
def _hints() -> re.Pattern[str]:
    return re.compile(f"{whole_words('marker', 'copula', 'fir', 'diary')}|[:#-]")


@functools.cache
def _ends_in_marker() -> re.Pattern[str]:
    copula = rf"(?:{whole_words('copula')}[\s:.-]{{0,2}})?"
    return re.compile(rf"{whole_words('marker')}[\s.:#=()-]{{0,4}}{copula}$")


@functools.cache
def _followed_by_marker() -> re.Pattern[str]:
    return re.compile(rf"\s?{whole_words('marker')}\S{{0,3}}\s{{0,2}}{whole_words('case', 'fir', 'diary')}")


@functools.cache
def _copula_alone() -> re.Pattern[str]:
    return re.compile(rf"\s?(?:{whole_words('copula')}|:)[\s:.-]{{0,2}}")
