"""Returns and their rows: what was received, and what became of it at intake."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables
from pipeline.store.database import copy_in

_returns, _deliveries, _landed = tables.returns, tables.deliveries, tables.landed


@dataclass(frozen=True)
class LandedReturn:
    """One return as it was landed; `sealed` is None where it was rejected before its bytes were read."""

    return_id: str
    collective: str | None
    month: str | None
    extension: str
    size_bytes: int
    received_at: datetime
    rejected_by: str | None
    source_name: str
    sealed: bytes | None


def find_known_looks(connection: sa.Connection, looks: Collection[str]) -> set[str]:
    """Return those of `looks` that an earlier collection has seen."""
    query = sa.select(_deliveries.c.look).where(_deliveries.c.look.in_(looks))
    return set(connection.scalars(query))


def knows_return(connection: sa.Connection, return_id: str) -> bool:
    """Tell whether a return was landed before."""
    known = sa.exists().where(_returns.c.return_id == return_id)
    return bool(connection.execute(sa.select(known)).scalar_one())


def land_return(connection: sa.Connection, landed: LandedReturn, *, delivery_id: str, look: str) -> bool:
    """Keep a return and note its delivery; return False where the same return was landed before."""
    is_new = (
        connection.execute(
            insert(_returns)
            .values(
                return_id=landed.return_id,
                collective=landed.collective,
                month=landed.month,
                extension=landed.extension,
                size_bytes=landed.size_bytes,
                received_at=landed.received_at,
                rejected_by=landed.rejected_by,
                state="landed",
            )
            .on_conflict_do_nothing()
            .returning(_returns.c.return_id)
        ).first()
        is not None
    )
    if is_new:
        connection.execute(
            _landed.insert().values(
                return_id=landed.return_id, source_name=landed.source_name, content=landed.sealed
            )
        )
    # Two runs may meet the same file. No index is named, since PostgreSQL gives way on those alone that are.
    connection.execute(
        insert(_deliveries)
        .values(delivery_id=delivery_id, return_id=landed.return_id, look=look)
        .on_conflict_do_nothing()
    )
    written_anew = (_deliveries.c.delivery_id == delivery_id) & (_deliveries.c.look != look)
    connection.execute(_deliveries.update().where(written_anew).values(look=look))
    return is_new


def list_waiting(connection: sa.Connection) -> list[str]:
    """Return the ids of returns that are landed and not yet taken in, in the order of their ids."""
    query = sa.select(_returns.c.return_id).where(_returns.c.state == "landed").order_by(_returns.c.return_id)
    return list(connection.scalars(query))


def load_landed(connection: sa.Connection, return_id: str) -> LandedReturn | None:
    """Return a return that waits to be taken in, locked for this transaction; None where it was taken in."""
    kept = (_returns.c[field.name] for field in fields(LandedReturn) if field.name in _returns.c)
    row = connection.execute(
        sa.select(*kept, _landed.c.source_name, _landed.c.content.label("sealed"))
        .join_from(_returns, _landed)
        .where(_returns.c.return_id == return_id, _returns.c.state == "landed")
        .with_for_update(of=_returns)
    ).first()
    return None if row is None else LandedReturn(**row._asdict())


def find_partition(connection: sa.Connection, return_id: str) -> str | None:
    """Return the partition `COLLECTIVE|YYYY-MM` of a stored return; None where it was rejected or waits."""
    row = connection.execute(
        sa.select(_returns.c.collective, _returns.c.month).where(
            _returns.c.return_id == return_id, _returns.c.state == "stored"
        )
    ).first()
    return f"{row.collective}|{row.month}" if row else None


def store_rows(
    connection: sa.Connection,
    return_id: str,
    *,
    rows: pl.DataFrame,
    findings: pl.DataFrame,
    reports: pl.DataFrame,
    sealed: pl.DataFrame,
    to_mend: pl.DataFrame,
) -> list[str]:
    """Append the rows of one return; every frame carries `row`, and no return_id.

    What is accepted now needs no mending any more: its rows in earlier returns of the collective are forgotten, and
    the ids of those returns are given back.
    """
    key = pl.lit(return_id).alias("return_id")
    copy_in(connection, tables.rows, rows.with_columns(key))
    copy_in(connection, tables.findings, findings.with_columns(key))
    copy_in(connection, tables.reports, reports.with_columns(key))
    copy_in(connection, tables.sealed_reports, sealed.with_columns(key))
    mended = _forget_mended(connection, return_id)
    copy_in(connection, tables.sealed_rows, to_mend.with_columns(key))
    return mended


def _forget_mended(connection: sa.Connection, return_id: str) -> list[str]:
    mended, before, sealed = tables.rows.alias(), tables.rows.alias(), tables.sealed_rows
    # Each id once: a sheet may give one id to thousands of rows, and then every two of them would be joined.
    accepted = (
        sa.select(mended.c.report_id)
        .where(mended.c.return_id == return_id, mended.c.intake == "accepted")
        .distinct()
    )
    collective = sa.select(_returns.c.collective).where(_returns.c.return_id == return_id)
    sent = sa.select(_returns.c.return_id).where(_returns.c.collective == collective.scalar_subquery())
    forgotten = sealed.delete().where(
        sealed.c.return_id == before.c.return_id,
        sealed.c.row == before.c.row,
        before.c.intake != "accepted",
        before.c.report_id.in_(accepted),
        before.c.return_id.in_(sent),
    )
    return sorted(set(connection.scalars(forgotten.returning(sealed.c.return_id))))


@dataclass(frozen=True)
class RowToMend:
    """A row that was not accepted, with its cells sealed."""

    report_id: str
    return_id: str
    row: int
    content: bytes


def list_to_mend(connection: sa.Connection, collective: str, report_ids: Collection[str]) -> list[RowToMend]:
    """Return the rows of a collective that wait to be mended under `report_ids`, the newest last."""
    rows, sealed = tables.rows, tables.sealed_rows
    query = (
        sa.select(rows.c.report_id, rows.c.return_id, rows.c.row, sealed.c.content)
        .join_from(sealed, rows, (rows.c.return_id == sealed.c.return_id) & (rows.c.row == sealed.c.row))
        .join(_returns, _returns.c.return_id == rows.c.return_id)
        .where(_returns.c.collective == collective, rows.c.report_id.in_(report_ids))
        .order_by(_returns.c.received_at, rows.c.return_id, rows.c.row)
    )
    return [RowToMend(**row._asdict()) for row in connection.execute(query)]


@dataclass(frozen=True)
class Outcome:
    """How the intake of a return ended; `state` is stored, held or rejected."""

    state: str
    rejected_by: str | None = None
    rows_received: int = 0
    blank_rows: int = 0
    dropped_columns: Sequence[str] = ()
    is_made_up: bool = False
    concerns: Sequence[str] = ()


def finish_return(connection: sa.Connection, return_id: str, outcome: Outcome) -> None:
    """Note how the intake of a return ended."""
    values = {each.name: getattr(outcome, each.name) for each in fields(Outcome)}
    values |= {name: list(values[name]) for name in ("dropped_columns", "concerns")}
    connection.execute(_returns.update().where(_returns.c.return_id == return_id).values(values))


def erase_landed(connection: sa.Connection, return_id: str) -> None:
    """Erase the sealed bytes of a return; its name and hash stay."""
    connection.execute(_landed.update().where(_landed.c.return_id == return_id).values(content=None))


def count_rows_by_month(connection: sa.Connection, collective: str) -> dict[str, int]:
    """Return how many rows a collective has sent for each month, in returns that count."""
    query = (
        sa.select(_returns.c.month, sa.func.sum(_returns.c.rows_received).label("number"))
        .where(_returns.c.collective == collective, _returns.c.state == "stored")
        .group_by(_returns.c.month)
    )
    return {row.month: int(row.number or 0) for row in connection.execute(query)}


@dataclass(frozen=True)
class HeldReturn:
    """A return that waits for a person, and the rules that it breaks as a whole."""

    return_id: str
    collective: str
    month: str
    received_at: datetime
    rows_received: int
    concerns: Sequence[str]


def list_held(connection: sa.Connection) -> list[HeldReturn]:
    """Return the returns that wait for a person, the oldest first."""
    kept = (_returns.c[field.name] for field in fields(HeldReturn))
    query = (
        sa.select(*kept)
        .where(_returns.c.state == "held")
        .order_by(_returns.c.received_at, _returns.c.return_id)
    )
    return [HeldReturn(**row._asdict()) for row in connection.execute(query)]


def release_held(connection: sa.Connection, return_id: str) -> bool:
    """Let a held return count; return False where it is not held."""
    done = connection.execute(
        _returns.update()
        .where(_returns.c.return_id == return_id, _returns.c.state == "held")
        .values(state="stored")
        .returning(_returns.c.return_id)
    )
    return done.first() is not None


def refuse_held(connection: sa.Connection, return_id: str, rule: str) -> bool:
    """Let no row of a held return count, under `rule`, and erase what they say; return False where it is not held."""
    if not release_held(connection, return_id):
        return False
    rows = tables.rows
    accepted = (rows.c.return_id == return_id) & (rows.c.intake == "accepted")
    refused = sa.select(
        rows.c.return_id, rows.c.row, sa.literal("").label("field"), sa.literal(rule).label("rule")
    ).where(accepted)
    connection.execute(tables.findings.insert().from_select(["return_id", "row", "field", "rule"], refused))
    connection.execute(rows.update().where(accepted).values(intake="quarantined", digest=None))
    for table in (tables.reports, tables.sealed_reports, tables.sealed_rows):
        connection.execute(table.delete().where(table.c.return_id == return_id))
    erase_landed(connection, return_id)
    return True
