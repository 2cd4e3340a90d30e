"""Keep under which provisions of the law incidents fall, and against which limits they were late."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = ("reports", "incidents", "counted")
_CODE_SETS = ("legal_provisions", "late_provisions")


def upgrade() -> None:
    # Of what was stored before, the dates that decide are kept only for a while: it falls under none.
    for table in _TABLES:
        for name in _CODE_SETS:
            kind = postgresql.ARRAY(sa.Text())
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default="{}"), schema="core")


def downgrade() -> None:
    for table in _TABLES:
        for name in _CODE_SETS:
            op.drop_column(table, name, schema="core")
