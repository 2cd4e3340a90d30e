"""The publication plan: a closed list that cannot be looser than the rule."""

import json
from pathlib import Path

import pytest

from pipeline.contract import SCHEMAS, Contract
from pipeline.errors import UsageError
from pipeline.protect.plan import list_codes, list_due, list_planned_cells, load_plan

FAMILY = {
    "table": "made_up",
    "unit": "incidents",
    "grain": "month",
    "geographies": ["IN", "state"],
    "dimensions": ["service"],
    "measures": ["incidents"],
}


def read_raw() -> dict[str, object]:
    return json.loads((SCHEMAS / "publication_plan.json").read_text(encoding="utf-8"))


def write_plan(folder: Path, **changes: object) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps(read_raw() | changes), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "looser",
    [
        {"threshold_persons": 4},
        {"rounding_base": 1},
        {"incidents_per_person_without_token": 0},
        {"dominance": {"least_collectives": 1, "largest_percent": 80}},
        {"dominance": {"least_collectives": 2, "largest_percent": 91}},
        {"group_disclosure": {"least_children": 1, "largest_percent": 90}},
        {"group_disclosure": {"least_children": 2, "largest_percent": 91}},
    ],
)
def test_a_plan_looser_than_the_rule_is_refused(tmp_path: Path, looser: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_plan(write_plan(tmp_path, **looser))


def test_a_plan_may_be_stricter_than_ours(tmp_path: Path) -> None:
    stricter = {
        "threshold_persons": 20,
        "rounding_base": 10,
        "dominance": {"least_collectives": 3, "largest_percent": 60},
    }
    assert load_plan(write_plan(tmp_path, **stricter)).threshold_persons == 20


@pytest.mark.parametrize(
    "change",
    [
        {"grain": "year_to_date"},
        {"grain": "rolling_12_months"},
        {"dimensions": ["duty_bearer", "service", "incident_kind"]},
        {"unit": "persons"},
        {"geographies": ["IN", "district"]},
    ],
)
def test_a_family_of_another_form_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_plan(write_plan(tmp_path, families=[FAMILY | change]))


@pytest.mark.parametrize("grain", ["quarter", "year"])
def test_two_spans_of_time_of_one_kind_of_cell_are_refused(tmp_path: Path, grain: str) -> None:
    again = FAMILY | {"table": "again", "grain": grain, "geographies": ["state"]}
    with pytest.raises(UsageError, match="two spans"):
        load_plan(write_plan(tmp_path, families=[FAMILY, again]))
    turned = [
        FAMILY | {"dimensions": ["service", "duty_bearer"]},
        again | {"dimensions": ["duty_bearer", "service"]},
    ]
    with pytest.raises(UsageError, match="two spans"):
        load_plan(write_plan(tmp_path, families=turned))


def test_a_place_may_have_another_span_of_time_than_the_nation(tmp_path: Path) -> None:
    families = [FAMILY | {"geographies": ["IN"]}, FAMILY | {"geographies": ["state"], "grain": "quarter"}]
    assert len(load_plan(write_plan(tmp_path, families=families)).families) == 2


@pytest.mark.parametrize(
    ("month", "grains"),
    [
        ("2026-10", {"month"}),
        ("2026-09", {"month", "quarter"}),
        ("2026-12", {"month", "quarter", "year"}),
    ],
)
def test_a_quarter_or_year_is_in_the_edition_of_its_last_month_alone(month: str, grains: set[str]) -> None:
    plan = load_plan()
    assert {family.grain for family in list_due(plan, month)} == grains
    assert all(family in list_due(plan, month) for family in plan.families if family.grain in grains)


def test_every_state_has_every_cell_of_a_state_table_whatever_was_reported(contract: Contract) -> None:
    cells = list_planned_cells(load_plan(), contract, month="2026-10")
    by_bearer = cells.filter(table="by_duty_bearer")
    places = len(contract.code_lists["states"].codes) + 1
    assert by_bearer.height == places * len(contract.code_lists["duty_bearers"].codes)
    assert not cells.is_duplicated().any()
    assert cells.equals(cells.sort(cells.columns))


def test_districts_stand_under_their_own_state_for_the_quarter(contract: Contract) -> None:
    cells = list_planned_cells(load_plan(), contract, month="2026-12").filter(table="by_district")
    districts = contract.code_lists["districts"].codes
    assert cells.height == len(districts)
    assert all(
        districts[code].within == state for state, code in cells.select("geography", "code_1").iter_rows()
    )
    assert set(cells["period"]) == {"2026-Q4"}


def test_every_dimension_of_the_plan_has_a_code_list(contract: Contract) -> None:
    cells = list_planned_cells(load_plan(), contract, month="2026-12")
    for number in (1, 2):
        assert (cells[f"code_{number}"] != "").to_list() == (cells[f"dimension_{number}"] != "").to_list()
    for dimension in {name for family in load_plan().families for name in family.dimensions}:
        assert list_codes(contract, dimension, "IN")
