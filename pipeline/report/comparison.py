"""One place through all its months: where its reports lie, and its figures side by side, month beside month."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.language import Language
from pipeline.report import outline
from pipeline.report.figures import Figure, Figures
from pipeline.report.outline import TableWords
from pipeline.report.published import Entry
from pipeline.report.tables import Cell, find_longest, find_total, place_name, show_cell

COMPARED_MONTHS = 24
"""So many months stand side by side."""

_COMPARED = (outline.TOTAL, outline.DUTY_BEARERS, outline.SERVICES, outline.KINDS)


@dataclass(frozen=True)
class Month:
    """One month of a place: its newest edition, and the addresses of what is published of it, below `published/`."""

    key: str
    name: str
    edition_id: str
    is_made_up: bool
    report: str
    pdf: str
    memorandum: str
    total: Cell | None


@dataclass(frozen=True)
class ComparedRow:
    """One row through the months: a cell for each, None where it is not published."""

    label: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class ComparedTable:
    """One table through the months; rows that are published in none of them are left out."""

    title: str
    heading: str
    rows: tuple[ComparedRow, ...]


@dataclass(frozen=True)
class Place:
    """All months of a place, the newest first, and its figures side by side."""

    geography: str
    name: str
    months: tuple[Month, ...]
    tables: tuple[ComparedTable, ...]


def compare_months(
    newest: Sequence[tuple[Entry, Figures]], contract: Contract, language: Language, geography: str
) -> Place:
    """Return what is published of a place in the newest edition of each month (`newest`, newest month first)."""
    here = [(entry, figures) for entry, figures in newest if entry.find_page(geography, language.code)]
    months = tuple(_list_months(here, language, geography))
    tables = (_compare(words, here, contract, language, geography) for words in _COMPARED)
    name = place_name(geography, contract, language)
    return Place(geography, name, months, tuple(table for table in tables if table.rows))


def _list_months(
    here: Sequence[tuple[Entry, Figures]], language: Language, geography: str
) -> Iterator[Month]:
    totals = [find_total(figures, geography) for _, figures in here]
    longest = find_longest(totals)
    for (entry, _), total in zip(here, totals, strict=True):
        yield Month(
            key=entry.edition.month,
            name=language.say_period(entry.edition.month),
            edition_id=entry.edition.edition_id,
            is_made_up=entry.edition.is_made_up,
            report=entry.find_page(geography, language.code),
            pdf=entry.find_page(geography, language.code, kind="pdf"),
            memorandum=entry.find_page(geography, language.code, page="memorandum"),
            total=show_cell(total, longest),
        )


def _compare(
    words: TableWords,
    here: Sequence[tuple[Entry, Figures]],
    contract: Contract,
    language: Language,
    geography: str,
) -> ComparedTable:
    by_month: list[dict[str | None, Figure]] = [
        {figure.code_1: figure for figure in figures.of(words.table, geography)} for _, figures in here
    ]
    codes = contract.code_lists[words.codes] if words.codes else None
    rows = []
    for code in codes.codes if codes else [None]:
        cells = [month.get(code) for month in by_month]
        longest = find_longest(cells)
        if longest:
            label = (
                language.label(codes, code) if codes and code else place_name(geography, contract, language)
            )
            rows.append(ComparedRow(label, tuple(show_cell(cell, longest) for cell in cells)))
    return ComparedTable(language.say(words.title), language.say(words.heading), tuple(rows))
