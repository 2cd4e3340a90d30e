"""Exact linkage: what became of every row that shares a report id with others of its collective."""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables
from pipeline.store.database import copy_in, copy_out, make_scratch
from pipeline.store.verdicts import IN_RETURN

_rows, _returns, _links = tables.rows, tables.returns, tables.links

# Tables of one transaction: the verdicts on their way in, and those of them that are new.


def _verdict_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("return_id", sa.Text, primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        *(
            sa.Column(name, sa.Text)
            for name in (
                *("collective", "report_id", "report", "verdict", "reason", "link_rule"),
                *("incident_id", "first_month"),
            )
        ),
    ]


_verdicts = make_scratch("verdicts", *_verdict_columns())
NEWS = make_scratch(
    "news",
    *_verdict_columns(),
    *(sa.Column(name, sa.Text) for name in ("old_rule", "old_month", "old_incident")),
)
"""Verdicts that are new, beside what stood on their rows before."""
_delays = make_scratch(
    "delays",
    sa.Column("return_id", sa.Text, primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("delay_band", sa.Text),
)
ERASED = make_scratch("erased", sa.Column("person", sa.Text, primary_key=True))
"""Persons whom erased reports named; others may name them still."""


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
        .join_from(_rows, _returns, IN_RETURN)
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
        .where(_rows.c.intake == "accepted", _returns.c.state == "stored")
    )
    rows = copy_out(connection, query, schema)
    connection.execute(sa.schema.DropTable(touched))
    return rows


def list_partitions(connection: sa.Connection) -> list[str]:
    """Return the partitions `COLLECTIVE|YYYY-MM` with accepted rows that wait for linkage, sorted."""
    query = (
        sa.select(_returns.c.collective + "|" + _returns.c.month)
        .join_from(_rows, _returns, IN_RETURN)
        .outerjoin(_links, (_links.c.return_id == _rows.c.return_id) & (_links.c.row == _rows.c.row))
        .where(_rows.c.intake == "accepted", _returns.c.state == "stored", _links.c.row.is_(None))
        .distinct()
    )
    return sorted(connection.scalars(query))


def put_links(connection: sa.Connection, verdicts: pl.DataFrame) -> None:
    """Put the verdicts of exact linkage on the rows on which they are new, and erase what is withdrawn.

    What is new stays at hand in NEWS, and whom erased reports named in ERASED, until the transaction ends. A row
    whose verdict is what it was keeps what linkage by content made of it.
    """
    _verdicts.create(connection)
    copy_in(connection, _verdicts, verdicts)
    connection.execute(sa.text("ANALYZE verdicts"))
    NEWS.create(connection)
    connection.execute(NEWS.insert().from_select(NEWS.columns.keys(), _select_news()))
    connection.execute(sa.text("ANALYZE news"))
    columns = ("return_id", "row", "report", "first_month", "verdict", "incident_id", "reason", "link_rule")
    put = insert(_links).from_select(columns, sa.select(*(NEWS.c[name] for name in columns)))
    changes = {name: put.excluded[name] for name in columns[2:]}
    connection.execute(
        put.on_conflict_do_update(
            index_elements=["return_id", "row"], set_=changes | {"link_bits": sa.null()}
        )
    )
    _erase_withdrawn(connection)


def list_changed_months(connection: sa.Connection) -> set[str]:
    """Return the months to which a report was added, in which one changed, and from which one was taken."""
    told = sa.select(NEWS.c.first_month).where(NEWS.c.link_rule.in_(tables.OWN_RULES))
    was_told = sa.select(NEWS.c.old_month).where(NEWS.c.old_rule.in_(tables.OWN_RULES))
    return set(connection.scalars(told.union(was_told)))


def list_moved(connection: sa.Connection) -> list[str]:
    """Return the new reports that another month told first than that of the return they stand in, sorted."""
    query = (
        sa.select(NEWS.c.report)
        .join(_returns, _returns.c.return_id == NEWS.c.return_id)
        .where(
            NEWS.c.link_rule.in_(tables.OWN_RULES),
            (NEWS.c.first_month != _returns.c.month) | (NEWS.c.first_month != NEWS.c.old_month),
        )
    )
    return sorted(connection.scalars(query))


def put_delays(connection: sa.Connection, delays: pl.DataFrame) -> None:
    """Put other delays (return_id, row, delay_band) on reports."""
    _delays.create(connection)
    copy_in(connection, _delays, delays)
    reports = tables.reports
    connection.execute(
        reports.update()
        .where(reports.c.return_id == _delays.c.return_id, reports.c.row == _delays.c.row)
        .values(delay_band=_delays.c.delay_band)
    )
    _delays.drop(connection)


def list_dead() -> sa.Select[tuple[str | None]]:
    """Return the query for reports that are withdrawn by what is new."""
    return sa.select(NEWS.c.report).where(
        NEWS.c.old_rule.in_(tables.OWN_RULES), NEWS.c.verdict == "withdrawn"
    )


def list_seeds(months: Collection[str]) -> sa.CompoundSelect[tuple[str]]:
    """Return the query for reports whose incidents may change: of these months, new, or beside one that was."""
    living = sa.select(_links.c.report).where(
        _links.c.first_month.in_(months), _links.c.link_rule.in_(tables.OWN_RULES)
    )
    former = sa.select(NEWS.c.old_incident).where(NEWS.c.old_incident.is_not(None))
    return sa.union(living, sa.select(NEWS.c.report), former)


def count_verdicts(connection: sa.Connection) -> Mapping[str, int]:
    """Return how many rows of the reports in hand there are of each verdict."""
    counts = connection.execute(
        sa.select(_links.c.verdict, sa.func.count().label("number"))
        .join(_verdicts, (_links.c.return_id == _verdicts.c.return_id) & (_links.c.row == _verdicts.c.row))
        .group_by(_links.c.verdict)
    )
    return {row.verdict: row.number for row in counts}


def _select_news() -> sa.Select[tuple[Any, ...]]:
    known = sa.case((_links.c.link_rule.in_(tables.OWN_RULES), "own_report"), else_=_links.c.link_rule)
    return (
        sa.select(
            *_verdicts.c,
            _links.c.link_rule.label("old_rule"),
            _links.c.first_month.label("old_month"),
            _links.c.incident_id.label("old_incident"),
        )
        .outerjoin(_links, (_links.c.return_id == _verdicts.c.return_id) & (_links.c.row == _verdicts.c.row))
        .where(
            known.is_distinct_from(_verdicts.c.link_rule)
            | _links.c.first_month.is_distinct_from(_verdicts.c.first_month)
        )
    )


def list_month_returns(connection: sa.Connection, month: str) -> list[str]:
    """Return the ids of stored returns that hold a row of a report told of in `month`."""
    touched = _note_touched(connection, month)
    query = (
        sa.select(_returns.c.return_id)
        .join_from(_returns, _rows, IN_RETURN)
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
        .join_from(_rows, _returns, IN_RETURN)
        .where(_returns.c.month == month, _returns.c.state == "stored", _rows.c.intake == "accepted")
        .distinct()
    )
    touched = query.into("touched", temporary=True)
    connection.execute(touched)
    connection.execute(sa.text("ANALYZE touched"))
    return touched.table


def _erase_withdrawn(connection: sa.Connection) -> None:
    requests = (
        sa.select(NEWS.c.collective, NEWS.c.report_id)
        .where(NEWS.c.link_rule == "withdraw_request")
        .distinct()
    )
    connection.execute(
        insert(tables.withdrawals).from_select(["collective", "report_id"], requests).on_conflict_do_nothing()
    )
    erased = (
        sa.select(tables.reports.c.person)
        .join(NEWS, (NEWS.c.return_id == tables.reports.c.return_id) & (NEWS.c.row == tables.reports.c.row))
        .where(NEWS.c.verdict == "withdrawn", tables.reports.c.person.is_not(None))
        .distinct()
    )
    ERASED.create(connection)
    connection.execute(ERASED.insert().from_select(["person"], erased))
    for table in (tables.reports, tables.sealed_reports):
        connection.execute(
            table.delete().where(
                table.c.return_id == NEWS.c.return_id,
                table.c.row == NEWS.c.row,
                NEWS.c.verdict == "withdrawn",
            )
        )
    _erase_unaccepted(connection)
    connection.execute(
        _rows.update()
        .where(
            _rows.c.return_id == NEWS.c.return_id,
            _rows.c.row == NEWS.c.row,
            NEWS.c.verdict == "withdrawn",
        )
        .values(digest=None)
    )


def _erase_unaccepted(connection: sa.Connection) -> None:
    """Erase what rows say that were never accepted and bear the id of a report withdrawn now."""
    sealed, withdrawn = tables.sealed_rows, tables.withdrawals
    connection.execute(
        sealed.delete().where(
            sealed.c.return_id == _rows.c.return_id,
            sealed.c.row == _rows.c.row,
            IN_RETURN,
            withdrawn.c.collective == _returns.c.collective,
            withdrawn.c.report_id == _rows.c.report_id,
        )
    )
