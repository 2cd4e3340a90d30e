"""The small world behind the returns: people without names, and what they met in which office on which day.

A frame of incidents holds whole numbers only: numbers of districts, matters, kinds and answers as the data
files list them, days since 1970-01-01, and -1 where there is nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.contract import Contract
from pipeline.example.chance import Chance, Flags, Numbers, falling_weights
from pipeline.example.habits import (
    Answers,
    Habit,
    load_answers,
    load_duty_bearers,
    load_habits,
    load_kinds,
    load_matters,
)
from pipeline.example.places import Places, Territory, load_places, share_out
from pipeline.settings import next_month

Columns = dict[str, Numbers]

NOTHING = -1

_EPOCH = date(1970, 1, 1)

MISTAKES = (
    "unknown_code",
    "district_elsewhere",
    "date_format",
    "after_recording",
    "cell_missing",
    "no_consent",
    "phone",
    "aadhaar",
    "case_number",
    "formula",
    "child_without_guardian",
)

_MISTAKE_SHARE = 0.06
_PEOPLE_AN_INCIDENT = 1.2
_REPORTS_AN_OFFICE = 2
_GROUP_VISITS = 0.05
_AWAY = 0.06
_RUPEES = np.array([50, 100, 200, 300, 500, 1000, 2000, 5000], dtype=np.int64)
_LONGEST_LAG = 60
_LAG_WEIGHTS = 1.0 / (np.arange(6, 6 + _LONGEST_LAG, dtype=np.float64) * np.arange(6, 6 + _LONGEST_LAG))


@dataclass(frozen=True)
class Month:
    """A reporting month: its key, and its first and last day counted from 1970-01-01."""

    key: str
    first: int
    last: int

    @classmethod
    def of(cls, key: str) -> "Month":
        """Return the month `YYYY-MM`."""
        first, after = date.fromisoformat(f"{key}-01"), date.fromisoformat(f"{next_month(key)}-01")
        return cls(key=key, first=(first - _EPOCH).days, last=(after - _EPOCH).days - 1)


@dataclass(frozen=True)
class World:
    """Everything that is the same for all tellers.

    `incidents` are in the order of the collectives that tell them first. Their columns beside those of
    `_happen`: collective (number of its habit), person (unique over all collectives), leader (the row whose
    visit it shares, mostly its own), office (its number among those of one kind in the district), mistake (in
    MISTAKES).
    """

    chance: Chance
    contract: Contract
    month: Month
    places: Places
    habits: Sequence[Habit]
    incidents: pl.DataFrame


def invent_world(
    contract: Contract, month: Month, reports: int, counts: Sequence[int], chance: Chance
) -> World:
    """Return a world for `reports` rows, in which each collective is the first to tell `counts` incidents."""
    habits = load_habits()
    earliest = date(1970, 1, 1) + timedelta(month.first - _LONGEST_LAG)
    places = load_places(
        contract, earliest.isoformat(), (date(1970, 1, 1) + timedelta(month.last)).isoformat()
    )
    territories = share_out(places, habits, reports, chance.branch("territory"))
    incidents = _invent_incidents(chance, territories, counts, month)
    return World(chance, contract, month, places, habits, incidents)


def _invent_incidents(
    chance: Chance, territories: Sequence[Territory], counts: Sequence[int], month: Month
) -> pl.DataFrame:
    homes = np.concatenate([territory.districts for territory in territories])
    parts: list[Columns] = []
    people_before = 0
    for number, (territory, count) in enumerate(zip(territories, counts, strict=True)):
        here = chance.branch("incidents", number)
        people = _invent_people(here.branch("people"), territory, max(1, round(count * _PEOPLE_AN_INCIDENT)))
        columns = _happen(here, people, homes, count, month)
        columns["collective"] = np.full(count, number, dtype=np.int64)
        columns["person"] = columns["person"] + people_before
        columns["leader"] = columns["leader"] + sum(counts[:number])
        people_before += len(people["district"])
        parts.append(columns)
    world = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    world["office"] = _assign_offices(chance.branch("offices"), world)
    world["mistake"] = _make_mistakes(chance.branch("mistakes"), len(world["person"]))
    return pl.DataFrame(world)


def _invent_people(chance: Chance, territory: Territory, count: int) -> Columns:
    people = {"district": territory.districts[chance.pick(territory.weights, count)]}
    for field in ("survivor_gender", "survivor_age_band", "trafficking_form", "offence_before_july_2024"):
        people[field] = chance.pick(load_answers()[field].weights, count)
    return people


def _happen(chance: Chance, people: Columns, homes: Numbers, count: int, month: Month) -> Columns:
    person = chance.below(len(people["district"]), count)
    columns = {name: values[person] for name, values in people.items()} | {"person": person}
    child = columns["survivor_age_band"] == load_answers()["survivor_age_band"].codes.index("under_18")
    away = chance.happens(_AWAY, count)
    columns["district"] = np.where(away, homes[chance.below(len(homes), count)], columns["district"])
    columns["matter"] = pick_matters(chance.branch("matters"), child)
    columns |= pick_kinds(chance.branch("kinds"), columns["matter"])
    columns |= _pick_days(chance.branch("days"), count, month)
    columns["leader"] = _group_visits(chance.branch("groups"), child)
    shared = ("district", "matter", "kind_1", "kind_2", "kind_3", "recorded", "happened")
    columns |= {name: columns[name][columns["leader"]] for name in shared}
    columns |= _pick_numbers(chance.branch("numbers"), columns)
    return columns | _pick_outcome(chance.branch("outcome"), columns)


def pick_matters(chance: Chance, child: Flags) -> Numbers:
    """Return what each person asks for and where; children are asked about in other offices than adults."""
    matters = load_matters()
    picked = [
        chance.pick([matter.weight if matter.age in {"any", age} else 0 for matter in matters], len(child))
        for age in ("adult", "child")
    ]
    return np.where(child, picked[1], picked[0])


def pick_kinds(chance: Chance, matter: Numbers) -> Columns:
    """Return one to three kinds of what happened as `kind_1` to `kind_3`, NOTHING where there are fewer."""
    count, kinds = len(matter), load_kinds()
    picked = np.full((3, count), NOTHING, dtype=np.int64)
    for number, asked in enumerate(load_matters()):
        rows = np.flatnonzero(matter == number)
        weights = [asked.kinds.get(kind, 0) for kind in kinds]
        for turn in range(3):
            picked[turn, rows] = chance.pick(weights, len(rows))
    second = chance.happens(0.35, count) & (picked[1] != picked[0])
    third = second & chance.happens(0.2, count) & (picked[2] != picked[0]) & (picked[2] != picked[1])
    return {
        "kind_1": picked[0],
        "kind_2": np.where(second, picked[1], NOTHING),
        "kind_3": np.where(third, picked[2], NOTHING),
    }


def _pick_days(chance: Chance, count: int, month: Month) -> Columns:
    towards_the_end = np.arange(month.last - month.first + 1, dtype=np.float64) + 6.0
    recorded = month.first + chance.pick(towards_the_end, count)
    return {"recorded": recorded, "happened": recorded - chance.pick(_LAG_WEIGHTS, count)}


def _group_visits(chance: Chance, child: Flags) -> Numbers:
    """Return for each incident the one whose day and desk it shares, mostly itself."""
    rows = np.arange(len(child))
    follows = chance.happens(_GROUP_VISITS, len(child)) & (rows > 0) & (child == np.roll(child, 1))
    return np.maximum.accumulate(np.where(follows, 0, rows))


def _pick_numbers(chance: Chance, columns: Columns) -> Columns:
    count = len(columns["matter"])
    bribe, recount = load_kinds().index("BRIBE"), load_kinds().index("REPEAT_RECOUNT")
    kinds = np.stack([columns["kind_1"], columns["kind_2"], columns["kind_3"]])
    visits = 1 + chance.pick(falling_weights(7), count)
    recounted = chance.pick(falling_weights(6), count) + 2 * (kinds == recount).any(axis=0)
    amount = _RUPEES[chance.pick([2, 3, 4, 3, 6, 5, 4, 2], count)]
    return {
        "visits": np.where(chance.happens(0.25, count), NOTHING, visits),
        "times_recounted": np.where(chance.happens(0.4, count), NOTHING, recounted),
        "amount_demanded": np.where((kinds == bribe).any(axis=0), amount, NOTHING),
    }


def _pick_outcome(chance: Chance, columns: Columns) -> Columns:
    count, answers = len(columns["matter"]), load_answers()
    picked = {
        field: chance.pick(answers[field].weights, count)
        for field in ("resolution", "escalated_to", "evidence")
    }
    settled = np.isin(picked["resolution"], _numbers_of(answers["resolution"], ("resolved", "partly")))
    resolved = columns["happened"] + chance.below(columns["recorded"] - columns["happened"] + 1, count)
    approached = columns["happened"] - chance.below(150, count)
    second_ground = np.where(chance.happens(0.2, count), chance.pick(answers["grounds"].weights, count), 0)
    return picked | {
        "ground_1": chance.pick(answers["grounds"].weights, count),
        "ground_2": second_ground,
        "resolved": np.where(settled & chance.happens(0.7, count), resolved, NOTHING),
        "approached": np.where(chance.happens(0.6, count), approached, NOTHING),
    }


def _numbers_of(answers: Answers, codes: Sequence[str]) -> list[int]:
    return [answers.codes.index(code) for code in codes]


def _assign_offices(chance: Chance, world: Columns) -> Numbers:
    """Return each incident's office; offices grow with the incidents, the first are the busiest."""
    bearers = load_duty_bearers()
    bearer_of = np.array([bearers.index(matter.duty_bearer) for matter in load_matters()], dtype=np.int64)
    cell = world["district"] * len(bearers) + bearer_of[world["matter"]]
    offices = np.maximum(1, np.bincount(cell)[cell] // _REPORTS_AN_OFFICE)
    picked = 1 + np.minimum(chance.below(offices, len(cell)), chance.below(offices, len(cell)))
    only_one = bearer_of[world["matter"]] == bearers.index("SLSA")
    return np.where(only_one, 1, picked)[world["leader"]]


def _make_mistakes(chance: Chance, count: int) -> Numbers:
    chosen = chance.shuffled(count)[: round(count * _MISTAKE_SHARE)]
    mistakes = np.full(count, NOTHING, dtype=np.int64)
    mistakes[chosen] = np.arange(len(chosen)) % len(MISTAKES)
    return mistakes
