"""Migrations, roles and bulk movement, on a real server."""

import alembic.autogenerate
import alembic.migration
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.store import tables
from pipeline.store.database import begin, copy_in, copy_out, migrate

SCHEMAS = {"vault", "core", "release", "ledger"}


def test_the_migrations_make_exactly_the_tables_of_the_code(engine: sa.Engine) -> None:
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, _parents: kind != "schema" or name in SCHEMAS,
        "compare_server_default": True,
    }
    with engine.connect() as connection:
        context = alembic.migration.MigrationContext.configure(connection, opts=options)
        assert alembic.autogenerate.compare_metadata(context, tables.metadata) == []


def test_a_second_migration_changes_nothing(database_url: str) -> None:
    migrate(database_url)


@pytest.mark.parametrize("table", [t for t in tables.metadata.sorted_tables if t.schema == "vault"], ids=str)
def test_reporting_cannot_read_the_vault(engine: sa.Engine, table: sa.Table) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
        begin(engine, "jawabdehi_reporting") as connection,
    ):
        connection.execute(sa.select(table))


@pytest.mark.parametrize("role", ["jawabdehi_intake", "jawabdehi_reporting"])
@pytest.mark.parametrize("statement", [tables.entries.delete(), tables.entries.update().values(actor="x")])
def test_nobody_may_change_the_ledger(engine: sa.Engine, role: str, statement: sa.Delete | sa.Update) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
        begin(engine, role) as connection,  # type: ignore[arg-type]
    ):
        connection.execute(statement)


def test_reporting_changes_nothing_of_a_report(engine: sa.Engine) -> None:
    for statement in (
        tables.reports.delete(),
        tables.incidents.update().values(state="IN-WB"),
        tables.incidents.update().values(may_repeat=False),
        tables.links.update().values(verdict="counted"),
        tables.pairs.delete(),
        tables.alike.delete(),
        tables.counted.update().values(state="IN-WB"),
    ):
        with (
            pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
            begin(engine, "jawabdehi_reporting") as connection,
        ):
            connection.execute(statement)


@pytest.mark.parametrize("table", [tables.figures, tables.editions, tables.consents], ids=str)
def test_intake_publishes_nothing(engine: sa.Engine, table: sa.Table) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
        begin(engine, "jawabdehi_intake") as connection,
    ):
        connection.execute(table.delete())


def test_bytes_come_back_as_they_went(engine: sa.Engine) -> None:
    frame = pl.DataFrame({"number": [1, 2, 3], "content": [b"", bytes(range(256)), None]})
    columns = (sa.Column("number", sa.Integer), sa.Column("content", sa.LargeBinary))
    table = sa.Table("bytes_in", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    with engine.connect() as connection:
        table.create(connection)
        copy_in(connection, table, frame)
        assert copy_out(connection, sa.select(table), frame.schema).sort("number").equals(frame)
        connection.rollback()


# PostgreSQL keeps no NUL in text; reading refuses it long before.
text = st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))


def test_lists_of_codes_come_back_as_they_went(engine: sa.Engine) -> None:
    schema = pl.Schema({"number": pl.Int64, "codes": pl.List(pl.String)})
    frame = pl.DataFrame(
        {"number": [1, 2, 3, 4], "codes": [["A_1"], [], None, ["B", "C.d-e"]]}, schema=schema
    )
    columns = (sa.Column("number", sa.Integer), sa.Column("codes", sa.ARRAY(sa.Text)))
    table = sa.Table("codes_in", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    with engine.connect() as connection:
        table.create(connection)
        copy_in(connection, table, frame)
        assert copy_out(connection, sa.select(table), schema).sort("number").equals(frame)
        connection.rollback()


@given(st.lists(st.tuples(text, st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1)))))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_copy_keeps_every_value(engine: sa.Engine, rows: list[tuple[str | None, int | None]]) -> None:
    schema = pl.Schema({"said": pl.String, "number": pl.Int64, "place": pl.Int64})
    frame = pl.DataFrame([(*row, place) for place, row in enumerate(rows)], schema=schema, orient="row")
    columns = (sa.Column("said", sa.Text), sa.Column("number", sa.Integer), sa.Column("place", sa.Integer))
    table = sa.Table("copied_in", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    with engine.connect() as connection:
        table.create(connection)
        copy_in(connection, table, frame)
        assert copy_out(connection, sa.select(table), schema).sort("place").equals(frame)
        connection.rollback()
