"""Databases as streams: `pg_dump` and `pg_restore` of the server that comes along, for any server of PostgreSQL."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from pipeline.errors import JawabdehiError
from pipeline.server import find_client

_NO_DUMP = "The database cannot be read for the backup: jawabdehi doctor says what is wrong with it."
_NO_RESTORE = (
    "The database does not take what the backup holds: restore into an empty home and an empty database."
)


@contextlib.contextmanager
def dump(url: str, *, snapshot: str | None = None) -> Iterator[IO[bytes]]:
    """Yield a stream of all of a database, as of a snapshot that a transaction has exported.

    Raises JawabdehiError where the dump does not come to its end.
    """
    arguments = ["--format=custom", "--no-owner", *([f"--snapshot={snapshot}"] if snapshot else [])]
    # What the program says may quote rows.
    with subprocess.Popen(  # noqa: S603 (fixed words only)
        [str(find_client("pg_dump")), *arguments],
        env=_name_database(url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        if process.stdout is None:
            raise JawabdehiError(_NO_DUMP)
        yield process.stdout
    if process.returncode != 0:
        raise JawabdehiError(_NO_DUMP)


def restore(url: str, archive: Path) -> None:
    """Put a dump into an empty database, all of it or nothing; raise JawabdehiError where that fails."""
    arguments = ["--no-owner", "--single-transaction", "--exit-on-error"]
    name = str(sa.make_url(url).database)
    done = subprocess.run(  # noqa: S603 (fixed words only)
        [str(find_client("pg_restore")), *arguments, f"--dbname={name}", str(archive)],
        env=_name_database(url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        raise JawabdehiError(_NO_RESTORE)


def _name_database(address: str) -> dict[str, str]:
    """Return the environment that leads to a database; passwords stay out of lists of processes."""
    url = sa.make_url(address)
    named = {
        "PGHOST": url.query.get("host") or url.host,
        "PGPORT": url.port and str(url.port),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
        "PGSSLROOTCERT": url.query.get("sslrootcert"),
    }
    return dict(os.environ) | {name: str(value) for name, value in named.items() if value}
