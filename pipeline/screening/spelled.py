"""Numbers whose digits are written as words, in six languages and in Latin letters, and digits disguised as letters.

A text comes here folded and in lower case. A person counts up in words now and then, but says seven digits and more
one after another only of a phone number or a card.
"""

import functools
import itertools
import re
from collections.abc import Iterator, Mapping

from pipeline.screening.cues import any_of, read_spellings, whole_words
from pipeline.screening.looks import Look

_DIGITS = tuple(f"digit_{digit}" for digit in range(10))
_TIMES: Mapping[str, int] = {"double": 2, "triple": 3}
_PAIRS = ("ten", "teen", "tens")
_SEPARATOR = r"[\s,.;:/-]"
_FEWEST_WORDS, _FEWEST_DIGITS = 4, 7
_LETTERS_FOR_DIGITS = re.compile(
    r"(?<![a-z0-9])(?=[0-9 -]{0,14}[oil|])(?:\+?91[ -]?|0)?[6-9][0-9oil|]{4}[ -]?[0-9oil|]{5}(?![a-z0-9])"
)
_FEWEST_TRUE_DIGITS = 4
_HALVES = r"[6-9][0-9]{4}%s[0-9]{5}"


def list_looks() -> tuple[Look, ...]:
    """Return the look for four digits in words one after another."""
    word = any_of(*_DIGITS, *_TIMES, *_PAIRS)
    return (Look(rf"{word}(?:{_SEPARATOR}{{1,3}}{word}){{{_FEWEST_WORDS - 1}}}", on_words=True),)


def list_disguised_looks() -> tuple[Look, ...]:
    """Return the looks for ten digits of which some are letters, or with a word or a slash in their middle."""
    halves = _HALVES % rf"\s{{0,2}}(?:[/,:]|{any_of('then')})\s{{0,2}}"
    return (
        Look(r"[6-9][0-9oil|]{4}[ -]?[0-9oil|]{5}"),
        Look(r"[6-9][0-9]{4}\s{0,2}[^0-9\s-][^0-9]{0,20}[0-9]{5}", then=(halves,)),
    )


def judge_spelled(text: str) -> set[str]:
    """Return `personal_phone` where seven or more digits are spelled out one after another."""
    rows = _rows_of_digits(re.split(rf"(?:{_SEPARATOR}|[।()])+", text))
    return {"personal_phone"} if any(_is_number(*row) for row in rows) else set()


def judge_disguised(text: str) -> set[str]:
    """Return `personal_phone` where a mobile number has letters for digits, or something between its halves."""
    lettered = any(
        sum(map(str.isdigit, found[0])) >= _FEWEST_TRUE_DIGITS for found in _LETTERS_FOR_DIGITS.finditer(text)
    )
    halved = any(
        not (found[1].endswith("00") and found[2].endswith("00")) for found in _halved().finditer(text)
    )
    return {"personal_phone"} if lettered or halved else set()


@functools.cache
def _halved() -> re.Pattern[str]:
    between = rf"\s{{0,2}}(?:[/,:]|{whole_words('then')})\s{{0,2}}"
    return re.compile(rf"(?<![0-9,/])([6-9][0-9]{{4}}){between}([0-9]{{5}})(?![0-9])")


@functools.cache
def _values() -> Mapping[str, str]:
    """Return by word the digits it stands for; ? where it is a digit of which only the place is known."""
    values = {word: meaning[-1] for meaning in _DIGITS for word in read_spellings(meaning)}
    values |= {word: "??" for meaning in ("ten", "teen") for word in read_spellings(meaning)}
    return values | dict.fromkeys(read_spellings("tens"), "?")


@functools.cache
def _times() -> Mapping[str, int]:
    return {word: times for meaning, times in _TIMES.items() for word in read_spellings(meaning)}


def _rows_of_digits(words: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the digits that stand one after another, and how many words said them."""
    digits, said, times = "", 0, 1
    for word in itertools.chain(words, ["."]):
        if word in _times():
            said, times = said + 1, _times()[word]
        elif word in _values():
            digits, said, times = digits + _values()[word] * times, said + 1, 1
        elif word.isdigit():
            digits += word
        elif word:
            yield digits, said
            digits, said, times = "", 0, 1


def _is_number(digits: str, said: int) -> bool:
    if said < _FEWEST_WORDS or len(digits) < _FEWEST_DIGITS:
        return False
    counted = all(
        int(second) - int(first) == 1
        for first, second in itertools.pairwise(digits)
        if "?" not in first + second
    )
    return not counted
