"""Which made-up worlds the weights are learned from, and which are held back to judge them by.

The lessons are more varied than any one month: small and large, dense and sparse, easy and messy, and in some of
them a column that other collectives fill is blank throughout, since not everyone will fill what we foresee.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from pipeline.contract import Contract
from pipeline.example.chance import Chance
from pipeline.worlds.setting import EASY, KEPT, MESSY, Setting, draw_setting
from pipeline.worlds.world import World, invent_world

_SIZES = (400, 800, 1500, 2500, 2500, 5000)
_REPORTS_A_DISTRICT = (40, 60, 90, 90, 150, 250)
_REPORTS_AN_OFFICE = (4, 8, 8, 14)
_REPORTS_A_WRITER = (20, 45, 45, 90)
_BLANKED = 0.12
_SHUFFLED = 0.2
_MAY_BE_BLANK = (
    ("narrative",),
    ("case_token",),
    ("office",),
    ("recorder",),
    ("first_approached_on",),
    ("visits", "times_recounted"),
    ("amount_demanded",),
    ("grounds",),
    ("trafficking_form", "offence_before_july_2024"),
    ("resolution", "resolved_on", "escalated_to"),
    ("survivor_gender",),
    ("survivor_age_band",),
    ("evidence",),
)


@dataclass(frozen=True)
class Lesson:
    """One world to learn from or to judge by; a `varied` one has its own density and blank columns."""

    name: str
    setting: Setting
    seed: int
    reports: int
    varied: bool = False


def list_lessons(varied: int = 120, named: int = 10) -> list[Lesson]:
    """Return the worlds to learn from: many varied ones, and some of every named setting."""
    drawn = [
        Lesson("drawn", draw_setting(seed), seed, _SIZES[seed % len(_SIZES)], varied=True)
        for seed in range(200, 200 + varied)
    ]
    return drawn + [
        Lesson(name, setting, seed, 2500)
        for name, setting in (("kept", KEPT), ("messy", MESSY), ("easy", EASY))
        for seed in range(10, 10 + named)
    ]


def list_held_back(each: int = 4) -> list[Lesson]:
    """Return worlds that nothing is learned from, some of every named setting."""
    return [
        Lesson(name, setting, seed, 2500)
        for name, setting in (("easy", EASY), ("kept", KEPT), ("messy", MESSY))
        for seed in range(50, 50 + each)
    ]


def invent_lesson(lesson: Lesson, contract: Contract) -> World:
    """Return the world of a lesson."""
    if not lesson.varied:
        return invent_world(lesson.setting, reports=lesson.reports, seed=lesson.seed, contract=contract)
    chance = Chance("lesson", lesson.seed)
    setting = replace(
        lesson.setting,
        reports_a_district=_REPORTS_A_DISTRICT[int(chance.below(len(_REPORTS_A_DISTRICT), 1)[0])],
        reports_an_office=_REPORTS_AN_OFFICE[int(chance.below(len(_REPORTS_AN_OFFICE), 1)[0])],
        reports_a_writer=_REPORTS_A_WRITER[int(chance.below(len(_REPORTS_A_WRITER), 1)[0])],
    )
    world = invent_world(setting, reports=lesson.reports, seed=lesson.seed, contract=contract)
    return replace(world, reports=world.reports.with_columns(_blank(chance, world.reports)))


def _blank(chance: Chance, reports: pl.DataFrame) -> Iterator[pl.Expr | pl.Series]:
    for columns in _MAY_BE_BLANK:
        if chance.happens(_BLANKED, 1)[0]:
            yield from (pl.lit(None, reports.schema[name]).alias(name) for name in columns)
    if chance.happens(_SHUFFLED, 1)[0]:
        # Rows that were sorted by something else tell nothing by standing next to each other.
        yield pl.Series("row", chance.shuffled(reports.height) + 2).cast(pl.Int64)
