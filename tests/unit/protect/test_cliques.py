"""Which dimensions are counted together, against what decomposable graphs are."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.protect.cliques import list_cliques

tables = st.lists(st.frozensets(st.sampled_from("abcdefg"), max_size=3), max_size=8)


def has_running_intersection(cliques: list[frozenset[str]]) -> bool:
    """Tell whether cliques can be put in an order in which each meets all before it within one of them.

    That is what makes agreeing counts of the cliques belong to one joint count.
    """
    if len(cliques) < 2:
        return True
    for last in cliques:
        others = [one for one in cliques if one is not last]
        shared = last & frozenset().union(*others)
        if any(shared <= one for one in others) and has_running_intersection(others):
            return True
    return False


@given(tables)
def test_every_table_lies_in_one_of_the_sets(tables: list[frozenset[str]]) -> None:
    assert all(any(table <= clique for clique in list_cliques(tables)) for table in tables)


@given(tables)
def test_counts_of_the_sets_that_agree_belong_to_one_joint_count(tables: list[frozenset[str]]) -> None:
    assert has_running_intersection(list_cliques(tables))


@given(tables, st.randoms())
def test_the_order_of_tables_does_not_matter_and_no_set_holds_another(tables, random) -> None:
    cliques = list_cliques(tables)
    random.shuffle(tables)
    assert list_cliques(tables) == cliques
    assert not any(one <= other for one, other in itertools.permutations(cliques, 2))


def test_a_ring_of_tables_is_closed_by_a_chord() -> None:
    ring = [frozenset(pair) for pair in ("ab", "bc", "cd", "da")]
    assert sorted(map(len, list_cliques(ring))) == [3, 3]


def test_tables_that_share_a_state_alone_stay_apart() -> None:
    found = list_cliques([frozenset(pair) for pair in (("state", "service"), ("state", "kind"))])
    assert found == [frozenset({"kind", "state"}), frozenset({"service", "state"})]
