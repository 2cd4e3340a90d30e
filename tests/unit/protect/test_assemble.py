"""What an attacker can tell from the linked tables, against every combination of raw codes."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.protect import model as m
from pipeline.protect.assemble import assemble, name_cell
from pipeline.protect.counted import CELL, Counted
from pipeline.protect.plan import RANGE
from pipeline.protect.stack import stack_editions
from pipeline.protect.tables import Table

MONTH = "2026-10"
QUARTER = ("2026-10", "2026-11", "2026-12")

PLANS = {
    "kinds": ("total", "range", "by_duty_bearer", "by_service", "by_incident_kind", "bearer_by_kind"),
    "blanks": ("total", "by_service", "by_survivor_gender", "by_grounds", "by_delay_band"),
    "crossed": ("total", "by_duty_bearer", "by_service", "bearer_by_service", "by_survivor_gender"),
}


def choose_shown(chance, cells, counts, share):
    """Draw which of the cells with ten incidents and more are shown."""
    return [cell for _, cell in cells if counts[cell] >= 10 and chance.random() < share]


def table_of(tables: list[Table], family, cell) -> Table:
    (found,) = [
        table
        for table in tables
        if table.family.table == family.table
        and table.measure == cell[3]
        and table.by_state == (cell[1] != "IN")
    ]
    return found


def bind_joint(joint, cells, shown, counts, blocks) -> None:
    """Bind the joint counts to what is shown."""
    for family, cell in cells:
        if cell in shown:
            value = 5 * ((counts[cell] + 2) // 5)
            joint.program.add(joint.form(family, cell, blocks), max(value - 2, 10), value + 2)


def hold_cells(assembly, program, joint, cells, block, blocks_of) -> int:
    """Hold the interval of each planned cell against that by raw codes; return how many were compared."""
    seen: dict[int, tuple[float, float]] = {}
    axes = assembly.model.axes
    for family, cell in cells:
        table = table_of(assembly.tables[block], family, cell)
        codes = table.codes_of({"geography": cell[1], "code_1": cell[4], "code_2": cell[5]})
        number = assembly.model.cells[name_cell(axes, block, table, codes)]
        if number not in seen:
            seen[number] = program.interval({number: 1.0})
        lower, upper = joint.program.interval(joint.form(family, cell, blocks_of(family)))
        if m.count_codes(axes, m.find_class(axes, codes)) > 1:
            assert lower == pytest.approx(0, abs=1e-6), cell
        else:
            assert lower == pytest.approx(seen[number][0], abs=1e-5), cell
        assert upper == pytest.approx(seen[number][1], abs=1e-5), cell
    return len(cells)


def is_parent(parent: Table, child: Table) -> bool:
    return (
        parent.dimensions < child.dimensions
        and len(child.dimensions - parent.dimensions) == 1
        and parent.family.grain == "month"
        and RANGE not in (parent.family.table, child.family.table)
    )


def hold_remainders(small, assembly, program, joint, cells, shown, block, blocks_of) -> int:
    """Hold parents minus all, and minus each, of their shown children against the same by raw codes."""
    axes, tables = assembly.model.axes, assembly.tables[block]
    compared = 0
    for child in tables:
        for parent in tables:
            if not is_parent(parent, child):
                continue
            groups: dict[tuple[tuple[str, str], ...], list[tuple[dict[str, str], dict[int, float]]]] = {}
            for family, cell in cells:
                if cell in shown and table_of(tables, family, cell) is child:
                    codes = child.codes_of({"geography": cell[1], "code_1": cell[4], "code_2": cell[5]})
                    above = tuple(sorted((name, codes[name]) for name in parent.dimensions))
                    form = joint.form(family, cell, blocks_of(family))
                    groups.setdefault(above, []).append((codes, form))
            for above, children in groups.items():
                blocks = blocks_of(child.family)
                codes = dict(above)
                place = (
                    "", codes.get("state", "IN"), "", "incidents",
                    *(*(codes[name] for name in parent.family.dimensions), "", "")[:2],
                )  # fmt: skip
                whole = joint.form(parent.family, place, blocks)
                keys = [m.name_margin(each, codes) for each in blocks]
                for taken in (children, *([each] for each in children)):
                    raw = small.add_forms((1, whole), *((-1, form) for _, form in taken))
                    numbers = [assembly.model.cells[name_cell(axes, block, child, each)] for each, _ in taken]
                    merged = small.add_forms(
                        *((1, {assembly.model.cells[key]: 1.0}) for key in keys),
                        *((-1, {number: 1.0}) for number in numbers),
                    )
                    assert program.interval(merged) == pytest.approx(joint.program.interval(raw), abs=1e-5)
                    compared += 1
    return compared


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tables", PLANS.values(), ids=PLANS)
def test_the_model_of_a_month_tells_just_what_all_raw_codes_together_tell(small, tables, seed) -> None:
    chance = np.random.default_rng([seed, 1])
    plan, block = small.plan(tables), (MONTH, 1)
    cells, rows = small.cells(plan, MONTH), small.invent(chance, int(chance.integers(60, 200)))
    counts = small.count(rows, plan, MONTH)
    shown = choose_shown(chance, cells, counts, chance.uniform(0.2, 0.9))
    draft = Counted(*block, small.frame(rows))
    figures = small.show(shown, small.planned(plan, MONTH), counts)
    assembly = assemble(stack_editions(draft, [], plan, small.contract), draft, figures)
    joint = small.joint(plan, [block])
    bind_joint(joint, cells, shown, counts, [block])
    program = small.solve(assembly.model)

    def blocks_of(family):
        return [block]

    assert hold_cells(assembly, program, joint, cells, block, blocks_of) == len(cells)
    hold_remainders(small, assembly, program, joint, cells, shown, block, blocks_of)


@pytest.mark.parametrize("seed", range(2))
def test_a_quarter_tells_just_what_all_raw_codes_of_its_months_together_tell(small, seed) -> None:
    chance = np.random.default_rng([seed, 2])
    plan = small.plan(("total", "by_duty_bearer", "by_incident_kind", "by_district", "state_bearer_by_kind"))
    blocks = [(month, 1) for month in QUARTER]
    joint, rows, editions, found = small.joint(plan, blocks), [], [], []
    for block in blocks:
        # The quarter's cells count all its months, the other cells the last alone.
        new = small.invent(chance, int(chance.integers(40, 90)), first=len(rows))
        rows += new
        cells, counts = small.cells(plan, block[0]), small.count(new, plan, block[0])
        of_quarter = small.count(rows, plan, block[0])
        counts |= {cell: of_quarter[cell] for family, cell in cells if family.grain == "quarter"}
        shown = choose_shown(chance, cells, counts, 0.6)
        for grain, behind in (("month", [block]), ("quarter", blocks)):
            bind_joint(joint, [each for each in cells if each[0].grain == grain], shown, counts, behind)
        figures = small.show(shown, small.planned(plan, block[0]), counts)
        editions.append(Counted(*block, small.frame(new), basis=tuple(blocks), figures=figures))
        found.append((cells, shown))
    history, draft = editions[:2], replace(editions[2], figures=None)
    assembly = assemble(stack_editions(draft, history, plan, small.contract), draft, editions[2].figures)
    program = small.solve(assembly.model)

    # The second month stands to the quarter as the first does.
    for block, (cells, shown) in ((blocks[0], found[0]), (blocks[2], found[2])):

        def blocks_of(family, block=block):
            return blocks if family.grain == "quarter" else [block]

        hold_cells(assembly, program, joint, cells, block, blocks_of)
        hold_remainders(small, assembly, program, joint, cells, shown, block, blocks_of)


def correct(small, chance, rows):
    """Return incidents of which some are coded anew, some dropped, and some new."""
    kept = [
        {**row, **(small.codes(chance) if chance.random() < 0.15 else {})}
        for row in rows
        if chance.random() > 0.05
    ]
    return kept + small.invent(chance, int(chance.integers(0, 12)), first=10_000)


def tie(small, joint, form_1, form_2, most) -> None:
    joint.program.add(small.add_forms((1, form_2), (-1, form_1)), -most, most)


@pytest.mark.parametrize("seed", range(3))
def test_a_correction_tells_just_that_what_it_carries_forward_changed_little(small, seed) -> None:
    chance = np.random.default_rng([seed, 3])
    plan = small.plan(("total", "by_duty_bearer", "by_incident_kind", "bearer_by_kind"))
    blocks = [(MONTH, 1), (MONTH, 2)]
    cells, planned = small.cells(plan, MONTH), small.planned(plan, MONTH)
    rows = small.invent(chance, 150)
    corrected = correct(small, chance, rows)
    counts, anew = (small.count(each, plan, MONTH) for each in (rows, corrected))
    shown = choose_shown(chance, cells, counts, 0.7)
    carried = [cell for cell in shown if chance.random() < 0.6]
    moved = [cell for cell in choose_shown(chance, cells, anew, 0.5) if cell not in carried]
    first = small.show(shown, planned, counts)
    names = pl.DataFrame(carried, schema=list(CELL), orient="row")
    second = pl.concat(
        [
            small.show(moved, planned, anew, number=2).join(names, on=CELL, how="anti"),
            first.join(names, on=CELL, how="semi"),
        ]
    )
    former = Counted(*blocks[0], small.frame(rows), figures=first)
    draft = Counted(*blocks[1], small.frame(corrected))
    assembly = assemble(stack_editions(draft, [former], plan, small.contract), draft, second)
    joint = small.joint(plan, blocks)
    bind_joint(joint, cells, shown, counts, [blocks[0]])
    bind_joint(joint, cells, moved, anew, [blocks[1]])
    before, after = ({row["incident"]: row for row in each} for each in (rows, corrected))
    for family, cell in cells:
        if cell in carried:
            was, now = (
                {name for name, row in each.items() if small.stands_in(row, family, cell)}
                for each in (before, after)
            )
            most = max(len(now - was), len(was - now), 9)
            tie(small, joint, *(joint.form(family, cell, [block]) for block in blocks), most)
    program = small.solve(assembly.model)
    for block in blocks:
        hold_cells(assembly, program, joint, cells, block, lambda family, block=block: [block])
