"""Quarters and years: figures of the last month's edition, of what the editions of all their months count."""

import csv
from pathlib import Path

import pytest

QUARTERLY, YEARLY = "by_district", "state_duty_bearer_by_incident_kind"


def read_table(month, table: str) -> list[dict[str, str]]:
    path = month.settings.published / month.month / "e1" / "figures.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return [line for line in csv.DictReader(lines) if line["table"] == table]


def read_tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def quarter(published, november, december, once, spread_reports):
    """October, November and December, each published; in November also late reports for October."""

    def publish() -> None:
        for collective, reports in spread_reports("L").items():
            late = (each for each in reports if int(each["report_id"].split("-")[-1]) % 17 < 5)
            published.send_reports(collective, *late, name="2026-10-late.csv")
        november.send_spread("N")
        november.run()
        december.send_spread("D")
        december.run()

    once("quarter", publish)
    return december


def test_the_last_month_of_a_quarter_counts_what_the_editions_of_its_months_count(quarter, november) -> None:
    lines = read_table(quarter, QUARTERLY)
    assert {line["period"] for line in lines} == {"2026-Q4"}
    shown = {line["code_1"]: line["value"] for line in lines if line["status"] == "shown"}
    # 17 each month, and in November 5 late ones more.
    assert shown == dict.fromkeys(("305", "307", "308", "188", "189", "190", "344", "345", "346"), "55")
    assert november.figure("total", "IN-WB")["value"] == "65"


def test_a_year_of_which_months_are_missing_is_not_published(quarter) -> None:
    lines = read_table(quarter, YEARLY)
    assert {line["period"] for line in lines} == {"2026"}
    assert {line["status"] for line in lines} == {"not_published"}


def test_other_months_hold_neither_quarter_nor_year(quarter, october, november) -> None:
    for month in (october, november):
        assert read_table(month, QUARTERLY) == read_table(month, YEARLY) == []


def test_the_second_run_of_a_quarters_months_changes_nothing(quarter, october, november) -> None:
    before = read_tree(quarter.settings.published), quarter.export()
    for month in (october, november, quarter):
        month.run()
    assert (read_tree(quarter.settings.published), quarter.export()) == before


def test_a_quarter_without_the_edition_of_one_of_its_months_is_not_published(
    published, december, make_report
) -> None:
    # What October counts would be enough to show its districts.
    december.send_reports("UTTHAN", make_report("D-1"))
    december.run()
    assert {line["status"] for line in read_table(december, QUARTERLY)} == {"not_published"}
