"""Our intervals and hidden cells beside those of tau-Argus (pytauargus), the program of the statistical offices.

Its audit and its optimal method read linked tables of any form from a file, so that all kinds are compared directly.
Its modular method knows hierarchies only and starts from records.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.protection.crossed import Made, cross, group, join
from bench.protection.tauargus import Levels, audit, suppress_modular, suppress_optimal
from pipeline.protect.audit import bound_targets
from pipeline.protect.linked import Target
from pipeline.protect.suppress import suppress_secondary

NEAR = 1e-4
THRESHOLD = 8
TWO_WAY, LINKED = 200, 50
"""Audits compared; suppressions are fewer, since each takes many of them."""


def draw_linked(chance: np.random.Generator, number: int) -> Iterator[Made]:
    """Give so many tables in groups, joined by a margin, and crossed three ways, in turn."""
    for turn in range(number):
        mean = chance.integers(3, 25)
        if turn % 3 == 0:
            yield group(chance.poisson(mean, (int(chance.integers(4, 8)), 4)), (2, 2))
        elif turn % 3 == 1:
            yield join(chance.poisson(mean / 2, chance.integers(2, 5, 3)))
        else:
            yield cross(chance.poisson(mean / 2, chance.integers(2, 4, 3)))


def find_primary(made: Made) -> Levels:
    """Return small cells with a fifth of their value as protection, as the frequency rule of tau-Argus has it."""
    small = np.flatnonzero((made.values > 0) & (made.values < THRESHOLD)).tolist()
    return {cell: (0.2 * made.values[cell], 0.2 * made.values[cell]) for cell in small}


def assert_same_intervals(made: Made, chance: np.random.Generator, folder: Path) -> None:
    """Hide small cells and some others, margins among them, and compare the intervals of all of them."""
    hidden = [cell for cell in range(made.tables.size) if made.values[cell] < 8 or chance.random() < 0.2]
    lower, upper = made.values.copy(), made.values.copy()
    lower[hidden], upper[hidden] = 0, np.inf
    targets = [Target(cell, (cell,), (1.0,), 0, 0) for cell in hidden]
    ours = bound_targets(made.tables, lower, upper, targets, time_limit=60.0)
    theirs = audit(made, hidden, folder)
    for cell, interval in zip(hidden, ours, strict=True):
        assert (interval.lower, interval.upper) == pytest.approx(theirs[cell], abs=NEAR)


def test_intervals_of_two_way_tables_are_those_of_tau_argus(tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    for _ in range(TWO_WAY):
        made = cross(chance.poisson(chance.integers(3, 30), chance.integers(2, 7, 2)))
        assert_same_intervals(made, chance, tmp_path)


def test_intervals_of_linked_and_grouped_tables_are_those_of_tau_argus(tmp_path: Path) -> None:
    chance = np.random.default_rng(12)
    for made in draw_linked(chance, LINKED):
        assert_same_intervals(made, chance, tmp_path)


def test_we_hide_as_few_cells_as_the_optimal_method_of_tau_argus(tmp_path: Path) -> None:
    chance = np.random.default_rng(13)
    for made in [*draw_linked(chance, 6), *(cross(chance.poisson(12, (5, 5))) for _ in range(6))]:
        primary = find_primary(made)
        ours = suppress_secondary(made.tables, made.values, primary)
        assert len(ours) <= len(suppress_optimal(made, primary, tmp_path, seconds=20)) + 2


@pytest.mark.parametrize("sizes", [(), (3, 3)])
def test_we_hide_as_few_cells_as_the_modular_method_of_tau_argus(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    chance = np.random.default_rng(14)
    for _ in range(3):
        theirs = suppress_modular(chance.poisson(12, (6, 5)), sizes, tmp_path, threshold=THRESHOLD)
        assert theirs.primary
        ours = suppress_secondary(theirs.made.tables, theirs.made.values, theirs.primary)
        assert len(ours) <= len(theirs.hidden) + 2
