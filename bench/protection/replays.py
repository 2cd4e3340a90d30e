"""Withdrawals replayed: what two editions of a month tell about an incident that was withdrawn in between.

A withdrawal deletes rows at once, and the next edition of its month, if there is one, counts without them. Replayed
is the worst case: a correction that changes nothing else, so that every figure that moves points at what was
withdrawn. Quarters and years are counted once in an edition; a withdrawal before that leaves no two figures of one
cell to compare, and after it the same edition of correction holds them, too, and is replayed.
"""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from bench.protection.publish import without
from bench.protection.schemes import Scheme
from bench.protection.spread import NAME
from pipeline.protect.counted import Counted

ATTRIBUTES = ("state", "duty_bearer", "service", "incident_kind")
_TABLES = {
    "duty_bearer": (("by_duty_bearer", "code_1"), ("duty_bearer_by_incident_kind", "code_1")),
    "service": (("by_service", "code_1"),),
    "incident_kind": (("by_incident_kind", "code_1"), ("duty_bearer_by_incident_kind", "code_2")),
}
_SEED = 20_261_104


@dataclass
class Replayed:
    """Withdrawals replayed; how many taught each attribute, and how many any; editions made, figures that moved."""

    withdrawals: int = 0
    taught: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ATTRIBUTES, 0))
    taught_any: int = 0
    editions: int = 0
    moved: int = 0

    def describe(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "withdrawals": self.withdrawals,
            "taught_any": self.taught_any,
            "taught": self.taught,
            "editions": self.editions,
            "figures_moved": self.moved,
        }


def draw_withdrawals(editions: Sequence[Counted], number: int, batch: int) -> Iterator[tuple[int, list[str]]]:
    """Yield positions of editions, each with a batch of its incidents to withdraw; `number` in all.

    Every edition that is the newest of its month is drawn in turn; which incidents, by a seed.
    """
    newest = {edition.month: position for position, edition in enumerate(editions)}
    positions = sorted(newest.values())
    chance = np.random.default_rng(_SEED)
    for turn in range(-(-number // batch)):
        position = (
            positions[turn * len(positions) // -(-number // batch)]
            if batch > 1
            else positions[turn % len(positions)]
        )
        names = editions[position].incidents["incident"]
        size = min(batch, number - turn * batch)
        yield position, names.gather(chance.choice(names.len(), size, replace=False).tolist()).to_list()


def replay(
    scheme: Scheme, editions: Sequence[Counted], *, number: int, batch: int, known: int | None = None
) -> Replayed:
    """Withdraw `number` incidents, `batch` of one month at a time, and correct that month after each batch.

    A batch of several is the harsher test: what many withdrawals at once do not move, none of them moves. `known` is
    how many editions after the corrected one are published when it is corrected; all by default.
    """
    replayed = Replayed()

    def correct(drawn: tuple[int, list[str]]) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
        position, names = drawn
        last = len(editions) if known is None else position + 1 + known
        history = [without(each, set(names)) for each in editions[:last]]
        before = history[position]
        following = before.number + 1
        basis = tuple((month, following if month == before.month else each) for month, each in before.basis)
        draft = dataclasses.replace(before, number=following, basis=basis, cells=None, figures=None)
        assert before.figures is not None
        moved = find_moved(before.figures, scheme(draft, history).figures)
        return moved, editions[position].incidents.filter(pl.col("incident").is_in(names)).to_dicts()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for moved, withdrawn in pool.map(correct, draw_withdrawals(editions, number, batch)):
            replayed.editions += 1
            replayed.moved += moved.height
            _judge(withdrawn, moved, replayed)
    return replayed


def replay_beside(
    scheme: Scheme, editions: Sequence[Counted], *, corrections: int, batch: int
) -> dict[str, int]:
    """Publish corrections again as if a batch of their month's incidents had been withdrawn just before.

    Returns how many editions were made, and how many of their figures then are not what was published: those that
    ten persons and more moved, and that count without the withdrawn.
    """
    positions = [position for position, edition in enumerate(editions) if edition.number > 1]
    chance = np.random.default_rng(_SEED + 1)
    differ = 0
    for position in positions[:: -(-len(positions) // corrections)]:
        edition = editions[position]
        former = next(each for each in editions[:position][::-1] if each.month == edition.month)
        names = former.incidents["incident"]
        gone = set(names.gather(chance.choice(names.len(), batch, replace=False).tolist()).to_list())
        draft = without(dataclasses.replace(edition, cells=None, figures=None), gone)
        after = scheme(draft, [without(each, gone) for each in editions[:position]]).figures
        assert edition.figures is not None
        differ += find_moved(edition.figures, after).height
    return {
        "editions": min(corrections, len(positions)),
        "withdrawn_each": batch,
        "figures_that_differ": differ,
    }


def find_moved(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return the cells (NAME) whose figure is not the same in two editions of a month."""
    cells = [
        each.with_columns(pl.col("code_1", "code_2").fill_null("")).select(
            *NAME, pl.col("value").fill_null(-1)
        )
        for each in (before, after)
    ]
    return cells[1].join(cells[0], on=[*NAME, "value"], how="anti").select(NAME)


def find_taught(incident: dict[str, Any], moved: pl.DataFrame, *, alone: bool = True) -> set[str]:
    """Return the attributes of a withdrawn incident that the moved cells point to.

    One that was withdrawn `alone` teaches what they point to and nothing else; of several, each teaches all of its
    codes that are among theirs, since by itself it might have moved just those.
    """
    codes = {name: _list_codes(moved, tables) for name, tables in _TABLES.items()}
    codes["state"] = {place for place in moved["geography"].unique() if place != "IN"}
    true = {
        "state": {incident["state"]},
        "duty_bearer": {incident["duty_bearer"]},
        "service": {incident["service"]},
        "incident_kind": set(incident["incident_kinds"]),
    }
    if not alone:
        return {name for name in ATTRIBUTES if codes[name] & true[name]}
    return {name for name in ATTRIBUTES if codes[name] and codes[name] <= true[name]}


def _list_codes(moved: pl.DataFrame, tables: tuple[tuple[str, str], ...]) -> set[str]:
    found = (moved.filter(pl.col("table") == table)[column] for table, column in tables)
    return {str(code) for codes in found for code in codes}


def _judge(incidents: Sequence[dict[str, Any]], moved: pl.DataFrame, replayed: Replayed) -> None:
    for incident in incidents:
        replayed.withdrawals += 1
        taught = find_taught(incident, moved, alone=len(incidents) == 1)
        replayed.taught_any += bool(taught)
        for name in taught:
            replayed.taught[name] += 1
