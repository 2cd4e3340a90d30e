"""Forms on servers: how far each was read, and what was made of each submission."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables

_sources, _submissions, _withdrawals = tables.sources, tables.submissions, tables.withdrawals
KNOWN = ("key", "version", "report_id", "month", "generation", "is_owner", "is_told")
"""Columns of what is known of a submission."""


@dataclass(frozen=True)
class SourceRecord:
    """How far a source was read; `read_at` is when its newest complete reading began."""

    name: str
    collective: str
    watermark: str | None
    deliveries: int
    read_at: datetime | None
    compared_at: datetime | None


def open_record(connection: sa.Connection, name: str, collective: str) -> SourceRecord:
    """Return the record of a source, locked for this transaction; it is made where there is none."""
    connection.execute(
        insert(_sources).values(name=name, collective=collective, deliveries=0).on_conflict_do_nothing()
    )
    row = connection.execute(_sources.select().where(_sources.c.name == name).with_for_update()).one()
    return SourceRecord(**row._asdict())


def note_source(connection: sa.Connection, name: str, **facts: str | int | datetime) -> None:
    """Note facts of SourceRecord on a source."""
    connection.execute(_sources.update().where(_sources.c.name == name).values(**facts))


def list_sources(connection: sa.Connection) -> list[SourceRecord]:
    """Return all sources that were ever read, by name."""
    rows = connection.execute(_sources.select().order_by(_sources.c.name))
    return [SourceRecord(**row._asdict()) for row in rows]


def load_known(
    connection: sa.Connection, source: str, keys: Collection[str] | None = None
) -> Sequence[Mapping[str, Any]]:
    """Return what is known (KNOWN) of the submissions `keys` of a source, or of all of them."""
    query = sa.select(*(_submissions.c[name] for name in KNOWN)).where(_submissions.c.source == source)
    if keys is not None:
        query = query.where(_submissions.c.key.in_(keys))
    return [row._asdict() for row in connection.execute(query.order_by(_submissions.c.key))]


def find_owners(connection: sa.Connection, source: str, report_ids: Collection[str]) -> Mapping[str, str]:
    """Return those of `report_ids` of which a submission of a source tells, and its key."""
    query = sa.select(_submissions.c.report_id, _submissions.c.key).where(
        _submissions.c.source == source,
        _submissions.c.report_id.in_(report_ids),
        _submissions.c.is_owner,
        _submissions.c.is_told,
    )
    return {row.report_id: row.key for row in connection.execute(query)}


def find_forgotten(connection: sa.Connection, collective: str, report_ids: Collection[str]) -> set[str]:
    """Return those of `report_ids` that are withdrawn and that no published figure goes on counting."""
    query = sa.select(_withdrawals.c.report_id).where(
        _withdrawals.c.collective == collective,
        _withdrawals.c.report_id.in_(report_ids),
        _withdrawals.c.counted_by.is_(None),
    )
    return set(connection.scalars(query))


def put_known(connection: sa.Connection, source: str, known: Iterable[Mapping[str, Any]]) -> None:
    """Put what is known of submissions of a source in the place of what was known of them."""
    rows = [{"source": source, **each} for each in known]
    if rows:
        put = insert(_submissions)
        changes = {name: put.excluded[name] for name in KNOWN if name != "key"}
        connection.execute(put.on_conflict_do_update(index_elements=["source", "key"], set_=changes), rows)
