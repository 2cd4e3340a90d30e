"""Errors that an office finds in a closed month: incidents coded wrongly, forgotten, or counted twice."""

from collections.abc import Callable

import numpy as np
import polars as pl

Change = Callable[[pl.DataFrame, int, np.random.Generator], pl.DataFrame]

_SIZES = (3, 5, 8, 9, 12, 15, 25, 40, 60)
_CODED = (
    ("duty_bearer",),
    ("service",),
    ("incident_kinds",),
    ("state", "district"),
    ("grounds", "survivor_gender"),
    ("survivor_age_band", "resolution"),
)


def correct(live: pl.DataFrame, aside: pl.DataFrame, chance: np.random.Generator) -> tuple[pl.DataFrame, int]:
    """Return the month's incidents as corrected, and how many of those set aside were found.

    From 3 to 60 incidents change in each of one or two ways. Some cells gain or lose ten persons and more, most
    fewer.
    """
    ways: list[Change] = [_recode, _recode, _scatter, _merge]
    for way in chance.choice(len(ways), int(chance.integers(1, 3)), replace=False):
        live = ways[way](live, int(chance.choice(_SIZES)), chance)
    found = int(min(aside.height, chance.choice((0, 0, 4, 14))))
    return pl.concat([live, aside[:found]]).sort("incident"), found


def _recode(live: pl.DataFrame, size: int, chance: np.random.Generator) -> pl.DataFrame:
    """Move incidents of one state from one duty-bearer, or service, to another: all in one direction."""
    column = ("duty_bearer", "duty_bearer", "service")[chance.integers(3)]
    places = live.group_by("state", column).len().sort("len", "state", column, descending=True)[:12]
    place = places.row(int(chance.integers(places.height)), named=True)
    others = live.filter(pl.col("state") == place["state"], pl.col(column) != place[column])[column]
    target = others.value_counts(sort=True).sort("count", column, descending=True)[column][
        int(chance.integers(5))
    ]
    hit = (pl.col("state") == place["state"]) & (pl.col(column) == place[column])
    names = live.filter(hit)["incident"]
    chosen = names.gather(chance.choice(names.len(), min(size, names.len()), replace=False).tolist())
    moved = pl.col("incident").is_in(chosen.to_list())
    return live.with_columns(pl.when(moved).then(pl.lit(target)).otherwise(pl.col(column)).alias(column))


def _scatter(live: pl.DataFrame, size: int, chance: np.random.Generator) -> pl.DataFrame:
    """Give incidents from anywhere the codes that some other incident has."""
    rows = chance.choice(live.height, 2 * size, replace=False)
    columns = list(_CODED[chance.integers(len(_CODED))])
    donors = live[rows[size:]].select(columns)
    changed = live[rows[:size]].with_columns(donors.get_columns())
    return pl.concat([live.filter(~pl.col("incident").is_in(changed["incident"].to_list())), changed])


def _merge(live: pl.DataFrame, size: int, chance: np.random.Generator) -> pl.DataFrame:
    """Drop incidents that turn out to be counted twice."""
    return live[np.sort(chance.permutation(live.height)[size:])]
