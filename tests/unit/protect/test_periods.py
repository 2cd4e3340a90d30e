"""Periods of time: months, calendar quarters and calendar years."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protect.periods import GRAINS, ends_period, last_month, list_months, name_period

months = st.builds("{}-{:02}".format, st.integers(2020, 2040), st.integers(1, 12))
grains = st.sampled_from(sorted(GRAINS))


@pytest.mark.parametrize(
    ("month", "names"),
    [
        ("2026-01", ["2026-01", "2026-Q1", "2026"]),
        ("2026-03", ["2026-03", "2026-Q1", "2026"]),
        ("2026-04", ["2026-04", "2026-Q2", "2026"]),
        ("2026-12", ["2026-12", "2026-Q4", "2026"]),
    ],
)
def test_periods_are_named_after_the_calendar(month: str, names: list[str]) -> None:
    assert [name_period(month, grain) for grain in ("month", "quarter", "year")] == names


@given(months, grains)
def test_a_month_lies_in_the_period_that_its_last_month_ends(month: str, grain: str) -> None:
    last = last_month(month, grain)
    assert ends_period(last, grain)
    assert month in list_months(last, grain)
    assert {name_period(each, grain) for each in list_months(last, grain)} == {name_period(month, grain)}


@given(months, grains)
def test_a_period_has_its_months_in_order_and_one_of_them_ends_it(month: str, grain: str) -> None:
    inside = list_months(last_month(month, grain), grain)
    assert inside == sorted(set(inside))
    assert len(inside) == GRAINS[grain]
    assert [ends_period(each, grain) for each in inside] == [False] * (len(inside) - 1) + [True]
