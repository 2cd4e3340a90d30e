"""Words of six scripts brought onto one: what offices and narratives are compared by.

Latin letters come from `anyascii`, a table of one spelling a character. Indic scripts write no inherent vowel and
Tamil no voiced consonants, so across scripts words are compared by their skeleton: the classes of their
consonants. Everything here is a function of the text alone.
"""

import csv
import functools
import unicodedata

import polars as pl
from anyascii import anyascii

from pipeline.contract import SCHEMAS

# Latin with marks, the Indic scripts, and general punctuation; whatever lies elsewhere separates words.
_TRANSLITERATED = (range(0x00A0, 0x0250), range(0x0900, 0x0E00), range(0x1E00, 0x1F00), range(0x2000, 0x2070))

# Aspiration is written in some scripts only, so an h after a consonant is dropped first.
_ASPIRATED = r"([bcdgjkprst])h"
_SILENT = r"[aeiouyh]"
_CLASSES = {
    "g": "k", "q": "k", "d": "t", "b": "p", "v": "p", "w": "p", "f": "p",
    "j": "c", "z": "c", "m": "n", "x": "ks",
}  # fmt: skip
_CONSONANTS = "kptcsnrl"
_JOINERS = "\u200c\u200d"
LEAST_SKELETON = 3
"""Consonants that a skeleton needs: shorter ones are shared by too many words."""


def romanize(texts: pl.Expr) -> pl.Expr:
    """Return text in lower-case Latin letters, digits and single spaces, null where nothing of it is left."""
    letters = _latin_letters()
    folded = (
        texts.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_many(list(letters), list(letters.values()))
        .str.to_lowercase()
        # Lakhs and thousands are grouped by commas.
        .str.replace_all("([0-9]),([0-9])", "$1$2")
        .str.replace_all("[^a-z0-9]+", " ")
        .str.strip_chars(" ")
    )
    return pl.when(folded != "").then(folded)


def skeleton(words: pl.Expr) -> pl.Expr:
    """Return the consonant classes of romanized words: `thana` and `thn` both become `tn`."""
    bare = words.str.replace_all(_ASPIRATED, "$1").str.replace_all(_SILENT, "")
    classed = bare.str.replace_many(list(_CLASSES), list(_CLASSES.values()))
    # Twice, since three of a kind leave two behind.
    for _ in range(2):
        classed = classed.str.replace_many([2 * letter for letter in _CONSONANTS], list(_CONSONANTS))
    return classed


def split_words(romanized: pl.Expr) -> pl.Expr:
    """Return the words of romanized text without its numbers, as a list; null stays null."""
    return romanized.str.extract_all("[a-z]+")


@functools.cache
def office_nouns() -> frozenset[str]:
    """Return romanized words that say of what kind an office is, from `schemas/linkage/office_words.csv`."""
    with (SCHEMAS / "linkage" / "office_words.csv").open(encoding="utf-8", newline="") as lines:
        texts = pl.Series([row["words"] for row in csv.DictReader(lines)])
    words = pl.DataFrame({"text": texts}).select(split_words(romanize(pl.col("text"))).explode())
    return frozenset(words.to_series().drop_nulls())


@functools.cache
def _latin_letters() -> dict[str, str]:
    characters = [chr(point) for block in _TRANSLITERATED for point in block]
    return {character: _latin(character) for character in characters}


def _latin(character: str) -> str:
    """Return a character's letters; none for a mark without a sound, a space for what separates words."""
    letters = "".join(letter for letter in anyascii(character) if letter.isalnum() or letter == ",")
    joins = unicodedata.category(character)[0] == "M" or character in _JOINERS
    return letters or ("" if joins else " ")
