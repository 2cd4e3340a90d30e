"""Keep what was taken from servers of forms, hold returns for a person, and keep rows to mend."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON core.sources, core.submissions TO jawabdehi_core",
    "GRANT SELECT ON core.sources, core.submissions TO jawabdehi_reporting",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON vault.sealed_rows TO jawabdehi_vault",
)
_STATE = "state IN ('landed', {}'stored', 'rejected')"


def upgrade() -> None:
    concerns: sa.Column[list[str]] = sa.Column(
        "concerns",
        postgresql.ARRAY(sa.Text()),
        nullable=False,
        server_default="{}",
        comment="Rules on the return as a whole.",
    )
    op.add_column("returns", concerns, schema="core")
    _allow_states(_STATE.format("'held', "))
    counted_by = sa.Column(
        "counted_by", sa.Text(), comment="Published edition whose figures go on counting it."
    )
    op.add_column("withdrawals", counted_by, schema="core")
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("collective", sa.Text(), nullable=False),
        sa.Column("watermark", sa.Text(), comment="Where the next look begins; null before the first."),
        sa.Column("deliveries", sa.Integer(), nullable=False, comment="Returns made of it so far."),
        sa.Column("read_at", sa.DateTime(timezone=True), comment="When all that was new was last taken."),
        sa.Column("compared_at", sa.DateTime(timezone=True), comment="When all ids were last compared."),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
        schema="core",
        comment="Forms on servers that returns are made of.",
    )
    op.create_table(
        "submissions",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="What the server calls it, through all edits."),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False, comment="Reporting month in which it was told first."),
        sa.Column("generation", sa.Integer(), nullable=False, comment="One more each time it was restored."),
        sa.Column(
            "is_owner",
            sa.Boolean(),
            nullable=False,
            comment="Whether no other told of its report id before.",
        ),
        sa.Column("is_told", sa.Boolean(), nullable=False, comment="False once it was withdrawn."),
        sa.ForeignKeyConstraint(["source"], ["core.sources.name"], name=op.f("fk_submissions_source")),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_submissions")),
        schema="core",
    )
    op.create_index(
        op.f("ix_submissions_source_report_id"), "submissions", ["source", "report_id"], schema="core"
    )
    op.create_table(
        "sealed_rows",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "content", sa.LargeBinary(), nullable=False, comment="Cells of a row to mend as sealed JSON."
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["core.returns.return_id"], name=op.f("fk_sealed_rows_return_id")
        ),
        sa.PrimaryKeyConstraint("return_id", "row", name=op.f("pk_sealed_rows")),
        schema="vault",
        comment="Rows that were not accepted, for their collective to mend.",
    )
    for grant in _GRANTS:
        op.execute(grant)


def downgrade() -> None:
    op.drop_table("sealed_rows", schema="vault")
    op.drop_table("submissions", schema="core")
    op.drop_table("sources", schema="core")
    op.drop_column("withdrawals", "counted_by", schema="core")
    # What a person has not released cannot count.
    op.execute("UPDATE core.returns SET state = 'rejected' WHERE state = 'held'")
    _allow_states(_STATE.format(""))
    op.drop_column("returns", "concerns", schema="core")


def _allow_states(condition: str) -> None:
    # The first migration named it by the convention twice over.
    name = op.f("ck_returns_ck_returns_state")
    op.drop_constraint(name, "returns", schema="core", type_="check")
    op.create_check_constraint(name, "returns", condition, schema="core")
