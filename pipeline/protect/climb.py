"""The search for one extreme: how high, or how low, one column can go.

A climb starts at a point that fits and lets only a few columns near the target move. The prices of that small
program say which columns would help if they moved too; once none would, its optimum is that of the whole, and the
prices prove it. (Column generation, known as sifting where there are far more columns than matter.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.protect.solver import Flags, Floats, Ints, Program, Solution, SolverError
from pipeline.protect.system import TOLERANCE, System, find_inside

_PRICE_TOLERANCE = 1e-7
"""Prices below count as none; HiGHS takes them for none as well."""

_JOINING = 400
"""How many columns may join at once, or as many as move already: steps stay short, and few if it takes them all."""


@dataclass(frozen=True)
class Ascent:
    """What a climb asks for: column `place` as high (`sign` 1) or as low (-1) as it gets, at most to `bar`."""

    place: int
    sign: int
    bar: float


@dataclass(frozen=True)
class Summit:
    """Where a climb ended: a point that fits, and the value of the column there.

    `prices`, one a column, prove that no point goes beyond it: times the bounds they point to, they sum to the
    value times the sign. None where the bar was reached, or the climb gave up.
    """

    point: Floats
    value: float
    prices: Floats | None


def climb(
    system: System,
    start: Floats,
    ascent: Ascent,
    stages: Sequence[Flags],
    solve: Callable[[Program], Solution],
    *,
    most: float = np.inf,
) -> Summit:
    """Climb from `start`, a point that fits, with the columns of one stage after the other.

    The last stage has all columns. Gives up where more than `most` columns would have to move. Raises SolverError
    where an answer of the solver does not hold.
    """
    free = np.full(system.width, system.width <= _JOINING)
    near = system.find_neighbours(np.array([ascent.place]))
    free[near] |= find_inside(system, start)[near]
    free[ascent.place] = True
    for stage in stages:
        while True:
            point, prices = _step(system, start, np.flatnonzero(free), ascent, solve)
            if (point[ascent.place] - ascent.bar) * ascent.sign >= -TOLERANCE:
                return _stop(system, ascent, point)
            moving = int(np.count_nonzero(free))
            joining = _choose_joining(system, point, prices, stage & ~free, max(_JOINING, moving))
            if not len(joining):
                break
            if moving + len(joining) > most:
                return _stop(system, ascent, point)
            free[joining] = True
    _check_proof(system, prices, ascent.sign * point[ascent.place])
    return _stop(system, ascent, point, prices)


def _stop(system: System, ascent: Ascent, point: Floats, prices: Floats | None = None) -> Summit:
    system.check_point(point)
    return Summit(point, float(point[ascent.place]), prices)


def _step(
    system: System, start: Floats, free: Ints, ascent: Ascent, solve: Callable[[Program], Solution]
) -> tuple[Floats, Floats]:
    """Return the best point with only `free` columns moving from `start`, and the prices of all columns there."""
    entries, counts = system.pick_entries(free)
    rows, local = np.unique(system.rows[entries], return_inverse=True)
    # As the start fits, each row sums to 0: what moves must go on to sum to what it sums to there. Were it the point
    # before, what each answer is off would add up from step to step.
    sums = np.bincount(local, system.weights[entries] * np.repeat(start[free], counts), len(rows))
    is_target = free == ascent.place
    lower, upper = system.lower[free], system.upper[free]
    # The start is short of the bar, so that a bound at the bar cuts nothing off but what is not asked for.
    if ascent.sign > 0:
        upper[is_target] = min(upper[is_target][0], ascent.bar)
    else:
        lower[is_target] = max(lower[is_target][0], ascent.bar)
    solution = solve(
        Program(
            cost=np.where(is_target, -float(ascent.sign), 0.0),
            lower=lower,
            upper=upper,
            row_lower=sums.astype(float),
            row_upper=sums.astype(float),
            starts=np.concatenate([[0], np.cumsum(counts)]),
            rows=local,
            weights=system.weights[entries],
            fits=True,
        )
    )
    moved = start.copy()
    moved[free] = solution.point
    prices = system.price_columns(rows, solution.duals)
    prices[ascent.place] += ascent.sign
    return moved, prices


def _choose_joining(system: System, point: Floats, prices: Floats, allowed: Flags, most: int) -> Ints:
    """Return the columns that promise most if they may move: by price, and by room up to a usual threshold."""
    up = (prices > _PRICE_TOLERANCE) & (point < system.upper - TOLERANCE)
    down = (prices < -_PRICE_TOLERANCE) & (point > system.lower + TOLERANCE)
    found = np.flatnonzero((up | down) & allowed)
    if len(found) <= most:
        return found
    room = np.where(up[found], system.upper[found] - point[found], point[found] - system.lower[found])
    promise = np.abs(prices[found]) * np.minimum(room, 10.0)
    return found[np.argsort(-promise, kind="stable")[:most]]


def _check_proof(system: System, prices: Floats, value: float) -> None:
    """Raise SolverError unless the prices prove `value`: by weak duality nothing can exceed what they sum to."""
    with np.errstate(invalid="ignore"):
        bounds = np.where(prices > 0, system.upper, system.lower)
        parts = np.where(np.abs(prices) > _PRICE_TOLERANCE, prices * bounds, 0.0)
    if not abs(parts.sum() - value) <= 10 * TOLERANCE * max(1.0, abs(value)):
        raise SolverError("The solver's proof does not hold, so nothing may be shown: report it.")
