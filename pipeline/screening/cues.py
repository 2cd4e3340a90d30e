"""The words that announce a number, or say that it is harmless: `schemas/screening/cues.csv`, as patterns.

What a word stands before or after is decided by the modules that ask for it. Patterns are for folded text. Those for
columns are in lower case, and hold no counted signs between words: both would make the engine of Polars slow.
"""

import csv
import functools
import re
import unicodedata
from collections.abc import Iterable

from pipeline.contract import SCHEMAS


def take_before(text: str, end: int, reach: int, since: int = 0) -> str:
    """Return what stands up to `reach` signs before a place, in its sentence, and not before `since`."""
    start = max(since, end - reach)
    for sentence_end in _sentence_end().finditer(text, start, end):
        start = sentence_end.end()
    return text[start:end]


def take_behind(text: str, start: int, reach: int) -> str:
    """Return what stands up to `reach` signs behind a place, in its sentence."""
    sentence_end = _sentence_end().search(text, start, start + reach)
    return text[start : sentence_end.start() if sentence_end else start + reach]


@functools.cache
def _sentence_end() -> re.Pattern[str]:
    """Return where words cease to say anything of a number; the dot of an abbreviation is no such place."""
    short = rf"(?<![a-z])(?!{any_of('abbreviation')}\.)[a-z]{{2,3}}"
    return re.compile(rf"[।!?\n]|(?:(?<=[^\s.]{{4}})|(?<=[¤0-9])|{short})\.\s")


@functools.cache
def read_spellings(meaning: str) -> tuple[str, ...]:
    """Return all spellings of a meaning in every language, folded, longest first."""
    return tuple(sorted(_read_cues()[meaning], key=lambda spelling: (-len(spelling), spelling)))


def any_of(*meanings: str) -> str:
    """Return a pattern for spellings of these meanings anywhere in lower case, for the engine of Polars."""
    return _join([spelling for meaning in meanings for spelling in read_spellings(meaning)])


def any_word(*meanings: str, closed: bool = False) -> str:
    """Return a pattern for words of these meanings in lower case, for the engine of Polars.

    It takes the sign before a Latin word along, and if `closed` the one behind it, which then is no letter.
    """
    latin, other = _split(meanings)
    behind = "s?(?:[^a-z]|$)" if closed else ""
    ways = [rf"(?:^|[^a-z0-9]){_join(latin)}{behind}"] if latin else []
    return f"(?:{'|'.join([*ways, _join(other)] if other else ways)})"


@functools.cache
def word_pattern(*meanings: str) -> re.Pattern[str]:
    """Return the pattern of whole words of these meanings in lower case, for Python's engine.

    Latin words stand by themselves or in the plural. The others may carry endings; long ones may be parts of words.
    """
    return re.compile(whole_words(*meanings))


def whole_words(*meanings: str) -> str:
    """Return what `word_pattern` compiles, to be put into a longer pattern."""
    latin, other = _split(meanings)
    short = [spelling for spelling in other if len(spelling) <= _SHORT]
    long = [spelling for spelling in other if len(spelling) > _SHORT]
    ways = [rf"(?<![a-z0-9]){_join(latin)}s?(?![a-z])"] if latin else []
    ways += [rf"(?<![\u0900-\u0dff]){_join(short)}"] if short else []
    return f"(?:{'|'.join([*ways, _join(long)] if long else ways)})"


def _split(meanings: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return spellings in Latin letters, and those in other scripts or without letters."""
    spellings = [spelling for meaning in meanings for spelling in read_spellings(meaning)]
    latin = [spelling for spelling in spellings if spelling.isascii() and spelling[0].isalpha()]
    return latin, [spelling for spelling in spellings if spelling not in latin]


# Endings take the place of these signs at the end of a word.
_YIELDING = "\u094d\u09cd\u0b4d\u0bcd\u0c4d\u0bc1"
_SHORT = 4
_Branch = dict[str, "_Branch"]


def _join(spellings: Iterable[str]) -> str:
    """Return a pattern for any of the spellings, each beginning written once: engines are slow with long lists."""
    root: _Branch = {}
    for spelling in spellings:
        branch = root
        for sign in spelling[:-1]:
            branch = branch.setdefault(_escape(sign), {})
        yields = len(spelling) > _SHORT and spelling[-1] in _YIELDING
        branch.setdefault(_escape(spelling[-1]) + ("?" if yields else ""), {})[""] = {}
    return _render(root)


def _render(branch: _Branch) -> str:
    ways = [sign + _render(rest) for sign, rest in sorted(branch.items()) if sign]
    if not ways:
        return ""
    joined = f"(?:{'|'.join(ways)})"
    return f"{joined}?" if "" in branch else joined


def _escape(sign: str) -> str:
    """Return the pattern of one sign: blanks may be wide, dots may have a blank behind them."""
    return {" ": r"\s+", ".": r"\.\s?"}.get(sign) or re.escape(sign)


@functools.cache
def _read_cues() -> dict[str, list[str]]:
    cues: dict[str, list[str]] = {}
    with (SCHEMAS / "screening" / "cues.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            spelling = unicodedata.normalize("NFKC", row["spelling"]).lower()
            cues.setdefault(row["meaning"], []).append(spelling)
    return cues
