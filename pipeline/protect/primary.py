"""The primary rule: a cell is shown only if enough distinct persons stand behind it, and then rounded.

Zeros, small counts and cells hidden for other reasons look the same, since a published zero beside a hidden
cell proves that somebody complained.
"""

import polars as pl

from pipeline.protect.plan import RANGE, Plan

CELLS_SCHEMA = pl.Schema(
    {
        "table": pl.String,
        "geography": pl.String,
        "measure": pl.String,
        "code_1": pl.String,
        "code_2": pl.String,
        "count": pl.Int64,
        "persons": pl.Int64,
    }
)
"""Exact cells; `persons` is a lower bound of the distinct persons behind the count."""

FIGURE_COLUMNS = (
    "table",
    "geography",
    "period",
    "measure",
    "dimension_1",
    "code_1",
    "dimension_2",
    "code_2",
    "value",
    "lower",
    "upper",
    "status",
)
_CELL = ["table", "geography", "measure", "code_1", "code_2"]


def protect_cells(cells: pl.DataFrame, planned: pl.DataFrame, plan: Plan, *, month: str) -> pl.DataFrame:
    """Return the figures (FIGURE_COLUMNS) of all `planned` cells, from exact `cells` (CELLS_SCHEMA).

    A shown value is `count` rounded to the plan's base, with the bounds that rounding leaves open, and never
    a lower bound below the threshold. Numbers of collectives say nothing of a person and are shown as they
    are.
    """
    joined = planned.join(cells, on=_CELL, how="left", validate="1:1").with_columns(
        pl.col("count", "persons").fill_null(0)
    )
    exact = pl.col("unit") == "collectives"
    enough = _count_persons() >= plan.threshold_persons
    half = plan.rounding_base // 2
    rounded = (pl.col("count") + half) // plan.rounding_base * plan.rounding_base
    lower = pl.max_horizontal(rounded - half, pl.lit(plan.threshold_persons, dtype=pl.Int64))
    upper = rounded + plan.rounding_base - 1 - half
    return (
        joined.with_columns(
            period=pl.lit(month),
            value=pl.when(exact).then("count").when(enough).then(rounded),
            lower=pl.when(exact).then("count").when(enough).then(lower),
            upper=pl.when(exact).then("count").when(enough).then(upper),
        )
        .with_columns(
            status=pl.when(pl.col("value").is_null()).then(pl.lit("not_published")).otherwise(pl.lit("shown"))
        )
        .select(FIGURE_COLUMNS)
        .sort("table", "geography", "measure", "code_1", "code_2")
    )


def _count_persons() -> pl.Expr:
    """Return the persons behind a cell; behind a range, those behind the smaller of its two counts.

    So a range is shown whole or not at all. What its ends tell beyond the total is how many reports may be
    doubtful, to the nearest five at best: a number about our records. It has no attribute in common with any other
    table, nobody outside knows which reports are meant, and both ends are there whether the queue is empty or
    not, so no person can be told from it.
    """
    persons = pl.col("persons")
    return pl.when(pl.col("table") == RANGE).then(persons.min().over("table", "geography")).otherwise(persons)
