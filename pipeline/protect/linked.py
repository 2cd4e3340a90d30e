"""Linked tables as an attacker sees them: cells, how they hang together, and what must stay open.

Only the words of the audit belong here; what can be proven is worked out in `audit.py`.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from pipeline.errors import UsageError

SUM, COVER, WITHIN = "sum", "cover", "within"


@dataclass(frozen=True)
class Relation:
    """How a cell hangs together with others, by `kind`.

    "sum": the parent is the sum of its children. "cover": children overlap; each is at most the parent, and their
    sum is at least the parent (an incident of several kinds). "within": each child is at most the parent, no more.
    Raises UsageError for another kind, without children, or where a cell stands in it twice.
    """

    parent: int
    children: tuple[int, ...]
    kind: str = SUM

    def __post_init__(self) -> None:
        if self.kind not in {SUM, COVER, WITHIN}:
            raise UsageError("Give each relation between cells one of the kinds sum, cover and within.")
        if not self.children or len({self.parent, *self.children}) <= len(self.children):
            raise UsageError("Give each relation between cells children, each once and none its own parent.")


@dataclass(frozen=True)
class LinkedTables:
    """A set of linked tables: `size` cells numbered from 0, margins too; cells are counts and never below 0.

    `impossible` cells are always 0. `blocks` may give each cell the number of the part it belongs to, -1 where it
    ties parts together (months under a year, say): the search then stays within one part while it can, and no
    result depends on it. Raises UsageError where a cell has no such number.
    """

    size: int
    relations: tuple[Relation, ...]
    impossible: frozenset[int] = frozenset()
    blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        named = {cell for relation in self.relations for cell in (relation.parent, *relation.children)}
        if any(not 0 <= cell < self.size for cell in named | self.impossible):
            raise UsageError("Number the cells of linked tables from 0 to one below their size.")
        if self.blocks and len(self.blocks) != self.size:
            raise UsageError("Give a block for every cell of the linked tables, or for none.")


@dataclass(frozen=True)
class Target:
    """A linear form of cells of which an attacker must have to allow a value <= `low` and one >= `high`.

    Weights may be negative, as for a parent minus its shown children. Raises UsageError where cells and weights
    are not as many, or there are none.
    """

    name: Hashable
    cells: tuple[int, ...]
    weights: tuple[float, ...]
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.cells or len(self.cells) != len(self.weights) or len(set(self.cells)) < len(self.cells):
            raise UsageError("Give each target its cells, each once, and one weight for each.")


@dataclass(frozen=True)
class Interval:
    """The least and the greatest value that an attacker has to allow; `upper` may be infinite."""

    lower: float
    upper: float


@dataclass(frozen=True)
class Exposure:
    """A target that is not protected, the `interval` proven of it, and what proves it.

    `proof` gives shown cells a weight in (0, 1]: hiding cells whose weights do not sum to 1 leaves the target
    exposed. A cell of weight 1 may do alone. An empty proof cannot be broken by hiding anything. Where both sides
    are exposed, `proof` is that of the upper one and `proof_below` that of the lower; both must be broken.
    """

    target: Target
    interval: Interval
    proof: Mapping[int, float]
    proof_below: Mapping[int, float] | None = field(default=None, kw_only=True)

    @property
    def proofs(self) -> tuple[Mapping[int, float], ...]:
        """Every proof that must be broken."""
        return (self.proof,) if self.proof_below is None else (self.proof, self.proof_below)
