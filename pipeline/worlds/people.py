"""The people of a made-up world: where they live, which collective they belong to, under which token they go."""

import numpy as np

from pipeline.example.chance import Chance, Numbers
from pipeline.example.habits import load_answers
from pipeline.example.world import NOTHING, Columns
from pipeline.worlds.ground import Ground
from pipeline.worlds.mixing import mix_below
from pipeline.worlds.setting import Setting

OF_PERSON = ("survivor_gender", "survivor_age_band", "trafficking_form", "offence_before_july_2024")

_SLOTS = 1 << 20
_PEOPLE_A_VILLAGE = 15


def invent_people(chance: Chance, ground: Ground, setting: Setting, count: int) -> Columns:
    """Return `count` people, those of one area and collective next to each other.

    Columns: area, collective, second (another collective, mostly -1), slot (which writer of the place they
    go to), village, alias (the person whose token they use, mostly themselves), ground_1, ground_2, and the
    answers of OF_PERSON by number.
    """
    people = {"area": chance.pick(ground.weights, count)}
    people["collective"] = ground.choose_collectives(people["area"], chance.branch("collective"))
    order = np.lexsort((people["collective"], people["area"]))
    people = {name: values[order] for name, values in people.items()}
    other = ground.choose_collectives(people["area"], chance.branch("second"), people["collective"])
    people["second"] = np.where(chance.happens(setting.second_collective, count), other, NOTHING)
    people["slot"] = chance.below(_SLOTS, count)
    people["village"] = _settle(people["area"])
    for field in OF_PERSON:
        people[field] = chance.pick(load_answers()[field].weights, count)
    people |= pick_grounds(chance.branch("grounds"), count)
    people["alias"] = _share_tokens(chance.branch("alias"), people, setting)
    return people


def pick_grounds(chance: Chance, count: int) -> Columns:
    """Return one or two grounds as `ground_1` and `ground_2`, 0 where there is none."""
    weights = load_answers()["grounds"].weights
    second = chance.happens(0.2, count)
    first = chance.pick(weights, count)
    return {"ground_1": first, "ground_2": np.where(second, chance.pick(weights, count), 0)}


def is_child(people: Columns) -> Numbers:
    """Return 1 for those under 18 and 0 for all others."""
    under_18 = load_answers()["survivor_age_band"].codes.index("under_18")
    return np.asarray(people["survivor_age_band"] == under_18, dtype=np.int64)


def _settle(areas: Numbers) -> Numbers:
    """Return a village for each person, as many in an area as its people fill."""
    count = np.maximum(3, np.bincount(areas) // _PEOPLE_A_VILLAGE)
    picked = mix_below(count[areas], np.arange(len(areas)))
    return areas + (picked << 20)


def _share_tokens(chance: Chance, people: Columns, setting: Setting) -> Numbers:
    """Let a few people, sisters say, go under the token of their neighbour."""
    everyone = np.arange(len(people["area"]), dtype=np.int64)
    before = np.maximum(everyone - 1, 0)
    shared = chance.happens(setting.token_of_other, len(everyone))
    together = people["area"] == people["area"][before]
    return np.where(shared & together, before, everyone)
