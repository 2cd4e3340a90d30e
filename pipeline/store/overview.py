"""What the data team looks up: the verdict on every received row, and how far each month has come."""

from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.database import copy_out
from pipeline.store.verdicts import IS_HELD, judged_rows, verdict

_returns, _rows, _links, _findings = tables.returns, tables.rows, tables.links, tables.findings

LINKS_SCHEMA = pl.Schema(
    {
        "collective": pl.String,
        "report_id": pl.String,
        "incident_id": pl.String,
        "verdict": pl.String,
        "reasons": pl.String,
        "link_rule": pl.String,
        "link_bits": pl.Float64,
    }
)
"""One line a received row: what became of it, and of which incident it tells."""


@dataclass(frozen=True)
class MonthStatus:
    """How far one month has come; `filed` are the collectives with a readable return.

    `alarms` are rules that returns which count break as a whole, by collective.
    """

    month: str
    filed: frozenset[str]
    returns_waiting: int
    returns_rejected: int
    rows: dict[str, int]
    edition_states: dict[str, str]
    alarms: dict[str, list[str]]


def load_links(connection: sa.Connection, month: str) -> pl.DataFrame:
    """Return LINKS_SCHEMA for all rows received for `month`; rows that wait for linkage are `accepted`.

    A return that was delivered again has its rows again, as duplicates of what they told the first time.
    """
    deliveries = (
        sa.select(tables.deliveries.c.return_id, sa.func.count().label("deliveries"))
        .group_by(tables.deliveries.c.return_id)
        .subquery()
    )
    found = (
        sa.select(
            _findings.c.return_id,
            _findings.c.row,
            sa.func.string_agg(_findings.c.rule.distinct(), sa.literal(";")).label("rules"),
        )
        .group_by(_findings.c.return_id, _findings.c.row)
        .subquery()
    )
    why_held = sa.case((IS_HELD, sa.func.array_to_string(_returns.c.concerns, ";")))
    query = (
        sa.select(
            _returns.c.collective,
            _rows.c.report_id,
            _links.c.incident_id,
            verdict(),
            sa.func.concat_ws(";", sa.func.nullif(_links.c.reason, ""), found.c.rules, why_held).label(
                "reasons"
            ),
            _links.c.link_rule,
            _links.c.link_bits,
            deliveries.c.deliveries,
        )
        .select_from(judged_rows())
        .join(deliveries, deliveries.c.return_id == _returns.c.return_id)
        .outerjoin(found, (found.c.return_id == _rows.c.return_id) & (found.c.row == _rows.c.row))
        .where(_returns.c.month == month)
        .order_by(_returns.c.collective, _returns.c.return_id, _rows.c.row)
    )
    return _repeat_deliveries(
        copy_out(connection, query, pl.Schema([*LINKS_SCHEMA.items(), ("deliveries", pl.Int64())]))
    )


def _repeat_deliveries(lines: pl.DataFrame) -> pl.DataFrame:
    repeated = lines.filter(pl.col("deliveries") > 1)
    again = repeated.select(pl.all().repeat_by(pl.col("deliveries") - 1).explode()).with_columns(
        verdict=pl.col("verdict").replace("counted", "duplicate"),
        reasons=pl.when(pl.col("incident_id").is_null())
        .then("reasons")
        .otherwise(pl.lit("same_return_twice")),
    )
    return pl.concat([lines, again]).drop("deliveries")


def list_months(connection: sa.Connection) -> list[str]:
    """Return every month that a return was received for, the oldest first."""
    query = sa.select(_returns.c.month).where(_returns.c.month.is_not(None)).distinct()
    return sorted(connection.scalars(query))


def count_without_month(connection: sa.Connection) -> int:
    """Return how many returns belong to no month, so that no month's status names them."""
    query = sa.select(sa.func.count()).select_from(_returns).where(_returns.c.month.is_(None))
    return connection.execute(query).scalar_one()


def list_filed(connection: sa.Connection, month: str) -> frozenset[str]:
    """Return the collectives with a readable return for `month`."""
    query = sa.select(_returns.c.collective).where(_returns.c.month == month, _returns.c.state == "stored")
    return frozenset(connection.scalars(query))


def load_month(connection: sa.Connection, month: str) -> MonthStatus:
    """Return how far one month has come."""
    states = sa.select(_returns.c.state, sa.func.count().label("number")).where(_returns.c.month == month)
    by_state = {row.state: row.number for row in connection.execute(states.group_by(_returns.c.state))}
    editions = sa.select(tables.editions.c.edition_id, tables.editions.c.state).where(
        tables.editions.c.month == month
    )
    verdicts = load_links(connection, month).group_by("verdict").len()
    return MonthStatus(
        month=month,
        filed=list_filed(connection, month),
        returns_waiting=by_state.get("landed", 0),
        returns_rejected=by_state.get("rejected", 0),
        rows={str(verdict): int(number) for verdict, number in verdicts.sort("verdict").iter_rows()},
        edition_states={row.edition_id: row.state for row in connection.execute(editions)},
        alarms=_load_alarms(connection, month),
    )


def _load_alarms(connection: sa.Connection, month: str) -> dict[str, list[str]]:
    concern = sa.func.unnest(_returns.c.concerns).label("concern")
    query = (
        sa.select(_returns.c.collective, concern)
        .where(_returns.c.month == month, _returns.c.state == "stored")
        .distinct()
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(str(row.collective), []).append(row.concern)
    return {collective: sorted(found[collective]) for collective in sorted(found)}


def count_dense(connection: sa.Connection, month: str) -> int:
    """Return how many reports of a month stood too close together to be compared with all others, last time."""
    entries = tables.entries
    dense = entries.c.facts["dense_reports"].as_integer()
    query = (
        sa.select(dense)
        .where(entries.c.subject == month, dense.is_not(None))
        .order_by(entries.c.number.desc())
        .limit(1)
    )
    return connection.scalars(query).first() or 0
