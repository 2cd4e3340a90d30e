"""From what happened to what is told: each form's values, before they are written down.

First everyone tells from memory, then copies take over the form that they copy, then writers follow their
habits, and last whole files are sent again.
"""

import numpy as np

from pipeline.contract import Contract
from pipeline.example.chance import Chance, Flags, Fractions, Numbers
from pipeline.example.habits import LANGUAGES, load_answers
from pipeline.example.world import NOTHING, Columns
from pipeline.worlds.details import DETAILS, NAMED
from pipeline.worlds.ground import Ground
from pipeline.worlds.memory import remember
from pipeline.worlds.people import OF_PERSON
from pipeline.worlds.setting import Setting
from pipeline.worlds.tellings import BY_OTHERS, FIRST, RESENT
from pipeline.worlds.writers import Writers, keep_habits

_FORM = (
    *("day", "day_known", "approached", "visits", "recounted", "amount", "service", "bearer", "area"),
    *("district_told", "kind_1", "kind_2", "kind_3", "ground_1", "ground_2", "resolution", "resolved"),
    *("escalated_to", "evidence", *OF_PERSON, *(f"detail_{name}" for name in DETAILS)),
)

_COPIED_IN_GROUP = (*OF_PERSON, "ground_1", "ground_2", "visits", "recounted", "approached")


def word_tellings(
    chance: Chance, told: Columns, ground: Ground, writers: Writers, setting: Setting, contract: Contract
) -> Columns:
    """Return what the form of each telling says.

    `told` has the columns of `tellings.tell`, and of its incident and person what happened. Beside the columns
    of `memory.remember`, evidence and language are added, and details are left out or changed.
    """
    writer, count = told["writer"], len(told["writer"])
    told = told | {
        "heaps": writers.have("heaps_days", writer).astype(np.int64),
        "evidence": chance.branch("evidence").pick(load_answers()["evidence"].weights, count),
        "language": _choose_languages(chance.branch("language"), writer, ground, writers, setting),
    }
    care = writers.care[writer] * np.where(told["way"] == FIRST, setting.first_hand, 1.0)
    said = remember(chance.branch("memory"), told, care, ground, setting, contract)
    said |= _recall_details(chance.branch("details"), said, care, setting)
    said |= _copy_in_groups(chance.branch("groups"), said, setting)
    said |= _see_outcome(chance.branch("outcome"), said, setting)
    copies = (told["source"] != np.arange(count)) & (told["way"] != RESENT)
    said = _copy_forms(chance.branch("copies"), said, copies, ground, setting, contract)
    said = keep_habits(said, writers, contract)
    return _copy_forms(chance.branch("resent"), said, told["way"] == RESENT, ground, setting, contract)


def first_of(*keys: Numbers) -> Numbers:
    """Return for each place the first place at which the keys are the same."""
    order = np.lexsort((np.arange(len(keys[0])), *reversed(keys)))
    changes = np.zeros(len(order), dtype=np.bool_)
    changes[:1] = True
    for key in keys:
        changes[1:] |= key[order][1:] != key[order][:-1]
    begins = np.maximum.accumulate(np.where(changes, np.arange(len(order)), 0))
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[begins]
    return first


def _choose_languages(
    chance: Chance, writer: Numbers, ground: Ground, writers: Writers, setting: Setting
) -> Numbers:
    other = np.zeros(len(writer), dtype=np.int64)
    collective = writers.collective[writer]
    for number, habit in enumerate(ground.habits):
        rows = np.flatnonzero(collective == number)
        weights = [habit.languages.get(language, 0) for language in LANGUAGES]
        other[rows] = chance.branch(number).pick(weights, len(rows))
    return np.where(chance.happens(setting.other_language, len(writer)), other, writers.language[writer])


def _recall_details(chance: Chance, said: Columns, care: Fractions, setting: Setting) -> Columns:
    recalled = {}
    for name in DETAILS:
        here, value = chance.branch(name), said[f"detail_{name}"]
        told = here.happens(setting.detail_kept, len(value))
        if name not in NAMED:
            wrong = here.branch("wrong").fractions(len(value)) < setting.number_changed * care
            step = 1 + here.below(2, len(value))
            unit = np.where(value >= 100, 50, np.where(value >= 20, 5, 1))
            value = np.where(wrong & (value >= 0), value + step * unit, value)
        recalled[f"detail_{name}"] = np.where(told, value, NOTHING)
    return recalled


def _copy_in_groups(chance: Chance, said: Columns, setting: Setting) -> Columns:
    """Let one who tells of a group visit copy the first row, person and all, into the next."""
    count = len(said["writer"])
    first = first_of(said["group"], said["writer"], said["recorded"])
    copied = (said["group"] >= 0) & chance.happens(setting.group_copied, count)
    source = np.where(copied, first, np.arange(count))
    child = load_answers()["survivor_age_band"].codes.index("under_18")
    source = np.where(said["survivor_age_band"][source] == child, np.arange(count), source)
    return {name: said[name][source] for name in _COPIED_IN_GROUP}


def _see_outcome(chance: Chance, said: Columns, setting: Setting) -> Columns:
    """Let who tells later see what became of it, or know less."""
    count, answers = len(said["writer"]), load_answers()
    changes = (said["way"] != FIRST) & chance.happens(setting.outcome_differs, count)
    later = chance.pick(answers["resolution"].weights, count)
    escalated = chance.pick(answers["escalated_to"].weights, count)
    return {
        "resolution": np.where(changes, later, said["resolution"]),
        "escalated_to": np.where(changes, escalated, said["escalated_to"]),
    }


def _copy_forms(
    chance: Chance, said: Columns, copies: Flags, ground: Ground, setting: Setting, contract: Contract
) -> Columns:
    """Let the copies say what their source says, but for slips of the pen."""
    source = np.where(copies, said["source"], np.arange(len(copies)))
    copied = said | {name: said[name][source] for name in _FORM}
    care = np.where(copies, setting.typing, 0.0)
    slipped = remember(chance, copied, care, ground, setting, contract)
    same_text = copies & (said["way"] != BY_OTHERS)
    slipped["language"] = np.where(same_text, said["language"][source], said["language"])
    return slipped
