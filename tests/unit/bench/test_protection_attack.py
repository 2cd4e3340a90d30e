"""The attacker finds planted leaks, and nothing where there is nothing to find."""

import itertools

import pytest

from bench.protection.attack import is_telling
from bench.protection.differences import Clue, find_clues
from bench.protection.evidence import Cell, Edition, Evidence
from bench.protection.goals import list_goals
from bench.protection.prove import Proof, prove
from bench.protection.stack import Gifts, build_stack

STATES, BEARERS, SERVICES, KINDS = ("IN-BR", "IN-WB"), ("P", "Q", "R"), ("F", "G"), ("DELAY", "REFUSAL")
CODES = {
    "state": STATES,
    "duty_bearer": BEARERS,
    "service": SERVICES,
    "incident_kind": KINDS,
    "grounds": ("caste", "hiv_status"),
    "legal_provision": ("FIR_REG.since",),
    "late_provision": ("RTI",),
    "survivor_gender": ("woman",),
    "survivor_age_band": ("18_24",),
    "resolution": ("open",),
    "delay_band": ("same_month", "a_year_or_more"),
}
DISTRICTS = {"IN-BR": ("1", "2"), "IN-WB": ("3", "4")}


def cell(table: str, place: str, *codes: str, period: str) -> Cell:
    one, other = (*codes, "", "")[:2]
    return (table, place, period, "incidents", one, other)


def publish(
    month: str, shown: dict[tuple[str, ...], tuple[int, int]], *, number: int = 1, quarter: str = ""
) -> Edition:
    """Make an edition with all planned cells of the small world, hidden but for those given."""
    planned = [("total",)]
    planned += [("by_duty_bearer", code) for code in BEARERS]
    planned += [("by_service", code) for code in SERVICES]
    planned += [("by_incident_kind", code) for code in KINDS]
    cells = {
        (place, *name): cell(name[0], place, *name[1:], period=month)
        for place, name in itertools.product(("IN", *STATES), planned)
    }
    for code in CODES["grounds"]:
        cells["IN", "by_grounds", code] = cell("by_grounds", "IN", code, period=month)
    if quarter:
        for state, districts in DISTRICTS.items():
            for district in districts:
                cells[state, "by_district", district] = cell("by_district", state, district, period=quarter)
    bounds = {cells[name]: (float(low), float(high)) for name, (low, high) in shown.items()}
    return Edition(month, number, bounds, frozenset(set(cells.values()) - set(bounds)))


def attack(*editions: Edition) -> list[Proof]:
    evidence = Evidence(editions, CODES, DISTRICTS)
    stack = build_stack(evidence, editions[0].month[:4], Gifts())
    return prove(stack, list_goals(stack, editions)).proofs


def find(*editions: Edition) -> list[Clue]:
    return [clue for clue in find_clues(Evidence(editions, CODES, DISTRICTS), 0) if is_telling(clue)]


# Rounded to five; three duty-bearers in two states, of which two and two are hidden, with much left for them.
SAFE = {
    ("IN", "total"): (98, 102),
    ("IN-WB", "total"): (58, 62),
    ("IN-BR", "total"): (38, 42),
    ("IN", "by_duty_bearer", "P"): (53, 57),
    ("IN-WB", "by_duty_bearer", "P"): (33, 37),
    ("IN-BR", "by_duty_bearer", "P"): (18, 22),
}


def test_a_safe_table_gives_nothing_away() -> None:
    edition = publish("2026-10", SAFE)
    proofs = [proof for proof in attack(edition) if proof.goal.what == "hidden cell"]

    assert proofs == []
    # What is left beside the shown duty-bearer is there, but of many persons.
    assert all(len(clue.hidden) > 1 for clue in find(edition) if clue.what != "shown figure")


@pytest.mark.parametrize("rounded", [0, 2])
def test_the_last_hidden_child_of_a_shown_parent_is_found(rounded: int) -> None:
    counts = {("IN", "total"): 60, ("IN", "by_duty_bearer", "P"): 30, ("IN", "by_duty_bearer", "Q"): 20}
    edition = publish("2026-10", {name: (each - rounded, each + rounded) for name, each in counts.items()})
    child = cell("by_duty_bearer", "IN", "R", period="2026-10")

    found = [proof for proof in attack(edition) if proof.goal.cells == (child,)]
    assert [(round(proof.least or 0), proof.most) for proof in found] == [(10 - 3 * rounded, None)]
    assert [clue.bounds for clue in find(edition) if clue.hidden == (child,)] == [
        (10 - 3 * rounded, 10 + 3 * rounded)
    ]


def test_a_hidden_child_that_can_only_be_small_is_found() -> None:
    shown = {
        ("IN", "total"): (28, 32),
        ("IN", "by_duty_bearer", "P"): (16, 17),
        ("IN", "by_duty_bearer", "Q"): (11, 12),
    }
    edition = publish("2026-10", shown)
    child = cell("by_duty_bearer", "IN", "R", period="2026-10")

    found = [proof for proof in attack(edition) if proof.goal.cells == (child,)]
    assert [(proof.least, round(proof.most or 0)) for proof in found] == [(None, 5)]


def test_of_grounds_that_an_incident_may_share_no_most_is_proven_but_a_least_is() -> None:
    hidden = cell("by_grounds", "IN", "hiv_status", period="2026-10")
    shown = {("IN", "total"): (58, 62), ("IN", "by_grounds", "caste"): (56, 60)}
    assert not [proof for proof in attack(publish("2026-10", shown)) if hidden in proof.goal.cells]
    shown = {("IN", "total"): (58, 62), ("IN", "by_grounds", "caste"): (50, 52)}
    found = [proof for proof in attack(publish("2026-10", shown)) if hidden in proof.goal.cells]
    assert [(round(proof.least or 0), proof.most) for proof in found] == [(6, None)]


def test_a_cell_hidden_in_one_state_is_found_by_the_nation_and_the_other_states() -> None:
    shown = {name: bounds for name, bounds in SAFE.items() if name != ("IN-BR", "by_duty_bearer", "P")}
    shown |= {("IN", "by_duty_bearer", "P"): (42, 42)}
    edition = publish("2026-10", shown)
    child = cell("by_duty_bearer", "IN-BR", "P", period="2026-10")

    assert child in {proof.goal.cells[0] for proof in attack(edition)}
    assert child in {clue.hidden[0] for clue in find(edition)}


def test_a_cell_is_found_over_several_tables_where_no_single_difference_tells_it() -> None:
    shown = {
        ("IN-BR", "total"): (50, 50),
        ("IN", "by_duty_bearer", "P"): (50, 50),
        ("IN-WB", "by_duty_bearer", "P"): (22, 22),
        ("IN", "by_duty_bearer", "R"): (40, 40),
        ("IN-WB", "by_duty_bearer", "R"): (21, 21),
    }
    edition = publish("2026-10", shown)
    child = cell("by_duty_bearer", "IN-BR", "Q", period="2026-10")

    found = {
        (proof.goal.cells, proof.least, proof.most)
        for proof in attack(edition)
        if proof.goal.cells == (child,)
    }
    assert {(round(least or 0), round(most or 0)) for _, least, most in found} == {(3, 0), (0, 3)}
    assert not [clue for clue in find(edition) if clue.hidden == (child,)]


def test_one_record_changed_between_two_editions_is_found() -> None:
    exact = {name: (high, high) for name, (_, high) in SAFE.items()}
    moved = exact | {("IN-WB", "by_duty_bearer", "P"): (36, 36)}

    clues = [
        clue for clue in find(publish("2026-10", exact), publish("2026-10", moved, number=2)) if clue.change
    ]
    assert cell("by_duty_bearer", "IN-WB", "P", period="2026-10") in {
        each for clue in clues for each in clue.hidden
    }
    assert {clue.bounds for clue in clues if clue.what == "change"} == {(-1.0, -1.0)}


def test_a_figure_that_moves_or_goes_tells_that_something_happened_to_it() -> None:
    place = cell("by_duty_bearer", "IN-WB", "P", period="2026-10")
    moved = SAFE | {("IN-WB", "by_duty_bearer", "P"): (34, 38)}
    gone = {name: bounds for name, bounds in SAFE.items() if name != ("IN-WB", "by_duty_bearer", "P")}
    for after, says in ((moved, "figure moved"), (gone, "figure came or went")):
        clues = find(publish("2026-10", SAFE), publish("2026-10", after, number=2))
        touched = [clue for clue in clues if clue.what == says]
        assert [(clue.hidden, clue.before, clue.change) for clue in touched] == [
            ((place,), ("2026-10", 1), True)
        ]


def test_what_is_shown_anew_is_asked_who_stands_behind_it() -> None:
    clues = find(publish("2026-10", SAFE), publish("2026-10", SAFE, number=2))
    assert {clue.edition for clue in clues if clue.what == "shown figure"} == {("2026-10", 1)}
    assert len([clue for clue in clues if clue.what == "shown figure"]) == len(SAFE)


def test_a_figure_carried_forward_gives_nothing_away() -> None:
    editions = publish("2026-10", SAFE), publish("2026-10", SAFE, number=2)

    assert not [clue for clue in find(*editions) if clue.change]


def test_a_hidden_month_is_found_between_two_running_totals() -> None:
    def with_running_total(edition: Edition, low: int, high: int) -> Edition:
        running = cell("total", "IN-BR", period="2026")
        return Edition(edition.month, 1, {**edition.shown, running: (low, high)}, edition.hidden)

    shown = {name: bounds for name, bounds in SAFE.items() if name != ("IN-BR", "total")}
    editions = (
        with_running_total(publish("2026-02", shown), 200, 200),
        with_running_total(publish("2026-03", shown), 204, 204),
    )
    clues = {clue.hidden: clue.bounds for clue in find(*editions) if clue.what == "window"}
    assert clues == {(cell("total", "IN-BR", period="2026-03"),): (4.0, 4.0)}


def test_a_hidden_month_is_found_by_the_quarter() -> None:
    shown = {("IN", "total"): (300, 500), ("IN-BR", "total"): (20, 24)}
    last = {
        ("IN", "total"): (300, 500),
        ("IN-BR", "by_district", "1"): (33, 37),
        ("IN-BR", "by_district", "2"): (23, 27),
    }
    editions = (
        publish("2026-01", shown),
        publish("2026-02", shown),
        publish("2026-03", last, quarter="2026-Q1"),
    )

    found = {
        proof.goal.cells[0]: proof.least for proof in attack(*editions) if proof.goal.what == "hidden cell"
    }
    assert found[cell("total", "IN-BR", period="2026-03")] == pytest.approx(8)
