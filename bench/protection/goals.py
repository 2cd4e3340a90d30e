"""What the attacker is after: every hidden cell, and what is left of a parent once its shown parts are taken away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.protection.axes import DIMENSIONS, PROVISIONS
from bench.protection.evidence import NATIONAL, Cell, Edition
from bench.protection.spread import BLANK
from bench.protection.stack import Key, Stack

_ROWS = {"duty_bearer_by_incident_kind": (4, 5), "state_duty_bearer_by_incident_kind": (4, 5)}
_INCOMPLETE = {
    *("by_grounds", "by_survivor_gender", "by_survivor_age_band", "by_resolution", "by_district"),
    *PROVISIONS,
}
"""Tables whose field may be blank: what is left of the parent holds the blank ones, too."""
_SEVERAL = {"by_grounds", *PROVISIONS}
"""Of these an incident may have several codes."""


@dataclass(frozen=True)
class Goal:
    """A number that nobody should learn if fewer than ten persons stand behind it.

    It is the sum of `terms`, columns of the stack with coefficients. `cells` are those whose incidents it counts.
    `alike` cells share its column without anything to tell them apart; of several, none is proven to be more
    than zero. Where what is taken away `overlaps`, more may be left than the sum, so it proves no most.
    """

    what: str
    edition: Key
    cells: tuple[Cell, ...]
    terms: tuple[tuple[int, float], ...]
    alike: int = 1
    overlaps: bool = False


def list_goals(stack: Stack, editions: Iterable[Edition]) -> Iterator[Goal]:
    """Yield the goals of each edition of the stack."""
    for edition in editions:
        key = (edition.month, edition.number)
        siblings: dict[tuple[str, ...], list[Cell]] = {}
        shown = {group for cell in edition.shown if cell[0] in DIMENSIONS for group in _groups(cell)}
        for cell in sorted(edition.hidden):
            if cell[0] not in DIMENSIONS or not _is_built(stack, key, cell):
                continue
            column, alike = stack.find(key, cell)
            yield Goal("hidden cell", key, (cell,), ((column, 1.0),), alike)
            for group in _groups(cell):
                if group in shown:
                    siblings.setdefault(group, []).append(cell)
        for group, cells in siblings.items():
            yield from _remainder(stack, edition, group, cells)


def _is_built(stack: Stack, key: Key, cell: Cell) -> bool:
    if cell[0] == "by_district":
        return (key, f"by_district:{cell[1]}") in stack.columns
    return (key, f"{cell[0]}:{'IN' if cell[1] == NATIONAL else 'state'}") in stack.columns


def _groups(cell: Cell) -> Iterator[tuple[str, ...]]:
    """Yield the groups of siblings that a cell belongs to: cells that differ in one code only."""
    table, geography, period, measure, code_1, code_2 = cell
    if table == "range":
        return
    if geography != NATIONAL and table != "by_district":
        yield ("over states", table, period, measure, code_1, code_2)
    if code_1:
        yield ("over first code", table, geography, period, measure, code_2)
    if code_2:
        yield ("over second code", table, geography, period, measure, code_1)


def _remainder(stack: Stack, edition: Edition, group: tuple[str, ...], cells: list[Cell]) -> Iterator[Goal]:
    """Yield what is left of a parent."""
    key, table = (edition.month, edition.number), group[1]
    if table == "by_district":
        yield _district_remainder(stack, edition, group, cells)
        return
    if table in _INCOMPLETE:
        yield _blank_remainder(stack, edition, group, cells)
        return
    if len(cells) > 1:
        columns = {stack.find(key, cell)[0] for cell in cells}
        yield Goal("remainder " + group[0], key, tuple(cells), tuple((each, 1.0) for each in sorted(columns)))


def _blank_remainder(stack: Stack, edition: Edition, group: tuple[str, ...], cells: list[Cell]) -> Goal:
    """Return the nation's incidents less those under shown codes; of grounds an incident may have several."""
    key, (_, table, geography, period, measure, _) = (edition.month, edition.number), group
    total = stack.find(key, ("total", NATIONAL, period, measure, "", ""))[0]
    shown = [cell for cell in edition.shown if cell[0] == table]
    terms = ((total, 1.0), *((stack.find(key, cell)[0], -1.0) for cell in shown))
    blank: Cell = (table, geography, period, measure, BLANK, "")
    return Goal("remainder with blanks", key, (*cells, blank), terms, overlaps=table in _SEVERAL)


def _district_remainder(stack: Stack, edition: Edition, group: tuple[str, ...], cells: list[Cell]) -> Goal:
    """Return a quarter's incidents of a state less those of shown districts."""
    key, (_, table, geography, period, measure, _) = (edition.month, edition.number), group
    place = stack.axes["state"].at(geography)
    months = stack.basis[key, 3]
    totals = [(int(stack.columns[each, "total:state"][place]), 1.0) for each in months]
    shown = [cell for cell in edition.shown if cell[:2] == (table, geography)]
    terms = (*totals, *((stack.find(key, cell)[0], -1.0) for cell in shown))
    blank: Cell = (table, geography, period, measure, BLANK, "")
    return Goal("remainder with blanks", key, (*cells, blank), terms)
