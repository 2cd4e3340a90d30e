"""The environment that Airflow runs in: what `airflow.cfg` leaves open, in variables.

Airflow itself is not imported here: it reads these variables on its import, so they have to stand first.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from pipeline.errors import UsageError
from pipeline.secrets import Secrets
from pipeline.server import DatabaseUrls
from pipeline.settings import CHECKOUT, Settings

PASSWORDS_FILE = "airflow_passwords.json"  # pragma: allowlist secret (a name)
"""Name of the file under the secrets folder that holds the passwords of Airflow's pages."""

HEAVY_POOL_VARIABLE = "JAWABDEHI_HEAVY_POOL"
"""Name of the variable that says which of Airflow's pools tasks go into that need much memory."""

_PRELOADED = (
    "airflow.sdk.execution_time.task_runner",
    "airflow.dag_processing.dagbag",
    "airflow.providers.standard.operators.hitl",
    "pipeline.jobs",
    "great_expectations",
)
_WEB, _QUEUE = ("http", "https"), ("redis", "rediss")
_DEFAULT_PORT = 8080
_LOOPBACK = "127.0.0.1"


def airflow_environment(
    settings: Settings, secrets: Secrets, urls: DatabaseUrls, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return `environ` with everything that Airflow and the tasks of the DAGs need.

    In `environ`, `JAWABDEHI_PORT` chooses the port of the web pages (default 8080), and `JAWABDEHI_USERS` who
    may log in (default one `admin`). With more than one machine, `JAWABDEHI_LISTEN` is the address that the API
    server listens on (default this machine only), `JAWABDEHI_API_URL` where the other machines reach it,
    `JAWABDEHI_SITE_URL` where people do, and `JAWABDEHI_QUEUE_URL` the Redis through which tasks reach workers.
    Raises UsageError where one of them cannot be used.
    """
    return (
        dict(environ)
        | _product_variables(settings)
        | _web_variables(environ)
        | _queue_variables(environ)
        | {
            "AIRFLOW_CONFIG": str(CHECKOUT / "airflow.cfg"),
            "AIRFLOW_HOME": str(settings.airflow_home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": urls.airflow,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": _asynchronous(urls.airflow),
            "AIRFLOW__CORE__FERNET_KEY": secrets.fernet_key,
            "AIRFLOW__API__SECRET_KEY": secrets.api_secret_key,
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.jwt_secret,
            # Who may log in, as `name:role` with commas between; an approval carries the approver's name.
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": environ.get("JAWABDEHI_USERS") or "admin:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(settings.secrets / PASSWORDS_FILE),
            "GX_ANALYTICS_ENABLED": "false",
            "PATH": _with_own_programs_first(environ.get("PATH", os.defpath)),
            "NO_PROXY": _without_proxy(environ),
        }
    )


def _product_variables(settings: Settings) -> dict[str, str]:
    """Return the settings as variables, since tasks run in other processes and read them again."""
    return {
        "JAWABDEHI_CHECKOUT": str(CHECKOUT),
        "JAWABDEHI_HOME": str(settings.home),
        "JAWABDEHI_INBOX": str(settings.inbox),
        "JAWABDEHI_DATABASE_URL": settings.database_url or "",
        "JAWABDEHI_CLOSING_DAY": str(settings.closing_day),
        "JAWABDEHI_SETTLE_SECONDS": str(settings.settle_seconds),
        "JAWABDEHI_SOURCES": ",".join(settings.sources),
        "JAWABDEHI_QUOTA": str(settings.quota),
        "JAWABDEHI_KEY_SAFE": str(settings.key_safe or ""),
        "JAWABDEHI_BACKUPS": str(settings.backups or ""),
    }


def _web_variables(environ: Mapping[str, str]) -> dict[str, str]:
    port = read_number(environ, "JAWABDEHI_PORT", default=_DEFAULT_PORT, most=65535)
    address = _read_url(environ, "JAWABDEHI_API_URL", _WEB) or f"http://{_LOOPBACK}:{port}"
    return {
        "AIRFLOW__API__HOST": environ.get("JAWABDEHI_LISTEN") or _LOOPBACK,
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__BASE_URL": _read_url(environ, "JAWABDEHI_SITE_URL", _WEB) or address,
        # Tasks report to this address; it does not follow from the port by itself.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
    }


def _queue_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what lets tasks run on workers of other machines; nothing where all is on this one."""
    queue = _read_url(environ, "JAWABDEHI_QUEUE_URL", _QUEUE)
    if queue is None:
        return {}
    tasks = read_number(environ, "JAWABDEHI_TASKS_AT_ONCE", default=4, most=1000)
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        # As many as the workers take at once: what waits in the queue is lost with it, and is given up in the end.
        "AIRFLOW__CORE__PARALLELISM": tasks,
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": tasks,
        "AIRFLOW__CELERY__BROKER_URL": queue,
        # Not Airflow's database, as Celery's executor would have it: workers do not get to know that.
        "AIRFLOW__CELERY__RESULT_BACKEND": queue,
        # A task is a fork of its worker: what is loaded here once, none of them loads again, which takes each of them
        # ten seconds. None of it starts threads that a fork would miss.
        "AIRFLOW__CELERY__EXTRA_CELERY_CONFIG": json.dumps({"imports": _PRELOADED}),
        # A worker that is gone takes its order with it; Airflow gives a new one, long before Redis does after a day.
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "86400",
        # The pool of deploy/pools.json, which the component `migration` brings in.
        HEAVY_POOL_VARIABLE: "heavy",
    }


def _read_url(environ: Mapping[str, str], name: str, schemes: Sequence[str]) -> str | None:
    text = (environ.get(name) or "").rstrip("/")
    if not text:
        return None
    if urlsplit(text).scheme not in schemes or not urlsplit(text).hostname:
        raise UsageError(f"Set {name} to an address that begins with {schemes[0]}://, or leave it unset.")
    return text


def read_number(environ: Mapping[str, str], name: str, *, default: int, most: int) -> str:
    """Return a whole number from 1 to `most` as text; raise UsageError where the variable holds none."""
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise UsageError(f"Set {name} to a whole number from 1 to {most}, or leave it unset.")
    return text


def _asynchronous(address: str) -> str:
    """Return the same database for the driver asyncpg, which knows few of libpq's options."""
    url = sa.make_url(address)
    query = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    if "sslmode" in url.query:
        query["ssl"] = url.query["sslmode"]
    return url.set(drivername="postgresql+asyncpg", query=query).render_as_string(hide_password=False)


def _with_own_programs_first(path: str) -> str:
    own = str(Path(sys.executable).parent)
    return os.pathsep.join([own, *(part for part in path.split(os.pathsep) if part != own)])


def _without_proxy(environ: Mapping[str, str]) -> str:
    """Return the hosts reached directly: tasks talk to Airflow on our own machines, never through a proxy."""
    named = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    hosts = [host.strip() for host in named.split(",") if host.strip()]
    server = urlsplit(environ.get("JAWABDEHI_API_URL") or "").hostname
    return ",".join(dict.fromkeys([*hosts, _LOOPBACK, "localhost", *([server] if server else [])]))
