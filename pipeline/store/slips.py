"""What a return slip tells: counts of a return's rows, and what to mend, without any value of a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.database import copy_out

_returns, _rows, _links, _findings = tables.returns, tables.rows, tables.links, tables.findings
MOST_NOTES = 10_000
"""Lines of a slip: a large return without a required column has a finding for every row."""

_NOTES_SCHEMA = pl.Schema({"row": pl.Int64, "field": pl.String, "verdict": pl.String, "rule": pl.String})


@dataclass(frozen=True)
class SlipRecord:
    """What became of one return.

    `verdicts` counts rows; rows that wait for linkage stand under accepted. `notes` is one line a finding
    (row, field, verdict, rule), by row, at most MOST_NOTES of `notes_found`.
    """

    return_id: str
    collective: str | None
    month: str | None
    extension: str
    size_bytes: int
    received_at: datetime
    state: str
    rejected_by: str | None
    rows_received: int
    blank_rows: int
    dropped_columns: Sequence[str]
    deliveries: int
    verdicts: Mapping[str, int]
    notes: pl.DataFrame
    notes_found: int


def load_slip(connection: sa.Connection, return_id: str) -> SlipRecord:
    """Return what the slip of a return tells."""
    row = connection.execute(_returns.select().where(_returns.c.return_id == return_id)).one()
    notes, notes_found = _load_notes(connection, return_id)
    deliveries = sa.select(sa.func.count()).where(tables.deliveries.c.return_id == return_id)
    return SlipRecord(
        return_id=row.return_id,
        collective=row.collective,
        month=row.month,
        extension=row.extension,
        size_bytes=row.size_bytes,
        received_at=row.received_at,
        state=row.state,
        rejected_by=row.rejected_by,
        rows_received=row.rows_received or 0,
        blank_rows=row.blank_rows or 0,
        dropped_columns=tuple(row.dropped_columns or ()),
        deliveries=connection.execute(deliveries).scalar_one(),
        verdicts=_count_verdicts(connection, return_id),
        notes=notes,
        notes_found=notes_found,
    )


def _verdict() -> sa.Label[str]:
    return sa.func.coalesce(_links.c.verdict, _rows.c.intake).label("verdict")


def _linked() -> sa.Join:
    return sa.outerjoin(
        _rows, _links, (_links.c.return_id == _rows.c.return_id) & (_links.c.row == _rows.c.row)
    )


def _count_verdicts(connection: sa.Connection, return_id: str) -> dict[str, int]:
    verdict = _verdict()
    query = (
        sa.select(verdict, sa.func.count().label("number"))
        .select_from(_linked())
        .where(_rows.c.return_id == return_id)
        .group_by(verdict.element)
    )
    return {row.verdict: row.number for row in connection.execute(query)}


def _load_notes(connection: sa.Connection, return_id: str) -> tuple[pl.DataFrame, int]:
    found = (
        sa.select(_findings.c.row, _findings.c.field, _verdict(), _findings.c.rule)
        .select_from(
            _linked().join(
                _findings,
                (_findings.c.return_id == _rows.c.return_id) & (_findings.c.row == _rows.c.row),
            )
        )
        .where(_rows.c.return_id == return_id)
    )
    linked = sa.select(_links.c.row, sa.literal("").label("field"), _links.c.verdict, _links.c.reason).where(
        _links.c.return_id == return_id, _links.c.reason != ""
    )
    notes = found.union_all(linked).subquery()
    columns = (notes.c.row, notes.c.field, notes.c.verdict, notes.c.rule)
    query = sa.select(*columns).order_by(notes.c.row, notes.c.field, notes.c.rule).limit(MOST_NOTES)
    number = connection.execute(sa.select(sa.func.count()).select_from(notes)).scalar_one()
    return copy_out(connection, query, _NOTES_SCHEMA).sort("row", "field", "rule"), number
