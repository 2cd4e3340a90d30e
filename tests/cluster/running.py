"""Jawabdehi on several machines, played on one: the processes of deploy/compose.yaml, each by its own command."""

import contextlib
import csv
import ctypes
import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import sqlalchemy as sa
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from pipeline.server import find_databases
from pipeline.settings import CHECKOUT, Settings
from tests.e2e.running import JAWABDEHI, free_port, log_in, make_environment, wait_for

MONTH, EDITION = "2026-10", "JWB-2026-10-e1"
REPORTS = 120
WORKERS = ("worker-1", "worker-2")
_wishes = itertools.count(1)
measured: list[str] = []
"""Lines about what was measured, for the end of the test run."""

PROGRAMS = Path(__file__).parent / "programs"

# So that a fault is noticed in seconds: what is found in minutes in production is found in the same way.
IMPATIENCE = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "12",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "45",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
}


@dataclass
class Process:
    """A process that `watch` starts where it is wanted, and anew when it ends by itself, as a container is."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)

    def look_after(self) -> None:
        """Start it where it is wanted and not there."""
        with self.turn:
            if self.running is not None and self.running.poll() is not None:
                self._end()
            if self.wanted and self.running is None:
                self._start()

    def start(self) -> None:
        self.wanted = True

    def kill(self) -> None:
        """End it and all that it started at once, as a machine that loses its power does."""
        with self.turn:
            self.wanted = False
            self._end()

    def stop(self) -> None:
        """End it in order."""
        with self.turn:
            self.wanted = False
            if self.running is not None:
                self.running.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.running.wait(10)
            self._end()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.arguments,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Where the test itself is ended, it is asked to end, too.
                preexec_fn=end_with_parent,  # noqa: PLW1509 (it does nothing but ask the kernel)
            )

    def _end(self) -> None:
        if self.running is None:
            return
        leader, self.running = self.running, None
        # Frozen first, so that none starts another while they are listed.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in list_session(leader.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        leader.wait()


def end_with_parent() -> None:
    """Let Linux send SIGTERM to this process when the thread that started it ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def list_session(leader: int) -> list[int]:
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                found.append(pid)
    return found


@dataclass
class Cluster:
    """Everything that runs, and one person who is logged in."""

    home: Path
    environment: dict[str, str]
    processes: dict[str, Process] = field(default_factory=dict)
    api: httpx.Client | None = None
    administration: str = ""
    holds: Path = Path()

    def run_command(self, *arguments: str) -> str:
        done = subprocess.run(
            [JAWABDEHI, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.environment['JAWABDEHI_PORT']}"

    def ask(self, path: str, **query: Any) -> Any:
        """Ask Airflow's interface; a server that is away for a while is asked again."""
        return self.request("GET", path, params=query)

    def request(self, method: str, path: str, **options: Any) -> Any:
        latest = time.monotonic() + 90
        while True:
            try:
                return self.api.request(method, path, **options).raise_for_status().json()
            except (httpx.TransportError, httpx.HTTPStatusError) as error:
                status = getattr(getattr(error, "response", None), "status_code", 503)
                if status < 500 or time.monotonic() > latest:
                    raise
                time.sleep(0.5)

    def start_run(self, dag: str, **conf: str) -> str:
        body = {"logical_date": None, "conf": conf}
        return self.request("POST", f"/dags/{dag}/dagRuns", json=body)["dag_run_id"]

    def runs(self, dag: str) -> list[dict[str, Any]]:
        return self.ask(f"/dags/{dag}/dagRuns", limit=100, order_by="-run_after")["dag_runs"]

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        return self.ask(f"/dags/{dag}/dagRuns/{run}/taskInstances", limit=100)["task_instances"]

    def wait_until_ended(self, dag: str, run: str, *, seconds: float = 900) -> None:
        def ended() -> bool:
            state = self.ask(f"/dags/{dag}/dagRuns/{run}")["state"]
            assert state != "failed", [
                (task["task_id"], task["state"], task["try_number"]) for task in self.tasks(dag, run)
            ]
            return state == "success"

        wait_for(f"The end of {dag}", ended, seconds=seconds)

    def hold(self, task: str, point: str) -> None:
        """Let the next task of this name freeze at `start`, in the `middle` or at the `end` of its work."""
        wish = self.holds / f".{task}#{next(_wishes)}"
        wish.write_text(point)
        wish.rename(self.holds / wish.name.removeprefix("."))

    def take_held(self) -> list[tuple[str, int, str]]:
        """Return what froze since: the name of the task, its process, and its worker."""
        found = []
        for path in sorted((self.holds / "held").glob("[a-z]*")):
            note = json.loads(path.read_text())
            path.unlink()
            found.append((path.name.split(".")[0], note["pid"], note["worker"]))
        return found

    @property
    def reports_database(self) -> str:
        address = sa.make_url(self.environment["JAWABDEHI_DATABASE_URL"])
        return address.set(drivername="postgresql+psycopg").render_as_string()

    @property
    def key_safe(self) -> Path:
        return Path(self.environment["JAWABDEHI_KEY_SAFE"])

    def wait_for_held(self, task: str, *, seconds: float = 300) -> tuple[int, str]:
        (held,) = wait_for(f"The freeze of {task}", self.take_held, seconds=seconds)
        assert held[0] == task
        return held[1], held[2]

    def release(self, pid: int) -> None:
        os.kill(pid, signal.SIGCONT)

    def reset(self) -> None:
        """Give the running cluster the home and the database of an installation that has seen nothing yet."""
        for process in self.processes.values():
            if not process.wanted:
                process.start()
        wait_for("The workers", lambda: workers_answer(self.environment), seconds=120)
        for name in ("inbox", "drafts", "audits", "published", "returns"):
            shutil.rmtree(self.home / name, ignore_errors=True)
            (self.home / name).mkdir(mode=0o700)
        (self.home / "published").rmdir()
        # The keys of months belong to the rows of the database.
        shutil.rmtree(self.home / "secrets" / "months", ignore_errors=True)
        (self.home / "secrets" / "withdrawn").unlink(missing_ok=True)
        for path in self.holds.rglob("*"):
            if path.is_file():
                path.unlink()
        command(
            self.administration,
            "DROP DATABASE reports WITH (FORCE)",
            "CREATE DATABASE reports TEMPLATE pristine OWNER reports",
        )
        self.run_command(
            "example",
            "--month",
            MONTH,
            "--reports",
            str(REPORTS),
            "--seed",
            "3",
            "--out",
            f"{self.home}/inbox",
        )

    def collect(self) -> str:
        run = self.start_run("collect_returns")
        self.wait_until_ended("collect_returns", run)
        return run

    def link(self, since: set[str]) -> None:
        """Wait for the linkage that the returns started, and for its end; `since` are the runs before."""

        def find_new() -> list[str]:
            return [
                run["dag_run_id"] for run in self.runs("link_incidents") if run["dag_run_id"] not in since
            ]

        for run in wait_for("Linking", find_new, seconds=180):
            self.wait_until_ended("link_incidents", run)

    def issue(self) -> str:
        """Make the draft, approve it through Airflow's interface, and wait for the edition."""
        run = self.start_run("issue_monthly_report", month=MONTH)
        self.approve(run)
        self.wait_until_ended("issue_monthly_report", run)
        return run

    def approve(self, run: str) -> None:
        def waits() -> bool:
            tasks = self.tasks("issue_monthly_report", run)
            states = {task["task_id"]: task["state"] for task in tasks}
            assert "failed" not in states.values(), states
            return states.get("approve") == "awaiting_input"

        wait_for("The draft", waits, seconds=900)
        question = f"/dags/issue_monthly_report/dagRuns/{run}/taskInstances/approve/-1/hitlDetails"
        self.request("PATCH", question, json={"chosen_options": ["Approve"], "params_input": {}})

    def play_month(self) -> "Played":
        """Do the whole month: from returns in the inbox to a published edition."""
        began = time.monotonic()
        before = {run["dag_run_id"] for run in self.runs("link_incidents")}
        runs = [("collect_returns", self.collect())]
        self.link(before)
        runs.append(("issue_monthly_report", self.issue()))
        runs += [
            ("link_incidents", run["dag_run_id"])
            for run in self.runs("link_incidents")
            if run["dag_run_id"] not in before
        ]
        hosts = Counter(
            task["hostname"] for dag, run in runs for task in self.tasks(dag, run) if task["hostname"]
        )
        hosts = Counter({host.split("@")[0]: number for host, number in hosts.items()})
        return Played(time.monotonic() - began, hosts, self.read_published(), self.read_links(), tuple(runs))

    def read_published(self) -> dict[str, str]:
        """Return the SHA-256 of every published file, and of the approval all but its time."""
        published = self.home / "published"
        found = {}
        for path in sorted(published.rglob("*")):
            if path.name == "approval.json":
                approval = json.loads(path.read_text())
                del approval["approved_at"]
                found["approval.json"] = json.dumps(approval)
            elif path.is_file():
                found[path.relative_to(published).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def read_links(self) -> list[dict[str, str]]:
        out = self.home / "links.csv"
        self.run_command("export", "links", "--month", MONTH, "--out", str(out))
        with out.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))


@dataclass(frozen=True)
class Played:
    """What came of a month: its seconds, how many tasks each worker ran, published files, rows, and runs."""

    seconds: float
    hosts: Counter[str]
    published: dict[str, str]
    links: list[dict[str, str]]
    runs: tuple[tuple[str, str], ...]


def command(address: str, *statements: str) -> None:
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def watch(cluster: Cluster, ended: threading.Event) -> None:
    """Start what is wanted; all processes are children of the thread that does this."""
    while not ended.wait(0.2):
        for process in list(cluster.processes.values()):
            process.look_after()


def is_well(address: str) -> bool:
    try:
        health = httpx.get(f"{address}/api/v2/monitor/health", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return False
    return all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor", "triggerer"))


def workers_answer(environment: dict[str, str]) -> bool:
    """Ask the workers through Redis whether they are there."""
    app = Celery(broker=environment["JAWABDEHI_QUEUE_URL"])
    # On a connection of its own: those that were kept may lead to a Redis that was killed since.
    with contextlib.suppress(RedisError, OperationalError), app.connection_for_write() as connection:
        return len(app.control.ping(timeout=1, connection=connection)) == len(WORKERS)
    return False


@contextlib.contextmanager
def run_cluster(folder: Path, home: Path, database_home: Path, sources: dict[str, str]) -> Iterator[Cluster]:
    """Run the whole cluster within this block; everything listens on this machine only."""
    server = find_databases(Settings(home=database_home, inbox=database_home))
    administration = sa.make_url(server.product).set(database="postgres").render_as_string()
    make_databases(administration)
    redis_port = free_port()
    environment = make_environment(
        home,
        JAWABDEHI_DATABASE_URL=name_database(administration, "reports"),
        JAWABDEHI_AIRFLOW_DATABASE_URL=name_database(administration, "airflow"),
        JAWABDEHI_QUEUE_URL=f"redis://:made-up@127.0.0.1:{redis_port}/0",
        JAWABDEHI_USERS="asha:admin",
        # The month is over on the day after it closed, and its files go in the next night.
        JAWABDEHI_RETENTION_DAYS="1",
        JAWABDEHI_KEEP_FILES_DAYS="0",
        JAWABDEHI_KEY_SAFE=str(folder / "key-safe"),
        **sources,
        **IMPATIENCE,
    )
    cluster = Cluster(home, environment, administration=administration, holds=folder / "holds")
    (folder / "holds" / "held").mkdir(parents=True)
    cluster.key_safe.mkdir()
    redis = ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--requirepass", "made-up"]
    redis += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
    cluster.processes["redis"] = Process("redis", redis, environment, folder / "redis.log")
    for name in ("api-server", "scheduler", "dag-processor", "triggerer"):
        cluster.processes[name] = make_component(name, name, environment, folder)
    for name in WORKERS:
        variables = make_worker(folder, cluster.holds, name)
        cluster.processes[name] = make_component(name, "worker", environment | variables, folder)
    ended = threading.Event()
    watcher = threading.Thread(target=watch, args=(cluster, ended), daemon=True)
    try:
        cluster.run_command("component", "migration")
        command(administration, "CREATE DATABASE pristine TEMPLATE reports")
        for process in cluster.processes.values():
            process.start()
        watcher.start()
        wait_for("A healthy cluster", lambda: is_well(cluster.address), seconds=300)
        wait_for("The workers", lambda: workers_answer(environment), seconds=180)
        passwords = json.loads((home / "secrets" / "airflow_passwords.json").read_text())
        cluster.api = log_in(cluster.address, "asha", passwords["asha"])
        yield cluster
    finally:
        for process in reversed(cluster.processes.values()):
            process.stop()
        ended.set()


def make_databases(administration: str) -> None:
    """Make two databases of two accounts, as deploy/postgres does: neither may look into the other's."""
    command(
        administration,
        "ALTER SYSTEM SET fsync = off",
        "SELECT pg_reload_conf()",
        "CREATE ROLE reports LOGIN CREATEROLE",
        "CREATE ROLE airflow LOGIN",
        *(f"CREATE DATABASE {name} OWNER {name}" for name in ("reports", "airflow")),
        *(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC" for name in ("reports", "airflow")),
    )


def name_database(administration: str, name: str) -> str:
    return sa.make_url(administration).set(username=name, database=name).render_as_string()


def make_component(name: str, component: str, environment: dict[str, str], folder: Path) -> Process:
    return Process(name, [str(JAWABDEHI), "component", component], environment, folder / f"{name}.log")


def make_worker(folder: Path, holds: Path, name: str) -> dict[str, str]:
    """Return what a worker has beside: a name, and the plugin that freezes tasks."""
    plugins = folder / "plugins"
    plugins.mkdir(exist_ok=True)
    for path in (*(CHECKOUT / "dags" / "plugins").glob("*.py"), PROGRAMS / "hold_tasks.py"):
        with contextlib.suppress(FileExistsError):
            (plugins / path.name).symlink_to(path)
    return {
        "JAWABDEHI_WORKER_NAME": f"{name}@%h",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "hold_tasks.name_worker",
        "PYTHONPATH": str(PROGRAMS),
        "HOLD_FOLDER": str(holds),
    }
