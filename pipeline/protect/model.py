"""All tables that share incidents as one set of linked tables: months, quarters, years and editions together.

Each edition of a month has its own cells: the joint counts of the dimensions that its tables share, and what they
add up to. Quarters and years add up months; a later edition is a former one with some incidents added and removed.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import UsageError
from pipeline.protect.axes import REST, STATE, Axis
from pipeline.protect.cliques import list_cliques
from pipeline.protect.linked import LinkedTables, Relation
from pipeline.protect.plan import CODE_FIELDS
from pipeline.protect.reach import LATE, PROVISION, Reach

Block = tuple[str, int]
"""A month and the number of its edition."""

Key = tuple[object, ...]
"""What names a cell of the model: what is counted, where, and the class of each dimension in alphabetical order."""

Bounds = tuple[float, float]


_WITHIN_MONTH = ("incidents", "doubtful_are_one", "rows", "reach")


def name_margin(block: Block, classes: Mapping[str, str], *, counts: str = "incidents") -> Key:
    """Name the cell of an edition's month that counts `classes` (class by dimension)."""
    return (counts, block, *sorted(classes.items()))


def name_period(block: Block, table: str, classes: Mapping[str, str]) -> Key:
    """Name the cell of a quarter or year table that the edition `block` holds."""
    return (table, block, *sorted(classes.items()))


@dataclass
class Model:
    """Linked tables under construction: cells by name, relations, and the bounds of what is shown."""

    axes: Mapping[str, Axis]
    cells: dict[Key, int] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    bounds: dict[int, Bounds] = field(default_factory=dict)

    def cell(self, key: Key) -> int:
        """Return the number of a cell, made where it is new."""
        return self.cells.setdefault(key, len(self.cells))

    def relate(self, parent: Key, children: Iterable[Key], kind: str = "sum") -> None:
        """Add one relation between cells."""
        self.relations.append(
            Relation(self.cell(parent), tuple(self.cell(child) for child in children), kind)
        )

    def bind(self, key: Key, lower: float, upper: float) -> None:
        """Bind a cell to what is shown of it; bounds of several figures hold together."""
        number = self.cell(key)
        low, high = self.bounds.get(number, (0.0, np.inf))
        self.bounds[number] = (max(low, lower), min(high, upper))

    def tables(self) -> LinkedTables:
        """Return what was built; the cells of one edition's month are a block, those that tie blocks are in none."""
        numbers: dict[object, int] = {}
        blocks = [
            numbers.setdefault(key[1], len(numbers)) if key[0] in _WITHIN_MONTH else -1 for key in self.cells
        ]
        return LinkedTables(len(self.cells), tuple(self.relations), blocks=tuple(blocks))

    def limits(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the lower and upper bounds of all cells."""
        lower, upper = np.zeros(len(self.cells)), np.full(len(self.cells), np.inf)
        for number, (low, high) in self.bounds.items():
            lower[number], upper[number] = low, high
        return lower, upper


def combine(axes: Mapping[str, Axis], dimensions: Iterable[str]) -> list[dict[str, str]]:
    """Return every combination of classes of `dimensions`; a class lies in the state that is its home."""
    names = sorted(dimensions)
    combinations = (
        dict(zip(names, classes, strict=True))
        for classes in itertools.product(*(axes[name].sizes for name in names))
    )
    return [each for each in combinations if _is_possible(axes, each)]


def _is_possible(axes: Mapping[str, Axis], classes: Mapping[str, str]) -> bool:
    state = classes.get(STATE)
    return state is None or all(axes[name].homes.get(code, state) == state for name, code in classes.items())


def add_month(model: Model, block: Block, tables: Sequence[frozenset[str]]) -> None:
    """Add the cells of one edition of a month: all that its tables (by their dimensions) tell of together."""
    cliques = list_cliques([*tables, frozenset()])
    if any(len(_several(model, clique)) > 1 for clique in cliques):
        raise UsageError(
            "The publication plan ties two fields of which an incident can have several codes: keep one of them."
        )
    shared = {one & other for one, other in itertools.combinations(cliques, 2)}
    for clique in cliques:
        _add_clique(model, block, clique)
    for margin in sorted({*tables, *shared, frozenset()}, key=sorted):
        for clique in cliques:
            if margin <= clique:
                _add_margin(model, block, clique, margin)


def _several(model: Model, dimensions: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in dimensions if model.axes[name].several)


def _add_clique(model: Model, block: Block, clique: frozenset[str]) -> None:
    """Add joint counts; an incident with several codes of one dimension stands in several of them."""
    for dimension in _several(model, clique):
        axis = model.axes[dimension]
        for base in combine(model.axes, clique - {dimension}):
            children = [name_margin(block, {**base, dimension: code}) for code in axis.sizes]
            model.relate(name_margin(block, base), children, "cover" if axis.every else "within")


def _add_margin(model: Model, block: Block, clique: frozenset[str], margin: frozenset[str]) -> None:
    """Add up joint counts to a margin, over codes of which each incident has one."""
    joint = (clique - _several(model, clique)) | (margin & _several(model, clique))
    if joint == margin:
        return
    children: dict[Key, list[Key]] = {}
    for classes in combine(model.axes, joint):
        parent = name_margin(block, {name: classes[name] for name in margin})
        children.setdefault(parent, []).append(name_margin(block, classes))
    for parent, parts in children.items():
        model.relate(parent, parts)


def add_doubtful(model: Model, block: Block) -> None:
    """Add the incidents that are left where all doubtful reports are repeats: no more than all, in each place."""
    parts = []
    for classes in combine(model.axes, {STATE}):
        part = name_margin(block, classes, counts="doubtful_are_one")
        model.relate(name_margin(block, classes), [part], "within")
        parts.append(part)
    model.relate(name_margin(block, {}, counts="doubtful_are_one"), parts)


def add_reaches(
    model: Model, block: Block, reaches: Sequence[Reach], tables: Sequence[frozenset[str]]
) -> None:
    """Add that incidents under a provision have the codes of its reach, where it has a class of its own."""
    for reach in reaches:
        if reach.code not in model.axes[reach.dimension].sizes:
            continue
        inside = name_margin(block, {reach.dimension: reach.code})
        for conditions in reach.list_within(tables):
            classes = _find_classes(model.axes, conditions)
            parts = [each for each in combine(model.axes, conditions) if _fits(each, classes)]
            whole = ("reach", block, reach.dimension, reach.code, *conditions)
            if parts:
                model.relate(whole, [name_margin(block, part) for part in parts])
                model.relate(whole, [inside], "within")
            single = [name_margin(block, part) for part in parts if count_codes(model.axes, part) == 1]
            if single and reach.is_whole:
                model.relate(inside, single, "within")
    _add_late(model, block, reaches)


def _add_late(model: Model, block: Block, reaches: Sequence[Reach]) -> None:
    """Add that what is late against a limit falls under its provision."""
    own = {name: model.axes[name].sizes if name in model.axes else {} for name in (PROVISION, LATE)}
    for reach in reaches:
        if reach.dimension == LATE and reach.code in own[LATE] and reach.code in own[PROVISION]:
            parent, child = (name_margin(block, {name: reach.code}) for name in (PROVISION, LATE))
            model.relate(parent, [child], "within")


def _find_classes(
    axes: Mapping[str, Axis], conditions: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Return the classes that codes of each condition lie in; one that holds others as well bounds no less."""
    return {
        name: frozenset(find_class(axes, {name: code})[name] for code in codes)
        for name, codes in conditions.items()
    }


def _fits(classes: Mapping[str, str], wanted: Mapping[str, frozenset[str]]) -> bool:
    return all(code in wanted[name] for name, code in classes.items())


def add_period(
    model: Model,
    block: Block,
    table: str,
    dimensions: frozenset[str],
    basis: Sequence[Block],
    withdrawn: Mapping[str, int],
) -> None:
    """Add a quarter or year table of the edition `block`: the months of `basis` together.

    `withdrawn` gives how many incidents of a state were withdrawn since their months were published: months still
    count them, the period does not. A later edition of the period counts some of them as they were coded before a
    month was corrected.
    """
    coded_before = sum(withdrawn.values()) if block[1] > 1 else 0
    for classes in combine(model.axes, dimensions):
        months = [name_margin(month, classes) for month in basis]
        cell = name_period(block, table, classes)
        missing = _count_withdrawn(classes.get(STATE), withdrawn, model.axes[STATE])
        if not missing and not coded_before:
            model.relate(cell, months)
            continue
        whole, gone, kept = ((name, *cell) for name in ("with withdrawn", "withdrawn", "coded before"))
        model.relate(whole, [*months, kept] if coded_before else months)
        model.relate(whole, [cell, gone])
        model.bind(gone, 0, missing)
        if coded_before:
            model.bind(kept, 0, coded_before)


def _count_withdrawn(state: str | None, withdrawn: Mapping[str, int], states: Axis) -> int:
    if state is None:
        return sum(withdrawn.values())
    if states.is_single(state):
        return withdrawn.get(state, 0)
    return sum(number for code, number in withdrawn.items() if code not in states.sizes)


def add_small_change(model: Model, before: Key, after: Key, most: float) -> None:
    """Add that a cell changed little from one edition to another: at most so many incidents added, and removed.

    That much is known of a figure which a later edition carries forward.
    """
    union = ("union", before, after)
    for name, cell in (("added", before), ("removed", after)):
        change = (name, before, after)
        model.relate(union, [cell, change])
        model.bind(change, 0, most)


def count_codes(axes: Mapping[str, Axis], classes: Mapping[str, str]) -> int:
    """Return how many cells stand behind a combination of classes."""
    return int(np.prod([axes[name].sizes[code] for name, code in classes.items()], dtype=np.int64))


def find_class(axes: Mapping[str, Axis], codes: Mapping[str, str]) -> dict[str, str]:
    """Return the classes of codes (code by dimension)."""
    state = codes.get(STATE)
    classes = {} if state is None else {STATE: state if state in axes[STATE].sizes else REST}
    for name, code in codes.items():
        if name != STATE:
            home = classes.get(STATE, "") if axes[name].homes else ""
            classes[name] = code if code in axes[name].sizes else f"{REST}{home if home != REST else ''}"
    return classes


def merge_codes(incidents: pl.DataFrame, axes: Mapping[str, Axis]) -> pl.DataFrame:
    """Return incidents (COUNTED_SCHEMA) with classes in the place of their codes; what is left blank is in a rest."""
    states = list(axes[STATE].sizes)
    state = pl.when(pl.col(STATE).is_in(states)).then(pl.col(STATE)).otherwise(pl.lit(REST))
    columns = {STATE: state}
    for name, axis in axes.items():
        column, sizes = CODE_FIELDS.get(name, name), list(axis.sizes)
        if name != STATE and axis.several:
            code = pl.when(pl.element().is_in(sizes)).then(pl.element()).otherwise(pl.lit(REST))
            columns[column] = pl.col(column).list.eval(code).list.unique()
        elif name != STATE:
            home = pl.when(state != REST).then(state).otherwise(pl.lit("")) if axis.homes else pl.lit("")
            rest = pl.concat_str([pl.lit(REST), home])
            columns[column] = pl.when(pl.col(column).is_in(sizes)).then(pl.col(column)).otherwise(rest)
    return incidents.with_columns(**columns)
