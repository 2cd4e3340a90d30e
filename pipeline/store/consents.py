"""Consents: which collectives let an edition show figures that come mostly from them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.store import tables

_consents, _editions = tables.consents, tables.editions


@dataclass(frozen=True)
class ConsentRecord:
    """One letter as it was recorded; `withdrawn_at` and `withdrawn_by` are None while the consent stands."""

    month: str
    number: int
    collective: str
    letter_sha256: str
    given_at: datetime
    given_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None


def load_consents(connection: sa.Connection, month: str, number: int) -> frozenset[str]:
    """Return the collectives whose consent to an edition stands, and will until this transaction ends.

    Whoever takes a consent back waits for its draft, so that no audit is passed with a consent that is gone.
    """
    lock_draft(connection, month, number)
    return list_consenting(connection, month, number)


def list_consenting(connection: sa.Connection, month: str, number: int) -> frozenset[str]:
    """Return the collectives whose consent to an edition stands now."""
    return frozenset(
        record.collective
        for record in list_consents(connection, month)
        if record.number == number and record.stands
    )


def lock_draft(connection: sa.Connection, month: str, number: int) -> str | None:
    """Hold the draft of an edition until the transaction ends; return its id, None where there is no draft."""
    draft = sa.select(_editions.c.edition_id).where(
        _editions.c.month == month, _editions.c.number == number, _editions.c.state == "draft"
    )
    return connection.scalars(draft.with_for_update()).first()


def list_consents(connection: sa.Connection, month: str) -> list[ConsentRecord]:
    """Return every letter recorded for a month, by edition, collective and time."""
    query = (
        _consents.select()
        .where(_consents.c.month == month)
        .order_by(*(_consents.c[name] for name in ("number", "collective", "given_at", "letter_sha256")))
    )
    return [ConsentRecord(**row._asdict()) for row in connection.execute(query)]


def add_consent(connection: sa.Connection, record: ConsentRecord) -> None:
    """Record a letter."""
    connection.execute(_consents.insert().values(vars(record)))


def end_consents(
    connection: sa.Connection, month: str, number: int, collective: str, *, by: str, at: datetime
) -> list[str]:
    """Mark the letters of a collective for an edition that stand as taken back; return their SHA-256, sorted."""
    ended = (
        _consents.update()
        .where(
            _consents.c.month == month,
            _consents.c.number == number,
            _consents.c.collective == collective,
            _consents.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at, withdrawn_by=by)
        .returning(_consents.c.letter_sha256)
    )
    return sorted(connection.scalars(ended))
