"""The environment that Airflow runs in: what `airflow.cfg` leaves open, in variables.

Airflow itself is not imported here: it reads these variables on its import, so they have to stand first.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from pipeline.errors import UsageError
from pipeline.secrets import Secrets
from pipeline.server import DatabaseUrls
from pipeline.settings import CHECKOUT, Settings

PASSWORDS_FILE = "airflow_passwords.json"  # pragma: allowlist secret (a name)
"""Name of the file under the secrets folder that holds the passwords of Airflow's pages."""

_DEFAULT_PORT = 8080
_LOOPBACK = "127.0.0.1"


def airflow_environment(
    settings: Settings, secrets: Secrets, urls: DatabaseUrls, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return `environ` with everything that Airflow and the tasks of the DAGs need.

    In `environ`, `JAWABDEHI_PORT` chooses the port of the web pages (default 8080), and `JAWABDEHI_USERS` who
    may log in (default one `admin`). Raises UsageError where the port is none.
    """
    return (
        dict(environ)
        | _product_variables(settings)
        | _web_variables(_read_port(environ))
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


def _web_variables(port: int) -> dict[str, str]:
    address = f"http://{_LOOPBACK}:{port}"
    return {
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        # Tasks report to this address; it does not follow from the port by itself.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
    }


def _read_port(environ: Mapping[str, str]) -> int:
    text = environ.get("JAWABDEHI_PORT") or str(_DEFAULT_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise UsageError("Set JAWABDEHI_PORT to a port from 1 to 65535, or leave it unset.")
    return int(text)


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
    """Return the hosts reached directly: tasks talk to Airflow on this machine, never through a proxy."""
    named = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    hosts = [host.strip() for host in named.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*hosts, _LOOPBACK, "localhost"]))
