"""What nobody may find out: small hidden cells, small remainders, small corrections."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.protect.assemble import assemble
from pipeline.protect.counted import CELL, Counted
from pipeline.protect.model import name_margin, name_period
from pipeline.protect.primary import GUARDED
from pipeline.protect.stack import judge_edition, stack_editions
from pipeline.protect.targets import CELL_TARGET, CHANGE, COMPLEMENT, REMAINDER, list_targets

MONTH = "2026-10"
QUARTER = ("2026-10", "2026-11", "2026-12")


def make_rows(small, *groups):
    """Return incidents in groups, each of so many incidents with some answers changed."""
    rows = []
    for size, changes in groups:
        rows += [small.row(len(rows) + number, **changes) for number in range(size)]
    return rows


def find_targets(small, rows, tables, shown, *, month=MONTH, history=(), basis=()):
    """Return the targets of a first edition that shows some cells, by name, and the cells of its model by key."""
    plan = small.plan(tables)
    draft = Counted(month, 1, small.frame(rows), basis=basis)
    stack = stack_editions(draft, history, plan, small.contract)
    counts = small.count(
        [*rows, *(row for each in history for row in each.incidents.to_dicts())], plan, month
    )
    names = {(table, place, *codes) for table, place, *codes in shown}
    cells = [cell for _, cell in small.cells(plan, month) if (cell[0], cell[1], cell[4], cell[5]) in names]
    assert len(cells) == len(names)
    figures = small.show(cells, small.planned(plan, month), counts)
    assembly = assemble(stack, draft, figures)
    found = list_targets(stack, assembly, draft, judge_edition(draft, stack), figures)
    return found, assembly.model.cells


def ask(targets, kind):
    """Return low and high of the targets of one kind by what follows kind, month and number in their name."""
    return {each.name[3:]: (each.low, each.high) for each in targets if each.name[0] == kind}


def test_a_hidden_cell_of_few_persons_must_seem_empty_or_as_large_as_nine(small) -> None:
    rows = make_rows(small, (50, {}), (4, {"service": "V2"}), (40, {"service": "V3"}))
    shown = [
        ("total", "IN", "", ""),
        ("total", "S1", "", ""),
        ("by_service", "IN", "V1", ""),
        ("by_service", "IN", "V3", ""),
    ]
    targets, _ = find_targets(small, rows, ("total", "by_service"), shown)
    hidden = ask(targets, CELL_TARGET)
    assert hidden["by_service", "IN", MONTH, "incidents", "V2", ""] == (0, 9)
    # In S1 each code is one of its own, since the nation shows the other two.
    assert hidden["by_service", "S1", MONTH, "incidents", "V2", ""] == (0, 9)
    assert not {name for name in hidden if name[1] == "S1" and name[4] in {"V1", "V3"}}


def test_a_hidden_cell_that_one_collective_told_is_guarded_like_a_small_one(small) -> None:
    rows = make_rows(
        small, (50, {}), (40, {"service": "V2", "collectives": ["ONE"]}), (30, {"service": "V3"})
    )
    targets, _ = find_targets(
        small,
        rows,
        ("total", "by_service"),
        [("total", "IN", "", ""), ("by_service", "IN", "V1", ""), ("by_service", "IN", "V3", "")],
    )
    assert ask(targets, CELL_TARGET)["by_service", "IN", MONTH, "incidents", "V2", ""] == (0, 9)


def test_a_breakdown_that_tells_of_one_code_alone_is_guarded_like_a_small_one(small) -> None:
    rows = make_rows(small, (50, {}), (50, {"state": "S2"}), (40, {"state": "S2", "service": "V2"}))
    shown = [("total", "S1", "", ""), *(("by_service", "S2", code, "") for code in ("V1", "V2"))]
    targets, _ = find_targets(small, rows, ("total", "by_service"), shown)
    assert ask(targets, CELL_TARGET)["by_service", "S1", MONTH, "incidents", "V1", ""] == (0, 9)


def test_a_cell_hidden_for_the_sake_of_others_is_no_secret_itself(small) -> None:
    rows = make_rows(small, (50, {}), (40, {"service": "V2"}), (30, {"service": "V3"}))
    shown = [("total", "IN", "", ""), ("by_service", "IN", "V1", ""), ("by_service", "IN", "V3", "")]
    targets, _ = find_targets(small, rows, ("total", "by_service"), shown)
    assert not {name for name in ask(targets, CELL_TARGET) if name[:2] == ("by_service", "IN")}


def test_of_cells_that_nothing_tells_apart_only_the_greatest_value_is_asked(small) -> None:
    rows = make_rows(small, (50, {}), (4, {"service": "V2"}), (3, {"service": "V3"}))
    targets, _ = find_targets(
        small, rows, ("total", "by_service"), [("total", "IN", "", ""), ("by_service", "IN", "V1", "")]
    )
    (asked,) = [both for name, both in ask(targets, CELL_TARGET).items() if name[:2] == ("by_service", "IN")]
    assert asked == (math.inf, 9)
    # That they are empty together is asked as what the nation has left.
    assert ask(targets, REMAINDER)["by_service", "IN", "", ""] == (0, 9)


@pytest.mark.parametrize(("left", "is_asked"), [(0, True), (9, True), (10, False)])
def test_what_is_left_beside_shown_children_is_asked_where_it_is_of_few_persons(
    small, left, is_asked
) -> None:
    rows = make_rows(small, (50, {}), (left, {"service": "V2"}), (30, {"service": "V3"}))
    shown = [("by_service", "IN", "V1", ""), ("by_service", "IN", "V3", "")]
    targets, cells = find_targets(small, rows, ("total", "by_service"), shown)
    found = {each.name[3:]: each for each in targets if each.name[0] == REMAINDER}
    assert (("by_service", "IN", "", "") in found) == is_asked
    if is_asked:
        asked = found["by_service", "IN", "", ""]
        forms = dict(zip(asked.cells, asked.weights, strict=True))
        block = (MONTH, 1)
        assert forms == {
            cells[name_margin(block, {})]: 1,
            cells[name_margin(block, {"service": "V1"})]: -1,
            cells[name_margin(block, {"service": "V3"})]: -1,
        }


def test_nothing_is_left_where_all_codes_are_shown_and_one_must_be_given(small) -> None:
    rows = make_rows(small, *((30, {"service": code}) for code in ("V1", "V2", "V3")))
    shown = [("by_service", "IN", code, "") for code in ("V1", "V2", "V3")]
    targets, _ = find_targets(small, rows, ("total", "by_service"), shown)
    assert not {name for name in ask(targets, REMAINDER) if name[:2] == ("by_service", "IN")}


def test_blank_answers_are_left_where_all_codes_of_a_question_are_shown(small) -> None:
    rows = make_rows(small, (30, {"survivor_gender": "W"}), (30, {"survivor_gender": "M"}), (3, {}))
    shown = [("by_survivor_gender", "IN", code, "") for code in ("W", "M")]
    targets, _ = find_targets(small, rows, ("total", "by_survivor_gender"), shown)
    assert ask(targets, REMAINDER)["by_survivor_gender", "IN", "", ""] == (0, 9)


def test_of_several_codes_each_shown_one_has_a_complement_and_all_have_one_remainder(small) -> None:
    rows = make_rows(
        small,
        (40, {"incident_kinds": ["K1"]}),
        (30, {"incident_kinds": ["K1", "K2"]}),
        (5, {"incident_kinds": ["K2"]}),
        (2, {"incident_kinds": ["K3"]}),
    )
    shown = [("by_incident_kind", "IN", code, "") for code in ("K1", "K2")]
    targets, _ = find_targets(small, rows, ("total", "by_incident_kind"), shown)
    # Seven have no K1; forty-two have no K2, which is no secret.
    assert {name: both for name, both in ask(targets, COMPLEMENT).items() if name[1] == "IN"} == {
        ("by_incident_kind", "IN", "K1", ""): (0, 9)
    }
    # Since codes overlap, adding them up can prove that somebody has none of them, but not how many.
    assert ask(targets, REMAINDER)["by_incident_kind", "IN", "", ""] == (0, -math.inf)


def test_incidents_without_any_ground_are_left_where_all_grounds_are_shown(small) -> None:
    rows = make_rows(small, (30, {"grounds": ["G1"]}), (30, {"grounds": ["G2"]}), (3, {}))
    shown = [("by_grounds", "IN", code, "") for code in ("G1", "G2")]
    targets, _ = find_targets(small, rows, ("total", "by_grounds"), shown)
    assert ask(targets, REMAINDER)["by_grounds", "IN", "", ""] == (0, -math.inf)


def test_states_are_children_of_the_nation(small) -> None:
    rows = make_rows(small, (50, {}), (30, {"state": "S2"}), (3, {"state": "S3"}))
    targets, _ = find_targets(
        small, rows, ("total",), [("total", "IN", "", ""), ("total", "S1", "", ""), ("total", "S2", "", "")]
    )
    assert ask(targets, REMAINDER)["total", "IN", "", ""] == (0, 9)
    assert ask(targets, CELL_TARGET)["total", "S3", MONTH, "incidents", "", ""] == (0, 9)


def test_the_ends_of_a_range_are_no_secrets_of_their_own(small) -> None:
    rows = make_rows(small, (5, {}), (2, {"may_repeat": True}))
    targets, _ = find_targets(small, rows, ("total", "range"), [])
    assert {each.name[3] for each in targets} == {"total"}


def test_districts_of_a_quarter_are_held_against_its_months(small) -> None:
    plan, blocks = small.plan(("total", "by_district")), tuple((month, 1) for month in QUARTER)
    rows = make_rows(small, (60, {"district": "D1"}), (4, {"district": "D2"}))
    parts = [rows[place::3] for place in range(3)]
    history = [
        Counted(
            month, 1, small.frame(part), basis=blocks, figures=small.show([], small.planned(plan, month), {})
        )
        for month, part in zip(QUARTER[:2], parts, strict=False)
    ]
    targets, cells = find_targets(
        small, parts[2], ("total", "by_district"), [("by_district", "S1", "D1", "")],
        month=QUARTER[2], history=history, basis=blocks,
    )  # fmt: skip
    found = {each.name[3:]: each for each in targets if each.name[0] == REMAINDER}
    asked = found["by_district", "S1", "", ""]
    months = {cells[name_margin(block, {"state": "S1"})]: 1.0 for block in blocks}
    district = name_period(blocks[2], "by_district", {"state": "S1", "district": "D1"})
    assert dict(zip(asked.cells, asked.weights, strict=True)) == months | {cells[district]: -1.0}
    assert (asked.low, asked.high) == (0, 9)


def correct_month(small, rows, corrected):
    """Return the targets of the correction of a month of which all that is large was shown."""
    plan = small.plan(("total", "by_service"))
    first = small.publish(Counted(MONTH, 1, small.frame(rows)), [], plan)
    draft = Counted(MONTH, 2, small.frame(corrected))
    second = small.publish(draft, [first], plan)
    stack = stack_editions(draft, [first], plan, small.contract)
    assembly = assemble(stack, draft, second.figures)
    found = list_targets(stack, assembly, draft, judge_edition(draft, stack), second.figures)
    return ask(found, CHANGE), second


@pytest.mark.parametrize(
    ("added", "removed", "asked"),
    [
        (3, 0, (0, 0)),
        (0, 3, (0, 0)),
        (15, 0, (math.inf, 0)),
        (0, 15, (0, -math.inf)),
        (15, 15, (math.inf, -math.inf)),
    ],
)
def test_few_added_or_removed_persons_must_seem_none(small, added, removed, asked) -> None:
    rows = make_rows(small, (60, {}), (60, {"service": "V2"}))
    corrected = rows[removed:] + [small.row(1_000 + number) for number in range(added)]
    changes, _ = correct_month(small, rows, corrected)
    assert changes["by_service", "IN", "V1", ""] == asked
    assert changes["by_service", "IN", "V2", ""] == (0, 0)


@pytest.mark.parametrize(("added", "asked"), [(9, (0, 0)), (10, (math.inf, 0))])
def test_of_codes_that_nothing_tells_apart_the_change_of_all_together_is_asked(small, added, asked) -> None:
    rows = make_rows(small, (80, {}), (11, {"service": "V2", "collectives": ["ONE"]}))
    new = [small.row(1_000 + number, service=f"V{2 + number % 2}") for number in range(added)]
    changes, second = correct_month(small, rows, rows + new)
    assert second.figures.filter(table="by_service", geography="IN", status="shown").height == 1
    (both,) = [bars for name, bars in changes.items() if name[:3] == ("by_service", "IN", "*")]
    assert both == asked


def test_no_target_is_asked_twice(small) -> None:
    chance = np.random.default_rng(8)
    rows = small.invent(chance, 120)
    plan = small.plan(("total", "by_duty_bearer", "by_incident_kind", "bearer_by_kind"))
    draft = small.publish(Counted(MONTH, 1, small.frame(rows)), [], plan)
    stack = stack_editions(replace(draft, figures=None, cells=None), [], plan, small.contract)
    (draft_alone,) = stack.editions
    assembly = assemble(stack, draft_alone, draft.figures)
    targets = list_targets(stack, assembly, draft_alone, judge_edition(draft_alone, stack), draft.figures)
    forms = [(each.cells, each.weights) for each in targets]
    assert len(set(forms)) == len(forms) > 0
    guarded = judge_edition(draft_alone, stack).filter(pl.col("reason").is_in(GUARDED))
    assert {each.name[3:] for each in targets if each.name[0] == CELL_TARGET} <= set(
        guarded.select(CELL).iter_rows()
    )
