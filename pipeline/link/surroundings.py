"""Features that a row has by its surroundings: the habits of its writer, its company at a desk, its token's key.

All of them are taken within one reporting month.
"""

from collections.abc import Sequence

import polars as pl

_FEW_ROWS = 5
"""A writer with fewer rows than this has no habits that could be seen: those of her collective are taken."""

_LEAST_SHARED_TOKENS = 2
"""Two collectives that share so many tokens in a month make them with the same key."""

_HABITS = {
    "service_habit": "service",
    "duty_bearer_habit": "duty_bearer",
    "kinds_habit": "kinds",
    "grounds_habit": "grounds",
    "visits_habit": "visits",
    "day_habit": "day_of_month",
}
_COMMON = {"service_share": "service", "kinds_share": "kinds"}
_MAY_BE_BLANK = (
    "district",
    "office_key",
    "token",
    "text",
    "grounds",
    "survivor_gender",
    "age",
    "trafficking_form",
    "approached",
    "visits",
    "times_recounted",
    "resolution",
)
_DESK = ["month", "state", "district", "duty_bearer", "first", "last"]


def add_habits(features: pl.DataFrame) -> pl.DataFrame:
    """Add how often (0 to 1) the writer's other rows of the month have the same answer, and all rows have it."""
    collective = ["month", "collective"]
    writer = [*collective, "recorder"]
    seen = features.with_columns(
        writer_rows=pl.when(pl.col("recorder").is_not_null()).then(pl.len().over(writer)).otherwise(0),
    )
    known = pl.col("writer_rows") >= _FEW_ROWS
    return seen.with_columns(
        *(
            pl.when(known).then(_share(writer, field)).otherwise(_share(collective, field)).alias(name)
            for name, field in _HABITS.items()
        ),
        *(_share(["month"], field).alias(name) for name, field in _COMMON.items()),
    ).drop("writer_rows")


def add_care(features: pl.DataFrame) -> pl.DataFrame:
    """Add how much (0 to 1) of what may be left blank the writer's rows of the month fill, on the average.

    What agrees or is missing means less with those who leave much out.
    """
    filled = pl.mean_horizontal(
        *(pl.col(name).is_not_null() for name in _MAY_BE_BLANK), pl.col("first") == pl.col("last")
    )
    collective = ["month", "collective"]
    rows = (
        pl.when(pl.col("recorder").is_not_null()).then(pl.len().over([*collective, "recorder"])).otherwise(0)
    )
    return (
        features.with_columns(filled=filled)
        .with_columns(
            care=pl.when(rows >= _FEW_ROWS)
            .then(pl.col("filled").mean().over([*collective, "recorder"]))
            .otherwise(pl.col("filled").mean().over(collective)),
            month_care=pl.col("filled").mean().over("month"),
        )
        .drop("filled")
    )


def _share(group: Sequence[str], field: str) -> pl.Expr:
    """Return the share of the group's other rows with the same answer; 0 where there is no other row."""
    others = pl.len().over([*group, field]) - 1
    share = others / (pl.len().over(group) - 1).clip(1)
    return pl.when(pl.col(field).is_not_null()).then(share)


def add_company(features: pl.DataFrame) -> pl.DataFrame:
    """Add how many rows share a text, a sitting's desk, and a desk.

    `text_copies` counts rows of the same collective with the same narrative, `text_copies_elsewhere` those of
    others. A desk is one duty-bearer of one district on one day: `sitting` counts the rows that one writer filed on
    one day of one desk, `desk_own` those of the collective, `desk_others` those of all others.
    """
    sitting = [*_DESK, "collective", "recorder", "recorded"]
    of_text, of_desk = pl.len().over("month", "text"), pl.len().over(_DESK)
    own_text, own_desk = pl.len().over("month", "collective", "text"), pl.len().over([*_DESK, "collective"])
    return features.with_columns(
        text_copies=pl.when(pl.col("text").is_not_null()).then(own_text),
        text_copies_elsewhere=pl.when(pl.col("text").is_not_null()).then(of_text - own_text),
        sitting=pl.len().over(sitting),
        desk_own=own_desk,
        desk_others=of_desk - own_desk,
    ).with_columns(
        pl.col("text_copies", "text_copies_elsewhere", "sitting", "desk_own", "desk_others").cast(pl.Int64)
    )


def add_token_keys(features: pl.DataFrame) -> pl.DataFrame:
    """Add `token_key`: the first of the collectives whose tokens can be compared, since one key made them.

    Collectives that share several tokens in a month have one key. Null where there is no token.
    """
    held = features.select("month", "collective", "token").drop_nulls().unique()
    shared = (
        held.join(held, on=["month", "token"], suffix="_other")
        .filter(pl.col("collective") != pl.col("collective_other"))
        .group_by("month", "collective", "collective_other")
        .len("tokens")
        .filter(pl.col("tokens") >= _LEAST_SHARED_TOKENS)
    )
    keys = _name_networks(shared)
    return features.join(keys, on=["month", "collective"], how="left", maintain_order="left").with_columns(
        token_key=pl.when(pl.col("token").is_not_null()).then(pl.coalesce("token_key", "collective")),
    )


def _name_networks(shared: pl.DataFrame) -> pl.DataFrame:
    """Return for each month and collective of a network the network's first collective."""
    named = shared.select("month", "collective", pl.col("collective").alias("token_key")).unique()
    while True:
        reached = shared.join(
            named.rename({"collective": "collective_other"}), on=["month", "collective_other"]
        )
        smaller = (
            pl.concat([named, reached.select("month", "collective", "token_key")])
            .group_by("month", "collective")
            .agg(pl.col("token_key").min())
            .sort("month", "collective")
        )
        if smaller.equals(named.sort("month", "collective")):
            return smaller
        named = smaller
