"""Which cells to hide so that proofs break: the smallest set for given proofs, and the classical suppression problem.

With exact values shown, this is complementary cell suppression as other tools solve it; the repair of rounded tables
takes only `choose_hidden`.
"""

from collections.abc import Mapping, Sequence
from time import monotonic

import numpy as np

from pipeline.protect.audit import audit_targets
from pipeline.protect.linked import LinkedTables, Target
from pipeline.protect.solver import AuditError, Floats, Program, Solve, solve_program
from pipeline.protect.system import TOLERANCE

TIME_LIMIT = 600.0
"""Seconds for a whole choice, unless told otherwise."""

_SMALLEST_UP_TO = 6_000
"""Cells up to which the smallest set is looked for: beyond, whole-number programs may take hours."""


class UnbreakableError(AuditError):
    """A proof holds whatever is hidden."""

    def __init__(
        self,
        message: str = "Hiding single cells protects nothing here: leave out a table or merge its categories.",
    ) -> None:
        super().__init__(message)


def choose_hidden(
    cuts: Sequence[Mapping[int, float]],
    cost: Floats | Mapping[int, float] | None = None,
    *,
    time_limit: float = TIME_LIMIT,
    solve: Solve = solve_program,
) -> set[int]:
    """Return the cells of least total `cost` (positive, by cell; None: 1 each) of which every cut has enough.

    A cut gives cells a weight; the weights of its hidden cells must sum to 1 or more, as those of `Exposure.proof`.
    The choice is the same on each call. Raises UnbreakableError where all cells of a cut are not enough, AuditError
    where no smallest set is found within `time_limit` seconds.
    """
    cells = sorted({cell for cut in cuts for cell in cut})
    if any(sum(cut.values()) < 1.0 - TOLERANCE for cut in cuts):
        raise UnbreakableError
    if not cells:
        return set()
    prices = np.ones(len(cells)) if cost is None else np.array([cost[cell] for cell in cells], float)
    at = {cell: column for column, cell in enumerate(cells)}
    entries = sorted((at[cell], row, weight) for row, cut in enumerate(cuts) for cell, weight in cut.items())
    columns = np.array([entry[0] for entry in entries])
    solution = solve(
        Program(
            cost=prices,
            lower=np.zeros(len(cells)),
            upper=np.ones(len(cells)),
            row_lower=np.full(len(cuts), 1.0 - TOLERANCE),
            row_upper=np.full(len(cuts), np.inf),
            starts=np.searchsorted(columns, np.arange(len(cells) + 1)),
            rows=np.array([entry[1] for entry in entries]),
            weights=np.array([entry[2] for entry in entries], float),
            whole=True,
        ),
        time_limit,
    )
    return {cell for cell, value in zip(cells, solution.point, strict=True) if value > 0.5}


def suppress_secondary(
    tables: LinkedTables,
    values: Floats,
    primary: Mapping[int, tuple[float, float]],
    *,
    cost: Floats | None = None,
    zeros_known: bool = True,
    time_limit: float = TIME_LIMIT,
    solve: Solve = solve_program,
) -> frozenset[int]:
    """Return the cells to hide beside the primary ones so that exact values may be shown of all the rest.

    `values` has the value of each cell, `primary` the protection below and above it that each primary cell needs:
    its interval must contain value - below and value + above. `cost` (None: 1 each, the fewest cells) is positive.
    Zeros are never hidden if `zeros_known`, since everybody knows them.

    Audit, make a cut of every proof, hide the cheapest cells that keep all cuts, audit again (Fischetti and
    Salazar-Gonzalez, Management Science 47(7), 2001). No set is cheaper, since no set without a cell of each cut
    protects. Tables of more than 6,000 cells get cells added greedily instead, and those shown again that turn out
    not to be needed: protected as well, but there may be a cheaper set. Raises UnbreakableError, AuditError.
    """
    values = np.asarray(values, float)
    problem = _Problem(tables, values, primary, zeros_known, solve, monotonic() + time_limit)
    price = np.ones(tables.size) if cost is None else np.asarray(cost, float)
    return problem.hide_fewest(price) if tables.size <= _SMALLEST_UP_TO else problem.hide_greedily(price)


class _Problem:
    """One table with its primary cells, and the cuts found so far."""

    def __init__(
        self,
        tables: LinkedTables,
        values: Floats,
        primary: Mapping[int, tuple[float, float]],
        zeros_known: bool,
        solve: Solve,
        end: float,
    ) -> None:
        self._tables, self._values, self._solve, self._end = tables, values, solve, end
        self._primary = frozenset(primary)
        self._fixed = (values == 0) if zeros_known else np.zeros(tables.size, dtype=bool)
        self._targets = [
            Target(cell, (cell,), (1.0,), max(0.0, values[cell] - below), values[cell] + above)
            for cell, (below, above) in sorted(primary.items())
        ]

    def hide_fewest(self, cost: Floats) -> frozenset[int]:
        cuts: list[dict[int, float]] = []
        hidden: set[int] = set()
        while new := self._find_cuts(hidden):
            cuts += new
            hidden = choose_hidden(cuts, cost, time_limit=self._left(), solve=self._solve)
        return frozenset(hidden)

    def hide_greedily(self, cost: Floats) -> frozenset[int]:
        hidden: set[int] = set()
        while cuts := self._find_cuts(hidden):
            hidden |= _hit_greedily(cuts, cost)
        for cell in sorted(hidden, key=lambda cell: (-cost[cell], cell)):
            if not self._find_cuts(hidden - {cell}):
                hidden.remove(cell)
        return frozenset(hidden)

    def _find_cuts(self, hidden: set[int]) -> list[dict[int, float]]:
        """Return the cuts that `hidden` beside the primary cells leaves unkept; none if all are protected."""
        lower, upper = self._values.copy(), self._values.copy()
        unseen = [cell for cell in self._primary | hidden if not self._fixed[cell]]
        lower[unseen], upper[unseen] = 0.0, np.inf
        audit = audit_targets(
            self._tables,
            lower,
            upper,
            self._targets,
            time_limit=self._left(),
            hidden_upper=np.where(self._fixed, 0.0, np.inf),
            solve=self._solve,
        )
        return [dict(proof) for exposure in audit.exposures for proof in exposure.proofs]

    def _left(self) -> float:
        return self._end - monotonic()


def _hit_greedily(cuts: Sequence[Mapping[int, float]], cost: Floats) -> set[int]:
    """Return cells that keep all cuts, each time the one that gives most for its cost."""
    chosen: set[int] = set()
    while True:
        gains: dict[int, float] = {}
        for cut in cuts:
            missing = 1.0 - sum(weight for cell, weight in cut.items() if cell in chosen)
            if missing > TOLERANCE:
                if sum(cut.values()) < 1.0 - TOLERANCE:
                    raise UnbreakableError
                for cell in cut.keys() - chosen:
                    gains[cell] = gains.get(cell, 0.0) + min(missing, cut[cell]) / cost[cell]
        if not gains:
            return chosen
        chosen.add(min(gains, key=lambda cell: (-gains[cell], cell)))
