"""Worlds to learn from are many and unlike; those to judge by are none of them."""

import polars as pl
import pytest

from pipeline.contract import Contract
from pipeline.worlds.lessons import invent_lesson, list_held_back, list_lessons


def test_nothing_is_judged_by_what_was_learned_from() -> None:
    learned = {(lesson.name, lesson.seed) for lesson in list_lessons()}
    held_back = {(lesson.name, lesson.seed) for lesson in list_held_back()}
    assert len(learned) == len(list_lessons())
    assert not learned & held_back
    assert {name for name, _ in held_back} == {"easy", "kept", "messy"}


def test_lessons_differ_in_size_density_and_in_what_is_blank(contract: Contract) -> None:
    lessons = [lesson for lesson in list_lessons(varied=20) if lesson.varied and lesson.reports <= 800]
    worlds = [invent_lesson(lesson, contract) for lesson in lessons]
    assert {world.reports.height for world in worlds} == {400, 800}
    blank = [
        frozenset(
            name for name in world.reports.columns if world.reports[name].null_count() == world.reports.height
        )
        for world in worlds
    ]
    assert len(set(blank)) > 3
    required = {
        "report",
        "recorded_on",
        "incident_first",
        "state",
        "duty_bearer",
        "service",
        "incident_kinds",
    }
    assert not required & frozenset().union(*blank)


@pytest.mark.parametrize("varied", [True, False])
def test_a_lesson_is_the_same_each_time(contract: Contract, *, varied: bool) -> None:
    lesson = next(lesson for lesson in list_lessons() if lesson.varied == varied)
    one, other = invent_lesson(lesson, contract), invent_lesson(lesson, contract)
    assert one.reports.equals(other.reports)
    assert one.reports["report"].equals(one.truth["report"])
    assert one.reports.group_by("return_id").agg(pl.col("row").is_unique().all())["row"].all()
