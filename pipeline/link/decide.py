"""What follows from a scored pair by itself: it links, it is asked of a person, or it is left."""

import polars as pl

from pipeline.link.pairs import APART, AUTOMATIC, PAIR, PAIRS_SCHEMA, REVIEW
from pipeline.link.weights import Weights

SEVERAL_FIT = "several_fit"
"""The reason why a pair is asked of a person that another report of the same return fits as well."""


def decide_pairs(scored: pl.DataFrame, features: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    """Return PAIRS_SCHEMA of scored pairs (the engine's columns), by bits, vetoes and rivals, sorted."""
    told = features.select("id", "report", "return_id")
    named = scored.join(told, left_on="id_l", right_on="id").join(
        told, left_on="id_r", right_on="id", suffix="_b"
    )
    veto = pl.coalesce(
        pl.when(pl.col(f"at_{each.comparison}") == weights.by_name[each.comparison].place(each.level)).then(
            pl.lit(each.why)
        )
        for each in weights.vetoes
    )
    bits, bounds = pl.col("bits"), weights.bounds
    judged = named.with_columns(
        pl.col("report").alias("report_a"),
        pl.col("report_b"),
        levels=weights.code_levels(),
        verdict=pl.when(bits >= bounds.automatic)
        .then(pl.lit(AUTOMATIC))
        .when(bits >= bounds.review)
        .then(pl.lit(REVIEW))
        .otherwise(pl.lit(APART)),
        why=pl.when(bits >= bounds.automatic)
        .then(veto.fill_null(""))
        .when(bits >= bounds.review)
        .then(pl.lit("between_bounds"))
        .otherwise(pl.lit("")),
    )
    asked = pl.when(pl.col("why") != "").then(pl.lit(REVIEW)).otherwise("verdict").alias("verdict")
    return judged.with_columns(asked).pipe(_hold_rivals, bounds.rival).select(PAIRS_SCHEMA.names()).sort(PAIR)


def _hold_rivals(judged: pl.DataFrame, margin: float) -> pl.DataFrame:
    """Hold automatic pairs back where another report of the same return fits nearly as well and is another incident.

    In a group visit one retelling fits several women: which of them it tells of is asked of a person.
    """
    one = pl.col("report_a", "report_b", "bits", "verdict")
    sides = [
        judged.select(
            one,
            pl.col("report_a").alias("report_x"),
            pl.col("report_b").alias("rival"),
            pl.col("return_id_b").alias("return_x"),
        ),
        judged.select(
            one,
            pl.col("report_b").alias("report_x"),
            pl.col("report_a").alias("rival"),
            pl.col("return_id").alias("return_x"),
        ),
    ]
    sided = pl.concat(sides)
    others = sided.select("report_x", "return_x", "rival", rival_bits="bits")
    linked = judged.filter(pl.col("verdict") == AUTOMATIC).select("report_a", "report_b")
    rivals = (
        sided.filter(pl.col("verdict") == AUTOMATIC)
        .join(others, on=["report_x", "return_x"], suffix="_other")
        .filter(
            (pl.col("rival") != pl.col("rival_other")) & (pl.col("rival_bits") >= pl.col("bits") - margin)
        )
        .with_columns(
            low=pl.min_horizontal("rival", "rival_other"), high=pl.max_horizontal("rival", "rival_other")
        )
        .join(linked, left_on=["low", "high"], right_on=PAIR, how="anti")
        .select("report_a", "report_b", held=pl.lit(value=True))
        .unique()
    )
    held = pl.col("held").is_not_null()
    return judged.join(rivals, on=PAIR, how="left", maintain_order="left").with_columns(
        verdict=pl.when(held).then(pl.lit(REVIEW)).otherwise("verdict"),
        why=pl.when(held).then(pl.lit(SEVERAL_FIT)).otherwise("why"),
    )
