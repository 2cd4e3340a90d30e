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
    """`keys` (KEYS_SCHEMA) of every report, and the ids of `dense` ones, sorted.

    A dense report stood in a crowd that could not be refined, and no rule gave it a block that is none.
    """

    keys: pl.DataFrame
    dense: pl.Series


def block_reports(features: pl.DataFrame, rules: Sequence[Rule], *, most: int) -> Blocks:
    """Return the blocking keys of all reports; no key is shared by more than `most`, none by one alone.

    `id` of `features` counts the rows from 0.
    """
    names = {name for rule in rules for step in rule.steps for columns in step for name in columns}
    order = [name for name in _ORDER if name in features.columns]
    numbered = features.select("id", *(_number(features.schema, name) for name in sorted(names | set(order))))
    keys, crowded, covered = zip(
        *(_block_by_rule(numbered, rule, most, order) for rule in rules), strict=True
    )
    dense = pl.concat(crowded).unique().to_frame().join(pl.concat(covered).to_frame(), on="id", how="anti")
    return Blocks(pl.concat(keys), dense["id"].sort())


def _number(schema: pl.Schema, name: str) -> pl.Expr:
    """Return a column as numbers, quicker to compare than text: equal values stay equal, null stays null."""
    if schema[name] == pl.String:
        return pl.when(pl.col(name).is_not_null()).then(_signed(pl.col(name))).alias(name)
    return pl.col(name)


def _signed(values: pl.Expr) -> pl.Expr:
    return values.hash(seed=0).reinterpret(signed=True)


def _block_by_rule(
    numbered: pl.DataFrame, rule: Rule, most: int, order: Sequence[str]
) -> tuple[pl.DataFrame, pl.Series, pl.Series]:
    """Return the keys by one rule, the ids of reports left in a crowd, and of those in a block that is none."""
    blocks = numbered.select("id", block=_signed(pl.lit(rule.name)))
    kept, stuck, covered = [], [], []
    for number, step in enumerate(rule.steps):
        finer = _refine(blocks, numbered, step)
        if number:
            # Where nothing finer is known of a report, it stays in the crowd.
            stuck.append(blocks.join(finer, left_on=["id", "block"], right_on=["id", "within"], how="anti"))
        size = pl.len().over("block")
        kept.append(finer.filter(size.is_between(2, most)).select("id", key="block"))
        covered.append(finer.filter(size <= most)["id"].unique())
        blocks = finer.filter(size > most).select("id", "block")
    crowded = pl.concat([*stuck, blocks]).unique()
    neighbours = _pair_neighbours(_look_up(numbered, crowded, order), most, order)
    return pl.concat([*kept, neighbours]), crowded["id"], pl.concat(covered).unique()


def _look_up(numbered: pl.DataFrame, blocks: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return `blocks` with columns of its reports beside them."""
    return blocks.hstack(numbered.select(columns)[blocks["id"]])


def _refine(blocks: pl.DataFrame, numbered: pl.DataFrame, step: Sequence[Sequence[str]]) -> pl.DataFrame:
    """Return the blocks divided by each list of columns of `step`: id, block, and the block it lies within."""
    divided = []
    for columns in step:
        lines = _look_up(numbered, blocks, columns)
        for name in columns:
            if isinstance(lines.schema[name], pl.List):
                lines = lines.with_columns(pl.col(name).list.unique()).explode(name)
        divided.append(lines.drop_nulls().select("id", block=_combine(columns), within="block"))
    return pl.concat(divided)


def _combine(columns: Sequence[str]) -> pl.Expr:
    """Return a number for the block within and the values of `columns`, which differs for other columns."""
    seed = sum(ord(character) * 31**place for place, character in enumerate(" ".join(columns))) % 2**31
    combined = pl.col("block")
    for name in columns:
        # Overflow wraps around, as in every multiplicative hash.
        combined = combined * _ODD + _signed(pl.col(name))
    return combined.hash(seed=seed).reinterpret(signed=True)


def _pair_neighbours(crowded: pl.DataFrame, most: int, order: Sequence[str]) -> pl.DataFrame:
    """Return overlapping blocks of neighbours within each crowded block, in an order that arrival does not change."""
    half = max(1, most // 2)
    place = crowded.sort("block", *order, "id").select(
        "id", "block", part=pl.int_range(pl.len()).over("block") // half
    )
    overlapping = pl.concat([place, place.with_columns(pl.col("part") + 1)])
    return overlapping.select("id", key=_signed(pl.struct("block", "part")))


_ODD = 0x5851F42D4C957F2D
_ORDER = ("first", "last", "service", "office_key", "survivor_gender", "age")
