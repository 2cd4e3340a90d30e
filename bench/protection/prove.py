"""What can be proven: for each goal, whether it may be zero and may be nine, given everything published.

Most goals are settled by a few points that are consistent with all that was published: where a point has zero, the
goal may be zero. The rest is solved one by one. Points are sought around one that is known to be consistent: one
edition moves while others stay; then around none, with everything free at once, which takes minutes a point. What is
impossible there is tried again alone, and is proven only by a program from which nothing but published figures keeps
the goal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bench.protection.goals import Goal
from bench.protection.program import NEAR, Closed, Index, InfeasibleError, Numbers
from bench.protection.room import Rooms
from bench.protection.stack import Key, Stack

ENOUGH = 9
"""A goal below the threshold must look as if it could be so many, and as if it could be none."""

Flags = npt.NDArray[np.bool_]

_ROUNDS, _LEAST_PROGRESS = 20, 8
_SEED = 20_261_101


@dataclass(frozen=True)
class Proof:
    """An interval that contradicts the rule: at least `least`, at most `most`; None where that side is open."""

    goal: Goal
    least: float | None
    most: float | None


@dataclass
class Proven:
    """Goals whose interval contradicts the rule, those left unsettled, how many were asked about, programs solved."""

    proofs: list[Proof] = field(default_factory=list)
    unsettled: list[Goal] = field(default_factory=list)
    goals: int = 0
    solved: int = 0


def prove(
    stack: Stack, goals: Iterable[Goal], point: Numbers | None = None, *, most: int = 100, whole: int = 1
) -> Proven:
    """Return what can be proven about goals of a stack.

    `point` is any table consistent with what was published; without one, it is sought first. At most `most` goals of
    an edition are solved one by one. At most `whole` programs of everything at once are solved for an edition.
    """
    proven = Proven()
    rooms = Rooms(
        stack, stack.closed.minimise(np.zeros(stack.closed.blocks.size)) if point is None else point
    )
    by_edition: dict[tuple[Key, tuple[int, ...]], list[Goal]] = {}
    for goal in goals:
        by_edition.setdefault((goal.edition, tuple(_list_blocks(stack, goal))), []).append(goal)
    for (_, blocks), some in by_edition.items():
        proven.goals += len(some)
        _Search(stack, some, rooms, blocks, proven).run(most, whole)
    return proven


def _list_blocks(stack: Stack, goal: Goal) -> Iterator[int]:
    """Yield the editions whose tables move a goal: its own, or all that a quarter or year counts."""
    length = {"by_district": 3, "state_duty_bearer_by_incident_kind": 12}.get(goal.cells[0][0])
    for key in stack.basis[goal.edition, length] if length else (goal.edition,):
        yield stack.blocks[key]


class _Search:
    """The search over the goals of one edition that the same editions move."""

    def __init__(
        self, stack: Stack, goals: Sequence[Goal], rooms: Rooms, blocks: Sequence[int], proven: Proven
    ) -> None:
        self.whole, self.rooms, self.blocks, self.proven = stack.closed, rooms, blocks, proven
        self.goals = _merge(goals)
        self.sums = _make_sums([goal for goal, _ in self.goals], self.whole.matrix.shape[1])
        self.may_be_none = np.array([goal.alike > 1 for goal, _ in self.goals])
        self.may_be_enough = np.array([goal.overlaps for goal, _ in self.goals])
        self.chance = np.random.default_rng(_SEED)
        self._note(rooms.point)

    def run(self, most: int, whole: int) -> None:
        """Settle goals by points that settle many, then one by one."""
        for sign, done in self._sides():
            for base in self.rooms.bases(sign):
                self._settle_many(base, sign, done)
                if done.all():
                    break
            whole -= self._settle_everywhere(sign, done, whole)
        for sign, done in self._sides():
            for goal in np.flatnonzero(~done):
                if done[goal]:
                    continue
                if most <= 0:
                    self.proven.unsettled += self.goals[goal][1]
                    continue
                most -= 1
                whole -= self._settle_one(int(goal), sign, done, may_solve_whole=whole > 0)

    def _sides(self) -> tuple[tuple[float, Flags], ...]:
        return (1.0, self.may_be_none), (-1.0, self.may_be_enough)

    def _settle_many(self, base: Numbers, sign: float, done: Flags) -> None:
        """Look for points that settle many goals at once, for as long as that gets on."""
        for _ in range(_ROUNDS):
            before = done.sum()
            for block in self.blocks:
                if done.all():
                    return
                base = self._seek(sign, base, *self.rooms.part(base, block))
            if done.sum() < before + _LEAST_PROGRESS:
                return

    def _settle_everywhere(self, sign: float, done: Flags, most: int) -> int:
        """Look for points of everything at once, for as long as one settles anything; return programs solved."""
        everywhere = np.arange(self.sums.shape[1])
        for used in range(most):
            before = done.sum()
            if done.all():
                return used
            self._seek(sign, self.rooms.point, self.whole, everywhere)
            if done.sum() == before:
                return used + 1
        return most

    def _seek(self, sign: float, base: Numbers, part: Closed, free: Index) -> Numbers:
        """Move the columns of a part so that many goals that are left are settled; return where to go on from."""
        return self._lower(base, part, free) if sign > 0 else self._raise(base, part, free)

    def _lower(self, base: Numbers, part: Closed, free: Index) -> Numbers:
        low = np.flatnonzero(~self.may_be_none)
        weights = self.chance.uniform(0.2, 1.0, low.size)
        return self._move(base, free, self._solve(part, np.asarray(weights @ self.sums[low]).ravel()[free]))

    def _raise(self, base: Numbers, part: Closed, free: Index) -> Numbers:
        high = np.flatnonzero(~self.may_be_enough)
        inside = self.sums[high][:, free]
        self.proven.solved += 1
        # What is beyond the part counts towards the nine.
        fixed = np.asarray(self.sums[high] @ base - inside @ base[free]).ravel()
        caps = np.maximum(ENOUGH - fixed, 0.0)
        self._move(base, free, part.raise_all(inside, caps, self.chance.uniform(0.2, 1.0, high.size)))
        # Unlike what is to be zero in all months at once, each month can bring up a sum by itself.
        return base

    def _settle_one(self, goal: int, sign: float, done: Flags, *, may_solve_whole: bool) -> bool:
        """Settle one side of a goal; tell whether that took a program of everything at once."""
        costs = sign * self.sums[goal].toarray().ravel()
        for base in self.rooms.bases(sign):
            point = base
            for block in self.blocks:
                part, free = self.rooms.part(point, block)
                point = self._move(point, free, self._solve(part, costs[free]))
                if done[goal]:
                    return False
        loose, inside = self.rooms.loose(self.blocks)
        value = float(costs[inside] @ self._solve(loose, costs[inside]))
        used = not _contradicts(sign, value)
        if used and may_solve_whole:
            everywhere = np.arange(costs.size)
            value = float(costs @ self._move(self.rooms.point, everywhere, self._solve(self.whole, costs)))
        if done[goal]:
            return used
        if _contradicts(sign, value):
            least, most = (value, None) if sign > 0 else (None, -value)
            self.proven.proofs += [Proof(each, least, most) for each in self.goals[goal][1]]
        else:
            self.proven.unsettled += self.goals[goal][1]
        return used and may_solve_whole

    def _solve(self, part: Closed, costs: Numbers) -> Numbers:
        self.proven.solved += 1
        return part.minimise(costs)

    def _move(self, base: Numbers, free: Index, values: Numbers) -> Numbers:
        point = base.copy()
        point[free] = values
        self._note(point)
        return point

    def _note(self, point: Numbers) -> None:
        """Settle every goal that this point settles."""
        values = np.asarray(self.sums @ point).ravel()
        self.may_be_none |= values <= NEAR
        self.may_be_enough |= values >= ENOUGH - NEAR


def _contradicts(sign: float, value: float) -> bool:
    """Tell whether the least of a goal (sign 1), or the negative of its most (sign -1), contradicts the rule."""
    return value > NEAR if sign > 0 else -value < ENOUGH - NEAR


def _merge(goals: Sequence[Goal]) -> list[tuple[Goal, list[Goal]]]:
    """Return goals with the same sum as one: nothing tells them apart."""
    merged: dict[object, list[Goal]] = {}
    for goal in goals:
        merged.setdefault((goal.terms, goal.alike > 1, goal.overlaps), []).append(goal)
    return [(some[0], some) for some in merged.values()]


def _make_sums(goals: Sequence[Goal], width: int) -> sparse.csr_matrix:
    rows = [number for number, goal in enumerate(goals) for _ in goal.terms]
    columns = [column for goal in goals for column, _ in goal.terms]
    values = [value for goal in goals for _, value in goal.terms]
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(goals), width))


__all__ = ["ENOUGH", "InfeasibleError", "Proof", "Proven", "prove"]
