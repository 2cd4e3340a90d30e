"""The ways in which one code, state or district is written, all of which the contract understands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.contract import CodeList, fold_spelling
from pipeline.example.chance import Chance, Numbers


@dataclass(frozen=True)
class Spellings:
    """Spellings of numbered things: of thing n, `counts[n]` from `starts[n]` on in `words`."""

    words: tuple[str, ...]
    starts: Numbers
    counts: Numbers

    def write(self, chance: Chance, numbers: Numbers, others: float) -> pl.Series:
        """Return each number's first spelling, or any with probability `others`; null below 0."""
        known = np.maximum(numbers, 0)
        picked = chance.below(self.counts[known], len(known))
        place = self.starts[known] + np.where(chance.happens(others, len(known)), picked, 0)
        return choose_words(self.words, np.where(numbers < 0, -1, place))

    def pick(self, numbers: Numbers, turns: Numbers) -> pl.Series:
        """Return for each number the spelling whose turn it is (from 0, again and again); null below 0."""
        known = np.maximum(numbers, 0)
        place = self.starts[known] + turns % self.counts[known]
        return choose_words(self.words, np.where(numbers < 0, -1, place))


def choose_words(words: Sequence[str | None], places: Numbers) -> pl.Series:
    """Return the words at `places`, null where a place is negative or the word is ""."""
    known = pl.Series([word or None for word in words] + [None], dtype=pl.String)
    return known.gather(pl.Series(np.where(places < 0, len(words), places)))


def list_spellings(code_list: CodeList, codes: Sequence[str], *, label_first: bool) -> Spellings:
    """Return the spellings of `codes` in their order; a code "" has none and is written as a blank cell."""
    return number_spellings(
        [_spell(code_list, code, label_first=label_first) if code else ("",) for code in codes]
    )


def number_spellings(groups: Sequence[Sequence[str]]) -> Spellings:
    """Return spellings numbered by the place of their group."""
    counts = np.array([len(group) for group in groups], dtype=np.int64)
    words = tuple(word for group in groups for word in group)
    return Spellings(words=words, starts=np.cumsum(counts) - counts, counts=counts)


def _spell(code_list: CodeList, code: str, *, label_first: bool) -> tuple[str, ...]:
    entry = code_list.codes[code]
    first = (entry.label, code) if label_first else (code, entry.label)
    return tuple(
        spelling
        for spelling in dict.fromkeys((*first, code.swapcase(), *entry.spellings))
        if code_list.by_spelling.get((entry.within, fold_spelling(spelling))) == code
    )
