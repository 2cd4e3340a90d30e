"""What an edition corrects: why, and which figures differ from those of the edition before.

Both editions are published, so their difference tells a reader nothing that the two files do not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract
from pipeline.errors import UsageError
from pipeline.language import Language, mark
from pipeline.report import outline
from pipeline.report.edition import Edition
from pipeline.report.figures import KEY, Figure, Figures, FiguresFormatError, list_cells
from pipeline.report.labels import sort_by_codes
from pipeline.report.outline import TableWords
from pipeline.report.tables import Cell, Tabulator, place_name, show_cell, title_table

_VALUES = ("value", "lower", "upper")
_REASONS = "correction_reasons"


@dataclass(frozen=True)
class Change:
    """One corrected figure: its table and row in words, and what is published of it before and now."""

    title: str
    label: str
    before: Cell | None
    now: Cell | None


@dataclass(frozen=True)
class Correction:
    """What an edition corrects for one place; `elsewhere` are the other places with corrected figures.

    Places are given by code and name.
    """

    corrected: Edition
    reason: str
    changes: tuple[Change, ...]
    elsewhere: tuple[tuple[str, str], ...]


def explain_reason(edition: Edition, contract: Contract, language: Language) -> str:
    """Return in words why the edition corrects the one before; raises UsageError where no listed reason is given."""
    reasons = contract.code_lists[_REASONS]
    if edition.reason is None or edition.reason not in reasons.codes:
        raise UsageError(f"Give the reason of a corrected edition as a code of the list {_REASONS}.")
    return language.label(reasons, edition.reason)


def build_correction(tabulator: Tabulator, former: Figures | None, edition: Edition) -> Correction | None:
    """Compare an edition with the one it corrects, for one place; None for the first edition of a month.

    Raises UsageError where `former` is missing or not wanted, FiguresFormatError where it is of another month.
    """
    if (edition.corrected is None) != (former is None):
        raise UsageError("Give the figures of the edition before for every edition of a month but the first.")
    if edition.corrected is None or former is None:
        return None
    if former.period != edition.month:
        raise FiguresFormatError("the edition to be corrected is of another month")
    contract, language = tabulator.contract, tabulator.language
    return Correction(
        corrected=edition.corrected,
        reason=explain_reason(edition, contract, language),
        changes=tuple(_list_changes(tabulator, former)),
        elsewhere=tuple(
            (place, place_name(place, contract, language))
            for place in list_changed_places(tabulator.figures, former)
            if place != tabulator.geography
        ),
    )


def list_changed_places(figures: Figures, former: Figures) -> list[str]:
    """Return the geographies of which a figure differs between two editions of a month, sorted."""
    return sorted(_compare(figures.frame, former.frame)["geography"].unique())


def _list_changes(tabulator: Tabulator, former: Figures) -> Iterator[Change]:
    contract, language = tabulator.contract, tabulator.language
    here = pl.col("geography") == tabulator.geography
    changed = _compare(tabulator.figures.frame.filter(here), former.frame.filter(here))
    was = changed.drop(_VALUES).rename({f"{name}_before": name for name in _VALUES})
    before = dict(zip(list_cells(changed), list_cells(was), strict=True))
    for words in outline.TABLES:
        for cell in _sort(words, [cell for cell in before if cell.table == words.table], contract):
            longest = max(found.shown.value for found in (cell, before[cell]) if found.shown)
            yield Change(
                title=title_table(words, cell.period, language),
                label=_label(words, cell, contract, language),
                before=show_cell(before[cell], longest),
                now=show_cell(cell, longest),
            )


def _sort(words: TableWords, cells: list[Figure], contract: Contract) -> list[Figure]:
    if cells and words.codes:
        inner = contract.code_lists[words.inner] if words.inner else None
        return sort_by_codes(cells, contract.code_lists[words.codes], inner)
    if words is outline.TOTAL:
        return cells
    return [cell for measure in outline.MEASURES for cell in cells if cell.measure == measure]


def _label(words: TableWords, cell: Figure, contract: Contract, language: Language) -> str:
    if words is outline.TOTAL:
        return place_name(cell.geography, contract, language)
    if not words.codes:
        return language.say(outline.MEASURES[cell.measure][0])
    label = language.label(contract.code_lists[words.codes], cell.code_1 or "")
    if not words.inner:
        return label
    inner = language.label(contract.code_lists[words.inner], cell.code_2 or "")
    return language.say(mark("{first}: {second}"), first=label, second=inner)


def _compare(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return the cells that differ (KEY, and value, lower, upper, each also with the suffix `_before`).

    A cell that one of them lacks is one that it does not publish.
    """
    # Most cells of the last month of a year are published by neither.
    shown = [frame.filter(pl.col("value").is_not_null()) for frame in (now, before)]
    joined = shown[0].join(shown[1], on=KEY, how="full", nulls_equal=True, coalesce=True, suffix="_before")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in _VALUES]
    return joined.filter(pl.any_horizontal(differs)).sort(KEY)
