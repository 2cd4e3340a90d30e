"""Blocking: which pairs of reports are compared at all.

Every report gets keys; reports that share one are compared. A key that too many share is refined, first by the office
or the service, then by more; where nothing finer is left, the block's reports are put in order and each is compared
with its neighbours only. Those reports are named, so that nothing is passed over silently.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

KEYS_SCHEMA = pl.Schema({"id": pl.Int64, "key": pl.Int64})


@dataclass(frozen=True)
class Rule:
    """One way of being alike: keys from coarse to fine, each a list of columns of which none may be null.

    A step with several keys gives a report all of them.
    """

    name: str
    steps: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True)
class Blocks:
    """`keys` (KEYS_SCHEMA) of every report, and the ids of reports in `dense` blocks that could not be refined."""

    keys: pl.DataFrame
    dense: pl.Series


def block_reports(features: pl.DataFrame, rules: Sequence[Rule], *, most: int) -> Blocks:
    """Return the blocking keys of all reports; no key is shared by more than `most`, none by one alone."""
    found = [_block_by_rule(features, rule, most) for rule in rules]
    return Blocks(
        pl.concat(blocks.keys for blocks in found).unique().sort("key", "id"),
        pl.concat(blocks.dense for blocks in found).unique().sort(),
    )


def _block_by_rule(features: pl.DataFrame, rule: Rule, most: int) -> Blocks:
    blocks = features.select("id", block=pl.lit(rule.name).hash(seed=0).reinterpret(signed=True))
    kept, stuck = [], []
    for number, step in enumerate(rule.steps):
        finer = _refine(blocks, features, step)
        if number:
            # Where nothing finer is known of a report, it stays in the crowd.
            stuck.append(blocks.join(finer, left_on=["id", "block"], right_on=["id", "within"], how="anti"))
        blocks = finer.select("id", "block").unique()
        size = pl.len().over("block")
        kept.append(blocks.filter(size.is_between(2, most)))
        blocks = blocks.filter(size > most)
    crowded = pl.concat([*stuck, blocks]).unique()
    neighbours = _pair_neighbours(crowded.join(features, on="id"), most)
    keys = pl.concat([*kept, neighbours]).select("id", key="block")
    return Blocks(keys, crowded["id"].unique())


def _refine(blocks: pl.DataFrame, features: pl.DataFrame, step: Sequence[Sequence[str]]) -> pl.DataFrame:
    """Return the blocks divided by each list of columns of `step`: id, block, and the block it lies within."""
    divided = []
    for columns in step:
        lines = blocks.join(features.select("id", *columns), on="id")
        for name in columns:
            if isinstance(lines.schema[name], pl.List):
                lines = lines.explode(name)
        named = pl.struct(pl.lit(" ".join(columns)), "block", *columns).hash(seed=0).reinterpret(signed=True)
        divided.append(lines.drop_nulls().select("id", block=named, within="block"))
    return pl.concat(divided)


def _pair_neighbours(crowded: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return overlapping blocks of neighbours within each crowded block, in an order that arrival does not change."""
    half = max(1, most // 2)
    order = [name for name in _ORDER if name in crowded.columns]
    place = crowded.sort("block", *order, "id").select(
        "id", "block", part=pl.int_range(pl.len()).over("block") // half
    )
    overlapping = pl.concat([place, place.with_columns(pl.col("part") + 1)])
    return overlapping.select("id", block=pl.struct("block", "part").hash(seed=0).reinterpret(signed=True))


_ORDER = ("first", "last", "service", "office_key", "survivor_gender", "age")
