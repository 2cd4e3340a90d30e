"""Linkage in words: what the levels of a pair are worth, and why a pair is where it is.

Works on levels, bits and codes only: no answer of a report comes in, so none can come out.
"""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.contract import SCHEMAS
from pipeline.link.weights import Weights, load_weights

REASONS = SCHEMAS / "linkage" / "reasons.csv"
LEAST_TOLD = 0.5
"""Evidence of fewer bits is not told by itself: nobody decides by it."""

_BOTH = " × "


@dataclass(frozen=True)
class Evidence:
    """What one field, or two fields together, say for one incident: above 0 for, below 0 against."""

    bits: float
    says: str

    def __str__(self) -> str:
        return f"{self.bits:+6.1f}  {self.says}"


def weigh_evidence(levels: str, weights: Weights) -> list[Evidence]:
    """Return what speaks for and against a pair, the weightiest first; what says little is told together at the end.

    `levels` is the code of the pair's levels under the same version of `weights`.
    """
    found = weights.read_levels(levels)
    split = weights.split_bits(found)
    heavy = [
        Evidence(bits, _say(name, found, weights)) for name, bits in split.items() if abs(bits) >= LEAST_TOLD
    ]
    light = [bits for bits in split.values() if 0 < abs(bits) < LEAST_TOLD]
    told = sorted(heavy, key=lambda each: (-abs(each.bits), each.says))
    return [*told, Evidence(sum(light), f"{len(light)} smaller ones together")] if light else told


def _say(name: str, levels: Mapping[str, str], weights: Weights) -> str:
    if _BOTH in name:
        first, second = name.split(_BOTH)
        return f"together: {_say(first, levels, weights)} / {_say(second, levels, weights)}"
    comparison = weights.by_name[name]
    level = comparison.levels[comparison.place(levels[name])]
    return f"{comparison.asks} {level.says}"


def find_weights(version: str, folder: Path = SCHEMAS / "linkage") -> Weights | None:
    """Return the version of the weights that scored a pair, or None where its file is gone."""
    current = load_weights()
    if version == current.version:
        return current
    path = folder / f"weights-{version}.json"
    return load_weights(path) if path.is_file() else None


@functools.cache
def load_reasons(path: Path = REASONS) -> Mapping[str, str]:
    """Return what the codes of `why` mean, each in one sentence."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {line["reason"]: line["says"] for line in csv.DictReader(lines)}
