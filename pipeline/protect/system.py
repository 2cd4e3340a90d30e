"""Linked tables as one system of equations, in columns an attacker may move.

Each cell is a column. Relations that are not equations get a column of slack, and each target of several cells a
column that equals it, so that everything is: columns between bounds, and rows that sum to 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.protect.linked import SUM, WITHIN, LinkedTables, Target
from pipeline.protect.solver import ContradictionError, Flags, Floats, Ints, SolverError

TOLERANCE = 1e-6
"""How far a value may be off; all data are whole numbers."""


@dataclass(frozen=True)
class System:
    """Columns between `lower` and `upper` of which every row sums to 0.

    The entries (`rows`, `columns`, `weights`) are sorted by column. `places` has the column of each target, and
    `blocks` and `layers` the block and the layer of each column, -1 where it lies in several. A layer is what sums
    tie together, across blocks: one kind of incident in all months, say.
    """

    lower: Floats
    upper: Floats
    height: int
    rows: Ints
    columns: Ints
    weights: Floats
    places: Ints
    blocks: Ints
    layers: Ints

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.lower)

    @cached_property
    def starts(self) -> Ints:
        """Where the entries of each column start; one more at the end."""
        return np.searchsorted(self.columns, np.arange(self.width + 1))

    @cached_property
    def _by_row(self) -> tuple[Ints, Ints]:
        """The places of all entries in the order of rows, and where those of each row start; one more at the end."""
        order = np.argsort(self.rows, kind="stable")
        return order, np.searchsorted(self.rows[order], np.arange(self.height + 1))

    def sum_rows(self, point: Floats) -> Floats:
        """Return what each row sums to at `point`."""
        return np.bincount(self.rows, self.weights * point[self.columns], self.height).astype(float)

    def price_columns(self, rows: Ints, duals: Floats) -> Floats:
        """Return for each column what `rows` with such `duals` charge for a unit of it; other rows charge nothing."""
        order, starts = self._by_row
        places, counts = _spread(starts, rows)
        entries = order[places]
        charges = self.weights[entries] * np.repeat(duals, counts)
        return np.bincount(self.columns[entries], charges, self.width).astype(float)

    def bound_by_rows(self) -> Floats:
        """Return for each column the least upper bound that its own or any one row proves; its end may be lower."""
        bounds = self.upper.copy()
        lows, highs = self.lower[self.columns], self.upper[self.columns]
        for sign in (1.0, -1.0):
            weights = sign * self.weights
            # What the others in its row sum to at most, with the opposite sign, is all that a column can come to.
            most = -weights * np.where(weights > 0, lows, highs)
            is_endless = np.isinf(most)
            finite = np.where(is_endless, 0.0, most)
            endless = np.bincount(self.rows, is_endless, self.height)[self.rows] - is_endless
            rest = np.bincount(self.rows, finite, self.height)[self.rows] - finite
            upwards = (weights > 0) & (endless == 0)
            np.minimum.at(bounds, self.columns[upwards], (rest / weights)[upwards])
        return bounds

    def pick_entries(self, chosen: Ints) -> tuple[Ints, Ints]:
        """Return the places of the entries of the `chosen` columns, in their order, and how many each has."""
        return _spread(self.starts, chosen)

    def find_neighbours(self, chosen: Ints) -> Ints:
        """Return the columns that share a row with a chosen one, these included."""
        order, starts = self._by_row
        rows = np.unique(self.rows[self.pick_entries(chosen)[0]])
        return np.unique(np.concatenate([chosen, self.columns[order[_spread(starts, rows)[0]]]]))

    def check_point(self, point: Floats) -> None:
        """Raise SolverError unless `point` keeps all bounds and rows, to TOLERANCE."""
        holds = (
            np.isfinite(point).all()
            and (point >= self.lower - TOLERANCE).all()
            and (point <= self.upper + TOLERANCE).all()
            and (np.abs(self.sum_rows(point)) <= TOLERANCE).all()
        )
        if not holds:
            raise SolverError(
                "The solver's answer does not fit the tables, so nothing may be shown: report it."
            )


def _spread(starts: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    """Return start, start + 1 ... of every chosen one up to the start of the next, and how many each has."""
    counts = starts[chosen + 1] - starts[chosen]
    offsets = np.cumsum(counts) - counts
    return np.repeat(starts[chosen] - offsets, counts) + np.arange(counts.sum()), counts


def build_system(tables: LinkedTables, lower: Floats, upper: Floats, targets: Sequence[Target]) -> System:
    """Return the system of `tables` with one pair of bounds a cell; raise ContradictionError if a pair crosses."""
    lower, upper = np.maximum(np.asarray(lower, float), 0.0), np.array(upper, float)
    upper[list(tables.impossible)] = 0.0
    if np.isnan(lower).any() or np.isnan(upper).any() or (lower > upper).any():
        raise ContradictionError
    rows = _Rows(tables.size)
    for relation in tables.relations:
        if relation.kind == SUM:
            rows.add((relation.parent, *relation.children), (1.0, *[-1.0] * len(relation.children)))
            continue
        for child in relation.children:
            rows.add((relation.parent, child), (1.0, -1.0), slack_from=0.0)
        if relation.kind != WITHIN:
            rows.add(
                (relation.parent, *relation.children), (-1.0, *[1.0] * len(relation.children)), slack_from=0.0
            )
    places = [
        target.cells[0]
        if target.weights == (1.0,)
        else rows.add(target.cells, target.weights, slack_from=-np.inf)
        for target in targets
    ]
    blocks = np.array(tables.blocks if tables.blocks else [0] * tables.size)
    return rows.build(lower, upper, np.array(places, np.int64), blocks, _find_layers(tables))


def _find_layers(tables: LinkedTables) -> Ints:
    """Return for each cell the number of the component it lies in if only sums tie cells together."""
    sums = [
        (relation.parent, child)
        for relation in tables.relations
        if relation.kind == SUM
        for child in relation.children
    ]
    parents, children = np.array(sums, np.int64).reshape(-1, 2).T
    ties = coo_array((np.ones(len(sums)), (parents, children)), shape=(tables.size, tables.size))
    return np.asarray(connected_components(ties, directed=False)[1], np.int64)


class _Rows:
    """Rows as they come, and the lower bounds of the columns that come with them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._columns: list[tuple[int, ...]] = []
        self._weights: list[tuple[float, ...]] = []
        self._slack_from: list[float] = []
        self._slack_for: list[tuple[int, ...]] = []

    def add(
        self, columns: tuple[int, ...], weights: tuple[float, ...], slack_from: float | None = None
    ) -> int:
        """Add a row, with a column of its own if `slack_from` bounds one; return that column, else -1."""
        slack = -1
        if slack_from is not None:
            slack = self._size + len(self._slack_from)
            self._slack_from.append(slack_from)
            self._slack_for.append(columns)
            columns, weights = (*columns, slack), (*weights, -1.0)
        self._columns.append(columns)
        self._weights.append(weights)
        return slack

    def build(self, lower: Floats, upper: Floats, places: Ints, blocks: Ints, layers: Ints) -> System:
        counts = [len(columns) for columns in self._columns]
        rows = np.repeat(np.arange(len(counts)), counts)
        columns = np.array([column for row in self._columns for column in row], np.int64)
        weights = np.array([weight for row in self._weights for weight in row], float)
        order = np.lexsort((rows, columns))
        return System(
            lower=np.concatenate([lower, np.array(self._slack_from, float)]),
            upper=np.concatenate([upper, np.full(len(self._slack_from), np.inf)]),
            height=len(counts),
            rows=rows[order].astype(np.int64),
            columns=columns[order],
            weights=weights[order],
            places=places,
            blocks=self._extend(blocks),
            layers=self._extend(layers),
        )

    def _extend(self, labels: Ints) -> Ints:
        """Return the labels of cells and of what follows from them: theirs, or -1 where it follows from several."""
        of_cells = [set(labels[list(cells)].tolist()) for cells in self._slack_for]
        own = [each.pop() if len(each) == 1 else -1 for each in of_cells]
        return np.concatenate([labels, np.array(own, np.int64)]).astype(np.int64)


def find_inside(system: System, point: Floats) -> Flags:
    """Tell for each column whether it lies strictly between its bounds at `point`, and so can move both ways."""
    return (point > system.lower + TOLERANCE) & (point < system.upper - TOLERANCE)
