"""Sentences and words of the corpus, in six languages, as people would write them; data in CSV beside this file.

Half of the sentences is for tuning rules, half is held back: nobody looks at what is missed there while rules
change.
"""

import csv
import functools
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "hi", "bn", "or", "ta", "te")
SCRIPTS = {
    "en": "Latin",
    "hi": "Devanagari",
    "bn": "Bengali",
    "or": "Odia",
    "ta": "Tamil",
    "te": "Telugu",
}
HALVES = ("tuning", "held_back")
CLEAN = "clean"

_FOLDER = Path(__file__).parent
_ZEROS = {"hi": 0x0966, "bn": 0x09E6, "or": 0x0B66, "ta": 0x0BE6, "te": 0x0C66}


@dataclass(frozen=True)
class Sentence:
    """A sentence with slots; `kind` says which identifier it carries, `clean` that it carries none."""

    language: str
    half: str
    kind: str
    text: str


@functools.cache
def load_sentences() -> tuple[Sentence, ...]:
    """Return all sentences of all languages."""
    found = []
    for language in LANGUAGES:
        with (_FOLDER / "sentences" / f"{language}.csv").open(encoding="utf-8", newline="") as lines:
            found += [
                Sentence(language, row["half"], row["kind"], row["sentence"]) for row in csv.DictReader(lines)
            ]
    return tuple(found)


@functools.cache
def list_kinds() -> tuple[str, ...]:
    """Return the kinds of identifiers in the order of the sentences."""
    return tuple(dict.fromkeys(sentence.kind for sentence in load_sentences() if sentence.kind != CLEAN))


@functools.cache
def _load_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    with (_FOLDER / "wording.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["meaning"]: {name: tuple(row[name].split(";")) for name in LANGUAGES if row[name]}
            for row in csv.DictReader(lines)
        }


def pick_word(chance: random.Random, meaning: str, language: str) -> str:
    """Return one of the ways to say something in a language, the English one where it has none."""
    words = _load_words()[meaning]
    return chance.choice(words.get(language, words["en"]) if "en" in words else words[language])


def has_native_digits(language: str) -> bool:
    """Tell whether a language has digits of its own."""
    return language in _ZEROS


def to_native(text: str, language: str) -> str:
    """Write ASCII digits in those of the language."""
    zero = _ZEROS.get(language, ord("0"))
    return text.translate({ord("0") + digit: zero + digit for digit in range(10)})
