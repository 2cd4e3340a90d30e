"""Backups: all comes back as it was, except what was erased or withdrawn after they were made."""

import hashlib
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.errors import JawabdehiError, UsageError
from pipeline.jobs.workplace import open_workplace
from pipeline.settings import Settings
from pipeline.store import tables
from pipeline.store.database import connect

OFFICE, OTHER_OFFICE = "Thana of the Made-up Canary", "Thana of the Made-up Heron"
MARKED = {OFFICE.encode(), OTHER_OFFICE.encode(), b"UTTHAN", b"incidents"}

EVENTS = ("backup made", "vault sealed anew", "backup restored")


@pytest.fixture
def told(october, make_report):
    """A month with a draft, and reports of two collectives."""
    october.send_reports("UTTHAN", make_report("U-1", office=OFFICE), make_report("U-2", office=OTHER_OFFICE))
    october.send_reports("BIHAAN", make_report("B-1", service="none of ours"))
    october.collect()
    return october


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A folder for backups and, apart, one for keys."""
    out, safe = tmp_path / "backups", tmp_path / "safe"
    safe.mkdir()
    return out, safe


@pytest.fixture
def elsewhere(october, server, tmp_path) -> Settings:
    """Another home on an empty database."""
    home = tmp_path / "elsewhere"
    return replace(
        october.settings, home=home, inbox=home / "inbox", database_url=server.make_database("template0")
    )


def read_files(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("returns", "drafts", "audits", "published")
        for path in sorted((home / folder).rglob("*"))
        if path.is_file()
    }


def read_database(settings: Settings) -> dict[str, list[str]]:
    """Return every row of every table but what a restore itself writes: the ledger's end, and what is sealed anew."""
    found = {}
    with connect(str(settings.database_url)) as engine, engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            columns = [column for column in table.c if column.name != "content"]
            found[str(table)] = sorted(map(repr, connection.execute(sa.select(*columns))))
    return found


def open_offices(settings: Settings) -> dict[str, str | None]:
    """Return the office that is sealed of each report."""
    with open_workplace(settings) as place, connect(str(settings.database_url)) as engine:
        with engine.connect() as connection:
            rows = connection.execute(
                sa.select(tables.rows.c.report_id, tables.sealed_reports).join(
                    tables.sealed_reports,
                    (tables.rows.c.return_id == tables.sealed_reports.c.return_id)
                    & (tables.rows.c.row == tables.sealed_reports.c.row),
                )
            ).all()
        texts = place.vault.open_rows(
            [row.return_id for row in rows], [row.row for row in rows], [row.content for row in rows]
        )
    return {
        row.report_id: next((office for office in (OFFICE, OTHER_OFFICE) if office in (text or "")), None)
        for row, text in zip(rows, texts, strict=True)
    }


def test_everything_comes_back_as_it_was(told, places, elsewhere) -> None:
    out, safe = places
    told.draft()
    backup = jobs.back_up(told.settings, out, safe)
    files, database, links = read_files(told.settings.home), read_database(told.settings), told.export()
    lines = jobs.restore_backup(elsewhere, backup, safe)
    assert "came back as they were" in lines[1]
    assert read_files(elsewhere.home) == files
    restored = read_database(elsewhere)
    entries = str(tables.entries)
    # What was noted since: the backup on the one side; sealing anew, restoring and nothing else on the other.
    (gone,) = set(database[entries]) - set(restored[entries])
    new = sorted(set(restored[entries]) - set(database[entries]))
    assert [event in entry for event, entry in zip(EVENTS, [gone, *new], strict=True)] == [True] * 3
    assert {name: rows for name, rows in restored.items() if name != entries} == {
        name: rows for name, rows in database.items() if name != entries
    }
    again = replace(told, settings=elsewhere)
    assert again.export() == links
    assert open_offices(elsewhere) == {"U-1": OFFICE, "U-2": OTHER_OFFICE}
    # The work goes on where it stopped.
    again.run()
    assert (elsewhere.published / "2026-10" / "e1" / "manifest.json").exists()


def test_what_was_withdrawn_after_the_backup_stays_withdrawn(told, places, elsewhere) -> None:
    out, safe = places
    backup = jobs.back_up(told.settings, out, safe)
    told.send("UTTHAN", "2026-10-w.csv", b"report_id,action\nU-1,withdraw\n")
    told.collect()
    jobs.save_keys_apart(told.settings, safe)
    jobs.restore_backup(elsewhere, backup, safe)
    assert replace(told, settings=elsewhere).verdicts() == {
        "B-1": ["quarantined"],
        "U-1": ["withdrawn"],
        "U-2": ["counted"],
    }
    assert open_offices(elsewhere) == {"U-2": OTHER_OFFICE}
    with connect(str(elsewhere.database_url)) as engine, engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.reports)).scalar_one() == 1


def test_what_was_purged_after_the_backup_stays_purged(told, places, elsewhere) -> None:
    out, safe = places
    backup = jobs.back_up(told.settings, out, safe)
    jobs.purge_months(told.settings, now=datetime(2027, 3, 1, tzinfo=UTC))
    jobs.save_keys_apart(told.settings, safe)
    jobs.restore_backup(elsewhere, backup, safe)
    assert open_offices(elsewhere) == {}
    assert replace(told, settings=elsewhere).verdicts()["U-1"] == ["counted"]


def test_what_came_after_the_backup_is_taken_in_again_from_the_inbox(
    told, places, elsewhere, make_report
) -> None:
    out, safe = places
    backup = jobs.back_up(told.settings, out, safe)
    told.send_reports("OMBLA", make_report("O-1"))
    told.collect()
    jobs.save_keys_apart(told.settings, safe)
    jobs.restore_backup(elsewhere, backup, safe)
    shutil.copytree(told.settings.home / "inbox", elsewhere.home / "inbox", dirs_exist_ok=True)
    again = replace(told, settings=elsewhere)
    again.collect()
    assert again.verdicts() == told.verdicts()
    assert again.export() == told.export()


def test_a_return_that_waited_during_the_backup_and_was_taken_in_after_it_is_asked_for_again(
    told, places, elsewhere, make_report
) -> None:
    out, safe = places
    path = told.send_reports("OMBLA", make_report("O-1"))
    (return_id,) = jobs.land_returns(told.settings)
    backup = jobs.back_up(told.settings, out, safe)
    told.collect()
    jobs.save_keys_apart(told.settings, safe)
    lines = jobs.restore_backup(elsewhere, backup, safe)
    assert f"Collect this return again, or ask for it: {return_id}." in lines
    again = replace(told, settings=elsewhere)
    again.send("OMBLA", path.name, path.read_bytes())
    again.collect()
    assert again.verdicts() == told.verdicts()


def test_nothing_in_a_backup_can_be_read_without_the_safe(told, places) -> None:
    out, safe = places
    told.draft()
    backup = jobs.back_up(told.settings, out, safe)
    content = b"".join(path.read_bytes() for path in backup.iterdir())
    assert not [value for value in MARKED if value in content]
    identity = (safe / "backup_identity").read_text()
    files = [path for path in told.settings.home.rglob("*") if path.is_file()]
    assert not [path for path in files if identity.encode() in path.read_bytes()]
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt((backup / "files.age").read_bytes(), [pyrage.x25519.Identity.generate()])


@pytest.mark.parametrize("part", ["product.age", "files.age", "manifest.age"])
@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_backup_is_refused_before_anything_is_made(part, damage, told, places, elsewhere) -> None:
    out, safe = places
    backup = jobs.back_up(told.settings, out, safe)
    if damage == "missing":
        (backup / part).unlink()
    else:
        content = bytearray((backup / part).read_bytes())
        content[len(content) // 2] ^= 1
        (backup / part).write_bytes(content)
    with pytest.raises(UsageError, match="missing or damaged"):
        jobs.restore_backup(elsewhere, backup, safe)
    assert not elsewhere.home.exists()


def test_a_home_in_use_is_not_restored_over(told, places, elsewhere) -> None:
    out, safe = places
    backup = jobs.back_up(told.settings, out, safe)
    with pytest.raises(UsageError, match="empty home"):
        jobs.restore_backup(told.settings, backup, safe)
    with pytest.raises(UsageError, match="in use already"):
        jobs.restore_backup(replace(elsewhere, database_url=told.settings.database_url), backup, safe)
    assert told.verdicts()["U-1"] == ["counted"]


def test_another_safe_opens_no_backup(told, places, elsewhere, tmp_path) -> None:
    out, safe = places
    backup = jobs.back_up(told.settings, out, safe)
    other = tmp_path / "other"
    shutil.copytree(safe, other)
    (other / "backup_identity").write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(UsageError, match="Another key"):
        jobs.restore_backup(elsewhere, backup, other)


@pytest.mark.parametrize("inside", ["home", "backups"])
def test_keys_have_to_lie_apart(inside, told, tmp_path) -> None:
    out = tmp_path / "backups"
    safe = (told.settings.home if inside == "home" else out) / "keys"
    safe.mkdir(parents=True)
    with pytest.raises(UsageError, match="apart"):
        jobs.back_up(told.settings, out, safe)
    assert not list(safe.iterdir())


def test_only_the_newest_backups_stay(told, places, monkeypatch) -> None:
    out, safe = places
    moments = iter(datetime(2026, 11, day, tzinfo=UTC) for day in range(1, 5))

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return next(moments)

    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.jobs.backup.datetime", Clock)
            jobs.back_up(told.settings, out, safe, keep=2)
    assert [path.name for path in sorted(out.iterdir())] == ["2026-11-02T000000Z", "2026-11-03T000000Z"]


def test_files_with_what_was_withdrawn_stay_until_the_next_backup(told, places) -> None:
    out, safe = places
    jobs.back_up(told.settings, out, safe)
    told.send_reports("OMBLA", {"report_id": "O-1", "narrative": "Call 98765 43210."})
    told.collect()
    assert jobs.remove_files(told.settings) == 0
    jobs.back_up(told.settings, out, safe)
    assert jobs.remove_files(told.settings) == 1


def test_new_keys_open_everything_and_old_ones_nothing(told, places, elsewhere) -> None:
    _, safe = places
    jobs.save_keys_apart(told.settings, safe)
    before = told.export()
    assert jobs.renew_vault_key(told.settings, actor="A made-up person") == 1
    assert open_offices(told.settings) == {"U-1": OFFICE, "U-2": OTHER_OFFICE}
    assert jobs.seal_anew(told.settings, actor="A made-up person") == 3
    assert open_offices(told.settings) == {"U-1": OFFICE, "U-2": OTHER_OFFICE}
    told.send("UTTHAN", "2026-10-w.csv", b"report_id,action\nU-2,withdraw\n")
    told.collect()
    assert open_offices(told.settings) == {"U-1": OFFICE}
    assert told.export() != before
    # Whoever took the keys before opens nothing that is sealed now.
    for name in ("vault_key", "months/2026-10.key"):
        shutil.copy(safe / name, told.settings.secrets / name)
    with pytest.raises(JawabdehiError, match="old one"):
        open_offices(told.settings)


def test_another_hash_key_is_refused(told) -> None:
    (told.settings.secrets / "hash_key").write_text("A" * 43 + "=")
    with pytest.raises(JawabdehiError, match="another hash key"):
        jobs.prepare(told.settings)


def test_a_safe_forgets_what_is_erased(told, places) -> None:
    _, safe = places
    jobs.save_keys_apart(told.settings, safe)
    key = (safe / "months" / "2026-10.key").read_bytes()
    (safe / "a_key_of_old").write_text("old")
    jobs.purge_months(told.settings, now=datetime.now(UTC) + timedelta(days=900))
    jobs.save_keys_apart(told.settings, safe)
    assert (safe / "months" / "2026-10.key").read_bytes() != key
    assert not (safe / "a_key_of_old").exists()
