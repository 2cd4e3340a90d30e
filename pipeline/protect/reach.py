"""What everybody can know of provisions of the law: from which other codes it follows who can fall under one.

An incident falls under a provision by its duty-bearer, service, kind, state and survivor group. So whoever sees how
many incidents there are of those sees how many the provision can have at most; and what such a figure has beside a
provision may tell of few persons.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.contract import ANY, NATIONAL, Contract
from pipeline.duties import CONDITIONS, GROUPS
from pipeline.protect.axes import STATE
from pipeline.protect.evidence import count_persons
from pipeline.protect.plan import CODE_FIELDS, Plan, list_codes

PROVISION, LATE = "legal_provision", "late_provision"

_COLUMNS = {**CONDITIONS, STATE: "states"}


@dataclass(frozen=True)
class Reach:
    """One code of a dimension, and the codes of other dimensions that an incident under it must have.

    `is_whole` tells that every incident with those codes falls under it.
    """

    dimension: str
    code: str
    within: Mapping[str, frozenset[str]]
    is_whole: bool

    def list_within(self, tables: Sequence[frozenset[str]]) -> Iterator[dict[str, frozenset[str]]]:
        """Give the conditions on all dimensions of a table, for each of `tables` that has some on all of its own."""
        for dimensions in tables:
            if dimensions and dimensions <= self.within.keys():
                yield {name: self.within[name] for name in sorted(dimensions)}


def list_reaches(contract: Contract, plan: Plan) -> list[Reach]:
    """Return the reach of every provision that the plan counts incidents by."""
    if "legal_duties" not in contract.code_lists:
        return []
    planned = {name for family in plan.families for name in family.dimensions}
    return [
        reach
        for dimension in (PROVISION, LATE)
        if dimension in planned
        for code in list_codes(contract, dimension, NATIONAL)
        for reach in [_find_reach(contract, dimension, code)]
    ]


def list_named(reaches: Sequence[Reach], shown: pl.DataFrame) -> dict[str, set[str]]:
    """Return by dimension the codes that provisions among the `shown` figures name."""
    found = set(shown.select("dimension_1", "code_1").unique().iter_rows())
    named: dict[str, set[str]] = {}
    for reach in reaches:
        if (reach.dimension, reach.code) in found:
            for dimension, codes in reach.within.items():
                named.setdefault(dimension, set()).update(codes)
    return named


def _find_reach(contract: Contract, dimension: str, code: str) -> Reach:
    provision = contract.code_lists["legal_provisions"].codes[code]
    duty = contract.code_lists["legal_duties"].codes[provision.details["duty"]]
    named = {name: frozenset(duty.list_in(column)) for name, column in _COLUMNS.items()}
    within = {name: codes for name, codes in named.items() if codes and ANY not in codes}
    if group := GROUPS.get(duty.details["counted_for"]):
        within[group[0]] = frozenset({group[1]})
    is_limited = bool(provision.valid_from or provision.valid_to) or dimension == LATE
    return Reach(dimension, code, within, is_whole=not is_limited and len(within) == 1)


def find_telling(
    incidents: pl.DataFrame,
    shown: pl.DataFrame,
    reaches: Sequence[Reach],
    tables: Sequence[frozenset[str]],
    plan: Plan,
) -> list[tuple[str, str]]:
    """Return the dimension and code of those of `shown` beside which a figure of others would tell of few persons.

    `incidents` are those of the nation (COUNTED_SCHEMA), `tables` the dimensions of each of its tables.
    """
    wanted = set(shown.select("dimension_1", "code_1").iter_rows())
    telling: list[tuple[str, str]] = []
    for reach in reaches:
        if (reach.dimension, reach.code) in wanted and not reach.is_whole:
            inside = pl.col(CODE_FIELDS[reach.dimension]).list.contains(reach.code)
            beside = (incidents.filter(_has(each) & ~inside) for each in reach.list_within(tables))
            if any(_count(each, plan) < plan.threshold_persons for each in beside):
                telling.append((reach.dimension, reach.code))
    return telling


def _has(conditions: Mapping[str, frozenset[str]]) -> pl.Expr:
    """Tell whether an incident has one of the codes of every condition."""
    return pl.all_horizontal(
        pl.col(CODE_FIELDS[name]).list.eval(pl.element().is_in(sorted(codes))).list.any()
        if name in CODE_FIELDS
        else pl.col(name).is_in(sorted(codes)).fill_null(value=False)
        for name, codes in conditions.items()
    )


def _count(incidents: pl.DataFrame, plan: Plan) -> int:
    if incidents.is_empty():
        return 0
    members = incidents.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), pl.lit("").alias("all"))
    return int(count_persons(members, incidents, plan, by=("all",))["persons"][0])
