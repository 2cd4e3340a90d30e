"""Airflow is looked at from outside: programs of `programs/` run in processes of their own, since Airflow reads
its settings once, on its import."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.airflow_env import airflow_environment
from pipeline.secrets import Secrets
from pipeline.server import DatabaseUrls, ensure_server
from pipeline.settings import CHECKOUT, Settings

PROGRAMS = Path(__file__).parent / "programs"
# As Airflow does for its components.
IMPORTABLE = {"PYTHONPATH": os.pathsep.join([str(CHECKOUT / "dags"), str(CHECKOUT / "dags" / "plugins")])}


def _made_up_secrets() -> Secrets:
    key = base64.urlsafe_b64encode(bytes(32)).decode()
    return Secrets(hash_key=key, vault_key=key, fernet_key=key, jwt_secret=key, api_secret_key=key)


@pytest.fixture(scope="session")
def parsed_dags(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What a fresh process finds on reading the DAG files."""
    return _ask("read_dags.py", tmp_path_factory.mktemp("reading"))


@pytest.fixture(scope="session")
def probed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What came of calls to the functions that the DAG files share."""
    return _ask("probe_wiring.py", tmp_path_factory.mktemp("probing"))


def _ask(program: str, home: Path) -> dict:
    """Run a program that needs no database and prints JSON on its last line."""
    nowhere = "postgresql+psycopg://nobody@/nothing?host=/nonexistent"
    environment = airflow_environment(
        Settings(home=home, inbox=home / "inbox"),
        _made_up_secrets(),
        DatabaseUrls(product=nowhere, airflow=nowhere),
        os.environ | IMPORTABLE,
    )
    done = subprocess.run(
        [sys.executable, PROGRAMS / program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def play(settings: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program of `programs/` in Airflow's environment, on a fresh home and database."""
    environment = airflow_environment(
        settings, _made_up_secrets(), ensure_server(settings), os.environ | IMPORTABLE
    )

    def play_program(name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, PROGRAMS / name, *arguments],
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return play_program
