"""Starting and stopping Airflow's components, with a stand-in for the program `airflow`."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pipeline.errors import JawabdehiError, UsageError
from pipeline.up import run_airflow, tell_login

LASTS = 'echo "$@" >> "$AIRFLOW_HOME/started"\ncase "$1" in db) exit 0;; esac\nexec sleep 60\n'
TRIGGERER_DIES = LASTS.replace("db) exit 0", "db) exit 0;; triggerer) exit 3")
HOLD = """
import sys, fasteners
with fasteners.InterProcessLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""
MIGRATION_FAILS = "exit 1\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__API__BASE_URL": "http://127.0.0.1:9",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "asha:admin,ravi:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(tmp_path / "secrets" / "passwords.json"),
        "PATH": f"{tmp_path}/bin{os.pathsep}/usr/bin{os.pathsep}/bin",
    }


@pytest.fixture
def airflow_that(tmp_path: Path) -> Callable[[str], None]:
    def write(script: str) -> None:
        program = tmp_path / "bin" / "airflow"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)

    return write


def started(environment: dict[str, str]) -> list[str]:
    path = Path(environment["AIRFLOW_HOME"]) / "started"
    return path.read_text().splitlines() if path.exists() else []


def test_passwords_are_told_once_and_kept_for_this_account_only(environment: dict[str, str]) -> None:
    first, second = [], []
    tell_login(environment, first.append)
    tell_login(environment, second.append)
    path = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    passwords = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(passwords) == {"asha", "ravi"}
    for user, password in passwords.items():
        assert any(user in line and password in line for line in first)
        assert not any(password in line for line in second)


def test_an_auth_manager_of_its_own_is_told_of_and_no_password_is_made(environment: dict[str, str]) -> None:
    told = []
    tell_login(environment | {"AIRFLOW__CORE__AUTH_MANAGER": "module.OtherAuthManager"}, told.append)
    assert told == [
        "Airflow's auth manager keeps accounts by itself: for FAB, deploy/fab_accounts.py makes them."
    ]
    assert not Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).exists()


def test_a_new_user_gets_a_password_and_the_others_keep_theirs(environment: dict[str, str]) -> None:
    tell_login(environment, lambda _line: None)
    path = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    before = json.loads(path.read_text())
    tell_login(
        environment | {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "asha:admin,mina:op"}, lambda _line: None
    )
    after = json.loads(path.read_text())
    assert after["asha"] == before["asha"]
    assert "mina" in after


def test_sigterm_stops_every_component_and_no_log_server_is_started(
    environment: dict[str, str], airflow_that: Callable[[str], None]
) -> None:
    airflow_that(LASTS)
    children_of_other_tests = set(psutil.Process().children())

    def end_it_when_all_run() -> None:
        while len(started(environment)) < 5:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_it_when_all_run, daemon=True).start()
    assert run_airflow(environment, tell=lambda _line: None) == 0
    assert set(started(environment)) == {
        "db migrate",
        "scheduler --skip-serve-logs",
        "triggerer --skip-serve-logs",
        "dag-processor",
        "api-server",
    }
    assert set(psutil.Process().children()) <= children_of_other_tests


def test_when_one_component_ends_all_end_and_the_person_is_told_where_to_read(
    environment: dict[str, str], airflow_that: Callable[[str], None]
) -> None:
    airflow_that(TRIGGERER_DIES)
    lines: list[str] = []
    assert run_airflow(environment, tell=lines.append) == 1
    assert any("triggerer ended by itself" in line and "triggerer.log" in line for line in lines)


def test_a_database_that_cannot_be_brought_up_to_date_starts_nothing(
    environment: dict[str, str], airflow_that: Callable[[str], None]
) -> None:
    airflow_that(MIGRATION_FAILS)
    with pytest.raises(JawabdehiError, match=r"migration\.log"):
        run_airflow(environment, tell=lambda _line: None)
    assert started(environment) == []


def test_a_second_airflow_on_the_same_home_is_refused(
    environment: dict[str, str], airflow_that: Callable[[str], None]
) -> None:
    airflow_that(LASTS)
    lock = Path(environment["AIRFLOW_HOME"]) / "airflow.lock"
    lock.parent.mkdir()
    # A lock of this kind holds off other processes only.
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(UsageError, match="already"):
            run_airflow(environment, tell=lambda _line: None)
    finally:
        holder.communicate()
    assert started(environment) == []
