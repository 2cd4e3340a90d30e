"""The attacker's search: which targets can go beyond their bars, and where exactly the others end."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property
from time import monotonic

import numpy as np

from pipeline.protect.climb import Ascent, Summit, climb
from pipeline.protect.solver import Flags, Floats, Ints, Program, Solution, Solve
from pipeline.protect.sweep import Aims, sweep
from pipeline.protect.system import TOLERANCE, System

_PAYING = 80_000
"""A sweep over n columns pays while it settles 1 + (n / 80,000)³ targets; from then on climbs are quicker.

As measured: 0.2 s for 20,000 columns, 1 s for 60,000, 10 s for 95,000 and 100 s to 300 s for 340,000; a climb that
is left then takes about 4 s."""

_TOGETHER = (2, 4)
"""So many blocks move together after single ones: what two cannot make up for, four mostly can."""

_MOST_MOVING = 20_000
"""A climb that wants more columns waits for one program over everything, solved inside: on 340,000 columns that
takes 90 s to 160 s and settles all that is left, while such a climb takes up to minutes, or comes to no end."""

_CORNERS = 2
"""The start of a climb lies between so many corners: it has more room to every side than any of them."""

_TRIALS = 5
"""Climbs in search of a tight target before sweeps: most months have one, and then sweeps have less to do."""


class Search:
    """One attack on a system, all targets together.

    `highest` and `lowest` hold, one a target, what the points found so far reach; `solved` counts programs.
    """

    def __init__(self, system: System, time_limit: float, solve: Solve) -> None:
        self.system = system
        self.solved = 0
        self.highest = np.full(len(system.places), -np.inf)
        self.lowest = np.full(len(system.places), np.inf)
        self._end = monotonic() + time_limit
        self._solve_program = solve
        self._chance = np.random.default_rng(0)
        self._parts = list(_list_parts(system))
        self._swept: list[Floats] = []
        self._inside = self._point = self._find_point()
        self._note(self._point)

    def reach(self, sign: int, bars: Floats) -> dict[int, Summit]:
        """Bring every target to its bar or to its end; return the ends of those that stay short, by target.

        `bars` has one value a target; infinite ones that nothing need reach are left out (-inf upwards, inf
        downwards). Raises AuditError.
        """
        self._sweep_while_it_pays(sign, bars)
        ends: dict[int, Summit] = {}
        if self._parts:
            self._climb_open(sign, bars, ends, most=_MOST_MOVING)
            self._sweep_inside(sign, bars, ends)
        self._climb_open(sign, bars, ends)
        return ends

    def _climb_open(self, sign: int, bars: Floats, ends: dict[int, Summit], *, most: float = np.inf) -> None:
        """Climb for all targets that are open and have no end yet; add the ends of those that stay short."""
        for target in self._list_left(sign, bars, ends).tolist():
            if self._is_open(sign, bars)[target]:
                summit = self.climb(target, sign, bars[target], most=most)
                if summit.prices is not None:
                    ends[target] = summit

    def climb(self, target: int, sign: int, bar: float, *, most: float = np.inf) -> Summit:
        """Bring one target to `bar`, or to its exact end before; give up where over `most` columns would move."""
        place = int(self.system.places[target])
        ascent, stages = Ascent(place, sign, bar), list(self._list_stages(place))
        summit = climb(self.system, self._start, ascent, stages, self._solve, most=most)
        self._note(summit.point)
        return summit

    def is_endless(self, target: int, sign: int) -> bool:
        """Tell whether a target has no end, by a direction in which one can go on from any point that fits."""
        place = int(self.system.places[target])
        bounds = self.system.upper if sign > 0 else self.system.lower
        if np.isfinite(bounds[place]):
            return False
        everything = [np.ones(self.system.width, dtype=bool)]
        ascent = Ascent(place, sign, float(sign))
        start = np.zeros(self.system.width)
        return climb(self._directions, start, ascent, everything, self._solve).prices is None

    def find_end(self, target: int, sign: int) -> float:
        """Return the exact end of a target, upwards or downwards."""
        place = int(self.system.places[target])
        bound = float((self.system.upper if sign > 0 else self.system.lower)[place])
        reached = float((self.highest if sign > 0 else self.lowest)[target])
        if np.isfinite(bound) and abs(reached - bound) <= TOLERANCE:
            return bound
        if self.is_endless(target, sign):
            return sign * np.inf
        return self.climb(target, sign, sign * np.inf).value

    def find_tightest(self, bars: Floats, slack: float) -> tuple[float, int | None]:
        """Return how far all targets reach beyond `bars` (-inf: left out), at most `slack`, and which ends there.

        The target is None where all reach `slack`. What one target falls short of is all that is asked of the others,
        so that few climbs come to an end; sweeps come after some of them for the same reason. Those targets are tried
        first that single rows hold down most.
        """
        found, held = None, self.system.bound_by_rows()[self.system.places] - bars
        for step in range(_TRIALS + len(bars)):
            if step == _TRIALS:
                self._sweep_while_it_pays(1, bars + slack)
            left = np.flatnonzero(self._is_open(1, bars + slack))
            if not len(left):
                break
            target = int(left[np.lexsort(((self.highest - bars)[left], held[left]))[0]])
            summit = self.climb(target, 1, bars[target] + slack)
            if summit.prices is not None:
                slack, found = max(0.0, summit.value - float(bars[target])), target
        return slack, found

    def _sweep_while_it_pays(self, sign: int, bars: Floats) -> None:
        """Sweep over part after part, then over all; if those are one, once more where there are too few corners."""
        everything = np.ones(self.system.width, dtype=bool)
        while True:
            for aimed, part in self._parts:
                self._sweep_part(sign, bars, aimed, part)
            self._point = self._sweep(sign, bars, everything, everything, self._point)
            self._swept.append(self._point)
            if self._parts or len(self._swept) >= _CORNERS or not self._is_open(sign, bars).any():
                return

    def _sweep_inside(self, sign: int, bars: Floats, ends: Collection[int]) -> None:
        """Settle what many blocks have to make up for together, as long as a point settles half of it."""
        everything = np.arange(self.system.width)
        left, before = self._list_left(sign, bars, ends), np.inf
        while 0 < len(left) <= before / 2:
            aims = self._aim(left, sign, bars)
            self._note(sweep(self.system, self._point, everything, aims, self._solve, inside=True))
            left, before = self._list_left(sign, bars, ends), len(left)

    def _list_left(self, sign: int, bars: Floats, ends: Collection[int]) -> Ints:
        return np.setdiff1d(np.flatnonzero(self._is_open(sign, bars)), list(ends))

    def _sweep_part(self, sign: int, bars: Floats, aimed: Flags, part: Flags) -> None:
        """Sweep for the targets among the columns `aimed` with those of `part`.

        The first sweep goes on from where the part before came to, so that in the end all are at a corner: what is
        left of a year can only be 0 where all its months are low. What the parts share has little room there, so that
        the other sweeps begin anew, inside.
        """
        self._point = self._sweep(sign, bars, aimed, part, self._point, most=1)
        self._sweep(sign, bars, aimed, part, self._inside)

    def _sweep(
        self, sign: int, bars: Floats, aimed: Flags, part: Flags, point: Floats, most: float = np.inf
    ) -> Floats:
        """Return where at `most` so many sweeps come to, of those that pay."""
        free, done = np.flatnonzero(part), 0
        pays = 1 + int((len(free) / _PAYING) ** 3)
        settled, chosen = pays, self._choose_open(sign, bars, aimed)
        while done < most and settled >= pays and len(chosen) >= pays:
            point = sweep(self.system, point, free, self._aim(chosen, sign, bars), self._solve)
            self._note(point)
            before, chosen = len(chosen), self._choose_open(sign, bars, aimed)
            settled, done = before - len(chosen), done + 1
        return point

    def _aim(self, targets: Ints, sign: int, bars: Floats) -> Aims:
        places, first = np.unique(self.system.places[targets], return_index=True)
        return Aims(places, bars[targets[first]], sign, 1.0 + self._chance.random(len(places)))

    def _choose_open(self, sign: int, bars: Floats, aimed: Flags) -> Ints:
        return np.flatnonzero(self._is_open(sign, bars) & aimed[self.system.places])

    def _is_open(self, sign: int, bars: Floats) -> Flags:
        if sign > 0:
            return self.highest < bars - TOLERANCE
        return self.lowest > bars + TOLERANCE

    def _note(self, point: Floats) -> None:
        values = point[self.system.places]
        self.highest = np.maximum(self.highest, values)
        self.lowest = np.minimum(self.lowest, values)

    @property
    def _start(self) -> Floats:
        return np.asarray(np.mean(self._swept[-_CORNERS:], axis=0), float)

    def _find_point(self) -> Floats:
        """Return a point that fits; among several blocks one with room to all sides, for each to move in."""
        system = self.system
        program = Program(
            cost=np.zeros(system.width),
            lower=system.lower,
            upper=system.upper,
            row_lower=np.zeros(system.height),
            row_upper=np.zeros(system.height),
            starts=system.starts,
            rows=system.rows,
            weights=system.weights,
            inside=len(self._parts) > 1,
        )
        point = self._solve(program).point
        system.check_point(point)
        return point

    @cached_property
    def _directions(self) -> System:
        lower = np.where(np.isfinite(self.system.lower), 0.0, -np.inf)
        return replace(self.system, lower=lower, upper=np.where(np.isfinite(self.system.upper), 0.0, np.inf))

    def _list_stages(self, place: int) -> Iterator[Flags]:
        """Give the columns that may move: those of the target's block and shared ones first, in the end all.

        A shared target has the blocks of its neighbours one after the other.
        """
        blocks = self.system.blocks
        near = (
            blocks[[place]] if blocks[place] >= 0 else blocks[self.system.find_neighbours(np.array([place]))]
        )
        for block in np.unique(near[near >= 0]):
            yield (blocks == block) | (blocks < 0)
        yield np.ones(len(blocks), dtype=bool)

    def _solve(self, program: Program) -> Solution:
        """Solve a program; bounds that the solver misses by little are kept, since other programs begin there."""
        self.solved += 1
        solution = self._solve_program(program, self._end - monotonic())
        return replace(solution, point=np.clip(solution.point, program.lower, program.upper))


def _list_parts(system: System) -> Iterator[tuple[Flags, Flags]]:
    """Give what to aim at and what moves to that end, one part after the other; nothing if there is one block.

    First come targets of each block, then of each layer, small and in several blocks; then of two and of four
    blocks of about the same size, which make up for each other, then shared targets as well. With blocks moves what
    hangs on them; what hangs on them through another block stays where it is, so that a part is small.
    """
    numbers = np.unique(system.blocks[system.blocks >= 0])
    if len(numbers) <= 1:
        return
    blocks = [system.blocks == number for number in numbers]
    parts = [(block, _add_hanging(system, block)) for block in blocks]
    yield from parts
    yield from _list_layers(system)
    by_size = sorted(parts, key=lambda pair: -np.count_nonzero(pair[1]))
    for together in _TOGETHER:
        for start in range(0, len(parts) - together + 1, together):
            own, moving = zip(*by_size[start : start + together], strict=True)
            yield np.logical_or.reduce(own), np.logical_or.reduce(moving)
    for _, part in parts:
        yield part, part


def _list_layers(system: System) -> Iterator[tuple[Flags, Flags]]:
    """Give the layers that lie in several blocks, each with the columns that are free beside it: those in one row."""
    in_one_row = np.diff(system.starts) == 1
    for number in np.unique(system.layers[system.layers >= 0]):
        part = system.layers == number
        if len(np.unique(system.blocks[part & (system.blocks >= 0)])) > 1:
            near = system.find_neighbours(np.flatnonzero(part))
            part[near[in_one_row[near]]] = True
            yield part, part


def _add_hanging(system: System, block: Flags) -> Flags:
    """Return a block with the shared columns that it reaches through shared ones alone."""
    part, fresh = block.copy(), np.flatnonzero(block)
    while len(fresh):
        near = system.find_neighbours(fresh)
        fresh = near[(system.blocks[near] < 0) & ~part[near]]
        part[fresh] = True
    return part
