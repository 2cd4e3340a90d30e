"""Text as the rules want it: NFKC, without invisible characters, digits as 0 to 9, public numbers masked.

What leads to nobody is masked here once for all rules: dates, toll-free numbers, listed helplines.
"""

import functools
import string
import sys
import unicodedata
from collections.abc import Callable, Mapping

import polars as pl

_QUIET = r"\x00-\x7f\x{900}-\x{d7f}‘’“”–—₹"
_COMPOSED = "".join(map(chr, (*range(0x958, 0x960), 0x9DC, 0x9DD, 0x9DF, 0xB5C, 0xB5D)))
"""Letters of Devanagari, Bengali and Odia that NFKC takes apart; they are common, so it is done without it."""

_NUKTAS = r"[\x{93c}\x{9bc}\x{a3c}\x{abc}\x{b3c}\x{c3c}]"
_VIRAMAS = r"\x{94d}\x{9cd}\x{a4d}\x{acd}\x{b4d}\x{bcd}\x{c4d}\x{ccd}\x{d3b}\x{d3c}\x{d4d}"
_LOUD = (
    rf"[^{_QUIET}]|[\x{{951}}-\x{{954}}\x{{9d7}}\x{{9fe}}\x{{a33}}-\x{{a36}}\x{{a59}}-\x{{a5e}}\x{{b56}}\x{{b57}}"
    r"\x{bd7}\x{c55}\x{c56}\x{cbc}-\x{cd6}\x{d3e}\x{d57}]"
    rf"|[\x{{928}}\x{{930}}\x{{933}}{_VIRAMAS}]{_NUKTAS}|{_NUKTAS}{{2}}"
    r"|\x{9c7}\x{9be}|\x{b47}\x{b3e}|[\x{bc6}\x{bc7}]\x{bbe}"
)
"""What else NFKC may change. Most Indic letters it leaves alone, and asking costs less than doing."""

_MARKS = {"·": ".", "•": ".", "−": "-", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n"}
_OTHER_SIGNS = r"[[^\x00-\x7f]&&[\p{N}\p{Pd}·•−\x{2028}\x{2029}\x{85}]]"
_INVISIBLE = r"\p{Cf}|[\x{034f}\x{20e3}\x{fe00}-\x{fe0f}]"
_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
_DATE = "|".join(
    f"{_YEAR}{mark}{_MONTH}{mark}{_DAY}|{_DAY}{mark}{_MONTH}{mark}(?:{_YEAR}|[0-9]{{2}})"
    for mark in ("-", r"\.", "/", " / ")
)
_TOLL_FREE = (
    "1800-?[0-9]{6,7}|18[06]0(?:[ -][0-9]{2,3}[ -][0-9]{4}|[ -][0-9]{4}[ -][0-9]{3}|[ -][0-9]{3}[ -][0-9]{3})"
)
_HELPLINE = "7827[ -]?170[ -]?170"
"""The one helpline with a number like a person's: that of the National Commission for Women, from memory."""

_BEFORE, _AFTER = "(^|[^0-9./-])", "($|[^0-9./-]|[./-](?:[^0-9]|$))"
_OUR_YEAR, _FULL_DAY = "(?:19[5-9]|20[0-3])[0-9]", "(?:0[1-9]|[12][0-9]|3[01])"
_STAMP = f"{_OUR_YEAR}(?:0[1-9]|1[0-2]){_FULL_DAY}|{_FULL_DAY}(?:0[1-9]|1[0-2]){_OUR_YEAR}"
_PUBLIC = rf"{_BEFORE}(?:(?:{_DATE})(?:\s?[-–]\s?(?:{_DATE}))?|{_STAMP}|{_TOLL_FREE}|{_HELPLINE}){_AFTER}"
"""Not inside a longer row of digits: 70-12-11-22-10 is a phone number and no date."""

_HEX_DIGITS = "(^|[^0-9A-Za-z])[0-9A-Fa-f]{16,128}($|[^0-9A-Za-z])"


def fold(texts: pl.Series) -> pl.Series:
    """Return texts in NFKC, without invisible characters, with ASCII digits and hyphens."""
    return _replace_signs(_normalize(texts), _OTHER_SIGNS, _other_signs())


def fold_small(texts: pl.Series) -> pl.Series:
    """Return what `fold` does with Latin letters in lower case, in one pass."""
    small = dict(zip(string.ascii_uppercase, string.ascii_lowercase, strict=True))
    return _replace_signs(_normalize(texts), f"[A-Z]|{_OTHER_SIGNS}", {**_other_signs(), **small})


def _normalize(texts: pl.Series) -> pl.Series:
    parts = {whole: unicodedata.normalize("NFKC", whole) for whole in _COMPOSED}
    plain = _replace_signs(texts, f"[{''.join(_COMPOSED)}]", parts)
    return _change(
        plain,
        f"{_LOUD}|{_INVISIBLE}",
        lambda some: some.str.normalize("NFKC").str.replace_all(_INVISIBLE, ""),
    )


def _replace_signs(texts: pl.Series, where: str, signs: Mapping[str, str]) -> pl.Series:
    return _change(texts, where, lambda some: some.str.replace_many(list(signs), list(signs.values())))


def mask_public(texts: pl.Series) -> pl.Series:
    """Put ¤ in place of dates, toll-free numbers, listed helplines and case tokens in folded texts."""

    def mask(some: pl.Series) -> pl.Series:
        # Of two neighbours with one sign between them, the first match takes the sign, and the second is left.
        return some.str.replace_all(_PUBLIC, "${1}¤${2}").str.replace_all(_PUBLIC, "${1}¤${2}")

    def mask_hex(some: pl.Series) -> pl.Series:
        return some.str.replace_all(_HEX_DIGITS, "${1}¤${2}")

    return _change(_change(texts, _PUBLIC, mask), _HEX_DIGITS, mask_hex, but_not="[0-9]{16}")


def lay_bare(texts: pl.Series) -> pl.Series:
    """Return folded texts in lower case with one ~ for words that stand together and are not ASCII."""
    words = r"[^\x00-\x7f]+(?:[ ,]+[^\x00-\x7f]+)*"
    return _change(texts, r"[^\x00-\x7f]", lambda some: some.str.replace_all(words, "~"))


def lower(texts: pl.Series) -> pl.Series:
    """Return folded texts with Latin letters in lower case."""
    small = dict(zip(string.ascii_uppercase, string.ascii_lowercase, strict=True))
    return _replace_signs(texts, "[A-Z]", small)


def _change(
    texts: pl.Series, where: str, change: Callable[[pl.Series], pl.Series], *, but_not: str | None = None
) -> pl.Series:
    """Return texts with a change made only to those that a pattern finds: most need none."""
    found = texts.str.contains(where)
    if but_not:
        found &= ~texts.str.contains(but_not)
    if not found.any():
        return texts
    # `scatter` writes into the series it is called on.
    return texts.clone().scatter(found.arg_true(), change(texts.filter(found)))


@functools.cache
def _other_signs() -> Mapping[str, str]:
    """Return the ASCII digit for every other sign that stands for one digit, and the ASCII mark for other marks."""
    signs = [chr(code) for code in range(128, sys.maxunicode + 1)]
    digits = {
        sign: str(unicodedata.digit(sign)) for sign in signs if unicodedata.digit(sign, None) is not None
    }
    return digits | {sign: "-" for sign in signs if unicodedata.category(sign) == "Pd"} | _MARKS
