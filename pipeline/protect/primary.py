"""The primary rules: enough distinct persons, no collective that stands alone, no breakdown that says it all.

Zeros, small counts and cells hidden for other reasons look the same in what is published, since a published zero
beside a hidden cell proves that somebody complained. Why each is hidden is kept for the data team alone.
"""

from collections.abc import Collection

import polars as pl

from pipeline.contract import NATIONAL
from pipeline.protect.counted import CELL, FIGURE_COLUMNS
from pipeline.protect.evidence import lacks_consent, list_missing
from pipeline.protect.plan import RANGE, Plan

FEW, DOMINANCE, PARENT, GROUP, COMPLEMENTARY = (
    "few_persons",
    "dominance",
    "parent_not_published",
    "group_disclosure",
    "complementary",
)
"""Why a cell is not published."""

GUARDED = (FEW, DOMINANCE, GROUP)
"""Reasons that are about what a cell tells: nobody may find such a cell out from others."""

BREAKDOWN = ["table", "geography", "period", "measure"]
"""What names one breakdown of one place."""


def judge_cells(
    evidence: pl.DataFrame,
    wholes: pl.DataFrame,
    planned: pl.DataFrame,
    plan: Plan,
    *,
    consents: Collection[str],
) -> pl.DataFrame:
    """Return the planned cells with count, persons, `dominant` (the collectives whose consent is missing), `whole`,
    `whole_of_code`, and `reason`: why a cell may not be shown, blank where it may.

    `evidence` (EVIDENCE_SCHEMA) are the cells of incidents, and those of rows and collectives, that are not empty;
    `wholes` what the places and first codes of breakdowns count in all.
    """
    joined = (
        planned.join(evidence, on=CELL, how="left", validate="1:1")
        .join(_of_place(wholes), on=BREAKDOWN, how="left", validate="m:1")
        .join(
            wholes.rename({"whole": "whole_of_code"}), on=[*BREAKDOWN, "code_1"], how="left", validate="m:1"
        )
        .with_columns(pl.col("count", "persons", "collectives", "whole", "whole_of_code").fill_null(0))
        .with_columns(pl.col("dominant").fill_null(pl.lit([], dtype=pl.List(pl.String))))
        .with_columns(
            alone=lacks_consent(consents) & (pl.col("unit") == "incidents"), dominant=list_missing(consents)
        )
    )
    # A range is shown whole or not at all. What its ends tell beyond the total is how many reports may be doubtful:
    # a number about our records, which has no attribute in common with any other table.
    pair = [name for name in CELL if name != "measure"]
    is_range = pl.col("table") == RANGE
    persons = pl.when(is_range).then(pl.col("persons").min().over(pair)).otherwise("persons")
    alone = pl.when(is_range).then(pl.col("alone").any().over(pair)).otherwise("alone")
    reason = (
        pl.when(pl.col("unit") == "collectives")
        .then(pl.lit(""))
        .when(persons < plan.threshold_persons)
        .then(pl.lit(FEW))
        .when(alone)
        .then(pl.lit(DOMINANCE))
        .otherwise(pl.lit(""))
    )
    judged = joined.with_columns(reason=reason)
    return hide_what_follows(
        judged.select(*planned.columns, "count", "persons", "dominant", "whole", "whole_of_code", "reason"),
        plan,
    )


def _of_place(wholes: pl.DataFrame) -> pl.DataFrame:
    return wholes.filter(pl.col("code_1") == "").drop("code_1")


def hide_what_follows(judged: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return the judged cells with those hidden that may not stand without others: a month's breakdowns and rows
    without the total of their place and of the nation, and breakdowns that tell of nearly all or of one code only.

    Rows are nearly the same number as incidents. A second call changes nothing.
    """
    totals = judged.filter(pl.col("table") == "total").select("geography", "period", total_reason="reason")
    nation = totals.filter(geography=NATIONAL).select("period", nation_reason="total_reason")
    lacks_total = pl.any_horizontal(pl.col("total_reason", "nation_reason").fill_null("") != "")
    frame = (
        judged.join(totals, on=("geography", "period"), how="left", validate="m:1")
        .join(nation, on="period", how="left", validate="m:1")
        .with_columns(
            reason=pl.when((pl.col("reason") == "") & lacks_total & (pl.col("unit") != "collectives"))
            .then(pl.lit(PARENT))
            .otherwise("reason")
        )
    )
    return _hide_telling_groups(_hide_half_ranges(frame), plan).select(judged.columns)


def _hide_half_ranges(frame: pl.DataFrame) -> pl.DataFrame:
    pair = [name for name in CELL if name != "measure"]
    half = (pl.col("table") == RANGE) & (pl.col("reason") == "") & (pl.col("reason") != "").any().over(pair)
    return frame.with_columns(reason=pl.when(half).then(pl.lit(PARENT)).otherwise("reason"))


def _hide_telling_groups(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Below the nation, hide breakdowns of which too few codes are shown, or one holds nearly all.

    Both for the breakdown of a place and, in crossings, for that of each first code.
    """
    is_part = (pl.col("geography") != NATIONAL) & (pl.col("dimension_1") != "")
    crossing = pl.col("dimension_2") != ""
    for group, whole in (
        (BREAKDOWN, pl.col("whole")),
        ([*BREAKDOWN, "code_1"], pl.col("whole_of_code")),
    ):
        applies = is_part & crossing if "code_1" in group else is_part
        shown = pl.col("reason") == ""
        largest = pl.col("count").filter(shown).max().over(group)
        tells = (shown.sum().over(group) < plan.group.least) | (largest * 100 > whole * plan.group.percent)
        frame = frame.with_columns(
            reason=pl.when(applies & shown & tells).then(pl.lit(GROUP)).otherwise("reason")
        )
    return frame


def round_counts(judged: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return the figures (FIGURE_COLUMNS, sorted) of judged cells: rounded, with the bounds that rounding leaves open
    and never a lower one below the threshold; numbers of collectives as they are.
    """
    exact = pl.col("unit") == "collectives"
    half = plan.rounding_base // 2
    rounded = (pl.col("count") + half) // plan.rounding_base * plan.rounding_base
    lower = pl.max_horizontal(rounded - half, pl.lit(plan.threshold_persons, dtype=pl.Int64))
    upper = rounded + plan.rounding_base - 1 - half
    shown = pl.col("reason") == ""
    return (
        judged.with_columns(
            value=pl.when(shown).then(pl.when(exact).then("count").otherwise(rounded)),
            lower=pl.when(shown).then(pl.when(exact).then("count").otherwise(lower)),
            upper=pl.when(shown).then(pl.when(exact).then("count").otherwise(upper)),
            status=pl.when(shown).then(pl.lit("shown")).otherwise(pl.lit("not_published")),
        )
        .select(FIGURE_COLUMNS)
        .sort(CELL)
    )
