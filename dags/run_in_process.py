"""The whole job in this process: the DAGs one after the other, without a scheduler.

Airflow reads its settings when it is imported, so nothing of it is imported here before `run_month` is called;
the caller has put `pipeline.airflow_env.airflow_environment` into `os.environ` by then. Not a DAG file.
"""

import gc
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fasteners

from pipeline.errors import UsageError
from pipeline.settings import check_month, read_settings

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

_SECONDS_BETWEEN_LINES = 5.0


def run_month(
    month: str, approve_as: str | None, *, correction: str | None = None, tell: Callable[[str], None]
) -> bool:
    """Collect what waits in the inbox, link it, and issue the report of `month`; return whether all succeeded.

    `approve_as` is the name under which the edition is approved; with None the run stops at the draft.
    `correction` is the reason why a published month is corrected. `tell` gets one plain line at a time.
    Raises UsageError where `month` is not a month or Airflow is at work on the same home.
    """
    check_month(month)
    with _only_airflow_of_this_home():
        _import_airflow()
        from approval import answer_in_this_process

        _end_abandoned_runs()
        progress = _Progress(tell)
        with progress.watching(), answer_in_this_process(approve_as):
            return _run_all(month, correction, progress)


def _run_all(month: str, correction: str | None, progress: "_Progress") -> bool:
    from collect_returns import collect_returns
    from issue_monthly_report import issue_monthly_report
    from link_incidents import link_incidents

    collected = _run(collect_returns(), {}, progress)
    if collected is None:
        return False
    for linked_month in sorted({month, *_months_with_news(collected)}):
        if _run(link_incidents(), {"month": linked_month}, progress) is None:
            return False
    wanted = {"month": month, "correction": correction}
    return _run(issue_monthly_report(), wanted, progress) is not None


def _run(dag: "DAG", parameters: dict[str, str | None], progress: "_Progress") -> "DagRun | None":
    """Run one DAG; return its run, or None where it failed."""
    for task in dag.tasks:
        # A person is waiting: they read the error now and start again.
        task.retries = 0
    # Nor does anybody have to be told that it takes long; and Airflow's `test` looks deadlines up in its database,
    # where it has not put them.
    dag.deadline = None
    progress.begin(dag.dag_id)
    run = dag.test(run_conf=parameters)
    progress.end()
    if run.state == "success":
        return run
    progress.tell(f"{dag.dag_id} did not succeed. Its results so far are kept: mend the cause and run again.")
    return None


def _months_with_news(run: "DagRun") -> set[str]:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    query = XComModel.get_many(run_id=run.run_id, dag_ids=run.dag_id, task_ids="announce", key="return_value")
    with create_session() as session:
        found = [XComModel.deserialize_value(row) for row in session.scalars(query)]
    return {partition.partition("|")[2] for partitions in found for partition in partitions}


@contextmanager
def _only_airflow_of_this_home() -> Iterator[None]:
    """Hold off a second Airflow: a scheduler would take tasks of the run in this process as its own."""
    lock_file = read_settings(os.environ).airflow_home / "airflow.lock"
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    lock = fasteners.InterProcessLock(lock_file)
    if not lock.acquire(blocking=False):
        raise UsageError("Airflow is at work on this home: wait for the other run, or stop `jawabdehi up`.")
    try:
        yield
    finally:
        lock.release()


def _import_airflow() -> None:
    # Its warnings are for developers, and its log would repeat what the progress lines say.
    warnings.simplefilter("ignore")
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "CRITICAL")
    folder = Path(__file__).parent
    sys.path[:0] = [entry for entry in (str(folder), str(folder / "plugins")) if entry not in sys.path]
    # Importing Airflow and building its API makes millions of objects that stay: looking through them again
    # and again for garbage takes a second.
    gc.disable()
    try:
        _ensure_metadata()
        _build_task_interface()
        _start_metrics()
    finally:
        gc.freeze()
        gc.enable()


def _ensure_metadata() -> None:
    """Create or upgrade Airflow's database, unless the note of an earlier run and the database say it is done."""
    import sqlalchemy as sa
    from airflow import __version__, settings

    note = read_settings(os.environ).airflow_home / "metadata_version"

    def found() -> str | None:
        try:
            with settings.get_engine().connect() as connection:
                revision = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        except sa.exc.ProgrammingError:
            return None
        return f"{__version__} {revision}"

    if note.is_file() and note.read_text() == found():
        return
    from airflow.utils.db import initdb

    initdb()
    note.write_text(found() or "")


def _build_task_interface() -> None:
    """Build the interface through which tasks speak to Airflow; otherwise the first task does, at more cost."""
    import httpx
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    transport = in_process_api_server().transport
    httpx.Client(transport=transport, base_url="http://in-process.invalid").get("/health")


def _start_metrics() -> None:
    """Let metrics be sent where Airflow's settings say so; under the scheduler each task does this by itself."""
    from airflow.configuration import conf
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics import stats_utils

    stats.initialize(
        factory=stats_utils.get_stats_factory(),
        export_legacy_names=conf.getboolean("metrics", "legacy_names_on"),
    )


def _end_abandoned_runs() -> None:
    """Mark runs that a killed process of this kind left behind as failed, so that no scheduler takes them up."""
    import sqlalchemy as sa
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType

    with create_session() as session:
        session.execute(
            sa.update(DagRun)
            .where(DagRun.triggered_by == DagRunTriggeredByType.TEST, DagRun.state == DagRunState.RUNNING)
            .values(state=DagRunState.FAILED, end_date=sa.func.now())
        )


class _Progress:
    """Turns the ends of tasks into plain lines: one a step, and one every few seconds within a long step."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self._step = ""
        self._count = 0
        self._told_at = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hear from Airflow about every task that ends inside this block."""
        from airflow.sdk.listener import get_listener_manager

        listener = _make_listener(self)
        manager = get_listener_manager()
        manager.add_listener(listener)
        try:
            yield
        finally:
            manager.pm.unregister(listener)

    def begin(self, dag_id: str) -> None:
        self.end()
        self.tell(dag_id)

    def end(self) -> None:
        """Close the line of the current step."""
        if self._step and self._count > 1:
            self.tell(f"  {self._step}: {self._count} done")
        elif self._step:
            self.tell(f"  {self._step}: done")
        self._step, self._count = "", 0

    def count(self, step: str) -> None:
        """Count one more task of `step` as done."""
        if step != self._step:
            self.end()
            self._step, self._told_at = step, time.monotonic()
        self._count += 1
        if time.monotonic() - self._told_at > _SECONDS_BETWEEN_LINES:
            self._told_at = time.monotonic()
            self.tell(f"  {step}: {self._count} so far")

    def note(self, step: str, text: str) -> None:
        """Say something about one task."""
        self.end()
        self.tell(f"  {step}: {text}")


def _make_listener(progress: _Progress) -> object:
    from airflow.listeners import hookimpl

    def name_of(task_instance: Any) -> str:  # noqa: ANN401
        label = getattr(task_instance, "rendered_map_index", None)
        return f"{task_instance.task_id} {label}" if label else str(task_instance.task_id)

    class Listener:
        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:  # noqa: ANN401
            progress.count(task_instance.task_id)

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: object) -> None:  # noqa: ANN401
            progress.note(name_of(task_instance), f"failed. {error}".rstrip())

        @hookimpl
        def on_task_instance_skipped(self, task_instance: Any) -> None:  # noqa: ANN401
            progress.note(name_of(task_instance), "skipped")

    return Listener()
