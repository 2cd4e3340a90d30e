"""Metrics of our own, sent as Airflow sends its own: by StatsD or OpenTelemetry, where its settings switch one on.

    AIRFLOW__METRICS__STATSD_ON=True AIRFLOW__METRICS__STATSD_HOST=127.0.0.1 AIRFLOW__METRICS__STATSD_PORT=8125

Names begin with `jawabdehi.`, after Airflow's prefix. They are few and fixed: none names a collective, a month, a
return or a report. Send them only to a program that the data team runs itself. Not a DAG file.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from airflow.configuration import conf
from airflow.sdk.observability import stats

from pipeline.errors import describe_unexpected
from pipeline.settings import Settings

PREFIX = "jawabdehi"

_LOG = logging.getLogger(__name__)

_CHANGES_NUMBERS = frozenset({"list_news", "link_month", "audit_edition", "publish_edition"})
"""Jobs that end a step once a run, after which numbers are others than before."""


def are_on() -> bool:
    """Tell whether Airflow sends metrics anywhere."""
    return any(conf.getboolean("metrics", switch) for switch in ("statsd_on", "otel_on"))


@contextmanager
def watch(job: str, settings: Settings) -> Iterator[None]:
    """Send how long a job takes within this block and, after jobs that change them, the numbers of the installation.

    A job that fails is timed as `failed`, apart from those that end well. Metrics that cannot be sent stop nothing.
    """
    if not are_on():
        yield
        return
    began, ended = time.monotonic(), "failed"
    try:
        yield
        ended = "done"
    finally:
        seconds = timedelta(seconds=time.monotonic() - began)
        try:
            stats.timing(f"{PREFIX}.step.{job}.{ended}", seconds)
            if job in _CHANGES_NUMBERS:
                _send_numbers(settings)
        except Exception as error:  # noqa: BLE001 (whatever it is, the step itself is done)
            _LOG.warning("Metrics were not sent: %s", describe_unexpected(error))


def _send_numbers(settings: Settings) -> None:
    from pipeline import jobs

    for name, number in jobs.measure(settings).items():
        stats.gauge(f"{PREFIX}.{name}", number)
