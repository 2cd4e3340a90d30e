"""What anybody knows: the published files, the plan and the code lists. All that the attacker reads is read here.

Nothing of `pipeline.protect` is used, so that a mistake there cannot hide itself here.
"""

import csv
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

SCHEMAS = Path(__file__).parents[2] / "schemas"
FIGURES, CATALOG = "figures.csv", "catalog.csv"
NATIONAL = "IN"

Cell = tuple[str, str, str, str, str, str]
"""Table, geography, period, measure, code 1, code 2."""

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Edition:
    """A published file: bounds of the cells that it shows, and all cells that it does not."""

    month: str
    number: int
    shown: Mapping[Cell, Bounds]
    hidden: frozenset[Cell]


@dataclass(frozen=True)
class Evidence:
    """All editions in the order in which they came out, and the codes that each dimension has in a state."""

    editions: tuple[Edition, ...]
    codes: Mapping[str, tuple[str, ...]]
    districts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def years(self) -> list[str]:
        """Return the calendar years of the months published."""
        return sorted({edition.month[:4] for edition in self.editions})


def read_evidence(folder: Path) -> Evidence:
    """Read every edition below `folder`, the plan's codes, and which districts lie in which state."""
    with (folder / CATALOG).open(encoding="utf-8", newline="") as lines:
        catalog = [(row["month"], int(row["number"])) for row in csv.DictReader(lines)]
    editions = [
        _read_edition(month, number, folder / month / f"e{number}" / FIGURES) for month, number in catalog
    ]
    return Evidence(tuple(editions), read_codes(), read_districts())


@functools.cache
def read_families() -> tuple[dict[str, Any], ...]:
    """Return the families of the plan as the file has them."""
    raw = json.loads((SCHEMAS / "publication_plan.json").read_text(encoding="utf-8"))
    return tuple(raw["families"])


@functools.cache
def read_rules() -> dict[str, Any]:
    """Return the numbers of the plan: threshold, base, cap."""
    raw: dict[str, Any] = json.loads((SCHEMAS / "publication_plan.json").read_text(encoding="utf-8"))
    return raw


@functools.cache
def read_codes() -> dict[str, tuple[str, ...]]:
    """Return the codes of each dimension; states are those of `state`."""
    lists = {
        "state": "states",
        "duty_bearer": "duty_bearers",
        "service": "services",
        "incident_kind": "incident_kinds",
        "grounds": "grounds",
        "survivor_gender": "survivor_genders",
        "survivor_age_band": "survivor_age_bands",
        "resolution": "resolutions",
        "delay_band": "delay_bands",
        "legal_provision": "legal_provisions",
        "late_provision": "legal_provisions",
    }
    return {
        name: tuple(
            row["code"] for row in _read_list(listed) if name in row.get("counted_in", name).split(";")
        )
        for name, listed in lists.items()
    }


@functools.cache
def read_provisions() -> dict[str, dict[str, frozenset[str]]]:
    """Return by provision of the law which codes an incident under it has, by dimension; others can be any."""
    duties = {row["code"]: row for row in _read_list("legal_duties")}
    columns = {
        "duty_bearer": "duty_bearers",
        "service": "services",
        "incident_kind": "incident_kinds",
        "state": "states",
    }
    groups = {"children": ("survivor_age_band", "under_18"), "women": ("survivor_gender", "woman")}
    groups["transgender"] = ("survivor_gender", "transgender")
    found: dict[str, dict[str, frozenset[str]]] = {}
    for row in _read_list("legal_provisions"):
        duty = duties[row["duty"]]
        known = {name: frozenset(duty[column].split(";")) - {""} for name, column in columns.items()}
        found[row["code"]] = {name: codes for name, codes in known.items() if codes and "ANY" not in codes}
        if duty["counted_for"] in groups:
            dimension, code = groups[duty["counted_for"]]
            found[row["code"]][dimension] = frozenset({code})
    return found


@functools.cache
def read_districts() -> dict[str, tuple[str, ...]]:
    """Return the codes of the districts of each state."""
    found: dict[str, list[str]] = {}
    for row in _read_list("districts"):
        found.setdefault(row["within"], []).append(row["code"])
    return {state: tuple(codes) for state, codes in found.items()}


def _read_list(name: str) -> list[dict[str, str]]:
    with (SCHEMAS / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _read_edition(month: str, number: int, path: Path) -> Edition:
    text = ("table", "geography", "period", "measure", "code_1", "code_2")
    frame = (
        pl.read_csv(path, infer_schema=False)
        .filter(pl.col("measure").str.starts_with("incidents"))
        .with_columns(pl.col(text).fill_null(""), pl.col("lower", "upper").cast(pl.Float64))
    )
    shown, hidden = {}, set()
    for *names, lower, upper in frame.select(*text, "lower", "upper").iter_rows():
        cell = tuple(names)
        if upper is None:
            hidden.add(cell)
        else:
            shown[cell] = (lower, upper)
    return Edition(month, number, shown, frozenset(hidden))
