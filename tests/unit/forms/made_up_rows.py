"""Made-up reports for the data template: what a person could choose and type, and the codes that it means."""

import datetime
import io
import random
from collections.abc import Iterable, Mapping

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.contract import Contract, Field

FIRST_ROW = 3
"""The first row to fill, as a person counts."""


def checks_of(sheet: Worksheet) -> dict[str, DataValidation]:
    """The check of every column, by the column's letter."""
    checks = sheet.data_validations.dataValidation
    columns = {get_column_letter(range_boundaries(str(check.sqref))[0]): check for check in checks}
    assert len(columns) == len(checks)
    return columns


def items_of(book: openpyxl.Workbook, formula: str) -> list[str]:
    """The items of a range such as 'lists'!$A$3:$A$9."""
    tab, _, cells = formula.removeprefix("=").rpartition("!")
    return [str(row[0].value) for row in book[tab.strip("'")][cells.replace("$", "")]]


def offered_items(book: openpyxl.Workbook, contract: Contract) -> dict[str, list[str]]:
    """What the drop-down of every coded field offers, as it stands in the workbook; of districts, all."""
    checks = checks_of(book.worksheets[0])
    offered = {}
    for column, field in enumerate(contract.fields.values(), start=1):
        if field.code_list:
            formula = checks[get_column_letter(column)].formula1
            # The list of districts has the states in the column before it, and begins where OFFSET points.
            if formula.startswith("OFFSET("):
                sheet = book.worksheets[3]
                at = next(cell.column for cell in sheet[3] if cell.value == "Nicobar · 603")
                offered[field.name] = [
                    str(sheet.cell(row, at).value)
                    for row in range(3, sheet.max_row + 1)
                    if sheet.cell(row, at).value
                ]
            else:
                offered[field.name] = items_of(book, formula)
    return offered


class Chooser:
    """Fills in rows: every item of every list gets its turn, all else is drawn from a seed."""

    def __init__(self, contract: Contract, offered: Mapping[str, list[str]], seed: int) -> None:
        self._contract = contract
        self._offered = offered
        self._chance = random.Random(seed)

    def fill(self, number: int) -> tuple[dict[str, object], dict[str, object]]:
        """One report: cells as they are typed or chosen, and what the pipeline is to accept."""
        written: dict[str, object] = {}
        meant: dict[str, object] = {}
        for field in self._contract.fields.values():
            if field.code_list:
                self._choose(field, number, written, meant)
        self._set_days(number, written, meant)
        self._settle(written, meant)
        for name in ("visits", "times_recounted", "amount_demanded"):
            written[name] = meant[name] = self._chance.randrange(1000)
        words = {
            "report_id": f"{self._chance.choice(['00', '1.', 'A-', 'x_'])}{number}",
            "recorder": self._chance.choice(["R1", "007", "b-2"]),
            "case_token": f"{self._chance.getrandbits(124):031x}e",
            "office": self._chance.choice(
                ["राशन कार्यालय, made up", "made-up desk; window 2 · left", "=made up"]
            ),
            "narrative": "made up\nin two lines",
        }
        return {**written, **words}, {**meant, **words}

    def _choose(self, field: Field, number: int, written: dict, meant: dict) -> None:
        items = self._offered[field.name]
        chosen = [items[number % len(items)]]
        if field.kind == "codes":
            chosen = list(dict.fromkeys([*chosen, *self._chance.choices(items, k=self._chance.randrange(3))]))
        codes = [item.rpartition(" · ")[2] for item in chosen]
        written[field.name] = self._chance.choice(["; ", ";", "\n", " | "]).join(chosen)
        meant[field.name] = ";".join(sorted(codes))

    def _set_days(self, number: int, written: dict, meant: dict) -> None:
        days = sorted(
            datetime.date(2026, 1, 1) + datetime.timedelta(self._chance.randrange(250)) for _ in range(4)
        )
        names = ("first_approached_on", "incident_date", "resolved_on", "recorded_on")
        for name, day in zip(names, days, strict=True):
            written[name] = day.isoformat()
            meant[name] = day
        meant["incident_first"] = meant["incident_last"] = meant.pop("incident_date")
        if number % 3 == 0 and days[0].month != days[1].month != days[2].month:
            first = days[1].replace(day=1)
            written["incident_date"] = first.isoformat()[:7]
            meant["incident_first"] = first
            meant["incident_last"] = (first + datetime.timedelta(31)).replace(day=1) - datetime.timedelta(1)

    def _settle(self, written: dict, meant: dict) -> None:
        """Answers that hang together: a district in its state, consent, the day on which it was resolved."""
        yes = next(item for item in self._offered["consent_statistics"] if item.endswith(" · yes"))
        for name in ("consent_statistics", "guardian_consent"):
            written[name], meant[name] = yes, "yes"
        state = self._contract.code_lists["districts"].codes[meant["district"]].within
        written["state"] = next(item for item in self._offered["state"] if item.endswith(f" · {state}"))
        meant["state"] = state
        if meant["resolution"] not in {"resolved", "partly"}:
            del written["resolved_on"]
            meant["resolved_on"] = None


def withdraw(written: Mapping[str, object], meant: Mapping[str, object]) -> dict[str, object]:
    """What the pipeline is to accept of a row: of one that takes a report back, its id and action alone."""
    if meant["action"] != "withdraw":
        return dict(meant)
    return {name: meant[name] if name in {"report_id", "action"} else None for name in meant}


def fill_template(content: bytes, rows: Iterable[Mapping[str, object]], contract: Contract) -> bytes:
    """Write rows into the sheet to fill and save the workbook, as a spreadsheet would."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    columns = {name: column for column, name in enumerate(contract.fields, start=1)}
    for row, cells in enumerate(rows, start=FIRST_ROW):
        for name, value in cells.items():
            cell = sheet.cell(row, columns[name], value)
            # openpyxl takes a text that begins with = for a formula; in a cell of the format text it is none.
            cell.data_type = "s" if isinstance(value, str) else cell.data_type
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
