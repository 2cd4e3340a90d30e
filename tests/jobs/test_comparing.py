"""The comparison itself through the jobs: sealed fields are opened for it, in memory, and for nothing else."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.contract import Contract
from pipeline.example import write_example
from pipeline.jobs.contents import load_reports, load_reports_of
from pipeline.jobs.workplace import open_workplace
from pipeline.link.features import LINK_SCHEMA
from pipeline.link.resolve import name_reports
from pipeline.store import pairs, tables
from pipeline.store.database import begin

CANARY = "Made-up words of a made-up narrative that nobody else may see"
TOLD = {
    "district": "664",
    "incident_kinds": "DELAY REFUSAL",
    "first_approached_on": "2026-09-01",
    "visits": "4",
    "amount_demanded": "500",
    "recorder": "R1",
    "narrative": f"{CANARY}.",
}


def test_reports_come_back_from_the_vault_as_they_were_sent(october, make_report) -> None:
    october.send_reports(
        "UTTHAN", make_report("U-1", **TOLD), make_report("U-2", incident_date="2026-10", narrative="")
    )
    october.collect()
    with (
        open_workplace(october.settings) as place,
        begin(place.engine, "jawabdehi_intake") as connection,
    ):
        reports = load_reports(place, connection, ["2026-10"])
        assert load_reports(place, connection, ["2026-09"]).is_empty()
    assert reports.schema == LINK_SCHEMA
    keys = name_reports(["UTTHAN", "UTTHAN"], ["U-1", "U-2"])
    first, second = (reports.row(by_predicate=pl.col("report") == key, named=True) for key in keys)
    assert str(first["incident_first"]) == str(first["incident_last"]) == "2026-10-12"
    assert (str(second["incident_first"]), str(second["incident_last"])) == ("2026-10-01", "2026-10-31")
    assert first["incident_kinds"] == "DELAY;REFUSAL"
    assert (first["visits"], first["amount_demanded"], first["recorder"]) == (4, 500, "R1")
    assert first["narrative"] == TOLD["narrative"]
    assert second["narrative"] is second["grounds"] is second["visits"] is None
    assert (first["collective"], first["month"], first["row"]) == ("UTTHAN", "2026-10", 2)


def test_a_month_comes_in_parts_that_make_the_whole(october, make_report, monkeypatch) -> None:
    october.send_reports("UTTHAN", *(make_report(f"U-{n}") for n in range(40)))
    october.collect()
    with (
        open_workplace(october.settings) as place,
        begin(place.engine, "jawabdehi_intake") as connection,
    ):
        whole = load_reports(place, connection, ["2026-10"])
        for most in (10, 1):
            monkeypatch.setattr(pairs, "_MOST_ROWS", most)
            assert load_reports(place, connection, ["2026-10"]).equals(whole)


def test_what_is_purged_is_not_compared_and_can_still_be_named(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    october.collect()
    with engine.begin() as connection:
        connection.execute(tables.sealed_reports.delete())
    with (
        open_workplace(october.settings) as place,
        begin(place.engine, "jawabdehi_intake") as connection,
    ):
        assert load_reports(place, connection, ["2026-10"]).is_empty()
        (report,) = load_reports_of(place, connection, name_reports(["UTTHAN"], ["U-1"]).to_list()).iter_rows(
            named=True
        )
    assert report["purged"]
    assert report["case_token"] is report["narrative"] is None
    assert report["duty_bearer"] == "POLICE_STATION"


@pytest.fixture
def told_twice(october, make_report):
    """One incident in the words of two collectives, and another incident elsewhere."""
    told = {"case_token": "0123456789abcdef0123456789abcdef", "narrative": f"{CANARY} on a Monday at noon."}
    october.send_reports("UTTHAN", make_report("U-1", **TOLD | told), make_report("U-2", service="FIR_COPY"))
    october.send_reports("BIHAAN", make_report("B-1", **TOLD | told, recorded_on="2026-10-21"))
    october.collect()
    return october


def test_an_incident_told_by_two_collectives_in_the_same_words_is_counted_once(told_twice) -> None:
    assert told_twice.incidents() == ["B-1 U-1", "U-2"]
    (duplicate,) = [line for line in told_twice.export() if line["verdict"] == "duplicate"]
    assert duplicate["link_rule"] == "same_incident"
    assert float(duplicate["link_bits"]) > 0


def test_no_sealed_word_is_left_in_a_file_of_the_home_but_the_inbox(told_twice, contract: Contract) -> None:
    home = told_twice.settings.home
    written = [path for path in home.rglob("*") if path.is_file() and not path.is_relative_to(home / "inbox")]
    assert written
    assert not [path for path in map(Path, written) if CANARY.encode() in path.read_bytes()]


def test_returns_that_come_one_by_one_and_backwards_link_as_all_at_once(
    october, server, contract: Contract, tmp_path
) -> None:
    files = write_example(tmp_path / "made-up", month="2026-10", reports=240, seed=2, contract=contract)
    outcomes = []
    for number, batches in enumerate(([files], [files[8:], files[4:8], files[:4]])):
        home = tmp_path / f"home-{number}"
        own = replace(october.settings, home=home, inbox=home / "inbox", database_url=server.make_database())
        month = replace(october, settings=own)
        for batch in batches:
            for path in batch:
                month.send(path.parent.name, path.name, path.read_bytes())
            month.collect()
        outcomes.append(month.export())
    assert any(line["link_rule"] == "same_incident" for line in outcomes[0])
    assert outcomes[0] == outcomes[1]
