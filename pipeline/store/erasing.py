"""Erasing: what has left the vault, what is too old for it, and which files of the inbox are not needed any more."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables
from pipeline.store.verdicts import IN_RETURN

_spent, _returns, _landed = tables.spent, tables.returns, tables.landed
SEALED = (tables.sealed_reports, tables.sealed_rows)
_ROWS_AT_ONCE = 10_000


def list_spent(connection: sa.Connection) -> dict[str, list[int] | None]:
    """Return the rows by return whose keys are still to be erased; None where nothing of a return is left."""
    found: dict[str, list[int] | None] = {}
    for row in connection.execute(sa.select(_spent).order_by(_spent.c.return_id, _spent.c.row)):
        rows = found.setdefault(row.return_id, [])
        if rows is not None:
            rows.append(row.row)
    for return_id in connection.scalars(_select_emptied()):
        found[return_id] = None
    return found


def _select_emptied() -> sa.Select[str]:
    """Return the query for returns of which rows were spent and nothing is sealed any more."""
    left = sa.or_(
        sa.exists().where(_landed.c.return_id == _spent.c.return_id, _landed.c.content.is_not(None)),
        *(sa.exists().where(table.c.return_id == _spent.c.return_id) for table in SEALED),
    )
    return sa.select(_spent.c.return_id).where(~left).distinct()


def forget_spent(connection: sa.Connection, erased: Mapping[str, Collection[int] | None]) -> None:
    """Forget what was spent, once its keys are erased."""
    for return_id, rows in erased.items():
        gone = _spent.delete().where(_spent.c.return_id == return_id)
        connection.execute(gone if rows is None else gone.where(_spent.c.row.in_(rows)))


def list_months_with_content(connection: sa.Connection) -> list[str]:
    """Return the reporting months of which anything is sealed, sorted."""
    sealed = [sa.select(table.c.return_id) for table in SEALED]
    landed = sa.select(_landed.c.return_id).where(_landed.c.content.is_not(None))
    query = sa.select(_returns.c.month).where(_returns.c.return_id.in_(sa.union(*sealed, landed))).distinct()
    return sorted(connection.scalars(query))


def is_in_use(connection: sa.Connection, month: str) -> bool:
    """Tell whether a return of a month waits to be taken in, to be linked, or for a person."""
    rows, links = tables.rows, tables.links
    unlinked = sa.exists().where(
        rows.c.return_id == _returns.c.return_id,
        rows.c.intake == "accepted",
        ~sa.exists().where(links.c.return_id == rows.c.return_id, links.c.row == rows.c.row),
    )
    waits = _returns.c.state.in_(["landed", "held"]) | ((_returns.c.state == "stored") & unlinked)
    return bool(
        connection.execute(sa.select(sa.exists().where(_returns.c.month == month, waits))).scalar_one()
    )


def purge_month(connection: sa.Connection, month: str) -> list[str]:
    """Erase everything that is sealed of a month's returns; return those of which anything was.

    The whole month's key is destroyed after this, so its rows need not be noted as spent one by one.
    """
    of_month = sa.select(_returns.c.return_id).where(_returns.c.month == month)
    touched: set[str] = set()
    for table in SEALED:
        gone = table.delete().where(table.c.return_id.in_(of_month)).returning(table.c.return_id).cte("gone")
        touched.update(connection.scalars(sa.select(gone.c.return_id).distinct()))
    connection.execute(
        _landed.update()
        .where(_landed.c.return_id.in_(of_month), _landed.c.content.is_not(None))
        .values(content=None)
    )
    connection.execute(_spent.delete().where(_spent.c.return_id.in_(of_month)))
    return sorted(touched)


def list_withdrawn(connection: sa.Connection) -> list[tuple[str, str]]:
    """Return collective and report id of every withdrawn report."""
    withdrawals = tables.withdrawals
    query = sa.select(withdrawals.c.collective, withdrawals.c.report_id)
    return [(row.collective, row.report_id) for row in connection.execute(query)]


def list_told(connection: sa.Connection) -> list[tuple[str, str]]:
    """Return collective and report id of every report that was told and is not withdrawn."""
    rows, withdrawals = tables.rows, tables.withdrawals
    is_withdrawn = sa.exists().where(
        withdrawals.c.collective == _returns.c.collective, withdrawals.c.report_id == rows.c.report_id
    )
    query = (
        sa.select(_returns.c.collective, rows.c.report_id)
        .join_from(rows, _returns, IN_RETURN)
        .where(rows.c.report_id.is_not(None), ~is_withdrawn)
        .distinct()
    )
    return [(row.collective, row.report_id) for row in connection.execute(query)]


def withdraw(connection: sa.Connection, reports: Collection[tuple[str, str]]) -> list[str]:
    """Note reports as withdrawn for good; return the months of the returns that tell of them, sorted."""
    rows, withdrawals = tables.rows, tables.withdrawals
    months: set[str] = set()
    for collective, report_id in reports:
        connection.execute(
            insert(withdrawals).values(collective=collective, report_id=report_id).on_conflict_do_nothing()
        )
        telling = (
            sa.select(_returns.c.month)
            .join(rows, IN_RETURN)
            .where(
                _returns.c.collective == collective,
                rows.c.report_id == report_id,
                _returns.c.month.is_not(None),
            )
        )
        months.update(connection.scalars(telling))
    return sorted(months)


def list_sealed(
    connection: sa.Connection, table: sa.Table, month: str | None = None
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield the rows of a sealed table, of one month or all, part by part: return_id, row, content.

    A part may be changed or dropped before the next is asked for.
    """
    place = sa.tuple_(table.c.return_id, table.c.row)
    query = sa.select(table).order_by(table.c.return_id, table.c.row).limit(_ROWS_AT_ONCE)
    if month is not None:
        query = query.where(
            table.c.return_id.in_(sa.select(_returns.c.return_id).where(_returns.c.month == month))
        )
    last = ("", -1)
    while rows := connection.execute(query.where(place > sa.tuple_(*last))).all():
        last = (rows[-1].return_id, rows[-1].row)
        yield rows


def put_sealed(
    connection: sa.Connection, table: sa.Table, return_id: str, contents: Mapping[int, bytes]
) -> None:
    """Put other sealed content on rows of one return."""
    update = table.update().where(
        table.c.return_id == return_id, table.c.row == sa.bindparam("at"), table.c.content.is_not(None)
    )
    connection.execute(
        update.values(content=sa.bindparam("sealed")),
        [{"at": row, "sealed": content} for row, content in contents.items()],
    )


def list_landed(connection: sa.Connection, month: str | None = None) -> list[tuple[str, bytes]]:
    """Return the sealed bytes of returns that wait to be taken in, of one month or all."""
    query = sa.select(_landed.c.return_id, _landed.c.content).where(_landed.c.content.is_not(None))
    if month is not None:
        query = query.join(_returns, _returns.c.return_id == _landed.c.return_id).where(
            _returns.c.month == month
        )
    return [(row.return_id, row.content) for row in connection.execute(query)]


def put_landed(connection: sa.Connection, return_id: str, content: bytes) -> None:
    """Put other sealed bytes on a return."""
    connection.execute(_landed.update().where(_landed.c.return_id == return_id).values(content=content))


def drop_return(connection: sa.Connection, return_id: str) -> None:
    """Forget a return that was landed and never taken in, as if it had not come."""
    for table in (_landed, tables.deliveries, _returns):
        connection.execute(table.delete().where(table.c.return_id == return_id))


def drop_sealed(connection: sa.Connection, table: sa.Table, rows: Collection[tuple[str, int]]) -> int:
    """Drop rows of a sealed table, and return how many."""
    if rows:
        connection.execute(table.delete().where(sa.tuple_(table.c.return_id, table.c.row).in_(rows)))
    return len(rows)


def find_done_with(
    connection: sa.Connection, looks: Collection[str], *, before: datetime, backed_up: datetime | None
) -> set[str]:
    """Return those looks of files that are not needed any more.

    A file is needed until its return was taken in, and then for some days, in case the database is lost. Where one
    of its rows was withdrawn or held personal data it is needed until the next backup only, if backups are made.
    """
    rows, links, deliveries = tables.rows, tables.links, tables.deliveries
    of_return = rows.c.return_id == _returns.c.return_id
    personal = sa.exists().where(of_return, rows.c.intake == "held")
    withdrawn = sa.exists().where(links.c.return_id == _returns.c.return_id, links.c.verdict == "withdrawn")
    is_safe = sa.true() if backed_up is None else _returns.c.received_at < backed_up
    query = (
        sa.select(deliveries.c.look)
        .join(_returns, _returns.c.return_id == deliveries.c.return_id)
        .where(
            deliveries.c.look.in_(looks),
            _returns.c.state != "landed",
            (_returns.c.received_at < before) | ((personal | withdrawn) & is_safe),
        )
    )
    return set(connection.scalars(query))


def rewrite_tables(connection: sa.Connection) -> None:
    """Write what rows were erased from anew, so that nothing of them is left in the files of the database.

    The connection has to be in autocommit mode, and its account has to own the tables. Only an administrator of the
    server can also let go of its statistics, which hold frequent values, and of its log of changes; the server has
    to be set not to use old files of that log again (`wal_recycle = off`).
    """
    preparer = connection.dialect.identifier_preparer
    for table in tables.metadata.sorted_tables:
        if table.schema in {"vault", "core"}:
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {preparer.format_table(table)}")
    if connection.execute(sa.text("SELECT current_setting('is_superuser')")).scalar_one() == "on":
        for statement in ("VACUUM FULL pg_catalog.pg_statistic", "SELECT pg_switch_wal()", "CHECKPOINT"):
            connection.exec_driver_sql(statement)
