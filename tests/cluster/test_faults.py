"""A month through the cluster, and what breaks on the way: in the end it publishes the same bytes, every row once."""

import contextlib
import functools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from celery import Celery

from pipeline.jobs.workplace import open_workplace
from pipeline.server import ensure_server
from pipeline.settings import Settings, read_settings
from pipeline.store import tables
from tests.cluster.running import (
    MONTH,
    REPORTS,
    WORKERS,
    Cluster,
    Played,
    command,
    make_component,
    measured,
)
from tests.e2e.running import wait_for

pytestmark = pytest.mark.cluster

# Where in each task a worker dies: as it starts, with its work half done, or with its work done and not yet told.
KILLS = {
    "list_sources": ["start"],
    "pull": ["middle", "end"],
    "land": ["middle", "end"],
    "take_in": ["middle", "end"],
    "announce": ["end"],
    "link": ["middle", "end"],
    "wait_for_returns": ["start"],
    "open_draft": ["end"],
    "tabulate": ["middle"],
    "protect": ["middle"],
    "audit": ["middle"],
    "list_geographies": ["end"],
    "render": ["middle"],
    "seal": ["end"],
    "approve": ["start"],
    "publish": ["middle", "end"],
}
KILLS_AT_NIGHT = {
    "look": ["middle"],
    "tell": ["start"],
    "write": ["start"],
    "purge": ["middle", "end"],
    "erase": ["end"],
    "remove": ["end"],
    "rewrite": ["middle"],
    "save": ["end"],
}
NIGHTLY = ("watch_coverage", "back_up", "erase_expired")
NEVER_RUNS = {"confirm"}
"""Skipped in a month in which all goes well in the end."""

FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def compare(fault: str, played: Played, undisturbed: Played) -> None:
    measured.append(f"{fault}: {played.seconds:.0f} s, {played.seconds - undisturbed.seconds:+.0f} s")
    assert played.published == undisturbed.published
    assert played.links == undisturbed.links


@contextlib.contextmanager
def alongside(act: Callable[[], None]) -> Iterator[None]:
    """Do something while the month is played in this block; its failure is this test's."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 (raised again by whoever waits)
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    thread.join(120)
    assert not thread.is_alive()
    if failures:
        raise failures[0]


def test_a_month_goes_through_two_workers(undisturbed: Played) -> None:
    assert set(undisturbed.hosts) == set(WORKERS)
    assert len(undisturbed.links) == REPORTS + 5
    assert Counter(line["verdict"] for line in undisturbed.links)["counted"] > 50
    assert len(undisturbed.published) > 100


def test_a_worker_is_not_told_what_opens_airflows_data(cluster: Cluster) -> None:
    for name in WORKERS:
        environment = Path(f"/proc/{cluster.processes[name].running.pid}/environ").read_text()
        for secret in ("SQL_ALCHEMY_CONN", "FERNET_KEY", "JWT_SECRET", "API__SECRET_KEY", "AIRFLOW_DATABASE"):
            assert secret not in environment
    reports = sa.make_url(cluster.environment["JAWABDEHI_DATABASE_URL"])
    engine = sa.create_engine(reports.set(drivername="postgresql+psycopg", database="airflow"))
    with pytest.raises(sa.exc.OperationalError, match="permission denied"), engine.connect():
        pass


def list_tasks(cluster: Cluster, *dags: str) -> set[str]:
    return {task["task_id"] for dag in dags for task in cluster.ask(f"/dags/{dag}/tasks")["tasks"]}


@contextlib.contextmanager
def killing(cluster: Cluster, kills: dict[str, list[str]]) -> Iterator[None]:
    """Kill the worker at each of these points while this block runs, and start it again; all must be reached."""
    waiting = {task: list(points) for task, points in kills.items()}
    killed: list[str] = []

    def kill() -> None:
        while any(waiting.values()):
            for task, _pid, worker in cluster.take_held():
                process = cluster.processes[worker.split("@")[0]]
                process.kill()
                killed.append(f"{task} {waiting[task].pop(0)}")
                if waiting[task]:
                    cluster.hold(task, waiting[task][0])
                process.start()
            time.sleep(0.1)

    for task, points in waiting.items():
        cluster.hold(task, points[0])
    with alongside(kill):
        yield
    assert len(killed) == sum(map(len, kills.values()))


def test_workers_killed_in_every_task(cluster: Cluster, undisturbed: Played) -> None:
    cluster.reset()
    assert (
        set(KILLS)
        == list_tasks(cluster, "collect_returns", "link_incidents", "issue_monthly_report") - NEVER_RUNS
    )
    with killing(cluster, KILLS):
        played = cluster.play_month()
    compare(f"worker killed {sum(map(len, KILLS.values()))} times", played, undisturbed)


def test_workers_killed_in_every_task_of_the_night(cluster: Cluster, undisturbed: Played) -> None:
    cluster.reset()
    played = cluster.play_month()
    assert count_sealed(cluster) > 0
    assert set(KILLS_AT_NIGHT) == list_tasks(cluster, *NIGHTLY)
    with killing(cluster, KILLS_AT_NIGHT):
        for dag in NIGHTLY:
            cluster.wait_until_ended(dag, cluster.start_run(dag))
    # The month is over here, so that all that is sealed of it goes, in the home as in the key safe.
    assert count_sealed(cluster) == 0
    with open_workplace(read_settings(cluster.environment)) as place:
        assert place.vault.files.load(MONTH).is_destroyed
    (key,) = (cluster.home / "secrets").rglob(f"{MONTH}.key")
    (saved,) = cluster.key_safe.rglob(f"{MONTH}.key")
    assert saved.read_bytes() == key.read_bytes()
    assert not [*(cluster.home / "inbox").glob("*/*")]
    after = replace(played, published=cluster.read_published(), links=cluster.read_links())
    compare(f"worker killed {sum(map(len, KILLS_AT_NIGHT.values()))} times at night", after, undisturbed)


def count_sealed(cluster: Cluster) -> int:
    engine = sa.create_engine(cluster.reports_database, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return sum(
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (tables.sealed_reports, tables.sealed_rows)
        )


def lose_queue(cluster: Cluster) -> None:
    cluster.processes["redis"].kill()
    time.sleep(2)
    cluster.processes["redis"].start()


def test_redis_is_lost_with_all_it_holds(cluster: Cluster, undisturbed: Played) -> None:
    cluster.reset()

    def lose() -> None:
        for task in ("take_in", "render"):
            pid, _ = cluster.wait_for_held(task, seconds=900)
            lose_queue(cluster)
            cluster.release(pid)

    for task in ("take_in", "render"):
        cluster.hold(task, "middle")
    with alongside(lose):
        played = cluster.play_month()
    compare("Redis lost twice", played, undisturbed)


def end_database(home: Path) -> None:
    """End the server as `pg_ctl -m immediate` does: nothing is written down, and it has to recover."""
    postmaster = int((home / "pg" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGQUIT)
    wait_for("The end", lambda: not Path(f"/proc/{postmaster}").exists(), seconds=30)


def test_postgresql_ends_at_once_and_comes_back(
    cluster: Cluster, undisturbed: Played, database_home: Path
) -> None:
    cluster.reset()
    tasks = ("take_in", "link", "render", "publish")

    def crash() -> None:
        for task in tasks:
            pid, _ = cluster.wait_for_held(task, seconds=900)
            end_database(database_home)
            time.sleep(2)
            ensure_server(Settings(home=database_home, inbox=database_home))
            cluster.release(pid)

    for task in tasks:
        cluster.hold(task, "middle")
    with alongside(crash):
        played = cluster.play_month()
    compare("PostgreSQL ended 4 times", played, undisturbed)


def was_tried_again(cluster: Cluster, dag: str) -> bool:
    """Tell whether a task of the newest run of a DAG failed and is to be tried again, or has been."""
    newest = cluster.runs(dag)[0]["dag_run_id"]
    return any(
        task["state"] == "up_for_retry" or task["try_number"] > 1 for task in cluster.tasks(dag, newest)
    )


def fill(home: Path) -> Path:
    """Leave no byte free where the home lies."""
    ballast = home / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    return ballast


def test_the_disk_of_the_home_is_full_for_a_while(cluster: Cluster, undisturbed: Played, home: Path) -> None:
    if not home.is_mount():
        pytest.skip("This account may not mount a small disk for the home.")
    cluster.reset()

    def run_out_of_room() -> None:
        for task, dag in (("land", "collect_returns"), ("list_geographies", "issue_monthly_report")):
            pid, _ = cluster.wait_for_held(task, seconds=900)
            ballast = fill(home)
            cluster.release(pid)
            wait_for("A failure", functools.partial(was_tried_again, cluster, dag), seconds=180)
            ballast.unlink()

    for task in ("land", "list_geographies"):
        cluster.hold(task, "end")
    with alongside(run_out_of_room):
        played = cluster.play_month()
    compare("disk full twice", played, undisturbed)


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is missing (Debian: apt-get install libfaketime).")
def test_the_clock_of_a_worker_jumps_forward_and_back(
    cluster: Cluster, undisturbed: Played, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    worker = cluster.processes["worker-1"]
    worker.stop()
    plain = worker.environment
    worker.environment = plain | {
        "LD_PRELOAD": str(FAKETIME[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        # A clock that is set anew leaves the time since the machine's start alone.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    try:
        cluster.reset()

        def jump() -> None:
            for task, offset in (("land", "+5h\n"), ("tabulate", "-5h\n")):
                pid, _ = cluster.wait_for_held(task, seconds=900)
                clock.write_text(offset)
                cluster.release(pid)

        for task in ("land", "tabulate"):
            cluster.hold(task, "middle")
        with alongside(jump):
            played = cluster.play_month()
        off = {round(each) for dag, run in played.runs for each in list_hours_off(cluster, dag, run)}
        assert {-5, 0, 5} <= off
    finally:
        worker.stop()
        worker.environment = plain
    compare("clock jumped by +5 h and -5 h", played, undisturbed)


def list_hours_off(cluster: Cluster, dag: str, run: str) -> list[float]:
    """Return by how many hours the clocks of a run's workers were off, from when its tasks were queued and began."""
    return [
        (
            datetime.fromisoformat(task["start_date"]) - datetime.fromisoformat(task["queued_when"])
        ).total_seconds()
        / 3600
        for task in cluster.tasks(dag, run)
        if task["start_date"] and task["queued_when"]
    ]


def test_two_schedulers_work_at_once_and_one_dies(cluster: Cluster, undisturbed: Played) -> None:
    cluster.reset()
    folder = cluster.processes["scheduler"].log.parent
    second = make_component("scheduler-2", "scheduler", cluster.environment, folder)
    cluster.processes["scheduler-2"] = second
    try:
        second.start()

        def kill_the_first() -> None:
            pid, _ = cluster.wait_for_held("render", seconds=900)
            cluster.processes["scheduler"].kill()
            cluster.release(pid)

        cluster.hold("render", "middle")
        with alongside(kill_the_first):
            played = cluster.play_month()
        assert len(list_schedulers(cluster, played)) >= 2
    finally:
        second.stop()
        del cluster.processes["scheduler-2"]
    compare("two schedulers, one killed", played, undisturbed)


def list_schedulers(cluster: Cluster, played: Played) -> set[int]:
    """Return the schedulers that queued tasks of a month."""
    address = sa.make_url(cluster.environment["JAWABDEHI_AIRFLOW_DATABASE_URL"])
    engine = sa.create_engine(address.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        query = sa.text("SELECT DISTINCT queued_by_job_id FROM task_instance WHERE run_id = ANY(:runs)")
        found = connection.execute(query, {"runs": [run for _, run in played.runs]}).scalars()
        return {number for number in found if number}


def wait_for_both(cluster: Cluster) -> list[int]:
    """Wait until two tasks are frozen; return their processes."""
    found: list[int] = []

    def look() -> bool:
        found.extend(pid for _, pid, _ in cluster.take_held())
        return len(found) == 2

    wait_for("The freeze of both", look, seconds=300)
    return found


def test_the_same_return_is_taken_in_by_two_workers_at_once(cluster: Cluster, undisturbed: Played) -> None:
    cluster.reset()
    address = sa.make_url(cluster.environment["JAWABDEHI_AIRFLOW_DATABASE_URL"])
    allow = "UPDATE dag SET max_active_runs = {} WHERE dag_id = 'collect_returns'"
    command(address.set(drivername="postgresql+psycopg").render_as_string(), allow.format(2))
    queue = cluster.environment["JAWABDEHI_QUEUE_URL"]
    control = Celery(broker=queue, backend=queue).control
    before = {run["dag_run_id"] for run in cluster.runs("link_incidents")}
    began = time.monotonic()

    for _ in range(2):
        cluster.hold("land", "end")
    runs = [cluster.start_run("collect_returns") for _ in range(2)]
    landed = wait_for_both(cluster)
    # Both runs know the same returns by now; the same one of each stops as it begins, on two workers.
    cluster.hold("take_in@0", "start")
    cluster.release(landed[0])
    first, worker = cluster.wait_for_held("take_in")
    (busy,) = [
        name for each in control.ping(timeout=5) for name in each if name.startswith(worker.split("@")[0])
    ]
    assert control.cancel_consumer("default", destination=[busy], reply=True, timeout=10)
    cluster.hold("take_in@0", "start")
    cluster.release(landed[1])
    second, other = cluster.wait_for_held("take_in")
    assert worker != other
    assert control.add_consumer("default", destination=[busy], reply=True, timeout=10)
    cluster.release(first)
    cluster.release(second)
    for run in runs:
        cluster.wait_until_ended("collect_returns", run)
    cluster.link(before)
    cluster.issue()
    hosts: Counter[str] = Counter()
    played = Played(time.monotonic() - began, hosts, cluster.read_published(), cluster.read_links(), ())
    compare("same returns in two runs at once", played, undisturbed)
