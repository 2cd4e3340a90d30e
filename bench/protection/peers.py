"""Classical suppression beside tau-Argus: on the same tables, how many cells, how long, how much memory."""

import multiprocessing
import resource
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from bench.protection.crossed import Made, cross, group, join
from bench.protection.tauargus import Levels, suppress_modular, suppress_optimal
from pipeline.protect.solver import AuditError
from pipeline.protect.suppress import suppress_secondary

THRESHOLD = 10
PROTECTION = 0.2
"""Each small cell needs a fifth of its value on both sides, as the frequency rule of tau-Argus has it."""

_SECONDS = 300


@dataclass(frozen=True)
class Case:
    """A table to protect: `inner` counts, crossed, or grouped by row `sizes`, or (three-way) joined by the first."""

    kind: str
    inner: NDArray[np.int64]
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cost:
    """How many cells a method hid beside the primary ones, in what time, at what peak of memory."""

    cells: int
    seconds: float
    peak_mib: int


@dataclass(frozen=True)
class Row:
    """One table by all methods; None where a method does not know such tables or gave up."""

    kind: str
    size: int
    primaries: int
    ours: Cost | None
    modular: Cost | None
    optimal: Cost | None


def invent_cases(seed: int) -> list[Case]:
    """Return tables of rising size whose counts fall off as counts of incidents do."""
    chance = np.random.default_rng(seed)

    def draw(*shape: int, mean: float) -> NDArray[np.int64]:
        shares = [chance.dirichlet(np.full(size, 1.0)) for size in shape]
        joint = np.ones(())
        for share in shares:
            joint = np.multiply.outer(joint, share)
        return chance.poisson(joint * mean * np.prod(shape))

    return [
        Case("crossed", draw(10, 8, mean=40)),
        Case("crossed", draw(20, 12, mean=40)),
        Case("crossed", draw(36, 12, mean=40)),
        Case("grouped", draw(12, 8, mean=40), (4, 4, 4)),
        Case("grouped", draw(36, 10, mean=40), (12, 12, 12)),
        Case("joined", draw(12, 6, 6, mean=10)),
        Case("three-way", draw(6, 5, 4, mean=30)),
        Case("three-way", draw(20, 10, 8, mean=4)),
    ]


def compare(cases: Iterable[Case], *, seconds: int = _SECONDS) -> list[Row]:
    """Return one row a case; each method runs in a process of its own and gets so many seconds."""
    return [_compare_one(case, seconds) for case in cases]


def _compare_one(case: Case, seconds: int) -> Row:
    made, primary = _make_problem(case)
    modular = _measure(_hide_modular, case) if case.kind in {"crossed", "grouped"} else None
    return Row(
        case.kind,
        made.tables.size,
        len(primary),
        ours=_measure(_hide_ours, case, seconds),
        modular=modular,
        optimal=_measure(_hide_optimal, case, seconds),
    )


def _make_problem(case: Case) -> tuple[Made, Levels]:
    if case.kind == "grouped":
        made = group(case.inner, case.sizes, case.kind)
    else:
        made = join(case.inner, case.kind) if case.kind == "joined" else cross(case.inner, case.kind)
    small = np.flatnonzero((made.values > 0) & (made.values < THRESHOLD)).tolist()
    return made, {cell: (PROTECTION * made.values[cell], PROTECTION * made.values[cell]) for cell in small}


def _hide_ours(case: Case, seconds: int) -> int:
    made, primary = _make_problem(case)
    return len(suppress_secondary(made.tables, made.values, primary, time_limit=seconds))


def _hide_optimal(case: Case, seconds: int) -> int:
    made, primary = _make_problem(case)
    with tempfile.TemporaryDirectory() as folder:
        return len(suppress_optimal(made, primary, Path(folder), seconds=seconds))


def _hide_modular(case: Case) -> int:
    with tempfile.TemporaryDirectory() as folder:
        return len(suppress_modular(case.inner, case.sizes, Path(folder), threshold=THRESHOLD).hidden)


def _measure(hide: Callable[..., int], *arguments: object) -> Cost | None:
    """Run one method in a fresh process; None if it breaks off, as an engine in C++ may take its process along."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        try:
            return pool.submit(_run, hide, arguments).result()
        except (AuditError, RuntimeError, BrokenProcessPool):
            return None


def _run(hide: Callable[..., int], arguments: tuple[object, ...]) -> Cost:
    start = perf_counter()
    cells = hide(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Cost(cells, round(perf_counter() - start, 2), peak)
