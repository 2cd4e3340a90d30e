"""A linear program in pieces: columns and rows as arrays, solved whole or around a point."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

Index = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

NEAR = 1e-6
"""What counts as equal, in incidents."""


class InfeasibleError(Exception):
    """No table at all is consistent with what was published: the attacker assumed something that is not so."""


@dataclass
class Program:
    """Columns x with bounds, rows lower <= A x <= upper, and the block that each column belongs to."""

    lower: list[Numbers] = field(default_factory=list)
    upper: list[Numbers] = field(default_factory=list)
    blocks: list[Index] = field(default_factory=list)
    width: int = 0
    height: int = 0
    _entries: list[tuple[Index, Index, Numbers]] = field(default_factory=list)
    _row_lower: list[Numbers] = field(default_factory=list)
    _row_upper: list[Numbers] = field(default_factory=list)

    def add_columns(self, shape: Sequence[int], block: int) -> Index:
        """Add non-negative columns and return their numbers in the given shape."""
        size = int(np.prod(shape))
        self.lower.append(np.zeros(size))
        self.upper.append(np.full(size, np.inf))
        self.blocks.append(np.full(size, block))
        self.width += size
        return np.arange(self.width - size, self.width).reshape(shape)

    def add_rows(self, terms: Sequence[tuple[Index, float]], lower: float, upper: float) -> None:
        """Add one row for each first index of the terms: the sum of coefficient times columns, within bounds.

        Each term is an array (rows, columns a row) and a coefficient.
        """
        size = len(terms[0][0])
        rows = np.arange(self.height, self.height + size)
        for columns, coefficient in terms:
            wide = columns.reshape(size, -1)
            self._entries.append(
                (np.repeat(rows, wide.shape[1]), wide.ravel(), np.full(wide.size, coefficient))
            )
        self._row_lower.append(np.full(size, lower))
        self._row_upper.append(np.full(size, upper))
        self.height += size

    def close(self) -> "Closed":
        """Return the program as matrices; it can be solved, but not grow."""
        rows, columns, values = (
            np.concatenate([np.asarray(entry[part], dtype=float) for entry in self._entries])
            for part in range(3)
        )
        matrix = sparse.csr_matrix(
            (values, (rows.astype(int), columns.astype(int))), shape=(self.height, self.width)
        )
        return Closed(
            matrix,
            np.concatenate(self._row_lower),
            np.concatenate(self._row_upper),
            np.concatenate(self.lower),
            np.concatenate(self.upper),
            np.concatenate(self.blocks),
        )


@dataclass
class Closed:
    """A program ready to be solved; `lower` and `upper` bound the columns."""

    matrix: sparse.csr_matrix
    row_lower: Numbers
    row_upper: Numbers
    lower: Numbers
    upper: Numbers
    blocks: Index

    def restrict(self, blocks: Sequence[int], low: Numbers, high: Numbers) -> tuple["Closed", Index]:
        """Return the part in which some blocks move, and its columns; all others lie between `low` and `high`.

        Where both are the same point, what is possible in the part is possible. Where they bound the columns in
        every consistent point, what is impossible in the part is impossible.
        """
        moves = np.isin(self.blocks, blocks)
        free = np.flatnonzero(moves)
        part = self.matrix[:, free]
        rows = np.diff(part.indptr) > 0
        least, most = _range(self.matrix[rows][:, np.flatnonzero(~moves)], low[~moves], high[~moves])
        return (
            Closed(
                part[rows],
                self.row_lower[rows] - most,
                self.row_upper[rows] - least,
                self.lower[free],
                self.upper[free],
                self.blocks[free],
            ),
            free,
        )

    def tighten(self, rounds: int = 4) -> tuple[Numbers, Numbers]:
        """Return bounds that every consistent point keeps: rows and columns narrowed against each other."""
        low, high = self.lower.copy(), self.upper.copy()
        entries = self.matrix.tocoo()
        rows, columns, values = entries.row, entries.col, entries.data
        rising = values > 0
        for _ in range(rounds):
            parts = (
                values * np.where(rising, low[columns], high[columns]),
                values * np.where(rising, high[columns], low[columns]),
            )
            others_least, others_most = (_sum_of_others(part, rows, self.matrix.shape[0]) for part in parts)
            upper = (self.row_upper[rows] - others_least) / values
            lower = (self.row_lower[rows] - others_most) / values
            np.minimum.at(high, columns, np.where(rising, upper, lower))
            np.maximum.at(low, columns, np.where(rising, lower, upper))
        return low, high

    def violation(self, point: Numbers) -> float:
        """Return by how much a point breaks any bound or row."""
        values = self.matrix @ point
        gaps = (self.lower - point, point - self.upper, self.row_lower - values, values - self.row_upper)
        return float(max(gap.max(initial=0.0) for gap in gaps))

    def minimise(self, costs: Numbers) -> Numbers:
        """Return a point of least cost; raise InfeasibleError where there is none."""
        equal = self.row_lower == self.row_upper
        below = ~equal & np.isfinite(self.row_upper)
        above = ~equal & np.isfinite(self.row_lower)
        # An interior point method: these tables are so degenerate that simplex takes ten times as long.
        solved = linprog(
            costs,
            A_ub=sparse.vstack([self.matrix[below], -self.matrix[above]], format="csr"),
            b_ub=np.concatenate([self.row_upper[below], -self.row_lower[above]]),
            A_eq=self.matrix[equal],
            b_eq=self.row_lower[equal],
            bounds=np.column_stack([self.lower, self.upper]),
            method="highs-ipm",
        )
        if solved.x is None:
            raise InfeasibleError(solved.message)
        return np.asarray(solved.x, dtype=float)

    def raise_all(self, sums: sparse.csr_matrix, caps: Numbers, weights: Numbers) -> Numbers:
        """Return a point in which many of the `sums` (rows over the columns) come up to `caps`.

        Unlike weights make it fill few to the cap where it cannot fill all, not all by half.
        """
        count, width = sums.shape
        # One more column a sum: what it reaches, at most the cap.
        grown = sparse.bmat([[self.matrix, None], [sums, -sparse.identity(count)]], format="csr")
        open_end = np.full(count, np.inf)
        bigger = Closed(
            grown,
            np.concatenate([self.row_lower, np.zeros(count)]),
            np.concatenate([self.row_upper, open_end]),
            np.concatenate([self.lower, -open_end]),
            np.concatenate([self.upper, caps]),
            np.concatenate([self.blocks, np.zeros(count, dtype=np.int64)]),
        )
        return bigger.minimise(np.concatenate([np.zeros(width), -weights]))[:width]


def _range(matrix: sparse.csr_matrix, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """Return the least and the most that each row can be, its columns between `low` and `high`."""
    entries = matrix.tocoo()
    at_low, at_high = entries.data * low[entries.col], entries.data * high[entries.col]
    height = matrix.shape[0]
    return (
        np.bincount(entries.row, np.minimum(at_low, at_high), height),
        np.bincount(entries.row, np.maximum(at_low, at_high), height),
    )


def _sum_of_others(parts: Numbers, rows: Index, height: int) -> Numbers:
    """Return for each entry the sum of all other entries of its row, any of which may be infinite."""
    finite = np.isfinite(parts)
    sums = np.bincount(rows, np.where(finite, parts, 0.0), height)
    endless = np.bincount(rows, ~finite, height)
    # All of the infinite entries of a row have one sign: they are all for its least, or all for its most.
    ends = np.zeros(height)
    ends[rows[~finite]] = parts[~finite]
    others = sums[rows] - np.where(finite, parts, 0.0)
    return np.where(endless[rows] - ~finite > 0, ends[rows], others)
