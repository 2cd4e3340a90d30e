"""Make the four schemas with their tables, and the roles that may use them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


SCHEMAS = ("vault", "core", "release", "ledger")

# Each schema has a role of its own; a job works under one of the last two. Roles belong to the whole server, so
# another database of it may have made them.
MAKE_ROLES = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'jawabdehi_vault', 'jawabdehi_core', 'jawabdehi_release', 'jawabdehi_ledger',
        'jawabdehi_intake', 'jawabdehi_reporting'
    ] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
    END LOOP;
END $$
"""

GRANTS = (
    "GRANT USAGE ON SCHEMA vault TO jawabdehi_vault",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA vault TO jawabdehi_vault",
    "GRANT USAGE ON SCHEMA core TO jawabdehi_core, jawabdehi_reporting",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA core TO jawabdehi_core",
    "GRANT USAGE ON SCHEMA release TO jawabdehi_release",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA release TO jawabdehi_release",
    # Append-only: nobody may change or remove an entry.
    "GRANT USAGE ON SCHEMA ledger TO jawabdehi_ledger",
    "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ledger TO jawabdehi_ledger",
    "GRANT jawabdehi_vault, jawabdehi_core, jawabdehi_ledger TO jawabdehi_intake",
    "GRANT jawabdehi_release, jawabdehi_ledger TO jawabdehi_reporting",
    # Reporting counts coarse codes and claims what it counts; it changes nothing else of `core`.
    "GRANT SELECT ON ALL TABLES IN SCHEMA core TO jawabdehi_reporting",
    "GRANT INSERT, DELETE ON core.cells TO jawabdehi_reporting",
    "GRANT UPDATE (edition_id) ON core.returns, core.incidents TO jawabdehi_reporting",
    "GRANT jawabdehi_intake, jawabdehi_reporting TO CURRENT_USER",
)


def upgrade() -> None:
    """Make schemas, tables, roles and grants."""
    for schema in SCHEMAS:
        op.execute(sa.schema.CreateSchema(schema))
    op.create_table(
        "cells",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("geography", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("code_1", sa.Text(), server_default="", nullable=False),
        sa.Column("code_2", sa.Text(), server_default="", nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="Exact; never leaves this schema."),
        sa.Column("persons", sa.BigInteger(), nullable=False, comment="Distinct persons, a lower bound."),
        sa.PrimaryKeyConstraint(
            "edition_id", "table", "geography", "measure", "code_1", "code_2", name="pk_cells"
        ),
        schema="core",
    )
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column(
            "month", sa.Text(), nullable=False, comment="Reporting month of the return that first told of it."
        ),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("duty_bearer", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("survivor_gender", sa.Text(), nullable=True),
        sa.Column("survivor_age_band", sa.Text(), nullable=True),
        sa.Column("trafficking_form", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("offence_before_july_2024", sa.Text(), nullable=True),
        sa.Column("delay_band", sa.Text(), nullable=True),
        sa.Column("incident_kinds", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("grounds", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("escalated_to", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("edition_id", sa.Text(), nullable=True, comment="The edition that counts it."),
        sa.PrimaryKeyConstraint("incident_id", name="pk_incidents"),
        schema="core",
    )
    op.create_index("ix_incidents_edition_id", "incidents", ["edition_id"], unique=False, schema="core")
    op.create_index("ix_incidents_month", "incidents", ["month"], unique=False, schema="core")
    op.create_table(
        "returns",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column(
            "collective",
            sa.Text(),
            nullable=True,
            comment="Code of the collective, from the channel; null where unknown.",
        ),
        sa.Column(
            "month",
            sa.Text(),
            nullable=True,
            comment="Reporting month from the file name; null where it has none.",
        ),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "rejected_by", sa.Text(), nullable=True, comment="Rule under which the whole return was rejected."
        ),
        sa.Column("rows_received", sa.Integer(), nullable=True),
        sa.Column("blank_rows", sa.Integer(), nullable=True),
        sa.Column("dropped_columns", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column(
            "is_made_up",
            sa.Boolean(),
            nullable=True,
            comment="Whether the return itself says that it is made up.",
        ),
        sa.Column(
            "edition_id", sa.Text(), nullable=True, comment="The edition that accounts for this return."
        ),
        sa.CheckConstraint("state IN ('landed', 'stored', 'rejected')", name="ck_returns_state"),
        sa.PrimaryKeyConstraint("return_id", name="pk_returns"),
        schema="core",
    )
    op.create_index("ix_returns_month", "returns", ["month"], unique=False, schema="core")
    op.create_table(
        "withdrawals",
        sa.Column("collective", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("collective", "report_id", name="pk_withdrawals"),
        schema="core",
        comment="Reports that stay withdrawn, whatever is sent again.",
    )
    op.create_table(
        "entries",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_entries"),
        sa.UniqueConstraint("hash", name="uq_entries_hash"),
        schema="ledger",
        comment="Append-only and chained: each hash covers the one before.",
    )
    op.create_table(
        "editions",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'approved', 'published')", name="ck_editions_state"),
        sa.PrimaryKeyConstraint("edition_id", name="pk_editions"),
        sa.UniqueConstraint("month", "number", name="uq_editions_month_number"),
        schema="release",
    )
    op.create_table(
        "deliveries",
        sa.Column(
            "delivery_id",
            sa.Text(),
            nullable=False,
            comment="Keyed hash of where the file lay and its bytes.",
        ),
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column(
            "look", sa.Text(), nullable=False, comment="Keyed hash of place, size and time of the file."
        ),
        sa.ForeignKeyConstraint(["return_id"], ["core.returns.return_id"], name="fk_deliveries_return_id"),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_deliveries"),
        sa.UniqueConstraint("look", name="uq_deliveries_look"),
        schema="core",
    )
    op.create_index("ix_deliveries_return_id", "deliveries", ["return_id"], unique=False, schema="core")
    op.create_table(
        "findings",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["return_id"], ["core.returns.return_id"], name="fk_findings_return_id"),
        schema="core",
    )
    op.create_index("ix_findings_return_id", "findings", ["return_id"], unique=False, schema="core")
    op.create_table(
        "links",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("link_rule", sa.Text(), nullable=False),
        sa.Column("link_bits", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('counted', 'duplicate', 'quarantined', 'withdrawn', 'superseded')",
            name="ck_links_verdict",
        ),
        sa.ForeignKeyConstraint(["return_id"], ["core.returns.return_id"], name="fk_links_return_id"),
        sa.PrimaryKeyConstraint("return_id", "row", name="pk_links"),
        schema="core",
    )
    op.create_index("ix_links_incident_id", "links", ["incident_id"], unique=False, schema="core")
    op.create_table(
        "reports",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("duty_bearer", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("survivor_gender", sa.Text(), nullable=True),
        sa.Column("survivor_age_band", sa.Text(), nullable=True),
        sa.Column("trafficking_form", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("offence_before_july_2024", sa.Text(), nullable=True),
        sa.Column("delay_band", sa.Text(), nullable=True),
        sa.Column("incident_kinds", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("grounds", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("escalated_to", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "person",
            sa.Text(),
            nullable=True,
            comment="Keyed hash of the case token; null where there is none.",
        ),
        sa.ForeignKeyConstraint(["return_id"], ["core.returns.return_id"], name="fk_reports_return_id"),
        sa.PrimaryKeyConstraint("return_id", "row", name="pk_reports"),
        schema="core",
    )
    op.create_table(
        "rows",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("report_id", sa.Text(), nullable=True, comment="Null where the row has no usable one."),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("intake", sa.Text(), nullable=False),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=True,
            comment="Keyed hash over the coded row without its action.",
        ),
        sa.CheckConstraint("intake IN ('accepted', 'quarantined', 'held')", name="ck_rows_intake"),
        sa.ForeignKeyConstraint(["return_id"], ["core.returns.return_id"], name="fk_rows_return_id"),
        sa.PrimaryKeyConstraint("return_id", "row", name="pk_rows"),
        schema="core",
    )
    op.create_index("ix_rows_report_id", "rows", ["report_id"], unique=False, schema="core")
    op.create_table(
        "figures",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("geography", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("dimension_1", sa.Text(), server_default="", nullable=False),
        sa.Column("code_1", sa.Text(), server_default="", nullable=False),
        sa.Column("dimension_2", sa.Text(), server_default="", nullable=False),
        sa.Column("code_2", sa.Text(), server_default="", nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("lower", sa.BigInteger(), nullable=True),
        sa.Column("upper", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("(status = 'shown') = (value IS NOT NULL)", name="ck_figures_value_if_shown"),
        sa.CheckConstraint("status IN ('shown', 'not_published')", name="ck_figures_status"),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["release.editions.edition_id"], name="fk_figures_edition_id"
        ),
        sa.PrimaryKeyConstraint(
            "edition_id", "table", "geography", "measure", "code_1", "code_2", name="pk_figures"
        ),
        schema="release",
    )
    op.create_table(
        "landed",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column(
            "source_name", sa.Text(), nullable=False, comment="File name; orders returns of one month."
        ),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="Sealed bytes; null once erased."),
        sa.ForeignKeyConstraint(["return_id"], ["core.returns.return_id"], name="fk_landed_return_id"),
        sa.PrimaryKeyConstraint("return_id", name="pk_landed"),
        schema="vault",
    )
    op.create_table(
        "sealed_reports",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="Linking fields as sealed JSON."),
        sa.ForeignKeyConstraint(
            ["return_id"], ["core.returns.return_id"], name="fk_sealed_reports_return_id"
        ),
        sa.PrimaryKeyConstraint("return_id", "row", name="pk_sealed_reports"),
        schema="vault",
    )
    op.execute(MAKE_ROLES)
    for grant in GRANTS:
        op.execute(grant)
