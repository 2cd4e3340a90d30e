"""Migrations keep what is there: a database of the first version becomes one of the newest."""

import hashlib

import alembic.command
import pytest
import sqlalchemy as sa

from pipeline.store import tables
from pipeline.store.database import alembic_config, connect, migrate

FILL = """
INSERT INTO core.returns (return_id, collective, month, extension, size_bytes, received_at, state, edition_id)
VALUES ('r1', 'UTTHAN', '2026-10', 'csv', 1, now(), 'stored', 'JWB-2026-10-e1'),
       ('r2', 'UTTHAN', '2026-11', 'csv', 1, now(), 'stored', NULL);
INSERT INTO core.rows (return_id, "row", report_id, action, intake)
VALUES ('r1', 2, 'é-1', 'new', 'accepted'), ('r2', 2, 'é-1', 'correct', 'accepted'),
       ('r2', 3, 'U-2', 'withdraw', 'accepted'), ('r2', 4, NULL, NULL, 'quarantined');
INSERT INTO core.links (return_id, "row", verdict, incident_id, reason, link_rule)
VALUES ('r1', 2, 'superseded', NULL, 'corrected', 'correction'), ('r2', 2, 'counted', :key, '', 'own_report'),
       ('r2', 3, 'withdrawn', NULL, 'withdraw_request', 'withdraw_request');
INSERT INTO core.incidents (incident_id, month, edition_id) VALUES (:key, '2026-10', 'JWB-2026-10-e1');
"""


@pytest.fixture
def old_database(server) -> str:
    """A database as the first migration left it, with a report that was told in October and corrected since."""
    url = server.make_database("template0")
    with connect(url) as engine, engine.begin() as connection:
        alembic.command.upgrade(alembic_config(connection), "0001")
        for statement in FILL.split(";\n"):
            if statement.strip():
                connection.execute(sa.text(statement), {"key": key("é-1")})
    return url


def key(report_id: str) -> str:
    return hashlib.sha256(f"UTTHAN/{report_id}".encode()).hexdigest()[:20]


def test_old_rows_get_the_keys_and_months_of_their_reports_and_editions_their_claims(old_database) -> None:
    migrate(old_database)
    with connect(old_database) as engine, engine.connect() as connection:
        links = {
            (row.return_id, row.row): (row.report, row.first_month)
            for row in connection.execute(sa.select(tables.links))
        }
        claims = connection.execute(sa.select(tables.claims)).all()
        incidents = connection.execute(sa.select(tables.incidents)).all()
    assert links == {
        ("r1", 2): (key("é-1"), "2026-10"),
        ("r2", 2): (key("é-1"), "2026-10"),
        ("r2", 3): (key("U-2"), None),
    }
    assert [tuple(claim) for claim in claims] == [(key("é-1"), "JWB-2026-10-e1", key("é-1"))]
    assert [incident.may_repeat for incident in incidents] == [False]
