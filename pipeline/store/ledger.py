"""The ledger: who decided what and when, append-only and chained, without content."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from pipeline.errors import JawabdehiError
from pipeline.store import tables
from pipeline.store.database import lock

Fact = str | int | float | None
_FIRST = "0" * 64
_entries = tables.entries


def append_entry(
    connection: sa.Connection,
    event: str,
    subject: str,
    facts: Mapping[str, Fact],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Append one entry within the caller's transaction, so that it stands if and only if the deed does."""
    lock(connection, "ledger")
    newest = connection.execute(
        sa.select(_entries.c.number, _entries.c.hash).order_by(_entries.c.number.desc()).limit(1)
    ).first()
    number, previous = (newest.number + 1, newest.hash) if newest else (1, _FIRST)
    connection.execute(
        _entries.insert().values(
            number=number,
            at=at,
            actor=actor,
            event=event,
            subject=subject,
            facts=dict(facts),
            previous=previous,
            hash=_hash([number, at.timestamp(), actor, event, subject, dict(facts), previous]),
        )
    )


def find_newest(connection: sa.Connection, event: str) -> datetime | None:
    """Return when something was noted last; None where it never was."""
    query = sa.select(sa.func.max(_entries.c.at)).where(_entries.c.event == event)
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def check_chain(connection: sa.Connection) -> int:
    """Return the number of entries; raise JawabdehiError where one was changed, lost or put in later."""
    previous, number = _FIRST, 0
    for number, entry in enumerate(
        connection.execute(_entries.select().order_by(_entries.c.number)), start=1
    ):
        expected = _hash(
            [number, entry.at.timestamp(), entry.actor, entry.event, entry.subject, entry.facts, previous]
        )
        if entry.number != number or entry.hash != expected:
            raise JawabdehiError(f"The ledger was altered at entry {number}: restore it from a backup.")
        previous = entry.hash
    return number


def _hash(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
