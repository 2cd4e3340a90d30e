"""The publication plan: the closed list of cells that an edition may show."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.contract import NATIONAL, SCHEMAS, CodeList, Contract
from pipeline.errors import UsageError
from pipeline.protect.periods import GRAINS, ends_period, name_period

PLANNED_SCHEMA = pl.Schema(
    dict.fromkeys(
        (
            "table", "geography", "period", "measure", "dimension_1", "code_1", "dimension_2", "code_2", "unit"
        ),
        pl.String,
    )
)  # fmt: skip

CODE_FIELDS = {
    "incident_kind": "incident_kinds",
    "legal_provision": "legal_provisions",
    "late_provision": "late_provisions",
}
"""Fields whose codes a dimension counts one by one, by the dimension's name; others share the name."""

DERIVED_FROM = {"delay_band": "incident_date"}
"""Fields that dimensions are derived from: where the field must be answered, every incident has a code."""

_LISTS = {"late_provision": "legal_provisions"}
"""Code lists of dimensions that are not called after them."""

RANGE = "range"
"""The table that says how much hangs on doubtful pairs of reports; its two measures are shown together or not."""

DOUBTFUL_ARE_ONE, DOUBTFUL_ARE_SEVERAL = "incidents_if_doubtful_are_one", "incidents_if_doubtful_are_several"

_LEAST_THRESHOLD, _MOST_PERCENT = 5, 90
_UNITS = {"incidents", "rows", "collectives"}
_FORM = "Give each family of the publication plan a known unit, a known geography and at most two dimensions."


@dataclass(frozen=True)
class Family:
    """One table of the plan.

    `unit` says what is counted, and so which rule holds; `grain` for which span of time: month, quarter or year.
    `national` and `by_state` tell where the table stands. `dimensions` are at most two.
    """

    table: str
    unit: str
    grain: str
    national: bool
    by_state: bool
    dimensions: tuple[str, ...]
    measures: tuple[str, ...]

    @property
    def places(self) -> tuple[bool, ...]:
        """Where the table stands, told by whether its cells are by state."""
        return tuple(
            by_state for by_state, stands in ((False, self.national), (True, self.by_state)) if stands
        )


@dataclass(frozen=True)
class Share:
    """A bound on how a figure is made up: at least `least` parts, none above `percent` of the whole."""

    least: int
    percent: int


@dataclass(frozen=True)
class Plan:
    """The plan and its rules: threshold in distinct persons, rounding base in incidents, shares.

    `incidents_per_person` is the stated cap: one person stands behind at most so many incidents without a
    case token in one cell of one month. `dominance` bounds what one collective tells of a figure, `group` what
    one code makes of a breakdown.
    """

    version: str
    threshold_persons: int
    rounding_base: int
    incidents_per_person: int
    dominance: Share
    group: Share
    families: tuple[Family, ...]


def load_plan(path: Path = SCHEMAS / "publication_plan.json") -> Plan:
    """Read the plan; raise UsageError where it is looser than the rule allows or not of its form."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    plan = Plan(
        version=raw["version"],
        threshold_persons=raw["threshold_persons"],
        rounding_base=raw["rounding_base"],
        incidents_per_person=raw["incidents_per_person_without_token"],
        dominance=Share(raw["dominance"]["least_collectives"], raw["dominance"]["largest_percent"]),
        group=Share(raw["group_disclosure"]["least_children"], raw["group_disclosure"]["largest_percent"]),
        families=tuple(_read_family(family) for family in raw["families"]),
    )
    if plan.threshold_persons < _LEAST_THRESHOLD or plan.rounding_base < 2 or plan.incidents_per_person < 1:
        raise UsageError("The publication plan is looser than allowed: threshold 5 persons, rounding to 2.")
    if any(share.least < 2 or share.percent > _MOST_PERCENT for share in (plan.dominance, plan.group)):
        raise UsageError(
            "The publication plan is looser than allowed: two collectives or codes, none above 90 percent."
        )
    _refuse_two_grains(plan.families)
    return plan


def list_planned_cells(plan: Plan, contract: Contract, *, month: str) -> pl.DataFrame:
    """Return every cell that the edition of `month` holds (PLANNED_SCHEMA), sorted; blank codes where a table has
    no dimension.

    Families of a quarter or year are there in its last month.
    """
    cells: list[tuple[str, ...]] = []
    for family in list_due(plan, month):
        period = name_period(month, family.grain)
        for geography, measure in itertools.product(_geographies(family, contract), family.measures):
            codes = [list_codes(contract, dimension, geography) for dimension in family.dimensions]
            for combination in itertools.product(*codes):
                pairs = [*zip(family.dimensions, combination, strict=True), ("", ""), ("", "")][:2]
                cells.append((family.table, geography, period, measure, *pairs[0], *pairs[1], family.unit))
    return pl.DataFrame(cells, schema=PLANNED_SCHEMA, orient="row").sort(pl.all())


def list_due(plan: Plan, month: str) -> list[Family]:
    """Return the families whose figures the edition of `month` holds."""
    return [family for family in plan.families if ends_period(month, family.grain)]


def list_codes(contract: Contract, dimension: str, geography: str) -> list[str]:
    """Return the codes of a dimension: in a state, only those that lie within it, if they lie in states.

    A list that says in which dimensions its codes are counted (`counted_in`) gives those that are in this one.
    """
    codes = _code_list(contract, dimension).codes.values()
    here = (code for code in codes if code.within in (None, geography) or geography == NATIONAL)
    return [
        code.code
        for code in here
        if "counted_in" not in code.details or dimension in code.list_in("counted_in")
    ]


def _code_list(contract: Contract, dimension: str) -> CodeList:
    field = CODE_FIELDS.get(dimension, dimension)
    if field in contract.fields:
        return contract.codes_of(field)
    # What is derived from a field, such as the band of a delay, has a list named after it.
    return contract.code_lists[_LISTS.get(dimension, f"{dimension}s")]


def _geographies(family: Family, contract: Contract) -> list[str]:
    states = list(contract.code_lists["states"].codes) if family.by_state else []
    return [NATIONAL, *states] if family.national else states


def _refuse_two_grains(families: Iterable[Family]) -> None:
    """Refuse two grains of one kind of cell: the difference of their windows would be a third, unprotected one."""
    grains: dict[tuple[object, ...], str] = {}
    for family in families:
        places = [name for name, stands in (("IN", family.national), ("state", family.by_state)) if stands]
        for measure, place in itertools.product(family.measures, places):
            key = (measure, place, *sorted(family.dimensions))
            if grains.setdefault(key, family.grain) != family.grain:
                raise UsageError(
                    "The publication plan has one kind of cell for two spans of time: keep one of them."
                )


def _read_family(raw: dict[str, Any]) -> Family:
    geographies = _texts(raw["geographies"])
    family = Family(
        table=str(raw["table"]),
        unit=str(raw["unit"]),
        grain=str(raw["grain"]),
        national=NATIONAL in geographies,
        by_state="state" in geographies,
        dimensions=_texts(raw["dimensions"]),
        measures=_texts(raw["measures"]),
    )
    if family.unit not in _UNITS or len(family.dimensions) > 2 or not set(geographies) <= {NATIONAL, "state"}:
        raise UsageError(_FORM)
    if family.grain not in GRAINS:
        raise UsageError(
            "The publication plan may count by month, quarter or year: running totals and rolling windows give "
            "away what single months hide."
        )
    return family


def _texts(raw: object) -> tuple[str, ...]:
    assert isinstance(raw, list)
    return tuple(str(text) for text in raw)
