"""Counts, persons and collectives behind figures, against counting row by row in plain Python."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as steady
from hypothesis import strategies as st

from pipeline.protect.counted import CELL, FIGURES_SCHEMA
from pipeline.protect.evidence import (
    compare_members,
    count_wholes,
    find_complements,
    find_remainders,
    lacks_consent,
    weigh_cells,
)
from pipeline.protect.tables import Table

TABLES = (
    *("total", "range", "by_duty_bearer", "by_service", "by_incident_kind", "by_grounds"),
    *("by_survivor_gender", "bearer_by_kind", "by_district", "state_bearer_by_kind"),
)
MONTH = "2026-12"

answers = {
    "place": st.sampled_from([("S1", "D1"), ("S1", None), ("S2", "D3"), ("S2", None)]),
    "duty_bearer": st.sampled_from(["B1", "B2"]),
    "service": st.sampled_from(["V1", "V2"]),
    "survivor_gender": st.sampled_from(["W", None]),
    "incident_kinds": st.lists(st.sampled_from(["K1", "K2", "K3"]), unique=True, min_size=1),
    "grounds": st.lists(st.sampled_from(["G1", "G2"]), unique=True),
    "person": st.sampled_from(["p1", "p2", "p3", None]),
    "collectives": st.lists(st.sampled_from(["ONE", "TWO", "THREE"]), unique=True, max_size=3),
    "may_repeat": st.booleans(),
}
many = st.lists(st.fixed_dictionaries(answers), max_size=40).map(
    lambda rows: [
        {"incident": f"i{number}", "state": row["place"][0], "district": row["place"][1], **row}
        for number, row in enumerate(rows)
    ]
)


def list_dominant(rows) -> list[str]:
    """Return whose consent a cell needs: of two collectives at least, none may have told of more than 80 percent."""
    told = [name for row in rows for name in row["collectives"]]
    alone = len(set(told)) < 2
    return sorted(name for name in set(told) if alone or told.count(name) > 0.8 * len(rows))


@given(many)
@steady(max_examples=40)
def test_cells_equal_a_count_by_hand(small, rows) -> None:
    plan = small.plan(TABLES)
    found = {}
    for grain, period in (("month", MONTH), ("quarter", "2026-Q4")):
        families = [family for family in plan.families if family.grain == grain]
        evidence = weigh_cells(small.frame(rows), families, plan, period=period)
        found |= {tuple(row[name] for name in CELL): row for row in evidence.iter_rows(named=True)}
    for family, cell in small.cells(plan, MONTH):
        inside = [row for row in rows if small.stands_in(row, family, cell)]
        row = found.pop(cell, None)
        assert (row is None) == (not inside)
        if row is not None:
            assert (row["count"], row["persons"]) == (len(inside), small.persons(inside))
            assert row["collectives"] == len({name for each in inside for name in each["collectives"]})
            assert row["dominant"] == list_dominant(inside)
    assert not found


@given(many)
@steady(max_examples=20)
def test_wholes_are_what_a_place_and_a_first_code_count_in_all(small, rows) -> None:
    plan = small.plan(("by_service", "bearer_by_kind", "state_bearer_by_kind"))
    wholes = count_wholes(small.frame(rows), plan.families, period=MONTH)
    for family in plan.families:
        first = family.dimensions[0]
        places = [*(["IN"] if family.national else []), *(["S1", "S2"] if family.by_state else [])]
        codes = {"service": ["V1", "V2"], "duty_bearer": ["B1", "B2"]}[first]
        for place in places:
            state = {} if place == "IN" else {"state": place}
            wanted = {"": sum(small.is_in(row, state) for row in rows)}
            if len(family.dimensions) > 1:
                wanted |= {
                    code: sum(small.is_in(row, {first: code, **state}) for row in rows) for code in codes
                }
            own = wholes.filter(table=family.table, geography=place).select("code_1", "whole")
            assert dict(own.iter_rows()) == {code: number for code, number in wanted.items() if number}


def make_tables(small) -> list[Table]:
    return [
        Table(family, measure, by_state)
        for family in small.plan(TABLES).families
        for measure in family.measures
        for by_state, stands in ((False, family.national), (True, family.by_state))
        if stands and family.table != "range"
    ]


def list_pairs(small) -> list[tuple[Table, Table]]:
    """Return parents and children: the child has one dimension more."""
    tables = make_tables(small)
    return [
        (parent, child)
        for parent in tables
        for child in tables
        if parent.dimensions < child.dimensions and len(child.dimensions - parent.dimensions) == 1
    ]


def list_places(small, table: Table) -> list[tuple[str, str, str]]:
    plan = small.plan(TABLES)
    planned = table.select(small.planned(plan, MONTH).with_columns())
    return [(row["geography"], row["code_1"], row["code_2"]) for row in planned.iter_rows(named=True)]


def codes_at(table: Table, place: tuple[str, str, str]) -> dict[str, str]:
    return table.codes_of(dict(zip(("geography", "code_1", "code_2"), place, strict=True)))


def make_shown(places) -> pl.DataFrame:
    names = ("geography", "code_1", "code_2")
    return pl.DataFrame(places, schema={name: FIGURES_SCHEMA[name] for name in names}, orient="row")


@given(many, st.randoms(use_true_random=False))
@steady(max_examples=20)
def test_remainders_and_complements_equal_a_count_by_hand(small, rows, random) -> None:
    plan, frame = small.plan(TABLES), small.frame(rows)
    for parent, child in list_pairs(small):
        shown = [place for place in list_places(small, child) if random.random() < 0.5]
        left = find_remainders(frame, parent.only(), child.only(), make_shown(shown), plan)
        beside = find_complements(frame, parent.only(), child.only(), make_shown(shown), plan)
        wanted_left, wanted_beside = {}, {}
        for place in list_places(small, parent):
            above = codes_at(parent, place)
            below = [each for each in shown if above.items() <= codes_at(child, each).items()]
            inside = [row for row in rows if small.is_in(row, above)]
            rest = [
                row for row in inside if not any(small.is_in(row, codes_at(child, each)) for each in below)
            ]
            if rest:
                wanted_left[place] = small.persons(rest)
            for each in below:
                rest = [row for row in inside if not small.is_in(row, codes_at(child, each))]
                if rest:
                    wanted_beside[each] = small.persons(rest)
        assert {row[:3]: row[3] for row in left.iter_rows()} == wanted_left
        assert {row[:3]: row[3] for row in beside.iter_rows()} == wanted_beside


@given(many, many, st.randoms(use_true_random=False))
@steady(max_examples=20)
def test_changes_equal_a_count_by_hand(small, rows, others, random) -> None:
    plan = small.plan(TABLES)
    persons = {row["incident"]: row["person"] for row in rows}
    after = [
        {**row, "person": persons.get(row["incident"], row["person"])} if random.random() < 0.5 else old
        for row, old in zip(others, [*rows, *others[len(rows) :]], strict=False)
    ]
    both = {row["incident"]: row for row in [*rows, *after]}
    for table in make_tables(small):
        compared = compare_members(small.frame(rows), small.frame(after), table.only(), table.measure, plan)
        found = {
            tuple(row[name] for name in ("geography", "code_1", "code_2")): row
            for row in compared.iter_rows(named=True)
        }
        for place in list_places(small, table):
            was, now = (
                {row["incident"] for row in each if small.is_in(row, codes_at(table, place))}
                for each in (rows, after)
            )
            row = found.pop(place, None)
            assert (row is None) == (was == now)
            if row is not None:
                assert (row["added"], row["removed"]) == (len(now - was), len(was - now))
                for name, changed in (("changed", was ^ now), ("added", now - was), ("removed", was - now)):
                    assert row[f"persons_{name}"] == small.persons([both[each] for each in changed])
        assert not found


def test_incidents_that_may_repeat_another_are_left_out_of_one_end_of_the_range_alone(small) -> None:
    rows = [small.row(number, may_repeat=number < 3) for number in range(10)]
    found = weigh_cells(small.frame(rows), small.plan(("range",)).families, small.plan(()), period=MONTH)
    assert set(found.select("measure", "count").iter_rows()) == {
        ("incidents_if_doubtful_are_one", 7),
        ("incidents_if_doubtful_are_several", 10),
    }


@pytest.mark.parametrize(
    ("told", "consents", "lacks"),
    [
        (["ONE"] * 8 + ["TWO"] * 2, [], False),
        (["ONE"] * 9 + ["TWO"], [], True),
        (["ONE"] * 9 + ["TWO"], ["TWO"], True),
        (["ONE"] * 9 + ["TWO"], ["ONE"], False),
        (["ONE"] * 10, [], True),
        (["ONE"] * 10, ["ONE", "TWO"], False),
    ],
)
def test_a_figure_that_one_collective_told_most_of_needs_its_consent(small, told, consents, lacks) -> None:
    rows = [small.row(number, collectives=[name]) for number, name in enumerate(told)]
    found = weigh_cells(
        small.frame(rows), small.plan(("by_grounds", "total")).families, small.plan(()), period=MONTH
    )
    assert found.filter(geography="IN").select(lacks_consent(consents)).item() is lacks


def test_what_two_collectives_told_together_counts_for_each(small) -> None:
    rows = [small.row(number, collectives=["ONE", "TWO"]) for number in range(10)]
    found = weigh_cells(small.frame(rows), small.plan(("total",)).families, small.plan(()), period=MONTH)
    national = found.filter(geography="IN")
    assert national["dominant"].to_list() == [["ONE", "TWO"]]
    assert national.select(lacks_consent(["ONE"])).item() is True
    assert national.select(lacks_consent(["ONE", "TWO"])).item() is False


def test_a_stricter_plan_asks_for_more_collectives(small) -> None:
    rows = [small.row(number) for number in range(10)]
    plan = small.plan(("total",))
    strict = replace(plan, dominance=replace(plan.dominance, least=3))
    for each, wanted in ((plan, []), (strict, ["ONE", "TWO"])):
        found = weigh_cells(small.frame(rows), plan.families, each, period=MONTH)
        assert found.filter(geography="IN")["dominant"].item().to_list() == wanted
