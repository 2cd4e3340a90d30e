"""Connections, migrations and bulk movement: the one way to the database."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import alembic.command
import alembic.config
import alembic.runtime.migration
import alembic.script
import polars as pl
import psycopg
import sqlalchemy as sa
from psycopg import sql

from pipeline.errors import UsageError

Role = Literal["jawabdehi_intake", "jawabdehi_reporting"]
"""What a transaction may touch: intake sees the vault, reporting does not."""

MIGRATIONS = Path(__file__).parent / "migrations"
_BUFFER_ROWS = 50_000


@contextmanager
def connect(url: str) -> Iterator[sa.Engine]:
    """Yield an engine that keeps no connection open after use."""
    # Parameters are left out of error messages: they would carry values of reports into logs.
    engine = sa.create_engine(url, hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def begin(engine: sa.Engine, role: Role) -> Iterator[sa.Connection]:
    """Yield a connection in one transaction under `role`; all of it is kept or none."""
    with engine.begin() as connection:
        connection.execute(sa.text(_SET_ROLE[role]))
        yield connection


_SET_ROLE: dict[Role, str] = {
    "jawabdehi_intake": "SET LOCAL ROLE jawabdehi_intake",
    "jawabdehi_reporting": "SET LOCAL ROLE jawabdehi_reporting",
}


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest migration; a second call does nothing.

    Raises UsageError where the account may not make schemas or roles.
    """
    with connect(url) as engine:
        try:
            with engine.begin() as connection:
                # Two processes of one home may start at once.
                lock(connection, "migrate")
                alembic.command.upgrade(alembic_config(connection), "head")
        except sa.exc.ProgrammingError:
            raise UsageError("Use a database account that may create roles and owns the database.") from None


def alembic_config(connection: sa.Connection) -> alembic.config.Config:
    """Return Alembic's configuration for migrations within the transaction of `connection`."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def list_missing_migrations(connection: sa.Connection) -> list[str]:
    """Return the migrations of this version that a database has not had, the oldest first; nothing is changed."""
    script = alembic.script.ScriptDirectory.from_config(alembic_config(connection))
    current = alembic.runtime.migration.MigrationContext.configure(connection).get_current_revision()
    return [each.revision for each in script.iterate_revisions("heads", current)][::-1]


def lock(connection: sa.Connection, name: str, *, shared: bool = False) -> None:
    """Wait until no other transaction holds the lock `name`; it is let go at the end of this transaction.

    Those who share a lock wait only for one who does not.
    """
    statement = "SELECT pg_advisory_xact_lock{}(hashtextextended(:name, 0))".format(
        "_shared" if shared else ""
    )
    connection.execute(sa.text(statement), {"name": name})


def copy_in(connection: sa.Connection, table: sa.Table, frame: pl.DataFrame) -> None:
    """Append `frame` to `table` by COPY; its columns carry the table's names.

    Lists of codes become arrays, binary values bytea; null stays null, and an empty string stays empty.
    """
    if frame.is_empty():
        return
    text = frame.select(_as_copy_text(name, dtype) for name, dtype in frame.schema.items())
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL '\\N')").format(
        sql.Identifier(*filter(None, (table.schema, table.name))),
        sql.SQL(", ").join(map(sql.Identifier, frame.columns)),
    )
    with _cursor(connection).copy(statement) as copy:
        for part in text.iter_slices(_BUFFER_ROWS):
            buffer = io.BytesIO()
            part.write_csv(buffer, include_header=False, null_value="\\N", quote_style="non_numeric")
            copy.write(buffer.getvalue())


def copy_out(connection: sa.Connection, query: sa.Select[tuple[Any, ...]], schema: pl.Schema) -> pl.DataFrame:
    """Return the result of `query` as a frame of `schema`, moved by COPY; null and empty text stay apart."""
    temporary = query.into("copied", temporary=True)
    connection.execute(temporary)
    buffer = io.BytesIO()
    with _cursor(connection).copy("COPY copied TO STDOUT (FORMAT csv, HEADER)") as copy:
        for part in copy:
            buffer.write(part)
    connection.execute(sa.schema.DropTable(temporary.table))
    frame = pl.read_csv(buffer.getvalue(), infer_schema=False)
    return frame.select(_from_copy_text(name, dtype) for name, dtype in schema.items())


def add_rows(connection: sa.Connection, insertion: sa.Insert) -> int:
    """Run an insertion and return how many rows it added."""
    return connection.execute(insertion, execution_options={"preserve_rowcount": True}).rowcount


def make_scratch(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """Describe a table of one transaction, for what is on its way into the database."""
    return sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")


def _cursor(connection: sa.Connection) -> psycopg.Cursor[Any]:
    return cast("psycopg.Cursor[Any]", connection.connection.cursor())


def _from_copy_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Boolean:
        return column == "t"
    if dtype == pl.Binary:
        return column.str.strip_prefix("\\x").str.decode("hex")
    if dtype == pl.List(pl.String):
        # Codes are of letters, digits and signs that an array needs no quotes for.
        codes = column.str.strip_chars("{}")
        return pl.when(codes == "").then(pl.lit([], dtype)).otherwise(codes.str.split(",")).alias(name)
    return column.cast(dtype)


def _as_copy_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Binary:
        return (pl.lit("\\x") + column.bin.encode("hex")).alias(name)
    if dtype == pl.List(pl.String):
        return (pl.lit("{") + column.list.join(",") + pl.lit("}")).alias(name)
    return column
