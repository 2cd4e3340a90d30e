"""Note what leaves the vault, so that its keys are erased, too; mark what was sealed before months had keys."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SEALED = ("landed", "sealed_reports", "sealed_rows")

# What is sealed begins with the generation of its month's key; none is 0.
_MARK = "UPDATE vault.{} SET content = '\\x0000'::bytea || content WHERE content IS NOT NULL"
_UNMARK = "UPDATE vault.{} SET content = substr(content, 3) WHERE content IS NOT NULL"

# The bytes of a return are needed until it is taken in and no longer.
_ERASE_TAKEN_IN = """
UPDATE vault.landed SET content = NULL
FROM core.returns WHERE returns.return_id = landed.return_id AND returns.state <> 'landed'
"""

_NOTE_ROWS = """
CREATE FUNCTION vault.note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO vault.spent (return_id, "row") SELECT return_id, "row" FROM gone ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
_NOTE_LANDED = """
CREATE FUNCTION vault.note_landed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO vault.spent (return_id, "row") VALUES (OLD.return_id, -1) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
_WATCH_ROWS = """
CREATE TRIGGER note_what_leaves AFTER DELETE ON vault.{}
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION vault.note_rows()
"""
_WATCH_LANDED = """
CREATE TRIGGER note_what_leaves AFTER UPDATE ON vault.landed FOR EACH ROW
WHEN (OLD.content IS NOT NULL AND NEW.content IS NULL) EXECUTE FUNCTION vault.note_landed()
"""


def upgrade() -> None:
    op.create_table(
        "spent",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("return_id", "row", name=op.f("pk_spent")),
        schema="vault",
        comment="What has left the vault and whose keys are still to be erased; row -1 is a whole return.",
    )
    op.create_table(
        "key_marks",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column(
            "mark", sa.Text(), nullable=False, comment="Keyed hash of the purpose, to know the key by."
        ),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_key_marks")),
        schema="vault",
        comment="Which keys this database was filled with.",
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON vault.spent TO jawabdehi_vault")
    op.execute("GRANT SELECT, INSERT ON vault.key_marks TO jawabdehi_vault")
    op.execute(_ERASE_TAKEN_IN)
    for table in _SEALED:
        op.execute(_MARK.format(table))
    for statement in (_NOTE_ROWS, _NOTE_LANDED, _WATCH_LANDED):
        op.execute(statement)
    for table in ("sealed_reports", "sealed_rows"):
        op.execute(_WATCH_ROWS.format(table))


def downgrade() -> None:
    for table in _SEALED:
        op.execute(f"DROP TRIGGER note_what_leaves ON vault.{table}")
    for function in ("note_rows", "note_landed"):
        op.execute(f"DROP FUNCTION vault.{function}")
    for table in _SEALED:
        op.execute(_UNMARK.format(table))
    op.drop_table("key_marks", schema="vault")
    op.drop_table("spent", schema="vault")
