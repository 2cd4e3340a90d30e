"""The data template: a workbook to fill in reports, with drop-downs, checks and help in the collective's language.

Made from the contract and the catalogs alone. Its first sheet is the one to fill and has the headings that the
pipeline knows; no other sheet has them. No macros, and nothing that tells who made or fills it.
"""

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from pipeline.contract import Contract
from pipeline.forms.safety import TITLE
from pipeline.forms.workbook.entries import check_entry, describe_entry, help_entry
from pipeline.forms.workbook.example import write_example
from pipeline.forms.workbook.help import write_help
from pipeline.forms.workbook.lists import Lists, place_lists, write_lists
from pipeline.forms.workbook.looks import add_looks, height_of, set_columns, width_of
from pipeline.forms.workbook.titles import say_heading
from pipeline.language import Language, mark
from pipeline.packing import store_uncompressed

PREPARED_ROWS = 1_000
"""Lines with drop-downs and checks; those below are read just as well."""

_TABS = (mark("reports"), mark("help"), mark("example"), mark("lists"))
_HEADING_ROW = 1
_FIRST_ROW = 2
_LAST_ROW = _FIRST_ROW + PREPARED_ROWS - 1
_CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def write_template(contract: Contract, language: Language) -> bytes:
    """Return the workbook of one language as XLSX, the same bytes on every machine."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    tabs = {tab: _name_tab(language.translate(tab)) for tab in _TABS}
    with Workbook(buffer, options) as book:
        book.set_properties({"title": language.translate(TITLE), "created": _CREATED})
        looks = add_looks(book)
        reports, guide, example, choices = (book.add_worksheet(tabs[tab]) for tab in _TABS)
        lists = place_lists(contract, language, tabs["lists"])
        for sheet in (reports, example):
            set_columns(sheet, contract, looks)
        _write_headings(reports, contract, language, looks)
        _add_checks(reports, lists, contract, language)
        _show_missing(reports, contract, looks)
        write_help(guide, tabs, contract, language, looks)
        write_example(example, lists.items, contract, language, looks)
        write_lists(choices, lists, contract, language, looks)
    return store_uncompressed(buffer)


def _name_tab(name: str) -> str:
    """Return a name that a sheet may have."""
    return re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:31]


def _write_headings(
    sheet: Worksheet, contract: Contract, language: Language, looks: Mapping[str, Format]
) -> None:
    """Write one line of headings, `title · name`, and one sentence above it.

    A whole line of titles above the names would be taken for a report that stands above the headings.
    """
    sheet.set_row(0, 24, looks["warning"])
    sheet.write_string(
        0,
        0,
        language.say(
            "One report a line. * must be filled. No names, no phone numbers, no addresses of persons."
        ),
        looks["warning"],
    )
    shapes = []
    for column, field in enumerate(contract.fields.values()):
        look = "required" if field.required else "optional"
        title, name = say_heading(field, language)
        sheet.write_rich_string(_HEADING_ROW, column, title, looks[f"{look}_name"], name, looks[look])
        shapes.append((f"{title}\n{name}", width_of(field, contract)))
    sheet.set_row(_HEADING_ROW, height_of(shapes))
    sheet.freeze_panes(_FIRST_ROW, 1)


def _add_checks(sheet: Worksheet, lists: Lists, contract: Contract, language: Language) -> None:
    places = {name: column for column, name in enumerate(contract.fields)}
    state = xl_rowcol_to_cell(_FIRST_ROW, places["state"], col_abs=True)
    for field in contract.fields.values():
        column = places[field.name]
        check = check_entry(field, xl_rowcol_to_cell(_FIRST_ROW, column), contract, lists, state)
        words = help_entry(field, describe_entry(field, contract, language), language)
        sheet.data_validation(_FIRST_ROW, column, _LAST_ROW, column, {**words, **check})


def _show_missing(sheet: Worksheet, contract: Contract, looks: Mapping[str, Format]) -> None:
    """Frame required cells that are blank in a line that is begun and takes no report back."""
    names = list(contract.fields)
    action = xl_rowcol_to_cell(_FIRST_ROW, names.index("action"), col_abs=True)
    line = f"$A{_FIRST_ROW + 1}:${xl_col_to_name(len(names) - 1)}{_FIRST_ROW + 1}"
    for column, field in enumerate(contract.fields.values()):
        if field.required:
            cell = xl_rowcol_to_cell(_FIRST_ROW, column)
            begun = f'=AND(COUNTA({line})>0,{cell}="",RIGHT({action},8)<>"withdraw")'
            missing = {"type": "formula", "criteria": begun, "format": looks["missing"]}
            sheet.conditional_format(_FIRST_ROW, column, _LAST_ROW, column, missing)
