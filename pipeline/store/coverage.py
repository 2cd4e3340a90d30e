"""Who has filed for which month, when, and what became of their rows, collective by collective."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.verdicts import judged_rows, verdict

_returns, _deliveries = tables.returns, tables.deliveries

Key = tuple[str, str]
"""A collective and a reporting month."""


@dataclass(frozen=True)
class ReturnRecord:
    """One return of a collective; `rows` counts its rows by verdict."""

    return_id: str
    collective: str
    month: str
    received_at: datetime
    state: str
    rejected_by: str | None
    deliveries: int
    rows: Mapping[str, int]


def list_returns(connection: sa.Connection, months: Collection[str]) -> list[ReturnRecord]:
    """Return the returns of known collectives for `months`, the first received first.

    The rows of a return that was delivered again count again, as duplicates of what they told the first time.
    """
    times = (
        sa.select(sa.func.count())
        .where(_deliveries.c.return_id == _returns.c.return_id)
        .scalar_subquery()
        .label("deliveries")
    )
    names = ("return_id", "collective", "month", "received_at", "state", "rejected_by")
    query = (
        sa.select(*(_returns.c[name] for name in names), times)
        .where(_returns.c.month.in_(months), _returns.c.collective.is_not(None))
        .order_by(_returns.c.received_at, _returns.c.return_id)
    )
    rows = _count_rows(connection, months)
    return [
        ReturnRecord(
            **each._asdict(),
            rows=_repeat(rows.get(each.return_id, {}), each.deliveries),
        )
        for each in connection.execute(query)
    ]


def find_collective(connection: sa.Connection, return_id: str) -> str | None:
    """Return the collective of a return, blank where nobody's channel brought it; None for no return."""
    query = sa.select(sa.func.coalesce(_returns.c.collective, "")).where(_returns.c.return_id == return_id)
    return connection.execute(query).scalar()


def _count_rows(connection: sa.Connection, months: Collection[str]) -> dict[str, dict[str, int]]:
    judged = verdict()
    query = (
        sa.select(_returns.c.return_id, judged, sa.func.count().label("number"))
        .select_from(judged_rows())
        .where(_returns.c.month.in_(months))
        .group_by(_returns.c.return_id, judged)
    )
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.return_id, {})[row.verdict] = row.number
    return found


def _repeat(rows: Mapping[str, int], deliveries: int) -> dict[str, int]:
    repeated = dict(rows)
    for word, number in rows.items():
        again = "duplicate" if word == "counted" else word
        repeated[again] = repeated.get(again, 0) + (deliveries - 1) * number
    return {word: number for word, number in sorted(repeated.items()) if number}
