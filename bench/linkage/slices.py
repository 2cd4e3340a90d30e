"""Where linking is hard: pairs of reports of one kind, scored by themselves."""

import dataclasses
from collections.abc import Mapping

import polars as pl

from bench.linkage.metrics import Judged, score_pairs

SLICES: Mapping[str, pl.Expr] = {
    "cross_language": (pl.col("language_a") != pl.col("language_b")).fill_null(value=False),
    "month_only": ~(pl.col("day_known_a") & pl.col("day_known_b")),
    "repeat_incidents": (pl.col("person_a") == pl.col("person_b")) & pl.col("several_a"),
    "missing_token": ~(pl.col("has_token_a") & pl.col("has_token_b")),
    "group_visits": (pl.col("group_visit_a") == pl.col("group_visit_b")).fill_null(value=False),
}
"""Pairs told in two languages; with a report that tells no day; of one person who lives through several incidents;
with a report without a token; of the people who were refused together."""


def cut(judged: Judged) -> dict[str, Judged]:
    """Return for each slice the clustering with only its pairs."""
    return {
        name: dataclasses.replace(judged, pairs=judged.pairs.filter(which)) for name, which in SLICES.items()
    }


def score_slices(judged: Judged) -> dict[str, dict[str, float | int | None]]:
    """Return for each slice precision, recall, F1, recall with review, and how many pairs are true and found."""
    return {name: _score(each.pairs) for name, each in cut(judged).items()}


def _score(pairs: pl.DataFrame) -> dict[str, float | int | None]:
    return {**score_pairs(pairs), "true": int(pairs["true"].sum()), "found": int(pairs["found"].sum())}
