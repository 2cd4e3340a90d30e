"""Which column is which: headings as written, against the contract's names and titles."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pipeline.coding import ITEM_SIGN
from pipeline.contract import Contract, fold_spelling
from pipeline.errors import ReturnRejectedError
from pipeline.reading.grid import HEADING_SEARCH, MOST_COLUMNS

_WIDEST_TITLE = 2
"""Filled cells of a line above the headings that may be passed over: a title, or a name and its value."""


def find_heading(records: Iterable[Sequence[str | None]], contract: Contract) -> int:
    """Return the place of the heading line among the first records of a file, from 0.

    It is the one of the first 20 filled records that has most of the contract's headings. Only titles may
    stand above it: passing over a filled report would lose it. Raises ReturnRejectedError where no record has
    a heading that is required, where reports stand above it, or where it has too many columns.
    """
    best, most, filled_above = -1, 0, 0
    widest = 0
    filled = ((place, _count(record), record) for place, record in enumerate(records) if _count(record))
    for _, (place, cells, record) in zip(range(HEADING_SEARCH), filled, strict=False):
        known = [name for name in recognise(record, contract) if name]
        if len(known) > most and any(contract.fields[name].required for name in known):
            best, most, filled_above = place, len(known), widest
            if cells > MOST_COLUMNS:
                raise ReturnRejectedError("too_many_columns")
        widest = max(widest, cells)
    if best < 0 or filled_above > _WIDEST_TITLE:
        raise ReturnRejectedError("headings_missing")
    return best


REMARK = "#"
"""Columns whose heading begins so are remarks of a slip: they are not read when a sheet comes back mended."""


def recognise(headings: Sequence[str | None], contract: Contract) -> list[str | None]:
    """Return the contract's name for each heading, None where it has none.

    Compared are letters, marks and digits, so that case, spaces, hyphens, a byte order mark or a trailing `*`
    make no difference. A field's title counts as its name; a title in any language does where the name stands
    behind it, `title · name`, as in our templates.
    """
    names = {fold_spelling(name): name for name in contract.fields}
    titles = {fold_spelling(field.title): name for name, field in contract.fields.items()} | names
    return [_recognise_one(heading[:200], titles, names) if heading else None for heading in headings]


def _recognise_one(heading: str, titles: Mapping[str, str], names: Mapping[str, str]) -> str | None:
    _, sign, name = heading.rpartition(ITEM_SIGN)
    return titles.get(fold_spelling(heading)) or (names.get(fold_spelling(name)) if sign else None)


def name_columns(headings: Sequence[str], contract: Contract) -> tuple[list[str], list[str]]:
    """Return a name of its own for every column, and the contract's names that stand there more than once.

    The first column of a field gets the field's name. Every other column keeps its cleaned heading behind a
    `?`, which no field's name begins with.
    """
    names: list[str] = []
    taken: set[str] = set()
    twice: list[str] = []
    for position, (heading, known) in enumerate(zip(headings, recognise(headings, contract), strict=True), 1):
        if known and known in taken and known not in twice:
            twice.append(known)
        name = known if known and known not in taken else f"?{clean_heading(heading)}"
        while name in taken:
            name = f"{name} (column {position})"
        names.append(name)
        taken.add(name)
    return names, twice


def clean_heading(heading: str) -> str:
    """Return a heading on one line, NFKC, without invisible characters, cut to 100 characters."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", heading[:400]))
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] != "C").strip(" *")[:100]


def _count(record: Sequence[str | None]) -> int:
    return sum(1 for cell in record if cell and not cell.isspace())
