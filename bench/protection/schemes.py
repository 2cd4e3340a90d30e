"""Ways to publish: ours, and the naive ones against which attacks and replays must show that they find something.

Every scheme answers the same call: a draft, all editions before it, and the published figures and exact cells back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from bench.protection.evidence import read_families
from bench.protection.spread import NAME, count, list_grains, name_period, spread
from pipeline.contract import Contract
from pipeline.protect.counted import FIGURE_COLUMNS, Counted
from pipeline.protect.plan import Plan, list_planned_cells

_SEED = 20_261_103


@dataclass(frozen=True)
class Issued:
    """What a scheme made of a draft: figures (FIGURE_COLUMNS and as_of), exact cells, and, of ours, why each planned
    cell is hidden (`reason`).
    """

    figures: pl.DataFrame
    cells: pl.DataFrame
    judged: pl.DataFrame | None = None


Scheme = Callable[[Counted, Sequence[Counted]], Issued]
"""From a draft and all editions before it to what is published."""


def publish_ours(plan: Plan, contract: Contract) -> Scheme:
    """Return disclosure control as the pipeline does it."""
    from pipeline.protect.edition import protect_edition

    def publish(draft: Counted, history: Sequence[Counted]) -> Issued:
        protected = protect_edition(draft, history, plan, contract, consents=draft.consents)
        return Issued(protected.figures, protected.cells, protected.verdict.judged)

    return publish


def publish_rounded(plan: Plan, contract: Contract) -> Scheme:
    """Return the primary rule alone, done anew for every edition: ten persons, rounded to five."""
    half, base = plan.rounding_base // 2, plan.rounding_base

    def publish(draft: Counted, history: Sequence[Counted]) -> Issued:
        cells = count_draft(draft, history, plan)
        value = (pl.col("count") + half) // base * base
        shown = pl.col("persons") >= plan.threshold_persons
        return Issued(_fill(cells, plan, contract, draft, shown, value), cells)

    return publish


def publish_noisy(plan: Plan, contract: Contract, key: str) -> Scheme:
    """Return cell-key noise: each incident has a secret number, and the cell's sum of them chooses -2 to +2.

    The exact count is shown with that noise, and nothing is hidden but what is below the threshold.
    """

    def publish(draft: Counted, history: Sequence[Counted]) -> Issued:
        rows = _spread_draft(draft, history)
        keyed = rows.with_columns(number=pl.format("{}{}", pl.lit(key), "incident").hash(_SEED) % 5)
        noise = keyed.group_by(NAME).agg(noise=pl.col("number").sum().cast(pl.Int64) % 5 - 2)
        cells = count(rows, plan.incidents_per_person)
        noisy = cells.join(noise, on=NAME)
        shown = pl.col("persons") >= plan.threshold_persons
        figures = _fill(noisy, plan, contract, draft, shown, pl.col("count") + pl.col("noise"))
        return Issued(figures, cells)

    return publish


def count_draft(draft: Counted, history: Sequence[Counted], plan: Plan) -> pl.DataFrame:
    """Return the exact cells of a draft as the bench counts them."""
    return count(_spread_draft(draft, history), plan.incidents_per_person)


def _spread_draft(draft: Counted, history: Sequence[Counted]) -> pl.DataFrame:
    editions = {(each.month, each.number): each.incidents for each in (*history, draft)}
    parts = []
    for grain in list_grains(draft.month):
        months = {"month": 1, "quarter": 3, "year": 12}[grain]
        keys = sorted(draft.basis)[-months:] if grain != "month" else [(draft.month, draft.number)]
        families = [family for family in read_families() if family["grain"] == grain]
        incidents = pl.concat([editions[key] for key in keys])
        parts.append(spread(incidents, families, name_period(draft.month, grain)))
    return pl.concat(parts)


def _fill(
    cells: pl.DataFrame, plan: Plan, contract: Contract, draft: Counted, shown: pl.Expr, value: pl.Expr
) -> pl.DataFrame:
    """Return figures of every planned cell; what has no count is not published."""
    half = plan.rounding_base // 2
    planned = list_planned_cells(plan, contract, month=draft.month).filter(pl.col("unit") == "incidents")
    visible = cells.with_columns(value=pl.when(shown).then(value)).with_columns(
        lower=pl.max_horizontal(pl.col("value") - half, pl.lit(plan.threshold_persons)),
        upper=pl.col("value") + half,
    )
    return (
        planned.join(
            visible.with_columns(lower=pl.when(pl.col("value").is_not_null()).then("lower")),
            on=NAME,
            how="left",
        )
        .with_columns(
            status=pl.when(pl.col("value").is_null())
            .then(pl.lit("not_published"))
            .otherwise(pl.lit("shown")),
            as_of=pl.lit(draft.number),
        )
        .select(*FIGURE_COLUMNS, "as_of")
    )
