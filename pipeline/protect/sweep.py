"""The search for many extremes at once: one point at which as many targets as possible lie beyond their bars.

Every point that fits is a witness for all targets that it puts beyond their bars, not only those it was made for.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.protect.solver import Floats, Ints, Program, Solution
from pipeline.protect.system import System


@dataclass(frozen=True)
class Aims:
    """Columns, each once, to bring up (`sign` 1) or down (-1) to `bars`, and what each is worth."""

    places: Ints
    bars: Floats
    sign: int
    weights: Floats


def sweep(
    system: System,
    start: Floats,
    free: Ints,
    aims: Aims,
    solve: Callable[[Program], Solution],
    *,
    inside: bool = False,
) -> Floats:
    """Return a point that fits, with the columns of `aims` as high (`sign` 1) or low (-1) as possible up to bars.

    Only `free` columns move from `start`, a point that fits. What is maximized is the weighted sum of each column's
    part below its bar, or minimized that above: what goes beyond a bar counts for nothing, so that it is left to
    others. To that end each such column is split in two at its bar. The point is a corner unless `inside`.
    """
    places = aims.places
    low, high = system.lower[places], system.upper[places]
    bars = np.clip(aims.bars, low, high)
    upper, cost = system.upper.copy(), np.zeros(system.width)
    upper[places] = bars
    if aims.sign > 0:
        cost[places] = -aims.weights
    entries, counts = system.pick_entries(np.concatenate([free, places]))
    rows, local = np.unique(system.rows[entries], return_inverse=True)
    stays = start.copy()
    stays[free] = 0.0
    # What moves makes up for what stays, and so for what the start is off, lest that grow from sweep to sweep.
    sums = -system.sum_rows(stays)[rows]
    answer = solve(
        Program(
            cost=np.concatenate([cost[free], aims.weights if aims.sign < 0 else np.zeros(len(places))]),
            lower=np.concatenate([system.lower[free], np.zeros(len(places))]),
            upper=np.concatenate([upper[free], high - bars]),
            row_lower=sums,
            row_upper=sums,
            starts=np.concatenate([[0], np.cumsum(counts)]),
            rows=local,
            weights=system.weights[entries],
            inside=inside,
            fits=True,
        )
    ).point
    point = start.copy()
    point[free] = answer[: len(free)]
    point[places] += answer[len(free) :]
    system.check_point(point)
    return point
