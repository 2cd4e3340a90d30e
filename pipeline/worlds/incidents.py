"""What happens in a made-up world: matters of people, refusals that follow each other, group visits.

A *thread* is one matter of one person at one office; each of its incidents is a refusal of its own.
"""

import numpy as np

from pipeline.example.chance import Chance, Flags, Numbers, falling_weights
from pipeline.example.habits import load_answers, load_duty_bearers, load_kinds, load_matters
from pipeline.example.world import NOTHING, Columns, pick_kinds, pick_matters
from pipeline.worlds.details import invent_details
from pipeline.worlds.ground import SPAN_DAYS, Ground
from pipeline.worlds.people import is_child
from pipeline.worlds.setting import Setting

KINDS = ("kind_1", "kind_2", "kind_3")

_MOST = 6
_SAME_OFFICE = 0.35
_LONGEST_GAP = 39
_LONGEST_APPROACH = 150
_SIZE_WEIGHTS = (10, 8, 6, 4, 3, 2, 1)
_RUPEES = np.array([50, 100, 150, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000, 10000], dtype=np.int64)


def happen(chance: Chance, ground: Ground, people: Columns, setting: Setting) -> Columns:
    """Return all incidents of the people, those of a thread in the order of their days.

    Columns: person, thread, area, matter, bearer, office, kind_1 to kind_3, day, visits, recounted, amount,
    approached, leader (the incident in whose visit this one took part, mostly itself), group (number of the
    group visit or -1), resolution, resolved (delay after the day), escalated_to, and the details of
    `details.invent_details`.
    """
    threads = _begin_threads(chance.branch("threads"), ground, people, setting)
    incidents = _follow_up(chance.branch("follow"), ground, threads, setting)
    incidents = _gather_groups(chance.branch("groups"), people, incidents, setting)
    count = len(incidents["person"])
    incidents["area"] = people["area"][incidents["person"]]
    incidents |= _pick_kinds(chance.branch("kinds"), incidents, setting)
    incidents |= _pick_outcome(chance.branch("outcome"), incidents, count)
    return incidents | invent_details(chance.branch("details"), people, incidents, setting)


def expect_incidents(setting: Setting) -> float:
    """Return about how many incidents a person lives through."""
    sizes = np.arange(1, len(_SIZE_WEIGHTS) + 1)
    in_group = float((sizes * _SIZE_WEIGHTS).sum() / sum(_SIZE_WEIGHTS)) * setting.group_visits
    return _expect(setting.several_matters) * (_expect(setting.follow_ups) * 0.85 + in_group)


def _expect(again: float) -> float:
    return 1 + again * float((np.arange(1, _MOST + 1) * _tail()).sum() / _tail().sum())


def _tail() -> Numbers:
    return np.array([36, 16, 9, 6, 4, 3], dtype=np.int64)


def _repeat(chance: Chance, again: float, count: int) -> Numbers:
    """Return 1 for most, and with probability `again` up to _MOST more, in a long tail."""
    return 1 + np.where(chance.happens(again, count), 1 + chance.pick(_tail().tolist(), count), 0)


def _begin_threads(chance: Chance, ground: Ground, people: Columns, setting: Setting) -> Columns:
    everyone = np.arange(len(people["area"]), dtype=np.int64)
    times = _repeat(chance, setting.several_matters, len(everyone))
    person = np.repeat(everyone, times)
    count = len(person)
    child = is_child(people)[person] > 0
    matter = pick_matters(chance.branch("matters"), child)
    further = np.append(False, person[1:] == person[:-1])
    same_office = further & chance.happens(_SAME_OFFICE, count)
    source = np.maximum.accumulate(np.where(same_office, 0, np.arange(count)))
    matter = np.where(same_office, _sibling_matters(chance.branch("sibling"), matter[source], child), matter)
    bearer = bearers_of(matter)
    offices = ground.count_offices(people["area"][person], bearer)
    office = 1 + np.minimum(chance.below(offices, count), chance.below(offices, count))
    growing = np.arange(SPAN_DAYS, dtype=np.float64) + SPAN_DAYS / 3
    first_day = ground.first_day + chance.pick(growing, count)
    approached = first_day - chance.below(_LONGEST_APPROACH, count)
    return {
        "person": person,
        "matter": matter,
        "bearer": bearer,
        "office": np.where(same_office, np.minimum(office[source], offices), office),
        "day": first_day,
        "visits": 1 + chance.pick(falling_weights(6), count),
        "recounted": chance.pick(falling_weights(6), count),
        "approached": np.where(chance.happens(0.7, count), approached, NOTHING),
    }


def bearers_of(matters: Numbers) -> Numbers:
    """Return the number of the duty-bearer of each matter."""
    bearers = load_duty_bearers()
    return np.array([bearers.index(matter.duty_bearer) for matter in load_matters()], dtype=np.int64)[matters]


def _sibling_matters(chance: Chance, matter: Numbers, child: Flags) -> Numbers:
    """Return for each matter one of the same duty-bearer, often the same."""
    picked = matter.copy()
    known = load_matters()
    for number, asked in enumerate(known):
        weights = [one.weight if one.duty_bearer == asked.duty_bearer else 0 for one in known]
        grown = [0 if one.age == "child" else weight for one, weight in zip(known, weights, strict=True)]
        rows = np.flatnonzero(matter == number)
        if len(rows) and sum(grown):
            picked[rows] = chance.pick(grown, len(rows))
    return np.where(child, matter, picked)


def _follow_up(chance: Chance, ground: Ground, threads: Columns, setting: Setting) -> Columns:
    count = len(threads["person"])
    times = _repeat(chance, setting.follow_ups, count)
    thread = np.repeat(np.arange(count, dtype=np.int64), times)
    first = np.append(True, thread[1:] != thread[:-1])
    begins = np.maximum.accumulate(np.where(first, np.arange(len(thread)), 0))
    turn = np.arange(len(thread)) - begins
    gaps = np.where(first, 0, 2 + chance.pick(falling_weights(_LONGEST_GAP), len(thread)))
    passed = np.cumsum(gaps)
    more = np.where(first, 0, 1 + chance.below(2, len(thread)))
    more = np.cumsum(more) - np.cumsum(more)[begins]
    incidents = {name: values[thread] for name, values in threads.items()}
    incidents |= {
        "thread": thread,
        "turn": turn,
        "day": incidents["day"] + passed - passed[begins],
        "visits": incidents["visits"] + more,
        "recounted": incidents["recounted"] + chance.below(2, len(thread)) * turn,
    }
    in_time = incidents["day"] <= ground.month.last
    return {name: values[in_time] for name, values in incidents.items()}


def _gather_groups(chance: Chance, people: Columns, incidents: Columns, setting: Setting) -> Columns:
    """Add the people who were refused at the same desk on the same day: neighbours of one collective."""
    count = len(incidents["person"])
    leads = (incidents["turn"] == 0) & (is_child(people)[incidents["person"]] == 0)
    leaders = np.flatnonzero(leads & chance.happens(setting.group_visits, count))
    times = 1 + chance.pick(_SIZE_WEIGHTS, len(leaders))
    leader = np.repeat(leaders, times)
    begins = np.repeat(np.cumsum(times) - times, times)
    person = incidents["person"][leader] + 1 + np.arange(len(leader)) - begins
    last = len(people["area"]) - 1
    there = np.minimum(person, last)
    near = (person <= last) & (is_child(people)[there] == 0)
    for name in ("area", "collective"):
        near &= people[name][there] == people[name][incidents["person"][leader]]
    leader, person = leader[near], person[near]
    added = {name: values[leader] for name, values in incidents.items()} | {"person": person}
    added["thread"] = incidents["thread"].max(initial=0) + 1 + np.arange(len(leader))
    added["visits"] = 1 + chance.pick(falling_weights(4), len(leader))
    added["recounted"] = chance.pick(falling_weights(4), len(leader))
    whole = {name: np.concatenate([incidents[name], added[name]]) for name in incidents}
    group = np.full(count, NOTHING, dtype=np.int64)
    group[leader] = leader
    whole["leader"] = np.concatenate([np.arange(count), leader])
    whole["group"] = np.concatenate([group, leader])
    return whole


def _pick_kinds(chance: Chance, incidents: Columns, setting: Setting) -> Columns:
    """Let follow-ups often be like the time before, and members of a group fare like the first."""
    count = len(incidents["person"])
    kinds = pick_kinds(chance, incidents["matter"])
    follows = (incidents["turn"] > 0) & chance.happens(setting.follow_up_alike, count)
    before = np.maximum.accumulate(np.where(follows, 0, np.arange(count)))
    kinds = {name: values[before] for name, values in kinds.items()}
    alike = chance.happens(setting.group_alike, count)
    same = np.where(alike, incidents["leader"], np.arange(count))
    return {name: values[same] for name, values in kinds.items()}


def _pick_outcome(chance: Chance, incidents: Columns, count: int) -> Columns:
    answers, bribe = load_answers(), load_kinds().index("BRIBE")
    bribed = (np.stack([incidents[name] for name in KINDS]) == bribe).any(axis=0)
    amount = _RUPEES[chance.below(len(_RUPEES), count)]
    return {
        "amount": np.where(bribed, amount, NOTHING),
        "resolution": chance.pick(answers["resolution"].weights, count),
        "resolved": chance.below(40, count),
        "escalated_to": chance.pick(answers["escalated_to"].weights, count),
    }
