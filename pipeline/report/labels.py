"""Codes and numbers as they are written on a page."""

from collections.abc import Iterable
from decimal import Decimal

from pipeline.contract import CodeList
from pipeline.report.figures import Figure, FiguresFormatError


def group_lakhs(number: int) -> str:
    """Write a whole number with Latin digits in groups of the Indian system: 1,23,45,678."""
    digits = str(number)
    head, tail = digits[:-3], digits[-3:]
    while head:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return tail


def write_decimal(number: Decimal) -> str:
    """Write a number with one decimal: 1,234.5."""
    whole, _, tenth = f"{number:.1f}".partition(".")
    return f"{group_lakhs(int(whole))}.{tenth}"


def sort_by_codes(cells: Iterable[Figure], first: CodeList, second: CodeList | None = None) -> list[Figure]:
    """Sort cells by the places of their codes in the code lists.

    Raises FiguresFormatError where a list does not have a code.
    """
    cells = list(cells)
    firsts = _places(first, {cell.code_1 for cell in cells})
    seconds = _places(second, {cell.code_2 for cell in cells}) if second else {}
    return sorted(cells, key=lambda cell: (firsts[cell.code_1], seconds.get(cell.code_2, 0)))


def _places(codes: CodeList, found: set[str | None]) -> dict[str | None, int]:
    places: dict[str | None, int] = {code: place for place, code in enumerate(codes.codes)}
    if not found <= places.keys():
        raise FiguresFormatError(f"it has a code that the list {codes.name} does not have")
    return places
