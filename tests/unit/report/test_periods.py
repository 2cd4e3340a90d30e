"""Figures of a quarter or a year stand on the pages of its last month, and say what they are of."""

import pytest

from pipeline.contract import load_contract
from pipeline.periods import is_month, list_closing, split_period
from pipeline.protect.periods import GRAINS, ends_period, name_period
from pipeline.report.edition import Edition
from pipeline.report.figures import FiguresFormatError
from pipeline.report.outline import STATES, TABLES

MONTHS = [f"2026-{number:02d}" for number in range(1, 13)]


@pytest.mark.parametrize("month", MONTHS)
def test_the_periods_that_a_month_closes_are_those_that_protection_counts(month):
    closing = {name_period(month, grain) for grain in GRAINS if ends_period(month, grain)}
    assert list_closing(month) == closing
    assert [period for period in closing if is_month(period)] == [month]


@pytest.mark.parametrize(
    ("period", "months"),
    [("2026-10", (10, 10)), ("2026-Q1", (1, 3)), ("2026-Q4", (10, 12)), ("2026", (1, 12))],
)
def test_a_period_has_a_year_a_first_and_a_last_month(period, months):
    assert split_period(period) == ("2026", *months)


@pytest.mark.parametrize(
    ("month", "titles"),
    [
        ("2026-10", []),
        ("2026-09", ["Incidents by district, July to September 2026"]),
        (
            "2026-12",
            [
                "Incidents by district, October to December 2026",
                "Incidents by duty-bearer and what happened, the year 2026",
            ],
        ),
    ],
)
def test_the_page_of_a_state_has_the_tables_that_its_month_closes(
    month, titles, contract, make_frame, make_figures, build
):
    figures = make_figures(make_frame(contract, share_shown=0.5, month=month))
    page = build(figures, contract, Edition(month, 1, {}), "IN-WB")
    assert [table.title for table in page.tables if "2026" in table.title] == titles
    national = build(figures, contract, Edition(month, 1, {}), "IN")
    assert not any("2026" in table.title for table in national.tables)


def test_figures_of_another_span_than_the_total_have_no_share(contract, make_frame, make_figures, build):
    figures = make_figures(make_frame(contract, share_shown=1, month="2026-12"))
    page = build(figures, contract, Edition("2026-12", 1, {}), "IN-WB")
    for table in page.tables:
        assert not (table.has_shares and "2026" in table.title)


def test_a_code_that_no_list_has_is_refused_also_in_a_crossing(contract, make_frame, make_figures, build):
    frame = make_frame(contract, share_shown=0, month="2026-12")
    stray = frame.with_columns(code_2=frame["code_2"].replace("DELAY", "DELAYS"))
    with pytest.raises(FiguresFormatError, match="incident_kinds"):
        build(make_figures(stray), contract, Edition("2026-12", 1, {}), "IN-WB")


def test_every_table_of_the_plan_has_words_and_every_table_with_words_is_planned(list_plan):
    contract = load_contract()
    planned = {table: [name for name, _ in pairs] for table, *_, pairs in list_plan(contract, "2026-12")}
    assert {words.table for words in TABLES} == set(planned)
    for words in (*TABLES, STATES):
        lists = [name for name in (words.codes, words.inner) if name and words is not STATES]
        named = ("legal_provisions" if name == "late_provision" else name for name in planned[words.table])
        dimensions = [name if name in contract.code_lists else f"{name}s" for name in named]
        assert lists == dimensions
