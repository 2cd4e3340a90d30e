"""What a monthly statement tells a collective: its returns, the verdicts on its rows, and what is still open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.verdicts import judged_rows, verdict

_returns, _rows, _links, _pairs = tables.returns, tables.rows, tables.links, tables.pairs


@dataclass(frozen=True)
class ReturnLine:
    """One return of the month; `to_mend` counts its rows that were neither accepted nor sent again since."""

    return_id: str
    received_at: datetime
    state: str
    rows: int
    to_mend: int


@dataclass(frozen=True)
class StatementRecord:
    """What became of the reports that one collective sent for one month."""

    returns: Sequence[ReturnLine]
    verdicts: Mapping[str, int]
    doubtful_pairs: int


def list_months_of(connection: sa.Connection, return_ids: Collection[str]) -> list[tuple[str, str]]:
    """Return collective and month of returns, each once, sorted; returns without either are left out."""
    query = (
        sa.select(_returns.c.collective, _returns.c.month)
        .where(_returns.c.return_id.in_(return_ids))
        .distinct()
    )
    return sorted(
        (row.collective, row.month) for row in connection.execute(query) if row.collective and row.month
    )


def load_statement(connection: sa.Connection, collective: str, month: str) -> StatementRecord:
    """Return what the statement of a collective and month tells."""
    is_theirs = (_returns.c.collective == collective) & (_returns.c.month == month)
    sealed = tables.sealed_rows
    to_mend = sa.select(sa.func.count()).where(sealed.c.return_id == _returns.c.return_id).scalar_subquery()
    returns = connection.execute(
        sa.select(
            _returns.c.return_id,
            _returns.c.received_at,
            _returns.c.state,
            sa.func.coalesce(_returns.c.rows_received, 0).label("rows"),
            to_mend.label("to_mend"),
        )
        .where(is_theirs)
        .order_by(_returns.c.received_at, _returns.c.return_id)
    )
    judged = sa.select(verdict()).select_from(judged_rows()).where(is_theirs).subquery()
    counts = sa.select(judged.c.verdict, sa.func.count().label("number")).group_by(judged.c.verdict)
    return StatementRecord(
        returns=[ReturnLine(**row._asdict()) for row in returns],
        verdicts={row.verdict: row.number for row in connection.execute(counts)},
        doubtful_pairs=_count_doubtful(connection, collective, month),
    )


def _count_doubtful(connection: sa.Connection, collective: str, month: str) -> int:
    theirs = (
        sa.select(_links.c.report)
        .join(_returns, _returns.c.return_id == _links.c.return_id)
        .where(
            _returns.c.collective == collective,
            _returns.c.month == month,
            _links.c.link_rule.in_(tables.OWN_RULES),
        )
    )
    is_theirs = _pairs.c.report_a.in_(theirs) | _pairs.c.report_b.in_(theirs)
    query = sa.select(sa.func.count()).select_from(_pairs).where(_pairs.c.verdict == "review", is_theirs)
    return connection.execute(query).scalar_one()
