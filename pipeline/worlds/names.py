"""Invented names of villages, markets and crossings, made of syllables and written in six languages.

The scripts of India are built alike, so a name of simple syllables can be written in each. As with real names,
some of it is lost on the way: Tamil has one letter for k and g, Bengali one for b and v, and in Latin letters
everyone spells differently (aa or a, oo or u, v or w).
"""

import functools

import numpy as np
import polars as pl

from pipeline.example.chance import Chance, Numbers
from pipeline.example.habits import LANGUAGES
from pipeline.example.spelling import choose_words
from pipeline.example.world import NOTHING
from pipeline.worlds.files import read_table
from pipeline.worlds.mixing import mix, mix_below

_FEWEST, _MOST = 2, 4
_OTHER_LATIN = 0.25


def write_names(chance: Chance, names: Numbers, languages: Numbers) -> pl.Series:
    """Return each name in its language (a place in LANGUAGES); null where the name is NOTHING."""
    words = _syllables()
    size = len(words) // (len(LANGUAGES) + 1)
    length = _FEWEST + mix_below(_MOST - _FEWEST + 1, names, 0)
    length = np.where(mix(names, 99) % np.uint64(3) > 0, 3, length)
    parts = []
    for place in range(_MOST):
        other = (languages == LANGUAGES.index("en")) & chance.happens(_OTHER_LATIN, len(names))
        table = np.where(other, len(LANGUAGES), languages)
        syllable = table * size + mix_below(size, names, place + 1)
        written = (names != NOTHING) & (place < length)
        parts.append(choose_words(words, np.where(written, syllable, NOTHING)).alias(str(place)))
    frame = pl.DataFrame(parts)
    whole = pl.concat_str(pl.all(), ignore_nulls=True)
    capital = whole.str.slice(0, 1).str.to_uppercase() + whole.str.slice(1)
    return frame.select(name=pl.when(pl.col("0").is_not_null()).then(capital))["name"]


@functools.cache
def _syllables() -> tuple[str, ...]:
    """Return all syllables in each language, and at the end in other Latin letters."""
    rows = read_table("letters.csv")
    consonants = [row for row in rows if row["kind"] == "consonant"]
    vowels = [row for row in rows if row["kind"] == "vowel"]
    return tuple(
        consonant[script] + vowel[script]
        for script in (*LANGUAGES, "en_other")
        for consonant in consonants
        for vowel in vowels
    )
