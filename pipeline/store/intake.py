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
    connection.execute(
        insert(_deliveries)
        .values(delivery_id=delivery_id, return_id=landed.return_id, look=look)
        .on_conflict_do_update(index_elements=["delivery_id"], set_={"look": look})
    )
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
) -> None:
    """Append the rows of one return; every frame carries `row`, and no return_id."""
    key = pl.lit(return_id).alias("return_id")
    copy_in(connection, tables.rows, rows.with_columns(key))
    copy_in(connection, tables.findings, findings.with_columns(key))
    copy_in(connection, tables.reports, reports.with_columns(key))
    copy_in(connection, tables.sealed_reports, sealed.with_columns(key))


def finish_return(
    connection: sa.Connection,
    return_id: str,
    *,
    state: str,
    rejected_by: str | None = None,
    rows_received: int = 0,
    blank_rows: int = 0,
    dropped_columns: Sequence[str] = (),
    is_made_up: bool = False,
) -> None:
    """Note how the intake of a return ended; `state` is stored or rejected."""
    connection.execute(
        _returns.update()
        .where(_returns.c.return_id == return_id)
        .values(
            state=state,
            rejected_by=rejected_by,
            rows_received=rows_received,
            blank_rows=blank_rows,
            dropped_columns=list(dropped_columns),
            is_made_up=is_made_up,
        )
    )


def erase_landed(connection: sa.Connection, return_id: str) -> None:
    """Erase the sealed bytes of a return; its name and hash stay."""
    connection.execute(_landed.update().where(_landed.c.return_id == return_id).values(content=None))
