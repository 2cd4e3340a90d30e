"""`jawabdehi up` as a person starts it: its processes, its pages, and people who are logged in."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

JAWABDEHI = Path(sys.executable).with_name("jawabdehi")


@dataclass(frozen=True)
class Installation:
    """A running `jawabdehi up`, the passwords of its users, and one of them logged in."""

    home: Path
    process: subprocess.Popen[str]
    address: str
    passwords: dict[str, str]
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

    def log_in(self, user: str) -> httpx.Client:
        """Return a client of Airflow's interface for another user."""
        return log_in(self.address, user, self.passwords[user])


def log_in(address: str, user: str, password: str) -> httpx.Client:
    # Passwords are slow to check on purpose, and a machine with all its processes just started is busy.
    answer = httpx.post(f"{address}/auth/token", json={"username": user, "password": password}, timeout=60)
    token = answer.raise_for_status().json()["access_token"]
    return httpx.Client(
        base_url=f"{address}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


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


def make_environment(home: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a program with a home and a port of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("JAWABDEHI", "AIRFLOW"))
    }
    return kept | {
        "JAWABDEHI_HOME": str(home),
        "JAWABDEHI_PORT": str(free_port()),
        "JAWABDEHI_SETTLE_SECONDS": "0",
        # Printing all pages takes minutes; it has tests of its own.
        "JAWABDEHI_PRINT": "0",
        "PYTHONUNBUFFERED": "1",
        **variables,
    }


@contextmanager
def run_up(environment: dict[str, str], user: str = "admin") -> Iterator[Installation]:
    """Run `jawabdehi up` within this block, with one user logged in."""
    with start_up(environment) as (process, said):
        address = address_of(environment)
        passwords = read_passwords(said)
        api = log_in(address, user, passwords[user])
        yield Installation(Path(environment["JAWABDEHI_HOME"]), process, address, passwords, api)


def address_of(environment: dict[str, str]) -> str:
    return f"http://127.0.0.1:{environment['JAWABDEHI_PORT']}"


def read_passwords(said: str) -> dict[str, str]:
    """Return the passwords that a program told, by user."""
    return dict(re.findall(r"Log in as (\S+) with the password (\S+)", said))


@contextmanager
def start_up(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `jawabdehi up` within this block; give its process and what it said until it was ready."""
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
        yield process, "".join(said)
    finally:
        stop(process)
        subprocess.run([JAWABDEHI, "down"], env=environment, check=True, capture_output=True)


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
