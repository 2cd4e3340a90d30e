"""Where things are and how strict we are: settings read once from the environment.

Secrets are not settings; see `secrets.py`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError

CHECKOUT = Path(__file__).resolve().parent.parent
"""The product runs from its checkout: `schemas/` and `reports/` lie beside the package."""

KOLKATA = ZoneInfo("Asia/Kolkata")
"""Months begin and end at midnight in India, wherever the machine stands."""

LINK_ENGINES = ("duckdb", "spark")
"""Where reports are compared: in this process, or on Spark, here or on a cluster."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Settings:
    """The paths and limits of one installation.

    `home` holds every runtime file. `inbox` is the folder that collectives fill, or an address of fsspec. `sources`
    are the names of forms on servers that are collected, too. More than `quota` rows in one return wait for a person.
    `database_url` is None where the embedded server is used; `airflow_database_url` is None where Airflow's own data
    goes into a second database of the same server. `closing_day` is the day of the next month on which a month
    closes; `retention_days` later everything sealed of it is erased. A file in the inbox is taken for finished
    when it has not changed for `settle_seconds`, and is removed `keep_files_days` after it was taken in. With
    `review_double`, two reviewers have to agree on a doubtful pair; with `two_persons`, whoever alone reviewed the
    pairs of a month may not approve it. `link_engine` says where reports are compared. Pages come as PDF, too, if it
    `prints`. `key_safe` is a folder apart from this machine's disk and from backups, where the keys are kept, too;
    `backups` is one where backups are written every day.
    """

    home: Path
    inbox: Path | str
    database_url: str | None = None
    airflow_database_url: str | None = None
    closing_day: int = 10
    settle_seconds: int = 2
    review_double: bool = False
    two_persons: bool = True
    prints: bool = True
    link_engine: str = "duckdb"
    sources: tuple[str, ...] = ()
    quota: int = 50_000
    retention_days: int = 90
    keep_files_days: int = 7
    key_safe: Path | None = None
    backups: Path | None = None

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    @property
    def returns(self) -> Path:
        """Return slips, one folder a collective."""
        return self.home / "returns"

    @property
    def drafts(self) -> Path:
        return self.home / "drafts"

    @property
    def audits(self) -> Path:
        """Audit reports, for the data team alone."""
        return self.home / "audits"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read settings from environment variables named `JAWABDEHI_*`.

    Raises UsageError where a variable has a value that cannot be used.
    """
    home = Path(environ.get("JAWABDEHI_HOME") or CHECKOUT / "var").expanduser().absolute()
    return Settings(
        home=home,
        inbox=read_inbox(environ.get("JAWABDEHI_INBOX") or str(home / "inbox")),
        database_url=environ.get("JAWABDEHI_DATABASE_URL") or None,
        airflow_database_url=environ.get("JAWABDEHI_AIRFLOW_DATABASE_URL") or None,
        closing_day=_whole_number(environ, "JAWABDEHI_CLOSING_DAY", default=10, least=1, most=28),
        settle_seconds=_whole_number(environ, "JAWABDEHI_SETTLE_SECONDS", default=2, least=0, most=3600),
        review_double=_whole_number(environ, "JAWABDEHI_REVIEW_DOUBLE", default=0, least=0, most=1) == 1,
        two_persons=_whole_number(environ, "JAWABDEHI_TWO_PERSONS", default=1, least=0, most=1) == 1,
        prints=_whole_number(environ, "JAWABDEHI_PRINT", default=1, least=0, most=1) == 1,
        link_engine=_one_of(environ, "JAWABDEHI_LINK_ENGINE", LINK_ENGINES),
        sources=_names(environ, "JAWABDEHI_SOURCES"),
        quota=_whole_number(environ, "JAWABDEHI_QUOTA", default=50_000, least=1, most=10_000_000),
        retention_days=_whole_number(environ, "JAWABDEHI_RETENTION_DAYS", default=90, least=0, most=3650),
        keep_files_days=_whole_number(environ, "JAWABDEHI_KEEP_FILES_DAYS", default=7, least=0, most=90),
        key_safe=_folder(environ, "JAWABDEHI_KEY_SAFE"),
        backups=_folder(environ, "JAWABDEHI_BACKUPS"),
    )


def read_inbox(text: str) -> Path | str:
    """Return a folder as a path and an address of fsspec as it is."""
    protocol, mark, rest = text.partition("://")
    if mark and protocol != "file":
        return text
    return Path(rest if mark else text).expanduser().absolute()


def name_source_variable(source: str) -> str:
    """Return the name of the variable that may define a source."""
    return f"JAWABDEHI_SOURCE_{source.upper().replace('-', '_')}"


def check_month(text: str) -> str:
    """Return `text` if it is a month key `YYYY-MM`; raise UsageError otherwise."""
    if not _MONTH.fullmatch(text):
        raise UsageError("Give the month as YYYY-MM, for example 2026-10.")
    return text


def next_month(month: str) -> str:
    """Return the month key that follows `month`."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def end_of_month(month: str) -> datetime:
    """Return the moment at which `month` is over in India."""
    return datetime.strptime(next_month(month), "%Y-%m").replace(tzinfo=KOLKATA)


def closing_of(month: str, closing_day: int) -> datetime:
    """Return the start, in India, of the day of the following month on which `month` closes."""
    return end_of_month(month).replace(day=closing_day)


def shift_month(month: str, by: int) -> str:
    """Return the month key `by` months after `month`, before it where `by` is negative."""
    year, number = (int(part) for part in month.split("-"))
    years, months = divmod(12 * year + number - 1 + by, 12)
    return f"{years:04d}-{months + 1:02d}"


def _names(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    names = tuple(filter(None, (each.strip() for each in environ.get(name, "").split(","))))
    if not all(map(_NAME.fullmatch, names)) or len({each.casefold() for each in names}) != len(names):
        raise UsageError(f"Set {name} to different names of letters, digits, - and _, with commas between.")
    return names


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name)
    return Path(text).expanduser().absolute() if text else None


def _one_of(environ: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    text = environ.get(name) or allowed[0]
    if text not in allowed:
        raise UsageError(f"Set {name} to {' or '.join(allowed)}, or leave it unset.")
    return text


def _whole_number(environ: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise UsageError(f"Set {name} to a whole number from {least} to {most}, or leave it unset.")
    return int(text)
