"""Short made-up narratives: sentences of the example, and details of the incident in the teller's language.

They name nobody and hold no number of six digits or more.
"""

import functools
from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.example.chance import Chance, Flags, Numbers
from pipeline.example.habits import LANGUAGES, load_kinds, load_matters, native_digits
from pipeline.example.narratives import Sentences, load_sentences
from pipeline.example.spelling import Spellings, number_spellings
from pipeline.example.world import NOTHING, Columns
from pipeline.worlds.details import DETAILS, NAMED
from pipeline.worlds.files import read_table
from pipeline.worlds.names import write_names

_SLICE = 100_000
_OWN_STYLE = 0.6
_VISITS_TOLD = 4
_LARGEST = 99_999
_ORDER = (
    *("opening", "village", "landmark", "kind", "second", "hours", "people", "queue"),
    *("rupees", "papers", "clock", "fare", "stop", "visits", "closing"),
)


def compose(chance: Chance, told: Columns, style: Numbers) -> pl.Series:
    """Return a narrative for each telling.

    Of `told` are read: language (place in LANGUAGES), matter, kind_1, kind_2, visits, native (1: native
    digits), little (1: a few words only) and detail_<name>. `style` decides which of several sentences for the
    same thing a writer prefers.
    """
    parts = [pl.Series([], dtype=pl.String)]
    for start in range(0, len(style), _SLICE):
        rows = slice(start, start + _SLICE)
        part = {name: values[rows] for name, values in told.items()}
        parts.append(_compose_slice(chance.branch(start), part, style[rows]))
    return pl.concat(parts)


def _compose_slice(chance: Chance, told: Columns, style: Numbers) -> pl.Series:
    count, language = len(style), told["language"]
    turns = {
        part: np.where(chance.happens(_OWN_STYLE, count), style, chance.below(8, count))
        for part in ("opening", "kind", "visits", "closing", *DETAILS)
    }
    said = _say_what_happened(chance.branch("what"), told, turns, load_sentences())
    for name in DETAILS:
        said[name] = _say_detail(chance.branch(name), name, told, turns[name])
    whole = pl.DataFrame([said[name].alias(name) for name in _ORDER]).select(
        whole=pl.concat_str(pl.all(), separator=" ", ignore_nulls=True),
        little=_few_words().pick(language, style + chance.below(2, count)),
    )
    return whole.select(
        pl.when(pl.Series(told["little"] > 0)).then("little").otherwise("whole").alias("narrative")
    )["narrative"]


def _say_what_happened(
    chance: Chance, told: Columns, turns: Columns, sentences: Sentences
) -> dict[str, pl.Series]:
    language, kinds, count = told["language"], len(load_kinds()), len(told["language"])

    def of_kind(kind: Numbers) -> Numbers:
        return np.where((kind < 0) | (kind >= kinds), NOTHING, language * kinds + kind)

    visits = np.where(chance.happens(0.5, count), told["visits"], 0)
    counted = (visits >= 2) & (visits < 2 + _VISITS_TOLD)
    opening = np.where(chance.happens(0.8, count), language * len(load_matters()) + told["matter"], NOTHING)
    closing = np.where(chance.happens(0.5, count), language, NOTHING)
    return {
        "opening": sentences.openings.pick(opening, turns["opening"]),
        "kind": sentences.kinds.pick(of_kind(told["kind_1"]), turns["kind"]),
        "second": sentences.kinds.pick(of_kind(told["kind_2"]), turns["kind"]),
        "visits": sentences.visits.pick(
            np.where(counted, language * _VISITS_TOLD + visits - 2, NOTHING), turns["visits"]
        ),
        "closing": sentences.closings.pick(closing, turns["closing"]),
    }


def _say_detail(chance: Chance, name: str, told: Columns, turns: Numbers) -> pl.Series:
    """Return the sentence on one detail, null where it is not told."""
    value, language = told[f"detail_{name}"], told["language"]
    before, after = _patterns()[name]
    number = np.where(value == NOTHING, NOTHING, language)
    if name in NAMED:
        written = write_names(chance, value, language)
    else:
        written = write_numbers(np.minimum(value, _LARGEST), language, told["native"] > 0)
    frame = pl.DataFrame(
        {"before": before.pick(number, turns), "x": written, "after": after.pick(number, turns)}
    )
    return frame.select(said=pl.col("before").str.slice(1) + pl.col("x") + pl.col("after").str.slice(1))[
        "said"
    ]


def write_numbers(numbers: Numbers, languages: Numbers, native: Flags) -> pl.Series:
    """Return numbers in ASCII digits, or in those of the language where `native`; null below 0."""
    frame = pl.DataFrame({"number": numbers, "language": np.where(native, languages, NOTHING)}).select(
        "language", number=pl.when(pl.col("number") >= 0).then(pl.col("number").cast(pl.String))
    )
    for place, language in enumerate(LANGUAGES):
        digits: Mapping[str, str] = native_digits(language)
        frame = frame.with_columns(
            number=pl.when(language=place).then(pl.col("number").str.replace_many(digits)).otherwise("number")
        )
    return frame["number"]


@functools.cache
def _patterns() -> Mapping[str, tuple[Spellings, Spellings]]:
    """Return what stands before and after each detail, by language; a sign in front keeps blanks apart."""
    split = {
        name: [
            [row[language].split("{x}") for row in read_table("details.csv") if row["detail"] == name]
            for language in LANGUAGES
        ]
        for name in DETAILS
    }
    return {
        name: (
            number_spellings([["<" + before for before, _ in rows] for rows in groups]),
            number_spellings([[">" + after for _, after in rows] for rows in groups]),
        )
        for name, groups in split.items()
    }


@functools.cache
def _few_words() -> Spellings:
    rows = [row for row in read_table("details.csv") if row["detail"] in {"little", "boilerplate"}]
    return number_spellings([[row[language] for row in rows] for language in LANGUAGES])
