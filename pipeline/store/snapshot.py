"""What a database holds, in numbers: to see after a restore that all of it came back."""

import sqlalchemy as sa

from pipeline.store import tables

LEDGER = "ledger"
"""Stands for the hash of the newest entry of the ledger, which covers all entries before."""


def export_snapshot(connection: sa.Connection) -> str:
    """Return the name of what this transaction sees, for others to see the same; call it first in a transaction."""
    connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    return str(connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one())


def describe_rows(connection: sa.Connection) -> dict[str, int | str]:
    """Return the number of rows by table that is there, and the newest hash of the ledger."""
    there = {
        (schema, name)
        for schema in ("vault", "core", "release", "ledger")
        for name in sa.inspect(connection).get_table_names(schema)
    }
    found: dict[str, int | str] = {}
    for table in tables.metadata.sorted_tables:
        if (table.schema, table.name) in there:
            number = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            found[f"{table.schema}.{table.name}"] = number
    newest = sa.select(tables.entries.c.hash).order_by(tables.entries.c.number.desc()).limit(1)
    return found | {LEDGER: connection.execute(newest).scalar() or ""}


def empty_database(connection: sa.Connection) -> bool:
    """Remove the tables of a database without returns and entries; return False and do nothing where it has any."""
    for table in (tables.returns, tables.entries):
        if connection.execute(sa.select(sa.exists(sa.select(table)))).scalar_one():
            return False
    for schema in ("vault", "core", "release", "ledger"):
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    connection.execute(sa.text("DROP TABLE alembic_version"))
    return True
