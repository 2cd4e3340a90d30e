"""The key of a month: every row has a key of its own that follows from it, until a hole is punched where the row was.

The keys of rows are the leaves of a binary tree, each node of which gives the two below it (the generator of
Goldreich, Goldwasser and Micali, 1986). To erase a row, the nodes above its leaf are replaced by those beside the
way to it: everything else still follows from them, and nothing leads to that leaf any more, in no copy of the
database either (puncturing, as in Green and Miers, "Forward Secure Asynchronous Messaging from Puncturable
Encryption", 2015). Files and locks are dealt with in `key_files.py`.
"""

import hashlib
import secrets
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import JawabdehiError

KEY_BYTES = 32
LARGEST_SLOT = (1 << 24) - 1

# Two of a million returns of one month meet on the same 64 bits once in 37 million such months.
_RETURN_BITS = 64
_SLOT_BITS = 24
_DEEPEST = _RETURN_BITS + _SLOT_BITS
_PATH_BYTES = _DEEPEST // 8
_NODE_BYTES = 1 + _PATH_BYTES + KEY_BYTES

Node = tuple[int, int]
"""A place in the tree: how deep it lies, and the bits of the way to it as a number."""


@dataclass(frozen=True, repr=False)
class MonthKey:
    """One month's key: the nodes from which the keys of all rows follow that were not erased.

    `generation` counts from 1 how often the month's key was made anew; without nodes the whole month is erased.
    """

    generation: int
    nodes: Mapping[Node, bytes] = field(default_factory=dict)

    @classmethod
    def make(cls, generation: int) -> "MonthKey":
        """Make a new key with nothing erased."""
        return cls(generation, {(0, 0): secrets.token_bytes(KEY_BYTES)})

    @property
    def is_destroyed(self) -> bool:
        return not self.nodes

    def derive(self, return_id: str, slots: Sequence[int]) -> list[bytes | None]:
        """Return the keys of some slots of a return, 32 bytes each, None where one is erased."""
        way = _way_to(return_id)
        top = self._descend(way)
        ordered = sorted(set(slots))
        found: dict[int, bytes | None] = {}
        self._unfold((_RETURN_BITS, way), top, ordered, found)
        return [found[slot] for slot in slots]

    def puncture(self, spent: Mapping[str, Collection[int] | None]) -> "MonthKey":
        """Return the key without some slots of returns, or without all of a return where None stands for them."""
        nodes = dict(self.nodes)
        for return_id, slots in spent.items():
            way = _way_to(return_id)
            if slots is None:
                _cut(nodes, (_RETURN_BITS, way))
            for slot in slots or ():
                _cut(nodes, (_DEEPEST, way << _SLOT_BITS | _check(slot)))
        return MonthKey(self.generation, nodes)

    def to_bytes(self) -> bytes:
        """Return the key as bytes: its generation, then each node with its place."""
        parts = [self.generation.to_bytes(2, "big")]
        for (depth, way), key in sorted(self.nodes.items()):
            parts.append(depth.to_bytes(1, "big") + way.to_bytes(_PATH_BYTES, "big") + key)
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, content: bytes) -> "MonthKey":
        """Return the key that `to_bytes` wrote."""
        nodes = {}
        for start in range(2, len(content), _NODE_BYTES):
            part = content[start : start + _NODE_BYTES]
            place = (part[0], int.from_bytes(part[1 : 1 + _PATH_BYTES], "big"))
            nodes[place] = part[1 + _PATH_BYTES :]
        return cls(int.from_bytes(content[:2], "big"), nodes)

    def _descend(self, way: int) -> bytes | None:
        """Return the node of a return, or None where holes lie below it."""
        for depth in range(_RETURN_BITS, -1, -1):
            node = self.nodes.get((depth, way >> (_RETURN_BITS - depth)))
            if node is not None:
                return _walk(node, way, _RETURN_BITS - depth)
        return None

    def _unfold(
        self, place: Node, node: bytes | None, slots: Sequence[int], found: dict[int, bytes | None]
    ) -> None:
        """Put the keys of `slots` (sorted, all below `place`) into `found`, each node worked out once."""
        depth, way = place
        node = node or self.nodes.get(place)
        if depth == _DEEPEST:
            found[slots[0]] = node
            return
        if node and len(slots) == 1 << (_DEEPEST - depth):
            found.update(zip(slots, _list_leaves(node, _DEEPEST - depth), strict=True))
            return
        left, right = _children(node) if node else (None, None)
        first_right = (way << 1 | 1) << (_DEEPEST - depth - 1) & LARGEST_SLOT
        middle = bisect_left(slots, first_right)
        if middle:
            self._unfold((depth + 1, way << 1), left, slots[:middle], found)
        if middle < len(slots):
            self._unfold((depth + 1, way << 1 | 1), right, slots[middle:], found)


def _way_to(return_id: str) -> int:
    digest = hashlib.sha256(return_id.encode()).digest()
    return int.from_bytes(digest[: _RETURN_BITS // 8], "big")


def _check(slot: int) -> int:
    if not 0 <= slot <= LARGEST_SLOT:
        raise JawabdehiError("A return has more rows than can be sealed: send it in parts.")
    return slot


def _children(node: bytes) -> tuple[bytes, bytes]:
    # The node is 32 random bytes, so the two halves of its hash tell nothing of it or of each other.
    pair = hashlib.sha512(node).digest()
    return pair[:KEY_BYTES], pair[KEY_BYTES:]


def _walk(node: bytes, way: int, steps: int) -> bytes:
    for step in range(steps - 1, -1, -1):
        node = _children(node)[way >> step & 1]
    return node


def _list_leaves(node: bytes, height: int) -> list[bytes]:
    """Return all leaves below a node: most rows of a large return are found so, without looking at each."""
    level = [node]
    for _ in range(height):
        level = [child for each in level for child in _children(each)]
    return level


def _cut(nodes: dict[Node, bytes], place: Node) -> None:
    """Let nothing lead to `place` or below it any more."""
    depth, way = place
    above = next(
        (each for each in ((up, way >> (depth - up)) for up in range(depth + 1)) if each in nodes), None
    )
    if above is None:
        for each in [each for each in nodes if _is_below(each, place)]:
            del nodes[each]
        return
    node = nodes.pop(above)
    for down in range(above[0] + 1, depth + 1):
        turn = way >> (depth - down)
        pair = _children(node)
        nodes[(down, turn ^ 1)] = pair[turn & 1 ^ 1]
        node = pair[turn & 1]


def _is_below(node: Node, place: Node) -> bool:
    return node[0] > place[0] and node[1] >> (node[0] - place[0]) == place[1]
