"""Where a made-up world takes place: districts, offices, the collectives at work in them and their writers.

Districts, offices and writers grow with the reports, so that a world is as dense at any size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipeline.contract import Contract
from pipeline.example.chance import Chance, Fractions, Numbers
from pipeline.example.habits import Habit, load_duty_bearers, load_habits, load_matters
from pipeline.example.places import Places, load_places
from pipeline.example.world import Month
from pipeline.worlds.files import read_table
from pipeline.worlds.setting import Setting

SPAN_DAYS = 110
"""Days before the end of the reporting month in which incidents happen."""

_FEWEST_DISTRICTS = 16
_FEWEST_WRITERS = 3
_GUESTS = 0.12
_HOSTS_ELSEWHERE = 2


@dataclass(frozen=True)
class Ground:
    """The stage of a world.

    `areas` are the numbers in `places` of the districts in use; an *area* is a place in that array. `weights`
    are the areas' shares of the people, `next_area` another area of the same state. `reach` has a row an area
    and a column a collective: the shares of its people. The writers of collective c are numbered from
    `first_writer[c]` up to `first_writer[c + 1]`.
    """

    month: Month
    places: Places
    habits: tuple[Habit, ...]
    areas: Numbers
    weights: Fractions
    next_area: Numbers
    reach: Fractions
    offices: Numbers
    first_writer: Numbers

    @property
    def first_day(self) -> int:
        return self.month.last - SPAN_DAYS + 1

    @property
    def writers(self) -> int:
        return int(self.first_writer[-1])

    def collective_of(self, writers: Numbers) -> Numbers:
        """Return the collective of each writer."""
        return np.searchsorted(self.first_writer, writers, side="right").astype(np.int64) - 1

    def count_offices(self, areas: Numbers, bearers: Numbers) -> Numbers:
        """Return how many offices of a duty-bearer there are in the areas."""
        return np.asarray(self.offices[areas, bearers])

    def choose_collectives(self, areas: Numbers, chance: Chance, but: Numbers | None = None) -> Numbers:
        """Return a collective at work in each area, other than those in `but`; -1 where there is none."""
        shares = self.reach[areas]
        if but is not None:
            shares[np.arange(len(areas)), but] = 0
        heaped = np.cumsum(shares, axis=1)
        drawn = chance.fractions(len(areas)) * heaped[:, -1]
        picked = (drawn[:, None] >= heaped).sum(axis=1)
        return np.where(heaped[:, -1] > 0, np.minimum(picked, len(self.habits) - 1), -1)

    def local_writers(self, collectives: Numbers, areas: Numbers, slots: Numbers) -> Numbers:
        """Return the writer whom a collective has in each area; slots count through the writers there."""
        places = np.cumsum(self.reach > 0, axis=0)
        place, last = places[areas, collectives] - 1, places[-1, collectives]
        first = self.first_writer[collectives]
        count = self.first_writer[collectives + 1] - first
        lowest = np.maximum(place, 0) * count // np.maximum(last, 1)
        local = np.maximum(1, (np.maximum(place, 0) + 1) * count // np.maximum(last, 1) - lowest)
        # A collective with a single writer in the place asks the one in the next.
        local = np.where((local == 1) & (count > 1), 2, local)
        return np.asarray(first + (lowest + slots % local) % count)


def lay_ground(contract: Contract, key: str, reports: int, setting: Setting, chance: Chance) -> Ground:
    """Return the ground of a world of so many reports, told in and around the month `YYYY-MM`."""
    month, habits = Month.of(key), load_habits()
    first = date(1970, 1, 1) + timedelta(month.last - 2 * SPAN_DAYS)
    places = load_places(contract, first.isoformat(), f"{key}-28")
    wanted = max(_FEWEST_DISTRICTS, round(reports / setting.reports_a_district))
    areas = _choose_districts(places, habits, wanted, chance.branch("districts"))
    state = places.state_of[areas]
    shares = _share_of_states(places, habits)[state] / np.bincount(state)[state]
    weights = shares * (0.5 + chance.branch("weights").fractions(len(areas)))
    weights = weights / np.cumsum(weights)[-1]
    reach = _spread_collectives(places, habits, areas)
    return Ground(
        month=month,
        places=places,
        habits=habits,
        areas=areas,
        weights=weights,
        next_area=_neighbours(state),
        reach=reach,
        offices=_open_offices(weights, reports / setting.reports_an_office),
        first_writer=_hire_writers(weights @ reach, reports / setting.reports_a_writer),
    )


def _share_of_states(places: Places, habits: tuple[Habit, ...]) -> Fractions:
    """Return each state's share of the people: the collectives' own by their size, the others as the least."""
    shares = np.zeros(len(places.states), dtype=np.float64)
    for habit in habits:
        shares[places.states.index(habit.state)] += habit.share
    return np.where(shares > 0, shares, shares[shares > 0].min() / 2)


def _choose_districts(places: Places, habits: tuple[Habit, ...], wanted: int, chance: Chance) -> Numbers:
    """Return districts of the collectives' own states, in proportion to their size; then all others."""
    order = chance.shuffled(len(places.districts))
    rank = np.zeros(len(order), dtype=np.int64)
    for state in range(len(places.states)):
        inside = order[places.state_of[order] == state]
        rank[inside] = np.arange(len(inside))
    own = np.isin(places.state_of, [places.states.index(habit.state) for habit in habits])
    turn = (rank + 1) / _share_of_states(places, habits)[places.state_of]
    chosen = np.lexsort((turn, ~own))[:wanted]
    return np.sort(chosen).astype(np.int64)


def _neighbours(state: Numbers) -> Numbers:
    """Return for each area the next of its state, the first for the last; areas are sorted by state."""
    areas = np.arange(len(state), dtype=np.int64)
    follows = np.zeros(len(state), dtype=np.int64)
    for number in np.unique(state):
        inside = areas[state == number]
        follows[inside] = np.roll(inside, -1)
    return follows


def _spread_collectives(places: Places, habits: tuple[Habit, ...], areas: Numbers) -> Fractions:
    guests: Mapping[str, list[str]] = {row["state"]: row["guests"].split() for row in read_table("reach.csv")}
    reach = np.zeros((len(places.states), len(habits)), dtype=np.float64)
    for number, habit in enumerate(habits):
        reach[places.states.index(habit.state), number] = habit.share
    for state, code in enumerate(places.states):
        own = float(reach[state].sum())
        for number, habit in enumerate(habits):
            if habit.collective in guests.get(code, []):
                reach[state, number] += own * _GUESTS
            elif not own and (number + state) % len(habits) < _HOSTS_ELSEWHERE:
                reach[state, number] = 1.0
    reach = reach / reach.sum(axis=1, keepdims=True)
    return np.asarray(reach[places.state_of[areas]])


def _open_offices(weights: Fractions, offices: float) -> Numbers:
    bearers = load_duty_bearers()
    share = np.zeros(len(bearers), dtype=np.float64)
    for matter in load_matters():
        share[bearers.index(matter.duty_bearer)] += matter.weight
    opened = np.rint(offices * weights[:, None] * share / share.sum()).astype(np.int64)
    return np.asarray(np.maximum(1, opened))


def _hire_writers(shares: Fractions, writers: float) -> Numbers:
    counts = np.maximum(_FEWEST_WRITERS, np.rint(shares * writers)).astype(np.int64)
    return np.concatenate([[0], np.cumsum(counts)])
