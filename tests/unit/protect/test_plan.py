"""The publication plan: a closed list that cannot be looser than the rule."""

import json
from pathlib import Path

import pytest

from pipeline.contract import SCHEMAS, Contract
from pipeline.errors import UsageError
from pipeline.protect.plan import list_planned_cells, load_plan


def write_plan(folder: Path, **changes: object) -> Path:
    raw = json.loads((SCHEMAS / "publication_plan.json").read_text(encoding="utf-8"))
    path = folder / "plan.json"
    path.write_text(json.dumps(raw | changes), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "looser",
    [{"threshold_persons": 4}, {"rounding_base": 1}, {"incidents_per_person_without_token": 0}],
)
def test_a_plan_looser_than_the_rule_is_refused(tmp_path: Path, looser: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        load_plan(write_plan(tmp_path, **looser))


def test_every_state_has_every_cell_of_a_state_table_whatever_was_reported(contract: Contract) -> None:
    cells = list_planned_cells(load_plan(), contract)
    by_bearer = cells.filter(table="by_duty_bearer")
    places = len(contract.code_lists["states"].codes) + 1
    assert by_bearer.height == places * len(contract.code_lists["duty_bearers"].codes)
    assert not cells.is_duplicated().any()


def test_every_dimension_of_the_plan_has_a_code_list(contract: Contract) -> None:
    cells = list_planned_cells(load_plan(), contract)
    assert (cells["code_1"] != "").to_list() == (cells["dimension_1"] != "").to_list()
