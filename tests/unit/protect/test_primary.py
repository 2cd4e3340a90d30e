"""The primary rule: thresholds, rounding, one symbol."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protect.plan import DOUBTFUL_ARE_ONE, DOUBTFUL_ARE_SEVERAL, PLANNED_SCHEMA, Plan
from pipeline.protect.primary import CELLS_SCHEMA, protect_cells

PLAN = Plan(version="1", threshold_persons=10, rounding_base=5, incidents_per_person=3, families=())

# The 10-5 rule of the Office for National Statistics (package cell-key-perturbation, ptable_10_5_rule.csv).
TEN_FIVE_RULE = [(9, None), (10, 10), (12, 10), (13, 15), (17, 15), (18, 20), (22, 20), (23, 25)]


def protect_one(count: int, persons: int, *, unit: str = "incidents") -> dict[str, object]:
    planned = pl.DataFrame(
        [("total", "IN", "incidents", "", "", "", "", unit)], schema=PLANNED_SCHEMA, orient="row"
    )
    cells = pl.DataFrame(
        [("total", "IN", "incidents", "", "", count, persons)], schema=CELLS_SCHEMA, orient="row"
    )
    return protect_cells(cells, planned, PLAN, month="2026-10").row(0, named=True)


@pytest.mark.parametrize(("count", "value"), TEN_FIVE_RULE)
def test_counts_follow_the_ten_five_rule(count: int, value: int | None) -> None:
    assert protect_one(count, persons=count)["value"] == value


def test_many_incidents_of_few_persons_are_not_published() -> None:
    assert protect_one(200, persons=9)["status"] == "not_published"


def test_zero_and_small_and_missing_cells_look_the_same() -> None:
    planned = pl.DataFrame(
        [("total", "IN", "incidents", "", "", "", "", "incidents")], schema=PLANNED_SCHEMA, orient="row"
    )
    missing = protect_cells(CELLS_SCHEMA.to_frame(), planned, PLAN, month="2026-10").row(0, named=True)
    assert protect_one(0, 0) == protect_one(9, 9) == missing
    assert missing["value"] is missing["lower"] is missing["upper"] is None


def protect_range(one: tuple[int, int], several: tuple[int, int]) -> list[object]:
    """Protect a range from incidents and persons at its two ends; return the values shown."""
    cells = [("range", "IN", measure, "", "") for measure in (DOUBTFUL_ARE_ONE, DOUBTFUL_ARE_SEVERAL)]
    planned = [(*cell[:3], "", "", "", "", "incidents") for cell in cells]
    counted = [(*cell, *numbers) for cell, numbers in zip(cells, (one, several), strict=True)]
    figures = protect_cells(
        pl.DataFrame(counted, schema=CELLS_SCHEMA, orient="row"),
        pl.DataFrame(planned, schema=PLANNED_SCHEMA, orient="row"),
        PLAN,
        month="2026-10",
    )
    return figures["value"].to_list()


def test_a_range_is_shown_whole_or_not_at_all() -> None:
    assert protect_range((40, 40), (47, 47)) == [40, 45]
    assert protect_range((9, 9), (47, 47)) == [None, None]
    assert protect_range((0, 0), (0, 0)) == [None, None]


def test_numbers_of_collectives_are_shown_as_they_are() -> None:
    assert protect_one(3, 3, unit="collectives")["value"] == 3


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_shown_cell_never_lies_and_never_points_below_the_threshold(count: int, persons: int) -> None:
    persons = min(count, persons)
    figure = protect_one(count, persons)
    if persons < PLAN.threshold_persons:
        assert figure["status"] == "not_published"
        return
    assert figure["lower"] <= count <= figure["upper"]
    assert figure["lower"] >= PLAN.threshold_persons
    assert figure["value"] % PLAN.rounding_base == 0
