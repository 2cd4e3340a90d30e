"""The codes of each dimension as the audit sees them: those that are shown somewhere, and one rest for all others.

Codes of which no figure is shown anywhere, and that no shown provision of the law names, are alike for an attacker:
whatever one of them may hold, another may hold instead. Counting them as one leaves out no solution, and makes the
model small.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.contract import NATIONAL, Contract
from pipeline.errors import UsageError
from pipeline.protect.counted import COUNTED_SCHEMA
from pipeline.protect.plan import CODE_FIELDS, DERIVED_FROM, Plan, list_codes

STATE = "state"
REST = "*"


@dataclass(frozen=True)
class Axis:
    """One dimension.

    `sizes` gives how many codes stand behind each class, in a fixed order: 1 for a code of its own, more for a
    rest, in which a blank answer counts as a code. `several` says that an incident can have several codes, `every`
    that each has one at least. `homes` gives the class of the state in which a class lies, for codes that lie in
    states.
    """

    sizes: Mapping[str, int]
    several: bool
    every: bool
    homes: Mapping[str, str] = field(default_factory=dict)

    def is_single(self, name: str) -> bool:
        return not name.startswith(REST)


def make_axes(
    shown: pl.DataFrame, plan: Plan, contract: Contract, named: Mapping[str, Collection[str]] | None = None
) -> dict[str, Axis]:
    """Return the axes of all dimensions of incidents, by their names, the state among them.

    `shown` are the shown figures (FIGURE_COLUMNS) of all tables that are audited together, `named` codes by dimension
    that are told apart from others though no figure of theirs is shown.
    """
    named = named or {}
    states = (set(shown["geography"].unique()) - {NATIONAL}) | set(named.get(STATE, ()))
    axes = {STATE: _make_axis(list(contract.code_lists["states"].codes), states, several=False, every=True)}
    dimensions = {name for family in plan.families for name in family.dimensions}
    for dimension in sorted(dimensions):
        found = {
            code
            for number in (1, 2)
            for code in shown.filter(pl.col(f"dimension_{number}") == dimension)[f"code_{number}"].unique()
        } | set(named.get(dimension, ()))
        fields = CODE_FIELDS.get(dimension, dimension)
        answered = contract.fields.get(DERIVED_FROM.get(fields, fields))
        every = answered is not None and answered.required
        several = COUNTED_SCHEMA[fields] == pl.List
        codes = list_codes(contract, dimension, NATIONAL)
        homes = _find_homes(dimension, contract)
        if homes and any(family.national for family in plan.families if dimension in family.dimensions):
            raise UsageError(
                "The publication plan counts codes that lie in states for the nation: leave that out."
            )
        if homes:
            axes[dimension] = _make_nested_axis(homes, found, axes[STATE])
        else:
            axes[dimension] = _make_axis(codes, found, several=several, every=every)
    return axes


def _make_axis(codes: list[str], found: set[str], *, several: bool, every: bool) -> Axis:
    sizes = {code: 1 for code in codes if code in found}
    rest = len(codes) - len(sizes) + (0 if every or several else 1)
    return Axis(sizes | ({REST: rest} if rest else {}), several, every)


def _make_nested_axis(homes: Mapping[str, str], found: set[str], states: Axis) -> Axis:
    """Give each state a rest of its own; such codes may be left blank."""
    sizes: dict[str, int] = {}
    lies_in: dict[str, str] = {}
    for state in states.sizes:
        inside = [code for code, home in homes.items() if (home if home in states.sizes else REST) == state]
        shown = {code: 1 for code in inside if code in found}
        rest = {f"{REST}{state if state != REST else ''}": len(inside) - len(shown) + 1}
        sizes |= shown | rest
        lies_in |= dict.fromkeys((*shown, *rest), state)
    return Axis(sizes, several=False, every=False, homes=lies_in)


def _find_homes(dimension: str, contract: Contract) -> dict[str, str]:
    """Return the state of each code, for dimensions whose codes lie in states."""
    codes = contract.code_lists[f"{dimension}s"].codes if f"{dimension}s" in contract.code_lists else {}
    return {code.code: code.within for code in codes.values() if code.within is not None}
