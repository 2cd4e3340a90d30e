"""What nobody may find out: small cells that are hidden, small remainders beside what is shown, small corrections.

A target is small if fewer persons than the threshold stand behind it, none included. The attacker must then have
to allow for none, and for as many as the threshold less one.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from pipeline.contract import NATIONAL
from pipeline.protect import model as m
from pipeline.protect.assemble import (
    RECEIVED,
    Assembly,
    changes_of,
    list_row_measures,
    name_cell,
    name_rows,
)
from pipeline.protect.axes import STATE
from pipeline.protect.counted import CELL, Counted
from pipeline.protect.evidence import PLACE, find_complements, find_remainders
from pipeline.protect.linked import Exposure, Interval, Target
from pipeline.protect.plan import RANGE
from pipeline.protect.stack import Stack, list_guarded, merge_incidents
from pipeline.protect.tables import Table

CELL_TARGET, REMAINDER, COMPLEMENT, CHANGE = "cell", "remainder", "complement", "change"


def list_targets(
    stack: Stack, assembly: Assembly, draft: Counted, judged: pl.DataFrame, figures: pl.DataFrame
) -> list[Target]:
    """Return the targets of all editions of a stack; `judged` and `figures` are those of the draft.

    The name of a target is its kind, the edition's month and number, and what it is about.
    """
    found: dict[tuple[object, ...], Target] = {}
    for edition in stack.editions:
        is_draft = edition is draft
        known = judged if is_draft else stack.judged[edition.block]
        shown = figures if is_draft else edition.figures
        assert shown is not None
        for target in (
            *_list_cells(stack, assembly, edition, list_guarded(known, shown)),
            *_list_remainders(stack, assembly, edition, shown),
            *_list_rows(stack, assembly, edition, known, shown),
            *(_list_changes(stack, assembly, edition) if edition.number > 1 else ()),
        ):
            form = (target.cells, target.weights)
            found[form] = _join(found[form], target) if form in found else target
    return list(found.values())


def _join(one: Target, other: Target) -> Target:
    """Return one target that asks what both ask."""
    return Target(one.name, one.cells, one.weights, min(one.low, other.low), max(one.high, other.high))


def find_seeming(targets: Iterable[Target], face: Mapping[int, m.Bounds]) -> Iterator[Exposure]:
    """Give what seems to be exposed to whoever takes figures that were carried forward for new ones.

    Carried figures may have changed by few persons, so that nothing is proven; yet a remainder that is small by the
    figures as they look is taken for one, and often is. `face` has the bounds of cells as they look.
    """
    for target in targets:
        is_rest = isinstance(target.name, tuple) and target.name[0] in {REMAINDER, COMPLEMENT}
        if not is_rest or not face.keys() >= set(target.cells):
            continue
        ends = [
            sorted(weight * bound for bound in face[cell])
            for cell, weight in zip(target.cells, target.weights, strict=True)
        ]
        lower, upper = (sum(side) for side in zip(*ends, strict=True))
        if upper < target.high or lower > target.low:
            yield Exposure(target, Interval(lower, upper), dict.fromkeys(target.cells, 1.0))


def _list_cells(
    stack: Stack, assembly: Assembly, edition: Counted, guarded: pl.DataFrame
) -> Iterator[Target]:
    """Give hidden cells; of cells that are alike, some other may hold whatever one may not be proven to hold."""
    most = float(stack.plan.threshold_persons - 1)
    block = edition.block
    for table in assembly.tables[block]:
        # The ends of a range repeat the total, or say something of our records alone.
        if table.family.table == RANGE:
            continue
        for row in table.select(guarded).iter_rows(named=True):
            codes = table.codes_of(row)
            alike = m.count_codes(assembly.model.axes, m.find_class(assembly.model.axes, codes))
            key = name_cell(assembly.model.axes, block, table, codes)
            if key in assembly.model.cells:
                low = 0.0 if alike == 1 else math.inf
                cell = assembly.model.cells[key]
                yield Target((CELL_TARGET, *block, *(row[name] for name in CELL)), (cell,), (1.0,), low, most)


def _list_rows(
    stack: Stack, assembly: Assembly, edition: Counted, judged: pl.DataFrame, figures: pl.DataFrame
) -> Iterator[Target]:
    """Give numbers of rows that are hidden, and their sum minus those that are shown, where they are small."""
    least, block = stack.plan.threshold_persons, edition.block
    counts = dict(judged.filter(unit="rows").select("measure", "count").iter_rows())
    status = dict(figures.select("measure", "status").iter_rows())
    measures = list_row_measures(stack)
    hidden = [measure for measure in measures if status[measure] != "shown"]
    for measure in hidden:
        if counts[measure] < least:
            name = (CELL_TARGET, *block, "rows", measure)
            yield _difference(assembly, name, [name_rows(block, measure)], [], least - 1)
    shown = [name_rows(block, measure) for measure in measures if measure not in hidden]
    if hidden and sum(counts[measure] for measure in hidden) < least:
        name = (REMAINDER, *block, "rows", RECEIVED)
        yield _difference(assembly, name, [name_rows(block, RECEIVED)], shown, least - 1)


def _list_remainders(
    stack: Stack, assembly: Assembly, edition: Counted, figures: pl.DataFrame
) -> Iterator[Target]:
    shown = figures.filter(status="shown")
    block = edition.block
    for child in assembly.tables[block]:
        children = child.select(shown)
        if children.is_empty() or child.family.table == RANGE:
            continue
        for parent in _list_parents(assembly, edition, child):
            (added,) = child.dimensions - parent.dimensions
            yield from _list_rests(stack, assembly, edition, (parent, child, added), children)
            if assembly.model.axes[added].several:
                yield from _list_complements(stack, assembly, edition, (parent, child, added), children)


def _list_parents(assembly: Assembly, edition: Counted, child: Table) -> Iterator[Table]:
    """Give the tables with one dimension less: of the same month, or of the months in the child's period."""
    for parent in assembly.tables[edition.block]:
        is_less = parent.dimensions < child.dimensions and len(child.dimensions - parent.dimensions) == 1
        if is_less and parent.family.grain == "month" and parent.family.table != RANGE:
            yield parent


def _parent_keys(stack: Stack, edition: Counted, child: Table, classes: dict[str, str]) -> list[m.Key]:
    if child.family.grain == "month":
        return [m.name_margin(edition.block, classes)]
    basis = stack.list_basis(edition, child.family) or []
    return [m.name_margin(each.block, classes) for each in basis]


def _list_rests(
    stack: Stack,
    assembly: Assembly,
    edition: Counted,
    pair: tuple[Table, Table, str],
    children: pl.DataFrame,
) -> Iterator[Target]:
    """Give parents minus their shown children, where little is left and something is hidden.

    Of codes of which an incident may have several, no more than that something is left can be told in this way.
    """
    parent, child, added = pair
    axis, block = assembly.model.axes[added], edition.block
    incidents = merge_incidents(edition, child.family, stack)
    assert incidents is not None
    left = find_remainders(incidents, parent.only(), child.only(), children, stack.plan)
    persons = {row[:3]: row[3] for row in left.select(*PLACE, "persons").iter_rows()}
    most = -math.inf if axis.several else stack.plan.threshold_persons - 1
    families: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in children.iter_rows(named=True):
        codes = child.codes_of(row)
        families.setdefault(tuple(codes[name] for name in sorted(parent.dimensions)), []).append(codes)
    for found in families.values():
        codes = {name: code for name, code in found[0].items() if name != added}
        place = _place_of(parent, codes)
        state = codes.get(STATE)
        possible = [name for name in axis.sizes if axis.homes.get(name, state) == state]
        is_whole = len(found) == len(possible) and (axis.every or not axis.several)
        if persons.get(place, 0) >= stack.plan.threshold_persons or is_whole:
            continue
        keys = _parent_keys(stack, edition, child, codes)
        minus = [name_cell(assembly.model.axes, block, child, each) for each in found]
        yield _difference(assembly, (REMAINDER, *block, child.family.table, *place), keys, minus, most)


def _list_complements(
    stack: Stack,
    assembly: Assembly,
    edition: Counted,
    pair: tuple[Table, Table, str],
    children: pl.DataFrame,
) -> Iterator[Target]:
    """Give parents minus each shown child, for codes of which an incident may have several."""
    parent, child, added = pair
    block = edition.block
    incidents = merge_incidents(edition, child.family, stack)
    assert incidents is not None
    beside = find_complements(incidents, parent.only(), child.only(), children, stack.plan)
    persons = {row[:3]: row[3] for row in beside.select(*PLACE, "persons").iter_rows()}
    for row in children.iter_rows(named=True):
        place = tuple(row[name] for name in PLACE)
        if persons.get(place, 0) >= stack.plan.threshold_persons:
            continue
        codes = child.codes_of(row)
        above = {name: code for name, code in codes.items() if name != added}
        keys = _parent_keys(stack, edition, child, above)
        minus = [name_cell(assembly.model.axes, block, child, codes)]
        yield _difference(
            assembly,
            (COMPLEMENT, *block, child.family.table, *place),
            keys,
            minus,
            stack.plan.threshold_persons - 1,
        )


def _list_changes(stack: Stack, assembly: Assembly, edition: Counted) -> Iterator[Target]:
    """Give the change of each figure since the edition that set it before, where it is of few persons."""
    before = stack.find(edition.month, edition.number - 1)
    assert before is not None
    assert before.figures is not None
    merged = [
        replace(each, incidents=m.merge_codes(each.incidents, assembly.model.axes)) for each in stack.editions
    ]
    alike = replace(stack, editions=tuple(merged))
    now = alike.find(*edition.block)
    assert now is not None
    for number in before.figures["as_of"].unique().sort().to_list():
        setter = alike.find(edition.month, number)
        assert setter is not None
        for table in assembly.tables[edition.block]:
            rows = table.select(before.figures).filter(as_of=number)
            yield from _list_changes_since(alike, assembly, (setter, now), table, rows)


def _list_changes_since(
    alike: Stack, assembly: Assembly, pair: tuple[Counted, Counted], table: Table, rows: pl.DataFrame
) -> Iterator[Target]:
    """Give the change of each class of figures: of codes that nothing tells apart, that of all together.

    The incidents of `alike` bear classes in the place of codes.
    """
    axes, least = assembly.model.axes, alike.plan.threshold_persons
    former, edition = pair
    blocks = [each.block for each in (edition, former)]
    changed = changes_of(alike, former, edition, table)
    persons = {
        row[:3]: row[3:] for row in changed.select(*PLACE, "persons_added", "persons_removed").iter_rows()
    }
    for row in rows.iter_rows(named=True):
        codes = table.codes_of(row)
        place = _place_of(table, m.find_class(axes, codes))
        now, then = (name_cell(axes, block, table, codes) for block in blocks)
        if now in assembly.model.cells and then in assembly.model.cells:
            added, removed = persons.get(place, (0, 0))
            # Where few persons were added, the attacker must have to allow for none added on balance.
            low = 0.0 if added < least else math.inf
            high = 0.0 if removed < least else -math.inf
            name = (CHANGE, *blocks[0], table.family.table, *place)
            yield _difference(assembly, name, [now], [then], high, low=low)


def _place_of(table: Table, codes: dict[str, str]) -> tuple[str, ...]:
    order = [codes[name] for name in table.family.dimensions]
    return (codes.get(STATE, NATIONAL), *order, "", "")[:3]


def _difference(
    assembly: Assembly,
    name: tuple[object, ...],
    plus: list[m.Key],
    minus: list[m.Key],
    high: float,
    *,
    low: float = 0.0,
) -> Target:
    cells = tuple(assembly.model.cells[key] for key in (*plus, *minus))
    return Target(name, cells, (1.0,) * len(plus) + (-1.0,) * len(minus), low, float(high))
