"""The embedded server: made once, shared, private, and there again after a kill."""

import os
import signal
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from pipeline.errors import RetryableError, UsageError
from pipeline.server import ensure_server, stop_server
from pipeline.settings import Settings


@pytest.fixture
def home(tmp_path: Path):
    yield tmp_path / "home"
    stop_server(tmp_path / "home")


def ask(url: str, question: str) -> object:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return connection.execute(sa.text(question)).scalar_one()


def server_pid(home: Path) -> int:
    return int((home / "pg" / "postmaster.pid").read_text().split()[0])


def test_a_server_is_made_shared_killed_started_again_and_stopped(home: Path) -> None:
    settings = Settings(home=home, inbox=home / "inbox")
    urls = ensure_server(settings)
    assert ensure_server(settings) == urls
    assert ask(urls.product, "SELECT current_database()") == "jawabdehi"
    assert ask(urls.airflow, "SELECT current_database()") == "jawabdehi_airflow"
    assert ask(urls.product, "SHOW listen_addresses") == ""

    postmaster = psutil.Process(server_pid(home))
    os.kill(postmaster.pid, signal.SIGKILL)
    psutil.wait_procs([postmaster], timeout=10)
    assert ensure_server(settings) == urls
    assert ask(urls.product, "SELECT 1") == 1

    assert stop_server(home)
    assert not stop_server(home)


def test_a_half_made_server_is_made_anew(home: Path) -> None:
    (home / "pg.new").mkdir(parents=True)
    (home / "pg.new" / "PG_VERSION").write_text("18\n")
    urls = ensure_server(Settings(home=home, inbox=home / "inbox"))
    assert ask(urls.product, "SHOW log_min_error_statement") == "panic"


def test_a_path_too_long_for_a_socket_still_works(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    try:
        urls = ensure_server(Settings(home=home, inbox=home / "inbox"))
        assert ask(urls.product, "SELECT 1") == 1
    finally:
        stop_server(home)


@pytest.mark.parametrize("address", ["mysql://localhost/x", "postgresql://localhost", "not an address"])
def test_an_address_that_is_no_postgresql_database_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError):
        ensure_server(Settings(home=tmp_path, inbox=tmp_path, database_url=address))


def test_a_server_that_does_not_answer_is_worth_a_retry(tmp_path: Path) -> None:
    nobody = "postgresql://127.0.0.1:1/jawabdehi?connect_timeout=2"
    with pytest.raises(RetryableError):
        ensure_server(Settings(home=tmp_path, inbox=tmp_path, database_url=nobody))
