"""The doctor finds what is wrong with an installation, says what to do, and changes nothing."""

import json
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import alembic.command
import pytest

from pipeline import doctor, jobs
from pipeline.doctor import examine
from pipeline.settings import Settings
from pipeline.store.database import alembic_config, connect
from tests.fakes.kobo import FakeKobo


@pytest.fixture
def home(settings: Settings) -> Settings:
    """A home that is made ready."""
    jobs.prepare(settings)
    return settings


def look(settings: Settings, name: str, **environ: str) -> doctor.Finding:
    (finding,) = (each for each in examine(settings, environ) if each.name == name)
    assert "Traceback" not in finding.says
    assert finding.says.endswith(".")
    return finding


def test_a_home_that_has_all_it_needs_is_well(home: Settings) -> None:
    findings = list(examine(home, {}))
    assert len(findings) == 10
    assert [finding for finding in findings if not finding.is_well] == []


def test_nothing_is_made_where_there_is_no_home(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path / "none" / "home", inbox=tmp_path / "none" / "home" / "inbox")
    wrong = {finding.name for finding in examine(nowhere, {}) if not finding.is_well}
    assert wrong == {"Keys", "Database", "Inbox"}
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_others_can_read_is_found(home: Settings) -> None:
    (home.secrets / "vault_key").chmod(0o644)
    finding = look(home, "Keys")
    assert (finding.is_well, "vault_key" in finding.says, "chmod 600" in finding.says) == (False, True, True)
    (home.secrets / "vault_key").chmod(0o600)
    home.secrets.chmod(0o750)
    assert "chmod 700" in look(home, "Keys").says


def test_a_key_of_a_month_that_others_can_read_or_that_does_not_open_is_found(home: Settings) -> None:
    key = home.secrets / "months" / "2026-10.key"
    key.parent.mkdir(mode=0o700)
    key.write_bytes(b"no key at all")
    key.chmod(0o644)
    assert "2026-10.key" in look(home, "Keys").says
    key.chmod(0o600)
    finding = look(home, "Keys")
    assert (finding.is_well, "key safe" in finding.says) == (False, True)


def test_backups_that_are_missing_or_old_are_found(home: Settings, tmp_path: Path) -> None:
    named = replace(home, backups=tmp_path / "backups", key_safe=tmp_path / "safe")
    assert "JAWABDEHI_BACKUPS" in look(named, "Backups").says
    for folder in (tmp_path / "backups", tmp_path / "safe"):
        folder.mkdir()
    assert "no backup yet" in look(named, "Backups").says
    old = tmp_path / "backups" / "2026-01-01T000000Z"
    old.mkdir()
    (old / "SHA256SUMS").touch()
    assert "days old" in look(named, "Backups").says
    assert not look(named, "Backups").is_well
    jobs.back_up(named)
    assert look(named, "Backups").says == "The newest backup is 0 days old."


def test_a_key_that_is_gone_is_found_and_not_made_anew(home: Settings) -> None:
    (home.secrets / "vault_key").unlink()
    finding = look(home, "Keys")
    assert (finding.is_well, "vault_key" in finding.says) == (False, True)
    assert not (home.secrets / "vault_key").exists()
    assert look(home, "Keys", JAWABDEHI_VAULT_KEY=(home.secrets / "fernet_key").read_text()).is_well


def test_tables_of_an_older_version_are_found_and_left_as_they_are(home: Settings) -> None:
    with connect(str(home.database_url)) as engine:
        with engine.begin() as connection:
            alembic.command.downgrade(alembic_config(connection), "0004")
        for _ in range(2):
            finding = look(home, "Database")
            assert not finding.is_well
            assert "(0005, 0006, 0007)" in finding.says


def test_a_server_that_does_not_answer_is_found(home: Settings) -> None:
    finding = look(replace(home, database_url="postgresql://127.0.0.1:9/jawabdehi"), "Database")
    assert (finding.is_well, "does not answer" in finding.says) == (False, True)


def test_a_full_disk_is_found(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(100 * 2**30, 99 * 2**30, 2**30))
    finding = look(home, "Disk")
    assert (finding.is_well, "Only 1.0 GiB are free" in finding.says) == (False, True)


def test_packages_that_are_not_as_locked_are_found(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor.importlib.metadata.version
    monkeypatch.setattr(
        doctor.importlib.metadata, "version", lambda name: "0.1" if name == "polars" else real(name)
    )
    finding = look(home, "Packages")
    assert (finding.is_well, "polars" in finding.says) == (False, True)


def test_sources_are_tried_and_their_secrets_are_not_told(home: Settings) -> None:
    settings = replace(home, sources=("here", "away", "wrong", "elsewhere"))
    with FakeKobo() as fake:
        definition = json.loads(fake.define())
        environ = {
            "JAWABDEHI_SOURCE_HERE": fake.define(),
            "JAWABDEHI_SOURCE_AWAY": json.dumps(definition | {"url": "http://127.0.0.1:9"}),
            "JAWABDEHI_SOURCE_WRONG": json.dumps(definition | {"asset": f"{fake.token}?"}),
        }
        found = {finding.name: finding for finding in examine(settings, environ)}
    assert found["Source here"].is_well
    assert found["Source elsewhere"].is_well
    assert not found["Source away"].is_well
    assert not found["Source wrong"].is_well
    assert fake.token not in "".join(finding.says for finding in found.values())
