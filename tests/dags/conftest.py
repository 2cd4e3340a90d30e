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
from pipeline.settings import Settings

PROGRAMS = Path(__file__).parent / "programs"


def _made_up_secrets() -> Secrets:
    key = base64.urlsafe_b64encode(bytes(32)).decode()
    return Secrets(vault_key=key, fernet_key=key, jwt_secret=key, api_secret_key=key)


@pytest.fixture(scope="session")
def parsed_dags(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What a fresh process finds on reading the DAG files; no database is needed for that."""
    home = tmp_path_factory.mktemp("parsing")
    nowhere = "postgresql+psycopg://nobody@/nothing?host=/nonexistent"
    environment = airflow_environment(
        Settings(home=home, inbox=home / "inbox"),
        _made_up_secrets(),
        DatabaseUrls(product=nowhere, airflow=nowhere),
        os.environ,
    )
    done = subprocess.run(
        [sys.executable, PROGRAMS / "read_dags.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def play(settings: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program of `programs/` in Airflow's environment, on a fresh home and database."""
    environment = airflow_environment(settings, _made_up_secrets(), ensure_server(settings), os.environ)

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
