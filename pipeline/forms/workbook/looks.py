"""How cells of the data template look: colours, borders, number formats, heights; and nothing of what they say."""

import math
import unicodedata
from collections.abc import Iterable, Mapping

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.contract import Contract, Field

_INK, _SOFT, _RULE, _TINT, _ACCENT = "#1d2a33", "#4d5b66", "#c9d1cc", "#f3f5f2", "#0f5a5e"
_AS_TEXT, _WHOLE = 49, 1
"""Number formats that every spreadsheet has: the `@` of text, and `0`."""

_TOP = {"valign": "top", "text_wrap": True, "font_color": _INK}
_CELL = {**_TOP, "border": 1, "border_color": _RULE}
_HEADING = {**_CELL, "bold": True, "valign": "vcenter", "bg_color": _TINT}

_WIDTHS: Mapping[str, int] = {
    "identifier": 16,
    "code": 32,
    "codes": 40,
    "date": 15,
    "partial_date": 15,
    "integer": 15,
    "text": 44,
    "token": 36,
}
_NARROW = 22
_FEW_CODES = 5
"""A list of no more codes than this has short labels."""

_LINE = {False: 15.0, True: 19.0}
"""Points of a line at 11 points, in Latin and in Indic scripts."""

_PADDING = 4.0
_SLACK = 1.1
"""Words are not cut, so that lines are not full."""

_FIRST_INDIC, _LAST_INDIC = "\u0900", "\u0d7f"

_LOOKS: Mapping[str, Mapping[str, object]] = {
    "title": {"bold": True, "font_size": 14, "font_color": _ACCENT, "valign": "vcenter"},
    "note": {"font_color": _INK, "valign": "vcenter"},
    "warning": {"bold": True, "font_color": _INK, "bg_color": "#fff2cc", "valign": "vcenter"},
    "required": {**_HEADING, "bg_color": _ACCENT, "font_color": "#ffffff"},
    "optional": _HEADING,
    "required_name": {"font_size": 9, "font_color": "#dfe9e6"},
    "optional_name": {"font_size": 9, "font_color": _SOFT},
    "made_up": {**_HEADING, "italic": True},
    # A spreadsheet keeps what it is given as text; of a number it keeps 15 digits, of a date what it makes of it.
    "text": {**_CELL, "num_format": _AS_TEXT},
    "number": {**_CELL, "num_format": _WHOLE},
    # A frame beside the colour: not everybody sees colours, and not every printer has them.
    "missing": {"bg_color": "#fbe3c8", "border": 3, "border_color": "#b45309"},
    "topic": {**_TOP, "bold": True},
    "sentence": _TOP,
    "entry": _CELL,
    "item": {**_CELL, "text_wrap": False},
    "entry_name": {**_CELL, "bold": True},
}


def width_of(field: Field, contract: Contract) -> int:
    """Return how wide the column of a field is, in characters."""
    few = field.kind == "code" and len(contract.codes_of(field.name).codes) <= _FEW_CODES
    return _NARROW if few else _WIDTHS[field.kind]


def set_columns(sheet: Worksheet, contract: Contract, looks: Mapping[str, Format]) -> None:
    """Give the columns of reports their widths and formats."""
    for column, field in enumerate(contract.fields.values()):
        sheet.set_column(column, column, width_of(field, contract), looks[look_of(field)])


def look_of(field: Field) -> str:
    """Return which look the cells of a field have."""
    return "number" if field.kind == "integer" else "text"


def add_looks(book: Workbook) -> dict[str, Format]:
    """Return a format for every look, by its name."""
    return {name: book.add_format(dict(look)) for name, look in _LOOKS.items()}


def height_of(cells: Iterable[tuple[str, float]]) -> float:
    """Return how high a row is, in points, whose cells (text, width in characters) are all to be read.

    Only Excel finds this out by itself when it opens a file.
    """
    return max(_LINE[_is_tall(text)] * _count_lines(text, width) for text, width in cells) + _PADDING


def _count_lines(text: str, width: float) -> int:
    # Signs above and below a letter take no room beside it; letters of Indic scripts are wider than Latin ones.
    taken = (
        sum(1.3 if _is_tall(sign) else 1.0 for sign in line if unicodedata.category(sign) not in {"Mn", "Cf"})
        for line in text.splitlines() or [""]
    )
    return sum(max(1, math.ceil(line * _SLACK / width)) for line in taken)


def _is_tall(text: str) -> bool:
    return any(_FIRST_INDIC <= sign <= _LAST_INDIC for sign in text)
