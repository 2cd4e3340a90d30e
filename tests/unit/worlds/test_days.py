"""How days are told otherwise."""

from datetime import date

import numpy as np
import pytest

from pipeline.worlds import days
from pipeline.worlds.days import heap, last_of_month, split_days

EPOCH = date(1970, 1, 1).toordinal()


def number(*texts):
    return np.array([date.fromisoformat(text).toordinal() - EPOCH for text in texts], dtype=np.int64)


def text(numbers):
    return [date.fromordinal(int(day) + EPOCH).isoformat() for day in numbers]


def test_days_are_heaped_on_the_nearest_round_day_of_their_month():
    heaped = heap(number("2026-10-02", "2026-10-07", "2026-10-14", "2026-10-31"))
    assert text(heaped) == ["2026-10-01", "2026-10-05", "2026-10-15", "2026-10-25"]


def test_the_first_and_last_day_of_a_month_are_known_in_leap_years_too():
    first, day = split_days(number("2028-02-29", "2026-12-31"))
    assert text(first) == ["2028-02-01", "2026-12-01"]
    assert list(day) == [29, 31]
    assert text(last_of_month(number("2028-02-10", "2026-02-10"))) == ["2028-02-29", "2026-02-28"]


@pytest.mark.parametrize(
    ("day", "turn", "swapped"),
    [
        ("2026-10-12", 1, "2026-10-21"),
        ("2026-10-19", 1, "2026-10-19"),
        ("2026-10-03", 1, "2026-10-30"),
        ("2026-10-09", 0, "2026-09-10"),
        ("2026-10-21", 0, "2026-10-12"),
    ],
)
def test_digits_of_the_day_or_day_and_month_are_swapped_where_that_gives_a_date(day, turn, swapped):
    assert text(days._swap(number(day), np.array([turn]))) == [swapped]


def test_the_month_before_has_the_same_day_where_it_is_long_enough():
    before = days._month_before(number("2026-10-12", "2026-03-31", "2026-01-05"))
    assert text(before) == ["2026-09-12", "2026-02-28", "2025-12-05"]
