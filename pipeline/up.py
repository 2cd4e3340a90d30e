"""Airflow with its web pages on this machine: its four components as child processes, started and stopped together.

Only processes, files and signals are dealt with here; Airflow is never imported.
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType

import fasteners

from pipeline.errors import JawabdehiError, UsageError
from pipeline.files import write_atomically

Tell = Callable[[str], None]
Components = dict[str, subprocess.Popen[bytes]]

_COMPONENTS = {
    # The web pages read logs from disk, so the log servers of the next two, which listen on every address of
    # the machine, stay off.
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "triggerer": ("triggerer", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "api-server": ("api-server",),
}
_SECONDS_TO_START = 180.0
_SECONDS_TO_STOP = 60.0


def run_airflow(environment: Mapping[str, str], *, tell: Tell) -> int:
    """Run Airflow until Ctrl-C, SIGTERM or the end of one of its components; return the exit code.

    `environment` is that of `airflow_environment`. `tell` gets one plain line at a time, the password of a new
    login among them, once. Raises UsageError where Airflow is at work on this home already.
    """
    home = Path(environment["AIRFLOW_HOME"])
    (home / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_airflow_of(home), _stop_signals() as stop:
        tell_login(environment, tell)
        tell("Airflow's database is being brought up to date.")
        _bring_up_to_date(environment, home)
        components: Components = {}
        try:
            for name, arguments in _COMPONENTS.items():
                components[name] = _start(name, arguments, environment, home)
            return _watch(components, environment, stop, tell)
        finally:
            tell("Airflow is being stopped.")
            _stop(components)


def tell_login(environment: Mapping[str, str], tell: Tell) -> None:
    """Make a password for every user that has none, in a file for this account only, and tell it once.

    An auth manager that is named in the environment keeps accounts of its own, so that there is none to make.
    """
    if environment.get("AIRFLOW__CORE__AUTH_MANAGER"):
        tell("Airflow's auth manager keeps accounts by itself: for FAB, deploy/fab_accounts.py makes them.")
        return
    path = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    users = [
        user.split(":")[0] for user in environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].split(",")
    ]
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    new = {user: secrets.token_urlsafe(12) for user in users if user not in known}
    if not new:
        tell(f"The passwords of Airflow's pages are in {path}.")
        return
    write_atomically(path, json.dumps(known | new).encode(), mode=0o600)
    for user, password in new.items():
        tell(f"Log in as {user} with the password {password} (kept in {path}).")


@contextlib.contextmanager
def only_airflow_of(home: Path) -> Iterator[None]:
    """Hold off any other Airflow of this home within this block; raise UsageError where one is at work."""
    lock = fasteners.InterProcessLock(home / "airflow.lock")
    if not lock.acquire(blocking=False):
        raise UsageError("Airflow is at work on this home already: stop it, or wait for the other run.")
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into an event, so that the components are always stopped in order."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bring_up_to_date(environment: Mapping[str, str], home: Path) -> None:
    process = _start("migration", ("db", "migrate"), environment, home)
    if process.wait() != 0:
        raise JawabdehiError(
            "Airflow's database cannot be brought up to date: read logs/migration.log in airflow/ of the home."
        )


def _start(
    name: str, arguments: tuple[str, ...], environment: Mapping[str, str], home: Path
) -> subprocess.Popen[bytes]:
    handle = os.open(home / "logs" / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as log:
        return subprocess.Popen(  # noqa: S603 (fixed words only)
            ["airflow", *arguments],  # noqa: S607 (PATH begins with our own programs)
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C reaches this process only, which stops the others in order.
            start_new_session=True,
        )


def _watch(components: Components, environment: Mapping[str, str], stop: threading.Event, tell: Tell) -> int:
    address = environment["AIRFLOW__API__BASE_URL"]
    latest_start = time.monotonic() + _SECONDS_TO_START
    ready = False
    while not stop.wait(0.5):
        for name, process in components.items():
            if process.poll() is not None:
                tell(f"Airflow's {name} ended by itself: read logs/{name}.log in airflow/ of the home.")
                return 1
        if not ready and is_healthy(address):
            ready = True
            tell(f"Airflow is ready: {address} (Ctrl-C stops it).")
        if not ready and time.monotonic() > latest_start:
            tell("Airflow does not get ready: read the files in airflow/logs of the home.")
            return 1
    return 0


def is_healthy(address: str) -> bool:
    """Return whether the web pages answer at `address` and say that every component is alive."""
    try:
        with urllib.request.urlopen(f"{address}/api/v2/monitor/health", timeout=2) as answer:  # noqa: S310
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor", "triggerer"))


def _stop(components: Components) -> None:
    """Ask every component to end, the web server last, since running tasks report to it; then make sure."""
    web = [name for name in components if name == "api-server"]
    for names in ([name for name in components if name not in web], web):
        for name in names:
            components[name].terminate()
        latest = time.monotonic() + _SECONDS_TO_STOP
        for name in names:
            with contextlib.suppress(subprocess.TimeoutExpired):
                components[name].wait(max(0.0, latest - time.monotonic()))
    for process in components.values():
        for member in _session_of(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        process.wait()


def _session_of(leader: int) -> list[int]:
    """Return the processes that a component started; tasks have process groups of their own, not sessions."""
    listing = subprocess.run(
        ["ps", "-axo", "pid="],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    members = []
    for pid in map(int, listing.stdout.split()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                members.append(pid)
    return members
