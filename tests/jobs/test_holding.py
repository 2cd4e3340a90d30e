"""Returns that wait for a person: what is held, what of it counts, and how it is released or refused."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.errors import UsageError
from pipeline.language import load_language
from pipeline.settings import KOLKATA
from pipeline.store import tables
from pipeline.store.database import connect
from pipeline.store.ledger import check_chain

FLOOD = [f"They refused me at counter {number} and sent me home without any paper" for number in range(40)]


def send_flood(month, make_report) -> str:
    month.send_reports(
        "UTTHAN", *(make_report(f"F-{number}", narrative=text) for number, text in enumerate(FLOOD))
    )
    (return_id,) = month.collect()
    return return_id


def list_received(month) -> list[datetime]:
    with connect(month.settings.database_url) as engine, engine.connect() as connection:
        return list(connection.scalars(sa.select(tables.returns.c.received_at)))


def read_slip(month, return_id: str) -> str:
    (page,) = month.settings.home.rglob(f"*{return_id}*.html")
    return page.read_text(encoding="utf-8")


def count(month, table: sa.Table) -> int:
    with connect(month.settings.database_url) as engine, engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_flood_waits_is_told_of_and_is_not_counted(october, make_report) -> None:
    return_id = send_flood(october, make_report)
    assert jobs.take_in_return(october.settings, return_id) is None
    assert {tuple(verdicts) for verdicts in october.verdicts().values()} == {("held",)}
    assert {line["reasons"] for line in october.export()} == {"nearly_identical"}
    listed = jobs.list_held_returns(october.settings)
    assert listed[0].startswith(f"{return_id}: 40 rows of UTTHAN for 2026-10")
    assert "nearly the same" in listed[1]
    assert any("returns list" in line for line in jobs.describe_status(october.settings, None))
    assert count(october, tables.incidents) == 0


def test_once_released_it_counts_as_if_it_had_never_waited(october, make_report) -> None:
    return_id = send_flood(october, make_report)
    jobs.release_return(october.settings, return_id, "A made-up person")
    assert jobs.list_news(october.settings) == ["UTTHAN|2026-10"]
    jobs.link_month(october.settings, "2026-10")
    assert {verdict for (verdict,) in october.verdicts().values()} <= {"counted", "duplicate"}
    assert jobs.list_held_returns(october.settings) == ["No return waits for a person."]
    with pytest.raises(UsageError, match="returns list"):
        jobs.release_return(october.settings, return_id, "A made-up person")


def test_one_that_nobody_decides_on_is_refused_when_sealed_content_has_been_kept_long_enough(
    october, make_report, contract
) -> None:
    return_id = send_flood(october, make_report)
    (held,) = list_received(october)
    closes = datetime(2026, 11, 10, tzinfo=KOLKATA)
    over = max(closes, held) + timedelta(days=90)
    assert jobs.purge_months(october.settings, now=over - timedelta(seconds=1)) == []
    assert {tuple(verdicts) for verdicts in october.verdicts().values()} == {("held",)}
    assert jobs.purge_months(october.settings, now=over) == ["2026-10"]
    assert {line["reasons"] for line in october.export()} == {"return_undecided"}
    assert jobs.list_held_returns(october.settings) == ["No return waits for a person."]
    assert load_language("bn").translate(contract.rules["return_undecided"].reason) in read_slip(
        october, return_id
    )
    for table in (tables.reports, tables.sealed_reports, tables.sealed_rows):
        assert count(october, table) == 0
    with connect(october.settings.database_url) as engine, engine.connect() as connection:
        check_chain(connection)


def test_once_refused_nothing_of_it_counts_and_nothing_of_it_is_kept(october, make_report) -> None:
    return_id = send_flood(october, make_report)
    jobs.refuse_return(october.settings, return_id, "A made-up person")
    assert {tuple(verdicts) for verdicts in october.verdicts().values()} == {("quarantined",)}
    assert {line["reasons"] for line in october.export()} == {"return_refused"}
    for table in (tables.reports, tables.sealed_reports, tables.sealed_rows):
        assert count(october, table) == 0
    with connect(october.settings.database_url) as engine, engine.connect() as connection:
        assert connection.scalars(sa.select(tables.landed.c.content)).one() is None
        check_chain(connection)
        entry = connection.execute(
            sa.select(tables.entries).where(tables.entries.c.event == "return refused")
        ).one()
    assert (entry.actor, entry.subject) == ("A made-up person", return_id)
    # The same reports may be sent again in another file.
    october.send_reports("UTTHAN", make_report("F-1", narrative="Told in other words."), name="2026-10-b.csv")
    october.collect()
    assert sorted(october.verdicts()["F-1"]) == ["counted", "quarantined"]


def test_a_report_of_a_held_return_does_not_stand_in_the_way_of_others(october, make_report) -> None:
    send_flood(october, make_report)
    october.send_reports("BIHAAN", make_report("B-1", state="IN-JH"))
    october.send_reports(
        "UTTHAN", make_report("F-3", narrative="Another made-up story."), name="2026-10-b.csv"
    )
    october.collect()
    assert october.verdicts()["B-1"] == ["counted"]
    assert sorted(october.verdicts()["F-3"]) == ["counted", "held"]


def test_a_collective_outside_its_time_and_a_return_beyond_the_quota_wait(october, make_report) -> None:
    early = october.at("2019-10")
    day = {"recorded_on": "2019-10-20", "incident_date": "2019-10-12"}
    early.send_reports("UTTHAN", make_report("U-1", **day))
    early.collect()
    assert [line["reasons"] for line in early.export()] == ["collective_not_valid"]
    strict = replace(october, settings=replace(october.settings, quota=1))
    strict.send_reports("BIHAAN", make_report("B-1"), make_report("B-2"))
    strict.collect()
    assert [line["reasons"] for line in strict.export()] == ["quota_exceeded"] * 2


def test_a_month_far_above_the_collectives_own_is_told_of_and_counts(october, make_report) -> None:
    for number in range(6):
        month = october.at(f"2026-0{number + 2}")
        day = {"recorded_on": f"{month.month}-20", "incident_date": f"{month.month}-12"}
        month.send_reports("UTTHAN", make_report(f"M-{number}", **day))
    words = ("refused", "waited", "shouted", "sent", "away", "paper", "money", "again", "closed", "nobody")
    many = [
        make_report(f"R-{number}", narrative=" ".join(words[(number * step) % 10] for step in range(1, 7)))
        for number in range(45)
    ]
    october.send_reports("UTTHAN", *many)
    october.collect()
    assert {verdict for (verdict,) in october.verdicts().values()} <= {"counted", "duplicate"}
    lines = jobs.describe_status(october.settings, "2026-10")
    assert any(line.startswith("  look at UTTHAN: The collective has sent far more") for line in lines)


def test_a_name_is_needed(october, make_report) -> None:
    return_id = send_flood(october, make_report)
    with pytest.raises(UsageError, match="--as"):
        jobs.refuse_return(october.settings, return_id, " ")
