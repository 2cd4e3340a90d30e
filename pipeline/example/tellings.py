"""Which collective tells which incident, how often, and how each telling differs from what happened.

A frame of tellings has the columns of the incidents (see `world`) with what this teller says instead, and:
telling (its number within the collective, from 0, in the order of recording), first (this teller is the first),
day_known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.example.chance import Chance, Numbers
from pipeline.example.habits import Habit
from pipeline.example.world import NOTHING, Month, World

_OWN_RETOLD = 0.05
_OTHERS_RETOLD = 0.07
_SAME_ROW_TWICE = 0.03
_LATE = 0.1
_OFTEN_LEFT_OUT = {
    "ground_1": 0.25,
    "visits": 0.15,
    "amount_demanded": 0.3,
    "approached": 0.4,
    "resolved": 0.2,
}


@dataclass(frozen=True)
class Filing:
    """How the rows of one collective come about.

    `first`, `own_retold`, `others_retold` are tellings; `repeated` rows are copies of a telling in the same
    return. Of the tellings, the last `late` go into the late return with `changes` corrections and as many
    withdrawals. All rows of the main return are sent again where `sent_twice`.
    """

    first: int
    own_retold: int
    others_retold: int
    repeated: int
    late: int = 0
    changes: int = 0

    @property
    def tellings(self) -> int:
        return self.first + self.own_retold + self.others_retold


def plan_filings(habits: Sequence[Habit], reports: int) -> list[Filing]:
    """Divide `reports` rows, all returns together, among the collectives by their shares, to the last row."""
    sent = [2 if habit.sent_twice else 1 for habit in habits]
    parts = sum(habit.share * times for habit, times in zip(habits, sent, strict=True))
    rows = [max(1, reports * habit.share // parts) for habit in habits]
    left = reports - sum(count * times for count, times in zip(rows, sent, strict=True))
    once = [number for number, times in enumerate(sent) if times == 1]
    for turn, number in enumerate(once):
        rows[number] += (left + turn) // len(once)
    return [_plan_filing(count, late=habit.late_return) for count, habit in zip(rows, habits, strict=True)]


def _plan_filing(rows: int, *, late: bool) -> Filing:
    late_rows = max(3, round(rows * _LATE)) if late else 0
    changes = max(1, late_rows // 40) if late else 0
    repeated = round((rows - late_rows) * _SAME_ROW_TWICE)
    own, others = round(rows * _OWN_RETOLD), round(rows * _OTHERS_RETOLD)
    first = rows - repeated - own - others - 2 * changes
    return Filing(first, own, others, repeated, late_rows - 2 * changes if late else 0, changes)


def tell(world: World, number: int, filing: Filing) -> pl.DataFrame:
    """Return the tellings of the collective with this number in the order in which they were recorded."""
    chance = world.chance.branch("tellings", number)
    own = np.flatnonzero(world.incidents["collective"].to_numpy() == number)
    others = _known_from_others(world, number)
    others = others if len(others) else own
    retold = own[chance.below(len(own), filing.own_retold)]
    chosen = np.concatenate([own, retold, others[chance.below(len(others), filing.others_retold)]])
    told = world.incidents[chosen].with_columns(first=pl.Series(np.arange(len(chosen)) < len(own)))
    told = _remember(chance.branch("memory"), told, world.month)
    order = told.select("recorded", shuffle=pl.Series(chance.branch("order").shuffled(len(chosen))))
    told = told[order.with_row_index("place").sort("recorded", "shuffle")["place"]]
    return told.with_row_index("telling")


def _known_from_others(world: World, number: int) -> Numbers:
    own_state = world.places.states.index(world.habits[number].state)
    here = world.places.state_of[world.incidents["district"].to_numpy()] == own_state
    return np.flatnonzero(here & (world.incidents["collective"].to_numpy() != number))


def _remember(chance: Chance, told: pl.DataFrame, month: Month) -> pl.DataFrame:
    """Change what a second teller remembers otherwise or leaves out; first tellings stay as they were."""
    count = told.height
    again = ~told["first"].to_numpy()
    slip = again & chance.happens(0.3, count)
    happened = told["happened"].to_numpy() + np.where(slip, chance.below(5, count) - 2, 0)
    earliest = np.maximum(happened, month.first)
    heard = np.minimum(earliest, month.last) + chance.below(month.last - earliest + 1, count)
    recorded = np.where(again, heard, told["recorded"].to_numpy())
    changed = {"happened": np.minimum(happened, recorded), "recorded": recorded}
    for name, share in _OFTEN_LEFT_OUT.items():
        nothing = 0 if name == "ground_1" else NOTHING
        changed[name] = np.where(again & chance.happens(share, count), nothing, told[name].to_numpy())
    only_main_kind = again & chance.happens(0.3, count)
    for name in ("kind_2", "kind_3"):
        changed[name] = np.where(only_main_kind, NOTHING, told[name].to_numpy())
    changed["mistake"] = np.where(again, NOTHING, told["mistake"].to_numpy())
    day_known = ~chance.happens(0.12, count)
    told = told.with_columns(day_known=pl.Series(day_known), **{n: pl.Series(v) for n, v in changed.items()})
    return _keep_dates_in_order(told)


def _keep_dates_in_order(told: pl.DataFrame) -> pl.DataFrame:
    """Let the first approach lie before the incident, or its month, and the end after it."""
    day = pl.from_epoch("happened", time_unit="d")
    latest = (
        pl.when("day_known").then("happened").otherwise(day.dt.month_start().to_physical().cast(pl.Int64))
    )
    return told.with_columns(
        approached=pl.when(pl.col("approached") > NOTHING)
        .then(pl.min_horizontal("approached", latest))
        .otherwise(NOTHING),
        resolved=pl.when(pl.col("resolved") > NOTHING)
        .then(pl.col("resolved").clip("happened", "recorded"))
        .otherwise(NOTHING),
    )


def repeat_rows(chance: Chance, tellings: int, repeated: int) -> Numbers:
    """Return the rows of a main return: each telling once, `repeated` of them again some rows later."""
    again = np.sort(chance.shuffled(tellings)[:repeated])
    place = np.concatenate([np.arange(tellings) * 1.0, again + 0.5 + chance.below(20, repeated)])
    return np.concatenate([np.arange(tellings), again])[np.argsort(place, kind="stable")]
