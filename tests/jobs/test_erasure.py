"""Erasure: what was withdrawn or is too old opens in no copy any more, and stands in no file."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.errors import RetryableError
from pipeline.jobs.workplace import open_workplace
from pipeline.server import ensure_server, stop_server
from pipeline.settings import KOLKATA, Settings
from pipeline.store import tables
from pipeline.store.database import connect
from pipeline.store.ledger import check_chain

OFFICE, OTHER_OFFICE = "Thana of the Made-up Canary", "Thana of the Made-up Heron"
NARRATIVE, TOKEN = "The canary was made up and sang.", "5ca1ab1e5ca1ab1e"
OVER = datetime(2027, 3, 1, tzinfo=KOLKATA)


def ask(settings: Settings, query: sa.Select) -> list[tuple]:
    with connect(jobs.prepare(settings)[1].product) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def take_copy(settings: Settings) -> dict[tuple[str, int], bytes]:
    """Return what a thief of the database has: the sealed content of every report."""
    sealed = tables.sealed_reports
    rows = ask(settings, sa.select(sealed.c.return_id, sealed.c.row, sealed.c.content))
    return {(return_id, row): bytes(content) for return_id, row, content in rows}


def open_copy(settings: Settings, copy: dict[tuple[str, int], bytes]) -> list[str | None]:
    """Return the offices that the copy gives away to whoever has the keys, too."""
    with open_workplace(settings) as place:
        told = place.vault.open_rows([key[0] for key in copy], [key[1] for key in copy], copy.values())
    return [text and json.loads(text)["office"] for text in told]


@pytest.fixture
def told(october, make_report):
    """A month with two reports, taken in and linked."""
    october.send_reports(
        "UTTHAN",
        make_report("U-1", office=OFFICE, narrative=NARRATIVE, case_token=TOKEN),
        make_report("U-2", office=OTHER_OFFICE),
    )
    october.collect()
    return october


def withdraw(month) -> None:
    month.send("UTTHAN", f"{month.month}-w.csv", b"report_id,action\nU-1,withdraw\n")
    month.collect()


def test_a_withdrawn_report_opens_in_no_copy_of_the_database(told) -> None:
    copy = take_copy(told.settings)
    assert open_copy(told.settings, copy) == [OFFICE, OTHER_OFFICE]
    withdraw(told)
    assert open_copy(told.settings, copy) == [None, OTHER_OFFICE]
    assert ask(told.settings, sa.select(tables.spent)) == []


def test_what_a_killed_run_left_is_erased_by_the_next(told, monkeypatch) -> None:
    copy = take_copy(told.settings)
    monkeypatch.setattr("pipeline.jobs.linkage.erase_spent", lambda _place: None)
    withdraw(told)
    assert open_copy(told.settings, copy) == [OFFICE, OTHER_OFFICE]
    assert jobs.erase_spent_keys(told.settings) > 0
    assert open_copy(told.settings, copy) == [None, OTHER_OFFICE]
    assert jobs.erase_spent_keys(told.settings) == 0


def test_a_return_as_it_came_opens_no_more_once_it_is_taken_in(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    jobs.prepare(october.settings)
    (return_id,) = jobs.land_returns(october.settings)
    ((sealed,),) = ask(october.settings, sa.select(tables.landed.c.content))
    october.collect()
    with open_workplace(october.settings) as place:
        assert place.vault.open_landed(return_id, sealed) is None


def test_a_return_that_comes_again_after_it_was_erased_counts_once(told) -> None:
    (path,) = told.settings.inbox.rglob("*.csv")
    told.send("UTTHAN", "2026-10-again.csv", path.read_bytes())
    told.collect()
    assert sorted(told.verdicts()["U-2"]) == ["counted", "duplicate"]


def test_a_month_is_purged_when_its_time_is_over_and_not_before(told) -> None:
    copy, links = take_copy(told.settings), told.export()
    closes = datetime(2026, 11, 10, tzinfo=KOLKATA)
    assert jobs.purge_months(told.settings, now=closes + timedelta(days=90, seconds=-1)) == []
    assert open_copy(told.settings, copy) == [OFFICE, OTHER_OFFICE]
    assert jobs.purge_months(told.settings, now=closes + timedelta(days=90)) == ["2026-10"]
    assert open_copy(told.settings, copy) == [None, None]
    assert take_copy(told.settings) == {}
    assert jobs.purge_months(told.settings, now=OVER) == []
    assert told.export() == links
    with connect(told.settings.database_url) as engine, engine.connect() as connection:
        check_chain(connection)


def test_what_comes_late_for_a_purged_month_is_linked_before_it_is_purged_again(told, make_report) -> None:
    assert jobs.purge_months(told.settings, now=OVER) == ["2026-10"]
    told.send_reports("UTTHAN", make_report("U-3", office=OFFICE), name="2026-10-late.csv")
    (late,) = jobs.land_returns(told.settings)
    assert jobs.purge_months(told.settings, now=OVER) == []
    jobs.take_in_return(told.settings, late)
    assert jobs.purge_months(told.settings, now=OVER) == []
    jobs.link_month(told.settings, "2026-10")
    assert jobs.purge_months(told.settings, now=OVER) == ["2026-10"]
    assert told.verdicts()["U-3"] == ["counted"]


def test_rows_to_mend_are_gone_from_the_sheets_of_a_purged_month(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1", service="none of ours"))
    october.collect()
    assert list(october.settings.returns.rglob("*mend*"))
    jobs.purge_months(october.settings, now=OVER)
    assert not list(october.settings.returns.rglob("*mend*"))


def test_files_leave_the_inbox_some_days_after_they_were_taken_in(told) -> None:
    (path,) = told.settings.inbox.rglob("*.csv")
    soon, later = (datetime.now(UTC) + timedelta(days=days) for days in (6, 8))
    assert jobs.remove_files(told.settings, now=soon) == 0
    new = told.send("BIHAAN", "2026-10.csv", b"report_id\nB-1\n")
    assert jobs.remove_files(told.settings, now=later) == 1
    assert (path.exists(), new.exists()) == (False, True)
    assert told.verdicts() == {"U-1": ["counted"], "U-2": ["counted"]}


def test_files_with_what_was_withdrawn_or_held_leave_the_inbox_at_once(told, make_report) -> None:
    withdraw(told)
    told.send_reports("BIHAAN", make_report("B-1", narrative="Call 98765 43210."))
    told.send_reports("OMBLA", make_report("O-1"))
    told.collect()
    assert jobs.remove_files(told.settings) == 3
    assert [path.parent.name for path in told.settings.inbox.rglob("*.csv")] == ["OMBLA"]


def test_a_file_that_was_written_anew_stays(told, monkeypatch, make_report) -> None:
    from pipeline.collect import folder

    (path,) = told.settings.inbox.rglob("*.csv")
    listed = folder.Folder.list_handles

    def replace_meanwhile(self, *args: object, **more: object) -> Iterator[object]:
        handles = list(listed(self, *args, **more))
        path.write_text("report_id\nU-9\n", encoding="utf-8")
        yield from handles

    monkeypatch.setattr(folder.Folder, "list_handles", replace_meanwhile)
    jobs.remove_files(told.settings, now=datetime.now(UTC) + timedelta(days=8))
    assert "U-9" in path.read_text(encoding="utf-8")


def test_an_inbox_that_nothing_can_be_removed_from_is_said(told, monkeypatch) -> None:
    from pipeline.collect import folder

    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError

    monkeypatch.setattr(folder.os, "unlink", refuse)
    with pytest.raises(RetryableError, match="delete"):
        jobs.remove_files(told.settings, now=datetime.now(UTC) + timedelta(days=8))


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Settings]:
    """A home with a database server of its own, so that all its files can be searched."""
    home = tmp_path / "own"
    settings = Settings(home=home, inbox=home / "inbox", settle_seconds=0, prints=False)
    ensure_server(settings)
    yield settings
    stop_server(home)


def search(home: Path, values: dict[str, bytes]) -> dict[str, list[str]]:
    """Return the files of the home in which values stand, by the name of the value."""
    found: dict[str, list[str]] = {}
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            for name in (name for name, value in values.items() if value in content):
                found.setdefault(name, []).append(str(path.relative_to(home)))
    return found


def write_return(*reports: dict[str, str]) -> bytes:
    text = io.StringIO()
    columns = list(dict.fromkeys(column for report in reports for column in report))
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(reports)
    return text.getvalue().encode()


def test_after_erasing_no_file_of_the_home_holds_an_erased_value(own_home, october, make_report) -> None:
    month = replace(october, settings=own_home)
    report = make_report("U-1", office=OFFICE, narrative=NARRATIVE, case_token=TOKEN, recorder="CANARY")
    month.send("UTTHAN", "2026-10.csv", write_return(report, make_report("U-2", office=OTHER_OFFICE)))
    month.collect()
    persons = ask(own_home, sa.select(tables.reports.c.person).where(tables.reports.c.person.is_not(None)))
    sealed = take_copy(own_home)
    values = {
        "office": OFFICE.encode(),
        "narrative": NARRATIVE.encode(),
        "token": TOKEN.encode(),
        "recorder": b"CANARY",
        "person": persons[0][0].encode(),
        "sealed": sealed[min(sealed)],
    }
    with connect(jobs.prepare(own_home)[1].product) as engine, engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("CHECKPOINT")
    assert search(own_home.home, values).keys() == values.keys()
    month.send("UTTHAN", "2026-10-w.csv", b"report_id,action\nU-1,withdraw\n")
    month.collect()
    jobs.remove_files(own_home)
    jobs.rewrite_database(own_home)
    assert search(own_home.home, values) == {}
