"""Points consistent with all that was published, with room: months of a year high, or low, so that one may move."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.protection.program import Closed, Index, Numbers
from bench.protection.stack import PERIODS, Stack

_KEPT_PARTS = 24


@dataclass
class Rooms:
    """Points around `point`, made when they are asked for."""

    stack: Stack
    point: Numbers
    _made: dict[tuple[float, tuple[int, ...]], Numbers] = field(default_factory=dict)
    _bounds: tuple[Numbers, Numbers] | None = None
    _parts: dict[tuple[int, int], tuple[Numbers, Closed, Index]] = field(default_factory=dict)

    def part(self, base: Numbers, block: int) -> tuple[Closed, Index]:
        """Return the program in which one edition's month moves, and all quarters and years, around a base."""
        kept = self._parts.get((id(base), block))
        # An id may come again once its point is gone; the point is kept, so that it does not.
        if kept is None or kept[0] is not base:
            if len(self._parts) >= _KEPT_PARTS:
                self._parts.clear()
            kept = (base, *self.stack.closed.restrict([block, PERIODS], base, base))
            self._parts[id(base), block] = kept
        return kept[1], kept[2]

    def loose(self, blocks: Sequence[int]) -> tuple[Closed, Index]:
        """Return the program in which some editions move and others are anything that published figures allow."""
        if self._bounds is None:
            self._bounds = self.stack.closed.tighten()
        return self.stack.closed.restrict([*blocks, PERIODS], *self._bounds)

    def bases(self, sign: float) -> Iterator[Numbers]:
        """Yield points to start from: for what is to be low (sign 1), those in which other months are high."""
        yield self.point
        blocks = sorted(
            {
                self.stack.blocks[key]
                for (_, length), keys in self.stack.basis.items()
                if length == 12
                for key in keys
            }
        )
        for order in (tuple(blocks), tuple(reversed(blocks))) if blocks else ():
            if (sign, order) not in self._made:
                self._made[sign, order] = self._push(order, sign)
            yield self._made[sign, order]

    def _push(self, order: tuple[int, ...], sign: float) -> Numbers:
        """Return a point in which each month in turn tells as many (sign 1) or as few incidents as it can."""
        point = self.point.copy()
        inner = np.zeros(point.size)
        for (_, name), columns in self.stack.columns.items():
            if name == "inner":
                inner[columns.ravel()] = -sign
        for block in order:
            part, free = self.stack.closed.restrict([block, PERIODS], point, point)
            point[free] = part.minimise(inner[free])
        return point
