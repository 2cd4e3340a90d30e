"""Rejections: what the ledger keeps of drafts that a person did not let through."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.store import tables

_entries = tables.entries


@dataclass(frozen=True)
class Rejection:
    """Who did not let a draft through, when and why."""

    by: str
    at: datetime
    reason: str


def find_rejection(connection: sa.Connection, edition_id: str, manifest_sha256: str) -> Rejection | None:
    """Return the newest rejection of exactly this draft, None where there is none."""
    query = (
        sa.select(_entries.c.actor, _entries.c.at, _entries.c.facts["reason"].as_string())
        .where(
            _entries.c.event == "edition rejected",
            _entries.c.subject == edition_id,
            _entries.c.facts["manifest_sha256"].as_string() == manifest_sha256,
        )
        .order_by(_entries.c.number.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    return None if found is None else Rejection(*found)
