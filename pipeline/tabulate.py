"""Tabulation: exact counts and distinct persons for every planned cell, as SQL over grouping sets.

The queries are built here and run by the store; exact counts never leave the database's `core` schema but for
disclosure control.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.contract import NATIONAL
from pipeline.protect.plan import CODE_FIELDS, DOUBTFUL_ARE_ONE, Family, Plan

CELL_COLUMNS = ("table", "geography", "period", "measure", "code_1", "code_2", "count", "persons")


def build_tabulation(
    incidents: sa.Subquery, families: Sequence[Family], plan: Plan, *, period: str
) -> list[sa.Select[tuple[object, ...]]]:
    """Return queries whose results together are the cells (CELL_COLUMNS) of the incident tables of `families`.

    `incidents` has one row an incident, with the contract's coded columns, several codes as arrays, and
    `person`, null where nothing tells whether two incidents are of one person, and `may_repeat`. Tables that
    count one code of several, such as kinds, count an incident once under each of its codes.
    """
    groups: dict[tuple[str, str | None], list[Family]] = {}
    for family in families:
        if family.unit == "incidents":
            for measure in family.measures:
                groups.setdefault((measure, _array_dimension(incidents, family)), []).append(family)
    return [
        _select_cells(_one_row_a_code(_measured(incidents, measure), dimension), group, measure, plan, period)
        for (measure, dimension), group in groups.items()
    ]


def _measured(incidents: sa.Subquery, measure: str) -> sa.Subquery:
    """Return the incidents that a measure counts: all, or without those that may repeat another."""
    if measure != DOUBTFUL_ARE_ONE:
        return incidents
    return sa.select(incidents).where(~incidents.c.may_repeat).subquery()


def _array_dimension(incidents: sa.Subquery, family: Family) -> str | None:
    for dimension in family.dimensions:
        if isinstance(incidents.c[CODE_FIELDS.get(dimension, dimension)].type, sa.ARRAY):
            return dimension
    return None


def _one_row_a_code(incidents: sa.Subquery, dimension: str | None) -> sa.FromClause:
    if dimension is None:
        return incidents
    field = CODE_FIELDS.get(dimension, dimension)
    others = [column for column in incidents.c if column.name != field]
    return sa.select(*others, sa.func.unnest(incidents.c[field]).label(dimension)).subquery()


def _select_cells(
    source: sa.FromClause, families: Sequence[Family], measure: str, plan: Plan, period: str
) -> sa.Select[tuple[object, ...]]:
    """Return the cells of `families` as one union over one aggregation with a grouping set a table."""
    sets = {
        (*(["state"] if by_state else []), *family.dimensions): (family, by_state)
        for family in families
        for by_state in family.places
    }
    names = list(dict.fromkeys(name for columns in sets for name in columns))
    grouped = _aggregate(source, names, list(sets), plan)
    parts = (_select_set(grouped, names, members, measure, *of) for members, of in sets.items())
    cells = sa.union_all(*parts).subquery()
    columns = (sa.literal(period).label(name) if name == "period" else cells.c[name] for name in CELL_COLUMNS)
    return sa.select(*columns)


def _select_set(
    grouped: sa.CTE, names: list[str], members: tuple[str, ...], measure: str, family: Family, by_state: bool
) -> sa.Select[tuple[object, ...]]:
    mask = sum(1 << position for position, name in enumerate(reversed(names)) if name not in members)
    codes = [grouped.c[dimension] for dimension in family.dimensions]
    return (
        sa.select(
            sa.literal(family.table).label("table"),
            (grouped.c.state if by_state else sa.literal(NATIONAL)).label("geography"),
            sa.literal(measure).label("measure"),
            (codes[0] if codes else sa.literal("")).label("code_1"),
            (codes[1] if len(codes) > 1 else sa.literal("")).label("code_2"),
            grouped.c.count,
            grouped.c.persons,
        )
        .where(grouped.c.mask == mask)
        # A field left blank has no code, and so no cell.
        .where(*(code.is_not(None) for code in codes))
    )


def _aggregate(source: sa.FromClause, names: list[str], sets: list[tuple[str, ...]], plan: Plan) -> sa.CTE:
    """Return counts over all grouping sets; `mask` is PostgreSQL's GROUPING() over `names`."""
    columns = [source.c[name] for name in names]
    without_token = sa.func.count().filter(source.c.person.is_(None))
    # A lower bound: incidents without a token may be of the persons with one, and several of one person.
    persons = sa.func.greatest(
        sa.func.count(source.c.person.distinct()),
        without_token // plan.incidents_per_person,
    )
    return (
        sa.select(
            *columns,
            (sa.func.grouping(*columns) if columns else sa.literal(0)).label("mask"),
            sa.func.count().label("count"),
            persons.label("persons"),
        )
        .group_by(
            sa.func.grouping_sets(*(sa.tuple_(*(source.c[name] for name in members)) for members in sets))
        )
        # The set of no column has a row though there is nothing to count.
        .having(sa.func.count() > 0)
        .cte()
    )
