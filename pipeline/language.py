"""The languages that pages are written in: their sentences and labels, and how they write numbers and months.

Sentences and labels are written in English where they are used, with `{placeholders}`; a gettext catalog
(`reports/locale/<language>/LC_MESSAGES/messages.po`) has them in one other language. Digits are Latin ones in
groups of the Indian system everywhere.
"""

import datetime
import functools
import gettext
import io
import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from pipeline.contract import NATIONAL, CodeList, Contract
from pipeline.errors import JawabdehiError, UsageError
from pipeline.periods import is_month, split_period
from pipeline.settings import CHECKOUT

LOCALES = CHECKOUT / "reports" / "locale"
ENGLISH = "en"

_LINK_LANGUAGE = "hi"
"""The second language of the nation, and of states of which no official language has a catalog: article 343 of the
Constitution."""

_LONGEST_LABEL = 240
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


_Part = TypeVar("_Part")


class UnknownCodeError(JawabdehiError):
    """A code is to be said that its list does not have."""

    def __init__(self, codes: str) -> None:
        super().__init__(
            f"A code is not in the list {codes}: use the version of schemas/ that it was made with."
        )


@functools.cache
def clean_label(label: str, longest: int = _LONGEST_LABEL) -> str:
    """Return a label without control characters, direction overrides, or a length that breaks a page.

    Joiners are kept, since Indic scripts need them.
    """
    # Remembered, since the pages of an edition repeat the same labels.
    spaced = (" " if character.isspace() else character for character in label)
    kept = (c for c in spaced if c not in _BIDI_CONTROLS and unicodedata.category(c) != "Cc")
    text = " ".join("".join(kept).split())
    return text if len(text) <= longest else text[:longest].rstrip() + "…"


def mark(message: str) -> str:
    """Return a sentence as it is; its catalogs get it from here, and its page says it later."""
    return message


@dataclass(frozen=True)
class Language:
    """One language by its ISO 639-1 code; `reviewed` tells that a speaker has read and signed its catalog."""

    code: str
    catalog: gettext.NullTranslations
    reviewed: bool

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return str(self._locale.get_display_name(self._locale))

    def translate(self, message: str) -> str:
        """Return a sentence in this language with its placeholders as they are."""
        return self.catalog.gettext(message)

    def say(self, message: str, **values: object) -> str:
        """Return a sentence in this language with its placeholders filled; the catalogs get it from here."""
        return self.say_marked(message, **values)

    def say_marked(self, message: str, **values: object) -> str:
        """Return a sentence that was marked elsewhere, or stands in a code list, in the same way."""
        return self.translate(message).format(**values)

    def compose(self, message: str, **parts: _Part) -> tuple[str | _Part, ...]:
        """Return a sentence in this language as texts and parts in turn, in the order in which it has them."""
        composed: list[str | _Part] = []
        for text, name, _, _ in string.Formatter().parse(self.translate(message)):
            composed += [text] if text else []
            composed += [parts[name]] if name else []
        return tuple(composed)

    def label(self, codes: CodeList, code: str) -> str:
        """Return the label of a code, cleaned; raise UnknownCodeError where the list does not have it.

        What no catalog has, such as the name of a district, is given in English.
        """
        if code not in codes.codes:
            raise UnknownCodeError(codes.name)
        return clean_label(self.catalog.pgettext(codes.name, codes.label(code)))

    def say_period(self, period: str) -> str:
        """Write a period in words: `October 2026`, `July to September 2026`, `the year 2026`."""
        year, first, last = split_period(period)
        if is_month(period):
            return self.say(mark("{month} {year}"), month=self._months[first], year=year)
        if (first, last) == (1, 12):
            return self.say(mark("the year {year}"), year=year)
        months = {"first": self._months[first], "last": self._months[last]}
        return self.say(mark("{first} to {last} {year}"), **months, year=year)

    def say_day(self, day: datetime.date) -> str:
        """Write a day as `10 November 2026`."""
        return self.say(
            mark("{day} {month} {year}"), day=day.day, month=self._months[day.month], year=day.year
        )

    def say_date(self, date: str) -> str:
        """Write an ISO 8601 date in the same way."""
        return self.say_day(datetime.date.fromisoformat(date))

    @functools.cached_property
    def _locale(self) -> Locale:
        return Locale(self.code)

    @functools.cached_property
    def _months(self) -> Mapping[int, str]:
        return dict(self._locale.months["stand-alone"]["wide"])


@functools.cache
def load_language(code: str) -> Language:
    """Return a language; raise UsageError where there is no catalog for it."""
    if code == ENGLISH:
        return Language(code, gettext.NullTranslations(), reviewed=True)
    if not catalog_path(code).is_file():
        raise UsageError(f"There is no catalog for the language {code!a}: add it to reports/locale.")
    compiled = io.BytesIO()
    write_mo(compiled, read_catalog(code))
    compiled.seek(0)
    return Language(code, gettext.GNUTranslations(compiled), reviewed=code in _read_reviewed())


def catalog_path(code: str) -> Path:
    """Return where the catalog of a language lies."""
    return LOCALES / code / "LC_MESSAGES" / "messages.po"


def read_catalog(code: str) -> Catalog:
    """Read the catalog of a language as its translators wrote it."""
    with catalog_path(code).open("rb") as file:
        return read_po(file, locale=code)


def list_languages() -> tuple[str, ...]:
    """Return the languages there are, English first."""
    others = sorted(path.parent.parent.name for path in LOCALES.glob("*/LC_MESSAGES/messages.po"))
    return (ENGLISH, *others)


def languages_of(geography: str, contract: Contract) -> tuple[str, ...]:
    """Return the languages of a geography's pages: English, and one that is official there."""
    return (ENGLISH, _pick(_official(geography, contract), list_languages()))


def _official(geography: str, contract: Contract) -> list[str]:
    if geography == NATIONAL:
        return []
    details = contract.code_lists["states"].codes[geography].details
    listed = ";".join(details.get(column, "") for column in ("official_languages", "additional_languages"))
    return [tag.partition("-")[0] for tag in listed.split(";") if tag]


def _pick(official: Iterable[str], available: Iterable[str]) -> str:
    known = set(available) - {ENGLISH}
    return next((code for code in official if code in known), _LINK_LANGUAGE)


def _read_reviewed() -> frozenset[str]:
    """Return the languages that a speaker signed off: rows of the table in `reports/locale/README.md`.

    A row is `| language | who read it | day |`; where the last two are blank, nobody has.
    """
    rows = (
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in (LOCALES / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    )
    return frozenset(row[0] for row in rows if len(row) == 3 and row[1] and row[2])
