"""The return slip: what a collective gets back for one return, to read and to mend by.

A slip names rows, fields, rules and what to do; it never repeats a value of a report.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.templates import fill_template

VERDICTS = {
    "counted": "Counted",
    "accepted": "Accepted; waiting to be compared with other reports",
    "duplicate": "Told of before, counted once",
    "quarantined": "Not counted until mended",
    "held": "Held back: personal data",
    "superseded": "Replaced by a correction",
    "withdrawn": "Withdrawn",
}
"""Every verdict on a row, in the order of the slip."""

MOST_LINES_ON_PAGE = 500
"""Lines of the page; the CSV beside it has more."""


@dataclass(frozen=True)
class Note:
    """One finding on one row; `field` is blank where it is about the whole row."""

    row: int
    field: str
    verdict: str
    rule: str


@dataclass(frozen=True)
class Slip:
    """What a slip tells of one return.

    `received_on` is a date in India. `notes` may be the first of more, `notes_found` in all.
    """

    return_id: str
    month: str | None
    file_kind: str
    size_bytes: int
    received_on: str
    rejected_by: str | None
    rows_received: int
    blank_rows: int
    dropped_columns: Sequence[str]
    deliveries: int
    verdicts: Mapping[str, int]
    notes: Sequence[Note]
    notes_found: int


def render_page(slip: Slip, contract: Contract) -> bytes:
    """Return the slip as a page to read."""
    return fill_template(
        "return_slip.html.j2",
        slip=slip,
        verdicts=[(VERDICTS[name], slip.verdicts[name]) for name in VERDICTS if slip.verdicts.get(name)],
        lines=[_say(note, contract) for note in slip.notes[:MOST_LINES_ON_PAGE]],
        lines_left_out=max(0, slip.notes_found - MOST_LINES_ON_PAGE),
        rejection=contract.rules[slip.rejected_by] if slip.rejected_by else None,
    )


def render_sheet(slip: Slip, contract: Contract) -> bytes:
    """Return the lines of the slip as CSV: row, field, verdict, rule, reason, what to do."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["row", "field", "verdict", "rule", "reason", "what to do"])
    if slip.rejected_by:
        rule = contract.rules[slip.rejected_by]
        writer.writerow(["", "", "Return rejected", rule.rule, rule.reason, rule.mend])
    for note in slip.notes:
        said = _say(note, contract)
        writer.writerow(
            [said["row"], said["field"], said["verdict"], note.rule, said["reason"], said["mend"]]
        )
    # With a byte order mark, since spreadsheets take a CSV without one for something other than UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _say(note: Note, contract: Contract) -> dict[str, str | int]:
    rule = contract.rules[note.rule]
    field = contract.fields.get(note.field)
    return {
        "row": note.row,
        "field": field.title if field else "",
        "verdict": VERDICTS[note.verdict],
        "reason": rule.reason,
        "mend": rule.mend,
    }
