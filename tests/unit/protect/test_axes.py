"""The codes of each dimension: those shown somewhere, and one rest for what nothing tells apart."""

import polars as pl
import pytest

from pipeline.contract import load_contract
from pipeline.protect.axes import STATE, make_axes
from pipeline.protect.counted import FIGURES_SCHEMA
from pipeline.protect.plan import load_plan

TABLES = ("total", "by_service", "by_incident_kind", "by_grounds", "by_survivor_gender", "by_delay_band")


def make_shown(*cells: tuple[str, str, str]) -> pl.DataFrame:
    """Return shown figures from geography, dimension and code."""
    names = ("geography", "dimension_1", "code_1")
    frame = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
    missing = [pl.lit("", dtype=pl.String).alias(name) for name in FIGURES_SCHEMA if name not in names]
    return frame.with_columns(missing)


def test_codes_that_are_shown_nowhere_are_one(small) -> None:
    axes = make_axes(make_shown(("S2", "service", "V3")), small.plan(TABLES), small.contract)
    assert axes[STATE].sizes == {"S2": 1, "*": 2}
    assert axes["service"].sizes == {"V3": 1, "*": 2}


def test_a_blank_answer_is_one_more_code_where_it_may_be_given(small) -> None:
    shown = make_shown(*(("IN", "survivor_gender", code) for code in ("W", "M")))
    axes = make_axes(shown, small.plan(TABLES), small.contract)
    assert axes["survivor_gender"].sizes == {"W": 1, "M": 1, "*": 1}


def test_no_answer_is_left_blank_that_must_be_given_or_follows_from_one(small) -> None:
    shown = make_shown(
        *(("IN", "service", code) for code in ("V1", "V2", "V3")),
        *(("IN", "delay_band", code) for code in ("L1", "L2", "L3")),
    )
    axes = make_axes(shown, small.plan(TABLES), small.contract)
    assert "*" not in axes["service"].sizes
    assert "*" not in axes["delay_band"].sizes


def test_several_codes_of_an_incident_have_no_blank_among_them(small) -> None:
    axes = make_axes(make_shown(("IN", "grounds", "G1")), small.plan(TABLES), small.contract)
    assert (axes["grounds"].several, axes["grounds"].every) == (True, False)
    assert axes["grounds"].sizes == {"G1": 1, "*": 1}
    assert (axes["incident_kind"].several, axes["incident_kind"].every) == (True, True)


def test_districts_have_a_rest_in_each_state_that_is_shown(small) -> None:
    shown = make_shown(("S1", "district", "D1"), ("S2", "", ""))
    axes = make_axes(shown, small.plan(("total", "by_district")), small.contract)
    # D2 or blank, D3 or D4 or blank, and in the state that is not shown only blank.
    assert axes["district"].sizes == {"D1": 1, "*S1": 2, "*S2": 3, "*": 1}
    assert axes["district"].homes == {"D1": "S1", "*S1": "S1", "*S2": "S2", "*": "*"}


@pytest.mark.parametrize(
    "dimension", sorted({name for each in load_plan().families for name in each.dimensions})
)
def test_the_real_plan_has_an_axis_for_each_dimension(dimension: str) -> None:
    axes = make_axes(make_shown(), load_plan(), load_contract())
    assert sum(axes[dimension].sizes.values()) > 1
