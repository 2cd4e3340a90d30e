"""The days that figures cover are those of their months, quarters and years."""

from datetime import date

import pytest

from pipeline.report.spans import find_days, list_spans


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026-10", date(2026, 10, 1), date(2026, 10, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(period, first, last):
    assert find_days(period) == (first, last)


def test_the_month_comes_first_and_a_place_has_only_its_own_periods(contract, make_frame, make_figures):
    figures = make_figures(make_frame(contract, share_shown=0.5, month="2026-12"))
    december = (date(2026, 12, 1), date(2026, 12, 31))
    assert list_spans(figures, "IN") == [december]
    quarter, year = (date(2026, 10, 1), date(2026, 12, 31)), (date(2026, 1, 1), date(2026, 12, 31))
    assert list_spans(figures, "IN-WB") == list_spans(figures) == [december, quarter, year]
