"""Small made-up contracts, plans and months, and an attacker who weighs every combination of raw codes."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from scipy.optimize import linprog

from pipeline.contract import NATIONAL, Code, CodeList, Contract, Field
from pipeline.protect.corrections import count_anew, find_former, make_figures
from pipeline.protect.counted import CELL, COUNTED_SCHEMA, FIGURES_SCHEMA, Counted
from pipeline.protect.model import Model
from pipeline.protect.periods import ends_period, list_months
from pipeline.protect.plan import (
    CODE_FIELDS,
    DOUBTFUL_ARE_ONE,
    DOUBTFUL_ARE_SEVERAL,
    Family,
    Plan,
    Share,
    list_planned_cells,
)
from pipeline.protect.stack import judge_edition, stack_editions

Row = dict[str, Any]
Cell = tuple[str, ...]
Form = Mapping[int, float]

STATES = ("S1", "S2", "S3")
DISTRICTS = {"D1": "S1", "D2": "S1", "D3": "S2", "D4": "S2"}
CODES: dict[str, Sequence[str]] = {
    "state": STATES,
    "district": tuple(DISTRICTS),
    "duty_bearer": ("B1", "B2", "B3"),
    "service": ("V1", "V2", "V3"),
    "incident_kinds": ("K1", "K2", "K3"),
    "grounds": ("G1", "G2"),
    "survivor_gender": ("W", "M"),
    "delay_band": ("L1", "L2", "L3"),
}
SEVERAL = {"incident_kinds", "grounds"}
REQUIRED = {"state", "duty_bearer", "service", "incident_kinds", "incident_date"}


def make_contract() -> Contract:
    lists = {name if name.endswith("s") else f"{name}s": codes for name, codes in CODES.items()}
    fields = {
        name: Field(
            name,
            name,
            name,
            "codes" if name in SEVERAL else "code",
            required=name in REQUIRED,
            code_list=name if name.endswith("s") else f"{name}s",
        )
        for name in CODES
        if name != "delay_band"
    }
    fields["incident_date"] = Field("incident_date", "", "", "partial_date", required=True)
    return Contract(
        version="1",
        fields=fields,
        code_lists={
            name: CodeList(name, {code: Code(code, code, within=DISTRICTS.get(code)) for code in codes})
            for name, codes in lists.items()
        },
        rules={},
        fingerprint="",
    )


FAMILIES = {
    "rows": ("rows", "month", "IN", (), ("rows_received", "rows_counted", "rows_held", "rows_withdrawn")),
    "total": ("incidents", "month", "IN state", (), ("incidents",)),
    "range": ("incidents", "month", "IN state", (), (DOUBTFUL_ARE_ONE, DOUBTFUL_ARE_SEVERAL)),
    "by_duty_bearer": ("incidents", "month", "IN state", ("duty_bearer",), ("incidents",)),
    "by_service": ("incidents", "month", "IN state", ("service",), ("incidents",)),
    "by_incident_kind": ("incidents", "month", "IN state", ("incident_kind",), ("incidents",)),
    "by_grounds": ("incidents", "month", "IN", ("grounds",), ("incidents",)),
    "by_survivor_gender": ("incidents", "month", "IN", ("survivor_gender",), ("incidents",)),
    "by_delay_band": ("incidents", "month", "IN", ("delay_band",), ("incidents",)),
    "bearer_by_kind": ("incidents", "month", "IN", ("duty_bearer", "incident_kind"), ("incidents",)),
    "bearer_by_service": ("incidents", "month", "IN", ("duty_bearer", "service"), ("incidents",)),
    "by_district": ("incidents", "quarter", "state", ("district",), ("incidents",)),
    "state_bearer_by_kind": (
        "incidents",
        "quarter",
        "state",
        ("duty_bearer", "incident_kind"),
        ("incidents",),
    ),
    "state_bearer_by_kind_yearly": (
        "incidents",
        "year",
        "state",
        ("duty_bearer", "incident_kind"),
        ("incidents",),
    ),
}


def make_plan(tables: Iterable[str], **rules: Any) -> Plan:
    """Return a plan with some of FAMILIES and the rules of the real plan, some of them changed."""
    families = []
    for table in tables:
        unit, grain, places, dimensions, measures = FAMILIES[table]
        families.append(Family(table, unit, grain, "IN" in places, "state" in places, dimensions, measures))
    usual = Plan(
        version="1",
        threshold_persons=10,
        rounding_base=5,
        incidents_per_person=3,
        dominance=Share(2, 80),
        group=Share(2, 90),
        families=tuple(families),
    )
    return replace(usual, **rules)


def make_row(number: int, **changes: Any) -> Row:
    """A made-up incident of a person of its own, told by one of two collectives, with some answers changed."""
    return {
        "incident": f"i{number:05}",
        "person": f"p{number:05}",
        "collectives": ["ONE" if number % 2 else "TWO"],
        "state": "S1",
        "duty_bearer": "B1",
        "service": "V1",
        "delay_band": "L1",
        "incident_kinds": ["K1"],
        "grounds": [],
        "may_repeat": False,
        **changes,
    }


def make_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """Return incidents (COUNTED_SCHEMA)."""
    filled = [{name: row.get(name) for name in COUNTED_SCHEMA} for row in rows]
    return pl.DataFrame(filled, schema=COUNTED_SCHEMA, orient="row")


def make_codes(chance: np.random.Generator) -> Row:
    """Draw the codes of an incident: some codes are frequent and some rare, optional ones often blank."""

    def draw(name: str, *, blank: float = 0.0) -> str | None:
        codes = CODES[name]
        weights = np.array([1.0 / (1 + 2 * place) for place in range(len(codes))])
        return None if chance.random() < blank else str(chance.choice(codes, p=weights / weights.sum()))

    def draw_set(name: str, *, least: int) -> list[str]:
        codes = [code for code in CODES[name] if chance.random() < 0.4]
        return codes if len(codes) >= least else [str(draw(name))]

    state = draw("state")
    inside = [code for code, home in DISTRICTS.items() if home == state]
    return {
        "state": state,
        "district": str(chance.choice(inside)) if inside and chance.random() < 0.8 else None,
        "duty_bearer": draw("duty_bearer"),
        "service": draw("service"),
        "incident_kinds": draw_set("incident_kinds", least=1),
        "grounds": draw_set("grounds", least=0),
        "survivor_gender": draw("survivor_gender", blank=0.3),
        "delay_band": draw("delay_band"),
        "may_repeat": bool(chance.random() < 0.15),
    }


def invent_rows(chance: np.random.Generator, size: int, *, first: int = 0) -> list[Row]:
    """Return made-up incidents; a person is unknown, of one incident or of several, collectives are one or two."""
    rows = []
    for number in range(first, first + size):
        kind = chance.random()
        person = None if kind < 0.1 else f"p{number if kind < 0.9 else number // 4:05}"
        told = [name for name in ("ONE", "TWO", "THREE") if chance.random() < 0.4] or ["ONE"]
        rows.append(make_row(number, **make_codes(chance), person=person, collectives=told))
    return rows


def is_in(row: Row, codes: Mapping[str, str]) -> bool:
    """Tell whether an incident bears all of `codes` (code by dimension)."""
    for dimension, code in codes.items():
        answer = row.get(CODE_FIELDS.get(dimension, dimension))
        if code not in (answer if isinstance(answer, list | frozenset) else [answer]):
            return False
    return True


def codes_of(family: Family, geography: str, *codes: str) -> dict[str, str]:
    """Return code by dimension of a cell."""
    named = {name: code for name, code in zip(family.dimensions, codes, strict=False) if code}
    return named if geography == NATIONAL else {"state": geography, **named}


def stands_in(row: Row, family: Family, cell: Cell) -> bool:
    """Tell in plain Python whether an incident stands in a cell (CELL) of a family."""
    _, geography, _, measure, code_1, code_2 = cell
    counts = measure != DOUBTFUL_ARE_ONE or not row["may_repeat"]
    return counts and is_in(row, codes_of(family, geography, code_1, code_2))


def count_persons(rows: Sequence[Row], cap: int = 3) -> int:
    """Return the lower bound of the persons behind incidents."""
    persons = [row["person"] for row in rows]
    return max(len(set(persons) - {None}), persons.count(None) // cap)


def list_cells(plan: Plan, contract: Contract, month: str) -> list[tuple[Family, Cell]]:
    """Return the planned cells of incidents with their families."""
    families = {family.table: family for family in plan.families}
    planned = list_planned_cells(plan, contract, month=month).filter(unit="incidents").select(CELL)
    return [(families[cell[0]], cell) for cell in planned.iter_rows()]


class Program:
    """Linear constraints on variables that are not negative, solved anew for each question."""

    def __init__(self, size: int) -> None:
        self.lower, self.upper = np.zeros(size), np.full(size, np.inf)
        self._forms: list[Form] = []
        self._limits: list[tuple[float, float]] = []
        self._made: tuple[sparse.csr_matrix, np.ndarray, np.ndarray] | None = None

    def add(self, form: Form, lower: float = -np.inf, upper: float = np.inf) -> None:
        """Require that a form lies within bounds."""
        self._forms.append(form)
        self._limits.append((lower, upper))
        self._made = None

    def interval(self, form: Form) -> tuple[float, float]:
        """Return the least and the greatest value that a form can have."""
        goal = np.zeros(len(self.lower))
        for place, weight in form.items():
            goal[place] += weight
        return self._solve(goal), -self._solve(-goal)

    def is_possible(self) -> bool:
        return bool(np.isfinite(self._solve(np.zeros(len(self.lower)))))

    def _solve(self, goal: np.ndarray) -> float:
        self._made = self._made or self._make()
        matrix, low, high = self._made
        even, above, below = low == high, (low != high) & np.isfinite(low), (low != high) & np.isfinite(high)
        arguments = {
            "A_ub": sparse.vstack([matrix[below], -matrix[above]]) if (above | below).any() else None,
            "b_ub": np.concatenate([high[below], -low[above]]) if (above | below).any() else None,
            "A_eq": matrix[even] if even.any() else None,
            "b_eq": low[even] if even.any() else None,
            "bounds": np.column_stack([self.lower, self.upper]),
        }
        found = linprog(goal, method="highs", **arguments)
        if found.status == 4:
            found = linprog(goal, method="highs", options={"presolve": False}, **arguments)
        assert found.status in {0, 2, 3}, found.message
        return float(found.fun) if found.status == 0 else (np.inf if found.status == 2 else -np.inf)

    def _make(self) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
        rows = [number for number, form in enumerate(self._forms) for _ in form]
        places = [place for form in self._forms for place in form]
        weights = [weight for form in self._forms for weight in form.values()]
        matrix = sparse.csr_matrix((weights, (rows, places)), shape=(len(self._forms), len(self.lower)))
        low, high = np.array(self._limits, dtype=float).reshape(-1, 2).T
        return matrix, low, high


def solve_model(model: Model) -> Program:
    """Return a program with the relations and bounds of a model, as their definitions say."""
    program = Program(len(model.cells))
    program.lower, program.upper = model.limits()
    for relation in model.tables().relations:
        children = [(1.0, {child: 1.0}) for child in relation.children]
        rest = add_forms((1.0, {relation.parent: 1.0}), *((-weight, form) for weight, form in children))
        if relation.kind == "sum":
            program.add(rest, 0, 0)
            continue
        if relation.kind == "cover":
            program.add(rest, upper=0)
        for child in relation.children:
            program.add({relation.parent: 1.0, child: -1.0}, 0)
    return program


class Office:
    """An office over some months: it issues editions, corrects what is live and forgets what is withdrawn.

    `truth` holds, by edition and grain, the incidents that its figures stand for, with those withdrawn since the
    edition before it: the figures keep them.
    """

    def __init__(self, plan: Plan, contract: Contract) -> None:
        self.plan, self.contract = plan, contract
        self.live: dict[str, list[Row]] = {}
        self.numbers: dict[str, int] = {}
        self.editions: dict[tuple[str, int], Counted] = {}
        self.truth: dict[tuple[str, int, str], list[Row]] = {}
        self.withdrawn: set[str] = set()

    def withdraw(self, names: Iterable[str]) -> None:
        """Forget incidents in all that is live and all that was counted."""
        self.withdrawn |= set(names)
        self.live = {
            month: [row for row in rows if row["incident"] not in self.withdrawn]
            for month, rows in self.live.items()
        }
        for block, each in self.editions.items():
            kept = each.incidents.filter(~pl.col("incident").is_in(sorted(self.withdrawn)))
            self.editions[block] = replace(each, incidents=kept)

    def draft(self, month: str) -> Counted:
        """Return the next draft of a month, from what is live."""
        numbers = {**self.numbers, month: self.numbers.get(month, 0) + 1}
        return Counted(month, numbers[month], make_frame(self.live[month]), basis=name_basis(month, numbers))

    def issue(self, month: str) -> Counted:
        """Publish the next edition of a month as the rules alone make it."""
        draft = self.draft(month)
        block = (month, draft.number)
        published = publish(draft, list(self.editions.values()), self.plan, self.contract)
        for grain in ("month", "quarter", "year"):
            months = list_months(month, grain) if ends_period(month, grain) else []
            now = [row for each in months for row in self.live.get(each, [])]
            once = self.truth.get((month, draft.number - 1, grain), [])
            kept = [row for row in once if row["incident"] in self.withdrawn]
            self.truth[(*block, grain)] = [*now, *kept] if set(months) <= set(self.live) else []
        self.numbers[month] = draft.number
        self.editions[block] = published
        return published


@dataclass
class Joint:
    """One number for each combination of raw codes in each of several months: nothing is left out or merged."""

    plan: Plan
    contract: Contract
    blocks: Sequence[tuple[str, int]]
    combinations: list[Row] = field(init=False)
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        names = {CODE_FIELDS.get(name, name) for family in self.plan.families for name in family.dimensions}
        kinds = {"state", *(names - {"district"})}
        answers = {name: self._answers(name) for name in sorted(kinds)}
        if any(DOUBTFUL_ARE_ONE in family.measures for family in self.plan.families):
            answers["may_repeat"] = [False, True]
        combinations = [
            dict(zip(answers, each, strict=True)) for each in itertools.product(*answers.values())
        ]
        if "district" in names:
            combinations = [
                {**each, "district": district}
                for each in combinations
                for district in (None, *DISTRICTS)
                if district is None or DISTRICTS[district] == each["state"]
            ]
        self.combinations = [{"may_repeat": False, **each} for each in combinations]
        self.program = Program(len(self.blocks) * len(self.combinations))

    def _answers(self, name: str) -> list[Any]:
        if name not in SEVERAL:
            return [*CODES[name], *([] if name in REQUIRED | {"delay_band"} else [None])]
        codes = CODES[name]
        sizes = range(1 if name in REQUIRED else 0, len(codes) + 1)
        return [frozenset(some) for size in sizes for some in itertools.combinations(codes, size)]

    def form(self, family: Family, cell: Cell, blocks: Sequence[tuple[str, int]]) -> dict[int, float]:
        """Return the form that counts a cell in some of the months."""
        inside = [place for place, row in enumerate(self.combinations) if stands_in(row, family, cell)]
        size = len(self.combinations)
        return {self.blocks.index(block) * size + place: 1.0 for block in blocks for place in inside}


def add_forms(*parts: tuple[float, Form]) -> dict[int, float]:
    """Add up forms with their weights."""
    total: dict[int, float] = {}
    for weight, form in parts:
        for place, number in form.items():
            total[place] = total.get(place, 0.0) + weight * number
    return total


def round_one(count: int) -> tuple[int, int, int]:
    """Return value, lower and upper of a shown figure."""
    value = 5 * ((count + 2) // 5)
    return value, max(value - 2, 10), value + 2


def show(
    cells: Iterable[Cell], planned: pl.DataFrame, counts: Mapping[Cell, int], *, number: int = 1
) -> pl.DataFrame:
    """Return figures (FIGURES_SCHEMA) that show just `cells`, rounded."""
    shown = set(cells)
    rows = []
    for row in planned.iter_rows(named=True):
        cell = tuple(row[name] for name in CELL)
        bounds = round_one(counts[cell]) if cell in shown else (None, None, None)
        told = {
            **row,
            **dict(zip(("value", "lower", "upper"), bounds, strict=True)),
            "status": "shown" if cell in shown else "not_published",
            "as_of": number,
        }
        rows.append({name: told[name] for name in FIGURES_SCHEMA})
    return pl.DataFrame(rows, schema=FIGURES_SCHEMA, orient="row").sort(CELL)


def publish(draft: Counted, history: Sequence[Counted], plan: Plan, contract: Contract) -> Counted:
    """Return the edition that the rules make of a draft where nothing is hidden for the sake of others."""
    stack = stack_editions(draft, history, plan, contract)
    former = find_former(draft, stack)
    judged = judge_edition(draft, stack)
    if former is not None:
        judged = count_anew(draft, former, judged, stack)
    figures = make_figures(draft, former, judged, stack)
    cells = judged.filter(pl.col("count") > 0).select(*CELL, "count", "persons")
    return replace(draft, cells=cells, figures=figures)


def name_basis(month: str, editions: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return the editions that the quarter and year of a month count."""
    months = {each for grain in ("quarter", "year") for each in list_months(month, grain)}
    return tuple(sorted((each, number) for each, number in editions.items() if each in months))


class Small:
    """Everything above in one place, since tests cannot import each other."""

    plan = staticmethod(make_plan)
    row = staticmethod(make_row)
    codes = staticmethod(make_codes)
    frame = staticmethod(make_frame)
    invent = staticmethod(invent_rows)
    codes_of = staticmethod(codes_of)
    is_in = staticmethod(is_in)
    stands_in = staticmethod(stands_in)
    persons = staticmethod(count_persons)
    show = staticmethod(show)
    program = Program
    office = Office
    solve = staticmethod(solve_model)
    add_forms = staticmethod(add_forms)
    basis = staticmethod(name_basis)

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def cells(self, plan: Plan, month: str) -> list[tuple[Family, Cell]]:
        return list_cells(plan, self.contract, month)

    def planned(self, plan: Plan, month: str) -> pl.DataFrame:
        return list_planned_cells(plan, self.contract, month=month)

    def joint(self, plan: Plan, blocks: Sequence[tuple[str, int]]) -> Joint:
        return Joint(plan, self.contract, blocks)

    def publish(self, draft: Counted, history: Sequence[Counted], plan: Plan) -> Counted:
        return publish(draft, history, plan, self.contract)

    def count(self, rows: Sequence[Row], plan: Plan, month: str) -> dict[Cell, int]:
        """Count the planned cells of `month` in plain Python, all of them over the same incidents."""
        return {
            cell: sum(stands_in(row, family, cell) for row in rows)
            for family, cell in self.cells(plan, month)
        }


@pytest.fixture(scope="session", name="small")
def small_fixture() -> Small:
    return Small(make_contract())
