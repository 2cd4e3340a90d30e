"""Check no key for each row: rows are written by the hundred thousand together with the return that they are of."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = (
    ("core", "rows"),
    ("core", "findings"),
    ("core", "reports"),
    ("core", "links"),
    ("vault", "sealed_reports"),
    ("vault", "sealed_rows"),
)


def upgrade() -> None:
    for schema, table in _TABLES:
        op.drop_constraint(f"fk_{table}_return_id", table, schema=schema, type_="foreignkey")


def downgrade() -> None:
    for schema, table in _TABLES:
        op.create_foreign_key(
            f"fk_{table}_return_id",
            table,
            "returns",
            ["return_id"],
            ["return_id"],
            source_schema=schema,
            referent_schema="core",
        )
