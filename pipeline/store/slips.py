"""What a return slip tells: counts of a return's rows, and what to mend, without any value of a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.database import copy_out
from pipeline.store.verdicts import judged_rows, verdict

_returns, _rows, _links, _findings = tables.returns, tables.rows, tables.links, tables.findings
MOST_NOTES = 10_000
"""Lines of a slip: a large return without a required column has a finding for every row."""


@dataclass(frozen=True)
class SlipRecord:
    """What became of one return.

    `verdicts` counts rows; rows that wait for linkage stand under accepted. `notes` is one line a finding
    (row, field, verdict, rule), by row, at most MOST_NOTES of `notes_found`. `sealed` are the rows to mend.
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
    concerns: Sequence[str]
    sealed: Mapping[int, bytes]


def load_slip(connection: sa.Connection, return_id: str) -> SlipRecord:
    """Return what the slip of a return tells."""
    row = connection.execute(_returns.select().where(_returns.c.return_id == return_id)).one()
    notes, notes_found = _load_notes(connection, return_id)
    verdicts = _load_verdicts(connection, return_id)
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
        verdicts=dict(verdicts.group_by("verdict").len().iter_rows()),
        notes=notes.join(verdicts, on="row", maintain_order="left").select("row", "field", "verdict", "rule"),
        notes_found=notes_found,
        concerns=tuple(row.concerns),
        sealed=_load_sealed(connection, return_id),
    )


def _load_sealed(connection: sa.Connection, return_id: str) -> dict[int, bytes]:
    sealed = tables.sealed_rows
    query = (
        sa.select(sealed.c.row, sealed.c.content)
        .where(sealed.c.return_id == return_id)
        .order_by(sealed.c.row)
        .limit(MOST_NOTES)
    )
    return {row.row: row.content for row in connection.execute(query)}


def _load_verdicts(connection: sa.Connection, return_id: str) -> pl.DataFrame:
    """Return row and verdict of every row of a return."""
    query = sa.select(_rows.c.row, verdict()).select_from(judged_rows()).where(_rows.c.return_id == return_id)
    return copy_out(connection, query, pl.Schema({"row": pl.Int64, "verdict": pl.String}))


def _load_notes(connection: sa.Connection, return_id: str) -> tuple[pl.DataFrame, int]:
    """Return row, field and rule of the first findings, and the number of all.

    What a row came to is not joined to them here: rows are written in the transaction that reads them, and a
    database that has not counted them yet compares each finding with each row.
    """
    found = sa.select(_findings.c.row, _findings.c.field, _findings.c.rule).where(
        _findings.c.return_id == return_id
    )
    linked = sa.select(_links.c.row, sa.literal("").label("field"), _links.c.reason.label("rule")).where(
        _links.c.return_id == return_id, _links.c.reason != ""
    )
    notes = found.union_all(linked).subquery()
    query = sa.select(notes).order_by(notes.c.row, notes.c.field, notes.c.rule).limit(MOST_NOTES)
    number = connection.execute(sa.select(sa.func.count()).select_from(notes)).scalar_one()
    schema = pl.Schema({"row": pl.Int64, "field": pl.String, "rule": pl.String})
    return copy_out(connection, query, schema).sort("row", "field", "rule"), number
