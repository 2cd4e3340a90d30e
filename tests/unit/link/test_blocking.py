"""Blocking finds what may belong together, never compares a crowd with itself, and says whom it passed over."""

import itertools

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.link.blocking import Blocks, Rule, block_reports

PLACE = Rule("place", ((("town",),), (("office",), ("service", "days"))))


def make_rows(*rows: tuple[str | None, str | None, str | None, list[int] | None]) -> pl.DataFrame:
    schema = {"town": pl.String, "office": pl.String, "service": pl.String, "days": pl.List(pl.Int64)}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(id=pl.int_range(pl.len()))


def pairs_of(blocks: Blocks) -> set[tuple[int, int]]:
    members: dict[int, list[int]] = {}
    for number, key in blocks.keys.select("id", "key").iter_rows():
        members.setdefault(key, []).append(number)
    return {pair for ids in members.values() for pair in itertools.combinations(sorted(ids), 2)}


def test_reports_that_share_a_key_are_compared() -> None:
    rows = make_rows(("a", None, None, None), ("a", None, None, None), ("b", None, None, None))
    assert pairs_of(block_reports(rows, [PLACE], most=10)) == {(0, 1)}


def test_a_missing_value_is_no_key() -> None:
    rows = make_rows((None, "1", "x", [1]), (None, "1", "x", [1]))
    assert pairs_of(block_reports(rows, [PLACE], most=10)) == set()


def test_a_report_in_several_windows_has_a_key_for_each() -> None:
    rows = make_rows(*[("a", None, "x", days) for days in ([1, 2], [2, 3], [4])])
    assert pairs_of(block_reports(rows, [Rule("days", ((("days",),),))], most=10)) == {(0, 1)}


def test_a_crowded_key_is_refined_by_any_of_the_finer_ones() -> None:
    rows = make_rows(
        *[("a", str(number % 4), "x", [number]) for number in range(8)],
        ("a", None, "x", [0]),
        ("b", "0", "x", [0]),
    )
    found = pairs_of(block_reports(rows, [PLACE], most=4))
    assert (0, 4) in found, "the office is the same"
    assert (0, 8) in found, "service and day are the same"
    assert (0, 1) not in found, "neither is"
    assert not any(9 in pair for pair in found), "another town"


def test_what_cannot_be_refined_is_compared_with_neighbours_and_named() -> None:
    rows = make_rows(*[("a", "1", "x", [1])] * 50, ("b", "1", "x", [1]), ("b", "1", "x", [1]))
    blocks = block_reports(rows, [PLACE], most=6)
    assert blocks.dense.to_list() == list(range(50))
    found = pairs_of(blocks)
    assert all((number, number + 1) in found for number in range(49))
    assert len(found) < 50 * 6


def test_who_has_nothing_finer_to_go_by_stays_in_the_crowd_and_is_named() -> None:
    blocks = block_reports(make_rows(*[("a", None, None, None)] * 9, ("a", "1", None, None)), [PLACE], most=4)
    assert blocks.dense.to_list() == list(range(9))
    assert {(number, number + 1) for number in range(8)} <= pairs_of(blocks)


def test_a_finer_key_stays_inside_the_coarser_one() -> None:
    rows = make_rows(
        ("a", "1", None, None), ("a", "1", None, None), ("a", "2", None, None), ("b", "1", None, None)
    )
    assert pairs_of(block_reports(rows, [PLACE], most=2)) == {(0, 1)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            *[st.sampled_from(["1", "2", None])] * 3, st.lists(st.integers(0, 3), max_size=2) | st.none()
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(2, 8),
)
def test_no_key_is_shared_by_more_than_allowed_whatever_the_rows(rows, most: int) -> None:
    blocks = block_reports(make_rows(*rows), [PLACE], most=most)
    assert (blocks.keys.group_by("key").len()["len"].max() or 0) <= most
    assert blocks.keys.is_unique().all()


def test_twenty_thousand_equal_reports_are_no_crowd_to_compare() -> None:
    reports = 20_000
    rows = make_rows(*[("a", "1", "x", [1])] * reports)
    blocks = block_reports(rows, [PLACE], most=24)
    assert blocks.dense.len() == reports
    # Two keys of the last step, and two overlapping blocks of neighbours for each.
    assert blocks.keys.height <= 4 * reports
