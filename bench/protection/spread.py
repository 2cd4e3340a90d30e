"""Which incidents stand behind which planned cell; a way of counting of the bench's own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

NAME = ("table", "geography", "period", "measure", "code_1", "code_2")
"""What names a cell."""

BLANK = "(blank)"
"""The code under which incidents with a blank field are found; it names no planned cell."""

_FIELDS = {
    "incident_kind": "incident_kinds",
    "legal_provision": "legal_provisions",
    "late_provision": "late_provisions",
}


def spread(incidents: pl.DataFrame, families: Sequence[Mapping[str, Any]], period: str) -> pl.DataFrame:
    """Return one row a cell (NAME) and incident that it counts, with `person`.

    `families` are those of the plan file that count incidents in one grain of time. Blank fields go to BLANK.
    """
    parts = [
        _spread_one(incidents, family, measure, place, period)
        for family in families
        if family["unit"] == "incidents"
        for measure in family["measures"]
        for place in family["geographies"]
    ]
    return pl.concat(parts)


def _spread_one(
    incidents: pl.DataFrame, family: Mapping[str, Any], measure: str, place: str, period: str
) -> pl.DataFrame:
    rows = incidents
    if measure == "incidents_if_doubtful_are_one":
        rows = rows.filter(~pl.col("may_repeat"))
    names = [_FIELDS.get(name, name) for name in family["dimensions"]]
    for name in names:
        if rows.schema[name] == pl.List(pl.String):
            rows = rows.explode(name, empty_as_null=True, keep_nulls=True)
    codes = [pl.col(name).fill_null(BLANK) for name in names]
    codes += [pl.lit("")] * (2 - len(codes))
    return rows.select(
        table=pl.lit(family["table"]),
        geography=pl.col("state") if place == "state" else pl.lit(place),
        period=pl.lit(period),
        measure=pl.lit(measure),
        code_1=codes[0],
        code_2=codes[1],
        incident="incident",
        person="person",
    )


def count(rows: pl.DataFrame, incidents_per_person: int) -> pl.DataFrame:
    """Return cells (NAME) with `count` and `persons`, the least number of persons behind them."""
    without = pl.col("person").is_null().sum() // incidents_per_person
    known = pl.col("person").drop_nulls().n_unique()
    return (
        rows.filter(pl.col("code_1") != BLANK, pl.col("code_2") != BLANK)
        .group_by(NAME)
        .agg(count=pl.len().cast(pl.Int64), persons=pl.max_horizontal(known, without).cast(pl.Int64))
        .sort(NAME)
    )


def name_period(month: str, grain: str) -> str:
    """Return how a period is written: 2026-10, 2026-Q4, 2026."""
    return {"month": month, "quarter": f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}", "year": month[:4]}[grain]


def list_grains(month: str) -> Iterator[str]:
    """Yield the grains of time whose figures the edition of `month` holds."""
    yield "month"
    for grain, length in (("quarter", 3), ("year", 12)):
        if int(month[5:]) % length == 0:
            yield grain
