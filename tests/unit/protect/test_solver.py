"""The solver says what it found, or fails."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from pipeline.protect.solver import (
    AuditError,
    AuditTimeError,
    ContradictionError,
    Program,
    SolverError,
    solve_program,
)
from pipeline.protect.suppress import UnbreakableError

# Minimize -x - 2y with x + y = 4, x up to 3 and y up to 2.5.
SMALL = Program(
    cost=np.array([-1.0, -2.0]),
    lower=np.zeros(2),
    upper=np.array([3.0, 2.5]),
    row_lower=np.array([4.0]),
    row_upper=np.array([4.0]),
    starts=np.array([0, 1, 2]),
    rows=np.array([0, 0]),
    weights=np.ones(2),
)


def invent_program(size: int = 400, height: int = 60) -> Program:
    chance = np.random.default_rng(0)
    return Program(
        cost=-chance.random(size),
        lower=np.zeros(size),
        upper=np.ones(size),
        row_lower=np.full(height, -np.inf),
        row_upper=np.full(height, 100.0),
        starts=np.arange(0, height * size + 1, height),
        rows=np.tile(np.arange(height), size),
        weights=chance.random(height * size),
    )


def test_the_optimum_comes_with_what_its_rows_cost() -> None:
    solution = solve_program(SMALL, 10.0)
    assert solution.point == pytest.approx([1.5, 2.5])
    assert solution.duals == pytest.approx([-1.0])


def test_a_program_that_takes_simplex_too_many_steps_is_solved_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = invent_program()
    expected = solve_program(program, 10.0).point
    monkeypatch.setattr("pipeline.protect.solver._MOST_STEPS", 1)
    assert solve_program(program, 10.0).point == pytest.approx(expected, abs=1e-6)


def test_whole_numbers_are_whole() -> None:
    solution = solve_program(replace(SMALL, whole=True), 10.0)
    assert solution.point == pytest.approx([2.0, 2.0])


def test_an_infinite_bound_is_no_bound() -> None:
    solution = solve_program(replace(SMALL, upper=np.array([np.inf, np.inf])), 10.0)
    assert solution.point == pytest.approx([0.0, 4.0])


def test_a_program_without_a_point_is_a_contradiction() -> None:
    with pytest.raises(ContradictionError):
        solve_program(replace(SMALL, upper=np.ones(2)), 10.0)


def test_a_solver_that_misses_a_point_that_is_known_is_mistaken() -> None:
    with pytest.raises(SolverError, match="misses a point"):
        solve_program(replace(SMALL, upper=np.ones(2), fits=True), 10.0)


def test_a_point_that_is_known_is_found_though_it_is_off_by_what_adds_up() -> None:
    almost = replace(SMALL, upper=np.array([1.5, 2.5 - 1e-8]))
    assert solve_program(replace(almost, fits=True), 10.0).point == pytest.approx([1.5, 2.5])
    with pytest.raises(ContradictionError):
        solve_program(almost, 10.0)


def test_a_point_is_off_by_no_more_than_adds_up_to_nothing() -> None:
    program = invent_program()
    point = solve_program(program, 10.0).point
    sums = np.bincount(program.rows, program.weights * np.repeat(point, 60), 60)
    assert (point >= -1e-8).all()
    assert (point <= 1.0 + 1e-8).all()
    assert (sums <= 100.0 + 1e-8).all()


def test_a_program_without_an_end_is_an_error() -> None:
    free = replace(SMALL, upper=np.full(2, np.inf), row_upper=np.array([np.inf]))
    with pytest.raises(SolverError):
        solve_program(free, 10.0)


def test_bounds_that_are_no_numbers_are_an_error() -> None:
    with pytest.raises(AuditError):
        solve_program(replace(SMALL, lower=np.array([np.nan, 0.0])), 10.0)


def test_no_time_left_is_an_error() -> None:
    with pytest.raises(AuditTimeError):
        solve_program(SMALL, 0.0)


def test_time_that_runs_out_is_an_error() -> None:
    with pytest.raises(AuditTimeError):
        solve_program(replace(invent_program(), whole=True), 0.05)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    solve_program(SMALL, 10.0)
    solve_program(replace(SMALL, whole=True), 10.0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ContradictionError(), AuditTimeError(), UnbreakableError()])
def test_an_error_carries_no_value_and_survives_the_way_to_another_process(error: AuditError) -> None:
    assert not any(sign.isdigit() for sign in str(error))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
