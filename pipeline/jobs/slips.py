"""Return slips as files: written again whenever something about their return changes."""

import sqlalchemy as sa

from pipeline.files import write_atomically
from pipeline.jobs.workplace import Workplace
from pipeline.settings import KOLKATA
from pipeline.slip import Note, Slip, render_page, render_sheet
from pipeline.store.slips import SlipRecord, load_slip

UNKNOWN_COLLECTIVE = "_unknown"
"""Folder of slips for returns that came by nobody's channel."""


def write_slip(place: Workplace, connection: sa.Connection, return_id: str) -> None:
    """Write the slip of one return, as page and as sheet, from what this transaction sees."""
    record = load_slip(connection, return_id)
    slip = _slip(record)
    folder = place.settings.returns / (record.collective or UNKNOWN_COLLECTIVE)
    write_atomically(folder / f"{return_id}.html", render_page(slip, place.contract), mode=0o600)
    write_atomically(folder / f"{return_id}.csv", render_sheet(slip, place.contract), mode=0o600)


def _slip(record: SlipRecord) -> Slip:
    return Slip(
        return_id=record.return_id,
        month=record.month,
        file_kind=record.extension.upper() or "unknown",
        size_bytes=record.size_bytes,
        received_on=record.received_at.astimezone(KOLKATA).date().isoformat(),
        rejected_by=record.rejected_by,
        rows_received=record.rows_received,
        blank_rows=record.blank_rows,
        dropped_columns=record.dropped_columns,
        deliveries=record.deliveries,
        verdicts=record.verdicts,
        notes=[Note(**line) for line in record.notes.iter_rows(named=True)],
        notes_found=record.notes_found,
    )
