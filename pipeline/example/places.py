"""Where incidents happen: states and districts as the contract spells them, as many as the rows can fill."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.contract import Contract, fold_spelling
from pipeline.example.chance import Chance, Fractions, Numbers, falling_weights
from pipeline.example.habits import Habit
from pipeline.example.spelling import Spellings, list_spellings

NATIONWIDE_FROM = 10_000
"""From this many reports on, the collectives' members meet offices in every state."""

_REPORTS_A_DISTRICT = 12


@dataclass(frozen=True)
class Places:
    """States and districts by number.

    `state_of` gives the state's number of each district. `known_once` are the districts whose name no other
    state has for one of its own.
    """

    states: tuple[str, ...]
    districts: tuple[str, ...]
    state_of: Numbers
    state_spellings: Spellings
    district_spellings: Spellings
    known_once: Numbers


@dataclass(frozen=True)
class Territory:
    """The districts, by number, that one collective's members come from, and their weights."""

    districts: Numbers
    weights: Fractions


def load_places(contract: Contract, first_day: str, last_day: str) -> Places:
    """Return all states, and the districts that exist on both days (`YYYY-MM-DD`)."""
    states, districts = contract.code_lists["states"], contract.code_lists["districts"]
    living = [
        code
        for code in districts.codes.values()
        if (code.valid_from or first_day) <= first_day and (code.valid_to or last_day) >= last_day
    ]
    known = Counter(spelling for _, spelling in districts.by_spelling)
    labels = [fold_spelling(code.label) for code in living]
    order = {code: number for number, code in enumerate(states.codes)}
    return Places(
        states=tuple(states.codes),
        districts=tuple(code.code for code in living),
        state_of=np.array([order[code.within or ""] for code in living], dtype=np.int64),
        state_spellings=list_spellings(states, list(states.codes), label_first=True),
        district_spellings=list_spellings(districts, [code.code for code in living], label_first=True),
        known_once=np.array(
            [number for number, label in enumerate(labels) if known[label] == 1], dtype=np.int64
        ),
    )


def share_out(places: Places, habits: Sequence[Habit], reports: int, chance: Chance) -> list[Territory]:
    """Return each collective's territory.

    A small example stays in a few districts of the collectives' own states, so that offices are met more than
    once. From NATIONWIDE_FROM reports on, half of each collective's members come from districts of other
    states, which the collectives divide among themselves.
    """
    own = {place: _own_state(places, habits, place, reports, chance) for place in {h.state for h in habits}}
    territories = [own[habit.state] for habit in habits]
    if reports < NATIONWIDE_FROM:
        return territories
    others = [number for number, code in enumerate(places.states) if code not in own]
    return [
        _widen(territory, np.flatnonzero(np.isin(places.state_of, others[turn :: len(habits)])))
        for turn, territory in enumerate(territories)
    ]


def _own_state(
    places: Places, habits: Sequence[Habit], state: str, reports: int, chance: Chance
) -> Territory:
    inside = np.flatnonzero(places.state_of == places.states.index(state))
    inside = inside[chance.branch("districts", state).shuffled(len(inside))]
    share = sum(habit.share for habit in habits if habit.state == state) / sum(
        habit.share for habit in habits
    )
    used = min(len(inside), max(3, round(reports * share / _REPORTS_A_DISTRICT)))
    return Territory(districts=inside[:used], weights=falling_weights(used))


def _widen(territory: Territory, others: Numbers) -> Territory:
    own_part = territory.weights / np.cumsum(territory.weights)[-1]
    return Territory(
        districts=np.concatenate([territory.districts, others]),
        weights=np.concatenate([own_part, np.full(len(others), 1.0 / len(others))]),
    )
