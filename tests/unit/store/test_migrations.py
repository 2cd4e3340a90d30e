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

FILL_LINKED = """
INSERT INTO core.returns (return_id, collective, month, extension, size_bytes, received_at, state)
VALUES ('r1', 'UTTHAN', '2026-10', 'csv', 1, now(), 'stored'),
       ('r2', 'BIHAAN', '2026-10', 'csv', 1, now(), 'stored');
INSERT INTO core.links (return_id, "row", report, first_month, verdict, incident_id, reason, link_rule)
VALUES ('r1', 2, 'a', '2026-10', 'counted', 'a', '', 'own_report'),
       ('r2', 2, 'b', '2026-10', 'duplicate', 'a', 'same_incident', 'same_incident'),
       ('r2', 3, 'b', '2026-10', 'duplicate', 'a', 'same_row_twice', 'same_row'),
       ('r2', 4, 'c', '2026-10', 'counted', 'c', '', 'own_report');
INSERT INTO core.incidents (incident_id, month, edition_id, person, service, grounds, may_repeat)
VALUES ('a', '2026-10', 'JWB-2026-10-e1', 'p', 'FIR', '{caste,religion}', true),
       ('c', '2026-11', 'JWB-2026-11-e1', NULL, 'FIR', '{}', false);
INSERT INTO core.claims (report, edition_id, counted_as)
VALUES ('a', 'JWB-2026-10-e1', 'one'), ('b', 'JWB-2026-10-e1', 'other'), ('c', 'JWB-2026-11-e1', 'c');
INSERT INTO release.editions (edition_id, month, number, state)
VALUES ('JWB-2026-10-e1', '2026-10', 1, 'published'), ('JWB-2026-11-e1', '2026-11', 1, 'draft');
INSERT INTO core.cells (edition_id, "table", geography, measure, count, persons)
VALUES ('JWB-2026-10-e1', 'total', 'IN', 'incidents', 1, 1),
       ('JWB-2026-11-e1', 'total', 'IN', 'incidents', 1, 1);
INSERT INTO release.figures (edition_id, "table", geography, period, measure, status)
VALUES ('JWB-2026-10-e1', 'total', 'IN', '2026-10', 'incidents', 'not_published');
"""


@pytest.fixture
def old_database(server):
    """Make a database as a migration left it, with some rows."""

    def make(revision: str, fill: str) -> str:
        url = server.make_database("template0")
        with connect(url) as engine, engine.begin() as connection:
            alembic.command.upgrade(alembic_config(connection), revision)
            for statement in fill.split(";\n"):
                if statement.strip():
                    connection.execute(sa.text(statement), {"key": key("é-1")} if ":key" in statement else {})
        return url

    return make


def key(report_id: str) -> str:
    return hashlib.sha256(f"UTTHAN/{report_id}".encode()).hexdigest()[:20]


def test_old_rows_get_the_keys_and_months_of_their_reports_and_editions_their_claims(old_database) -> None:
    """A report was told in October and corrected since."""
    url = old_database("0001", FILL)
    migrate(url)
    with connect(url) as engine, engine.connect() as connection:
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


def test_published_editions_keep_what_they_counted_and_cells_and_figures_get_a_period(old_database) -> None:
    url = old_database("0002", FILL_LINKED)
    migrate(url)
    with connect(url) as engine, engine.connect() as connection:
        counted = [row._asdict() for row in connection.execute(sa.select(tables.counted))]
        cells = {
            (row.edition_id, row.period): row.count for row in connection.execute(sa.select(tables.cells))
        }
        figures = [(row.period, row.as_of) for row in connection.execute(sa.select(tables.figures))]
        editions = [
            (row.reason, row.basis, row.figures_sha256)
            for row in connection.execute(sa.select(tables.editions))
        ]
    told = {name: value for name, value in counted[0].items() if value not in (None, [])}
    assert len(counted) == 1
    assert told == {
        "edition_id": "JWB-2026-10-e1",
        "incident": "one",
        "person": "p",
        "collectives": ["BIHAAN", "UTTHAN"],
        "reports": ["a", "b"],
        "service": "FIR",
        "grounds": ["caste", "religion"],
        "may_repeat": True,
    }
    assert cells == {("JWB-2026-10-e1", "2026-10"): 1, ("JWB-2026-11-e1", "2026-11"): 1}
    assert figures == [("2026-10", 1)]
    assert editions == [(None, [], None)] * 2
