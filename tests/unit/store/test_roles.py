"""Least privilege: each role tries what it may not do, and fails."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.database import begin

OWN = {f"jawabdehi_{schema}": schema for schema in ("vault", "core", "release", "ledger")}
WORKING = ("jawabdehi_intake", "jawabdehi_reporting")

NOT_ALLOWED = (
    "CREATE TABLE core.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE FUNCTION core.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP TABLE ledger.entries",
    "TRUNCATE core.rows",
    "TRUNCATE vault.sealed_reports",
    "TRUNCATE ledger.entries",
    "ALTER TABLE vault.sealed_reports DISABLE TRIGGER note_what_leaves",
    "SET session_replication_role = replica",
    "ALTER ROLE jawabdehi_reporting SUPERUSER",
    "COPY core.rows TO PROGRAM 'cat'",
    "COPY core.rows FROM PROGRAM 'true'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT lo_import('/etc/hostname')",
    "UPDATE vault.key_marks SET mark = 'another'",
    "DELETE FROM vault.key_marks",
    "UPDATE ledger.entries SET actor = 'another'",
    "DELETE FROM ledger.entries",
    "DELETE FROM release.consents",
    "UPDATE alembic_version SET version_num = '0001'",
)


def refuse(engine: sa.Engine, role: str, statement: sa.Executable) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text(f"SET LOCAL ROLE {role}"))
        with pytest.raises(sa.exc.DBAPIError) as refused:
            connection.execute(statement)
        connection.rollback()
    insufficient_privilege = "42501"
    assert getattr(refused.value.orig, "sqlstate", "") == insufficient_privilege, refused.value.orig


def list_foreign() -> Iterator[tuple[str, sa.Table]]:
    for role, schema in OWN.items():
        for table in tables.metadata.sorted_tables:
            if table.schema != schema:
                yield role, table


@pytest.mark.parametrize(("role", "table"), list(list_foreign()), ids=str)
def test_the_role_of_a_schema_reads_no_table_of_another(
    engine: sa.Engine, role: str, table: sa.Table
) -> None:
    refuse(engine, role, sa.select(table))


@pytest.mark.parametrize("role", WORKING)
@pytest.mark.parametrize("statement", NOT_ALLOWED)
def test_a_working_role_cannot_reach_beyond_its_work(engine: sa.Engine, role: str, statement: str) -> None:
    refuse(engine, role, sa.text(statement))


@pytest.mark.parametrize(
    "table", [table for table in tables.metadata.sorted_tables if table.schema == "vault"], ids=str
)
@pytest.mark.parametrize("kind", ["select", "insert", "update", "delete"])
def test_reporting_cannot_touch_the_vault(engine: sa.Engine, table: sa.Table, kind: str) -> None:
    column = next(iter(table.c))
    statement = {
        "select": sa.select(sa.func.count()).select_from(table),
        "insert": table.insert().from_select([column], sa.select(sa.literal("x"))),
        "update": table.update().values({column: "x"}),
        "delete": table.delete(),
    }[kind]
    refuse(engine, "jawabdehi_reporting", statement)


def test_no_role_can_log_in_or_has_powers_over_the_server(engine: sa.Engine) -> None:
    query = sa.text(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'jawabdehi\\_%' AND "
        "(rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
    )
    with engine.connect() as connection:
        assert connection.scalars(query).all() == []


def test_a_role_ends_with_its_transaction(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        before = connection.execute(sa.text("SELECT current_user")).scalar_one()
    with begin(engine, "jawabdehi_reporting") as connection:
        assert connection.execute(sa.text("SELECT current_user")).scalar_one() == "jawabdehi_reporting"
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT current_user")).scalar_one() == before


@pytest.mark.parametrize("table", [tables.sealed_reports, tables.sealed_rows], ids=str)
def test_what_leaves_the_vault_is_noted_whoever_deletes_it(engine: sa.Engine, table: sa.Table) -> None:
    rows = [{"return_id": "r", "row": number, "content": b"x"} for number in (1, 2, 3)]
    with begin(engine, "jawabdehi_intake") as connection:
        connection.execute(table.insert(), rows)
        connection.execute(table.delete().where(table.c.row > 1))
        noted = connection.execute(sa.select(tables.spent.c.row).order_by(tables.spent.c.row)).scalars().all()
        assert noted == [2, 3]
        connection.rollback()
