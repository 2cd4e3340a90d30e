"""The XML parts of a workbook, walked once before a spreadsheet library opens them.

A few bytes of XML can claim a cell at the far corner of a sheet, or point a million times at one long string.
Counted here is what the sheets would unfold to; nothing of it is kept.
"""

import array
import functools
import re
from collections.abc import Mapping
from xml.parsers import expat

from pipeline.errors import ReturnRejectedError
from pipeline.reading.grid import MOST_COLUMNS

_MOST_CELLS = 6_000_000
"""Cells between the first row and the last filled one, blank ones included: some 200,000 reports."""

_MOST_CHARACTERS = 64 * 1024 * 1024
_MOST_DEPTH = 64
_COLUMN = re.compile(r"[A-Z]{1,3}")


def take_census(parts: Mapping[str, bytes]) -> None:
    """Walk every XML part of a workbook.

    Raises ReturnRejectedError for document types, for what is not well-formed, and for sheets that would
    unfold to more cells, columns or characters than a month of reports has.
    """
    lengths = array.array("I")
    for name in parts:
        if name.casefold().endswith("sharedstrings.xml"):
            walk = _Walk(array.array("I"))
            walk.read(parts[name])
            lengths.extend(walk.string_lengths)
    for name in parts:
        if not name.casefold().endswith("sharedstrings.xml"):
            _Walk(lengths).read(parts[name])


class _Walk:
    """Walks one part, counting its cells and, in the part of shared strings, the length of each string."""

    def __init__(self, lengths: "array.array[int]") -> None:
        self.string_lengths = array.array("I")
        self._lengths = lengths
        self._depth = 0
        self._row = self._column = 0
        self._last_row = 0
        self._first_column, self._last_column = 1 << 30, 0
        self._characters = 0
        self._string = 0
        self._cell_kind = ""
        self._cell_has_value = False
        self._index = ""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True

    def read(self, part: bytes) -> None:
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        try:
            self._parser.Parse(part, True)
        except (expat.ExpatError, ValueError, LookupError):
            raise ReturnRejectedError("workbook_broken") from None
        self._check_extent()

    def _refuse_doctype(self, *_: object) -> None:
        raise ReturnRejectedError("workbook_has_dtd")

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise ReturnRejectedError("workbook_broken")
        tag = name.rpartition(":")[2] if ":" in name else name
        if tag == "c":
            self._begin_cell(attributes)
        elif tag in {"v", "is"}:
            self._begin_value()
        elif tag == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
        elif tag == "si":
            self._string = 0
            self._parser.CharacterDataHandler = self._add_string

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self._cell_kind = attributes.get("t", "")
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
            return
        letters = reference.rstrip("0123456789")
        self._column = _column_number(letters)
        self._row = int(reference[len(letters) :])

    def _begin_value(self) -> None:
        self._last_row = max(self._last_row, self._row)
        self._first_column = min(self._first_column, self._column)
        self._last_column = max(self._last_column, self._column)
        if self._cell_kind == "s":
            self._index = ""
            self._parser.CharacterDataHandler = self._add_index

    def _add_index(self, text: str) -> None:
        self._index += text

    def _add_string(self, text: str) -> None:
        self._string += len(text)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._parser.CharacterDataHandler is None:
            return
        tag = name.rpartition(":")[2]
        if tag == "v":
            self._parser.CharacterDataHandler = None
            place = int(self._index)
            self._characters += self._lengths[place] if 0 <= place < len(self._lengths) else 0
        elif tag == "si":
            self._parser.CharacterDataHandler = None
            self.string_lengths.append(self._string)

    def _check_extent(self) -> None:
        width = max(self._last_column - self._first_column + 1, 0)
        if self._last_row * width > _MOST_CELLS or self._characters > _MOST_CHARACTERS:
            raise ReturnRejectedError("workbook_too_large")
        if width > MOST_COLUMNS:
            raise ReturnRejectedError("too_many_columns")


@functools.lru_cache(maxsize=MOST_COLUMNS)
def _column_number(letters: str) -> int:
    """Return the number of a column, from 1; raise ValueError for what is no column of a sheet."""
    if not _COLUMN.fullmatch(letters):
        raise ValueError
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
