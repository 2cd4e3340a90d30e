"""What every DAG file shares: the assets, the month of a run, and how a job's failure becomes Airflow's.

Airflow and `pipeline.jobs` meet here and in the DAG files only. What a step does belongs in `pipeline/`.
"""

import errno
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Concatenate, ParamSpec, TypeVar

from airflow.sdk import Asset, Connection, Param, get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException
from step_metrics import watch

from pipeline.errors import JawabdehiError, RetryableError, UsageError, describe_unexpected
from pipeline.settings import Settings, check_month, name_source_variable, read_settings

REPORTS = Asset("reports", uri="jawabdehi://reports")
"""Reports taken in; one partition `COLLECTIVE|YYYY-MM` a collective and reporting month."""

INCIDENTS = Asset("incidents", uri="jawabdehi://incidents")
"""Incidents linked; one partition `YYYY-MM` a reporting month."""

MONTH = Param(
    None,
    type=["null", "string"],
    pattern=r"^20\d\d-(0[1-9]|1[0-2])$",
    title="Month",
    description="The reporting month as YYYY-MM. Runs that Airflow starts by itself know their month.",
)

CORRECTION = Param(
    None,
    enum=[None, "wrong_codes", "linkage", "program"],
    title="Correct a published month",
    description="Why a published month is corrected by a further edition; leave empty for a first edition.",
)
"""Codes of the list correction_reasons."""

TASK_DEFAULTS = {
    "owner": "data team",
    # Only errors that may pass are tried again; all others end the task at once.
    "retries": 4,
    # The first delay stands in airflow.cfg.
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
    # Values between tasks are ids, and still need not stand in logs.
    "show_return_value_in_logs": False,
}

HEAVY_POOL = os.environ.get("JAWABDEHI_HEAVY_POOL") or "default_pool"
"""The pool of tasks that hold a whole month in memory; one machine has Airflow's own pool alone."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""A disk that is full: somebody makes room, and the task goes on by itself."""

Ids = ParamSpec("Ids")
Result = TypeVar("Result")


def run_job(
    job: Callable[Concatenate[Settings, Ids], Result], *ids: Ids.args, **more_ids: Ids.kwargs
) -> Result:
    """Call a function of `pipeline.jobs` with this installation's settings and return its ids.

    Raises AirflowFailException for what a second try cannot mend and AirflowException for what may pass. Both
    are raised after the failed call was left behind, so that neither the text of a library's error nor the
    frames of the failed call, which may hold values of reports, can reach a log.
    """
    try:
        settings = installation()
        with watch(job.__name__, settings):
            return job(settings, *ids, **more_ids)
    except Exception as error:  # noqa: BLE001 (whatever it is, its text and frames stay here)
        failure = _translate(error)
    raise failure


def installation() -> Settings:
    """Return the settings of this installation."""
    return read_settings(os.environ)


def read_source(name: str) -> str:
    """Return the definition of a source: the variable `JAWABDEHI_SOURCE_<NAME>`, else Airflow's connection `name`.

    It holds a secret: hand it on and never return it from a task. Raises AirflowFailException where there is none.
    """
    variable = name_source_variable(name)
    if os.environ.get(variable):
        return os.environ[variable]
    try:
        return str(Connection.get(name).as_json())
    except AirflowNotFoundException:
        missing = AirflowFailException(f"Set {variable}, or make a connection {name} in Airflow.")
    raise missing


def reporting_month() -> str:
    """Return the month of the current run: its partition, or else its parameter `month`.

    Raises AirflowFailException where the run has neither.
    """
    context = get_current_context()
    month = context["dag_run"].partition_key or context["params"].get("month") or ""
    try:
        return check_month(month)
    except UsageError as error:
        raise AirflowFailException(str(error)) from None


def _translate(error: Exception) -> AirflowException:
    if isinstance(error, RetryableError):
        return AirflowException(str(error))
    if isinstance(error, JawabdehiError):
        return AirflowFailException(str(error))
    kind = AirflowException if _may_pass(error) else AirflowFailException
    return kind(describe_unexpected(error))


def _may_pass(error: Exception) -> bool:
    import psycopg
    from sqlalchemy.exc import InterfaceError, OperationalError

    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    # COPY goes past SQLAlchemy, so that a server that goes away in the middle of it raises the driver's own errors.
    lost = OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError
    return isinstance(error, ConnectionError | TimeoutError | lost)
