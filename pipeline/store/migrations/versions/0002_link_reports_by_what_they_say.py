"""Link reports by what they say: keys of reports, scored pairs, persons alike, and claims of editions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_VERDICTS = "('automatic', 'review', 'apart')"

# The key is that of `pipeline.link.resolve`, so that rows of before and after are known by the same.
FILL_KEYS = """
UPDATE core.links AS l SET
    report = left(encode(sha256(convert_to(t.collective || '/' || r.report_id, 'UTF8')), 'hex'), 20)
FROM core.rows AS r JOIN core.returns AS t ON t.return_id = r.return_id
WHERE r.return_id = l.return_id AND r.row = l.row
"""

FILL_MONTHS = """
UPDATE core.links AS l SET first_month = told.month
FROM (
    SELECT known.report, min(t.month) AS month
    FROM core.links AS known
    JOIN core.rows AS r ON r.return_id = known.return_id AND r.row = known.row
    JOIN core.returns AS t ON t.return_id = r.return_id
    WHERE r.action <> 'withdraw'
    GROUP BY known.report
) AS told
WHERE told.report = l.report
"""

# Until now an incident was one report, so what an edition counts it counts by that report.
FILL_CLAIMS = """
INSERT INTO core.claims (report, edition_id, counted_as)
SELECT incident_id, edition_id, incident_id FROM core.incidents WHERE edition_id IS NOT NULL
"""

GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON core.pairs, core.alike, core.claims TO jawabdehi_core",
    "GRANT SELECT ON core.pairs, core.alike, core.claims TO jawabdehi_reporting",
    "GRANT INSERT, DELETE, UPDATE ON core.claims TO jawabdehi_reporting",
    # Linkage hands an incident to the edition that counted it first.
    "GRANT USAGE ON SCHEMA release TO jawabdehi_core",
    "GRANT SELECT (edition_id, month, number) ON release.editions TO jawabdehi_core",
)


def upgrade() -> None:
    """Make the tables and columns, and fill them from what is there."""
    _make_tables()
    _make_columns()
    for statement in (FILL_KEYS, FILL_MONTHS, FILL_CLAIMS, *GRANTS):
        op.execute(statement)


def _make_tables() -> None:
    op.create_table(
        "pairs",
        sa.Column("report_a", sa.Text(), nullable=False),
        sa.Column("report_b", sa.Text(), nullable=False),
        sa.Column(
            "weights", sa.Text(), nullable=False, comment="Version of the weights that scored the pair."
        ),
        sa.Column("bits", sa.Double(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False, comment="Code of the levels of all comparisons."),
        sa.Column("scored", sa.Text(), nullable=False, comment="Verdict by bits and vetoes alone."),
        sa.Column("scored_why", sa.Text(), nullable=False),
        sa.Column(
            "verdict", sa.Text(), nullable=False, comment="Verdict once clusters and reviewers have spoken."
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("report_a < report_b", name="ck_pairs_order"),
        sa.CheckConstraint(f"scored IN {_VERDICTS}", name="ck_pairs_scored"),
        sa.CheckConstraint(f"verdict IN {_VERDICTS}", name="ck_pairs_verdict"),
        sa.PrimaryKeyConstraint("report_a", "report_b", name="pk_pairs"),
        schema="core",
        comment="Derived: scored anew with their months, except those of purged reports.",
    )
    op.create_index("ix_pairs_report_b", "pairs", ["report_b"], schema="core")
    op.create_table(
        "alike",
        sa.Column("person_a", sa.Text(), nullable=False),
        sa.Column("person_b", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_a", "person_b", name="pk_alike"),
        schema="core",
        comment="Keyed hashes of case tokens that differ by one typo.",
    )
    op.create_index("ix_alike_person_b", "alike", ["person_b"], schema="core")
    op.create_table(
        "claims",
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column(
            "counted_as", sa.Text(), nullable=False, comment="The incident, as it was when it was counted."
        ),
        sa.PrimaryKeyConstraint("report", name="pk_claims"),
        schema="core",
        comment="What an edition has counted, apart from what is known since.",
    )
    op.create_index("ix_claims_edition_id_counted_as", "claims", ["edition_id", "counted_as"], schema="core")


def _make_columns() -> None:
    op.add_column(
        "incidents",
        sa.Column(
            "may_repeat",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="Whether it would be counted with an earlier incident if all doubtful pairs were one.",
        ),
        schema="core",
    )
    for table in ("reports", "incidents"):
        op.create_index(f"ix_{table}_person", table, ["person"], schema="core")
    for name, comment in (
        ("report", "Key of the report: a hash of collective and report id."),
        ("first_month", "Earliest reporting month in which the report was told."),
    ):
        op.add_column("links", sa.Column(name, sa.Text(), comment=comment), schema="core")
        op.create_index(f"ix_links_{name}", "links", [name], schema="core")
