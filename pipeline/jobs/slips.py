"""Return slips as files: written again whenever something about their return changes."""

import json
from pathlib import Path

import sqlalchemy as sa

from pipeline.files import write_atomically
from pipeline.jobs.workplace import Workplace
from pipeline.language import ENGLISH, Language, load_language
from pipeline.settings import KOLKATA
from pipeline.slip import Slip, gather_notes, name_sheet, render_page, render_sheet
from pipeline.store.slips import SlipRecord, load_slip

UNKNOWN_COLLECTIVE = "_unknown"
"""Folder of slips for returns that came by nobody's channel."""


def write_slip(place: Workplace, connection: sa.Connection, return_id: str) -> None:
    """Write the slip of one return, as page and as sheet to mend, from what this transaction sees.

    Where nothing is left to mend there is no sheet.
    """
    record = load_slip(connection, return_id)
    slip, language = _slip(place, record), speak_to(place, record.collective)
    folder = slip_folder(place, record.collective)
    write_atomically(folder / f"{return_id}.html", render_page(slip, place.contract, language), mode=0o600)
    if record.month is None:
        return
    sheet = folder / name_sheet(return_id, record.month)
    if slip.to_mend:
        write_atomically(sheet, render_sheet(slip, place.contract, language), mode=0o600)
    else:
        sheet.unlink(missing_ok=True)


def slip_folder(place: Workplace, collective: str | None) -> Path:
    """Return where slips and statements of a collective lie."""
    return place.settings.returns / (collective or UNKNOWN_COLLECTIVE)


def speak_to(place: Workplace, collective: str | None) -> Language:
    """Return the language of a collective."""
    code = place.contract.code_lists["collectives"].codes.get(collective or "")
    return load_language(code.details["language"] if code else ENGLISH)


def _slip(place: Workplace, record: SlipRecord) -> Slip:
    return_ids = [record.return_id] * len(record.sealed)
    texts = place.vault.open_rows(return_ids, record.sealed.keys(), record.sealed.values())
    return Slip(
        return_id=record.return_id,
        month=record.month,
        file_kind=record.extension.upper() or "?",
        size_bytes=record.size_bytes,
        received_on=record.received_at.astimezone(KOLKATA).date().isoformat(),
        rejected_by=record.rejected_by,
        concerns=record.concerns,
        rows_received=record.rows_received,
        blank_rows=record.blank_rows,
        dropped_columns=record.dropped_columns,
        deliveries=record.deliveries,
        verdicts=record.verdicts,
        notes=tuple(gather_notes(record.notes.iter_rows())),
        notes_found=record.notes_found,
        to_mend={row: json.loads(text) for row, text in zip(record.sealed, texts, strict=True) if text},
    )
