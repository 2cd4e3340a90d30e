"""Short made-up narratives in six languages, put together from the sentences of `narratives.csv`.

The sentences name nobody and hold no digits. A retelling in another language says the same things.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.example.chance import Chance, Numbers
from pipeline.example.habits import LANGUAGES, load_kinds, load_matters, read_rows
from pipeline.example.spelling import Spellings, number_spellings

_TOLD = 0.78
_VISITS_TOLD = (2, 3, 4, 5)


@dataclass(frozen=True)
class Sentences:
    """All sentences, numbered by language and then by matter, kind or visit."""

    openings: Spellings
    kinds: Spellings
    visits: Spellings
    closings: Spellings


def load_sentences() -> Sentences:
    """Return the sentences of `narratives.csv` with places and services filled in."""
    rows = read_rows("narratives.csv")
    place, service = _phrases(rows, "place"), _phrases(rows, "service")
    openings = [
        [
            row[language].format(
                place=place[matter.duty_bearer][language], service=service[matter.service][language]
            )
            for row in rows
            if row["part"] == "opening"
        ]
        for language in LANGUAGES
        for matter in load_matters()
    ]
    return Sentences(
        openings=number_spellings(openings),
        kinds=number_spellings(
            [_sentences(rows, "kind", kind, lang) for lang in LANGUAGES for kind in load_kinds()]
        ),
        visits=number_spellings(
            [_sentences(rows, "visits", str(v), lang) for lang in LANGUAGES for v in _VISITS_TOLD]
        ),
        closings=number_spellings([_sentences(rows, "closing", "", lang) for lang in LANGUAGES]),
    )


def load_slips() -> dict[str, list[str]]:
    """Return sentences that give away a number, with {value} in its place, in the order of LANGUAGES."""
    return {
        row["code"]: [row[language] for language in LANGUAGES]
        for row in read_rows("narratives.csv")
        if row["part"] == "slip"
    }


def narrate(chance: Chance, told: pl.DataFrame, languages: Numbers) -> pl.Series:
    """Return a narrative for most tellings, null for the others; `languages` are places in LANGUAGES."""
    sentences, count, kinds = load_sentences(), told.height, len(load_kinds())
    first, second, visits = (told[name].to_numpy() for name in ("kind_1", "kind_2", "visits"))
    counted = np.isin(visits, _VISITS_TOLD) & chance.happens(0.5, count)
    closed = chance.happens(0.5, count)
    parts = {
        "opening": (sentences.openings, languages * len(load_matters()) + told["matter"].to_numpy()),
        "kind": (sentences.kinds, languages * kinds + first),
        "second_kind": (sentences.kinds, np.where(second < 0, -1, languages * kinds + second)),
        "visits": (sentences.visits, np.where(counted, languages * len(_VISITS_TOLD) + visits - 2, -1)),
        "closing": (sentences.closings, np.where(closed, languages, -1)),
    }
    written = [
        spellings.write(chance, numbers, 1.0).alias(name) for name, (spellings, numbers) in parts.items()
    ]
    whole = (
        pl.DataFrame(written).select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)).to_series()
    )
    return pl.DataFrame({"whole": whole, "told": chance.happens(_TOLD, count)}).select(
        pl.when("told").then("whole")
    )["whole"]


def pick_languages(chance: Chance, weights: Mapping[str, int], count: int) -> Numbers:
    """Return places in LANGUAGES, each as often as the collective's `weights` say."""
    return chance.pick([weights.get(language, 0) for language in LANGUAGES], count)


def _phrases(rows: Sequence[dict[str, str]], part: str) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows if row["part"] == part}


def _sentences(rows: Sequence[dict[str, str]], part: str, code: str, language: str) -> list[str]:
    return [row[language] for row in rows if row["part"] == part and row["code"] == code]
