"""Later editions of a month: a figure moves only if enough persons changed in it, else it is carried forward.

A figure that is carried forward is unchanged, or changed by few persons: nobody can tell which. Reports withdrawn
since do not move it either, since what was counted is kept as a bare number.
"""

import polars as pl

from pipeline.protect.assemble import changes_of
from pipeline.protect.counted import CELL, FIGURE_COLUMNS, Counted
from pipeline.protect.periods import name_period
from pipeline.protect.plan import RANGE, Plan
from pipeline.protect.primary import BREAKDOWN, FEW, PARENT, hide_what_follows, round_counts
from pipeline.protect.stack import Stack
from pipeline.protect.tables import list_tables


def find_former(draft: Counted, stack: Stack) -> Counted | None:
    """Return the edition that a draft corrects, None for a first edition."""
    return stack.find(draft.month, draft.number - 1) if draft.number > 1 else None


def count_anew(draft: Counted, former: Counted, judged: pl.DataFrame, stack: Stack) -> pl.DataFrame:
    """Return judged cells with the corrected `count`, whether the figure was `shown` before, and whether it `moves`.

    The count is that of the edition before, with what was added since and without what was removed: of what was
    withdrawn, nothing is left but that it was counted. So the counts of an edition stay those of one set of
    incidents. A figure moves if enough persons changed since the edition that set it, and as many since the one
    before, lest it move by the few that were missing; the ends of a range go with the total, of which they tell, and
    are not published where either changed by few persons. A table that the month's first edition did not have never
    moves: what was withdrawn before is missing from it.
    """
    first = stack.find(draft.month, 1)
    assert first is not None
    assert first.figures is not None
    is_old = pl.col("table").is_in(first.figures["table"].unique().to_list())
    of_totals = pl.col("persons_changed").filter(pl.col("table") == "total").max()
    moved_by = (
        pl.when(pl.col("table").is_in(["total", RANGE]))
        .then(of_totals.over("geography", "period"))
        .otherwise("persons_changed")
        .fill_null(0)
    )
    assert former.figures is not None
    assert former.cells is not None
    setters = former.figures.select(*CELL, "as_of", (pl.col("status") == "shown").alias("shown"))
    numbers = sorted({*setters["as_of"], former.number})
    since = {number: _changes_since(draft, number, stack) for number in numbers}
    latest = since[former.number]
    counted = (
        judged.drop("count")
        .join(setters, on=CELL, how="left", validate="1:1")
        .join(
            pl.concat(since.values()).select(*CELL, "as_of", "persons_changed"),
            on=[*CELL, "as_of"],
            how="left",
            validate="1:1",
        )
        .join(
            latest.select(*CELL, "added", "removed", changed_lately="persons_changed"),
            on=CELL,
            how="left",
            validate="1:1",
        )
        .join(
            former.cells.select(*CELL, pl.col("count").alias("before")), on=CELL, how="left", validate="1:1"
        )
        .with_columns(pl.col("before", "added", "removed").fill_null(0))
        .with_columns(
            persons_changed=pl.min_horizontal(pl.col("persons_changed", "changed_lately").fill_null(0))
        )
        .with_columns(
            count=pl.when(is_old).then(pl.col("before") + pl.col("added") - pl.col("removed")).otherwise(0),
            moves=is_old & (moved_by >= stack.plan.threshold_persons),
        )
        .with_columns(
            reason=pl.when(
                pl.col("table") == RANGE,
                "moves",
                pl.col("persons_changed").min().over("table", "geography", "period")
                < stack.plan.threshold_persons,
            )
            .then(pl.lit(FEW))
            .otherwise("reason")
        )
        .drop("before", "added", "removed", "persons_changed", "changed_lately", "as_of")
    )
    return hold_back(counted, stack.plan)


def hold_back(judged: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return judged cells of which none moves that would leave a breakdown as it may not be published.

    What is carried forward stays shown, so a breakdown of which one code alone would be left, or the total not, is
    carried forward whole.
    """
    while True:
        will_be_shown = pl.when("moves").then(pl.col("reason") == "").otherwise("shown")
        becomes = judged.with_columns(reason=pl.when(will_be_shown).then(pl.lit("")).otherwise(pl.lit(FEW)))
        told = hide_what_follows(becomes, plan)
        broken = told.filter(becomes["reason"] == "", pl.col("reason") != "")
        places = broken.filter(pl.col("reason") == PARENT).select("geography", "period").unique()
        in_broken = judged.join(broken.select(BREAKDOWN).unique(), on=BREAKDOWN, how="semi")
        of_totals = judged.filter(pl.col("table").is_in(["total", RANGE])).join(
            places, on=("geography", "period"), how="semi"
        )
        held = pl.concat([in_broken, of_totals]).filter("moves").select(CELL).unique()
        if held.is_empty():
            return judged
        judged = judged.join(held.with_columns(held=pl.lit(value=True)), on=CELL, how="left").with_columns(
            moves=pl.col("moves") & pl.col("held").is_null()
        )
        judged = judged.drop("held")


def _changes_since(draft: Counted, number: int, stack: Stack) -> pl.DataFrame:
    """Return CELL and what changed since edition `number` of the draft's month, as `as_of`."""
    then = stack.find(draft.month, number)
    assert then is not None
    found = [
        changes_of(stack, then, draft, table).with_columns(
            table=pl.lit(table.family.table),
            period=pl.lit(name_period(draft.month, table.family.grain)),
            measure=pl.lit(table.measure),
            as_of=pl.lit(number, dtype=pl.Int64),
        )
        for table in list_tables(stack.plan, draft.month)
    ]
    return pl.concat(found)


def make_figures(draft: Counted, former: Counted | None, judged: pl.DataFrame, stack: Stack) -> pl.DataFrame:
    """Return the figures of a draft with `as_of`: anew in a first edition or where they move, else carried.

    Cells that the plan did not have when the former edition was made are not published in a correction of it.
    """
    anew = judged if former is None else _list_anew(judged)
    figures = round_counts(anew, stack.plan).with_columns(as_of=pl.lit(draft.number, dtype=pl.Int64))
    if former is None:
        return figures
    assert former.figures is not None
    carried = former.figures.join(figures, on=CELL, how="anti").select(*FIGURE_COLUMNS, "as_of")
    return pl.concat([figures, carried]).sort(CELL)


def _list_anew(judged: pl.DataFrame) -> pl.DataFrame:
    is_new = pl.col("shown").is_null()
    reason = pl.when(is_new).then(pl.lit(FEW)).otherwise("reason")
    return judged.filter(pl.col("moves") | is_new).with_columns(reason=reason)


def carries_freely(before: pl.DataFrame, after: pl.DataFrame, plan: Plan) -> bool:
    """Tell whether figures that carry more forward leave an attacker every table that the figures `before` left.

    Both are as from `make_figures`, for the same cells. A figure that is carried forward is tied to the edition that
    set it, by fewer than the threshold; where its new range and its former one are so close that they keep that tie
    anyway, the new range falls away and nothing comes in its place.
    """
    shown = after.filter(status="shown").join(before, on=CELL, how="left", suffix="_before", validate="1:1")
    stays = pl.col("as_of") == pl.col("as_of_before")
    apart = pl.max_horizontal(
        pl.col("upper") - pl.col("lower_before"), pl.col("upper_before") - pl.col("lower")
    )
    is_free = (pl.col("status_before") == "shown") & (stays | (apart < plan.threshold_persons))
    return bool(shown.select(is_free.fill_null(value=False).all()).item())
