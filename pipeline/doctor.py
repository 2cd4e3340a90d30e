"""The doctor: whether an installation has what it needs, and what to do where it has not.

Each check looks at one thing, changes nothing, and says one sentence; none of them stops the others.
"""

import importlib.metadata
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from packaging.requirements import Requirement

from pipeline.collect.inbox import NO_ACCESS, NOT_THERE
from pipeline.collect.sources import open_source, parse_source
from pipeline.digest import DAYS_BETWEEN_BACKUPS
from pipeline.errors import JawabdehiError, describe_unexpected
from pipeline.keeping.parts import list_backups, when_made
from pipeline.key_files import MonthKeyFiles
from pipeline.report.printing import find_printer
from pipeline.secrets import MONTHS, list_missing_keys, load_secrets
from pipeline.server import answers, find_databases
from pipeline.settings import CHECKOUT, KOLKATA, Settings, name_source_variable
from pipeline.store.database import connect, list_missing_migrations

LEAST_FREE = 2 * 1024**3
"""Bytes that a month of some thousand reports, its pages and Airflow's logs take, several times over."""

_LARGEST_DRIFT = 120.0
_PINNED = re.compile(r"^[A-Za-z0-9].*==.*$", re.MULTILINE)
_FONTS = (
    "NotoSans",
    "NotoSansBengali",
    "NotoSansDevanagari",
    "NotoSansOriya",
    "NotoSansTamil",
    "NotoSansTelugu",
)


@dataclass(frozen=True)
class Finding:
    """What one check found: `says` is a sentence, with what to do where the thing is not well."""

    name: str
    is_well: bool
    says: str


def examine(
    settings: Settings, environ: Mapping[str, str], names: Collection[str] | None = None
) -> Iterator[Finding]:
    """Look at what an installation needs, one thing after the other: at `names`, by default at everything."""
    checks: dict[str, Callable[[], str]] = {
        "Python": _check_python,
        "Packages": _check_packages,
        "Time zone": _check_time_zone,
        "Fonts": _check_fonts,
        "Printing": lambda: _check_printing(settings),
        "Disk": lambda: _check_disk(settings),
        "Keys": lambda: _check_keys(settings, environ),
        "Database": lambda: _check_database(settings),
        "Inbox": lambda: _check_inbox(settings),
        "Backups": lambda: _check_keeping(settings),
    }
    for name in settings.sources:
        checks[f"Source {name}"] = lambda name=name: _check_source(name, environ)  # type: ignore[misc]
    for name, check in checks.items():
        if names is None or name in names:
            yield _try(name, check)


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, is_well=True, says=check())
    except JawabdehiError as error:
        return Finding(name, is_well=False, says=str(error))
    except Exception as error:  # noqa: BLE001 (its text may hold values, and other checks are still to come)
        return Finding(name, is_well=False, says=describe_unexpected(error))


def _check_python() -> str:
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise JawabdehiError("Python 3.11, 3.12 or 3.13 is needed: install one and set the program up anew.")
    return f"Version {sys.version_info.major}.{sys.version_info.minor} will do."


def _check_packages() -> str:
    """Hold what is installed against the lock file."""
    locked = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    others = [
        wanted.name
        for wanted in (Requirement(line.rstrip(" \\")) for line in _PINNED.findall(locked))
        # A version may be for another system, or for another Python.
        if (wanted.marker is None or wanted.marker.evaluate()) and not _is_there(wanted)
    ]
    if others:
        raise JawabdehiError(
            f"These packages are not as requirements.lock has them: {', '.join(sorted(others))}. Run make again."
        )
    return "All are as requirements.lock has them."


def _is_there(wanted: Requirement) -> bool:
    try:
        return wanted.specifier.contains(importlib.metadata.version(wanted.name), prereleases=True)
    except importlib.metadata.PackageNotFoundError:
        return False


def _check_time_zone() -> str:
    try:
        ZoneInfo(KOLKATA.key)
    except ZoneInfoNotFoundError:
        raise JawabdehiError(
            "The time zone of India is not known here: install tzdata (Debian: apt-get install tzdata)."
        ) from None
    return f"In India it is {datetime.now(KOLKATA):%Y-%m-%d %H:%M}; set the clock if that is wrong."


def _check_fonts() -> str:
    folder = CHECKOUT / "reports" / "static" / "fonts"
    missing = [f"{name}-Regular.woff2" for name in _FONTS if not (folder / f"{name}-Regular.woff2").is_file()]
    if missing:
        raise JawabdehiError(
            f"Fonts are missing below reports/static/fonts: {', '.join(missing)}. Fetch the code anew."
        )
    return "The fonts of all six languages are there."


def _check_printing(settings: Settings) -> str:
    missing = find_printer()
    if missing and settings.prints:
        raise JawabdehiError(missing)
    return "Not asked for (JAWABDEHI_PRINT=0)." if missing else "Pages can be printed."


def _check_disk(settings: Settings) -> str:
    home = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE:
        raise JawabdehiError(
            f"Only {free / 1024**3:.1f} GiB are free at the home: make room, up to {LEAST_FREE // 1024**3} GiB."
        )
    return f"{free / 1024**3:.0f} GiB are free where the home lies."


def _check_keys(settings: Settings, environ: Mapping[str, str]) -> str:
    folder = settings.secrets
    if not folder.is_dir():
        raise JawabdehiError(
            "There are no keys yet: jawabdehi status makes them, with everything else of a home."
        )
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise JawabdehiError(
            "Others can look into the folder of keys: run chmod 700 on secrets/ of the home."
        )
    if folder.stat().st_uid != os.getuid():
        raise JawabdehiError(
            "The folder of keys belongs to somebody else: run as the user who owns the home."
        )
    kept = [path for path in sorted(folder.rglob("*")) if not path.name.startswith(".")]
    open_files = [path.name for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_files:
        raise JawabdehiError(f"Others can read {', '.join(open_files)} in secrets/: run chmod 600 on them.")
    missing = list_missing_keys(folder, environ)
    if missing:
        raise JawabdehiError(
            f"Keys are missing in secrets/: {', '.join(missing)}. Put them back from where you keep them, before any "
            "other command makes new ones, which open nothing that was sealed before."
        )
    secrets = load_secrets(folder, environ)
    months = MonthKeyFiles(folder / MONTHS, secrets.vault_keys)
    for month in months.list_months():
        months.load(month)
    return (
        f"All keys are there, those of {len(months.list_months())} months too, and nobody else can read them."
    )


def _check_keeping(settings: Settings) -> str:
    for folder, what in ((settings.backups, "JAWABDEHI_BACKUPS"), (settings.key_safe, "JAWABDEHI_KEY_SAFE")):
        if folder is not None and not folder.is_dir():
            raise JawabdehiError(
                f"The folder in {what} is not there: plug it in or mount it, or mend the setting."
            )
    if settings.backups is None:
        return "No folder for nightly backups is named (JAWABDEHI_BACKUPS): run jawabdehi backup yourself."
    newest = list_backups(settings.backups)[-1:]
    age = (datetime.now(UTC) - when_made(newest[0])).days if newest else None
    if age is None or age > DAYS_BETWEEN_BACKUPS:
        raise JawabdehiError(
            f"The newest backup is {age} days old: see why the DAG back_up fails."
            if newest
            else "There is no backup yet: run jawabdehi backup, or the DAG back_up."
        )
    return f"The newest backup is {age} days old."


def _check_database(settings: Settings) -> str:
    urls = find_databases(settings)
    if urls is None:
        raise JawabdehiError(
            "There is no database yet: jawabdehi status makes it, with everything else of a home."
        )
    with connect(urls.product) as engine:
        if not answers(engine):
            if settings.database_url is None:
                return "The embedded server is not running; any command starts it."
            raise JawabdehiError(
                "The database server does not answer: start it, or check JAWABDEHI_DATABASE_URL."
            )
        with engine.connect() as connection:
            missing = list_missing_migrations(connection)
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
    if missing:
        raise JawabdehiError(
            f"Migrations are missing ({', '.join(missing)}): jawabdehi status brings them in."
        )
    if abs((datetime.now(UTC) - now).total_seconds()) > _LARGEST_DRIFT:
        raise JawabdehiError(
            "The clocks of this machine and of the database differ by minutes: set them by NTP."
        )
    return "It answers, and its tables are those of this version."


def _check_inbox(settings: Settings) -> str:
    if not isinstance(settings.inbox, Path):
        return "It lies elsewhere; collect_returns says if it cannot be read."
    if not settings.inbox.is_dir():
        raise JawabdehiError(NOT_THERE)
    if not os.access(settings.inbox, os.R_OK | os.X_OK):
        raise JawabdehiError(NO_ACCESS)
    return "It can be read."


def _check_source(name: str, environ: Mapping[str, str]) -> str:
    variable = name_source_variable(name)
    if not environ.get(variable):
        return f"{variable} is not set: a connection of Airflow has to define it; collect_returns reads that."
    # Looked at once and not tried again: a person waits.
    with open_source(parse_source(name, environ[variable]), sleep=_give_up, timeout=10) as server:
        server.list_all()
    return "Its server answers, and its form can be read."


def _give_up(_seconds: float) -> None:
    raise JawabdehiError("Its server does not answer: check its address and the network.")
