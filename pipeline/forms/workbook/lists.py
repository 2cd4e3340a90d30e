"""The sheet of lists: what drop-downs offer, `label · CODE`, and where it stands.

The label comes first, for people; the code behind it is what the pipeline reads (`pipeline/coding.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlsxwriter.format import Format
from xlsxwriter.utility import quote_sheetname, xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from pipeline.coding import ITEM_SIGN
from pipeline.contract import CodeList, Contract
from pipeline.forms.workbook.titles import say_title
from pipeline.language import Language

_HEADING_ROW = 1
_FIRST_ROW = 2
_WIDEST = 100
_SEPARATES = re.compile(r"\s*(?:[;|]|\s·\s)\s*")
"""What would be taken for the end of an item."""

Items = Mapping[str, Mapping[str, str]]
"""What drop-downs offer, by code list and code."""


@dataclass(frozen=True)
class Lists:
    """Where the items stand: `sheet` is the quoted name of the sheet, `columns` the column of each code list.

    A list whose codes lie in codes of another one has, in the column before it, the item that each lies in.
    """

    sheet: str
    items: Items
    columns: Mapping[str, int]

    def source(self, code_list: str) -> str:
        """Return the formula of all items of a code list."""
        return f"={self._range(self.columns[code_list], len(self.items[code_list]))}"

    def source_within(self, code_list: str, cell: str) -> str:
        """Return the formula of the items that lie in the item of a cell; of all where it has none."""
        column, total = self.columns[code_list], len(self.items[code_list])
        outer = self._range(column - 1, total)
        first = f"{self.sheet}!{xl_rowcol_to_cell(_FIRST_ROW, column, row_abs=True, col_abs=True)}"
        count = f"COUNTIF({outer},{cell})"
        return f"=OFFSET({first},IFERROR(MATCH({cell},{outer},0)-1,0),0,IF({count}=0,{total},{count}),1)"

    def _range(self, column: int, rows: int) -> str:
        name = xl_col_to_name(column, col_abs=True)
        return f"{self.sheet}!{name}${_FIRST_ROW + 1}:{name}${_FIRST_ROW + rows}"


def place_lists(contract: Contract, language: Language, sheet: str) -> Lists:
    """Say where the items of all code lists of the form stand in the sheet of lists of this name."""
    used = dict.fromkeys(field.code_list for field in contract.fields.values() if field.code_list)
    columns, column = {}, 0
    for name in used:
        column += _has_outer(contract.code_lists[name])
        columns[name] = column
        column += 1
    items = {name: dict(_list_items(contract.code_lists[name], language)) for name in used}
    return Lists(quote_sheetname(sheet), items, columns)


def write_lists(
    sheet: Worksheet, lists: Lists, contract: Contract, language: Language, looks: Mapping[str, Format]
) -> None:
    """Fill the sheet of lists."""
    note = language.say("What the drop-downs offer: behind the dot stands the code.")
    sheet.write_string(0, 0, note, looks["note"])
    for name, column in lists.columns.items():
        codes = contract.code_lists[name]
        if _has_outer(codes):
            outer = next(other for other, items in lists.items.items() if _outer(codes) <= items.keys())
            places = [lists.items[outer][codes.codes[code].within or ""] for code in lists.items[name]]
            _write_column(sheet, column - 1, _title(outer, contract, language), places, looks)
        _write_column(
            sheet, column, _title(name, contract, language), list(lists.items[name].values()), looks
        )
    sheet.freeze_panes(_FIRST_ROW, 0)


def _write_column(
    sheet: Worksheet, column: int, title: str, items: list[str], looks: Mapping[str, Format]
) -> None:
    sheet.set_column(column, column, min(max(map(len, (title, *items))) + 2, _WIDEST))
    sheet.write_string(_HEADING_ROW, column, title, looks["optional"])
    for row, item in enumerate(items, start=_FIRST_ROW):
        sheet.write_string(row, column, item, looks["item"])


def _title(code_list: str, contract: Contract, language: Language) -> str:
    # No bare title of a field: a sheet that has those is read as reports.
    titles = [
        say_title(field, language) for field in contract.fields.values() if field.code_list == code_list
    ]
    return language.say("List: {title}", title=", ".join(titles))


def _list_items(codes: CodeList, language: Language) -> Iterator[tuple[str, str]]:
    """Yield items in the order of the list; those that lie in the same code stand together."""
    order = list(dict.fromkeys(code.within for code in codes.codes.values()))
    for code in sorted(codes.codes.values(), key=lambda code: order.index(code.within)):
        yield code.code, f"{_SEPARATES.sub(', ', language.label(codes, code.code))}{ITEM_SIGN}{code.code}"


def _has_outer(codes: CodeList) -> bool:
    return bool(_outer(codes))


def _outer(codes: CodeList) -> set[str]:
    return {code.within for code in codes.codes.values() if code.within}
