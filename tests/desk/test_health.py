"""The health answer: one word and a status for everybody, what was looked at for members."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from pipeline import jobs
from pipeline.desk.app import make_desk
from pipeline.jobs.health import LONGEST_WITHOUT_COLLECTION, check_health
from pipeline.settings import Settings
from tests.desk.made_up_gate import KEY, MadeUpGate

MEMBER = {"x-member": "Vani:viewer"}
NOW = datetime.now(UTC)
LONG_AGO = NOW - 2 * LONGEST_WITHOUT_COLLECTION


@pytest.fixture
def home(settings: Settings) -> Settings:
    jobs.prepare(settings)
    return settings


def open_desk(settings: Settings, gate: MadeUpGate | None = None) -> TestClient:
    return TestClient(make_desk(settings, gate or MadeUpGate(), key=KEY, login="/auth/login"))


def test_all_is_well_and_only_members_are_told_what_was_looked_at(home) -> None:
    desk = open_desk(home)
    for headers in ({}, {"x-member": "Nobody:"}):
        answer = desk.get("/health", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})
        assert answer.headers["cache-control"] == "no-store"
    told = desk.get("/health", headers=MEMBER).json()
    assert told["checks"].keys() == {"disk", "keys", "database", "collection"}
    assert all(check["is_well"] for check in told["checks"].values())


def break_keys(settings: Settings) -> Settings:
    (settings.secrets / "vault_key").chmod(0o644)
    return settings


def lose_keys(settings: Settings) -> Settings:
    (settings.secrets / "vault_key").unlink()
    return settings


def lose_database(settings: Settings) -> Settings:
    gone = sa.make_url(settings.database_url).update_query_dict({"host": str(settings.home / "nowhere")})
    return replace(settings, database_url=gone.render_as_string(hide_password=False))


def forget_migrations(settings: Settings) -> Settings:
    engine = sa.create_engine(settings.database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        (table,) = connection.scalars(
            sa.text("SELECT table_schema FROM information_schema.tables WHERE table_name = 'alembic_version'")
        )
        connection.execute(sa.text(f"UPDATE \"{table}\".alembic_version SET version_num = '0001'"))
    return settings


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (break_keys, "keys"),
        (lose_keys, "keys"),
        (lose_database, "database"),
        (forget_migrations, "database"),
    ],
)
def test_what_fails_is_a_503_and_named_to_members_alone(home, spoil, named: str) -> None:
    desk = open_desk(spoil(home))
    answer = desk.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})
    told = desk.get("/health", headers=MEMBER).json()["checks"]
    assert [name for name, check in told.items() if not check["is_well"]] == [named]
    assert str(home.home) not in str(told)


def test_a_disk_that_is_nearly_full_fails(home, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.doctor.LEAST_FREE", 2**60)
    assert open_desk(home).get("/health").status_code == 503


@pytest.mark.parametrize(
    ("collected_at", "started_at", "is_well"),
    [
        (NOW, LONG_AGO, True),
        (NOW - LONGEST_WITHOUT_COLLECTION + timedelta(minutes=1), LONG_AGO, True),
        (NOW - LONGEST_WITHOUT_COLLECTION - timedelta(minutes=1), LONG_AGO, False),
        (None, LONG_AGO, False),
        # Whatever just began to run has time to collect.
        (LONG_AGO, NOW, True),
        (None, NOW, True),
    ],
)
def test_returns_have_to_be_collected_every_few_hours(home, collected_at, started_at, is_well: bool) -> None:
    found = check_health(home, collected_at, started_at, now=NOW)
    assert found.is_well == is_well
    (said,) = (each.says for each in found.findings if each.name == "Collection")
    assert ("it is paused, or its tasks fail" in said) != is_well


def test_asking_often_looks_once(home, monkeypatch) -> None:
    looked = []
    check = jobs.check_health
    monkeypatch.setattr(jobs, "check_health", lambda *asked: looked.append(asked) or check(*asked))
    desk = open_desk(home)
    for _ in range(20):
        assert desk.get("/health").status_code == 200
    assert len(looked) == 1


def test_a_gate_that_does_not_answer_fails(home, caplog) -> None:
    class Shut(MadeUpGate):
        async def find_last_collection(self) -> datetime | None:
            raise ConnectionError("Zq7planted")

    answer = open_desk(home, Shut()).get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})
    assert "ConnectionError" in caplog.text
    assert "Zq7planted" not in caplog.text
