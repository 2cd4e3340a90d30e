"""How sure a figure is: intervals by a bootstrap over people.

Reports of one person hang together, so people are drawn, with replacement, and everything of theirs comes with
them. A pair within one person counts as often as that person was drawn, a pair between two people as often as the
drawn copies of both meet.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from bench.linkage.metrics import Judged, score_pairs, score_reports

DRAWS = 200
LEVEL = 0.95
_SEED = 1


def bound(judged: Judged, *, draws: int = DRAWS, seed: int = _SEED) -> dict[str, tuple[float, float]]:
    """Return the interval of LEVEL of each measure; measures that no draw could tell are left out."""
    drawn = draw_measures(judged, draws=draws, seed=seed)
    told = {name: [value for value in values if value is not None] for name, values in drawn.items()}
    return {name: find_interval(values) for name, values in told.items() if values}


def draw_measures(judged: Judged, *, draws: int = DRAWS, seed: int = _SEED) -> dict[str, list[float | None]]:
    """Return each measure at each draw.

    Clusterings of the same reports are drawn alike, so that their differences can be taken draw by draw.
    """
    persons = judged.reports["person"].unique().sort()
    places = dict(zip(persons.to_list(), range(persons.len()), strict=True))
    told = _place(judged.reports["person"], places)
    one, other = (_place(judged.pairs[f"person_{end}"], places) for end in ("a", "b"))
    chance = np.random.default_rng(seed)
    drawn: dict[str, list[float | None]] = {}
    for _ in range(draws):
        copies = np.bincount(chance.integers(persons.len(), size=persons.len()), minlength=persons.len())
        meetings = np.where(one == other, copies[one], copies[one] * copies[other])
        measures = score_pairs(judged.pairs, meetings) | score_reports(judged.reports, copies[told])
        for name, value in measures.items():
            drawn.setdefault(name, []).append(value)
    return drawn


def find_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the middle LEVEL of the values."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _place(persons: pl.Series, places: dict[str, int]) -> np.ndarray:
    return persons.replace_strict(places, return_dtype=pl.Int64).to_numpy()
