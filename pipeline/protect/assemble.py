"""From a stack of editions to the linked tables that an attacker holds, bound by all that is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from pipeline.contract import NATIONAL
from pipeline.protect import model as m
from pipeline.protect.axes import Axis, make_axes
from pipeline.protect.counted import CELL, Counted
from pipeline.protect.evidence import PLACE, compare_members
from pipeline.protect.plan import DOUBTFUL_ARE_ONE
from pipeline.protect.reach import list_named
from pipeline.protect.stack import Stack, merge_incidents
from pipeline.protect.tables import Table, list_tables

RECEIVED = "rows_received"
"""The measure of rows that is the sum of the others of its family."""


def list_row_measures(stack: Stack) -> list[str]:
    """Return the measures that count rows by what became of them, without their sum."""
    families = (family for family in stack.plan.families if family.unit == "rows")
    return [measure for family in families for measure in family.measures if measure != RECEIVED]


def name_rows(block: m.Block, measure: str) -> m.Key:
    """Name the cell of the model that counts rows of an edition."""
    return ("rows", block, measure)


@dataclass(frozen=True)
class Assembly:
    """The model of a stack, and which figures of the draft bind which of its cells.

    `face` has what each edition shows of a cell, as it looks: bounds of what is carried forward are those of the
    edition that set it.
    """

    model: m.Model
    tables: Mapping[m.Block, list[Table]]
    bound_by: Mapping[int, list[tuple[str, ...]]]
    face: Mapping[int, m.Bounds]

    @cached_property
    def names(self) -> list[m.Key]:
        """The names of the model's cells, by number."""
        return list(self.model.cells)


def name_cell(axes: Mapping[str, Axis], block: m.Block, table: Table, codes: Mapping[str, str]) -> m.Key:
    """Name the cell of the model for one planned cell, or for the class of cells in which it is."""
    classes = m.find_class(axes, codes)
    if table.family.grain != "month":
        return m.name_period(block, table.family.table, classes)
    counts = "doubtful_are_one" if table.measure == DOUBTFUL_ARE_ONE else "incidents"
    return m.name_margin(block, classes, counts=counts)


def assemble(stack: Stack, draft: Counted, figures: pl.DataFrame) -> Assembly:
    """Build the linked tables of a stack in which the draft shows `figures` (FIGURE_COLUMNS and as_of)."""
    shown = {each.block: figures if each is draft else _published(each) for each in stack.editions}
    seen = pl.concat([each.drop("as_of") for each in shown.values()]).filter(status="shown")
    model = m.Model(make_axes(seen, stack.plan, stack.contract, list_named(stack.reaches, seen)))
    tables = {each.block: list_tables(stack.plan, each.month) for each in stack.editions}
    dimensions = sorted({table.dimensions for each in tables.values() for table in each}, key=sorted)
    monthly = [
        table.dimensions for each in tables.values() for table in each if table.family.grain == "month"
    ]
    for edition in stack.editions:
        m.add_month(model, edition.block, dimensions)
        m.add_doubtful(model, edition.block)
        m.add_reaches(model, edition.block, stack.reaches, list(dict.fromkeys(monthly)))
        rows = [name_rows(edition.block, measure) for measure in list_row_measures(stack)]
        if rows:
            model.relate(name_rows(edition.block, RECEIVED), rows)
    for edition in stack.editions:
        _add_periods(model, stack, edition, tables[edition.block])
        _add_changes(model, stack, edition, shown[edition.block], tables[edition.block])
    return Assembly(model, tables, *_bind(model, shown, tables, draft.block))


def _bind(
    model: m.Model,
    shown: Mapping[m.Block, pl.DataFrame],
    tables: Mapping[m.Block, list[Table]],
    drafted: m.Block,
) -> tuple[dict[int, list[tuple[str, ...]]], dict[int, m.Bounds]]:
    """Bind the cells of a model by all that is shown; return `bound_by` and `face` of its assembly."""
    bound_by: dict[int, list[tuple[str, ...]]] = {}
    face: dict[int, m.Bounds] = {}
    for block, frame in shown.items():
        for row, key in _list_shown(model.axes, block, frame, tables[block]):
            # What an edition carries forward was bound by the edition that set it.
            is_new = row["as_of"] == block[1]
            if is_new:
                model.bind(key, row["lower"], row["upper"])
            if is_new and block == drafted:
                bound_by.setdefault(model.cell(key), []).append(tuple(row[name] for name in CELL))
            if key in model.cells:
                face[model.cell(key)] = (row["lower"], row["upper"])
    return bound_by, face


def _published(edition: Counted) -> pl.DataFrame:
    assert edition.figures is not None
    return edition.figures


def _list_shown(
    axes: Mapping[str, Axis], block: m.Block, frame: pl.DataFrame, tables: list[Table]
) -> Iterator[tuple[dict[str, Any], m.Key]]:
    """Give the figures that an edition shows, each with its cell of the model."""
    shown = frame.filter(status="shown")
    for table in tables:
        for row in table.select(shown).iter_rows(named=True):
            yield row, name_cell(axes, block, table, table.codes_of(row))
    for row in shown.filter(pl.col("measure").str.starts_with("rows_")).iter_rows(named=True):
        yield row, name_rows(block, row["measure"])


def _add_periods(model: m.Model, stack: Stack, edition: Counted, tables: list[Table]) -> None:
    for table in tables:
        basis = stack.list_basis(edition, table.family)
        if table.family.grain != "month" and basis is not None:
            blocks = [each.block for each in basis]
            withdrawn = _count_withdrawn(basis)
            m.add_period(model, edition.block, table.family.table, table.dimensions, blocks, withdrawn)


def _count_withdrawn(basis: list[Counted]) -> dict[str, int]:
    """Return how many incidents of each state the months once counted and the period does not."""
    gone: dict[str, int] = {}
    for edition in basis:
        if edition.cells is None:
            continue
        once = edition.cells.filter(pl.col("table") == "total", pl.col("geography") != NATIONAL)
        now = dict(edition.incidents.group_by("state").len().iter_rows())
        for state, count in once.select("geography", "count").iter_rows():
            gone[state] = gone.get(state, 0) + max(0, count - now.get(state, 0))
    return {state: number for state, number in gone.items() if number}


def _add_changes(
    model: m.Model, stack: Stack, edition: Counted, figures: pl.DataFrame, tables: list[Table]
) -> None:
    """Tie what a correction carries forward to the edition that set it: it changed by few persons, or not at all."""
    # Of a hidden figure nobody can see whether it is carried forward.
    carried = figures.filter(pl.col("as_of") < edition.number, pl.col("status") == "shown")
    for number in carried["as_of"].unique().sort().to_list():
        former = stack.find(edition.month, number)
        assert former is not None
        for table in tables:
            rows = table.select(carried).filter(as_of=number)
            changes = _count_changes(stack, former, edition, table)
            for row in rows.iter_rows(named=True):
                codes = table.codes_of(row)
                if m.count_codes(model.axes, m.find_class(model.axes, codes)) > 1:
                    continue
                before, after = (
                    name_cell(model.axes, each.block, table, codes) for each in (former, edition)
                )
                known = changes.get(tuple(row[name] for name in PLACE), 0)
                m.add_small_change(model, before, after, max(known, stack.plan.threshold_persons - 1))


def _count_changes(
    stack: Stack, former: Counted, edition: Counted, table: Table
) -> dict[tuple[str, ...], int]:
    """Return how many incidents a cell lost or won at most since `former`, by place.

    Of what was withdrawn since it changed, only the exact counts tell.
    """
    last = edition if edition.cells is not None else stack.find(edition.month, edition.number - 1)
    assert last is not None
    since, lately = (
        {row[:3]: max(row[3], row[4]) for row in changes_of(stack, each, edition, table).iter_rows()}
        for each in (former, last)
    )
    before, after = (_list_counts(each, table) for each in (former, last))
    return {
        place: max(
            since.get(place, 0), abs(after.get(place, 0) - before.get(place, 0)) + lately.get(place, 0)
        )
        for place in {*since, *lately, *before, *after}
    }


def _list_counts(edition: Counted, table: Table) -> dict[tuple[str, ...], int]:
    if edition.cells is None:
        return {}
    cells = table.select(edition.cells).select(*PLACE, "count")
    return {row[:3]: row[3] for row in cells.iter_rows()}


def changes_of(stack: Stack, former: Counted, edition: Counted, table: Table) -> pl.DataFrame:
    """Return what changed in the cells of a table: place, incidents added and removed, and persons behind them.

    Columns: PLACE, added, removed, persons_changed, persons_added, persons_removed.
    """
    before, after = (merge_incidents(each, table.family, stack) for each in (former, edition))
    empty = edition.incidents.clear()
    return compare_members(
        empty if before is None else before,
        empty if after is None else after,
        table.only(),
        table.measure,
        stack.plan,
    ).select(
        *PLACE,
        "added",
        "removed",
        "persons_changed",
        "persons_added",
        "persons_removed",
    )
