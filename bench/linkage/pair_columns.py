"""What peers and ceiling are given of a month: its features, our candidate pairs, and plain numbers for each pair.

The levels are those that our own comparisons name. Beside them stand the numbers that levels are cut from, so
that a method that can use more than levels is not held back.
"""

import polars as pl

from bench.linkage.months import Month
from pipeline.contract import Contract
from pipeline.link.blocking import block_reports
from pipeline.link.engine import open_engine
from pipeline.link.features import make_features
from pipeline.link.weights import Weights

KEYS = ("id_l", "id_r", "same", "weight")
"""Columns of pairs that no method may learn from: the ids, the truth, and the bits of our weights."""

_APART = ("first", "last", "recorded", "approached", "resolved", "row", "age", "visits", "times_recounted")
_SHARED = ("incident_kinds", "grounds", "escalated_to", "words", "telling", "hinting", "numbers")
_SETS = {"incident_kinds": "kinds", "grounds": "grounds", "escalated_to": "escalated"}
_MOST_CODES = 32
_EQUAL = (
    "collective", "recorder", "return_id", "month", "state", "district", "duty_bearer", "duty_family", "service",
    "service_family", "office_key", "office_name", "office_number", "token", "token_key", "text", "language",
    "survivor_gender", "trafficking_form", "resolution", "evidence", "offence_before_july_2024",
    "amount_demanded",
)  # fmt: skip
_OF_BOTH = (
    "service_habit", "duty_bearer_habit", "kinds_habit", "grounds_habit", "visits_habit", "day_habit",
    "service_share", "kinds_share", "text_copies", "text_copies_elsewhere", "sitting", "desk_own", "desk_others",
    "visits", "times_recounted",
)  # fmt: skip


def prepare_pairs(month: Month, weights: Weights, contract: Contract) -> None:
    """Work out and keep the month's `features` and `pairs` (id_l, id_r, same, weight, levels, numbers)."""
    features = make_features(month.read("reports"), contract)
    blocks = block_reports(features, weights.blocking, most=weights.most_in_block)
    with open_engine(features, weights) as engine:
        scored = engine.score_pairs(engine.find_pairs(blocks.keys)).rename({"bits": "weight"})
    plain = spread_codes(features)
    month.write("features", plain)
    month.write("pairs", describe_pairs(scored, plain, month.read("traits")))


def spread_codes(features: pl.DataFrame) -> pl.DataFrame:
    """Return the features with sets of codes as lists, which every peer understands, in place of one bit a code."""
    return features.with_columns(_spread(mask).alias(name) for name, mask in _SETS.items()).with_columns(
        kinds_key=pl.col("incident_kinds").cast(pl.List(pl.String)).list.join(";")
    )


def _spread(mask: str) -> pl.Expr:
    held = (pl.when((pl.col(mask) & (1 << place)) != 0).then(place) for place in range(_MOST_CODES))
    return pl.when(pl.col(mask).is_not_null()).then(pl.concat_list(*held).list.drop_nulls())


def describe_pairs(scored: pl.DataFrame, features: pl.DataFrame, traits: pl.DataFrame) -> pl.DataFrame:
    """Add `same`, the truth, and numbers of both features to `scored` (id_l, id_r, weight, levels)."""
    known = features.join(traits.select("report", "incident"), on="report", maintain_order="left")
    pairs = scored
    for end in ("l", "r"):
        pairs = pairs.join(known.rename(lambda name: f"{name}_{end}"), on=f"id_{end}", maintain_order="left")  # noqa: B023
    numbers = [*_differences(), *_intersections(), *_equalities(), *_extremes()]
    levels = [name for name in scored.columns if name not in KEYS]
    return pairs.select(
        "id_l", "id_r", "weight", *levels, *numbers, same=pl.col("incident_l") == pl.col("incident_r")
    )


def _differences() -> list[pl.Expr]:
    return [
        (pl.col(f"{name}_l") - pl.col(f"{name}_r")).abs().cast(pl.Float64).alias(f"apart_{name}")
        for name in _APART
    ]


def _intersections() -> list[pl.Expr]:
    counts = []
    for name in _SHARED:
        one, other = pl.col(f"{name}_l"), pl.col(f"{name}_r")
        shared = one.list.set_intersection(other).list.len().cast(pl.Float64)
        either = one.list.set_union(other).list.len().cast(pl.Float64)
        counts += [shared.alias(f"shared_{name}"), (shared / either).fill_nan(None).alias(f"overlap_{name}")]
    return counts


def _equalities() -> list[pl.Expr]:
    return [
        (pl.col(f"{name}_l") == pl.col(f"{name}_r")).cast(pl.Float64).alias(f"equal_{name}")
        for name in _EQUAL
    ]


def _extremes() -> list[pl.Expr]:
    both = {name: (pl.col(f"{name}_l"), pl.col(f"{name}_r")) for name in _OF_BOTH}
    return [
        *(pl.min_horizontal(*ends).cast(pl.Float64).alias(f"least_{name}") for name, ends in both.items()),
        *(pl.max_horizontal(*ends).cast(pl.Float64).alias(f"most_{name}") for name, ends in both.items()),
    ]
