"""The audit: what can an attacker who holds everything that is shown prove about a cell?

The attacker knows all bounds and relations, and that counts are not negative, and takes every real-valued table that
fits for possible. That is the standard attacker of the field (Fischetti and Salazar-Gonzalez, Management Science
47(7), 2001). A whole-number attacker proves nothing less and, in two-way tables, nothing more: with whole bounds
their corners are whole. In other tables the interval of whole values may be narrower.

A target is safe only if points that fit, each checked, lie beyond both its bars. It is exposed only if the prices of
an optimum prove it. Whatever is neither raises an AuditError.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.protect.climb import Summit
from pipeline.protect.linked import SUM, Exposure, Interval, LinkedTables, Relation, Target
from pipeline.protect.search import Search
from pipeline.protect.solver import Floats, Solve, solve_program
from pipeline.protect.system import TOLERANCE, build_system

TIME_LIMIT = 600.0
"""Seconds for a whole audit, unless told otherwise."""


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    `slack` is how far above its `high` the interval of the tightest unexposed target ends, and `tightest` is the name
    of that target. If `slack_is_least`, all reach at least that far and `tightest` is None. `solved` is the number
    of programs solved.
    """

    exposures: tuple[Exposure, ...]
    slack: float
    slack_is_least: bool
    tightest: Hashable | None
    solved: int


def bound_targets(
    tables: LinkedTables,
    lower: Floats,
    upper: Floats,
    targets: Sequence[Target],
    *,
    time_limit: float,
    solve: Solve = solve_program,
) -> list[Interval]:
    """Return the exact interval of each target, from one pair of bounds a cell (`upper` may be infinite).

    Raises AuditError where the bounds contradict each other, or not all intervals are found within `time_limit`
    seconds.
    """
    search = Search(build_system(tables, lower, upper, targets), time_limit, solve)
    nothing = np.full(len(targets), np.inf)
    search.reach(-1, nothing)
    return [
        Interval(search.find_end(target, -1), search.find_end(target, 1)) for target in range(len(targets))
    ]


def audit_targets(  # noqa: PLR0913 (what is asked and how far, in one call)
    tables: LinkedTables,
    lower: Floats,
    upper: Floats,
    targets: Sequence[Target],
    *,
    time_limit: float,
    slack: float = 0.0,
    hidden_upper: float | Floats = np.inf,
    exact: bool = True,
    solve: Solve = solve_program,
) -> Audit:
    """Return which targets are exposed, and by how much the tightest other one is not, looked for up to `slack`.

    `lower` and `upper` have one entry a cell; `upper` may be infinite. `hidden_upper` is the upper bound of a cell
    once it is hidden, for all or one a cell; the lower one is 0. A target whose `low` is infinite has no bar below.
    Unless `exact`, the end of an exposed interval that keeps its bar is only as far as the search went.
    Raises AuditError where what is shown contradicts itself, the time limit (in seconds, for the whole call) runs
    out, or the solver's answers do not hold.
    """
    search = Search(build_system(tables, lower, upper, targets), time_limit, solve)
    low = np.array([target.low for target in targets])
    high = np.array([target.high for target in targets])
    below, above = search.reach(-1, low), search.reach(1, high)
    reach = _Hiding(search, np.broadcast_to(np.asarray(hidden_upper, float), (tables.size,)), exact=exact)
    exposures = tuple(
        reach.expose(number, target, below.get(number), above.get(number))
        for number, target in enumerate(targets)
        if number in below or number in above
    )
    high[list(below.keys() | above.keys())] = -np.inf
    slack, tightest = search.find_tightest(high, slack)
    return Audit(
        exposures,
        slack,
        slack_is_least=tightest is None,
        tightest=None if tightest is None else targets[tightest].name,
        solved=search.solved,
    )


def find_exposures(
    tables: LinkedTables,
    shown: Mapping[int, tuple[float, float]],
    threshold: int,
    *,
    guarded: Collection[int] | None = None,
    zeros: Collection[int] = (),
    hidden_upper: float = np.inf,
    time_limit: float = TIME_LIMIT,
    solve: Solve = solve_program,
) -> list[Exposure]:
    """Return what is exposed if the cells in `shown` have those bounds (equal ones where the value is exact).

    All others are hidden: between 0 and `hidden_upper`, or 0 where they are in `zeros` and so known to be. Targets
    are the `guarded` hidden cells (None: all that are no known zero), named by their number, and of each sum with
    a shown parent what is left beside its shown children, if any, named ("remainder", parent, first hidden child).
    The attacker must have to allow for 0 and for `threshold` - 1. Raises AuditError as `audit_targets` does.
    """
    lower, upper = np.zeros(tables.size), np.full(tables.size, float(hidden_upper))
    upper[list(zeros)] = 0.0
    for cell, bounds in shown.items():
        lower[cell], upper[cell] = bounds
    hidden = set(range(tables.size)) - shown.keys() - set(zeros) - tables.impossible
    cells = hidden if guarded is None else hidden & set(guarded)
    targets = [Target(cell, (cell,), (1.0,), 0.0, threshold - 1.0) for cell in sorted(cells)]
    targets += [
        _name_remainder(relation, shown.keys(), hidden, threshold)
        for relation in tables.relations
        if relation.kind == SUM
        and relation.parent in shown
        and hidden.intersection(relation.children)
        and shown.keys() & set(relation.children)
    ]
    once_hidden = np.where(np.isin(np.arange(tables.size), list(zeros)), 0.0, hidden_upper)
    audit = audit_targets(
        tables, lower, upper, targets, time_limit=time_limit, hidden_upper=once_hidden, solve=solve
    )
    return list(audit.exposures)


def _name_remainder(
    relation: Relation, shown: Collection[int], hidden: Collection[int], threshold: int
) -> Target:
    children = [child for child in relation.children if child in shown]
    first = next(child for child in relation.children if child in hidden)
    weights = (1.0, *[-1.0] * len(children))
    return Target(
        ("remainder", relation.parent, first), (relation.parent, *children), weights, 0.0, threshold - 1.0
    )


@dataclass(frozen=True)
class _Hiding:
    """What hiding shown cells would change in a proof."""

    search: Search
    hidden_upper: Floats
    exact: bool

    def expose(self, number: int, target: Target, below: Summit | None, above: Summit | None) -> Exposure:
        """Return the exposure of a target from the ends that fall short of their bars."""
        interval = Interval(
            below.value if below else self._find_end(number, -1),
            above.value if above else self._find_end(number, 1),
        )
        proofs = []
        if above:
            proofs.append(self._weigh(above, target.high - above.value))
        if below:
            proofs.append(self._weigh(below, below.value - target.low))
        return Exposure(target, interval, proofs[0], proof_below=proofs[1] if len(proofs) > 1 else None)

    def _find_end(self, number: int, sign: int) -> float:
        if self.exact:
            return self.search.find_end(number, sign)
        return float((self.search.highest if sign > 0 else self.search.lowest)[number])

    def _weigh(self, end: Summit, need: float) -> dict[int, float]:
        """Return how much of `need` hiding each cell alone can give, at most 1: the capacity cut of Fischetti and
        Salazar-Gonzalez. By weak duality, hiding moves the proven end no further than the prices of its bounds."""
        assert end.prices is not None
        upper = self.search.system.upper[: len(self.hidden_upper)]
        prices = np.where(np.abs(end.prices) > TOLERANCE, end.prices, 0.0)[: len(upper)]
        gain = np.where(prices < 0, -prices * self.search.system.lower[: len(upper)], 0.0)
        wider = (prices > 0) & (upper < self.hidden_upper)
        gain[wider] = prices[wider] * (self.hidden_upper[wider] - upper[wider])
        return {int(cell): min(1.0, float(gain[cell]) / need) for cell in np.flatnonzero(gain > TOLERANCE)}
