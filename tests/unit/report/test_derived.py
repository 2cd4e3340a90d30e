"""What is derived comes from shown values alone, and is silent where rounding or chance could decide it."""

import itertools
import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.derived import mean, median_band, percentage, trend
from pipeline.report.figures import Shown


def shown(value: int) -> Shown:
    return Shown(value, max(value - 2, 10), value + 2)


def exact(value: int) -> Shown:
    return Shown(value, value, value)


values = st.integers(2, 400).map(lambda step: shown(5 * step))


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (10, 50, 20),
        (25, 200, 13),
        (15, 200, 8),
        (10, 3000, 0),
        (200, 200, 100),
        (205, 200, 100),
        (10, 45, None),
    ],
)
def test_a_percentage_is_a_whole_number_of_a_whole_that_is_large_enough(part, whole, percent):
    assert percentage(shown(part), shown(whole)) == percent


@given(values, values)
def test_a_percentage_lies_within_half_a_percent_of_the_ratio_of_the_shown_values(part, whole):
    percent = percentage(part, whole)
    if whole.value < 50:
        assert percent is None
    else:
        assert abs(percent - min(Fraction(100), Fraction(100 * part.value, whole.value))) <= Fraction(1, 2)


@given(values)
def test_nothing_is_derived_from_what_is_not_published(value):
    assert percentage(None, value) is percentage(value, None) is None
    assert mean(None, value) is mean(value, None) is None
    assert trend(None, value) is trend(value, None) is None
    assert median_band([value, value], None) is None


@pytest.mark.parametrize(
    ("total", "over", "expected"),
    [
        (shown(1250), exact(9), "138.9"),
        (shown(100), exact(1), "100.0"),
        (shown(1250), exact(0), None),
        (shown(100), shown(15), None),
        (shown(105), shown(20), "5.3"),
        (shown(10), shown(300), "0.0"),
    ],
)
def test_a_mean_has_one_decimal_and_needs_an_exact_or_large_number_to_divide_by(total, over, expected):
    assert mean(total, over) == (None if expected is None else Decimal(expected))


@given(values, values)
def test_a_trend_is_named_only_beyond_ten_and_beyond_chance(now, before):
    step = now.value - before.value
    is_clear = abs(step) >= 10 and abs(step) > 1.96 * math.sqrt(now.value + before.value)
    assert trend(now, before) == (None if not is_clear else "rose" if step > 0 else "fell")


@pytest.mark.parametrize(
    ("now", "before", "direction"),
    [
        (shown(20), shown(10), None),
        (shown(25), shown(10), "rose"),
        (shown(10), shown(25), "fell"),
        # 40 is 1.975 times the root of 410 and 1.952 times that of 420.
        (shown(225), shown(185), "rose"),
        (shown(230), shown(190), None),
        (exact(6), exact(0), None),
    ],
)
def test_a_trend_needs_a_step_of_ten_and_one_that_grows_with_the_root_of_the_numbers(now, before, direction):
    assert trend(now, before) == direction


def list_assignments(bands: list[Shown | None], total: Shown) -> Iterator[tuple[int, ...]]:
    """Yield all true counts of the bands that the shown bounds allow."""
    ranges = [range(band.lower, band.upper + 1) if band else range(total.upper + 1) for band in bands]
    return (counts for counts in itertools.product(*ranges) if sum(counts) <= total.upper)


def place_of_median(counts: tuple[int, ...]) -> int | None:
    """Return the band of the record in the middle, or None where the two in the middle are of different bands."""
    records = [place for place, count in enumerate(counts) for _ in range(count)]
    if not records:
        return None
    low, high = records[(len(records) - 1) // 2], records[len(records) // 2]
    return low if low == high else None


def leave_one_out(counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return (
        tuple(count - (here == place) for here, count in enumerate(counts))
        for place in range(len(counts))
        if counts[place]
    )


small_bounds = st.tuples(st.integers(0, 6), st.integers(0, 2)).map(lambda b: Shown(b[0], b[0], sum(b)))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | small_bounds, min_size=1, max_size=4), st.integers(20, 24))
def test_a_median_is_told_where_all_allowed_counts_less_any_one_record_have_it_in_one_band(bands, most):
    total = Shown(20, 18, most)
    found = set()
    for counts in list_assignments(bands, total):
        found.add(place_of_median(counts))
        found.update(place_of_median(fewer) for fewer in leave_one_out(counts))
        if len(found) > 1:
            break
    expected = found.pop() if len(found) == 1 else None
    assert median_band(bands, total) == expected


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=4).filter(lambda counts: sum(counts) >= 20),
    st.data(),
)
def test_a_median_that_is_told_is_that_of_the_true_counts(counts, data):
    hidden = data.draw(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts)))
    bands = [
        None if count < 10 or hide else shown(5 * ((count + 2) // 5))
        for count, hide in zip(counts, hidden, strict=True)
    ]
    place = median_band(bands, shown(5 * ((sum(counts) + 2) // 5)))
    if place is not None:
        assert place_of_median(tuple(counts)) == place
        assert {place_of_median(fewer) for fewer in leave_one_out(tuple(counts))} == {place}


def test_no_median_is_told_of_fewer_than_twenty():
    assert median_band([shown(15), None], shown(15)) is None
    assert median_band([shown(20), None], shown(20)) == 0


def test_bands_that_cannot_belong_to_the_total_have_no_median():
    assert median_band([shown(50), shown(10)], shown(20)) is None
