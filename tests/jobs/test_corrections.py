"""Corrected editions: what changed enough moves, all else is carried forward, and what was published stays."""

import csv
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.errors import JawabdehiError, UsageError
from pipeline.report.package import check_manifest
from pipeline.store import tables

KEY = ("table", "geography", "measure", "code_1", "code_2")
CANARY = "Made-up words of a withdrawn report"


def read_lines(month, number: int) -> dict[tuple[str, ...], str]:
    """Return the lines of an edition's figures by what they are about."""
    path = month.settings.published / month.month / f"e{number}" / "figures.csv"
    text = path.read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    lines = text.splitlines()[1:]
    return {tuple(row[name] for name in KEY): line for row, line in zip(rows, lines, strict=True)}


def list_changed(month, number: int) -> set[tuple[str, ...]]:
    """Return what differs between an edition and the one before, as table, place and code."""
    before, after = read_lines(month, number - 1), read_lines(month, number)
    assert before.keys() == after.keys()
    return {(key[0], key[1], key[3]) for key in before if before[key] != after[key]}


def read_tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def move(month, spread_reports, *, of: dict[str, str], to: dict[str, str], number: int, name: str) -> None:
    """Let the collectives correct `number` of their reports that answered `of`, to `to`."""
    told = [
        (collective, report)
        for collective, reports in spread_reports("U").items()
        for report in reports
        if of.items() <= report.items()
    ]
    assert len(told) > number
    moved = [(collective, report | to | {"action": "correct"}) for collective, report in told[:number]]
    for collective in dict(moved):
        lines = (report for by, report in moved if by == collective)
        month.send_reports(collective, *lines, name=f"2026-10-{name}.csv")


@pytest.fixture
def mended(published, spread_reports, once):
    """October published, and then reports corrected: twelve in West Bengal, three in Odisha."""

    def mend() -> None:
        here = {"state": "IN-WB", "duty_bearer": "POLICE_STATION"}
        move(published, spread_reports, of=here, to={"duty_bearer": "DLSA"}, number=12, name="bearer")
        there = {"state": "IN-OD", "service": "FIR"}
        move(published, spread_reports, of=there, to={"service": "LEGAL_AID"}, number=3, name="service")
        published.collect()

    once("mended", mend)
    return published


@pytest.fixture
def corrected(mended, once):
    """October in its second edition, as `mended` tells it."""
    once("corrected", lambda: mended.run(reason="wrong_codes"))
    return mended


def test_a_correction_moves_what_changed_by_enough_persons_and_carries_all_else_forward(corrected) -> None:
    moved = {
        ("by_duty_bearer", place, code) for place in ("IN", "IN-WB") for code in ("POLICE_STATION", "DLSA")
    }
    assert list_changed(corrected, 2) == moved
    lines = read_lines(corrected, 2)
    assert lines["by_duty_bearer", "IN-WB", "incidents", "DLSA", ""].endswith(",30,28,32,shown")
    assert lines["by_duty_bearer", "IN-WB", "incidents", "POLICE_STATION", ""].endswith(",,,not_published")


def test_a_correction_says_what_it_corrects_and_why_and_leaves_what_it_corrects_as_it_was(
    mended, once
) -> None:
    folder = mended.settings.published / "2026-10"
    before = read_tree(folder / "e1")
    once("corrected", lambda: mended.run(reason="wrong_codes"))
    assert read_tree(folder / "e1") == before
    check_manifest(folder / "e2")
    manifest = json.loads((folder / "e2" / "manifest.json").read_text())
    assert manifest["corrects"] == {"edition": "JWB-2026-10-e1", "reason": "wrong_codes"}
    for place in ("IN", "IN-WB"):
        page = (folder / "e2" / place / "report.en.html").read_text(encoding="utf-8")
        assert "JWB-2026-10-e1" in page
        assert "Collectives corrected their reports" in page
        assert "District Legal Services Authority" in page


def test_a_correction_of_a_correction_starts_from_it(corrected, spread_reports) -> None:
    before = {number: read_tree(corrected.settings.published / "2026-10" / f"e{number}") for number in (1, 2)}
    here = {"state": "IN-BR", "duty_bearer": "POLICE_STATION"}
    move(corrected, spread_reports, of=here, to={"duty_bearer": "BANK_BRANCH"}, number=12, name="more")
    corrected.run(reason="program")
    changed = list_changed(corrected, 3)
    assert {each for each in changed if each[1] != "IN"} == {
        ("by_duty_bearer", "IN-BR", code) for code in ("POLICE_STATION", "BANK_BRANCH")
    }
    assert ("by_duty_bearer", "IN", "BANK_BRANCH") in changed
    after = {number: read_tree(corrected.settings.published / "2026-10" / f"e{number}") for number in (1, 2)}
    assert after == before


def test_a_month_of_which_nothing_is_published_has_nothing_to_correct(collected) -> None:
    with pytest.raises(JawabdehiError, match="nothing to correct"):
        jobs.open_edition(collected.settings, "2026-10", "wrong_codes")


def test_a_reason_that_is_not_listed_is_refused_with_those_that_are(published, contract) -> None:
    with pytest.raises(UsageError) as refusal:
        jobs.open_edition(published.settings, "2026-10", "mood")
    assert all(reason in str(refusal.value) for reason in contract.code_lists["correction_reasons"].codes)


def test_a_published_month_stays_as_it_is_without_a_reason(published) -> None:
    assert jobs.open_edition(published.settings, "2026-10") is None


def test_withdrawals_leave_published_figures_alone_and_cannot_be_told_from_corrections(
    corrected, once
) -> None:
    without = read_lines(corrected, 2)
    once("mended", lambda: None)
    before = read_tree(corrected.settings.published / "2026-10" / "e1")
    gone = [f"U-IN-WB-{number}" for number in (2, 8, 14)]
    withdrawn = ({"report_id": each, "action": "withdraw"} for each in gone)
    corrected.send_reports("UTTHAN", *withdrawn, name="2026-10-withdrawn.csv")
    corrected.run(reason="wrong_codes")
    assert {corrected.verdicts()[each][0] for each in gone} == {"withdrawn"}
    assert read_tree(corrected.settings.published / "2026-10" / "e1") == before
    assert read_lines(corrected, 2) == without


def test_no_word_of_a_withdrawn_report_is_left_in_the_database(
    published, november, engine, make_report
) -> None:
    told = make_report("GONE-1", narrative=f"{CANARY}.", office="Model Thana No. 9", grounds="caste")
    november.send_reports("UTTHAN", told)
    november.run()
    with engine.connect() as connection:
        rows = tables.rows
        where = (rows.c.return_id == tables.reports.c.return_id) & (rows.c.row == tables.reports.c.row)
        query = sa.select(tables.reports.c.person).join(rows, where).where(rows.c.report_id == "GONE-1")
        person = connection.scalars(query).one()
    assert any(person in line for line in everything(engine))
    november.send_reports("UTTHAN", {"report_id": "GONE-1", "action": "withdraw"}, name="2026-11-b.csv")
    november.collect()
    kept = everything(engine)
    for word in (CANARY, "Model Thana No. 9", told["case_token"], person):
        assert not [line for line in kept if word in line]


def everything(engine: sa.Engine) -> list[str]:
    """Return every row of every table as text."""
    with engine.connect() as connection:
        return [
            row
            for table in tables.metadata.sorted_tables
            for row in connection.scalars(sa.select(sa.text("t::text")).select_from(table.alias("t")))
        ]
