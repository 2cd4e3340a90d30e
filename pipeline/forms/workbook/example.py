"""The sheet of example: made-up reports as they look when filled in, in the columns of the sheet to fill.

No heading of it is one that the pipeline knows, so that it is never read as reports.
"""

from collections.abc import Mapping, Sequence

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.contract import Contract, Field
from pipeline.forms.workbook.lists import Items
from pipeline.forms.workbook.looks import height_of, look_of, width_of
from pipeline.forms.workbook.titles import say_title
from pipeline.language import Language, mark

_HEADING_ROW = 1

_NEW = {
    "report_id": "EXAMPLE-1",
    "action": "new",
    "recorded_on": "2026-03-05",
    "incident_date": "2026-03-02",
    "state": "IN-WB",
    "district": "303",
    "duty_bearer": "POLICE_STATION",
    "service": "FIR",
    "incident_kinds": "REFUSAL;STIGMA",
    "office": mark("The police station beside the old market"),
    "grounds": "gender;poverty",
    "survivor_gender": "woman",
    "survivor_age_band": "25_34",
    "trafficking_form": "domestic_servitude",
    "first_approached_on": "2026-02-20",
    "visits": "3",
    "times_recounted": "2",
    "resolution": "open",
    "escalated_to": "senior_police;slsa",
    "evidence": "accompanied",
    "offence_before_july_2024": "no",
    "recorder": "R1",
    "case_token": "5ca1ab1e0ddba11c0ffee0decade0bad",  # pragma: allowlist secret (made up)
    "consent_statistics": "yes",
    "narrative": mark("We were sent away three times and laughed at."),
}
_MONTH_ONLY = {
    "report_id": "EXAMPLE-2",
    "action": "new",
    "recorded_on": "2026-03-09",
    "incident_date": "2026-02",
    "state": "IN-BR",
    "duty_bearer": "BANK_BRANCH",
    "service": "BANK_ACCOUNT",
    "incident_kinds": "EXTRA_DOCUMENT",
    "amount_demanded": "500",
    "survivor_age_band": "under_18",
    "resolution": "resolved",
    "resolved_on": "2026-03-08",
    "evidence": "own_experience",
    "consent_statistics": "yes",
    "guardian_consent": "yes",
}
_CORRECTION = {
    "report_id": "EXAMPLE-3",
    "action": "correct",
    "recorded_on": "2026-03-09",
    "incident_date": "2026-01-27",
    "state": "IN-TN",
    "duty_bearer": "DM",
    "service": "VC_PAYMENT",
    "incident_kinds": "DELAY",
    "consent_statistics": "yes",
}
_WITHDRAWAL = {"report_id": "EXAMPLE-4", "action": "withdraw"}

EXAMPLES = (_NEW, _MONTH_ONLY, _CORRECTION, _WITHDRAWAL)
"""Made-up reports: cells by column, codes as codes, several separated by `;`, texts in English."""


def write_example(
    sheet: Worksheet, items: Items, contract: Contract, language: Language, looks: Mapping[str, Format]
) -> None:
    """Fill the sheet of example, whose columns have their widths already."""
    note = language.say("Made-up example: do not send it. Every report in it is invented.")
    sheet.set_row(0, 24, looks["warning"])
    sheet.write_string(0, 0, note, looks["warning"])
    fields = contract.fields.values()
    headings = [language.say("{title} (made up)", title=say_title(field, language)) for field in fields]
    _write_row(sheet, _HEADING_ROW, headings, [looks["made_up"]] * len(headings), contract)
    for row, example in enumerate(EXAMPLES, start=_HEADING_ROW + 1):
        cells = [_say_cell(field, example.get(field.name, ""), items, language) for field in fields]
        _write_row(sheet, row, cells, [looks[look_of(field)] for field in fields], contract)
    sheet.freeze_panes(_HEADING_ROW + 1, 1)


def _say_cell(field: Field, cell: str, items: Items, language: Language) -> str | int:
    if not cell:
        return ""
    if field.code_list:
        return "; ".join(items[field.code_list][code] for code in cell.split(";"))
    if field.kind == "integer":
        return int(cell)
    return language.translate(cell) if field.kind == "text" else cell


def _write_row(
    sheet: Worksheet, row: int, cells: Sequence[str | int], looks: Sequence[Format], contract: Contract
) -> None:
    widths = [width_of(field, contract) for field in contract.fields.values()]
    sheet.set_row(row, height_of(zip(map(str, cells), widths, strict=True)))
    for column, (cell, look) in enumerate(zip(cells, looks, strict=True)):
        # A blank text is a cell without anything in it, not one with a text of no characters.
        sheet.write(row, column, cell if cell != "" else None, look)
