"""The writers of a made-up world and their habits, which say more about them than about what happened."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.contract import Contract
from pipeline.example.chance import Chance, Flags, Fractions, Numbers
from pipeline.example.habits import LANGUAGES, load_answers, load_duty_bearers, load_kinds
from pipeline.example.world import NOTHING, Columns
from pipeline.worlds.files import read_table
from pipeline.worlds.ground import Ground
from pipeline.worlds.setting import Setting

_INTERVALS = (1, 2, 3, 5, 7, 10, 15)
_INTERVAL_WEIGHTS = (3, 2, 3, 3, 5, 3, 2)
_NATIVE_DIGITS = 0.4
_HABITS = (
    "writes_other_service",
    "writes_one_kind",
    "writes_parent_bearer",
    "writes_one_visit",
    "writes_one_ground",
    "writes_no_day",
    "writes_no_office",
    "heaps_days",
    "pastes_always",
    "pastes_in_sitting",
    "writes_no_narrative",
    "writes_little",
    "leaves_recorder_blank",
    "writes_no_token",
)


@dataclass(frozen=True)
class Writers:
    """All writers by number: their collective, language, care, days of sitting and habits.

    `care` is the factor on all rates of memory. A writer sits down every `interval` days, counted from
    `phase`. `habits` has a flag for each habit of the setting; `one_kind` and `one_ground` are what a writer
    with such a habit always writes. `key` names the key with which the writer's collective makes tokens.
    """

    collective: Numbers
    language: Numbers
    native_digits: Flags
    care: Fractions
    interval: Numbers
    phase: Numbers
    one_kind: Numbers
    one_ground: Numbers
    key: Numbers
    habits: Mapping[str, Flags]

    def have(self, habit: str, writers: Numbers) -> Flags:
        """Tell which of the writers have a habit."""
        return np.asarray(self.habits[habit][writers])

    def next_sitting(self, writers: Numbers, days: Numbers) -> Numbers:
        """Return the first day from `days` on at which each writer sits down to write."""
        return np.asarray(days + (self.phase[writers] - days) % self.interval[writers])


def hire_writers(chance: Chance, ground: Ground, setting: Setting) -> Writers:
    """Return the writers of all collectives."""
    count = ground.writers
    collective = ground.collective_of(np.arange(count))
    languages = np.zeros(count, dtype=np.int64)
    for number, habit in enumerate(ground.habits):
        rows = np.flatnonzero(collective == number)
        weights = [habit.languages.get(language, 0) for language in LANGUAGES]
        languages[rows] = chance.branch("languages", number).pick(weights, len(rows))
    keys = np.arange(len(ground.habits))
    in_network = chance.branch("keys").happens(setting.network_key, len(keys))
    return Writers(
        collective=collective,
        language=languages,
        native_digits=chance.happens(_NATIVE_DIGITS, count),
        care=1 + setting.careless_spread * (2 * chance.fractions(count) - 1),
        interval=np.array(_INTERVALS)[chance.pick(_INTERVAL_WEIGHTS, count)],
        phase=chance.below(30, count),
        one_kind=_usual_kinds()[chance.below(len(_usual_kinds()), count)],
        one_ground=1 + chance.below(len(load_answers()["grounds"].codes) - 1, count),
        key=np.where(in_network, len(keys), keys)[collective],
        habits={name: chance.branch(name).happens(float(getattr(setting, name)), count) for name in _HABITS},
    )


def keep_habits(told: Columns, writers: Writers, contract: Contract) -> Columns:
    """Return what is written where writers follow their habits.

    `told` has the columns of `memory.remember`; days are heaped elsewhere, since that is a matter of memory.
    """
    writer = told["writer"]
    other = list(contract.codes_of("service").codes).index("OTHER")
    one_kind = writers.have("writes_one_kind", writer)
    one_ground = writers.have("writes_one_ground", writer)
    parents = writers.have("writes_parent_bearer", writer)
    return told | {
        "service": np.where(writers.have("writes_other_service", writer), other, told["service"]),
        "kind_1": np.where(one_kind, writers.one_kind[writer], told["kind_1"]),
        "kind_2": np.where(one_kind, NOTHING, told["kind_2"]),
        "kind_3": np.where(one_kind, NOTHING, told["kind_3"]),
        "bearer": np.where(parents, _parent_bearers()[told["bearer"]], told["bearer"]),
        "visits": np.where(writers.have("writes_one_visit", writer), 1, told["visits"]),
        "ground_1": np.where(one_ground, writers.one_ground[writer], told["ground_1"]),
        "ground_2": np.where(one_ground, 0, told["ground_2"]),
        "day_known": np.where(writers.have("writes_no_day", writer), 0, told["day_known"]),
    }


def _usual_kinds() -> Numbers:
    kinds = load_kinds()
    return np.array([kinds.index("REFUSAL"), kinds.index("DELAY"), len(kinds)], dtype=np.int64)


def _parent_bearers() -> Numbers:
    bearers = load_duty_bearers()
    parents = {
        row["code"]: row["neighbours"] for row in read_table("neighbours.csv") if row["field"] == "parent"
    }
    return np.array([bearers.index(parents.get(code, code)) for code in bearers], dtype=np.int64)
