"""Attacks that need no program: any two editions held beside each other, and parents beside their shown parts.

They work with the bounds of shown figures alone, so whatever they prove is proven.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.protection.axes import DIMENSIONS
from bench.protection.evidence import NATIONAL, Bounds, Cell, Edition, Evidence
from bench.protection.spread import BLANK
from bench.protection.stack import Key
from pipeline.settings import shift_month

_PARTS = {"by_duty_bearer": True, "by_service": True, "by_delay_band": True, "by_incident_kind": False}
"""Tables whose shown parts bound the rest of a total; of kinds, an incident may have several."""

_NOTHING: Bounds = (0.0, 0.0)


@dataclass(frozen=True)
class Clue:
    """Bounds of a number: one that an edition shows anew, or one that was not published and comes of those shown.

    `hidden` are the cells of the edition whose sum it is; `change` tells that it is a difference between two editions
    of one month, so that what it counts are incidents that came or went.
    """

    what: str
    edition: Key
    bounds: Bounds
    hidden: tuple[Cell, ...]
    change: bool = False
    before: Key | None = None


def find_clues(evidence: Evidence, withdrawn: int) -> Iterator[Clue]:
    """Yield bounds of every number that is shown anew, or can be had by taking away one shown figure from another.

    No cell lost more than `withdrawn` incidents after it was counted.
    """
    by_month: dict[str, list[Edition]] = {}
    for edition in evidence.editions:
        yield from find_remainders(edition)
        yield from _find_anew(edition, by_month.get(edition.month, []))
        newest = {month: editions[-1] for month, editions in by_month.items()} | {edition.month: edition}
        yield from _find_spans(edition, newest, withdrawn)
        for former in newest.values():
            yield from _find_windows(former, edition)
        for before in by_month.get(edition.month, []):
            yield from find_changes(before, edition)
        by_month.setdefault(edition.month, []).append(edition)


def _find_anew(edition: Edition, before: Sequence[Edition]) -> Iterator[Clue]:
    """Yield what an edition shows and the last of those `before` does not, or not so."""
    was = before[-1].shown if before else {}
    for cell, bounds in edition.shown.items():
        if cell[0] in DIMENSIONS and was.get(cell) != bounds:
            yield Clue("shown figure", (edition.month, edition.number), bounds, (cell,))


def find_remainders(edition: Edition) -> Iterator[Clue]:
    """Yield the bounds of what is left of each shown parent once its shown parts are taken away."""
    shown: dict[tuple[str, ...], Bounds] = {}
    hidden: dict[tuple[str, ...], list[Cell]] = {}
    parents: dict[tuple[str, ...], Cell] = {}
    for cell in (*edition.shown, *edition.hidden):
        for group, parent in _list_parents(cell):
            parents[group] = parent
            if cell in edition.shown:
                shown[group] = _add(shown.get(group, _NOTHING), edition.shown[cell])
            else:
                hidden.setdefault(group, []).append(cell)
    for group, cells in hidden.items():
        whole = edition.shown.get(parents[group])
        # Where no part is shown, nothing is taken away.
        if whole is None or group not in shown:
            continue
        low, high = shown[group]
        # Under kinds an incident may stand several times: parts may add up to more than the whole.
        most = whole[1] - low if group[0] != "kinds" else float("inf")
        bounds = (max(0.0, whole[0] - high), most)
        yield Clue(f"rest of {group[0]}", (edition.month, edition.number), bounds, tuple(sorted(cells)))


def find_changes(before: Edition, after: Edition) -> Iterator[Clue]:
    """Yield by how much each figure must have changed between two editions of a month, where it must have."""
    keys = (before.month, before.number), (after.month, after.number)
    for cell, (low, high) in after.shown.items():
        if cell in before.shown and cell[0] in DIMENSIONS:
            was = before.shown[cell]
            yield Clue("change", keys[1], (low - was[1], high - was[0]), (cell,), change=True, before=keys[0])
            if was != (low, high):
                yield _find_touched(cell, "figure moved", *keys)
    for cell in before.hidden & after.shown.keys() | before.shown.keys() & after.hidden:
        if cell[0] in DIMENSIONS:
            yield _find_touched(cell, "figure came or went", *keys)
    rests: Mapping[object, Clue] = {(clue.what, clue.hidden): clue for clue in find_remainders(before)}
    for clue in find_remainders(after):
        was_rest = rests.get((clue.what, clue.hidden))
        if was_rest is not None:
            bounds = (clue.bounds[0] - was_rest.bounds[1], clue.bounds[1] - was_rest.bounds[0])
            yield Clue(f"change of {clue.what}", keys[1], bounds, clue.hidden, change=True, before=keys[0])


def _find_touched(cell: Cell, what: str, before: Key, after: Key) -> Clue:
    """Return that something happened to a figure, as whoever knows the rule knows of one that is not as it was."""
    return Clue(what, after, (1.0, float("inf")), (cell,), change=True, before=before)


def _find_windows(former: Edition, edition: Edition) -> Iterator[Clue]:
    """Yield what two running totals leave for the month between them.

    The plan has no running totals, and refuses them; here they would be found.
    """
    if shift_month(former.month, 1) != edition.month:
        return
    for cell, (low, high) in edition.shown.items():
        between: Cell = (*cell[:2], edition.month, *cell[3:])
        if cell[2] != edition.month and cell in former.shown and between in edition.hidden:
            was = former.shown[cell]
            yield Clue("window", (edition.month, edition.number), (low - was[1], high - was[0]), (between,))


def _find_spans(edition: Edition, newest: Mapping[str, Edition], withdrawn: int) -> Iterator[Clue]:
    """Yield what shown months of a quarter or year leave for its hidden cells.

    Only the tables of months and districts, and of kinds and of duty-bearers by kind, have a sum in common.
    """
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in sorted(edition.hidden):
        if cell[0] == "state_duty_bearer_by_incident_kind":
            groups.setdefault(("by_incident_kind", cell[1], cell[5]), []).append(cell)
        if cell[0] == "by_district":
            groups.setdefault(("total", cell[1], ""), []).append(cell)
    parts: dict[tuple[str, str, str], Bounds] = {}
    for cell, bounds in edition.shown.items():
        if cell[0] in {"state_duty_bearer_by_incident_kind", "by_district"}:
            group = ("by_incident_kind", cell[1], cell[5]) if cell[5] else ("total", cell[1], "")
            parts[group] = _add(parts.get(group, _NOTHING), bounds)
    length = int(edition.month[5:])
    for (table, geography, code), cells in groups.items():
        months = [
            f"{edition.month[:4]}-{number:02d}" for number in range(length - (11 if code else 2), length + 1)
        ]
        names = [(table, geography, month, "incidents", code, "") for month in months]
        if not all(
            month in newest and name in newest[month].shown for month, name in zip(months, names, strict=True)
        ):
            continue
        low, high = parts.get((table, geography, code), _NOTHING)
        wholes = [newest[month].shown[name] for month, name in zip(months, names, strict=True)]
        blank = () if code else ((*cells[0][:4], BLANK, ""),)
        least = sum(whole[0] for whole in wholes) - high - withdrawn * (len(cells) + 1)
        bounds = (max(0.0, least), sum(whole[1] for whole in wholes) - low)
        yield Clue(f"span of {table}", (edition.month, edition.number), bounds, (*cells, *blank))


def _list_parents(cell: Cell) -> Iterator[tuple[tuple[str, ...], Cell]]:
    """Yield groups of siblings that a cell belongs to, with the cell that is their sum."""
    table, geography, period, measure, code_1, code_2 = cell
    if table not in DIMENSIONS or table == "range":
        return
    if table in _PARTS:
        name = "codes" if _PARTS[table] else "kinds"
        yield (name, table, geography), ("total", geography, period, measure, "", "")
    if geography != NATIONAL and len(DIMENSIONS[table]) < 2 and table != "by_district":
        yield ("states", table, code_1), (table, NATIONAL, period, measure, code_1, "")
    if table == "duty_bearer_by_incident_kind":
        yield ("kinds", table, "1", code_1), ("by_duty_bearer", NATIONAL, period, measure, code_1, "")
        yield ("codes", table, "2", code_2), ("by_incident_kind", NATIONAL, period, measure, code_2, "")


def _add(one: Bounds, other: Bounds) -> Bounds:
    return one[0] + other[0], one[1] + other[1]
