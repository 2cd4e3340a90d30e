"""Addresses: e-mail, payment, profiles and handles on the web, and where on earth a house stands.

A text comes here folded. Addresses of offices on the web are left alone; only sites of which a page belongs to a
person are listed, in `schemas/screening/cues.csv`.
"""

import functools
import re

from pipeline.screening.cues import any_of, any_word, read_spellings, whole_words, word_pattern
from pipeline.screening.looks import Look

_NORTH, _EAST = r"(?:[6-9]|[12][0-9]|3[0-7])\.[0-9]{3,}", r"(?:6[89]|[78][0-9]|9[0-7])\.[0-9]{3,}"
_DEGREES = r"[0-9]{1,3}\s?°\s?[0-9]{1,2}(?:\.[0-9]+)?\s?['′’]"
_PLACE_CODE = r"[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}"

_LOCATION = re.compile(
    rf"(?<![0-9.])(?:{_NORTH}[^0-9]{{1,16}}{_EAST}|{_EAST}[^0-9]{{1,16}}{_NORTH})|{_DEGREES}"
    rf"|(?<![A-Z0-9+])(?=[0-9]*[A-Z]){_PLACE_CODE}(?![A-Z0-9])"
)
_WORD, _WORD_OR_MARK = r"[\w\u0900-\u0dff]", r"[\w\u0900-\u0dff.+%-]"
_HANDLE = re.compile(
    r"(?<![\w.@\u0900-\u0dff])@(?!(?:rs|inr|rupees?)(?![a-z]))[a-z_][a-z0-9_.]{2,29}", re.IGNORECASE
)


def list_looks() -> tuple[Look, ...]:
    """Return the looks for addresses and coordinates."""
    at, dot = any_of("at"), any_of("dot")
    words = rf"\s{at}\s{{1,3}}[^\s]{{1,30}}(?:\s{dot}\s|\.[a-z])|\s{at}\s+{any_of('provider')}"
    brackets = rf"[\[({{]\s?{at}\s?[\])}}]"
    pages = rf"{any_of('site')}/|{any_of('map')}|{any_word('platform', closed=True)}"
    place = rf"{_NORTH}[^0-9]{{1,16}}{_EAST}|{_EAST}[^0-9]{{1,16}}{_NORTH}|{_PLACE_CODE.lower()}"
    word, spoken = r"[\s\[({]{1,3}~[\s\])}]{1,3}", (words, brackets)
    return (
        Look(f"@|{brackets}|{words}|{pages}"),
        # The same with words of Indic scripts between Latin ones.
        Look(
            rf"[a-z0-9]{word}(?:[a-z][a-z0-9-]{{1,30}}(?:{word}|\s?\.\s?)[a-z]|{any_of('provider')})",
            then=spoken,
        ),
        Look(r"~[^a-z0-9]{0,10}[a-z][a-z0-9.]*[0-9_]", then=(any_word("platform"),)),
        Look(_DEGREES, on_words=True),
        Look(place),
    )


def judge_addresses(text: str) -> tuple[set[str], str]:
    """Return the rules that addresses in a free text break, and the text with ¤ in their place."""
    rules, small = set(), text.lower()
    for rule, hint, pattern in _kinds():
        if hint.search(small):
            text, count = pattern.subn("¤", text)
            if count:
                rules.add(rule)
    return rules, text


@functools.cache
def _kinds() -> tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]:
    """Return for each kind its rule, without what no text in lower case has it, and its pattern."""
    return (
        ("personal_location", re.compile(r"[.°+]"), _LOCATION),
        ("personal_location", re.compile(r"\."), _pages("map")),
        ("personal_profile", re.compile("/"), _pages("site")),
        ("personal_email", re.compile(f"@|{whole_words('at')}"), _email()),
        ("personal_profile", re.compile("@"), _HANDLE),
        ("personal_profile", word_pattern("platform"), _announced_handle()),
    )


def holds_email(text: str) -> bool:
    """Tell whether a code or an identifier holds an e-mail or payment address."""
    return bool(_email().search(text))


@functools.cache
def _pages(meaning: str) -> re.Pattern[str]:
    sites = "|".join(map(re.escape, read_spellings(meaning)))
    slash = "/" if meaning == "site" else ""
    return re.compile(rf"(?<![a-z0-9])(?:{sites}){slash}[^\s,;।)]*", re.IGNORECASE)


@functools.cache
def _email() -> re.Pattern[str]:
    at, dot = whole_words("at"), whole_words("dot")
    providers, payments = ("|".join(map(re.escape, read_spellings(name))) for name in ("provider", "payment"))
    name, tail = "[a-z0-9-]{0,31}[a-z][a-z0-9-]{0,31}", "[a-z]{2,24}"
    domain = rf"{name}(?:\.|\s\.\s|\s+{dot}\s+|\s?[\[({{]\s?(?:{dot}|\.)\s?[\])}}]\s?){tail}"
    return re.compile(
        rf"(?<={_WORD_OR_MARK})@\s?[^\W\d_][\w.-]{{0,80}}"
        rf"|{_WORD}\s@(?:\s{domain}|[a-z0-9-]{{1,63}}\.(?:com|in|org|net|co)(?![a-z])|\s?(?:{payments})(?![a-z0-9]))"
        rf"|{_WORD}\s?[\[({{]\s?{at}\s?[\])}}]\s?{_WORD}[\w.-]{{0,80}}"
        rf"|{_WORD}\s+{at}\s+(?:{domain}|(?:{providers})(?![a-z]))",
        re.IGNORECASE,
    )


@functools.cache
def _announced_handle() -> re.Pattern[str]:
    """Return the pattern of a name on a platform: the platform stands before it, digits or a low line in it."""
    name = r"(?=[a-z.]{1,29}[0-9_])[a-z][a-z0-9_.]{3,29}"
    told = r"[^a-z0-9\n]{0,10}(?:(?:id|handle|user ?name|page|a/c)[^a-z0-9\n]{1,6})?"
    return re.compile(f"{whole_words('platform')}{told}{name}", re.IGNORECASE)
