"""What an attacker can prove: known answers, independent formulations, whole-number tables counted out by hand."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from bench.protection.crossed import Rounded, cross, group, invent_month, join, show_rounded, stack_year
from pipeline.protect.audit import audit_targets, bound_targets, find_exposures
from pipeline.protect.linked import SUM, WITHIN, Interval, LinkedTables, Relation, Target
from pipeline.protect.solver import (
    AuditError,
    AuditTimeError,
    ContradictionError,
    Program,
    Solution,
    Solve,
    SolverError,
    solve_program,
)
from pipeline.protect.system import build_system

Case = tuple[LinkedTables, np.ndarray, dict[int, tuple[float, float]]]
"""Tables, the true values of their cells, and the bounds of those that are shown."""

SECONDS = 60.0
NEAR = 1e-5

# Fischetti and Salazar-Gonzalez 2000: row II, column C is sensitive.
KNOWN = cross(np.array([[20, 50, 10], [8, 19, 22], [17, 32, 12]]))
KNOWN_HIDDEN = {(1, 0): 3, (1, 2): 5, (2, 0): 6, (2, 2): 8}


def one_cell(cell: int, low: float = 0.0, high: float = 9.0) -> Target:
    return Target(cell, (cell,), (1.0,), low, high)


def prove_independently(
    tables: LinkedTables, lower: Sequence[float], upper: Sequence[float], target: Target
) -> Interval:
    """Formulate relations anew, row by row, and solve two programs with scipy."""
    equal, less = [], []
    for relation in tables.relations:
        together = np.zeros(tables.size)
        together[list(relation.children)] = 1
        together[relation.parent] = -1
        if relation.kind == SUM:
            equal.append(together)
            continue
        for child in relation.children:
            row = np.zeros(tables.size)
            row[child], row[relation.parent] = 1, -1
            less.append(row)
        if relation.kind != WITHIN:
            less.append(-together)
    bounds = [
        (low, 0 if cell in tables.impossible else high)
        for cell, (low, high) in enumerate(zip(lower, upper, strict=True))
    ]
    form = np.zeros(tables.size)
    form[list(target.cells)] = target.weights
    ends = []
    for sign in (1, -1):
        answer = linprog(
            sign * form,
            A_eq=np.array(equal) if equal else None,
            b_eq=np.zeros(len(equal)) if equal else None,
            A_ub=np.array(less) if less else None,
            b_ub=np.zeros(len(less)) if less else None,
            bounds=bounds,
        )
        assert answer.status in {0, 3}
        ends.append(sign * answer.fun if answer.status == 0 else sign * -np.inf)
    return Interval(*ends)


def assert_same(found: Interval, expected: Interval) -> None:
    assert (found.lower, found.upper) == pytest.approx((expected.lower, expected.upper), abs=NEAR)


@st.composite
def rounded_tables(draw: st.DrawFn) -> Case:
    """Small linked tables of all kinds of relations with their true values, and what is shown of them, rounded."""
    seed = draw(st.integers(0, 2**32 - 1))
    chance = np.random.default_rng(seed)
    makers = (
        lambda: cross(chance.poisson(chance.integers(2, 20), (3, 3))),
        lambda: group(chance.poisson(chance.integers(2, 20), (4, 3)), (2, 2)),
        lambda: join(chance.poisson(chance.integers(1, 8), (2, 2, 3))),
        lambda: cross(chance.poisson(chance.integers(1, 8), (2, 2, 2))),
    )
    made = makers[draw(st.integers(0, 3))]()
    values, relations = list(made.values), list(made.tables.relations)
    parent = draw(st.integers(0, made.tables.size - 1))
    parts = chance.integers(0, int(values[parent]) + 1, 2)
    kind = WITHIN if parts.sum() < values[parent] or draw(st.booleans()) else "cover"
    relations.append(Relation(parent, (len(values), len(values) + 1), kind))
    values += [float(part) for part in parts]
    true = np.array(values)
    hidden = {cell for cell in range(len(true)) if true[cell] < 10 or chance.random() < 0.15}
    shown = {
        cell: (max(10.0, 5 * ((value + 2) // 5) - 2), 5 * ((value + 2) // 5) + 2)
        for cell, value in enumerate(true)
        if cell not in hidden
    }
    return LinkedTables(len(true), tuple(relations)), true, shown


def spread(size: int, shown: Mapping[int, tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    lower, upper = np.zeros(size), np.full(size, np.inf)
    for cell, bounds in shown.items():
        lower[cell], upper[cell] = bounds
    return lower, upper


def test_the_known_table_gives_the_known_interval() -> None:
    lower, upper = KNOWN.values.copy(), KNOWN.values.copy()
    hidden = list(KNOWN_HIDDEN.values())
    lower[hidden], upper[hidden] = 0, np.inf
    (found,) = bound_targets(KNOWN.tables, lower, upper, [one_cell(KNOWN_HIDDEN[1, 2])], time_limit=SECONDS)
    assert_same(found, Interval(5, 30))


def test_a_single_hidden_cell_is_proven_by_its_row_and_column() -> None:
    shown = {cell: (value, value) for cell, value in enumerate(KNOWN.values) if cell != 5}
    exposure = next(each for each in find_exposures(KNOWN.tables, shown, 10) if each.target.name == 5)
    assert_same(exposure.interval, Interval(22, 22))
    assert all(weight == 1.0 for weight in exposure.proof.values())
    assert any(
        set(relation.children) | {relation.parent} == exposure.proof.keys() | {5}
        for relation in KNOWN.tables.relations
    )


def test_nothing_is_proven_of_a_table_that_is_hidden_as_a_whole() -> None:
    assert find_exposures(KNOWN.tables, {}, 10) == []
    lower, upper = spread(KNOWN.tables.size, {})
    (found,) = bound_targets(KNOWN.tables, lower, upper, [one_cell(0)], time_limit=SECONDS)
    assert found == Interval(0, np.inf)


def test_what_is_left_beside_shown_children_is_a_target() -> None:
    tables = LinkedTables(4, (Relation(0, (1, 2, 3)),))
    (exposure,) = find_exposures(tables, {0: (30, 30), 1: (26, 26)}, 10, guarded=[])
    assert exposure.target.name == ("remainder", 0, 2)
    assert_same(exposure.interval, Interval(4, 4))


def test_a_known_zero_is_no_target_and_helps_the_attacker() -> None:
    tables = LinkedTables(4, (Relation(0, (1, 2, 3)),))
    shown = {0: (20.0, 20.0)}
    assert find_exposures(tables, shown, 10) == []
    names = {exposure.target.name for exposure in find_exposures(tables, shown, 10, zeros=[2, 3])}
    assert names == {1}


def test_a_form_that_has_no_lower_end_is_found_to_have_none() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2)),))
    difference = Target("difference", (1, 2), (1.0, -1.0), 0.0, 0.0)
    (found,) = bound_targets(tables, np.zeros(3), np.full(3, np.inf), [difference], time_limit=SECONDS)
    assert found == Interval(-np.inf, np.inf)


@settings(max_examples=30)
@given(rounded_tables())
def test_exposures_are_those_that_two_programs_a_target_find(
    case: Case,
) -> None:
    tables, _, shown = case
    lower, upper = spread(tables.size, shown)
    found = {exposure.target.name: exposure for exposure in find_exposures(tables, shown, 10)}
    for cell in set(range(tables.size)) - shown.keys():
        expected = prove_independently(tables, lower, upper, one_cell(cell))
        assert (cell in found) == (expected.lower > NEAR or expected.upper < 9 - NEAR)
    for exposure in found.values():
        assert_same(exposure.interval, prove_independently(tables, lower, upper, exposure.target))


@settings(max_examples=25)
@given(rounded_tables())
def test_an_interval_contains_the_truth(
    case: Case,
) -> None:
    tables, true, shown = case
    targets = [one_cell(cell) for cell in range(tables.size) if cell not in shown]
    intervals = bound_targets(tables, *spread(tables.size, shown), targets, time_limit=SECONDS)
    for target, interval in zip(targets, intervals, strict=True):
        assert interval.lower - NEAR <= true[target.cells[0]] <= interval.upper + NEAR


@settings(max_examples=25)
@given(rounded_tables())
def test_what_single_rows_prove_is_never_less_than_the_end(
    case: Case,
) -> None:
    tables, _, shown = case
    targets = [one_cell(cell) for cell in range(tables.size)]
    lower, upper = spread(tables.size, shown)
    bounds = build_system(tables, lower, upper, targets).bound_by_rows()
    intervals = bound_targets(tables, lower, upper, targets, time_limit=SECONDS)
    for target, interval in zip(targets, intervals, strict=True):
        assert bounds[target.cells[0]] >= interval.upper - NEAR


def test_a_row_bounds_its_parent_and_each_of_its_children() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2), SUM),))
    loose = build_system(tables, np.array([0.0, 1.0, 0.0]), np.array([8.0, np.inf, np.inf]), [])
    assert loose.bound_by_rows().tolist() == [8.0, 8.0, 7.0]
    tight = build_system(tables, np.zeros(3), np.array([np.inf, 2.0, 3.0]), [])
    assert tight.bound_by_rows().tolist() == [5.0, 2.0, 3.0]


@settings(max_examples=25)
@given(rounded_tables(), st.data())
def test_hiding_more_never_narrows_an_interval(case: Case, data: st.DataObject) -> None:
    tables, _, shown = case
    targets = [one_cell(cell) for cell in range(tables.size)]
    kept = data.draw(st.sets(st.sampled_from(sorted(shown)))) if shown else set()
    less = {cell: bounds for cell, bounds in shown.items() if cell in kept}
    before = bound_targets(tables, *spread(tables.size, shown), targets, time_limit=SECONDS)
    after = bound_targets(tables, *spread(tables.size, less), targets, time_limit=SECONDS)
    for narrow, wide in zip(before, after, strict=True):
        assert wide.lower <= narrow.lower + NEAR
        assert wide.upper >= narrow.upper - NEAR


@settings(max_examples=25)
@given(rounded_tables(), st.data())
def test_a_proof_holds_while_too_little_of_it_is_hidden(case: Case, data: st.DataObject) -> None:
    tables, _, shown = case
    for exposure in find_exposures(tables, shown, 10)[:3]:
        hide = data.draw(st.sets(st.sampled_from(sorted(shown))))
        broken = [sum(proof.get(cell, 0.0) for cell in hide) >= 1 - NEAR for proof in exposure.proofs]
        rest = {cell: bounds for cell, bounds in shown.items() if cell not in hide}
        interval = prove_independently(tables, *spread(tables.size, rest), exposure.target)
        if not all(broken):
            assert interval.lower > NEAR or interval.upper < 9 - NEAR


def count_out(tables: LinkedTables, lower: np.ndarray, upper: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Give every whole-number table that fits."""
    ranges = [range(int(low), int(high) + 1) for low, high in zip(lower, upper, strict=True)]
    for values in itertools.product(*ranges):
        fits = True
        for relation in tables.relations:
            parent, parts = values[relation.parent], [values[child] for child in relation.children]
            if relation.kind == SUM:
                fits &= parent == sum(parts)
            else:
                fits &= max(parts) <= parent and (relation.kind == WITHIN or parent <= sum(parts))
        if fits:
            yield values


@settings(max_examples=30)
@given(
    kind=st.sampled_from(["cover", "within", "sum"]),
    bounds=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=5, max_size=5),
)
def test_every_whole_number_table_that_fits_lies_within_the_intervals(
    kind: str, bounds: list[tuple[int, int]]
) -> None:
    tables = LinkedTables(5, (Relation(0, (1, 2, 3), kind), Relation(4, (0, 3), SUM)))
    lower = np.array([min(pair) for pair in bounds], float)
    upper = np.array([max(pair) for pair in bounds], float)
    fitting = list(count_out(tables, lower, upper))
    targets = [one_cell(cell) for cell in range(5)]
    if not fitting:
        return
    for cell, interval in enumerate(bound_targets(tables, lower, upper, targets, time_limit=SECONDS)):
        assert interval.lower <= min(values[cell] for values in fitting) + NEAR
        assert interval.upper >= max(values[cell] for values in fitting) - NEAR


def test_an_incident_of_several_kinds_stands_in_one_of_them_at_least() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2), "cover"),))
    bounds = np.array([10.0, 3.0, 0.0]), np.array([10.0, 3.0, np.inf])
    (found,) = bound_targets(tables, *bounds, [one_cell(2)], time_limit=SECONDS)
    assert_same(found, Interval(7, 10))


def test_the_tightest_target_is_named_with_its_exact_slack() -> None:
    tables = LinkedTables(6, (Relation(0, (1, 2)), Relation(3, (4, 5))))
    lower, upper = np.array([12.0, 0, 0, 30, 0, 0]), np.array([12.0, np.inf, np.inf, 30, np.inf, np.inf])
    targets = [one_cell(cell) for cell in (1, 2, 4, 5)]
    audit = audit_targets(tables, lower, upper, targets, time_limit=SECONDS, slack=5.0)
    assert (audit.exposures, audit.tightest, audit.slack_is_least) == ((), 1, False)
    assert audit.slack == pytest.approx(3.0)


def test_a_slack_that_no_target_falls_short_of_is_a_least_slack() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2)),))
    bounds = np.array([30.0, 0, 0]), np.array([30.0, np.inf, np.inf])
    audit = audit_targets(tables, *bounds, [one_cell(1)], time_limit=SECONDS, slack=5.0)
    assert (audit.slack, audit.slack_is_least, audit.tightest) == (5.0, True, None)


def test_a_target_without_a_bar_below_is_exposed_only_above() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2)),))
    bounds = np.array([30.0, 12.0, 0]), np.array([30.0, 14.0, np.inf])
    audit = audit_targets(tables, *bounds, [one_cell(2, low=np.inf)], time_limit=SECONDS)
    assert audit.exposures == ()


@pytest.mark.parametrize(("months", "most"), [(2, 20_000), (5, 20_000), (5, 50)])
def test_blocks_change_no_result(months: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.protect.search._MOST_MOVING", most)
    made = stack_year([invent_month(seed, 4, 3, 3, 150) for seed in range(months)])
    shown = show_rounded(made)
    without = LinkedTables(made.tables.size, made.tables.relations)
    found = [
        audit_targets(tables, shown.lower, shown.upper, shown.targets, time_limit=SECONDS).exposures
        for tables in (made.tables, without)
    ]
    assert [each.target.name for each in found[0]] == [each.target.name for each in found[1]]
    assert found[0]
    for one, other in zip(*found, strict=True):
        assert_same(one.interval, other.interval)


def test_what_many_blocks_share_is_settled_by_one_program_over_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = stack_year([invent_month(seed, 4, 3, 3, 150) for seed in range(5)])
    shown = show_rounded(made)
    width = build_system(made.tables, shown.lower, shown.upper, shown.targets).width
    inside: list[int] = []

    def solve(program: Program, seconds: float) -> Solution:
        if program.inside and program.cost.any():
            inside.append(len(program.cost))
        return solve_program(program, seconds)

    monkeypatch.setattr("pipeline.protect.search._MOST_MOVING", 1)
    audit_targets(made.tables, shown.lower, shown.upper, shown.targets, time_limit=SECONDS, solve=solve)
    assert inside
    assert min(inside) >= width


def name_exposed(shown: Rounded, solve: Solve) -> list[object]:
    audit = audit_targets(
        shown.tables, shown.lower, shown.upper, shown.targets, time_limit=SECONDS, solve=solve
    )
    return [exposure.target.name for exposure in audit.exposures]


def test_a_solver_that_is_a_little_off_changes_no_result() -> None:
    made = stack_year([invent_month(seed, 4, 3, 3, 150) for seed in range(3)])
    shown = show_rounded(made)

    def solve(program: Program, seconds: float) -> Solution:
        solution = solve_program(program, seconds)
        at_end = np.flatnonzero(np.isfinite(program.lower) & (solution.point <= program.lower + 1e-9))
        point = solution.point.copy()
        point[at_end[:1]] -= 5e-7
        return replace(solution, point=point)

    assert name_exposed(shown, solve) == name_exposed(shown, solve_program)


def test_what_answers_are_off_does_not_add_up_from_step_to_step() -> None:
    shown = show_rounded(cross(invent_month(12, 6, 6, 6, 800)))

    def solve(program: Program, seconds: float) -> Solution:
        solution = solve_program(program, seconds)
        with_room = np.flatnonzero(solution.point < np.clip(program.upper - 1, None, 1e9))
        point = solution.point.copy()
        point[with_room[:1]] += 4e-7
        return replace(solution, point=point)

    exposed = name_exposed(shown, solve_program)
    assert exposed
    assert name_exposed(shown, solve) == exposed


def test_a_month_of_three_thousand_incidents_is_audited_with_few_programs() -> None:
    shown = show_rounded(cross(invent_month(1)))
    audit = audit_targets(shown.tables, shown.lower, shown.upper, shown.targets, time_limit=240.0)
    assert audit.exposures
    assert audit.solved < 2 * len(shown.targets)


# Nothing may pass for safe that was not proven so.


def test_figures_that_contradict_each_other_are_an_error() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2)),))
    with pytest.raises(ContradictionError):
        find_exposures(tables, {0: (5, 5), 1: (6, 6)}, 10)
    with pytest.raises(ContradictionError):
        find_exposures(tables, {0: (7, 5)}, 10)
    with pytest.raises(ContradictionError):
        find_exposures(LinkedTables(1, (), frozenset({0})), {0: (3, 3)}, 10)


def test_contradictions_are_found_where_there_is_no_target() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2)),))
    lower = np.array([5.0, 6.0, 0.0])
    with pytest.raises(ContradictionError):
        audit_targets(tables, lower, np.array([5.0, 6.0, np.inf]), [], time_limit=SECONDS)


def test_months_that_contradict_their_quarter_are_an_error() -> None:
    tables = LinkedTables(3, (Relation(0, (1, 2)),), blocks=(-1, 0, 1))
    exact = np.array([20.0, 5.0, 5.0])
    with pytest.raises(ContradictionError):
        audit_targets(tables, exact, exact, [], time_limit=SECONDS)


def test_no_time_is_an_error() -> None:
    with pytest.raises(AuditTimeError):
        find_exposures(KNOWN.tables, {12: (10, 14)}, 10, time_limit=0.0)


def test_an_audit_that_runs_out_of_time_half_way_is_an_error() -> None:
    calls = itertools.count()

    def tire(program: Program, seconds: float) -> Solution:
        if next(calls) > 3:
            raise AuditTimeError
        return solve_program(program, seconds)

    shown = {cell: (value, value) for cell, value in enumerate(KNOWN.values) if cell not in {5, 3}}
    with pytest.raises(AuditTimeError):
        find_exposures(KNOWN.tables, shown, 10, solve=tire)


def test_a_solver_that_breaks_off_is_an_error() -> None:
    def break_off(program: Program, seconds: float) -> Solution:
        raise SolverError("The solver broke off.")

    with pytest.raises(AuditError):
        find_exposures(KNOWN.tables, {12: (10, 14)}, 10, solve=break_off)


@pytest.mark.parametrize("value", [np.nan, 1e9, -1.0, 0.5])
def test_a_witness_that_does_not_fit_the_tables_is_an_error(value: float) -> None:
    def pretend(program: Program, seconds: float) -> Solution:
        return Solution(np.full(len(program.cost), value), np.zeros(len(program.row_lower)))

    with pytest.raises(SolverError):
        find_exposures(KNOWN.tables, {15: (180, 190)}, 10, solve=pretend)


def test_a_proof_that_does_not_hold_is_an_error() -> None:
    def forget_duals(program: Program, seconds: float) -> Solution:
        solution = solve_program(program, seconds)
        return Solution(solution.point, np.zeros_like(solution.duals))

    shown = {cell: (value, value) for cell, value in enumerate(KNOWN.values) if cell != 5}
    with pytest.raises(SolverError):
        find_exposures(KNOWN.tables, shown, 10, solve=forget_duals)


def test_the_same_audit_twice_gives_the_same() -> None:
    shown = show_rounded(cross(invent_month(3, 8, 4, 4, 400)))
    found = [
        audit_targets(shown.tables, shown.lower, shown.upper, shown.targets, time_limit=SECONDS)
        for _ in range(2)
    ]
    assert found[0] == found[1]


@settings(max_examples=25)
@given(rounded_tables())
def test_the_slack_is_that_of_the_target_that_ends_first(
    case: Case,
) -> None:
    tables, _, shown = case
    lower, upper = spread(tables.size, shown)
    targets = [one_cell(cell) for cell in range(tables.size) if cell not in shown]
    audit = audit_targets(tables, lower, upper, targets, time_limit=SECONDS, slack=5.0)
    exposed = {exposure.target.name for exposure in audit.exposures}
    ends = {
        target.name: prove_independently(tables, lower, upper, target).upper - 9
        for target in targets
        if target.name not in exposed
    }
    assert audit.slack == pytest.approx(min([5.0, *ends.values()]), abs=NEAR)
    assert audit.slack_is_least == (audit.tightest is None)
    if audit.tightest is not None:
        assert ends[audit.tightest] == pytest.approx(audit.slack, abs=NEAR)
