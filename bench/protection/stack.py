"""The attacker's tables: what every edition of a calendar year must have counted, given all that was published.

An incident has one state, one duty-bearer, one service and at least one kind. Each edition of a month is a table
of its own; quarters and years tie months together. Codes and states that no edition of the year shows anywhere are
one rest: nothing that was published tells them apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from bench.protection.axes import DIMENSIONS, PROVISIONS, SINGLE, Axis, list_axes, list_district_axes
from bench.protection.evidence import NATIONAL, Cell, Edition, Evidence, read_provisions, read_rules
from bench.protection.program import Closed, Index, Program

PERIODS = -1
"""The block of all columns of quarters and years; every edition of a month is a block of its own."""

Key = tuple[str, int]


@dataclass
class Stack:
    """The program of a year; `columns` of each edition by table and place, `axes` by dimension."""

    axes: Mapping[str, Axis]
    districts: Mapping[str, Axis]
    columns: dict[tuple[Key, str], Index] = field(default_factory=dict)
    blocks: dict[Key, int] = field(default_factory=dict)
    basis: dict[tuple[Key, int], tuple[Key, ...]] = field(default_factory=dict)
    program: Program = field(default_factory=Program)
    closed: Closed | None = None

    def find(self, key: Key, cell: Cell) -> tuple[int, int]:
        """Return the column of a cell in an edition, and of how many cells, which nothing tells apart, it is one."""
        table, geography, _, measure, code_1, code_2 = cell
        place, alike = self._place(geography)
        name = f"{table}:IN" if geography == NATIONAL else f"{table}:state"
        if table == "range":
            name = name.replace("range", "total" if measure.endswith("several") else "range")
        where = [] if geography == NATIONAL else [place]
        for dimension, code in zip(DIMENSIONS[table], (code_1, code_2), strict=False):
            axis = self.districts[geography] if dimension == "district" else self.axes[dimension]
            where.append(axis.at(code))
            alike *= 1 if code in axis.codes else axis.merged
        if table == "by_district":
            name, where = f"by_district:{geography}", where[1:]
        return int(self.columns[key, name][tuple(where)]), alike

    def _place(self, geography: str) -> tuple[int, int]:
        states = self.axes["state"]
        if geography == NATIONAL:
            return 0, 1
        return states.at(geography), 1 if geography in states.codes else states.merged


@dataclass(frozen=True)
class Gifts:
    """What the attacker is told beyond the files, to make it stronger than any that there is.

    `withdrawn`: at most so many incidents of one cell were withdrawn after they were counted. `carried`: a figure
    that two editions of a month have alike stands for counts that differ by no more than this; a figure may be
    carried forward while fewer than ten persons change.
    """

    withdrawn: int = 0
    carried: int = 9 * int(read_rules()["incidents_per_person_without_token"])


def build_stack(evidence: Evidence, year: str, gifts: Gifts) -> Stack:
    """Return the tables of all editions of a year."""
    editions = [edition for edition in evidence.editions if edition.month.startswith(year)]
    stack = Stack(list_axes(editions, evidence), list_district_axes(editions, evidence))
    newest: dict[str, int] = {}
    seen: dict[str, Edition] = {}
    for number, edition in enumerate(editions):
        key = (edition.month, edition.number)
        newest[edition.month] = edition.number
        stack.blocks[key] = number
        _add_month(stack, key)
        _add_periods(stack, key, newest, gifts)
        _bind(stack, edition, seen.get(edition.month), gifts)
        seen[edition.month] = edition
    stack.closed = stack.program.close()
    return stack


def _add_month(stack: Stack, key: Key) -> None:
    """Add the inner tables of an edition's month and the cells that are sums of them."""
    program, block = stack.program, stack.blocks[key]
    states, bearers, services, kinds = (
        len(stack.axes[name].names) for name in ("state", "duty_bearer", "service", "incident_kind")
    )
    shapes = {
        "total:IN": (1,), "total:state": (states,), "range:IN": (1,), "range:state": (states,),
        "by_duty_bearer:IN": (bearers,), "by_duty_bearer:state": (states, bearers),
        "by_service:IN": (services,), "by_service:state": (states, services),
        "by_incident_kind:IN": (kinds,), "by_incident_kind:state": (states, kinds),
        "duty_bearer_by_incident_kind:IN": (bearers, kinds), "inner": (states, bearers, kinds),
    }  # fmt: skip
    at = {name: program.add_columns(shape, block) for name, shape in shapes.items()}
    total, inner = at["total:state"], at["inner"]
    _equal(program, at["total:IN"], total.reshape(1, -1))
    for table in ("by_duty_bearer", "by_service"):
        _equal(program, total, at[f"{table}:state"])
        _equal(program, at[f"{table}:IN"], at[f"{table}:state"].T)
    _equal(program, at["by_incident_kind:state"].ravel(), inner.transpose(0, 2, 1).reshape(-1, bearers))
    _equal(program, at["by_incident_kind:IN"], at["by_incident_kind:state"].T)
    _equal(
        program, at["duty_bearer_by_incident_kind:IN"].ravel(), inner.transpose(1, 2, 0).reshape(-1, states)
    )
    _at_most(program, inner.ravel(), np.repeat(at["by_duty_bearer:state"].ravel(), kinds))
    # Every incident has a kind.
    _at_most(program, at["by_duty_bearer:state"].ravel(), inner.reshape(-1, kinds))
    _at_most(program, at["range:IN"], at["total:IN"])
    _at_most(program, at["range:state"], total)
    at |= _add_single(stack, at["total:IN"], block)
    at |= _add_provisions(stack, at, block)
    stack.columns |= {(key, name): columns for name, columns in at.items()}
    # A national total has no place.
    for name in ("total:IN", "range:IN"):
        stack.columns[key, name] = at[name].reshape(())


def _add_single(stack: Stack, total: Index, block: int) -> dict[str, Index]:
    program = stack.program
    grounds = program.add_columns((len(stack.axes["grounds"].names),), block)
    _at_most(program, grounds, np.repeat(total, len(grounds)))
    added = {"by_grounds:IN": grounds}
    for table, (dimension, complete) in SINGLE.items():
        codes = program.add_columns((len(stack.axes[dimension].names),), block)
        program.add_rows([(total, 1.0), (codes.reshape(1, -1), -1.0)], 0.0, 0.0 if complete else np.inf)
        added[f"{table}:IN"] = codes
    return added


def _add_provisions(stack: Stack, at: Mapping[str, Index], block: int) -> dict[str, Index]:
    """Add how many incidents fall under each provision: no more than have the codes that this takes."""
    added: dict[str, Index] = {}
    for table, dimension in PROVISIONS.items():
        axis = stack.axes[dimension]
        codes = stack.program.add_columns((len(axis.names),), block)
        _at_most(stack.program, codes, np.repeat(at["total:IN"], len(codes)))
        for code in axis.codes:
            for held in _list_held(stack, at, code):
                stack.program.add_rows(
                    [(held.reshape(1, -1), 1.0), (codes[axis.at(code)].reshape(1, 1), -1.0)], 0.0, np.inf
                )
        added[f"{table}:IN"] = codes
    late, whole = (stack.axes[dimension] for dimension in ("late_provision", "legal_provision"))
    both = [code for code in late.codes if code in whole.codes]
    for code in both:
        smaller, larger = added["late_by_legal_provision:IN"], added["by_legal_provision:IN"]
        _at_most(stack.program, smaller[[late.at(code)]], larger[[whole.at(code)]])
    return added


def _list_held(stack: Stack, at: Mapping[str, Index], provision: str) -> Iterator[Index]:
    """Yield for each table the cells of the nation of which incidents under a provision are a part."""
    known = read_provisions()[provision]
    places = {name: sorted({stack.axes[name].at(code) for code in codes}) for name, codes in known.items()}
    tables = {
        "duty_bearer": "by_duty_bearer:IN",
        "service": "by_service:IN",
        "incident_kind": "by_incident_kind:IN",
    }
    tables |= {"state": "total:state", **{name: f"{table}:IN" for table, (name, _) in SINGLE.items()}}
    for name, found in places.items():
        yield at[tables[name]][found]
    if {"duty_bearer", "incident_kind"} <= places.keys():
        crossing = at["duty_bearer_by_incident_kind:IN"]
        yield crossing[np.ix_(places["duty_bearer"], places["incident_kind"])]


def _add_periods(stack: Stack, key: Key, newest: Mapping[str, int], gifts: Gifts) -> None:
    """Add the quarter and year that an edition closes, as sums over the newest editions of their months."""
    month = int(key[0][5:])
    for length in (3, 12):
        months = [f"{key[0][:4]}-{number:02d}" for number in range(month - length + 1, month + 1)]
        if month % length or not set(months) <= set(newest):
            continue
        keys = tuple((each, newest[each]) for each in months)
        stack.basis[key, length] = keys
        if length == 3:
            _add_districts(stack, key, keys)
        else:
            _add_year(stack, key, keys, gifts.withdrawn)


def _add_districts(stack: Stack, key: Key, months: tuple[Key, ...]) -> None:
    for state in stack.axes["state"].codes:
        place = stack.axes["state"].at(state)
        totals = np.array([[stack.columns[each, "total:state"][place] for each in months]])
        districts = stack.program.add_columns((len(stack.districts[state].names),), PERIODS)
        # A district may be blank, and incidents may have been withdrawn since.
        stack.program.add_rows([(totals, 1.0), (districts.reshape(1, -1), -1.0)], 0.0, np.inf)
        stack.columns[key, f"by_district:{state}"] = districts


def _add_year(stack: Stack, key: Key, months: tuple[Key, ...], withdrawn: int) -> None:
    inner = np.stack([stack.columns[each, "inner"].ravel() for each in months], axis=1)
    shape = stack.columns[key, "inner"].shape
    cells = stack.program.add_columns(shape, PERIODS)
    stack.program.add_rows([(inner, 1.0), (cells.reshape(-1, 1), -1.0)], 0.0, float(withdrawn))
    stack.columns[key, "state_duty_bearer_by_incident_kind:state"] = cells


def _bind(stack: Stack, edition: Edition, before: Edition | None, gifts: Gifts) -> None:
    """Bound the columns of an edition by what it shows; a figure like that of the edition before may be carried."""
    key = (edition.month, edition.number)
    lower, upper = _flat(stack.program.lower), _flat(stack.program.upper)
    for cell, (low, high) in edition.shown.items():
        if cell[0] not in DIMENSIONS:
            continue
        column, alike = stack.find(key, cell)
        assert alike == 1, "what is shown has a column of its own"
        carried = gifts.carried if before and before.shown.get(cell) == (low, high) else 0
        lower[column] = max(lower[column], low - carried)
        upper[column] = min(upper[column], high + carried)
    stack.program.lower, stack.program.upper = [lower], [upper]


def _flat(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts)


def _equal(program: Program, whole: Index, parts: Index) -> None:
    program.add_rows([(whole.reshape(-1, 1), 1.0), (parts, -1.0)], 0.0, 0.0)


def _at_most(program: Program, smaller: Index, larger: Index) -> None:
    size = min(smaller.size, larger.shape[0]) if larger.ndim > 1 else smaller.size
    program.add_rows([(larger.reshape(size, -1), 1.0), (smaller.reshape(size, -1), -1.0)], 0.0, np.inf)
