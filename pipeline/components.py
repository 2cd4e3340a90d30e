"""Airflow's components one by one, for more than one machine: what each is told, and how it is started.

`up.py` starts all of them on one machine instead. Airflow is never imported here.
"""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from pipeline.airflow_env import airflow_environment, read_number
from pipeline.errors import JawabdehiError, UsageError
from pipeline.secrets import list_missing_keys, load_secrets
from pipeline.server import DatabaseUrls, find_databases
from pipeline.settings import CHECKOUT, Settings
from pipeline.up import tell_login

QUEUE = "JAWABDEHI_QUEUE_URL"
MIGRATION = "migration"
POOLS = CHECKOUT / "deploy" / "pools.json"

_PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
_OF_AIRFLOW = (
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    _PASSWORDS,
    "JAWABDEHI_AIRFLOW_DATABASE_URL",
    "JAWABDEHI_FERNET_KEY",
    "JAWABDEHI_JWT_SECRET",
    "JAWABDEHI_API_SECRET_KEY",
)
"""Variables that open Airflow's own data or let somebody speak in its name."""

_OF_THE_PRODUCT = ("JAWABDEHI_DATABASE_URL", "JAWABDEHI_VAULT_KEY", "JAWABDEHI_HASH_KEY")
"""Variables that open what reports say."""


@dataclass(frozen=True)
class Component:
    """One kind of process: the words that start it, and the variables that it is not told."""

    arguments: tuple[str, ...]
    withheld: tuple[str, ...] = ()


COMPONENTS = {
    MIGRATION: Component(("db", "migrate")),
    # Its pages open doubtful pairs, so it is told everything.
    "api-server": Component(("api-server", "--proxy-headers")),
    # Nobody reads their logs through a server of their own: those of tasks lie in the home.
    "scheduler": Component(("scheduler", "--skip-serve-logs"), _OF_THE_PRODUCT),
    "triggerer": Component(("triggerer", "--skip-serve-logs"), _OF_THE_PRODUCT),
    "dag-processor": Component(("dag-processor",), _OF_THE_PRODUCT),
    # A task gets a token of its own with its order, and asks the API server for everything else.
    "worker": Component(("celery", "worker", "--skip-serve-logs"), _OF_AIRFLOW),
}


def become_component(name: str, settings: Settings, environ: Mapping[str, str]) -> NoReturn:
    """Let this process become the component `name`, so that signals reach it.

    Raises UsageError where the machine lacks what the component needs.
    """
    settings = _check_settings(name, settings, environ)
    if list_missing_keys(settings.secrets, environ):
        # A home that is not mounted would get new keys, which open nothing.
        raise UsageError("This home has no keys: mount the shared one, or run jawabdehi component migration.")
    (settings.airflow_home / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
    arguments = ("airflow", *COMPONENTS[name].arguments, *_worker_arguments(name, environ))
    environment = component_environment(name, settings, environ)
    os.execvpe(arguments[0], arguments, environment)  # noqa: S606 (fixed words; no shell is wanted)


def bring_up_to_date(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    prepare: Callable[[Settings], object],
    tell: Callable[[str], None],
) -> None:
    """Bring the home, both databases, the login and the pools up to date; a second call changes nothing.

    `prepare` makes the home ready. Raises JawabdehiError where Airflow's database cannot be brought up to date.
    """
    settings = _check_settings(MIGRATION, settings, environ)
    prepare(settings)
    environment = component_environment(MIGRATION, settings, environ)
    # The log of a container is no place for passwords; the file is, and the second call tells of that alone.
    tell_login(environment, lambda _line: None)
    tell_login(environment, tell)
    for arguments in (COMPONENTS[MIGRATION].arguments, ("pools", "import", str(POOLS))):
        done = subprocess.run(["airflow", *arguments], env=dict(environment), check=False)  # noqa: S603, S607
        if done.returncode != 0:
            raise JawabdehiError("Airflow's database cannot be brought up to date: read what it says above.")
    tell("Home, keys, databases and pools are up to date.")


def component_environment(name: str, settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of one component, without the secrets that are not its business."""
    urls = find_databases(settings)
    assert isinstance(urls, DatabaseUrls)
    secrets = load_secrets(settings.secrets, environ)
    whole = airflow_environment(settings, secrets, urls, environ)
    return {key: value for key, value in whole.items() if key not in COMPONENTS[name].withheld}


def _check_settings(name: str, settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a machine with what the component needs, or raise UsageError.

    What never opens a report need not be told where reports are kept.
    """
    if not environ.get(QUEUE):
        raise UsageError(f"Set {QUEUE} to the address of a Redis, such as redis://:password@host:6379/0.")
    told = settings.database_url
    if COMPONENTS[name].withheld == _OF_THE_PRODUCT:
        told = told or settings.airflow_database_url
    if told is None:
        raise UsageError("Set JAWABDEHI_DATABASE_URL: the embedded server is for one machine only.")
    return replace(settings, database_url=told)


def _worker_arguments(name: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    if name != "worker":
        return ()
    tasks = read_number(environ, "JAWABDEHI_WORKER_TASKS", default=2, most=64)
    # Celery puts the machine's name for %h.
    return ("--concurrency", tasks, "--celery-hostname", environ.get("JAWABDEHI_WORKER_NAME") or "worker@%h")
