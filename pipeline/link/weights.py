"""The weights: comparisons, their levels, and bits by field and by pair of fields, as a file that a person can read.

A pair of reports gets one level of every comparison. Its score is the prior plus the bits of its levels plus, for
pairs of comparisons, the bits of two levels together: what two agreements are worth beyond each alone. A bit doubles
the odds that both reports tell of one incident.
"""

import functools
import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.contract import SCHEMAS
from pipeline.errors import UsageError
from pipeline.link.blocking import Rule

_PLACES = string.digits + string.ascii_lowercase
_FOLDER = SCHEMAS / "linkage"
_VERSION = re.compile(r"weights-v(\d+)\.json")


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison: `when` is its condition in DuckDB's SQL on columns `<name>_l` and `<name>_r`,
    None for what is left; `says` is how it is said; `bits` what it is worth alone."""

    level: str
    when: str | None
    says: str
    bits: float


@dataclass(frozen=True)
class Comparison:
    """One question asked of a pair; the first level whose condition holds is the answer.

    `reason` says why it is asked. `falls` names levels that must be worth ever less, the best first.
    """

    name: str
    asks: str
    reason: str
    levels: tuple[Level, ...]
    falls: tuple[str, ...] = ()

    def place(self, level: str) -> int:
        """Return the place of a level; raise KeyError where the comparison has none of this name."""
        return next(place for place, each in enumerate(self.levels) if each.level == level)


@dataclass(frozen=True)
class Interaction:
    """Bits of two comparisons together: `bits[i][j]` for level i of `first` and level j of `second`."""

    first: str
    second: str
    reason: str
    bits: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Bounds:
    """What follows from the bits of a pair.

    `automatic`: at least so many link by themselves. `review`: at least so many are asked of a person. `even`: equal
    odds, used to compare with other methods. `veto`: a pair of fewer keeps its cluster apart. `most_reports`: of one
    incident. `rival`: a pair is asked of a person if another report of the same return fits within so many bits.
    """

    automatic: float
    review: float
    veto: float
    most_reports: int
    rival: float
    even: float = 0.0


@dataclass(frozen=True)
class Veto:
    """A pair at one of these levels is asked of a person however many bits it has; `why` is a code of reasons.csv."""

    why: str
    comparison: str
    level: str


@dataclass(frozen=True)
class FirstLook:
    """Comparisons that cost little: a pair to which they give fewer than `least_bits` is not looked at further."""

    comparisons: tuple[str, ...]
    least_bits: float


@dataclass(frozen=True)
class Weights:
    """One version of the weights. `blocking` are the rules that say what is compared, `most_in_block` their limit."""

    version: str
    prior_bits: float
    bounds: Bounds
    vetoes: tuple[Veto, ...]
    blocking: tuple[Rule, ...]
    most_in_block: int
    first_look: FirstLook
    comparisons: tuple[Comparison, ...]
    interactions: tuple[Interaction, ...]

    def read_levels(self, code: str) -> dict[str, str]:
        """Return the levels of a pair by comparison, from their code: one character a comparison, in their order."""
        return self.name_levels(self.read_places(code))

    def read_places(self, code: str) -> dict[str, int]:
        """Return the places of the levels of a pair as `at_<name>`, from their code."""
        return {
            f"at_{each.name}": _PLACES.index(place)
            for each, place in zip(self.comparisons, code, strict=True)
        }

    def name_levels(self, places: Mapping[str, int]) -> dict[str, str]:
        """Return the levels of a pair by comparison, from their places `at_<name>`."""
        return {each.name: each.levels[places[f"at_{each.name}"]].level for each in self.comparisons}

    @functools.cached_property
    def by_name(self) -> Mapping[str, Comparison]:
        return {comparison.name: comparison for comparison in self.comparisons}

    def code_levels(self) -> pl.Expr:
        """Return the code of a scored pair's levels, from the columns `at_<name>`."""
        return pl.concat_str(
            pl.col(f"at_{each.name}").replace_strict(
                range(len(_PLACES)), list(_PLACES), return_dtype=pl.String
            )
            for each in self.comparisons
        )

    def split_bits(self, levels: Mapping[str, str]) -> dict[str, float]:
        """Return the bits of one pair by comparison, and by two joined by ` × `, from its levels by comparison."""
        bits = {each.name: each.levels[each.place(levels[each.name])].bits for each in self.comparisons}
        for pair in self.interactions:
            first, second = (self.by_name[name].place(levels[name]) for name in (pair.first, pair.second))
            bits[f"{pair.first} × {pair.second}"] = pair.bits[first][second]
        return bits


def newest_weights(folder: Path = _FOLDER) -> Path:
    """Return the weights file of the highest version: the one that a person has accepted last."""
    versions = {int(found[1]): path for path in folder.iterdir() if (found := _VERSION.fullmatch(path.name))}
    return versions[max(versions)]


def name_next_version(version: str) -> str:
    """Return the version after `version`, such as v2 after v1."""
    return f"v{int(version.removeprefix('v')) + 1}"


def load_weights(path: Path | None = None) -> Weights:
    """Read a file of weights, by default the newest; raise UsageError where its tables do not fit its comparisons."""
    raw = json.loads((path or newest_weights()).read_text(encoding="utf-8"))
    comparisons = tuple(_read_comparison(each) for each in raw["comparisons"])
    names = {comparison.name: comparison for comparison in comparisons}
    return Weights(
        version=raw["version"],
        prior_bits=raw["prior_bits"],
        bounds=Bounds(**raw["bounds"]),
        vetoes=tuple(Veto(**veto) for veto in raw["vetoes"]),
        blocking=tuple(_read_rule(rule) for rule in raw["blocking"]["rules"]),
        most_in_block=raw["blocking"]["most_in_block"],
        first_look=FirstLook(tuple(raw["first_look"]["comparisons"]), raw["first_look"]["least_bits"]),
        comparisons=comparisons,
        interactions=tuple(_read_interaction(each, names) for each in raw["interactions"]),
    )


def encode_weights(raw: Mapping[str, Any]) -> bytes:
    """Return the content of a weights file with one line a level, a row of a table, or a rule."""
    parts = [_encode_part(name, value) for name, value in raw.items()]
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _encode_part(name: str, value: object) -> str:
    plain = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, list):
        return f'  "{name}": {plain}'
    items = [_encode_item(item) for item in value]
    return f'  "{name}": [\n' + ",\n".join(items) + "\n  ]"


def _encode_item(item: Mapping[str, Any]) -> str:
    """Return a comparison or a pair of comparisons, its levels or rows on lines of their own."""
    lines = []
    for name, value in item.items():
        if name == "levels":
            told = [json.dumps(level, ensure_ascii=False) for level in value]
            lines.append('      "levels": [\n        ' + ",\n        ".join(told) + "\n      ]")
        elif name == "bits" and value:
            told = [f"{json.dumps(level)}: {json.dumps(row)}" for level, row in value.items()]
            lines.append('      "bits": {\n        ' + ",\n        ".join(told) + "\n      }")
        else:
            lines.append(f"      {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "    {\n" + ",\n".join(lines) + "\n    }"


def _read_comparison(raw: Mapping[str, Any]) -> Comparison:
    levels = tuple(
        Level(level["level"], level["when"], level["says"], level["bits"]) for level in raw["levels"]
    )
    if [level.when is None for level in levels] != [False] * (len(levels) - 1) + [True]:
        raise UsageError("Give every comparison of the weights one last level without a condition.")
    return Comparison(raw["name"], raw["asks"], raw["reason"], levels, tuple(raw.get("falls", ())))


def _read_interaction(raw: Mapping[str, Any], names: Mapping[str, Comparison]) -> Interaction:
    first, second = raw["of"]
    if first not in names or second not in names:
        raise UsageError("Give every pair of fields of the weights two comparisons that stand in the file.")
    rows, columns = names[first].levels, names[second].levels
    told: Mapping[str, Mapping[str, float]] = raw["bits"]
    bits = tuple(tuple(told.get(row.level, {}).get(column.level, 0.0) for column in columns) for row in rows)
    if sum(len(cells) for cells in told.values()) != sum(
        column.level in told.get(row.level, {}) for row in rows for column in columns
    ):
        raise UsageError("Name only levels of its two comparisons in each pair of fields of the weights.")
    return Interaction(first, second, raw["reason"], bits)


def _read_rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(raw["name"], tuple(tuple(tuple(key) for key in step) for step in raw["steps"]))
