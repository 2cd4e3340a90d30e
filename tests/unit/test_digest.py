"""The digest says each thing that waits once, and nothing where nothing waits."""

from dataclasses import replace
from datetime import date

import pytest

from pipeline.digest import Facts, MonthFacts, compose_digest

MONTH = MonthFacts("2026-10", date(2026, 11, 10), expected=11, missing=0, is_published=True, waits=False)
QUIET = Facts(
    today=date(2026, 11, 8),
    months=[MONTH],
    pairs=0,
    days_of_oldest_pair=0,
    held=0,
    rejected=0,
    unread_sources=0,
    has_returns=True,
    days_since_backup=0,
    free_gib=None,
)


def test_nothing_is_said_where_nothing_waits() -> None:
    assert compose_digest(QUIET) == []


@pytest.mark.parametrize(
    ("month", "today", "lines"),
    [
        (
            {"missing": 4, "is_published": False},
            8,
            ["October 2026 closes in 2 days: 4 of 11 collectives have not filed."],
        ),
        ({"missing": 4, "is_published": False}, 4, []),
        ({"missing": 0, "is_published": False}, 8, []),
        ({"missing": 4, "is_published": False}, 11, ["October 2026 closed 1 day ago and is not published."]),
        ({"is_published": False, "waits": True}, 12, ["The draft of October 2026 waits for approval."]),
        ({"missing": 4, "is_published": True}, 8, []),
    ],
)
def test_a_month_is_told_of_before_it_closes_and_until_it_is_published(month, today, lines) -> None:
    facts = replace(QUIET, today=date(2026, 11, today), months=[replace(MONTH, **month)])
    assert compose_digest(facts) == lines


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {"pairs": 1, "days_of_oldest_pair": 9},
            "1 doubtful pair of reports to review; the oldest waits 9 days.",
        ),
        ({"held": 2}, "2 returns held until a person has spoken with the collective."),
        ({"rejected": 1}, "1 return rejected in the last seven days: see that the slips arrive."),
        ({"unread_sources": 1}, "1 source not read to the end for more than a day."),
        ({"days_since_backup": None}, "No backup was ever made."),
        ({"days_since_backup": 3}, "The last backup is 3 days old."),
        ({"free_gib": 1}, "Only 1 GiB are free on the disk of the home."),
    ],
)
def test_each_thing_that_waits_is_one_line(facts, line) -> None:
    assert compose_digest(replace(QUIET, **facts)) == [line]
