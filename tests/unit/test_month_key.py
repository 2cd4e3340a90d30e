"""A month's key: each row has a key of its own, and what was erased follows from nothing that is left."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from pipeline.month_key import LARGEST_SLOT, MonthKey

returns = st.sampled_from(["UTTHAN-2026-10-0123456789abcdef", "BIHAAN-2026-10-0123456789abcdef", "X"])
slots = st.one_of(st.integers(0, 40), st.integers(0, LARGEST_SLOT))
holes = st.dictionaries(returns, st.one_of(st.none(), st.sets(slots, max_size=12)))


def follow(key: MonthKey, return_id: str, slot: int) -> bytes | None:
    """The oracle: walk from the root, bit by bit, with nothing shared between slots."""
    bits = hashlib.sha256(return_id.encode()).digest()[:8] + slot.to_bytes(3, "big")
    node = key.nodes[(0, 0)]
    for bit in f"{int.from_bytes(bits, 'big'):088b}":
        pair = hashlib.sha512(node).digest()
        node = pair[32:] if bit == "1" else pair[:32]
    return node


@given(returns, st.lists(slots, max_size=30))
def test_every_slot_has_the_key_that_a_walk_from_the_root_gives(return_id: str, wanted: list[int]) -> None:
    key = MonthKey.make(1)
    assert key.derive(return_id, wanted) == [follow(key, return_id, slot) for slot in wanted]


@given(st.lists(holes, max_size=3), returns, st.lists(slots, max_size=30))
def test_a_hole_takes_what_was_erased_and_nothing_else(
    rounds: list[dict[str, set[int] | None]], return_id: str, wanted: list[int]
) -> None:
    key = MonthKey.make(1)
    left = key
    for spent in rounds:
        left = left.puncture(spent)
    gone = {slot for spent in rounds for slot in spent.get(return_id) or ()}
    if any(spent.get(return_id, ()) is None for spent in rounds):
        gone |= set(wanted)
    expected = [
        None if slot in gone else own for slot, own in zip(wanted, key.derive(return_id, wanted), strict=True)
    ]
    assert left.derive(return_id, wanted) == expected


@given(holes, returns, slots)
def test_no_node_that_is_left_lies_on_the_way_to_what_was_erased(
    spent: dict[str, set[int] | None], return_id: str, slot: int
) -> None:
    spent = spent | {return_id: {slot}}
    left = MonthKey.make(1).puncture(spent)
    for each, erased in spent.items():
        bits = int.from_bytes(hashlib.sha256(each.encode()).digest()[:8], "big")
        for hole in erased or ():
            way = bits << 24 | hole
            assert not [node for node in left.nodes if way >> (88 - node[0]) == node[1]]
    assert left.puncture(spent) == left


@given(holes)
def test_a_key_comes_back_from_its_bytes(spent: dict[str, set[int] | None]) -> None:
    key = MonthKey.make(3).puncture(spent)
    assert MonthKey.from_bytes(key.to_bytes()) == key


def test_many_rows_of_one_return_have_as_many_keys() -> None:
    key = MonthKey.make(1).puncture({"X": {700}})
    keys = key.derive("X", range(5000))
    assert keys[700] is None
    assert len(set(keys)) == 5000


def test_a_key_shows_in_no_repr() -> None:
    key = MonthKey.make(1)
    assert key.nodes[(0, 0)].hex() not in repr(key)
    assert repr(key.nodes[(0, 0)]) not in repr(key)
