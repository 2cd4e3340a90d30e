"""Incidents as editions counted them, frozen with the edition.

An incident has one name in all editions of a month: that under which the month's first edition counted it. Only
names of persons follow what is learned since, so that one person has one name in all editions.
"""

from collections.abc import Collection
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from pipeline.store import tables
from pipeline.store.database import copy_out, lock
from pipeline.store.pairs import IS_OWN, ON_ROW

_counted, _claims, _links, _incidents = tables.counted, tables.claims, tables.links, tables.incidents
_reports, _returns = tables.reports, tables.returns

CONTENT = ("person", *tables.INCIDENT_CODES, "may_repeat")
COLUMNS = ("edition_id", "incident", "collectives", "reports", *CONTENT)
"""Columns of what is counted; CONTENT is taken over from the incident as it is known."""


def replace_counted(connection: sa.Connection, edition_id: str, claimed_by: str) -> None:
    """Write what a draft counts anew: the incidents that belong to `claimed_by`, the month's first edition.

    Nothing is withdrawn meanwhile: the lock on incidents is held until the transaction ends.
    """
    lock(connection, "incidents")
    connection.execute(_counted.delete().where(_counted.c.edition_id == edition_id))
    held = (
        sa.select(_claims.c.counted_as, _links.c.incident_id)
        .join(_links, (_links.c.report == _claims.c.report) & IS_OWN)
        .where(_claims.c.edition_id == claimed_by)
        .ext(distinct_on(_claims.c.counted_as))
        .order_by(_claims.c.counted_as, _links.c.first_month, _links.c.report)
        .subquery()
    )
    # Where incidents have become one since they were counted, it has several names.
    names = (
        sa.select(held.c.incident_id, sa.func.min(held.c.counted_as).label("name"))
        .group_by(held.c.incident_id)
        .subquery()
    )
    belongs = _incidents.c.edition_id == claimed_by
    told = select_told(sa.select(_incidents.c.incident_id).where(belongs)).subquery()
    query = (
        sa.select(
            sa.literal(edition_id),
            sa.func.coalesce(names.c.name, _incidents.c.incident_id),
            told.c.collectives,
            told.c.reports,
            *(_incidents.c[name] for name in CONTENT),
        )
        .join_from(_incidents, told, told.c.incident_id == _incidents.c.incident_id)
        .outerjoin(names, names.c.incident_id == _incidents.c.incident_id)
        .where(belongs)
    )
    connection.execute(_counted.insert().from_select(COLUMNS, query))


def select_told(incidents: sa.Select[tuple[str]]) -> sa.Select[tuple[Any, ...]]:
    """Return incident_id, collectives and reports: whose living reports tell of each of `incidents`."""
    collective = _returns.c.collective.collate("C")
    return (
        sa.select(
            _links.c.incident_id,
            sa.func.array_agg(aggregate_order_by(collective.distinct(), collective)).label("collectives"),
            sa.func.array_agg(aggregate_order_by(_links.c.report, _links.c.report)).label("reports"),
        )
        .join(_returns, _returns.c.return_id == _links.c.return_id)
        .where(IS_OWN, _links.c.incident_id.in_(incidents))
        .group_by(_links.c.incident_id)
    )


def load_counted(connection: sa.Connection, edition_id: str, schema: pl.Schema) -> pl.DataFrame:
    """Return the incidents of an edition (columns of `schema`), sorted by name."""
    counted = select_counted([edition_id])
    return copy_out(connection, sa.select(*(counted.c[name] for name in schema)), schema).sort("incident")


def select_counted(edition_ids: Collection[str]) -> sa.Subquery:
    """Return what editions count, for tabulation: edition_id, incident, collectives, codes, person and may_repeat."""
    columns = (_counted.c[name] for name in COLUMNS if name != "reports")
    return sa.select(*columns).where(_counted.c.edition_id.in_(edition_ids)).subquery()


def follow_names(connection: sa.Connection, former: sa.Select[tuple[str]]) -> None:
    """Let persons who went by names of `former`, under which nobody is known any more, go by those they have now.

    A name is the hash of a token; where it was corrected, the report that once had it tells the name. Two persons
    may become one in this way, never one two.
    """
    own = _links.alias()
    is_own = own.c.link_rule.in_(tables.OWN_RULES)
    name = sa.func.min(_incidents.c.person)
    names = (
        sa.select(_reports.c.person, sa.func.coalesce(name.filter(IS_OWN), name).label("name"))
        .join_from(_reports, _links, ON_ROW)
        .join(own, (own.c.report == _links.c.report) & is_own)
        .join(_incidents, _incidents.c.incident_id == own.c.incident_id)
        .where(_reports.c.person.in_(former))
        .group_by(_reports.c.person)
        .subquery()
    )
    connection.execute(
        _counted.update()
        .where(_counted.c.person == names.c.person, names.c.name.is_not(None))
        .values(person=names.c.name)
    )
