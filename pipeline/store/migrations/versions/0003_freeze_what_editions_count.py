"""Freeze what editions count, name the period of every cell, and keep consents of collectives."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CODES = (
    *("state", "district", "duty_bearer", "service", "survivor_gender", "survivor_age_band"),
    *("trafficking_form", "resolution", "evidence", "offence_before_july_2024", "delay_band"),
)
_CODE_SETS = ("incident_kinds", "grounds", "escalated_to")

# Until now every cell was of the edition's own month.
FILL_PERIODS = """
UPDATE core.cells AS c SET period = e.month FROM release.editions AS e WHERE e.edition_id = c.edition_id
"""

# What editions that no draft can replace count, as far as it is known now; the names are those of their claims.
FILL_COUNTED = """
INSERT INTO core.counted (
    edition_id, incident, person, collectives, reports, state, district, duty_bearer, service, survivor_gender,
    survivor_age_band, trafficking_form, resolution, evidence, offence_before_july_2024, delay_band,
    incident_kinds, grounds, escalated_to, may_repeat
)
WITH living AS (
    SELECT l.report, l.incident_id, l.first_month, t.collective
    FROM core.links AS l JOIN core.returns AS t ON t.return_id = l.return_id
    WHERE l.link_rule IN ('own_report', 'same_incident', 'review')
), held AS (
    SELECT DISTINCT ON (c.edition_id, c.counted_as) c.edition_id, c.counted_as, o.incident_id
    FROM core.claims AS c JOIN living AS o ON o.report = c.report
    ORDER BY c.edition_id, c.counted_as, o.first_month, o.report
), names AS (
    SELECT edition_id, incident_id, min(counted_as) AS name FROM held GROUP BY edition_id, incident_id
), tellers AS (
    SELECT
        incident_id,
        array_agg(DISTINCT collective ORDER BY collective) AS collectives,
        array_agg(DISTINCT report ORDER BY report) AS reports
    FROM living GROUP BY incident_id
)
SELECT
    i.edition_id, coalesce(n.name, i.incident_id), i.person, t.collectives, t.reports, i.state, i.district,
    i.duty_bearer, i.service, i.survivor_gender, i.survivor_age_band, i.trafficking_form, i.resolution,
    i.evidence, i.offence_before_july_2024, i.delay_band, i.incident_kinds, i.grounds, i.escalated_to,
    i.may_repeat
FROM core.incidents AS i
JOIN release.editions AS e ON e.edition_id = i.edition_id AND e.state <> 'draft'
JOIN tellers AS t ON t.incident_id = i.incident_id
LEFT JOIN names AS n ON n.edition_id = i.edition_id AND n.incident_id = i.incident_id
"""

GRANTS = (
    # Linkage erases what is withdrawn, reporting counts drafts anew.
    "GRANT SELECT, INSERT, UPDATE, DELETE ON core.counted TO jawabdehi_core",
    "GRANT SELECT, INSERT, DELETE ON core.counted TO jawabdehi_reporting",
    # A draft that counted what is withdrawn since must be made again.
    "GRANT SELECT (state), UPDATE (figures_sha256, manifest_sha256) ON release.editions TO jawabdehi_core",
    # A consent can be taken back, never erased or changed.
    "GRANT SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by) ON release.consents TO jawabdehi_release",
)


def upgrade() -> None:
    """Make the tables and columns, and fill them from what is there."""
    _make_counted()
    _make_consents()
    _name_periods()
    _tell_of_editions()
    for statement in (FILL_COUNTED, *GRANTS):
        op.execute(statement)


def _make_counted() -> None:
    codes = postgresql.ARRAY(sa.Text())
    op.create_table(
        "counted",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column(
            "incident",
            sa.Text(),
            nullable=False,
            comment="Its name in all editions of the month: that under which the first one counted it.",
        ),
        sa.Column("person", sa.Text()),
        sa.Column("collectives", codes, nullable=False, comment="Whose reports told of it, sorted."),
        sa.Column(
            "reports", codes, nullable=False, comment="Keys of these reports, to find what is withdrawn."
        ),
        *(sa.Column(name, sa.Text()) for name in _CODES),
        *(sa.Column(name, codes, server_default="{}", nullable=False) for name in _CODE_SETS),
        sa.Column("may_repeat", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id", "incident", name="pk_counted"),
        schema="core",
        comment="Incidents as an edition counted them; only withdrawals change what is published.",
    )


def _make_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("collective", sa.Text(), nullable=False),
        sa.Column("letter_sha256", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False, comment="Who of the data team recorded it."),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), comment="Null while it stands."),
        sa.Column("withdrawn_by", sa.Text()),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="ck_consents_withdrawn"),
        sa.PrimaryKeyConstraint(
            "month", "number", "collective", "letter_sha256", "given_at", name="pk_consents"
        ),
        schema="release",
        comment="Signed letters of collectives: an edition may show figures that come mostly from them.",
    )


def _name_periods() -> None:
    op.add_column("cells", sa.Column("period", sa.Text()), schema="core")
    op.execute(FILL_PERIODS)
    op.alter_column("cells", "period", nullable=False, schema="core")
    op.add_column(
        "figures",
        sa.Column(
            "as_of",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Number of the edition that set the figure; corrections carry figures forward.",
        ),
        schema="release",
    )
    for table, schema in (("cells", "core"), ("figures", "release")):
        op.drop_constraint(f"pk_{table}", table, schema=schema)
        columns = ["edition_id", "table", "geography", "period", "measure", "code_1", "code_2"]
        op.create_primary_key(f"pk_{table}", table, columns, schema=schema)


def _tell_of_editions() -> None:
    columns: tuple[sa.Column[object], ...] = (
        sa.Column(
            "reason", sa.Text(), comment="Code of why it corrects the one before; null where it is the first."
        ),
        sa.Column(
            "basis",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Editions whose incidents its figures of a quarter and a year count.",
        ),
        sa.Column(
            "figures_sha256", sa.Text(), comment="The figures that passed the audit; no others are sealed."
        ),
    )
    for column in columns:
        op.add_column("editions", column, schema="release")
