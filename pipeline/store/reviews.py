"""Reviewers' decisions as the ledger keeps them: recorded, taken back, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.ledger import append_entry

DECIDED, UNDONE = "pair decided", "pair decision undone"
_entries = tables.entries


@dataclass(frozen=True)
class DecisionRecord:
    """One record on one pair (two keys of reports); `undoes` is the number of a record that it takes back."""

    number: int
    at: datetime
    actor: str
    pair: tuple[str, str]
    answer: str | None
    needs: int
    undoes: int | None


def load_decisions(connection: sa.Connection) -> list[DecisionRecord]:
    """Return all records of review, in the order in which they were made."""
    query = _entries.select().where(_entries.c.event.in_((DECIDED, UNDONE))).order_by(_entries.c.number)
    return [_read(entry) for entry in connection.execute(query)]


def record_decision(
    connection: sa.Connection,
    pair: tuple[str, str],
    facts: Mapping[str, str | int | float | None],
    *,
    reviewer: str,
    at: datetime,
) -> None:
    """Record what a reviewer decided; `facts` are decision, reviewers_needed, weights and bits."""
    append_entry(connection, DECIDED, "|".join(pair), facts, actor=reviewer, at=at)


def record_undo(
    connection: sa.Connection, pair: tuple[str, str], number: int, *, reviewer: str, at: datetime
) -> None:
    """Record that a reviewer takes back the decision that was recorded under `number`."""
    append_entry(connection, UNDONE, "|".join(pair), {"undoes": number}, actor=reviewer, at=at)


def _read(entry: sa.Row[tuple[object, ...]]) -> DecisionRecord:
    first, second = entry.subject.split("|")
    return DecisionRecord(
        number=entry.number,
        at=entry.at,
        actor=entry.actor,
        pair=(first, second),
        answer=entry.facts.get("decision"),
        needs=entry.facts.get("reviewers_needed", 1),
        undoes=entry.facts.get("undoes"),
    )
