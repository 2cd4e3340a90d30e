"""The real thing, as `jawabdehi up` starts it: a return goes in, a person approves, an edition comes out."""

import csv
import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa

from pipeline.server import ensure_server
from pipeline.settings import read_settings

pytestmark = pytest.mark.e2e

MONTH = "2026-10"
PURGED = ("office", "case_token", "narrative", "recorder")
SECONDS_TO_READ = 10
JAWABDEHI = Path(sys.executable).with_name("jawabdehi")


@dataclass(frozen=True)
class Installation:
    """A running `jawabdehi up` and a logged-in person."""

    home: Path
    process: subprocess.Popen[str]
    api: httpx.Client

    def start_run(self, dag: str, conf: dict[str, str]) -> str:
        answer = self.api.post(f"/dags/{dag}/dagRuns", json={"logical_date": None, "conf": conf})
        assert answer.is_success, answer.text
        return answer.json()["dag_run_id"]

    def runs(self, dag: str) -> list[dict[str, Any]]:
        return self.api.get(f"/dags/{dag}/dagRuns").raise_for_status().json()["dag_runs"]

    def run_ended(self, dag: str, run: str) -> bool:
        state = self.api.get(f"/dags/{dag}/dagRuns/{run}").raise_for_status().json()["state"]
        assert state != "failed", self.task_states(dag, run)
        return state == "success"

    def task_states(self, dag: str, run: str) -> dict[str, str]:
        answer = self.api.get(f"/dags/{dag}/dagRuns/{run}/taskInstances").raise_for_status()
        return {task["task_id"]: task["state"] for task in answer.json()["task_instances"]}

    def ask_about(self, run: str) -> str:
        return f"/dags/issue_monthly_report/dagRuns/{run}/taskInstances/approve/-1/hitlDetails"


def wait_for(what: str, condition: Callable[[], Any], *, seconds: float) -> Any:
    latest = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < latest, f"{what} did not come within {seconds} seconds."
        time.sleep(0.5)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("JAWABDEHI", "AIRFLOW"))
    }
    return kept | {
        "JAWABDEHI_HOME": str(tmp_path / "home"),
        "JAWABDEHI_PORT": str(free_port()),
        "JAWABDEHI_SETTLE_SECONDS": "0",
        # Printing all pages takes minutes; it has tests of its own.
        "JAWABDEHI_PRINT": "0",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def installation(environment: dict[str, str]) -> Iterator[Installation]:
    process = subprocess.Popen(
        [JAWABDEHI, "up"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "Airflow is ready" in line:
                break
        assert "Airflow is ready" in said[-1], "".join(said)
        yield Installation(Path(environment["JAWABDEHI_HOME"]), process, log_in(environment, "".join(said)))
    finally:
        stop(process)
        subprocess.run([JAWABDEHI, "down"], env=environment, check=True, capture_output=True)


def log_in(environment: dict[str, str], said: str) -> httpx.Client:
    address = f"http://127.0.0.1:{environment['JAWABDEHI_PORT']}"
    told = re.search(r"Log in as (\S+) with the password (\S+)", said)
    assert told is not None, said
    answer = httpx.post(f"{address}/auth/token", json={"username": told[1], "password": told[2]})
    token = answer.raise_for_status().json()["access_token"]
    return httpx.Client(
        base_url=f"{address}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


def stop(process: subprocess.Popen[str]) -> None:
    """End what this test started, and nothing else."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(90)
    finally:
        process.kill()
        for member in family:
            if member.is_running():
                member.kill()


@pytest.fixture
def made_up_return(environment: dict[str, str], tmp_path: Path) -> Path:
    """One return of one collective, as CSV."""
    folder = tmp_path / "made up"
    subprocess.run(
        [JAWABDEHI, "example", "--month", MONTH, "--reports", "120", "--out", folder],
        env=environment,
        check=True,
        capture_output=True,
    )
    return max(folder.glob("*/*.csv"), key=lambda path: path.stat().st_size)


def test_a_return_becomes_an_edition_only_after_a_person_approves(
    installation: Installation, made_up_return: Path
) -> None:
    inbox = installation.home / "inbox" / made_up_return.parent.name
    inbox.mkdir(parents=True)
    shutil.copy(made_up_return, inbox)

    collecting = installation.start_run("collect_returns", {})
    wait_for("The return", lambda: installation.run_ended("collect_returns", collecting), seconds=90)
    assert list((installation.home / "returns" / inbox.name).iterdir())

    linking = wait_for("Linking", lambda: installation.runs("link_incidents"), seconds=30)[0]
    assert (linking["run_type"], linking["partition_key"]) == ("asset_triggered", MONTH)
    wait_for(
        "The month's incidents",
        lambda: installation.run_ended("link_incidents", linking["dag_run_id"]),
        seconds=60,
    )

    # A parameter of this name approves nothing.
    issuing = installation.start_run("issue_monthly_report", {"month": MONTH, "approve_as": "Mallory"})

    def waits_for_approval() -> bool:
        states = installation.task_states("issue_monthly_report", issuing)
        assert "failed" not in states.values(), states
        return states["approve"] == "awaiting_input"

    wait_for("The draft", waits_for_approval, seconds=420)
    question = installation.api.get(installation.ask_about(issuing)).raise_for_status().json()
    assert question["subject"] == f"Publish edition JWB-{MONTH}-e1?"
    assert question["defaults"] == ["Reject"]
    assert (installation.home / "drafts" / f"JWB-{MONTH}-e1" / "manifest.json").is_file()
    assert not (installation.home / "published").exists()

    # Airflow loses an answer that comes before its scheduler has seen the task pause; no person reads so fast.
    time.sleep(SECONDS_TO_READ)
    answer = installation.api.patch(
        installation.ask_about(issuing), json={"chosen_options": ["Approve"], "params_input": {}}
    )
    assert answer.is_success, answer.text
    wait_for("The edition", lambda: installation.run_ended("issue_monthly_report", issuing), seconds=60)
    edition = installation.home / "published" / MONTH / "e1"
    assert (edition / "manifest.json").is_file()
    assert "admin" in (edition / "approval.json").read_text(encoding="utf-8")

    assert_nothing_of_a_report_is_kept_by_airflow(installation, made_up_return)

    family = psutil.Process(installation.process.pid).children(recursive=True)
    assert len(family) >= 4
    installation.process.terminate()
    assert installation.process.wait(90) == 0
    assert [member for member in family if member.is_running()] == []


def assert_nothing_of_a_report_is_kept_by_airflow(installation: Installation, made_up_return: Path) -> None:
    text = made_up_return.read_text(encoding="utf-8-sig")
    heading = next(itertools.dropwhile(lambda line: "report_id" not in line, text.splitlines()), "")
    delimiter = csv.Sniffer().sniff(heading, ",;\t").delimiter
    rows = list(csv.DictReader(text[text.index(heading) :].splitlines(), delimiter=delimiter))
    values = {row[name] for row in rows for name in PURGED if len(row.get(name) or "") >= 8}
    assert len(values) > 5

    kept = [path.read_text(errors="replace") for path in (installation.home / "airflow").rglob("*.log")]
    settings = read_settings({"JAWABDEHI_HOME": str(installation.home)})
    engine = sa.create_engine(ensure_server(settings).airflow, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = connection.execute(sa.select(sa.text("*")).select_from(sa.table(table)))
            kept += [str(tuple(row)) for row in rows]
    assert "take_in" in "".join(kept)
    assert [value for value in values if value in "\n".join(kept)] == []
