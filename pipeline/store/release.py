"""Editions: what a month counts, its exact cells, its protected figures and its approval."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import sqlalchemy as sa

from pipeline.errors import NotThereError
from pipeline.store import tables
from pipeline.store.claims import claim_incidents, drop_claims
from pipeline.store.database import copy_in, copy_out
from pipeline.store.verdicts import IN_RETURN

_editions, _cells, _figures = tables.editions, tables.cells, tables.figures
_returns, _rows, _links, _incidents = tables.returns, tables.rows, tables.links, tables.incidents


@dataclass(frozen=True)
class EditionRecord:
    """What the database knows of one edition; `state` is draft, approved or published.

    `reason` is the code of why it corrects the one before. `basis` are the editions whose incidents its figures of a
    quarter and a year count. `figures_sha256` is that of the figures that passed the audit.
    """

    edition_id: str
    month: str
    number: int
    state: str
    reason: str | None
    basis: list[str]
    figures_sha256: str | None
    manifest_sha256: str | None
    approved_by: str | None
    approved_at: datetime | None


def load_edition(connection: sa.Connection, edition_id: str) -> EditionRecord:
    """Return an edition; raise NotThereError where there is none of this id."""
    row = connection.execute(_editions.select().where(_editions.c.edition_id == edition_id)).first()
    if row is None:
        raise NotThereError("There is no such edition: open one with the monthly report of its month.")
    return EditionRecord(**row._asdict())


def list_editions(connection: sa.Connection) -> list[EditionRecord]:
    """Return all editions, by month and number."""
    query = _editions.select().order_by(_editions.c.month, _editions.c.number)
    return [EditionRecord(**row._asdict()) for row in connection.execute(query)]


def list_published(connection: sa.Connection, months: Collection[str] | None = None) -> list[EditionRecord]:
    """Return the published editions of `months`, by default of all, by month and number."""
    return [
        record
        for record in list_editions(connection)
        if record.state == "published" and (months is None or record.month in months)
    ]


def load_basis(connection: sa.Connection, record: EditionRecord) -> list[EditionRecord]:
    """Return the editions whose incidents the quarter and year figures of an edition count."""
    return [load_edition(connection, edition_id) for edition_id in record.basis]


def ensure_edition(connection: sa.Connection, edition_id: str, month: str, number: int) -> EditionRecord:
    """Return the edition, made as a draft where there is none yet."""
    found = connection.execute(_editions.select().where(_editions.c.edition_id == edition_id)).first()
    if found is None:
        connection.execute(
            _editions.insert().values(edition_id=edition_id, month=month, number=number, state="draft")
        )
    return load_edition(connection, edition_id)


def has_later_publication(connection: sa.Connection, month: str) -> bool:
    """Tell whether an edition of a later month is published, so that `month` takes no more counts."""
    later = sa.select(_editions.c.edition_id).where(
        _editions.c.month > month, _editions.c.state == "published"
    )
    return connection.execute(later.limit(1)).first() is not None


def claim_counts(connection: sa.Connection, edition_id: str, month: str) -> None:
    """Let a draft count what its month counts: all of its month, and what came late for closed months.

    What the draft claimed before and no longer should is let go; what another edition counts stays there.
    """
    closed = sa.select(sa.func.max(_editions.c.month)).where(
        _editions.c.state == "published", _editions.c.month < month
    )

    def is_own(table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.or_(table.c.month == month, table.c.month <= closed.scalar_subquery())

    held = _returns.c.edition_id == edition_id
    connection.execute(_returns.update().where(held, ~is_own(_returns)).values(edition_id=None))
    unheld = _returns.c.edition_id.is_(None)
    connection.execute(_returns.update().where(unheld, is_own(_returns)).values(edition_id=edition_id))
    drop_claims(connection, edition_id)
    claim_incidents(connection, edition_id, is_own(_incidents))


def drop_cells(connection: sa.Connection, edition_id: str) -> None:
    """Remove the exact cells of a draft."""
    connection.execute(_cells.delete().where(_cells.c.edition_id == edition_id))


def tabulate_cells(
    connection: sa.Connection, edition_id: str, queries: list[sa.Select[tuple[object, ...]]]
) -> None:
    """Add the results of `queries` to the exact cells of an edition, without moving them out."""
    for query in queries:
        cells = query.subquery()
        connection.execute(
            _cells.insert().from_select(
                ["edition_id", *cells.c.keys()], sa.select(sa.literal(edition_id), *cells.c)
            )
        )


def account_for_rows(connection: sa.Connection, edition_id: str) -> pl.DataFrame:
    """Return how many received rows ended under each verdict (columns verdict, rows).

    A return that was delivered n times counts n times: what is counted in it, once, and n - 1 times as
    duplicate.
    """
    deliveries = (
        sa.select(tables.deliveries.c.return_id, sa.func.count().label("times"))
        .group_by(tables.deliveries.c.return_id)
        .subquery()
    )
    verdict = sa.func.coalesce(_links.c.verdict, _rows.c.intake)
    counted = verdict == "counted"
    query = (
        sa.select(
            verdict.label("verdict"),
            sa.func.sum(sa.case((counted, 1), else_=deliveries.c.times)).label("rows"),
            sa.func.sum(sa.case((counted, deliveries.c.times - 1), else_=0)).label("repeated"),
        )
        .join_from(_rows, _returns, IN_RETURN)
        .join(deliveries, deliveries.c.return_id == _returns.c.return_id)
        .outerjoin(_links, (_links.c.return_id == _rows.c.return_id) & (_links.c.row == _rows.c.row))
        .where(_returns.c.edition_id == edition_id)
        .group_by(verdict)
    )
    schema = pl.Schema({"verdict": pl.String, "rows": pl.Int64, "repeated": pl.Int64})
    accounts = copy_out(connection, query, schema)
    repeated = accounts.select(pl.lit("duplicate").alias("verdict"), pl.col("repeated").sum().alias("rows"))
    return (
        pl.concat([accounts.select("verdict", "rows"), repeated])
        .group_by("verdict")
        .agg(pl.col("rows").sum())
        .sort("verdict")
    )


def count_collectives_filed(connection: sa.Connection, edition_id: str, month: str) -> int:
    """Return how many collectives have a readable return for the edition's own month."""
    query = sa.select(sa.func.count(_returns.c.collective.distinct())).where(
        _returns.c.edition_id == edition_id, _returns.c.month == month, _returns.c.state == "stored"
    )
    return connection.execute(query).scalar_one()


def counts_made_up(connection: sa.Connection, months: Collection[str]) -> bool:
    """Tell whether a return that an edition of `months` counts says of itself that it is made up."""
    editions = sa.select(_editions.c.edition_id).where(_editions.c.month.in_(months))
    query = sa.select(_returns.c.return_id).where(_returns.c.edition_id.in_(editions), _returns.c.is_made_up)
    return connection.execute(query.limit(1)).first() is not None


def add_cells(connection: sa.Connection, edition_id: str, cells: pl.DataFrame) -> None:
    """Append cells that were counted elsewhere (columns of the table, without the edition)."""
    copy_in(connection, _cells, cells.with_columns(edition_id=pl.lit(edition_id)))


def load_cells(connection: sa.Connection, edition_id: str, schema: pl.Schema) -> pl.DataFrame:
    """Return the exact cells of an edition."""
    query = sa.select(*(_cells.c[name] for name in schema)).where(_cells.c.edition_id == edition_id)
    return copy_out(connection, query, schema)


def load_figures(connection: sa.Connection, edition_id: str, schema: pl.Schema) -> pl.DataFrame:
    """Return the figures of an edition."""
    query = sa.select(*(_figures.c[name] for name in schema)).where(_figures.c.edition_id == edition_id)
    return copy_out(connection, query, schema)


def replace_figures(connection: sa.Connection, edition_id: str, figures: pl.DataFrame) -> None:
    """Keep the protected figures of a draft, each with the number of the edition that set it."""
    connection.execute(_figures.delete().where(_figures.c.edition_id == edition_id))
    copy_in(connection, _figures, figures.with_columns(edition_id=pl.lit(edition_id)))


def change_edition(
    connection: sa.Connection, edition_id: str, **changes: str | list[str] | datetime | None
) -> None:
    """Change columns of an edition: its state, basis, audit, manifest or approval."""
    connection.execute(_editions.update().where(_editions.c.edition_id == edition_id).values(**changes))
