"""Numbers that only the words before them give away: patterns made of `schemas/screening/cues.csv`.

The patterns are for the regular expressions of Polars, which know no look-around, and for folded text: NFKC,
ASCII digits, dates masked.
"""

import csv
import functools
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from pipeline.contract import SCHEMAS

_START = "(?:^|[^a-z])"
_LETTERLESS = r"[^0-9a-z\n,;।]"
_WORDS = r"[^0-9\n,;।]"


@functools.cache
def announced_numbers(schemas: Path = SCHEMAS) -> Mapping[str, str]:
    """Return a pattern for each rule on numbers that a word announces.

    A case, FIR or diary number needs a word for "number" or its year beside it, since a bare number after
    "FIR" or "case" is as often a count of days. A phone number needs seven digits, an account nine.
    """
    case, fir, marker, phone, account = (
        _START + _any_of(meaning, schemas) if meaning != "marker" else _any_of(meaning, schemas)
        for meaning in ("case", "fir", "marker", "phone", "account")
    )
    any_case = f"(?:{case}|{fir})"
    numbered = (
        rf"{any_case}(?:{_LETTERLESS}(?:{_WORDS}{{0,11}}{_LETTERLESS})?)?"
        rf"{marker}(?:{_LETTERLESS}{_WORDS}{{0,3}})?[0-9]"
    )
    dated = (
        rf"{any_case}[\s:.#-]{{0,4}}[0-9]{{1,6}}\s?"
        r"(?:(?:/|of)\s?(?:19|20)?[0-9]{2}|-\s?(?:19|20)[0-9]{2})(?:[^0-9]|$)"
    )
    plain = rf"{fir}(?:\s?[:#-]\s?[0-9]|\s0[0-9]{{2}})"
    return {
        "personal_case_number": f"(?i){numbered}|{dated}|{plain}",
        "personal_phone": rf"(?i){phone}(?:[^0-9\na-z][^0-9\n]{{0,15}})?[0-9](?:[ .-]?[0-9]){{6}}",
        "personal_account": rf"(?i){account}(?:[^0-9\na-z][^0-9\n]{{0,25}})?[0-9](?:[ -]?[0-9]){{8}}",
    }


@functools.cache
def section_pattern(schemas: Path = SCHEMAS) -> re.Pattern[str]:
    """Return the pattern of words before numbers of penal sections, for Python's engine."""
    return re.compile(_any_of("section", schemas), re.IGNORECASE)


def _any_of(meaning: str, schemas: Path) -> str:
    spellings = sorted(_read_cues(schemas)[meaning], key=len, reverse=True)
    return "(?:" + "|".join(_escape(spelling) for spelling in spellings) + ")"


def _escape(spelling: str) -> str:
    return r"\s+".join(re.escape(word) for word in spelling.split())


@functools.cache
def _read_cues(schemas: Path) -> dict[str, list[str]]:
    cues: dict[str, list[str]] = {}
    with (schemas / "screening" / "cues.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            cues.setdefault(row["meaning"], []).append(unicodedata.normalize("NFKC", row["spelling"]))
    return cues
