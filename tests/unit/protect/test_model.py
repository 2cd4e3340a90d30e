"""The linked tables of months, periods and editions: what is true must always be possible in them."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import UsageError
from pipeline.protect import model as m
from pipeline.protect.assemble import assemble
from pipeline.protect.axes import make_axes
from pipeline.protect.counted import CELL, FIGURES_SCHEMA, Counted
from pipeline.protect.stack import stack_editions

QUARTER = ("2026-10", "2026-11", "2026-12")
TABLES = ("total", "range", "by_duty_bearer", "by_incident_kind", "by_district", "state_bearer_by_kind")


def correct(small, chance, rows):
    """Return incidents of which many are coded anew, some dropped and some found: some changes are large."""
    share = chance.choice([0.02, 0.1, 0.3])
    first = 20_000 + int(chance.integers(1_000_000)) * 100
    kept = [
        {**row, **(small.codes(chance) if chance.random() < share else {})}
        for row in rows
        if chance.random() > share / 4
    ]
    return kept + small.invent(chance, int(chance.integers(0, 20)), first=first)


def run_office(small, plan, seed):
    """Publish the three months of a quarter, with corrections and withdrawals after each; return the office."""
    chance = np.random.default_rng([seed, 4])
    office = small.office(plan, small.contract)
    for position in range(3):
        size = int(chance.integers(40, 160))
        office.live[QUARTER[position]] = small.invent(chance, size, first=position * 1_000)
        office.issue(QUARTER[position])
        for _ in range(int(chance.integers(0, 5))):
            month = QUARTER[chance.integers(0, position + 1)]
            if chance.random() < 0.6:
                office.live[month] = correct(small, chance, office.live[month])
                office.issue(month)
            else:
                names = [row["incident"] for row in office.live[month]]
                office.withdraw(name for name in names if chance.random() < 0.1)
    return office


def list_truth(small, office, model):
    """Give the true number of each cell of the model that counts incidents."""
    for key, number in model.cells.items():
        kind, block, *classes = key
        families = {family.table: family for family in office.plan.families}
        if kind in {"incidents", "doubtful_are_one"}:
            rows = office.truth[(*block, "month")]
        elif kind in families:
            rows = office.truth[(*block, families[kind].grain)]
        else:
            continue
        yield (
            number,
            sum(
                is_in_classes(small, model.axes, row, dict(classes))
                for row in rows
                if kind != "doubtful_are_one" or not row["may_repeat"]
            ),
        )


def is_in_classes(small, axes, row, classes) -> bool:
    """Tell whether an incident stands in a class of each dimension: under one of its codes, or in a rest."""
    for name, wanted in classes.items():
        field = {"incident_kind": "incident_kinds"}.get(name, name)
        answer = row[field] if isinstance(row[field], list) else [row[field] or ""]
        named = [{name: code} | ({"state": row["state"]} if axes[name].homes else {}) for code in answer]
        if wanted not in [m.find_class(axes, each)[name] for each in named]:
            return False
    return True


def hold_truth(small, office) -> None:
    """Hold the model of everything published against what is true."""
    *history, last = office.editions.values()
    model = assemble(stack_editions(last, history, office.plan, small.contract), last, last.figures).model
    program = small.solve(model)
    for number, true in list_truth(small, office, model):
        assert program.lower[number] <= true <= program.upper[number]
        program.lower[number] = program.upper[number] = true
    assert program.is_possible()


@pytest.mark.parametrize("seed", range(5))
def test_what_is_true_is_possible_in_the_model_after_any_corrections_and_withdrawals(small, seed) -> None:
    hold_truth(small, run_office(small, small.plan(TABLES, threshold_persons=5), seed))


@pytest.mark.parametrize("seed", range(2))
def test_what_was_coded_anew_and_then_withdrawn_is_possible_in_a_quarter_corrected_later(small, seed) -> None:
    chance = np.random.default_rng([seed, 14])
    office = small.office(small.plan(("total", "by_district"), threshold_persons=5), small.contract)
    for position, month in enumerate(QUARTER):
        office.live[month] = small.invent(chance, 80, first=position * 1_000)
        office.issue(month)
    districts = {row["incident"]: row["district"] for row in office.live[QUARTER[0]]}
    office.live[QUARTER[0]] = [{**row, **small.codes(chance)} for row in office.live[QUARTER[0]]]
    office.issue(QUARTER[0])
    moved = [
        row["incident"] for row in office.live[QUARTER[0]] if row["district"] != districts[row["incident"]]
    ]
    office.withdraw(moved[:12])
    office.live[QUARTER[2]] += small.invent(chance, 20, first=9_000)
    office.issue(QUARTER[2])
    hold_truth(small, office)


@pytest.mark.parametrize("seed", range(4))
def test_the_exact_cells_of_an_edition_are_those_of_one_set_of_incidents(small, seed) -> None:
    plan = small.plan(TABLES, threshold_persons=5)
    office = run_office(small, plan, seed)
    for block, edition in office.editions.items():
        counts = dict.fromkeys((cell for _, cell in small.cells(plan, block[0])), 0)
        counts |= {row[:-1]: row[-1] for row in edition.cells.select(*CELL, "count").iter_rows()}
        for family, cell in small.cells(plan, block[0]):
            rows = office.truth[(*block, family.grain)]
            assert counts[cell] == sum(small.stands_in(row, family, cell) for row in rows)


def test_two_fields_with_several_codes_must_not_be_tied_together(small) -> None:
    plan = small.plan(("by_incident_kind", "by_grounds"))
    axes = make_axes(pl.DataFrame(schema=FIGURES_SCHEMA), plan, small.contract)
    m.add_month(
        m.Model(axes), ("2026-10", 1), [frozenset({"state", "incident_kind"}), frozenset({"grounds"})]
    )
    for tied in (
        [{"incident_kind", "grounds"}],
        [{"state", "incident_kind"}, {"state", "grounds"}, {"incident_kind", "grounds"}],
    ):
        with pytest.raises(UsageError, match="several codes"):
            m.add_month(m.Model(axes), ("2026-10", 1), [frozenset(each) for each in tied])


def test_codes_that_are_shown_nowhere_are_in_one_class_in_their_own_state(small) -> None:
    plan = small.plan(("total", "by_service", "by_district"))
    shown = [
        ("total", "S1", "", ""),
        ("by_service", "IN", "service", "V2"),
        ("by_district", "S1", "district", "D1"),
    ]
    names = ("table", "geography", "dimension_1", "code_1")
    frame = pl.DataFrame(shown, schema=dict.fromkeys(names, pl.String), orient="row")
    axes = make_axes(frame.with_columns(dimension_2=pl.lit(""), code_2=pl.lit("")), plan, small.contract)
    assert m.find_class(axes, {"state": "S1", "district": "D2"}) == {"state": "S1", "district": "*S1"}
    assert m.find_class(axes, {"state": "S2", "district": "D3"}) == {"state": "*", "district": "*"}
    assert m.find_class(axes, {"service": "V3"}) == m.find_class(axes, {"service": "V1"}) == {"service": "*"}
    assert m.count_codes(axes, {"service": "*"}) == 2
    # Both other states have their districts, or none, in one class; D1 lies in S1 alone.
    assert {tuple(each.values()) for each in m.combine(axes, {"state", "district"})} == {
        ("D1", "S1"),
        ("*S1", "S1"),
        ("*", "*"),
    }


def test_bounds_of_several_figures_of_one_cell_hold_together(small) -> None:
    model = m.Model({})
    model.bind(("a",), 10, 30)
    model.bind(("a",), 5, 20)
    model.relate(("b",), [("a",), ("c",)])
    lower, upper = model.limits()
    assert (lower[model.cell(("a",))], upper[model.cell(("a",))]) == (10, 20)
    assert (lower[model.cell(("c",))], upper[model.cell(("c",))]) == (0, np.inf)


@pytest.mark.parametrize("seed", range(3))
def test_incidents_with_classes_for_codes_stand_where_their_codes_do(small, seed) -> None:
    chance = np.random.default_rng([seed, 13])
    plan = small.plan((*TABLES, "by_survivor_gender", "by_grounds", "by_delay_band"))
    rows = small.invent(chance, 60)
    shown = small.publish(Counted("2026-10", 1, small.frame(rows)), [], plan).figures.filter(status="shown")
    axes = make_axes(shown, plan, small.contract)
    merged = m.merge_codes(small.frame(rows), axes).to_dicts()
    for dimensions in (
        {"state"},
        {"state", "district"},
        {"duty_bearer", "incident_kind"},
        {"survivor_gender"},
        {"grounds"},
    ):
        for classes in m.combine(axes, dimensions):
            inside = [row["incident"] for row in rows if is_in_classes(small, axes, row, classes)]
            assert [row["incident"] for row in merged if small.is_in(row, classes)] == inside
