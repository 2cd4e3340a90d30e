"""A plugin of Airflow for workers under test: freezes a task at a chosen point, so that a fault meets it there.

The test puts a wish into `HOLD_FOLDER`: a file named by a task and a number (`take_in#1`, or `take_in@0#1` for the
first of those mapped), with the word `start`, `middle` or `end` in it. The first task of that name freezes (SIGSTOP)
as it starts, half a second into its job, or when its job is done and Airflow has not heard of it; a note of it then
stands in `HOLD_FOLDER/held`. Its heartbeats go on, since another process sends them.
"""

import contextlib
import functools
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

_IN_THE_MIDDLE = 0.5


def name_worker() -> str:
    """Return what Airflow records as the host of a task: the worker's name, since all share one machine here."""
    return os.environ.get("JAWABDEHI_WORKER_NAME") or socket.gethostname()


def _claim(name: str) -> str | None:
    """Take one wish that is for this task; of several tasks each takes another."""
    for wish in sorted(Path(os.environ["HOLD_FOLDER"]).glob(f"{name}#*")):
        claimed = wish.with_name(f".{wish.name}.{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            wish.rename(claimed)
            point = claimed.read_text()
            claimed.unlink()
            return point
    return None


def _freeze(task: str, frozen: threading.Event) -> None:
    if frozen.is_set():
        return
    frozen.set()
    folder = Path(os.environ["HOLD_FOLDER"]) / "held"
    note = folder / f".{task}"
    note.write_text(json.dumps({"pid": os.getpid(), "worker": name_worker()}))
    note.rename(folder / f"{task}.{os.getpid()}")
    os.kill(os.getpid(), signal.SIGSTOP)


def _wrap(task: str, point: str) -> None:
    """Freeze in the middle of the next job, or at its end, where it is done before its middle comes."""
    from pipeline import jobs

    frozen = threading.Event()

    def freeze_later() -> None:
        time.sleep(_IN_THE_MIDDLE)
        _freeze(task, frozen)

    def make(job: Callable) -> Callable:
        @functools.wraps(job)
        def held(*arguments: object, **options: object) -> object:
            if point == "middle":
                threading.Thread(target=freeze_later, daemon=True).start()
            result = job(*arguments, **options)
            _freeze(task, frozen)
            return result

        return held

    for name in jobs.__all__:
        job = getattr(jobs, name)
        if callable(job) and not isinstance(job, type):
            setattr(jobs, name, make(job))


class _Listener:
    @hookimpl
    def on_task_instance_running(self, previous_state: object, task_instance: object) -> None:
        task = task_instance.task_id
        point = _claim(task) or _claim(f"{task}@{task_instance.map_index}")
        if point == "start":
            _freeze(task, threading.Event())
        elif point:
            _wrap(task, point)


class HoldTasksPlugin(AirflowPlugin):
    """Tells Airflow about the listener."""

    name = "hold_tasks"
    listeners = [_Listener()] if "HOLD_FOLDER" in os.environ else []


# Airflow imports this file as a plugin and again as the module of `name_worker`.
sys.modules.setdefault("hold_tasks", sys.modules[__name__])
