"""What the tables of all schemas share: one metadata, and columns that come back in several tables."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

CODES = pg.ARRAY(sa.Text)
RETURN = "core.returns.return_id"

_INCIDENT_CODES = (
    "state",
    "district",
    "duty_bearer",
    "service",
    "survivor_gender",
    "survivor_age_band",
    "trafficking_form",
    "resolution",
    "evidence",
    "offence_before_july_2024",
    "delay_band",
)
_INCIDENT_CODE_SETS = (
    "incident_kinds",
    "grounds",
    "escalated_to",
    "legal_provisions",
    "late_provisions",
)
INCIDENT_CODES = (*_INCIDENT_CODES, *_INCIDENT_CODE_SETS)
"""Names of the columns that hold what is coded of an incident."""


def row_key() -> tuple[sa.Column[str], sa.Column[int]]:
    """Return the columns by which every received row is known: its return and its number in it.

    The database does not check that the return is there: rows come by the hundred thousand in the transaction that
    holds their return, which is never deleted, and to check each would take longer than to write it.
    """
    return (
        sa.Column("return_id", sa.Text, primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    )


def incident_columns() -> list[sa.Column[str]]:
    """Return the columns that hold what is coded of an incident (INCIDENT_CODES)."""
    return [
        *(sa.Column(name, sa.Text) for name in _INCIDENT_CODES),
        *(sa.Column(name, CODES, nullable=False, server_default="{}") for name in _INCIDENT_CODE_SETS),
    ]
