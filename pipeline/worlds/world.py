"""A made-up world from its people to its reports, and what is true in it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.contract import Contract
from pipeline.errors import UsageError
from pipeline.example.chance import Chance, Numbers
from pipeline.example.habits import LANGUAGES, load_matters
from pipeline.example.spelling import choose_words
from pipeline.example.world import Columns
from pipeline.settings import check_month
from pipeline.worlds.desks import name_desks
from pipeline.worlds.forms import fill_forms
from pipeline.worlds.ground import Ground, lay_ground
from pipeline.worlds.incidents import expect_incidents, happen
from pipeline.worlds.mixing import mix
from pipeline.worlds.people import OF_PERSON, invent_people
from pipeline.worlds.setting import Setting
from pipeline.worlds.tellings import AGAIN, RESENT, TWICE, put_in_order, tell
from pipeline.worlds.texts import Texts, write_texts
from pipeline.worlds.tokens import write_tokens
from pipeline.worlds.wording import word_tellings
from pipeline.worlds.writers import Writers, hire_writers

FEWEST_REPORTS = 100

WORLD_TRUTH_SCHEMA = pl.Schema(
    {
        "report": pl.String,
        "incident": pl.Int64,
        "person": pl.Int64,
        "thread": pl.Int64,
        "group_visit": pl.Int64,
        "desk": pl.Int64,
        "teller": pl.Int64,
        "writer": pl.Int64,
        "language": pl.String,
        "happened": pl.Date,
        "day_known": pl.Boolean,
        "retyped": pl.Boolean,
        "resent": pl.Boolean,
        "pasted": pl.Boolean,
    }
)
"""What is true of each report: its incident and person, the thread (one matter of one person at one office), the
group visit (null if none), the desk (one office), the teller (0 for the first), the writer, the language of its
narrative, the day on which it happened, and whether the report tells the day. `retyped` reports are the same
writer's double entries, `resent` among them those of files sent again, `pasted` those with the narrative of
another incident."""

_SURPLUS = 1.08


@dataclass(frozen=True)
class World:
    """A made-up world: `reports` (WORLD_REPORTS_SCHEMA) and `truth` (WORLD_TRUTH_SCHEMA), row by row."""

    reports: pl.DataFrame
    truth: pl.DataFrame


def invent_world(
    setting: Setting, *, reports: int, seed: int, month: str = "2026-10", contract: Contract
) -> World:
    """Return a world with exactly so many reports, most of them in the returns of `month` (`YYYY-MM`).

    Everything in it is made up. The same arguments give the same frames. Raises UsageError for a month or
    number that cannot be used.
    """
    check_month(month)
    if reports < FEWEST_REPORTS:
        raise UsageError(f"Ask for at least {FEWEST_REPORTS} reports: a smaller world is none.")
    chance = Chance("world", month, reports, seed)
    ground = lay_ground(contract, month, reports, setting, chance.branch("ground"))
    writers = hire_writers(chance.branch("writers"), ground, setting)
    people, incidents, told = _live(chance, ground, writers, setting, reports)
    happened = _gather(people, incidents, told, contract)
    said = word_tellings(chance.branch("wording"), happened, ground, writers, setting, contract)
    texts = write_texts(chance.branch("texts"), said, writers, setting)
    office = {**said, "matter": happened["matter"], "office": happened["office"]}
    cells = {
        "office": name_desks(chance.branch("desks"), office, said["language"], ground, writers, setting),
        "case_token": write_tokens(
            chance.branch("tokens"), said, happened["alias"], writers, setting, chance.below(1 << 50, 2)
        ),
        "narrative": texts.narrative,
    }
    forms = fill_forms(said, cells, ground, writers, contract)
    return World(forms, _tell_truth(forms["report"], happened, said, texts))


def _live(
    chance: Chance, ground: Ground, writers: Writers, setting: Setting, reports: int
) -> tuple[Columns, Columns, Columns]:
    """Return people, their incidents, and as many tellings as asked for, in the order of the returns."""
    told_an_incident = 1 + setting.told_by_others + setting.told_by_colleague + setting.told_again
    told_an_incident += setting.told_twice
    people_needed = round(reports / told_an_incident / expect_incidents(setting) * _SURPLUS) + 20
    while True:
        people = invent_people(chance.branch("people"), ground, setting, people_needed)
        incidents = happen(chance.branch("incidents"), ground, people, setting)
        told = tell(chance.branch("tellings"), ground, people, incidents, writers, setting)
        if len(told["incident"]) >= reports:
            return people, incidents, put_in_order(chance.branch("order"), told, incidents, reports)
        people_needed = round(people_needed * 1.2)


def _gather(people: Columns, incidents: Columns, told: Columns, contract: Contract) -> Columns:
    """Return the tellings with what happened and to whom."""
    of_incident = {name: values[told["incident"]] for name, values in incidents.items()}
    person = of_incident["person"]
    of_person = {name: people[name][person] for name in (*OF_PERSON, "ground_1", "ground_2", "alias")}
    services = list(contract.codes_of("service").codes)
    service = np.array([services.index(matter.service) for matter in load_matters()], dtype=np.int64)
    count = len(person)
    return {
        **of_incident,
        **of_person,
        **told,
        "service": service[of_incident["matter"]],
        "day_known": np.ones(count, dtype=np.int64),
        "district_told": np.ones(count, dtype=np.int64),
    }


def _tell_truth(report: pl.Series, happened: Columns, said: Columns, texts: Texts) -> pl.DataFrame:
    group = _number_anew(happened["group"])
    truth = {
        "report": report,
        "incident": _number_anew(happened["incident"]),
        "person": _number_anew(happened["person"]),
        "thread": _number_anew(happened["thread"]),
        "group_visit": group,
        "desk": _number_anew(mix(happened["area"], happened["bearer"], happened["office"]).view(np.int64)),
        "teller": happened["teller"],
        "writer": happened["writer"],
        "language": choose_words(LANGUAGES, texts.language),
        "happened": pl.Series(happened["day"]).cast(pl.Int32),
        "day_known": said["day_known"] > 0,
        "retyped": np.isin(happened["way"], (AGAIN, TWICE, RESENT)),
        "resent": happened["way"] == RESENT,
        "pasted": texts.pasted,
    }
    return (
        pl.DataFrame(truth)
        .select(pl.col(name).cast(kind) for name, kind in WORLD_TRUTH_SCHEMA.items())
        .with_columns(group_visit=pl.when(pl.Series(happened["group"] >= 0)).then("group_visit"))
    )


def _number_anew(numbers: Numbers) -> Numbers:
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)
