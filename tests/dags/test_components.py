"""Components of Airflow one by one: what each is told, and what it refuses to start with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.components import COMPONENTS, component_environment
from pipeline.secrets import load_secrets
from pipeline.settings import CHECKOUT, read_settings

JAWABDEHI = Path(sys.executable).with_name("jawabdehi")
QUEUE = "redis://:made-up@127.0.0.1:6379/0"
REPORTS, AIRFLOW = (
    "postgresql://reports:one@db.example/reports",
    "postgresql://airflow:two@db.example/airflow",
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that mounts a home with keys, and is told everything."""
    home = tmp_path / "home"
    load_secrets(home / "secrets", {})
    return {
        "JAWABDEHI_HOME": str(home),
        "JAWABDEHI_QUEUE_URL": QUEUE,
        "JAWABDEHI_DATABASE_URL": REPORTS,
        "JAWABDEHI_AIRFLOW_DATABASE_URL": AIRFLOW,
        "PATH": os.environ["PATH"],
    }


def start(name: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [JAWABDEHI, "component", name]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


def environment_of(name: str, environ: dict[str, str]) -> dict[str, str]:
    return component_environment(name, read_settings(environ), environ)


def test_a_worker_is_told_where_reports_are_and_nothing_that_opens_airflow(environ: dict[str, str]) -> None:
    whole, worker = environment_of("migration", environ), environment_of("worker", environ)
    assert worker["JAWABDEHI_DATABASE_URL"] == REPORTS
    keys = [
        whole[f"AIRFLOW__{name}"] for name in ("CORE__FERNET_KEY", "API__SECRET_KEY", "API_AUTH__JWT_SECRET")
    ]
    assert not [value for value in worker.values() if "two@" in value or value in keys]
    assert (
        worker["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == whole["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    )


@pytest.mark.parametrize("name", ["scheduler", "dag-processor", "triggerer"])
def test_what_runs_no_task_is_not_told_what_opens_reports(environ: dict[str, str], name: str) -> None:
    environ |= {
        "JAWABDEHI_VAULT_KEY": load_secrets(Path(environ["JAWABDEHI_HOME"]) / "secrets", {}).vault_key
    }
    told = environment_of(name, environ)
    assert not [
        value for value in told.values() if "one@" in value or value == environ["JAWABDEHI_VAULT_KEY"]
    ]
    assert "two@db.example/airflow" in told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]


def test_without_an_address_of_its_own_airflows_database_lies_beside_the_reports(
    environ: dict[str, str],
) -> None:
    del environ["JAWABDEHI_AIRFLOW_DATABASE_URL"]
    told = environment_of("scheduler", environ)
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].endswith("one@db.example/reports_airflow")


@pytest.mark.parametrize("name", [name for name in COMPONENTS if name != "migration"])
def test_a_home_without_keys_is_refused_and_gets_none(
    environ: dict[str, str], tmp_path: Path, name: str
) -> None:
    environ["JAWABDEHI_HOME"] = str(tmp_path / "not mounted")
    done = start(name, environ)
    assert done.returncode == 2
    assert "mount the shared one" in done.stderr
    assert not (tmp_path / "not mounted" / "secrets").exists()


@pytest.mark.parametrize(
    ("name", "missing", "words"),
    [
        ("worker", "JAWABDEHI_QUEUE_URL", "JAWABDEHI_QUEUE_URL"),
        ("worker", "JAWABDEHI_DATABASE_URL", "JAWABDEHI_DATABASE_URL"),
        ("migration", "JAWABDEHI_DATABASE_URL", "JAWABDEHI_DATABASE_URL"),
    ],
)
def test_what_a_component_cannot_do_without_is_named(
    environ: dict[str, str], name: str, missing: str, words: str
) -> None:
    del environ[missing]
    done = start(name, environ)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_scheduler_starts_without_being_told_where_reports_are(environ: dict[str, str]) -> None:
    del environ["JAWABDEHI_DATABASE_URL"]
    # Nothing listens there: it comes as far as Airflow.
    environ["JAWABDEHI_AIRFLOW_DATABASE_URL"] = "postgresql://airflow@127.0.0.1:9/airflow"
    done = start("scheduler", environ)
    assert "jawabdehi:" not in done.stderr
    assert done.returncode != 2


@pytest.mark.parametrize("command", [("up",), ("run", "--month", "2026-10")])
def test_one_machine_does_not_run_the_month_of_several(
    environ: dict[str, str], command: tuple[str, ...]
) -> None:
    done = subprocess.run([JAWABDEHI, *command], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "several machines" in done.stderr


def test_the_command_line_knows_the_components_there_are() -> None:
    done = subprocess.run([JAWABDEHI, "component", "--help"], capture_output=True, text=True, check=True)
    for name in COMPONENTS:
        assert name in done.stdout
    assert start("everything", dict(os.environ)).returncode == 2
    assert (CHECKOUT / "deploy" / "pools.json").is_file()
