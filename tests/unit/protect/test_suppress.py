"""Hidden cells: enough to break every proof, and no more than needed."""

import itertools
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protection.crossed import cross, group, join
from pipeline.protect import suppress
from pipeline.protect.audit import bound_targets
from pipeline.protect.linked import LinkedTables, Target
from pipeline.protect.solver import AuditTimeError
from pipeline.protect.suppress import UnbreakableError, choose_hidden, suppress_secondary

KNOWN = cross(np.array([[20, 50, 10], [8, 19, 22], [17, 32, 12]]))
SENSITIVE = 5
NEAR = 1e-5

CUTS = st.lists(
    st.dictionaries(st.integers(0, 6), st.sampled_from([0.25, 0.5, 0.75, 1.0]), min_size=1), max_size=6
)


def keeps(cuts: list[dict[int, float]], chosen: set[int]) -> bool:
    return all(sum(cut.get(cell, 0.0) for cell in chosen) >= 1 - NEAR for cut in cuts)


def protects(
    tables: LinkedTables, values: np.ndarray, primary: Mapping[int, tuple[float, float]], hidden: set[int]
) -> bool:
    """Show all but zeros, primary and hidden cells, and look whether each primary interval is wide enough."""
    lower, upper = values.copy(), values.copy()
    unseen = [cell for cell in hidden | primary.keys() if values[cell] > 0]
    lower[unseen], upper[unseen] = 0, np.inf
    targets = [Target(cell, (cell,), (1.0,), 0, 0) for cell in primary]
    intervals = bound_targets(tables, lower, upper, targets, time_limit=60.0)
    return all(
        interval.lower <= max(0, values[cell] - primary[cell][0]) + NEAR
        and interval.upper >= values[cell] + primary[cell][1] - NEAR
        for cell, interval in zip(primary, intervals, strict=True)
    )


@given(CUTS, st.lists(st.integers(1, 5), min_size=7, max_size=7))
def test_the_chosen_cells_are_the_cheapest_that_keep_all_cuts(
    cuts: list[dict[int, float]], cost: list[int]
) -> None:
    subsets = itertools.chain.from_iterable(itertools.combinations(range(7), size) for size in range(8))
    fitting = [sum(cost[cell] for cell in subset) for subset in subsets if keeps(cuts, set(subset))]
    if not fitting:
        with pytest.raises(UnbreakableError):
            choose_hidden(cuts, np.array(cost, float))
        return
    chosen = choose_hidden(cuts, np.array(cost, float))
    assert keeps(cuts, chosen)
    assert sum(cost[cell] for cell in chosen) == min(fitting)


def test_a_proof_without_cells_cannot_be_broken() -> None:
    with pytest.raises(UnbreakableError):
        choose_hidden([{1: 1.0}, {}])


def test_a_cost_can_be_given_for_some_cells_by_name() -> None:
    assert choose_hidden([{3: 1.0, 8: 1.0}], {3: 5.0, 8: 2.0}) == {8}


def test_nothing_to_break_needs_nothing() -> None:
    assert choose_hidden([]) == set()


def test_the_known_table_needs_three_more_cells() -> None:
    hidden = suppress_secondary(KNOWN.tables, KNOWN.values, {SENSITIVE: (5, 5)})
    assert len(hidden) == 3
    assert protects(KNOWN.tables, KNOWN.values, {SENSITIVE: (5, 5)}, set(hidden))


def test_no_smaller_set_protects() -> None:
    chance = np.random.default_rng(5)
    for _ in range(4):
        made = cross(chance.poisson(6, (3, 3)))
        primary = dict.fromkeys(np.flatnonzero((made.depth == 2) & (made.values < 4)).tolist(), (2.0, 2.0))
        hidden = suppress_secondary(made.tables, made.values, primary)
        others = [cell for cell in range(made.tables.size) if cell not in primary and made.values[cell] > 0]
        for smaller in itertools.combinations(others, len(hidden) - 1) if hidden else ():
            assert not protects(made.tables, made.values, primary, set(smaller))


def test_zeros_that_everybody_knows_are_not_hidden() -> None:
    made = cross(np.array([[3, 0, 40], [20, 30, 30], [0, 25, 35]]))
    primary = {0: (3.0, 3.0)}
    hidden = suppress_secondary(made.tables, made.values, primary)
    assert not any(made.values[cell] == 0 for cell in hidden)
    assert protects(made.tables, made.values, primary, set(hidden))


def test_a_zero_that_everybody_knows_cannot_be_protected() -> None:
    made = cross(np.array([[3, 0], [0, 5]]))
    with pytest.raises(UnbreakableError):
        suppress_secondary(made.tables, made.values, {1: (0.0, 3.0)})
    assert suppress_secondary(made.tables, made.values, {1: (0.0, 3.0)}, zeros_known=False)


def test_time_that_runs_out_is_an_error() -> None:
    with pytest.raises(AuditTimeError):
        suppress_secondary(KNOWN.tables, KNOWN.values, {SENSITIVE: (5, 5)}, time_limit=0.0)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["crossed", "grouped", "joined"]), st.booleans())
def test_every_primary_cell_is_protected(seed: int, kind: str, greedily: bool) -> None:
    chance = np.random.default_rng(seed)
    made = {
        "crossed": lambda: cross(chance.poisson(12, (4, 4))),
        "grouped": lambda: group(chance.poisson(12, (5, 3)), (2, 3)),
        "joined": lambda: join(chance.poisson(6, (3, 3, 3))),
    }[kind]()
    inner = (made.depth == 2) & (made.values > 0) & (made.values < 8)
    primary = {cell: (min(2.0, made.values[cell]), 3.0) for cell in np.flatnonzero(inner).tolist()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suppress, "_SMALLEST_UP_TO", 0 if greedily else 10_000)
        hidden = suppress_secondary(made.tables, made.values, primary)
    assert protects(made.tables, made.values, primary, set(hidden))
    if greedily:
        assert not any(protects(made.tables, made.values, primary, set(hidden) - {cell}) for cell in hidden)
