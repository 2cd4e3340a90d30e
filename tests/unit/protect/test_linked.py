"""Linked tables refuse what cannot be meant."""

import pytest

from pipeline.errors import UsageError
from pipeline.protect.linked import Exposure, Interval, LinkedTables, Relation, Target


def test_a_relation_is_of_a_known_kind() -> None:
    with pytest.raises(UsageError):
        Relation(0, (1, 2), "roughly")


@pytest.mark.parametrize("children", [(), (0, 1), (1, 1)])
def test_a_relation_has_children_and_no_cell_stands_in_it_twice(children: tuple[int, ...]) -> None:
    with pytest.raises(UsageError):
        Relation(0, children)


def test_cells_are_numbered_below_the_size() -> None:
    with pytest.raises(UsageError):
        LinkedTables(2, (Relation(0, (1, 2)),))
    with pytest.raises(UsageError):
        LinkedTables(2, (), frozenset({-1}))


def test_blocks_are_given_for_every_cell_or_none() -> None:
    with pytest.raises(UsageError):
        LinkedTables(2, (), blocks=(0,))


@pytest.mark.parametrize(("cells", "weights"), [((), ()), ((1, 2), (1.0,)), ((1, 1), (1.0, -1.0))])
def test_a_target_has_a_weight_for_each_cell_once(cells: tuple[int, ...], weights: tuple[float, ...]) -> None:
    with pytest.raises(UsageError):
        Target("target", cells, weights, 0, 9)


def test_an_exposure_on_both_sides_has_two_proofs() -> None:
    target = Target("target", (0,), (1.0,), 0, 9)
    assert Exposure(target, Interval(0, 5), {1: 1.0}).proofs == ({1: 1.0},)
    both = Exposure(target, Interval(3, 5), {1: 1.0}, proof_below={2: 1.0})
    assert both.proofs == ({1: 1.0}, {2: 1.0})
