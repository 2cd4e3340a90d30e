"""The peer: tau-Argus as `pytauargus` wraps it, on the same tables and with the same attacker.

Its audit and its optimal method read any linked tables from a file of the "JJ" form, which is written here: the
wrapper's own file tells the attacker that no cell is below the least value of the table, which nobody knows. Folders
are given as absolute paths: the engine leaves logs where it is called, so it is called there.
"""

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pytauargus import protect
from pytauargus._tauargus import HiTaSCtrl, audit_jj

from bench.protection.crossed import Made
from pipeline.protect.linked import LinkedTables, Relation

ENDLESS = 1e6
"""The upper bound of every cell, as the file needs one; what comes within a tenth of it has no end."""

Levels = Mapping[int, tuple[float, float]]


@dataclass(frozen=True)
class Modular:
    """A problem as tau-Argus made it of records, and the cells that its modular method hides beside the primary."""

    made: Made
    primary: Levels
    hidden: frozenset[int]


def audit(made: Made, hidden: Collection[int], folder: Path) -> dict[int, tuple[float, float]]:
    """Return the interval of each hidden cell where exact values are shown of all others; the end may be infinite."""
    path = folder / "audit.jj"
    _write(path, made, {}, hidden, zeros_known=False)
    with contextlib.chdir(folder):
        rows = audit_jj(str(path))
    return {row["cell"]: (row["min"], np.inf if row["max"] > ENDLESS / 10 else row["max"]) for row in rows}


def suppress_optimal(made: Made, primary: Levels, folder: Path, *, seconds: int) -> frozenset[int]:
    """Return the cells that its optimal method hides beside the primary ones, at a cost of 1 each."""
    path, answer = folder / "optimal.jj", folder / "optimal.out"
    _write(path, made, primary, (), zeros_known=True)
    with contextlib.chdir(folder):
        code = HiTaSCtrl().full_jj(in_file_jj=str(path), out_file=str(answer), max_time=seconds)
    if code > 1:
        raise RuntimeError(f"tau-Argus gave up with code {code}.")
    return frozenset(int(line) for line in answer.read_text(encoding="utf-8").split()) - primary.keys()


def suppress_modular(
    inner: NDArray[np.int64], sizes: tuple[int, ...], folder: Path, *, threshold: int
) -> Modular:
    """Return what its modular method makes of one record an incident, with rows in groups of `sizes` (none: flat)."""
    records = [(row, column) for (row, column), many in np.ndenumerate(inner) for _ in range(many)]
    micro = {
        "row": [f"r{row:03d}" for row, _ in records],
        "column": [f"c{column:03d}" for _, column in records],
        "one": [1] * len(records),
    }
    hierarchy = folder / "rows.hrc"
    if sizes:
        starts = np.cumsum([0, *sizes])
        lines = [
            line
            for number, size in enumerate(sizes)
            for line in (f"g{number:03d}", *(f"@r{starts[number] + row:03d}" for row in range(size)))
        ]
        hierarchy.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with contextlib.chdir(folder):
        result = protect(
            micro,
            [["row", "column"]],
            response="one",
            safety_rules=f"FREQ({threshold},20)",
            suppress="MOD(1)",
            cost_var="-2",
            hrc={"row": str(hierarchy)} if sizes else None,
            hierleadstring="@" if sizes else None,
            workdir=str(folder),
        )
    path = folder / "modular.jj"
    if not result.engine._tau.write_jj_format(0, str(path), 0.0, float(inner.sum()), False, False, False):
        raise RuntimeError("tau-Argus wrote no file of its table.")
    return _read(path)


def _write(path: Path, made: Made, primary: Levels, hidden: Collection[int], *, zeros_known: bool) -> None:
    lines = ["0", str(made.tables.size)]
    for cell, value in enumerate(made.values):
        if value == 0 and zeros_known:
            lines.append(f"{cell} 0 1 z 0 0 0 0 0")
            continue
        status = "u" if cell in primary else "m" if cell in hidden else "s"
        below, above = primary.get(cell, (0.0, 0.0))
        lines.append(f"{cell} {value:g} 1 {status} 0 {ENDLESS:.0f} {below:g} {above:g} 0")
    lines.append(str(len(made.tables.relations)))
    for relation in made.tables.relations:
        children = " ".join(f"{child} (1)" for child in relation.children)
        lines.append(f"0 {len(relation.children) + 1} : {relation.parent} (-1) {children}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read(path: Path) -> Modular:
    lines = path.read_text(encoding="utf-8").splitlines()
    size = int(lines[1])
    cells = [line.split() for line in lines[2 : 2 + size]]
    relations = []
    for line in lines[3 + size :]:
        members = [int(token) for token in line.split(":")[1].split() if not token.startswith("(")]
        relations.append(Relation(members[0], tuple(members[1:])))
    made = Made(
        "records",
        LinkedTables(size, tuple(relations)),
        np.array([float(cell[1]) for cell in cells]),
        np.zeros(size, np.int64),
    )
    primary = {int(cell[0]): (float(cell[6]), float(cell[7])) for cell in cells if cell[3] == "u"}
    return Modular(made, primary, frozenset(int(cell[0]) for cell in cells if cell[3] == "m"))
