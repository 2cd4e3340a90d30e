"""What an edition corrects: why, and which figures differ from those of the edition before.

Both editions are published, so their difference tells a reader nothing that the two files do not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract
from pipeline.errors import UsageError
from pipeline.report import outline
from pipeline.report.edition import Edition
from pipeline.report.figures import KEY, Figure, Figures, FiguresFormatError, list_cells
from pipeline.report.labels import clean_label, label_code, sort_by_codes
from pipeline.report.outline import TableWords
from pipeline.report.tables import Cell, place_name, show_cell, title_table

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


def explain_reason(edition: Edition, contract: Contract) -> str:
    """Return in words why the edition corrects the one before; raises UsageError where no listed reason is given."""
    codes = contract.code_lists[_REASONS].codes
    if edition.reason is None or edition.reason not in codes:
        raise UsageError(f"Give the reason of a corrected edition as a code of the list {_REASONS}.")
    return clean_label(codes[edition.reason].label)


def build_correction(
    figures: Figures, former: Figures | None, contract: Contract, edition: Edition, geography: str
) -> Correction | None:
    """Compare an edition with the one it corrects, for one place; None for the first edition of a month.

    Raises UsageError where `former` is missing or not wanted, FiguresFormatError where it is of another month.
    """
    if (edition.corrected is None) != (former is None):
        raise UsageError("Give the figures of the edition before for every edition of a month but the first.")
    if edition.corrected is None or former is None:
        return None
    if former.period != edition.month:
        raise FiguresFormatError("the edition to be corrected is of another month")
    return Correction(
        corrected=edition.corrected,
        reason=explain_reason(edition, contract),
        changes=tuple(_list_changes(figures, former, contract, geography)),
        elsewhere=tuple(
            (place, place_name(place, contract))
            for place in list_changed_places(figures, former)
            if place != geography
        ),
    )


def list_changed_places(figures: Figures, former: Figures) -> list[str]:
    """Return the geographies of which a figure differs between two editions of a month, sorted."""
    return sorted(_compare(figures.frame, former.frame)["geography"].unique())


def _list_changes(figures: Figures, former: Figures, contract: Contract, geography: str) -> Iterator[Change]:
    here = pl.col("geography") == geography
    changed = _compare(figures.frame.filter(here), former.frame.filter(here))
    was = changed.drop(_VALUES).rename({f"{name}_before": name for name in _VALUES})
    before = dict(zip(list_cells(changed), list_cells(was), strict=True))
    for words in outline.TABLES:
        for cell in _sort(words, [cell for cell in before if cell.table == words.table], contract):
            longest = max(found.shown.value for found in (cell, before[cell]) if found.shown)
            yield Change(
                title=title_table(words, cell.period),
                label=_label(words, cell, contract),
                before=show_cell(before[cell], longest),
                now=show_cell(cell, longest),
            )


def _sort(words: TableWords, cells: list[Figure], contract: Contract) -> list[Figure]:
    if words.codes:
        inner = contract.code_lists[words.inner] if words.inner else None
        return sort_by_codes(cells, contract.code_lists[words.codes], inner)
    if words is outline.TOTAL:
        return cells
    return [cell for measure in outline.MEASURES for cell in cells if cell.measure == measure]


def _label(words: TableWords, cell: Figure, contract: Contract) -> str:
    if words.codes:
        pairs = ((words.codes, cell.code_1), (words.inner, cell.code_2))
        return ": ".join(label_code(contract.code_lists[name], code or "") for name, code in pairs if name)
    if words is outline.TOTAL:
        return place_name(cell.geography, contract)
    return outline.MEASURES[cell.measure][0]


def _compare(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return the cells that differ (KEY, and value, lower, upper, each also with the suffix `_before`).

    A cell that one of them lacks is one that it does not publish.
    """
    # Most cells of the last month of a year are published by neither.
    shown = [frame.filter(pl.col("value").is_not_null()) for frame in (now, before)]
    joined = shown[0].join(shown[1], on=KEY, how="full", nulls_equal=True, coalesce=True, suffix="_before")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in _VALUES]
    return joined.filter(pl.any_horizontal(differs)).sort(KEY)
