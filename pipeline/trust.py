"""Trust: whether a return as a whole looks like what its collective sends, or waits for a person.

A stolen password, a machine that fills forms, or a file sent for another collective are not seen row by row. Here
a return is held against its collective's own history and against itself. What is held is kept and not counted until
a person releases or refuses it; nothing is lost.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract

LEAST_HISTORY = 6
"""Earlier months without which nothing is usual or unusual."""

UNUSUAL = 3.5
"""Robust z-score from which a month is unusual: Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993)."""

_NORMAL = 1.4826
"""Median absolute deviations in a standard deviation of normal values."""

_LEAST_SPREAD = 0.25
"""Spread of the logarithm that is taken for granted: a month may have a quarter more or less."""

_FEWEST_UNUSUAL = 30
"""Rows below which no month is called unusual."""

FLOOD = 30
"""Reports of one return that say nearly the same in words; a visit in a group is smaller."""

_FLOOD_SHARE = 0.1
"""The share of a return that they have to be, too: among very many reports some are alike by chance."""

_WORDLESS = 3
"""How many times as many it takes where reports have no words, so that codes and day alone are alike."""

_ALIKE = 0.8
"""Share of words that two texts have in common (Jaccard) from which they are nearly the same."""

_SAME_CODES = ["state", "district", "duty_bearer", "service", "incident_kinds"]


@dataclass(frozen=True)
class Circumstances:
    """What is known beside a return: `history` are the rows of the collective's earlier months, one number a month.

    `rows_before` are those of the same month that came before, `quota` the most rows of one return that nobody has
    to look at. `is_valid` tells whether the collective belongs to the month.
    """

    is_valid: bool
    history: Sequence[int]
    rows_before: int
    quota: int


def find_concerns(accepted: pl.DataFrame, received: int, around: Circumstances) -> list[str]:
    """Return the rules (`schemas/rules.csv`) that a return as a whole breaks, sorted.

    `accepted` are its accepted rows, `received` is the number of all.
    """
    found = {
        "collective_not_valid": not around.is_valid,
        "quota_exceeded": received > around.quota,
        "unusually_many": is_unusual(received + around.rows_before, around.history),
        "nearly_identical": holds_flood(accepted),
    }
    return sorted(rule for rule, is_broken in found.items() if is_broken)


def must_wait(concerns: Iterable[str], contract: Contract) -> bool:
    """Tell whether a person has to look at a return before it counts."""
    return any(contract.rules[rule].severity == "hold" for rule in concerns)


def is_unusual(rows: int, history: Sequence[int]) -> bool:
    """Tell whether a month's rows are far above those of earlier months, by a robust z-score of logarithms."""
    if len(history) < LEAST_HISTORY or rows < _FEWEST_UNUSUAL:
        return False
    logs = [math.log1p(number) for number in history]
    middle = statistics.median(logs)
    spread = max(_NORMAL * statistics.median(abs(each - middle) for each in logs), _LEAST_SPREAD)
    return (math.log1p(rows) - middle) / spread > UNUSUAL


def holds_flood(accepted: pl.DataFrame) -> bool:
    """Tell whether many reports of one return are nearly the same: equal codes, and words that hardly differ."""
    told = accepted.filter(pl.col("action") != "withdraw")
    fewest = max(FLOOD, _FLOOD_SHARE * told.height)
    if told.height < fewest:
        return False
    texts = pl.concat_str(pl.col("office", "narrative").fill_null(""), separator=" ").str.to_lowercase()
    # Numbers are what a machine would vary.
    words = texts.str.extract_all(r"[\p{L}\p{M}]+").list.unique().list.sort()
    alike = told.select(*_SAME_CODES, "incident_first", words=words).filter(
        pl.len().over(_SAME_CODES) >= fewest
    )
    wordless = alike.filter(pl.col("words").list.len() == 0)
    same_day = (
        wordless.group_by(*_SAME_CODES, "incident_first").len().filter(pl.col("len") >= _WORDLESS * fewest)
    )
    with_words = alike.filter(pl.col("words").list.len() > 0)
    groups = with_words.partition_by(_SAME_CODES) if with_words.height else []
    return same_day.height > 0 or any(_count_alike(group) >= fewest for group in groups)


def _count_alike(group: pl.DataFrame) -> int:
    """Return how many reports of a group have nearly the words that most of them have."""
    by_words = group.group_by("words").len().sort("len", "words", descending=True)
    by_words = by_words.with_columns(usual=pl.col("words").first())
    shared = pl.col("words").list.set_intersection("usual").list.len()
    every = pl.col("words").list.set_union("usual").list.len()
    return int(by_words.filter(shared >= _ALIKE * every)["len"].sum())
