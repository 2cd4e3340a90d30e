"""Made-up linked tables with known cells: crossed, grouped, joined by a margin, months under a year."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.protect.linked import LinkedTables, Relation, Target

Floats = NDArray[np.float64]
Index = tuple[int | None, ...]


@dataclass(frozen=True)
class Made:
    """Linked tables of one `kind` with the true value of each cell, and the number of dimensions each tells of."""

    kind: str
    tables: LinkedTables
    values: Floats
    depth: NDArray[np.int64]


@dataclass(frozen=True)
class Rounded:
    """What is shown of made tables, rounded: bounds of all cells, and the targets nobody may find out."""

    tables: LinkedTables
    lower: Floats
    upper: Floats
    targets: tuple[Target, ...]


class _Making:
    """Cells and relations under construction."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.depth: list[int] = []
        self.blocks: list[int] = []
        self.relations: list[Relation] = []

    def add_cell(self, value: float, depth: int, block: int = 0) -> int:
        self.values.append(float(value))
        self.depth.append(depth)
        self.blocks.append(block)
        return len(self.values) - 1

    def add_crossed(self, inner: NDArray[np.int64], block: int = 0) -> dict[Index, int]:
        """Add a table with all its margins; return its cells by index, None for "all"."""
        cells: dict[Index, int] = {}
        for kept in itertools.product((True, False), repeat=inner.ndim):
            summed = inner.sum(axis=tuple(axis for axis, keep in enumerate(kept) if not keep))
            ranges = [range(size) if keep else (None,) for size, keep in zip(inner.shape, kept, strict=True)]
            for index in itertools.product(*ranges):
                place = tuple(code for code in index if code is not None)
                cells[index] = self.add_cell(summed[place], sum(kept), block)
        for index, parent in cells.items():
            for axis, code in enumerate(index):
                if code is None:
                    below = [(*index[:axis], each, *index[axis + 1 :]) for each in range(inner.shape[axis])]
                    self.relations.append(Relation(parent, tuple(cells[each] for each in below)))
        return cells

    def finish(self, kind: str) -> Made:
        blocks = tuple(self.blocks) if len(set(self.blocks)) > 1 else ()
        tables = LinkedTables(len(self.values), tuple(self.relations), blocks=blocks)
        return Made(kind, tables, np.array(self.values), np.array(self.depth))


def cross(inner: NDArray[np.int64], kind: str = "crossed") -> Made:
    """Return a table of any number of dimensions with all its margins."""
    making = _Making()
    making.add_crossed(inner)
    return making.finish(kind)


def group(inner: NDArray[np.int64], sizes: Sequence[int], kind: str = "grouped") -> Made:
    """Return a two-way table whose rows add up to groups of the given sizes, and these to the whole."""
    groups = np.split(np.arange(len(inner)), np.cumsum(sizes)[:-1])
    by_group = np.array([inner[rows].sum(axis=0) for rows in groups])
    making = _Making()
    upper = making.add_crossed(by_group)
    columns: list[int | None] = [*range(inner.shape[1]), None]
    for number, rows in enumerate(groups):
        cells = {
            (row, column): making.add_cell(inner[row, column], 2) for row in rows for column in columns[:-1]
        }
        cells |= {(row, None): making.add_cell(inner[row].sum(), 1) for row in rows}
        for column in columns:
            children = tuple(cells[row, column] for row in rows)
            making.relations.append(Relation(upper[number, column], children))
        for row in rows:
            across = tuple(cells[row, column] for column in columns[:-1])
            making.relations.append(Relation(cells[row, None], across))
    return making.finish(kind)


def join(inner: NDArray[np.int64], kind: str = "joined") -> Made:
    """Return the tables first x second and first x third of three dimensions, which share the margin of the first."""
    making = _Making()
    one, other = making.add_crossed(inner.sum(axis=2)), making.add_crossed(inner.sum(axis=1))
    for code in (*range(inner.shape[0]), None):
        making.relations.append(Relation(one[code, None], (other[code, None],)))
    return making.finish(kind)


def stack_year(months: Sequence[NDArray[np.int64]], kind: str = "year") -> Made:
    """Return months with all their margins, and a year whose innermost cells are the sums of theirs."""
    making = _Making()
    cells = [making.add_crossed(inner, block) for block, inner in enumerate(months)]
    for index, total in np.ndenumerate(np.sum(months, axis=0)):
        year = making.add_cell(total, 3, -1)
        making.relations.append(Relation(year, tuple(month[index] for month in cells)))
    return making.finish(kind)


def invent_month(
    seed: int, states: int = 36, bearers: int = 10, kinds: int = 12, incidents: int = 3_000
) -> NDArray[np.int64]:
    """Return incidents by state, bearer and kind, four fifths of them in eight states (or all if there are fewer)."""
    chance = np.random.default_rng(seed)
    heavy = min(8, states)
    by_state = np.full(states, 0.2 / max(1, states - heavy))
    by_state[:heavy] = chance.dirichlet(np.full(heavy, 3.0)) * 0.8
    by_bearer, by_kind = chance.dirichlet(np.ones(bearers)), chance.dirichlet(np.ones(kinds))
    share = by_state[:, None, None] * by_bearer[None, :, None] * by_kind[None, None, :]
    share = share * chance.gamma(2.0, 0.5, size=share.shape)
    return chance.multinomial(incidents, share.ravel() / share.sum()).reshape(share.shape)


def show_rounded(made: Made, *, threshold: int = 10, base: int = 5, planned_depth: int = 2) -> Rounded:
    """Show cells of up to `planned_depth` dimensions, and all of a year, from `threshold` on, rounded to `base`.

    Targets are all planned cells that are hidden, and what is left beside shown children where it is small.
    """
    planned = made.depth <= planned_depth
    if made.tables.blocks:
        planned |= np.array(made.tables.blocks) < 0
    shown = planned & (made.values >= threshold)
    rounded = base * ((made.values + base // 2) // base)
    lower = np.where(shown, np.maximum(rounded - base // 2, threshold), 0.0)
    upper = np.where(shown, rounded + base - 1 - base // 2, np.inf)
    high = threshold - 1.0
    targets = [
        Target(int(cell), (int(cell),), (1.0,), 0.0, high) for cell in np.flatnonzero(planned & ~shown)
    ]
    for number, relation in enumerate(made.tables.relations):
        children = tuple(child for child in relation.children if shown[child])
        left = made.values[relation.parent] - made.values[list(children)].sum()
        if shown[relation.parent] and 0 < len(children) < len(relation.children) and left < threshold:
            weights = (1.0, *[-1.0] * len(children))
            targets.append(Target(("left", number), (relation.parent, *children), weights, 0.0, high))
    return Rounded(made.tables, lower, upper, tuple(targets))
