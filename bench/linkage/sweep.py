"""Connected components of scored pairs, and the threshold that serves best, found on months made for it."""

from collections import Counter
from collections.abc import Iterable

import polars as pl

from pipeline.link.clusters import DisjointSets

CURVE_SCHEMA = pl.Schema({"score": pl.Float64, "correct": pl.Int64, "found": pl.Int64})
"""For each score, falling: how many pairs are within components, and how many of them rightly, when all pairs of
at least this score are joined."""


def connect(pairs: pl.DataFrame, count: int, least: float) -> pl.Series:
    """Return the component of each of `count` ids, joined by `pairs` (id_l, id_r, score) of at least `least`."""
    sets = DisjointSets(count)
    for one, other in pairs.filter(pl.col("score") >= least).select("id_l", "id_r").iter_rows():
        sets.join(one, other)
    return sets.firsts()


def sweep(pairs: pl.DataFrame, incidents: pl.Series) -> pl.DataFrame:
    """Return the curve (CURVE_SCHEMA) of `pairs` (id_l, id_r, score); `incidents` has the true one of each id."""
    sets = DisjointSets(incidents.len())
    held = {place: Counter([incident]) for place, incident in enumerate(incidents.to_list())}
    correct = found = 0
    steps = []
    falling = pairs.select("score", "id_l", "id_r").sort("score", descending=True)
    for score, one, other in falling.iter_rows():
        first, second = sets.find(one), sets.find(other)
        if first != second:
            few, many = sorted((held.pop(first), held.pop(second)), key=len)
            found += few.total() * many.total()
            correct += sum(times * many[incident] for incident, times in few.items())
            sets.join(first, second)
            many.update(few)
            held[sets.find(first)] = many
        steps.append((score, correct, found))
    curve = pl.DataFrame(steps, schema=CURVE_SCHEMA, orient="row")
    return curve.group_by("score").last().sort("score", descending=True)


def add_up(curves: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the curve of several months at one threshold for all."""
    all_curves = list(curves)
    scores = pl.concat([curve.select("score") for curve in all_curves]).unique().sort("score")
    total = scores.with_columns(correct=pl.lit(0, pl.Int64), found=pl.lit(0, pl.Int64))
    for curve in all_curves:
        at = scores.join_asof(curve.sort("score"), on="score", strategy="forward").fill_null(0)
        total = total.with_columns(pl.col("correct") + at["correct"], pl.col("found") + at["found"])
    return total.sort("score", descending=True)


def find_best(curve: pl.DataFrame, true: int) -> float:
    """Return the score of a curve with the highest pair F1, where `true` pairs are there to be found."""
    f1 = 2 * pl.col("correct") / (pl.col("found") + true)
    return float(curve.select(pl.col("score").sort_by(f1, "score").last()).item())


def recall_at(curve: pl.DataFrame, true: int, precision: float) -> float:
    """Return the highest recall of a curve at which precision is at least so much; 0 where there is none."""
    good = curve.filter(pl.col("correct") >= precision * pl.col("found"))
    return float(good.select(pl.col("correct").max().fill_null(0)).item()) / true
