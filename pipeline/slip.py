"""The return slip: what a collective gets back for one return, to read on a phone and to mend by.

The page names rows, fields, rules and what to do, in the collective's language; it never repeats a value of a report.
The sheet gives back the rows to mend in their own columns, ready to be sent again once they are mended; what it
shows of them is decided in `pipeline.mending`.
"""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.coding import ITEM_SIGN
from pipeline.contract import Contract
from pipeline.language import Language, mark
from pipeline.mending import show_cells
from pipeline.messages import FIELDS
from pipeline.reading.headings import REMARK
from pipeline.templates import fill_template

VERDICTS = {
    "counted": mark("Counted"),
    "accepted": mark("Accepted; waiting to be compared with other reports"),
    "duplicate": mark("Told of before, counted once"),
    "quarantined": mark("Not counted until mended"),
    "held": mark("Held back"),
    "superseded": mark("Replaced by a correction"),
    "withdrawn": mark("Withdrawn"),
}
"""Every verdict on a row, in the order of the slip."""

_MOST_GROUPS = 200
"""Groups of rows on a page."""

_AS_TEXT = ("=", "+", "-", "@", *"0123456789")
"""How cells begin that a spreadsheet takes for a formula, or changes: dates, and numbers with many digits."""


@dataclass(frozen=True)
class Note:
    """One finding on some rows; `field` is blank where it is about whole rows."""

    rows: Sequence[int]
    field: str
    verdict: str
    rule: str


@dataclass(frozen=True)
class Slip:
    """What a slip tells of one return.

    `received_on` is a date in India. `concerns` are rules that the return breaks as a whole. `notes` may be the first
    of more, `notes_found` in all. `to_mend` has the cells of rows to mend by names of the contract.
    """

    return_id: str
    month: str | None
    file_kind: str
    size_bytes: int
    received_on: str
    rejected_by: str | None
    concerns: Sequence[str]
    rows_received: int
    blank_rows: int
    dropped_columns: Sequence[str]
    deliveries: int
    verdicts: Mapping[str, int]
    notes: Sequence[Note]
    notes_found: int
    to_mend: Mapping[int, Mapping[str, str | None]]


def name_sheet(return_id: str, month: str) -> str:
    """Return the name of the sheet to mend: it begins with the month, so that it can be sent back as it is."""
    return f"{month}-mend-{return_id.rpartition('-')[2]}.csv"


def render_page(slip: Slip, contract: Contract, language: Language) -> bytes:
    """Return the slip as a page to read."""
    groups = sorted(slip.notes, key=lambda note: (note.rows[0], note.field, note.rule))
    return fill_template(
        "return_slip.html.j2",
        language,
        slip=slip,
        received_on=language.say_date(slip.received_on),
        month=language.say_period(slip.month) if slip.month else "",
        sheet=name_sheet(slip.return_id, slip.month) if slip.month and slip.to_mend else "",
        verdicts=[(VERDICTS[name], slip.verdicts[name]) for name in VERDICTS if slip.verdicts.get(name)],
        notes=[_say(note, contract, language) for note in groups[:_MOST_GROUPS]],
        rejection=contract.rules[slip.rejected_by] if slip.rejected_by else None,
        concerns=[contract.rules[rule] for rule in slip.concerns],
        is_complete=len(groups) <= _MOST_GROUPS
        and slip.notes_found == sum(len(each.rows) for each in groups),
    )


def render_sheet(slip: Slip, contract: Contract, language: Language) -> bytes:
    """Return the rows to mend as CSV: remarks, then their own columns.

    A cell is blank where it is to be mended, and says KEPT where it stays as it was sent and is no mere code. One
    that a spreadsheet would take for a formula or a number has an apostrophe in front, which is taken off again when
    the sheet comes back. Rows of which not everything that was found is at hand are left to the next slip.
    """
    remarks = _remark(slip, contract, language)
    faulty, last = _list_faulty(slip), _last_row(slip)
    held = {row for note in slip.notes if contract.rules[note.rule].stage == "screen" for row in note.rows}
    shown = {
        row: show_cells(cells, faulty.get(row, ()), contract, is_held=row in held)
        for row, cells in sorted(slip.to_mend.items())
        if row <= last
    }
    columns = [name for name in contract.fields if any(name in slip.to_mend[row] for row in shown)]
    headings = [f"{_title(name, contract, language)}{ITEM_SIGN}{name}" for name in columns]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([REMARK + language.say("row"), REMARK + language.say("what to do"), *headings])
    for row, cells in shown.items():
        writer.writerow(
            [row, " ".join(remarks.get(row, ())), *(protect_cell(cells.get(name)) for name in columns)]
        )
    # With a byte order mark, since spreadsheets take a CSV without one for something other than UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _list_faulty(slip: Slip) -> dict[int, set[str]]:
    """Return by row the fields that something was found in."""
    faulty: dict[int, set[str]] = {}
    for note in slip.notes:
        for row in note.rows:
            faulty.setdefault(row, set()).add(note.field)
    return faulty


def _last_row(slip: Slip) -> int:
    """Return the last row of which all that was found is at hand."""
    told = sum(len(note.rows) for note in slip.notes)
    last = max((max(note.rows) for note in slip.notes), default=0)
    return last - 1 if told < slip.notes_found else max([last, *slip.to_mend])


def protect_cell(text: str | None) -> str:
    """Return a cell as a spreadsheet leaves it alone."""
    return f"'{text}" if text and text.startswith(_AS_TEXT) else text or ""


def join_ranges(rows: Iterable[int]) -> str:
    """Write row numbers in short: `2-4, 7`."""
    ordered = enumerate(sorted(set(rows)))
    runs = [
        [number for _, number in run]
        for _, run in itertools.groupby(ordered, key=lambda each: each[1] - each[0])
    ]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _remark(slip: Slip, contract: Contract, language: Language) -> dict[int, list[str]]:
    remarks: dict[int, list[str]] = {}
    for note in slip.notes:
        rule = contract.rules[note.rule]
        field = _title(note.field, contract, language)
        words = f"{field}: {language.translate(rule.mend)}" if field else language.translate(rule.mend)
        for row in note.rows:
            remarks.setdefault(row, []).append(words)
    return remarks


def _say(note: Note, contract: Contract, language: Language) -> dict[str, str]:
    rule = contract.rules[note.rule]
    return {
        "rows": join_ranges(note.rows),
        "field": _title(note.field, contract, language),
        "verdict": VERDICTS[note.verdict],
        "rule": rule.rule,
        "reason": rule.reason,
        "mend": rule.mend,
    }


def _title(name: str, contract: Contract, language: Language) -> str:
    field = contract.fields.get(name)
    return language.catalog.pgettext(FIELDS, field.title) if field else ""


def gather_notes(findings: Iterable[tuple[int, str, str, str]]) -> Iterator[Note]:
    """Yield notes of findings (row, field, verdict, rule): one for all rows of which the same is to be said."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for row, field, verdict, rule in findings:
        found.setdefault((field, verdict, rule), []).append(row)
    for (field, verdict, rule), rows in found.items():
        yield Note(tuple(sorted(rows)), field, verdict, rule)
