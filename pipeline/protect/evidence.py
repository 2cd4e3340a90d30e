"""What stands behind figures: counts, distinct persons and collectives of cells, of remainders and of changes.

Everything here is exact and stays within disclosure control.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import polars as pl

from pipeline.contract import NATIONAL
from pipeline.protect.counted import CELLS_SCHEMA
from pipeline.protect.plan import CODE_FIELDS, DOUBTFUL_ARE_ONE, Family, Plan

EVIDENCE_SCHEMA = pl.Schema(
    [
        *CELLS_SCHEMA.items(),
        ("collectives", pl.Int64),
        ("dominant", pl.List(pl.String)),
    ]
)
"""Exact cells that are not empty: incidents, a lower bound of the persons behind them, how many collectives told of
them, and those of which the rule of dominance wants consent."""

PLACE = ("geography", "code_1", "code_2")


def list_members(incidents: pl.DataFrame, family: Family, measure: str) -> pl.DataFrame:
    """Return which incidents stand in which cells of a family: `row`, the position of the incident in `incidents`
    (COUNTED_SCHEMA), and PLACE.

    An incident stands in no cell of a dimension that it leaves blank, and under each of several codes.
    """
    frame = incidents.with_row_index("row")
    if measure == DOUBTFUL_ARE_ONE:
        frame = frame.filter(~pl.col("may_repeat"))
    for position, dimension in enumerate(family.dimensions, start=1):
        field = CODE_FIELDS.get(dimension, dimension)
        frame = frame.with_columns(pl.col(field).alias(f"code_{position}"))
        if frame.schema[field] == pl.List:
            frame = frame.explode(f"code_{position}", keep_nulls=False, empty_as_null=False)
        frame = frame.filter(pl.col(f"code_{position}").is_not_null())
    missing = [name for name in PLACE[1:] if name not in frame.columns]
    frame = frame.with_columns(pl.lit("").alias(name) for name in missing)
    places = [
        frame.select(
            "row", (pl.col("state") if by_state else pl.lit(NATIONAL)).alias("geography"), "code_1", "code_2"
        )
        for by_state in family.places
    ]
    return pl.concat(places)


def weigh_cells(
    incidents: pl.DataFrame, families: Sequence[Family], plan: Plan, *, period: str
) -> pl.DataFrame:
    """Return the evidence (EVIDENCE_SCHEMA) of the cells of `families` over one period."""
    found = [EVIDENCE_SCHEMA.to_frame()]
    for family in families:
        for measure in family.measures if family.unit == "incidents" else ():
            members = list_members(incidents, family, measure)
            counted = count_persons(members, incidents, plan, by=PLACE)
            told = _find_dominant(members, incidents, plan)
            found.append(
                counted.join(told, on=PLACE, how="left", validate="1:1")
                .with_columns(
                    pl.col("collectives").fill_null(0),
                    pl.col("dominant").fill_null(pl.lit([], dtype=pl.List(pl.String))),
                    table=pl.lit(family.table),
                    period=pl.lit(period),
                    measure=pl.lit(measure),
                )
                .select(pl.col(name).cast(kind) for name, kind in EVIDENCE_SCHEMA.items())
            )
    return pl.concat(found)


def count_wholes(incidents: pl.DataFrame, families: Sequence[Family], *, period: str) -> pl.DataFrame:
    """Return how many incidents the place of a breakdown counts in all (`code_1` blank), and each first code of a
    crossing: table, geography, period, measure, code_1, whole.
    """
    found = []
    for family in families:
        for measure in family.measures if family.unit == "incidents" else ():
            kept = {family.dimensions[:1] if len(family.dimensions) > 1 else (), ()}
            for dimensions in sorted(kept):
                members = list_members(incidents, replace(family, dimensions=dimensions), measure)
                found.append(
                    members.group_by("geography", "code_1")
                    .agg(pl.len().cast(pl.Int64).alias("whole"))
                    .select(
                        pl.lit(family.table).alias("table"),
                        "geography",
                        pl.lit(period).alias("period"),
                        pl.lit(measure).alias("measure"),
                        "code_1",
                        "whole",
                    )
                )
    return pl.concat(found)


def count_persons(
    members: pl.DataFrame, incidents: pl.DataFrame, plan: Plan, *, by: Sequence[str]
) -> pl.DataFrame:
    """Return `by`, count and persons of groups of incidents: `members` has `row` and the columns of `by`.

    `persons` is a lower bound: incidents without a person may be of those with one, and several of one person.
    """
    persons = incidents.select("person").with_row_index("row")
    without = pl.col("person").null_count().cast(pl.Int64)
    return (
        members.join(persons, on="row")
        .group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            pl.max_horizontal(
                pl.col("person").drop_nulls().n_unique().cast(pl.Int64), without // plan.incidents_per_person
            ).alias("persons"),
        )
    )


def find_remainders(
    incidents: pl.DataFrame,
    parent: Family,
    child: Family,
    shown: pl.DataFrame,
    plan: Plan,
) -> pl.DataFrame:
    """Return PLACE of each cell of `parent` with the persons behind what none of its shown children holds.

    `child` has one dimension more than `parent`, or the state where `parent` has the nation; `shown` gives PLACE of
    the children that are shown. Cells without a remainder are left out.
    """
    measure = parent.measures[0]
    covered = list_members(incidents, child, measure).join(shown.select(PLACE), on=PLACE, how="semi")
    members = list_members(incidents, parent, measure)
    links = _drop_added(covered, parent, child).unique()
    return count_persons(
        members.join(links, on=("row", *PLACE), how="anti"), incidents, plan, by=PLACE
    ).select(*PLACE, "persons")


def _drop_added(children: pl.DataFrame, parent: Family, child: Family) -> pl.DataFrame:
    """Return the members of children under the place of their parent."""
    if parent.dimensions == child.dimensions:
        return children.with_columns(pl.lit(NATIONAL).alias("geography"))
    kept = [position for position, name in enumerate(child.dimensions, 1) if name in parent.dimensions]
    codes = [pl.col(f"code_{position}") for position in kept] + [pl.lit("")] * (2 - len(kept))
    return children.select("row", "geography", codes[0].alias("code_1"), codes[1].alias("code_2"))


def find_complements(
    incidents: pl.DataFrame, parent: Family, child: Family, shown: pl.DataFrame, plan: Plan
) -> pl.DataFrame:
    """Return PLACE of each shown child with the persons behind what its parent holds beside it.

    For dimensions of which an incident has several codes, where children overlap and each has a remainder of its
    own.
    """
    measure = parent.measures[0]
    inside = list_members(incidents, child, measure).join(shown.select(PLACE), on=PLACE, how="semi")
    parents = _drop_added(shown.with_columns(pl.lit(0).alias("row")), parent, child)
    pairs = pl.concat(
        [shown.select(PLACE), parents.select(pl.col(name).alias(f"parent_{name}") for name in PLACE)],
        how="horizontal",
    )
    members = list_members(incidents, parent, measure).rename({name: f"parent_{name}" for name in PLACE})
    beside = (
        pairs.join(members, on=[f"parent_{name}" for name in PLACE])
        .join(inside, on=("row", *PLACE), how="anti")
        .select("row", *PLACE)
    )
    return count_persons(beside, incidents, plan, by=PLACE).select(*PLACE, "persons")


def compare_members(
    before: pl.DataFrame, after: pl.DataFrame, family: Family, measure: str, plan: Plan
) -> pl.DataFrame:
    """Return PLACE of the cells that two editions count differently: how many incidents were added and removed, and
    the persons behind those added, those removed and both.

    Incidents (COUNTED_SCHEMA) are the same if they bear the same name.
    """
    both = pl.concat([before, after])
    names = both.select("incident").with_row_index("row")
    members = list_members(both, family, measure).join(names, on="row")
    is_before = pl.col("row") < before.height
    sides = members.group_by("incident", *PLACE).agg(
        was=is_before.any(), now=(~is_before).any(), row=pl.col("row").max()
    )
    changed = sides.filter(pl.col("was") != pl.col("now"))
    groups = {"changed": changed, "added": changed.filter("now"), "removed": changed.filter("was")}
    counts = [
        count_persons(part, both, plan, by=PLACE).rename({"count": name, "persons": f"persons_{name}"})
        for name, part in groups.items()
    ]
    return (
        counts[0]
        .join(counts[1], on=PLACE, how="left")
        .join(counts[2], on=PLACE, how="left")
        .with_columns(pl.col(pl.Int64).fill_null(0))
    )


def _find_dominant(members: pl.DataFrame, incidents: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return PLACE, how many collectives told of a cell, and those whose consent it needs.

    The share of a collective is that of the incidents it told of, also together with others: so it is never taken
    for smaller than it is.
    """
    told = incidents.select("collectives").with_row_index("row").explode("collectives").drop_nulls()
    share = pl.col("told") * 100 > pl.col("count") * plan.dominance.percent
    is_alone = pl.col("collectives").len().over(PLACE) < plan.dominance.least
    return (
        members.with_columns(pl.len().over(PLACE).cast(pl.Int64).alias("count"))
        .join(told, on="row")
        .group_by(*PLACE, "collectives")
        .agg(pl.len().cast(pl.Int64).alias("told"), pl.col("count").first())
        .with_columns(is_dominant=share | is_alone)
        .group_by(PLACE)
        .agg(
            pl.col("collectives").filter("is_dominant").sort().alias("dominant"),
            pl.len().cast(pl.Int64).alias("collectives"),
        )
    )


def list_missing(consents: Collection[str]) -> pl.Expr:
    """Return the collectives whose consent cells (EVIDENCE_SCHEMA) want and lack."""
    return (
        pl.col("dominant").list.set_difference(pl.lit(sorted(consents), dtype=pl.List(pl.String))).list.sort()
    )


def lacks_consent(consents: Collection[str]) -> pl.Expr:
    """Tell of which cells (EVIDENCE_SCHEMA) a consent is missing, or of which nothing tells who told of them."""
    return (list_missing(consents).list.len() > 0) | (pl.col("collectives") == 0)
