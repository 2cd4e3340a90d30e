"""Linear programs and the one solver that solves them, HiGHS; it fails closed.

A program comes in as plain arrays and an optimal point goes out. Whatever is not optimal is an error, so that
nobody takes silence for safety. Tests put another `Solve` in its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus
from highspy._core import _Highs
from numpy.typing import NDArray

from pipeline.errors import JawabdehiError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_Option = bool | int | float | str

_PRECISION = 1e-9
"""How far HiGHS lets bounds and rows be off. Its own 1e-7 adds up where one program begins at the point of another,
and its presolve then takes programs of ten thousands of columns for infeasible that are not."""

_OFF = 1e-7
"""How far a row may be off before another method is tried, and in the last one."""

_INTERIOR_FROM = 150_000
"""Columns from which the interior point method is tried first: steps of simplex take too long there to try them."""

_MOST_STEPS = 20_000
"""Steps of simplex after which the interior point method is tried. As measured: a year of 68,000 columns takes
minutes of simplex, since a three-way table is very degenerate, and 6 s to 13 s inside; two months among the cells of
their year, 66,000 columns, take 5,000 steps and 0.7 s, and 4 s inside."""

_WITHOUT_VERDICT = {
    HighsModelStatus.kUnknown,
    HighsModelStatus.kSolveError,
    HighsModelStatus.kIterationLimit,
}


class AuditError(JawabdehiError):
    """The audit could not be finished, so nothing is proven safe."""


class ContradictionError(AuditError):
    """No table fits everything that is shown."""

    def __init__(
        self,
        message: str = "What is shown contradicts itself: check the bounds of the cells and their relations.",
    ) -> None:
        super().__init__(message)


class AuditTimeError(AuditError):
    """The time that the audit was given ran out."""

    def __init__(
        self,
        message: str = "The audit ran out of time, so nothing may be shown: give it more time or fewer cells.",
    ) -> None:
        super().__init__(message)


class SolverError(AuditError):
    """The solver gave no optimum, or one that does not hold."""


@dataclass(frozen=True)
class Program:
    """Minimize `cost` times x, with x between `lower` and `upper`, rows between their bounds.

    The matrix is stored by columns: entries of column j are `starts[j]` to `starts[j + 1]` of `rows` and `weights`.
    All columns are whole numbers if `whole`. Infinite bounds are allowed. Where several points are optimal, one with
    room between its bounds is wanted if `inside`, else a corner. If `fits`, a point is at hand that keeps all bounds
    and rows, so that a solver that finds none is mistaken.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    starts: Ints
    rows: Ints
    weights: Floats
    whole: bool = False
    inside: bool = False
    fits: bool = False


@dataclass(frozen=True)
class Solution:
    """An optimal point, one value a column, and one dual value a row (none for whole numbers)."""

    point: Floats
    duals: Floats


Solve = Callable[[Program, float], Solution]
"""Solve a program within the given seconds; raise AuditError for anything but an optimum."""


def solve_program(program: Program, seconds: float) -> Solution:
    """Return the optimum of `program`, the same one on each call.

    Raises ContradictionError if there is no point, AuditTimeError after `seconds`, SolverError for the rest.
    """
    end = monotonic() + seconds
    for options in _list_methods(program):
        highs = _run(program, options, end - monotonic())
        status, solution = highs.getModelStatus(), highs.getSolution()
        point = np.asarray(solution.col_value, float)
        is_off = status == HighsModelStatus.kOptimal and solution.value_valid and not _fits(program, point)
        is_mistaken = program.fits and status == HighsModelStatus.kInfeasible
        # A method that ends without a verdict, or with a point that is off, leaves the others a try.
        if not is_off and not is_mistaken and status not in _WITHOUT_VERDICT:
            break
    if is_mistaken:
        raise SolverError("The solver misses a point that is known, so nothing may be shown: report it.")
    _check_status(status)
    duals = np.asarray(solution.row_dual, float)
    if not solution.value_valid or not np.isfinite(point).all() or not np.isfinite(duals).all():
        raise SolverError("The solver's answer holds no numbers, so nothing may be shown: report it.")
    return Solution(point, duals)


def _fits(program: Program, point: Floats) -> bool:
    """Tell whether a point, brought within its bounds, keeps the rows; who asked checks it once more."""
    kept = np.clip(point, program.lower, program.upper)
    columns = np.repeat(np.arange(len(point)), np.diff(program.starts))
    sums = np.bincount(program.rows, program.weights * kept[columns], len(program.row_lower))
    return bool(((sums >= program.row_lower - _OFF) & (sums <= program.row_upper + _OFF)).all())


def _list_methods(program: Program) -> list[dict[str, _Option]]:
    """Return the options of the methods to try, one after the other."""
    if program.whole:
        # The default gap of whole-number programs would accept a set that is not the smallest.
        return [{"mip_rel_gap": 0.0}]
    # The weights of tables are small whole numbers, so that there is nothing to scale.
    simplex: dict[str, _Option] = {"solver": "simplex", "simplex_scale_strategy": 0}
    interior: dict[str, _Option] = {"solver": "ipm"}
    methods = [interior, simplex]
    if len(program.cost) < _INTERIOR_FROM:
        methods = [simplex | {"simplex_iteration_limit": _MOST_STEPS}, *methods]
    if program.inside:
        methods = [interior | {"run_crossover": "off"}, *methods]
    if program.fits:
        # The point at hand may be off by as much, and nothing may be concluded from that.
        methods = [*methods, simplex | {"presolve": "off", "primal_feasibility_tolerance": _OFF}]
    return methods


def _run(program: Program, options: Mapping[str, _Option], seconds: float) -> _Highs:
    if seconds <= 0:
        raise AuditTimeError
    # The class that is meant for everybody prints a banner as soon as it is made, whatever its options.
    highs = _Highs()
    always: dict[str, _Option] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "time_limit": seconds,
        "primal_feasibility_tolerance": _PRECISION,
    }
    for name, value in {**always, **options}.items():
        _accept(highs.setOptionValue(name, value))
    _accept(highs.passModel(_write_model(program)))
    highs.run()
    return highs


def _accept(status: HighsStatus) -> None:
    """Raise SolverError unless HiGHS took what it was given; a warning is about bounds it has to trim."""
    if status == HighsStatus.kError:
        raise SolverError("The solver does not take this model, so nothing may be shown: report it.")


def _check_status(status: HighsModelStatus) -> None:
    if status == HighsModelStatus.kOptimal:
        return
    if status == HighsModelStatus.kInfeasible:
        raise ContradictionError
    if status == HighsModelStatus.kTimeLimit:
        raise AuditTimeError
    if status in {HighsModelStatus.kUnbounded, HighsModelStatus.kUnboundedOrInfeasible}:
        raise SolverError(
            "The solver finds no bound where there must be one, so nothing may be shown: report it."
        )
    raise SolverError(
        "The solver found no optimum, so nothing may be shown: try again and report it if it stays."
    )


def _write_model(program: Program) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program.cost), len(program.row_lower)
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.lower, program.upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = program.starts
    model.a_matrix_.index_ = program.rows
    model.a_matrix_.value_ = program.weights
    if program.whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(program.cost)
    return model
