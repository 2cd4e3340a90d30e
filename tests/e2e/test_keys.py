"""New keys, as a person makes them: everything that was sealed opens, Airflow's connections too."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.airflow_env import airflow_environment
from pipeline.jobs.workplace import open_workplace
from pipeline.settings import Settings, read_settings
from pipeline.store import erasing
from pipeline.store.database import begin
from tests.e2e.running import JAWABDEHI, make_environment

pytestmark = pytest.mark.e2e

AIRFLOW = Path(sys.executable).with_name("airflow")
RENEWED = ("vault_key", "fernet_key", "jwt_secret", "api_secret_key")


def run(*command: str | Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def count_sealed(settings: Settings) -> int:
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        counts = [sa.select(sa.func.count()).select_from(table) for table in erasing.SEALED]
        number = sum(connection.execute(query).scalar_one() for query in counts)
    assert number > 30
    return number


def test_all_keys_but_one_are_replaced_and_everything_opens(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "home")
    settings = read_settings(environment)
    run(
        JAWABDEHI,
        "example",
        "--month",
        "2026-10",
        "--reports",
        "60",
        "--out",
        str(settings.inbox),
        env=environment,
    )
    try:
        within = airflow_environment(settings, *jobs.prepare(settings), environment)
        run(AIRFLOW, "db", "migrate", env=within)
        run(
            AIRFLOW,
            "connections",
            "add",
            "a_source",
            "--conn-uri",
            "http://user:made-up@host.invalid",
            env=within,
        )
        for return_id in jobs.land_returns(settings):
            jobs.take_in_return(settings, return_id)
        before = {path.name: path.read_text() for path in settings.secrets.iterdir() if path.is_file()}
        said = run(JAWABDEHI, "keys", "rotate", "--as", "A made-up person", "--seal-anew", env=environment)
        assert f"Sealed anew: {count_sealed(settings)} rows and returns." in said
        after = {path.name: path.read_text() for path in settings.secrets.iterdir() if path.is_file()}
        assert {name for name in before if after[name] != before[name]} == set(RENEWED)
        assert after.keys() == before.keys()
        within = airflow_environment(settings, *jobs.prepare(settings), environment)
        told = run(AIRFLOW, "connections", "get", "a_source", "--output", "json", env=within)
        assert "made-up" in told
        # Linkage opens every report.
        jobs.link_month(settings, "2026-10")
        assert any("counted" in line for line in jobs.describe_status(settings, "2026-10"))
        refused = subprocess.run(
            [JAWABDEHI, "keys", "rotate", "--as", "A made-up person"],
            env=environment | {"JAWABDEHI_JWT_SECRET": "A" * 43 + "="},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (refused.returncode, "JAWABDEHI_JWT_SECRET" in refused.stderr) == (2, True)
    finally:
        subprocess.run([JAWABDEHI, "down"], env=environment, check=True, capture_output=True)
