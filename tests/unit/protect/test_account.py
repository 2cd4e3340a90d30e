"""What the data team is told of an edition: how much is hidden and why, never an exact count."""

import re
from dataclasses import replace

import polars as pl
import pytest

from pipeline.protect.account import account_for, render_account, say_slack, summarize
from pipeline.protect.counted import CELL, CELLS_SCHEMA, Counted
from pipeline.protect.edition import audit_edition, protect_edition
from pipeline.protect.primary import COMPLEMENTARY, DOMINANCE, FEW, GROUP, PARENT

MONTH = "2026-10"
TABLES = ("rows", "total", "by_duty_bearer", "by_service")


def make_rows(small):
    """Two states whose every figure may stand, one that a collective told alone, each of three services."""
    rows = []
    for number in range(843):
        state = "S1" if number < 400 else "S2" if number < 743 else "S3"
        told = ["ALONE"] if state == "S3" else ["ONE" if number % 2 else "TWO"]
        bearer = "B1" if number % 5 < 3 else "B2"
        rows.append(
            small.row(
                number, state=state, collectives=told, duty_bearer=bearer, service=f"V{number // 7 % 3 + 1}"
            )
        )
    return rows


@pytest.fixture(scope="module")
def protected(small):
    """An edition with its account, without any consent."""
    accounts = [
        ("rows", "IN", MONTH, name, "", "", 1_013, 1_013) for name in ("rows_received", "rows_counted")
    ]
    draft = Counted(
        MONTH, 1, small.frame(make_rows(small)), pl.DataFrame(accounts, schema=CELLS_SCHEMA, orient="row")
    )
    plan = small.plan(TABLES)
    found = protect_edition(draft, [], plan, small.contract, consents=())
    verdict = audit_edition(draft, found.figures, [], plan, small.contract)
    return found, verdict, account_for("2026-10-e1", verdict, found.figures)


def test_every_planned_figure_is_shown_or_hidden_for_one_reason(small, protected) -> None:
    found, _, account = protected
    for table in account.tables:
        assert table.shown + sum(table.hidden.values()) == table.planned
    assert sum(table.planned for table in account.tables) == found.figures.height
    assert {each.place for each in account.tables if each.table == "total"} == {"India", "states"}


def test_reasons_are_those_of_the_rules_and_of_the_audit(protected) -> None:
    found, _, account = protected
    reasons = {row[:-1]: row[-1] for row in account.hidden.iter_rows()}
    assert reasons["total", "S3", MONTH, "incidents", "", ""] == DOMINANCE
    assert set(reasons.values()) <= {FEW, DOMINANCE, PARENT, GROUP, COMPLEMENTARY}
    hidden = found.figures.filter(status="not_published")
    assert set(account.hidden.select(CELL).iter_rows()) <= set(hidden.select(CELL).iter_rows())
    # Where the audit is made from the file, what it hid has no reason of its own but this one.
    judged = found.verdict.judged.filter(reason=COMPLEMENTARY).select(CELL)
    assert all(reasons[cell] == COMPLEMENTARY for cell in judged.iter_rows() if cell in reasons)


def test_the_visible_share_is_of_incidents_and_rounded_down(small, protected) -> None:
    found, _, account = protected
    shown = found.figures.filter(table="total", status="shown")["geography"].to_list()
    counts = {state: sum(row["state"] == state for row in make_rows(small)) for state in ("S1", "S2", "S3")}
    visible = sum(counts[state] for state in shown if state != "IN")
    (states,) = [each for each in account.tables if (each.table, each.place) == ("total", "states")]
    assert states.visible == 100 * visible // sum(counts.values())


def test_a_table_that_counts_nothing_has_no_visible_share(small) -> None:
    plan = small.plan(("total", "by_survivor_gender"))
    draft = Counted(MONTH, 1, small.frame(make_rows(small)))
    found = protect_edition(draft, [], plan, small.contract, consents=())
    account = account_for("2026-10-e1", found.verdict, found.figures)
    assert {each.table: each.visible for each in account.tables}["by_survivor_gender"] is None
    assert "None" not in summarize(account)


def test_collectives_are_named_whose_consent_would_open_figures(small) -> None:
    plan = small.plan(("total",))
    rows = [small.row(number, state="S1", collectives=["HERE", "THERE"]) for number in range(100)]
    rows += [small.row(number, state=f"S{2 + number % 4 // 2}") for number in range(100, 500)]
    draft = Counted(MONTH, 1, small.frame(rows))
    missing = []
    for consents in ((), ("HERE",), ("HERE", "THERE")):
        found = protect_edition(draft, [], plan, small.contract, consents=consents)
        account = account_for("2026-10-e1", found.verdict, found.figures)
        missing.append(account.consents_missing)
        assert all(f"consent of {name}" in summarize(account) for name in account.consents_missing)
    assert missing == [{"HERE": 1, "THERE": 1}, {"THERE": 1}, {}]


def test_the_summary_holds_no_count_of_incidents(protected) -> None:
    found, verdict, account = protected
    numbers = {int(number) for number in re.findall(r"\d+", summarize(account).replace("2026-10-e1", ""))}
    exact = {count for count in verdict.judged["count"].unique() if count > 100}
    assert exact
    assert not numbers & exact
    assert not numbers & set(found.figures["value"].drop_nulls())


def test_the_page_and_the_list_of_hidden_figures_hold_no_count_either(protected) -> None:
    _, verdict, account = protected
    assert "count" not in account.hidden.columns
    page = render_account(account).decode()
    for count in verdict.judged.filter(pl.col("count") > 100)["count"].unique():
        assert not re.search(rf"\b{count}\b", page)


def test_the_slack_is_said_only_where_something_is_hidden(protected) -> None:
    _, verdict, _ = protected
    assert "at least" in say_slack(replace(verdict, slack=4.0, slack_is_least=True))
    assert "4" in say_slack(replace(verdict, slack=4.0, slack_is_least=False))
    assert "nothing" in say_slack(replace(verdict, targets=0))


def test_what_stood_open_before_is_told(protected) -> None:
    _, _, account = protected
    assert "already" not in summarize(account)
    standing = replace(account, standing=2)
    assert "2 small counts could be found out from earlier editions already" in summarize(standing)
