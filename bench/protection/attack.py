"""The attack on a folder of published editions, and what it proves against the rule."""

import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.protection.differences import Clue, find_clues
from bench.protection.evidence import Cell, Evidence, read_evidence
from bench.protection.goals import list_goals
from bench.protection.judge import THRESHOLD, Truth
from bench.protection.program import NEAR
from bench.protection.prove import ENOUGH, Proven, prove
from bench.protection.stack import Gifts, Key, build_stack

_SEED = 20_261_102


@dataclass(frozen=True)
class Leak:
    """Something proven about fewer than ten persons: by which attack, of which edition and cells."""

    attack: str
    what: str
    edition: Key
    cells: tuple[Cell, ...]
    least: float | None
    most: float | None
    persons: int


@dataclass
class Attacked:
    """What came of it: leaks, how many numbers were asked about, and how many stayed unsettled."""

    leaks: list[Leak] = field(default_factory=list)
    clues: int = 0
    editions: int = 0
    goals: int = 0
    unsettled: int = 0
    solved: int = 0
    seconds: float = 0.0

    def describe(self) -> dict[str, Any]:
        """Return the figures; leaks by attack and kind."""
        kinds: dict[str, int] = {}
        for leak in self.leaks:
            name = f"{leak.attack}: {leak.what}"
            kinds[name] = kinds.get(name, 0) + 1
        return {
            "leaks": len(self.leaks),
            "leaks_by_kind": kinds,
            "differences": self.clues,
            "editions_solved": self.editions,
            "goals": self.goals,
            "unsettled": self.unsettled,
            "programs": self.solved,
            "seconds": round(self.seconds, 1),
        }


def attack(folder: Path, truth: Truth, *, editions: int | None, most: int = 60, whole: int = 8) -> Attacked:
    """Attack all editions below a folder: by differences all of them, by programs a sample of `editions`, or all.

    Only goals with fewer than ten persons in truth are asked about, since the rule protects no other.
    """
    begun = time.perf_counter()
    evidence = read_evidence(folder)
    gifts = truth.find_gifts(evidence)
    attacked = Attacked()
    attack_by_differences(evidence, truth, gifts, attacked)
    chosen = _choose(evidence, editions)
    attacked.editions = len(chosen)
    limits = {"most": most, "whole": whole}
    tasks = [(evidence, year, truth, gifts, chosen, limits) for year in evidence.years()]
    with multiprocessing.get_context("spawn").Pool(min(len(tasks), os.cpu_count() or 1)) as pool:
        for proven, leaks in pool.starmap(attack_by_programs, tasks):
            attacked.leaks += leaks
            attacked.goals += proven.goals
            attacked.unsettled += len(proven.unsettled)
            attacked.solved += proven.solved
    attacked.seconds = time.perf_counter() - begun
    return attacked


def attack_by_differences(evidence: Evidence, truth: Truth, gifts: Gifts, attacked: Attacked) -> None:
    """Judge every clue that contradicts the rule, should fewer than ten persons be behind it."""
    telling = []
    for clue in find_clues(evidence, gifts.withdrawn):
        attacked.clues += 1
        if is_telling(clue):
            telling.append(clue)
    still = [clue for clue in telling if not clue.change]
    changes = [clue for clue in telling if clue.change]
    persons = truth.count_persons([(clue.edition, clue.hidden) for clue in still])
    for clue, behind in zip((*still, *changes), (*persons, *truth.count_changed(changes)), strict=True):
        if behind < THRESHOLD:
            attacked.leaks.append(
                Leak("differences", clue.what, clue.edition, clue.hidden, *clue.bounds, persons=behind)
            )


def is_telling(clue: Clue) -> bool:
    """Tell whether a clue contradicts the rule for a number below the threshold."""
    least, most = clue.bounds
    if clue.change:
        return least > NEAR or most < -NEAR
    return least > NEAR or most < ENOUGH


def attack_by_programs(
    evidence: Evidence,
    year: str,
    truth: Truth,
    gifts: Gifts,
    chosen: Sequence[Key],
    limits: Mapping[str, int],
) -> tuple[Proven, list[Leak]]:
    """Prove what can be proven about the protected goals of the chosen editions of a year, and return what leaks."""
    stack = build_stack(evidence, year, gifts)
    point = truth.place(stack)
    # An attacker who assumes what is not so proves what is not so.
    assert stack.closed.violation(point) < NEAR, (
        "the truth contradicts what was published, or the attacker errs"
    )
    asked = [
        each for each in evidence.editions if (each.month, each.number) in chosen and each.month[:4] == year
    ]
    goals = truth.keep_protected(list_goals(stack, asked))
    proven = prove(stack, goals, point, **limits)
    persons = truth.count_persons([(proof.goal.edition, proof.goal.cells) for proof in proven.proofs])
    leaks = [
        Leak(
            "programs", proof.goal.what, proof.goal.edition, proof.goal.cells, proof.least, proof.most, behind
        )
        for proof, behind in zip(proven.proofs, persons, strict=True)
    ]
    return proven, leaks


def _choose(evidence: Evidence, editions: int | None) -> list[Key]:
    """Return the editions to solve: all, or a fixed sample with the last month of each year in it."""
    keys = [(each.month, each.number) for each in evidence.editions]
    if editions is None or editions >= len(keys):
        return keys
    closing = [key for key in keys if key[0].endswith("-12")][:editions]
    others = [key for key in keys if key not in closing]
    drawn = np.random.default_rng(_SEED).choice(len(others), editions - len(closing), replace=False)
    return closing + [others[int(number)] for number in sorted(drawn)]
