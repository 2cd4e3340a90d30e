"""The ledger: a chain that shows every change."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from pipeline.errors import JawabdehiError
from pipeline.store import tables
from pipeline.store.ledger import append_entry, check_chain

AT = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)


def append_three(connection: sa.Connection) -> None:
    for event in ("opened", "sealed", "approved"):
        append_entry(connection, event, "JWB-2026-10-e1", {"rows": 3}, actor="a person", at=AT)


def test_an_untouched_chain_holds(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        append_three(connection)
        assert check_chain(connection) == 3


@pytest.mark.parametrize(
    "tampering",
    [
        tables.entries.update().where(tables.entries.c.number == 2).values(event="rejected"),
        tables.entries.update().where(tables.entries.c.number == 2).values(facts={"rows": 4}),
        tables.entries.delete().where(tables.entries.c.number == 2),
        tables.entries.delete().where(tables.entries.c.number == 1),
    ],
)
def test_a_changed_or_lost_entry_is_found(engine: sa.Engine, tampering: sa.Update | sa.Delete) -> None:
    with engine.connect() as connection:
        append_three(connection)
        connection.execute(tampering)
        with pytest.raises(JawabdehiError, match="altered"):
            check_chain(connection)


def test_an_entry_stands_only_if_its_transaction_does(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        append_three(connection)
        connection.rollback()
        assert check_chain(connection) == 0
