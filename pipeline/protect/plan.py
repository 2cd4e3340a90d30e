"""The publication plan: the closed list of cells that an edition may show."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.contract import NATIONAL, SCHEMAS, Contract
from pipeline.errors import UsageError

PLANNED_SCHEMA = pl.Schema(
    dict.fromkeys(
        ("table", "geography", "measure", "dimension_1", "code_1", "dimension_2", "code_2", "unit"), pl.String
    )
)

CODE_FIELDS = {"incident_kind": "incident_kinds"}
"""Fields whose codes a dimension counts one by one, by the dimension's name; others share the name."""

RANGE = "range"
"""The table that says how much hangs on doubtful pairs of reports; its two measures are shown together or not."""

DOUBTFUL_ARE_ONE, DOUBTFUL_ARE_SEVERAL = "incidents_if_doubtful_are_one", "incidents_if_doubtful_are_several"

_LEAST_THRESHOLD = 5
_UNITS = {"incidents", "rows", "collectives"}


@dataclass(frozen=True)
class Family:
    """One table of the plan.

    `unit` says what is counted, and so which rule holds. `by_state` tells whether every state has the table
    beside the nation. `dimensions` are at most two.
    """

    table: str
    unit: str
    by_state: bool
    dimensions: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The plan and its primary rule: threshold in distinct persons, rounding base in incidents.

    `incidents_per_person` is the stated cap: one person stands behind at most so many incidents without a
    case token in one cell of one month.
    """

    version: str
    threshold_persons: int
    rounding_base: int
    incidents_per_person: int
    families: tuple[Family, ...]


def load_plan(path: Path = SCHEMAS / "publication_plan.json") -> Plan:
    """Read the plan; raise UsageError where it is looser than the rule allows or not of its form."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    plan = Plan(
        version=raw["version"],
        threshold_persons=raw["threshold_persons"],
        rounding_base=raw["rounding_base"],
        incidents_per_person=raw["incidents_per_person_without_token"],
        families=tuple(_read_family(family) for family in raw["families"]),
    )
    if plan.threshold_persons < _LEAST_THRESHOLD or plan.rounding_base < 2 or plan.incidents_per_person < 1:
        raise UsageError("The publication plan is looser than allowed: threshold 5 persons, rounding to 2.")
    return plan


def list_planned_cells(plan: Plan, contract: Contract) -> pl.DataFrame:
    """Return every cell of the plan (PLANNED_SCHEMA), sorted; blank codes where a table has no dimension."""
    states = list(contract.code_lists["states"].codes)
    cells: list[tuple[str, ...]] = []
    for family in plan.families:
        geographies = [NATIONAL, *states] if family.by_state else [NATIONAL]
        codes = [contract.codes_of(_field(dimension)).codes for dimension in family.dimensions]
        for geography, measure, combination in itertools.product(
            geographies, family.measures, itertools.product(*codes)
        ):
            pairs = [*zip(family.dimensions, combination, strict=True), ("", ""), ("", "")][:2]
            cells.append((family.table, geography, measure, *pairs[0], *pairs[1], family.unit))
    return pl.DataFrame(cells, schema=PLANNED_SCHEMA, orient="row").sort(pl.all())


def _field(dimension: str) -> str:
    return CODE_FIELDS.get(dimension, dimension)


def _read_family(raw: dict[str, object]) -> Family:
    family = Family(
        table=str(raw["table"]),
        unit=str(raw["unit"]),
        by_state="state" in _texts(raw["geographies"]),
        dimensions=_texts(raw["dimensions"]),
        measures=_texts(raw["measures"]),
    )
    if family.unit not in _UNITS or len(family.dimensions) > 2:
        raise UsageError("Give each family of the publication plan a known unit and at most two dimensions.")
    return family


def _texts(raw: object) -> tuple[str, ...]:
    assert isinstance(raw, list)
    return tuple(str(text) for text in raw)
