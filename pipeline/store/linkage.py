"""Links and incidents: which rows tell of which incident, and what is known of it in coarse codes."""

from collections.abc import Mapping

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables
from pipeline.store.database import copy_in, copy_out

_rows, _returns, _links, _incidents = tables.rows, tables.returns, tables.links, tables.incidents

# A table of one transaction: the verdicts on their way in.
_verdicts = sa.Table(
    "verdicts",
    sa.MetaData(),
    sa.Column("return_id", sa.Text, primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("collective", sa.Text),
    sa.Column("report_id", sa.Text),
    sa.Column("verdict", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("link_rule", sa.Text),
    sa.Column("incident_id", sa.Text),
    sa.Column("first_month", sa.Text),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


def load_rows(connection: sa.Connection, month: str, schema: pl.Schema) -> pl.DataFrame:
    """Return all accepted rows, of any month, whose report ids occur in a return of `month`."""
    touched = _note_touched(connection, month)
    withdrawals = tables.withdrawals
    query = (
        sa.select(
            _rows.c.return_id,
            _rows.c.row,
            _returns.c.collective,
            _rows.c.report_id,
            _rows.c.action,
            _returns.c.month,
            tables.landed.c.source_name,
            sa.func.encode(_rows.c.digest, "hex").label("digest"),
            withdrawals.c.report_id.is_not(None).label("withdrawn_before"),
        )
        .join_from(_rows, _returns)
        .join(tables.landed)
        .join(
            touched,
            (touched.c.collective == _returns.c.collective) & (touched.c.report_id == _rows.c.report_id),
        )
        .outerjoin(
            withdrawals,
            (withdrawals.c.collective == _returns.c.collective)
            & (withdrawals.c.report_id == _rows.c.report_id),
        )
        .where(_rows.c.intake == "accepted")
    )
    rows = copy_out(connection, query, schema)
    connection.execute(sa.schema.DropTable(touched))
    return rows


def list_partitions(connection: sa.Connection) -> list[str]:
    """Return the partitions `COLLECTIVE|YYYY-MM` with accepted rows that wait for linkage, sorted."""
    query = (
        sa.select(_returns.c.collective + "|" + _returns.c.month)
        .join_from(_rows, _returns)
        .outerjoin(_links, (_links.c.return_id == _rows.c.return_id) & (_links.c.row == _rows.c.row))
        .where(_rows.c.intake == "accepted", _links.c.row.is_(None))
        .distinct()
    )
    return sorted(connection.scalars(query))


def replace_links(connection: sa.Connection, verdicts: pl.DataFrame) -> Mapping[str, int]:
    """Put the verdicts on their rows, and bring incidents, withdrawals and erasures into line with them.

    Returns how many rows there are of each verdict.
    """
    _verdicts.create(connection)
    copy_in(connection, _verdicts, verdicts)
    on_row = (_links.c.return_id == _verdicts.c.return_id) & (_links.c.row == _verdicts.c.row)
    connection.execute(sa.text("ANALYZE verdicts"))
    touched = sa.select(_links.c.incident_id).join(_verdicts, on_row).where(_links.c.incident_id.is_not(None))
    former = touched.distinct().into("former_incidents", temporary=True)
    connection.execute(former)
    connection.execute(_links.delete().where(on_row))
    columns = ("return_id", "row", "verdict", "incident_id", "reason", "link_rule")
    connection.execute(
        _links.insert().from_select(columns, sa.select(*(_verdicts.c[name] for name in columns)))
    )
    _put_incidents(connection)
    _remove_incidents(connection, former.table)
    _erase_withdrawn(connection)
    counts = connection.execute(
        sa.select(_verdicts.c.verdict, sa.func.count().label("number")).group_by(_verdicts.c.verdict)
    )
    result = {row.verdict: row.number for row in counts}
    connection.execute(sa.schema.DropTable(former.table))
    _verdicts.drop(connection)
    return result


def list_month_returns(connection: sa.Connection, month: str) -> list[str]:
    """Return the ids of stored returns that hold a row of a report told of in `month`."""
    touched = _note_touched(connection, month)
    query = (
        sa.select(_returns.c.return_id)
        .join_from(_returns, _rows)
        .join(
            touched,
            (touched.c.collective == _returns.c.collective) & (touched.c.report_id == _rows.c.report_id),
        )
        .union(sa.select(_returns.c.return_id).where(_returns.c.month == month, _returns.c.state == "stored"))
    )
    found = sorted(connection.scalars(query))
    connection.execute(sa.schema.DropTable(touched))
    return found


def _note_touched(connection: sa.Connection, month: str) -> sa.Table:
    """Note the report ids that occur in a return of `month` in a table of this transaction.

    Counted, since the planner takes them for few where it has to guess, and then compares each with each.
    """
    query = (
        sa.select(_returns.c.collective, _rows.c.report_id)
        .join_from(_rows, _returns)
        .where(_returns.c.month == month, _rows.c.intake == "accepted")
        .distinct()
    )
    touched = query.into("touched", temporary=True)
    connection.execute(touched)
    connection.execute(sa.text("ANALYZE touched"))
    return touched.table


def _put_incidents(connection: sa.Connection) -> None:
    reports = tables.reports
    shared = [column.name for column in reports.c if column.name in _incidents.c]
    counted = (
        sa.select(_verdicts.c.incident_id, _verdicts.c.first_month, *(reports.c[name] for name in shared))
        .join(reports, (reports.c.return_id == _verdicts.c.return_id) & (reports.c.row == _verdicts.c.row))
        .where(_verdicts.c.verdict == "counted")
    )
    put = insert(_incidents).from_select(["incident_id", "month", *shared], counted)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=["incident_id"],
            set_={name: put.excluded[name] for name in ("month", *shared)},
        )
    )


def _remove_incidents(connection: sa.Connection, former: sa.Table) -> None:
    """Remove incidents of which no counted report is left."""
    still_told = sa.exists().where(
        _links.c.incident_id == _incidents.c.incident_id, _links.c.verdict == "counted"
    )
    connection.execute(
        _incidents.delete().where(_incidents.c.incident_id == former.c.incident_id, ~still_told)
    )


def _erase_withdrawn(connection: sa.Connection) -> None:
    requests = (
        sa.select(_verdicts.c.collective, _verdicts.c.report_id)
        .where(_verdicts.c.link_rule == "withdraw_request")
        .distinct()
    )
    connection.execute(
        insert(tables.withdrawals).from_select(["collective", "report_id"], requests).on_conflict_do_nothing()
    )
    for table in (tables.reports, tables.sealed_reports):
        connection.execute(
            table.delete().where(
                table.c.return_id == _verdicts.c.return_id,
                table.c.row == _verdicts.c.row,
                _verdicts.c.verdict == "withdrawn",
            )
        )
    connection.execute(
        _rows.update()
        .where(
            _rows.c.return_id == _verdicts.c.return_id,
            _rows.c.row == _verdicts.c.row,
            _verdicts.c.verdict == "withdrawn",
        )
        .values(digest=None)
    )
