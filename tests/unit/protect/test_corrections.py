"""Later editions of a month: what moves, what is carried forward, and what withdrawals leave as it was."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.protect.corrections import carries_freely
from pipeline.protect.counted import CELL, CELLS_SCHEMA, Counted
from pipeline.protect.edition import protect_edition

MONTH = "2026-10"
TABLES = ("rows", "total", "range", "by_duty_bearer", "by_incident_kind", "bearer_by_kind")


@pytest.fixture
def office(small):
    """An office that published one month: sixty incidents of one service, sixty of another."""
    found = small.office(small.plan(("total", "range", "by_service")), small.contract)
    found.live[MONTH] = [small.row(number, service="V1" if number < 60 else "V2") for number in range(120)]
    found.issue(MONTH)
    return found


def find(
    edition, table: str, code: str = "", measure: str = "incidents", place: str = "IN"
) -> tuple[int, int]:
    """Return value and setting edition of a figure, by default a national one."""
    row = edition.figures.filter(geography=place, table=table, code_1=code, measure=measure)
    return row.select("value", "as_of").row(0)


def add(small, office, size: int, **changes) -> None:
    first = 1_000 + len(office.live[MONTH])
    office.live[MONTH] += [small.row(first + number, **changes) for number in range(size)]


@pytest.mark.parametrize(("added", "figure"), [(9, (60, 1)), (10, (70, 2))])
def test_a_figure_moves_if_ten_persons_changed_in_it(small, office, added, figure) -> None:
    add(small, office, added)
    edition = office.issue(MONTH)
    assert find(edition, "by_service", "V1") == figure
    assert find(edition, "by_service", "V2") == (60, 1)


def test_many_incidents_of_few_persons_move_nothing(small, office) -> None:
    add(small, office, 40, person="one")
    assert find(office.issue(MONTH), "by_service", "V1") == (60, 1)


def test_persons_who_come_and_persons_who_go_are_counted_together(small, office) -> None:
    office.live[MONTH] = office.live[MONTH][5:]
    add(small, office, 5)
    assert find(office.issue(MONTH), "by_service", "V1") == (60, 2)


def test_incidents_coded_anew_move_the_codes_and_not_the_total(small, office) -> None:
    office.live[MONTH] = [
        {**row, "service": "V2"} if number < 12 else row for number, row in enumerate(office.live[MONTH])
    ]
    edition = office.issue(MONTH)
    assert find(edition, "by_service", "V1") == (50, 2)
    assert find(edition, "by_service", "V2") == (70, 2)
    assert find(edition, "total") == (120, 1)


def test_small_changes_move_nothing_until_ten_persons_change_at_once(small, office) -> None:
    """Else a figure would move by the one person who makes them ten."""
    add(small, office, 6)
    assert find(office.issue(MONTH), "by_service", "V1") == (60, 1)
    add(small, office, 6)
    assert find(office.issue(MONTH), "by_service", "V1") == (60, 1)
    add(small, office, 12)
    assert find(office.issue(MONTH), "by_service", "V1") == (85, 4)


def test_a_change_that_is_taken_back_moves_nothing(small, office) -> None:
    once = office.live[MONTH]
    add(small, office, 6)
    office.issue(MONTH)
    office.live[MONTH] = once
    assert find(office.issue(MONTH), "by_service", "V1") == (60, 1)


def test_withdrawals_never_move_a_figure(small, office) -> None:
    first = office.editions[MONTH, 1].figures
    office.withdraw(row["incident"] for row in office.live[MONTH][:50])
    assert office.issue(MONTH).figures.equals(first)


def test_a_figure_that_moves_keeps_counting_what_was_withdrawn(small, office) -> None:
    office.withdraw(row["incident"] for row in office.live[MONTH][:20])
    add(small, office, 15)
    edition = office.issue(MONTH)
    assert find(edition, "by_service", "V1") == (75, 2)
    counts = edition.cells.filter(geography="IN", table="by_service")
    assert dict(counts.select("code_1", "count").iter_rows()) == {"V1": 75, "V2": 60}


def test_what_was_coded_anew_and_then_withdrawn_is_counted_once(small, office) -> None:
    moved = [row["incident"] for row in office.live[MONTH][:6]]
    office.live[MONTH] = [
        {**row, "service": "V2"} if row["incident"] in moved else row for row in office.live[MONTH]
    ]
    office.issue(MONTH)
    office.withdraw(moved)
    for service in ("V1", "V2"):
        add(small, office, 12, service=service)
    edition = office.issue(MONTH)
    counts = edition.cells.filter(geography="IN", table="by_service")
    assert dict(counts.select("code_1", "count").iter_rows()) == {"V1": 66, "V2": 78}
    assert edition.cells.filter(geography="IN", table="total")["count"].item() == 144


def test_a_range_goes_with_the_total_and_is_hidden_where_one_end_changed_by_few(small, office) -> None:
    one, several = "incidents_if_doubtful_are_one", "incidents_if_doubtful_are_several"
    add(small, office, 12, may_repeat=True)
    edition = office.issue(MONTH)
    # One end has not changed at all; the former range would not hold the total that is shown now.
    assert [find(edition, "range", measure=measure) for measure in (one, several)] == [(None, 2), (None, 2)]
    assert find(edition, "total") == (130, 2)
    add(small, office, 12)
    edition = office.issue(MONTH)
    assert [find(edition, "range", measure=measure) for measure in (one, several)] == [(130, 3), (145, 3)]


def test_a_figure_that_falls_below_the_threshold_by_much_is_hidden(small, office) -> None:
    office.live[MONTH] = office.live[MONTH][52:]
    edition = office.issue(MONTH)
    assert find(edition, "by_service", "V1") == (None, 2)


def test_a_figure_that_falls_below_the_threshold_by_little_stays(small) -> None:
    office = small.office(small.plan(("total", "by_service")), small.contract)
    office.live[MONTH] = [small.row(number, service="V1" if number < 12 else "V2") for number in range(120)]
    office.issue(MONTH)
    office.live[MONTH] = office.live[MONTH][8:]
    assert find(office.issue(MONTH), "by_service", "V1") == (10, 1)


def test_numbers_of_rows_are_carried_forward_with_their_counts(small) -> None:
    plan = small.plan(("rows", "total"))
    rows = [small.row(number) for number in range(60)]
    accounts = pl.DataFrame(
        [("rows", "IN", MONTH, "rows_counted", "", "", 80, 80)], schema=CELLS_SCHEMA, orient="row"
    )
    first = small.publish(Counted(MONTH, 1, small.frame(rows), accounts), [], plan)
    assert find(first, "rows", measure="rows_counted") == (80, 1)
    second = small.publish(Counted(MONTH, 2, small.frame(rows[:30])), [first], plan)
    assert find(second, "rows", measure="rows_counted") == (80, 1)
    assert second.cells.filter(table="rows")["count"].item() == 80
    assert find(second, "total") == (30, 2)


def test_a_table_that_is_new_in_the_plan_is_not_published_in_a_correction_of_an_older_edition(
    small, office
) -> None:
    office.plan = small.plan(("total", "range", "by_service", "by_duty_bearer"))
    add(small, office, 30)
    edition = office.issue(MONTH)
    assert find(edition, "by_service", "V1") == (90, 2)
    new = edition.figures.filter(table="by_duty_bearer")
    assert new.height == sum(
        family.table == "by_duty_bearer" for family, _ in small.cells(office.plan, MONTH)
    )
    assert set(new.select("status", "as_of").iter_rows()) == {("not_published", 2)}
    add(small, office, 30)
    assert office.issue(MONTH).figures.filter(table="by_duty_bearer").equals(new)


def judge_moves(small, plan, office, block, number):
    """Return which cells of a correction have changed by ten persons since edition `number`, counted by hand."""
    month = block[0]
    then, now = (office.editions[month, each].incidents.to_dicts() for each in (number, block[1]))
    moved = {}
    for family, cell in small.cells(plan, month):
        was, has = (
            {row["incident"]: row for row in rows if small.stands_in(row, family, cell)}
            for rows in (then, now)
        )
        changed = [{**was, **has}[name] for name in was.keys() ^ has.keys()]
        moved[cell] = small.persons(changed) >= plan.threshold_persons
    return moved


@pytest.mark.parametrize("seed", range(3))
def test_what_is_carried_forward_keeps_its_value_and_all_else_has_changed_by_ten_persons(small, seed) -> None:
    chance = np.random.default_rng([seed, 5])
    plan = small.plan(TABLES)
    office = small.office(plan, small.contract)
    office.live[MONTH] = small.invent(chance, 200)
    office.issue(MONTH)
    for number in (2, 3, 4):
        office.withdraw(row["incident"] for row in office.live[MONTH] if chance.random() < 0.05)
        office.live[MONTH] = [
            {**row, **(small.codes(chance) if chance.random() < 0.1 else {})} for row in office.live[MONTH]
        ] + small.invent(chance, 8, first=number * 1_000)
        former, edition = office.editions[MONTH, number - 1], office.issue(MONTH)
        old, new = (
            {tuple(row[name] for name in CELL): row for row in each.figures.iter_rows(named=True)}
            for each in (former, edition)
        )
        assert old.keys() == new.keys()
        judged = {each: judge_moves(small, plan, office, (MONTH, number), each) for each in range(1, number)}
        # Ten persons changed since the edition that set a figure, and ten since the one before.
        moves = {
            cell: judged[old[cell]["as_of"]][cell] and judged[number - 1][cell] for cell in judged[number - 1]
        }
        for cell, figure in new.items():
            if cell[0] == "rows":
                assert figure == old[cell]
                continue
            ends = [each for each in moves if each[:3] == cell[:3] and each[4:] == cell[4:]]
            # The ends of a range go with the total, and are shown only if both changed by ten persons.
            total = ("total", cell[1], cell[2], "incidents", "", "")
            is_range = cell[0] == "range"
            if is_range and figure["as_of"] == number:
                assert new[total]["as_of"] == number
                assert figure["status"] == "not_published" or all(moves[each] for each in ends)
            elif not is_range and moves[cell]:
                assert figure["as_of"] == number
            else:
                assert figure == old[cell]


def test_no_correction_leaves_one_code_of_a_breakdown_alone(small) -> None:
    plan = small.plan(("total", "by_service"))
    rows = [small.row(number, service="V1" if number < 541 else "V2") for number in range(600)]
    rows += [
        small.row(number, state=f"S{2 + number % 2}", service=f"V{1 + number // 2 % 3}")
        for number in range(600, 1400)
    ]
    rows = [{**row, "collectives": ["ONE", "TWO"][place // 3 % 2 :][:1]} for place, row in enumerate(rows)]
    draft = Counted(MONTH, 1, small.frame(rows))
    first = protect_edition(draft, [], plan, small.contract, consents=())
    added = [
        small.row(number, service="V2", collectives=["ONE", "TWO"][number % 2 :][:1])
        for number in range(3000, 3012)
    ]
    published = replace(draft, cells=first.cells, figures=first.figures)
    second = protect_edition(
        Counted(MONTH, 2, small.frame(rows + added)), [published], plan, small.contract, consents=()
    )
    for edition in (first, second):
        services = edition.figures.filter(geography="S1", table="by_service")
        assert services["status"].unique().to_list() == ["not_published"]
    assert find(second, "total", place="S1") == (610, 2)


@pytest.mark.parametrize(
    ("former", "now", "carried", "is_free"),
    [
        (60, 65, True, True),  # 58 to 62 and 63 to 67 lie within nine of each other whatever they are
        (65, 60, True, True),
        (60, 70, True, False),  # 58 and 72 would not
        (70, 60, True, False),
        (60, 70, False, True),  # it goes on being shown anew
        (60, None, True, False),  # it was hidden, and now is shown as it was
        (None, 60, True, True),  # it was shown, and now is hidden
    ],
)
def test_carrying_forward_takes_no_room_where_both_ranges_are_near(
    small, former, now, carried, is_free
) -> None:
    def make(value: int | None, as_of: int) -> pl.DataFrame:
        cell = dict.fromkeys(CELL, "") | {"as_of": as_of, "status": "shown" if value else "not_published"}
        ends = (value - 2, value + 2) if value else (None, None)
        texts, numbers = [*CELL, "status"], ["as_of", "lower", "upper"]
        schema = dict.fromkeys(texts, pl.String) | dict.fromkeys(numbers, pl.Int64)
        return pl.DataFrame([{**cell, "lower": ends[0], "upper": ends[1]}], schema)

    before = make(now, 2)
    assert carries_freely(before, make(former, 1) if carried else before, small.plan(("total",))) == is_free
