"""From what an edition counts to what may be seen of it: nothing small can be found out, and it fails closed."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.errors import JawabdehiError
from pipeline.protect import edition as protection
from pipeline.protect.counted import CELL, COUNTED_SCHEMA, FIGURES_SCHEMA, Counted
from pipeline.protect.edition import ExposedError, audit_edition, protect_edition
from pipeline.protect.linked import Exposure, Interval, Target
from pipeline.protect.primary import COMPLEMENTARY, GROUP
from pipeline.protect.stack import judge_edition, stack_editions

MONTH = "2026-10"
PLANS = {
    "kinds": ("rows", "total", "range", "by_duty_bearer", "by_service", "by_incident_kind", "bearer_by_kind"),
    "blanks": ("total", "by_service", "by_survivor_gender", "by_grounds", "by_delay_band"),
    "crossed": ("total", "by_duty_bearer", "by_service", "bearer_by_service"),
}


def is_secret(small, plan, rows, consents) -> bool:
    """Tell whether few persons stand behind incidents, or collectives whose consent is missing."""
    told = [name for row in rows for name in row["collectives"]]
    alone = len(set(told)) < 2
    missing = [
        name
        for name in set(told) - set(consents)
        if alone or told.count(name) * 100 > len(rows) * plan.dominance.percent
    ]
    return small.persons(rows) < plan.threshold_persons or bool(missing) or not told


def find_exposed(small, plan, rows, figures, consents=(), telling=()) -> list[tuple[object, ...]]:
    """Return what every combination of raw codes lets an attacker prove of small things from one month's figures.

    `telling` are further cells that are secret, since their breakdown tells of one code alone.
    """
    block = (MONTH, 1)
    joint, cells = small.joint(plan, [block]), small.cells(plan, MONTH)
    shown = {
        tuple(row[name] for name in CELL): (row["lower"], row["upper"])
        for row in figures.filter(status="shown").iter_rows(named=True)
    }
    forms = {cell: joint.form(family, cell, [block]) for family, cell in cells}
    behind = {cell: [row for row in rows if small.stands_in(row, family, cell)] for family, cell in cells}
    for cell in forms.keys() & shown.keys():
        joint.program.add(forms[cell], *shown[cell])
    exposed = []

    def ask(name, form, *, least=9.0) -> None:
        lower, upper = joint.program.interval(form)
        if lower > 1e-6 or upper < least - 1e-6:
            exposed.append((*name, lower, upper))

    hidden = [cell for cell in forms if cell not in shown and cell[0] != "range"]
    for cell in hidden:
        if cell in telling or is_secret(small, plan, behind[cell], consents):
            ask(("cell", *cell), forms[cell])
    families = {family.table: family for family, _ in cells}
    codes = {
        cell: small.codes_of(families[cell[0]], cell[1], *cell[4:]) for cell in forms if cell[0] != "range"
    }
    for family in list_families(codes, shown):
        hold_left(small, plan, joint, family, forms, behind, ask)
    return exposed


def list_families(codes, shown):
    """Give each cell with its shown children, which have one dimension more, and that dimension."""
    for parent, above in codes.items():
        groups: dict[str, list[tuple[str, ...]]] = {}
        for cell in sorted(codes.keys() & shown.keys()):
            added = codes[cell].keys() - above.keys()
            if above.items() < codes[cell].items() and len(added) == 1:
                groups.setdefault(min(added), []).append(cell)
        for added, children in groups.items():
            yield parent, children, added


def hold_left(small, plan, joint, family, forms, behind, ask) -> None:
    """Ask for what a parent holds beside its shown children; several codes overlap, so each child is asked, too."""
    parent, children, added = family
    several = added in {"incident_kind", "grounds"}
    inside = [set(forms[cell]) for cell in children]
    left = set(forms[parent]).difference(*inside)
    names = [{row["incident"] for row in behind[cell]} for cell in children]
    rest = [row for row in behind[parent] if not any(row["incident"] in some for some in names)]
    if left and small.persons(rest) < plan.threshold_persons:
        ask(("left", *parent, added), dict.fromkeys(left, 1.0), least=0.0 if several else 9.0)
    for cell, some in zip(children, names, strict=True) if several else ():
        rest = [row for row in behind[parent] if row["incident"] not in some]
        if small.persons(rest) < plan.threshold_persons:
            ask(("beside", *cell), dict.fromkeys(set(forms[parent]) - set(forms[cell]), 1.0))


def make_draft(small, chance, size: int) -> tuple[Counted, list]:
    rows = small.invent(chance, size)
    return Counted(MONTH, 1, small.frame(rows)), rows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tables", PLANS.values(), ids=PLANS)
def test_nothing_small_can_be_found_out_from_any_combination_of_raw_codes(small, tables, seed) -> None:
    chance = np.random.default_rng([seed, 6])
    plan = small.plan(tables)
    draft, rows = make_draft(small, chance, int(chance.integers(100, 400)))
    protected = protect_edition(draft, [], plan, small.contract, consents=["ONE"])
    telling = list(protected.verdict.judged.filter(reason=GROUP).select(CELL).iter_rows())
    assert find_exposed(small, plan, rows, protected.figures, ["ONE"], telling) == []
    assert protected.figures.schema == FIGURES_SCHEMA
    assert protected.figures.select(CELL).equals(small.planned(plan, MONTH).select(CELL).sort(CELL))


def test_few_persons_with_many_incidents_cannot_be_proven_to_have_none_of_the_shown_codes(small) -> None:
    told = [["G1"], ["G2"], []]
    rows = [small.row(number, grounds=told[number % 3]) for number in range(180)]
    rows = [row if row["grounds"] else {**row, "person": f"p{number % 4}"} for number, row in enumerate(rows)]
    plan = small.plan(("total", "by_grounds"))
    draft = Counted(MONTH, 1, small.frame(rows))
    assert find_exposed(small, plan, rows, small.publish(draft, [], plan).figures)
    protected = protect_edition(draft, [], plan, small.contract, consents=())
    assert find_exposed(small, plan, rows, protected.figures) == []


def test_the_rules_alone_would_let_something_be_found_out_that_the_audit_hides(small) -> None:
    plan, found = small.plan(PLANS["kinds"]), 0
    for seed in range(3):
        draft, rows = make_draft(small, np.random.default_rng([seed, 6]), 250)
        alone = small.publish(draft, [], plan)
        found += len(find_exposed(small, plan, rows, alone.figures))
        protected = protect_edition(draft, [], plan, small.contract, consents=())
        found_hidden = protected.verdict.judged.filter(reason=COMPLEMENTARY).height
        assert (protected.rounds > 0) == (found_hidden > 0)
    assert found


@pytest.mark.parametrize("seed", range(3))
def test_the_audit_only_hides_what_the_rules_would_show(small, seed) -> None:
    plan = small.plan(PLANS["kinds"])
    draft, _ = make_draft(small, np.random.default_rng([seed, 7]), 250)
    alone = small.publish(draft, [], plan)
    protected = protect_edition(draft, [], plan, small.contract, consents=())
    shown = protected.figures.filter(status="shown")
    assert shown.join(alone.figures, on=shown.columns, how="anti", nulls_equal=True).is_empty()
    assert audit_edition(draft, protected.figures, [], plan, small.contract).exposures == ()


def test_the_order_of_incidents_and_a_second_run_change_nothing(small) -> None:
    plan = small.plan(PLANS["kinds"])
    draft, _ = make_draft(small, np.random.default_rng(8), 250)
    first = protect_edition(draft, [], plan, small.contract, consents=())
    for seed in (1, 2):
        shuffled = replace(draft, incidents=draft.incidents.sample(fraction=1, shuffle=True, seed=seed))
        again = protect_edition(shuffled, [], plan, small.contract, consents=())
        assert again.figures.equals(first.figures)
        assert again.cells.sort(CELL).equals(first.cells.sort(CELL))
    assert draft.incidents.schema == COUNTED_SCHEMA


def test_the_exact_cells_are_counted_whatever_is_hidden(small) -> None:
    plan = small.plan(PLANS["crossed"])
    draft, rows = make_draft(small, np.random.default_rng(9), 200)
    protected = protect_edition(draft, [], plan, small.contract, consents=())
    counts = {row[:-1]: row[-1] for row in protected.cells.select(*CELL, "count").iter_rows()}
    assert counts == {cell: count for cell, count in small.count(rows, plan, MONTH).items() if count}


def test_the_consent_of_a_collective_opens_the_figures_that_are_its_own(small) -> None:
    plan = small.plan(("total", "by_service"))
    rows = [
        small.row(number, state="S1" if number < 100 else f"S{2 + number % 4 // 2}") for number in range(400)
    ]
    rows = [{**row, "collectives": ["ALONE"]} if row["state"] == "S1" else row for row in rows]
    rows = [{**row, "service": ("V1", "V2", "V3")[number % 3]} for number, row in enumerate(rows)]
    draft = Counted(MONTH, 1, small.frame(rows))
    shown = [
        protect_edition(draft, [], plan, small.contract, consents=consents).figures.filter(
            geography="S1", status="shown"
        )
        for consents in ((), ("ONE",), ("ALONE",))
    ]
    assert [each.height for each in shown] == [0, 0, 4]


def test_one_hidden_state_takes_another_with_it(small) -> None:
    rows = [
        small.row(number, state=state) for number, state in enumerate(["S1"] * 200 + ["S2"] * 100 + ["S3"])
    ]
    protected = protect_edition(
        Counted(MONTH, 1, small.frame(rows)), [], small.plan(("total",)), small.contract, consents=()
    )
    shown = protected.figures.filter(status="shown")["geography"].to_list()
    assert shown in (["IN", "S1"], ["S1", "S2"])
    assert protected.verdict.exposures == ()
    assert protected.rounds > 0


class AuditFailedError(JawabdehiError):
    """Stands for any audit that does not come to its end."""


@pytest.mark.parametrize("error", [AuditFailedError("The audit ran out of time."), RuntimeError("crash")])
def test_no_audit_means_no_figures(small, monkeypatch, error) -> None:
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(protection, "audit_targets", fail)
    draft, _ = make_draft(small, np.random.default_rng(10), 60)
    with pytest.raises(type(error)):
        protect_edition(draft, [], small.plan(("total", "by_service")), small.contract, consents=())


def test_an_audit_without_time_means_no_figures(small) -> None:
    draft, _ = make_draft(small, np.random.default_rng(10), 100)
    plan = small.plan(PLANS["kinds"])
    with pytest.raises(JawabdehiError):
        protect_edition(draft, [], plan, small.contract, consents=(), time_limit=0.0)


def expose_always(audit):
    """Return an audit that finds something exposed as long as anything is shown."""

    def expose(tables, lower, upper, targets, **options):
        found = audit(tables, lower, upper, targets, **options)
        proof = {number: 1.0 for number in range(len(lower)) if lower[number] > 0}
        target = Target("made up", (0,), (1.0,), 0.0, 9.0)
        return replace(found, exposures=(Exposure(target, Interval(1, 2), proof),) if proof else ())

    return expose


def test_what_stays_exposed_is_hidden_until_nothing_is_shown(small, monkeypatch) -> None:
    monkeypatch.setattr(protection, "audit_targets", expose_always(protection.audit_targets))
    draft, _ = make_draft(small, np.random.default_rng(10), 150)
    found = protect_edition(draft, [], small.plan(("total", "by_service")), small.contract, consents=("ONE",))
    assert found.figures.filter(status="shown").is_empty()
    assert found.rounds > 1


def test_no_edition_is_made_where_hiding_comes_to_no_end(small, monkeypatch) -> None:
    monkeypatch.setattr(protection, "audit_targets", expose_always(protection.audit_targets))
    monkeypatch.setattr(protection, "_MOST_ROUNDS", 2)
    draft, _ = make_draft(small, np.random.default_rng(10), 150)
    with pytest.raises(ExposedError):
        protect_edition(draft, [], small.plan(("total", "by_service")), small.contract, consents=("ONE",))


@pytest.mark.parametrize("seed", range(6))
def test_a_correction_beside_its_former_edition_lets_nothing_be_found_out(small, seed) -> None:
    chance = np.random.default_rng([seed, 11])
    plan = small.plan(("total", "by_duty_bearer", "by_service"))
    draft, rows = make_draft(small, chance, 250)
    first = protect_edition(draft, [], plan, small.contract, consents=("ONE",))
    former = replace(draft, cells=first.cells, figures=first.figures, consents=frozenset({"ONE"}))
    corrected = [{**row, **(small.codes(chance) if chance.random() < 0.25 else {})} for row in rows]
    second = Counted(MONTH, 2, small.frame(corrected))
    protected = protect_edition(second, [former], plan, small.contract, consents=("ONE",))
    assert protected.verdict.exposures == ()
    assert (
        audit_edition(
            replace(second, consents=frozenset({"ONE"})), protected.figures, [former], plan, small.contract
        ).exposures
        == ()
    )
    carried = protected.figures.filter(as_of=1)
    assert carried.equals(first.figures.join(carried, on=CELL, how="semi"))
    # What the audit kept from moving is among what would have moved.
    stack = stack_editions(second, [former], plan, small.contract)
    alone = small.publish(second, [former], plan)
    moved = protected.figures.filter(as_of=2)
    assert moved.join(alone.figures.filter(as_of=2), on=CELL, how="anti").is_empty()
    assert judge_edition(second, stack).height == protected.figures.height


def correct(small, plan, months) -> Iterator[dict[tuple[str, str], tuple[int, int]]]:
    """Publish a month and its corrections; give for each what is shown of services, by place and code."""
    history: list[Counted] = []
    for number, rows in enumerate(months, start=1):
        draft = Counted(MONTH, number, small.frame(rows))
        protected = protect_edition(draft, history, plan, small.contract, consents=("ONE", "TWO"))
        yield {
            (row["geography"], row["code_1"]): (row["lower"], row["upper"])
            for row in protected.figures.filter(table="by_service", status="shown").iter_rows(named=True)
        }
        history = [*history, replace(draft, cells=protected.cells, figures=protected.figures)]


@pytest.fixture
def others(small):
    """Incidents of two services in all states."""
    numbers = range(100, 700)
    return [small.row(each, state=f"S{1 + each % 3}", service=f"V{2 + each // 3 % 2}") for each in numbers]


def test_what_is_carried_forward_never_seems_to_leave_little_beside_what_moves(small, others) -> None:
    """The nation's figure falls to nearly that of one state, which did not change."""
    here = [small.row(number, service="V1") for number in range(44)]
    there = [small.row(number, state=f"S{2 + number % 2}", service="V1") for number in range(44, 56)]
    recoded = [{**row, "service": "V2"} for row in there[:10]] + there[10:]
    before, after = correct(
        small, small.plan(("total", "by_service")), [here + there + others, here + recoded + others]
    )
    assert before["IN", "V1"] == (53, 57)
    assert before["S1", "V1"] == after["S1", "V1"] == (43, 47)
    assert ("IN", "V1") not in after


def test_what_one_correction_hides_the_next_does_not_show_where_nothing_changed(small, others) -> None:
    """One state has all incidents of a service, so only the nation's figure or that state's is shown."""
    rows = [small.row(number, service="V1") for number in range(44)]
    recoded = [{**row, "service": "V2"} for row in rows[:15]] + rows[15:]
    shown = list(
        correct(
            small,
            small.plan(("total", "by_service")),
            [rows + others, recoded + others, recoded + others, recoded[:15] + rows[15:] + others[:-12]],
        )
    )
    figures = [
        {place: each[place, "V1"] for place in ("IN", "S1") if (place, "V1") in each} for each in shown
    ]
    assert figures == [{}, *[{"S1": (28, 32)}] * 3]


def test_a_quarter_is_audited_with_its_months(small) -> None:
    chance = np.random.default_rng(12)
    plan, history = small.plan(("total", "by_service", "by_district")), []
    months = ("2026-10", "2026-11", "2026-12")
    basis = tuple((month, 1) for month in months)
    for position, month in enumerate(months):
        rows = small.invent(chance, 120, first=position * 1_000)
        draft = Counted(month, 1, small.frame(rows), basis=basis[: position + 1])
        protected = protect_edition(draft, history, plan, small.contract, consents=())
        districts = protected.figures.filter(table="by_district")
        assert districts.height == (4 if position == 2 else 0)
        history = [*history, replace(draft, cells=protected.cells, figures=protected.figures)]
    assert set(districts["period"]) == {"2026-Q4"}
    assert protected.verdict.exposures == protected.verdict.standing == ()
    counts = protected.cells.filter(table="by_district").select("code_1", "count")
    whole = pl.concat([each.incidents for each in history])["district"].drop_nulls().value_counts()
    assert dict(counts.iter_rows()) == dict(whole.iter_rows())


def test_a_quarter_without_all_its_months_shows_nothing(small) -> None:
    rows = [small.row(number, district="D1") for number in range(90)]
    plan = small.plan(("total", "by_district"))
    draft = Counted("2026-12", 1, small.frame(rows), basis=(("2026-12", 1),))
    protected = protect_edition(draft, [], plan, small.contract, consents=())
    assert protected.figures.filter(table="by_district", status="shown").is_empty()
