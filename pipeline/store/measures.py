"""Sums over an installation for those who watch it: how many returns and rows stand how, and nothing of whom."""

import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.verdicts import judged_rows, verdict

_returns = tables.returns

RETURN_STATES = ("landed", "held", "stored", "rejected")
ROW_VERDICTS = ("accepted", "counted", "duplicate", "quarantined", "held", "withdrawn", "superseded")


def count_returns(connection: sa.Connection) -> dict[str, int]:
    """Return how many returns are in each state, those with none among them."""
    query = sa.select(_returns.c.state, sa.func.count().label("number")).group_by(_returns.c.state)
    return dict.fromkeys(RETURN_STATES, 0) | {row.state: row.number for row in connection.execute(query)}


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """Return how many rows have each verdict, those with none among them."""
    judged = verdict()
    query = sa.select(judged, sa.func.count().label("number")).select_from(judged_rows()).group_by(judged)
    return dict.fromkeys(ROW_VERDICTS, 0) | {row.verdict: row.number for row in connection.execute(query)}
