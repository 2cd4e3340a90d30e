"""The DAGs played in one process, as `jawabdehi run` does, with made-up jobs on a real database of Airflow."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.server import ensure_server
from pipeline.settings import Settings

pytestmark = pytest.mark.e2e

CANARY = "canary-9876543210"
STEPS_TO_THE_DRAFT = [
    "land_returns",
    *["take_in_return"] * 3,
    "list_news",
    "link_month",
    "open_edition",
    "tabulate_edition",
    "protect_edition",
    "audit_edition",
    "list_geographies",
    *["render_edition"] * 2,
    "seal_edition",
]


@pytest.fixture
def results(play: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> Callable[..., dict]:
    def play_all(*names: str) -> dict:
        done = play("play_months.py", str(tmp_path / "result.json"), *names)
        assert done.returncode == 0, done.stdout[-3000:]
        return json.loads((tmp_path / "result.json").read_text())

    return play_all


def names_of(calls: list[list[str]]) -> list[str]:
    return [call[0] for call in calls]


def test_plays_of_a_month_end_as_the_person_and_the_returns_decide(results: Callable[..., dict]) -> None:
    played = results(
        "nobody approves",
        "Asha approves",
        "Asha approves a correction",
        "published already",
        "a step refuses",
        "the audit refuses",
        "nothing in the inbox",
        "only rejected returns",
        "news of two months",
        "news of an earlier, killed run",
    )
    for name, play in played.items():
        assert play["succeeded"] == (name not in {"a step refuses", "the audit refuses"}), play["lines"]

    assert names_of(played["nobody approves"]["calls"]) == STEPS_TO_THE_DRAFT
    assert names_of(played["Asha approves"]["calls"]) == [*STEPS_TO_THE_DRAFT, "publish_edition"]
    assert played["Asha approves"]["calls"][-1] == ["publish_edition", "JWB-2026-10-e1", "a1b2", "Asha"]
    for name, reason in (("Asha approves", None), ("Asha approves a correction", "wrong_codes")):
        assert ["open_edition", "2026-10", reason] in played[name]["calls"]
    assert played["Asha approves a correction"]["calls"][-1][1] == "JWB-2026-10-e2"
    assert names_of(played["published already"]["calls"])[-1] == "open_edition"
    assert "  tabulate: failed. Do this and that." in played["a step refuses"]["lines"]
    assert names_of(played["a step refuses"]["calls"])[-1] == "tabulate_edition"
    assert "  audit: failed. Do this and that." in played["the audit refuses"]["lines"]
    assert names_of(played["the audit refuses"]["calls"])[-1] == "audit_edition"

    def linked(name: str) -> list[str]:
        return [call[1] for call in played[name]["calls"] if call[0] == "link_month"]

    assert linked("nothing in the inbox") == ["2026-10"]
    assert linked("only rejected returns") == ["2026-10"]
    assert linked("news of two months") == ["2026-01", "2026-02", "2026-03", "2026-10"]
    assert linked("news of an earlier, killed run") == ["2026-08", "2026-10"]


def test_a_return_that_breaks_stops_the_month_and_none_of_its_values_gets_out(
    play: Callable[..., subprocess.CompletedProcess[str]], settings: Settings, tmp_path: Path
) -> None:
    result = tmp_path / "result.json"
    done = play("play_months.py", str(result), "a return breaks", AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG")
    played = json.loads(result.read_text())["a return breaks"]
    assert not played["succeeded"]
    # The other returns are taken in all the same, and nothing is issued without the broken one.
    assert names_of(played["calls"]) == STEPS_TO_THE_DRAFT[:5]
    assert any("ValueError in play_months.py" in line for line in played["lines"])
    assert "take_in" in done.stdout + done.stderr
    for text in (done.stdout, done.stderr, result.read_text(), everything_airflow_stores(settings)):
        assert CANARY not in text


def test_sources_are_read_before_the_inbox_and_one_that_is_away_or_unknown_holds_up_nothing_but_the_report(
    play: Callable[..., subprocess.CompletedProcess[str]], settings: Settings, tmp_path: Path
) -> None:
    result = tmp_path / "result.json"
    done = play(
        "play_months.py",
        str(result),
        "sources are read",
        JAWABDEHI_SOURCES="utthan_kobo,away,bihaan-odk,unknown",
        JAWABDEHI_SOURCE_UTTHAN_KOBO=json.dumps({"kind": "kobo", "token": CANARY}),
        JAWABDEHI_SOURCE_AWAY="{}",
        # Connections of Airflow do as well.
        **{"AIRFLOW_CONN_BIHAAN-ODK": json.dumps({"conn_type": "http", "password": CANARY})},
    )
    played = json.loads(result.read_text())["sources are read"]
    assert not played["succeeded"]
    read = [call[1:] for call in played["calls"] if call[0] == "pull_source"]
    # Sources are read side by side, in no order of their own.
    assert sorted(name for name, _ in read) == ["away", "bihaan-odk", "utthan_kobo"]
    assert names_of(played["calls"])[3:] == STEPS_TO_THE_DRAFT[:5]
    assert any("away: failed. The server of the source away" in line for line in played["lines"])
    assert any("JAWABDEHI_SOURCE_UNKNOWN" in line for line in played["lines"])
    for text in (done.stdout, done.stderr, everything_airflow_stores(settings)):
        assert CANARY not in text


def everything_airflow_stores(settings: Settings) -> str:
    engine = sa.create_engine(ensure_server(settings).airflow, poolclass=sa.NullPool)
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = [
            str(tuple(row))
            for table in tables
            for row in connection.execute(sa.select(sa.text("*")).select_from(sa.table(table)))
        ]
    assert any("take_in" in row for row in rows)
    return "\n".join(rows)


def test_a_killed_run_does_not_disturb_the_next_and_two_never_run_at_once(
    play: Callable[..., subprocess.CompletedProcess[str]], settings: Settings, tmp_path: Path
) -> None:
    result, second = tmp_path / "result.json", tmp_path / "second.json"
    program = Path(__file__).parent / "programs" / "play_months.py"
    environment = json.loads(play("show_environment.py").stdout)
    killed = subprocess.Popen(
        [sys.executable, program, result, "tabulate sleeps"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(result.exists)
        refused = play("play_months.py", str(second), "Asha approves")
    finally:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    assert "Airflow is at work on this home" in refused.stderr
    assert not second.exists()

    done = play("play_months.py", str(result), "Asha approves")
    assert done.returncode == 0, done.stdout[-3000:]
    assert json.loads(result.read_text())["Asha approves"]["succeeded"]
    # What the killed run left is closed, so that no scheduler finishes it later on.
    engine = sa.create_engine(ensure_server(settings).airflow, poolclass=sa.NullPool)
    with engine.connect() as connection:
        states = connection.execute(
            sa.text("SELECT state FROM dag_run WHERE dag_id = 'issue_monthly_report' ORDER BY start_date")
        ).scalars()
        assert list(states) == ["failed", "success"]


def wait_until(condition: Callable[[], bool], *, seconds: float = 90) -> None:
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, "It took too long."
        time.sleep(0.1)
