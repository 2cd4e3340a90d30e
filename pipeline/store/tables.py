"""Tables of the four schemas.

`vault` holds what could lead to a person and is purged; `core` coarse codes and verdicts; `release` what is
published; `ledger` who decided what, without content. A test holds this file against the migrations.
"""

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

_codes = pg.ARRAY(sa.Text)
_RETURN = "core.returns.return_id"


def _row_key() -> tuple[sa.Column[str], sa.Column[int]]:
    """Every received row is known by its return and its number in it."""
    return (
        sa.Column("return_id", sa.Text, sa.ForeignKey(_RETURN), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    )


returns = sa.Table(
    "returns",
    metadata,
    sa.Column("return_id", sa.Text, primary_key=True),
    sa.Column("collective", sa.Text, comment="Code of the collective, from the channel; null where unknown."),
    sa.Column("month", sa.Text, comment="Reporting month from the file name; null where it has none."),
    sa.Column("extension", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("rejected_by", sa.Text, comment="Rule under which the whole return was rejected."),
    sa.Column("rows_received", sa.Integer),
    sa.Column("blank_rows", sa.Integer),
    sa.Column("dropped_columns", _codes),
    sa.Column("is_made_up", sa.Boolean, comment="Whether the return itself says that it is made up."),
    sa.Column("edition_id", sa.Text, comment="The edition that accounts for this return."),
    sa.CheckConstraint("state IN ('landed', 'stored', 'rejected')", name="state"),
    sa.Index(None, "month"),
    schema="core",
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column(
        "delivery_id", sa.Text, primary_key=True, comment="Keyed hash of where the file lay and its bytes."
    ),
    sa.Column("return_id", sa.Text, sa.ForeignKey(_RETURN), nullable=False, index=True),
    sa.Column("look", sa.Text, nullable=False, comment="Keyed hash of place, size and time of the file."),
    sa.UniqueConstraint("look"),
    schema="core",
)

rows = sa.Table(
    "rows",
    metadata,
    *_row_key(),
    sa.Column("report_id", sa.Text, comment="Null where the row has no usable one."),
    sa.Column("action", sa.Text),
    sa.Column("intake", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, comment="Keyed hash over the coded row without its action."),
    sa.CheckConstraint("intake IN ('accepted', 'quarantined', 'held')", name="intake"),
    sa.Index(None, "report_id"),
    schema="core",
)

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("return_id", sa.Text, sa.ForeignKey(_RETURN), nullable=False, index=True),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    schema="core",
)

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
_INCIDENT_CODE_SETS = ("incident_kinds", "grounds", "escalated_to")


def _incident_columns() -> list[sa.Column[str]]:
    return [
        *(sa.Column(name, sa.Text) for name in _INCIDENT_CODES),
        *(sa.Column(name, _codes, nullable=False, server_default="{}") for name in _INCIDENT_CODE_SETS),
    ]


reports = sa.Table(
    "reports",
    metadata,
    *_row_key(),
    *_incident_columns(),
    sa.Column(
        "person", sa.Text, index=True, comment="Keyed hash of the case token; null where there is none."
    ),
    schema="core",
)

links = sa.Table(
    "links",
    metadata,
    *_row_key(),
    sa.Column(
        "report", sa.Text, index=True, comment="Key of the report: a hash of collective and report id."
    ),
    sa.Column("first_month", sa.Text, comment="Earliest reporting month in which the report was told."),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("incident_id", sa.Text, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("link_rule", sa.Text, nullable=False),
    sa.Column("link_bits", sa.Double),
    sa.CheckConstraint(
        "verdict IN ('counted', 'duplicate', 'quarantined', 'withdrawn', 'superseded')", name="verdict"
    ),
    sa.Index(None, "first_month"),
    schema="core",
)

OWN_RULES = ("own_report", "same_incident", "review")
"""Link rules of the row that stands for its report: told alone, linked by bits, linked by a reviewer alone."""

pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("report_a", sa.Text, primary_key=True),
    sa.Column("report_b", sa.Text, primary_key=True, index=True),
    sa.Column("weights", sa.Text, nullable=False, comment="Version of the weights that scored the pair."),
    sa.Column("bits", sa.Double, nullable=False),
    sa.Column("levels", sa.Text, nullable=False, comment="Code of the levels of all comparisons."),
    sa.Column("scored", sa.Text, nullable=False, comment="Verdict by bits and vetoes alone."),
    sa.Column("scored_why", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False, comment="Verdict once clusters and reviewers have spoken."),
    sa.Column("why", sa.Text, nullable=False),
    sa.CheckConstraint("report_a < report_b", name="order"),
    sa.CheckConstraint("scored IN ('automatic', 'review', 'apart')", name="scored"),
    sa.CheckConstraint("verdict IN ('automatic', 'review', 'apart')", name="verdict"),
    schema="core",
    comment="Derived: scored anew with their months, except those of purged reports.",
)

alike = sa.Table(
    "alike",
    metadata,
    sa.Column("person_a", sa.Text, primary_key=True),
    sa.Column("person_b", sa.Text, primary_key=True, index=True),
    schema="core",
    comment="Keyed hashes of case tokens that differ by one typo.",
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("report", sa.Text, primary_key=True),
    sa.Column("edition_id", sa.Text, nullable=False),
    sa.Column("counted_as", sa.Text, nullable=False, comment="The incident, as it was when it was counted."),
    sa.Index(None, "edition_id", "counted_as"),
    schema="core",
    comment="What an edition has counted, apart from what is known since.",
)

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("incident_id", sa.Text, primary_key=True),
    sa.Column(
        "month", sa.Text, nullable=False, comment="Reporting month of the return that first told of it."
    ),
    *_incident_columns(),
    sa.Column("person", sa.Text, index=True),
    sa.Column("edition_id", sa.Text, index=True, comment="The edition that counts it."),
    sa.Column(
        "may_repeat",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="Whether it would be counted with an earlier incident if all doubtful pairs were one.",
    ),
    sa.Index(None, "month"),
    schema="core",
)

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("collective", sa.Text, primary_key=True),
    sa.Column("report_id", sa.Text, primary_key=True),
    schema="core",
    comment="Reports that stay withdrawn, whatever is sent again.",
)

cells = sa.Table(
    "cells",
    metadata,
    sa.Column("edition_id", sa.Text, primary_key=True),
    sa.Column("table", sa.Text, primary_key=True),
    sa.Column("geography", sa.Text, primary_key=True),
    sa.Column("measure", sa.Text, primary_key=True),
    sa.Column("code_1", sa.Text, primary_key=True, server_default=""),
    sa.Column("code_2", sa.Text, primary_key=True, server_default=""),
    sa.Column("count", sa.BigInteger, nullable=False, comment="Exact; never leaves this schema."),
    sa.Column("persons", sa.BigInteger, nullable=False, comment="Distinct persons, a lower bound."),
    schema="core",
)

landed = sa.Table(
    "landed",
    metadata,
    sa.Column("return_id", sa.Text, sa.ForeignKey(_RETURN), primary_key=True),
    sa.Column("source_name", sa.Text, nullable=False, comment="File name; orders returns of one month."),
    sa.Column("content", sa.LargeBinary, comment="Sealed bytes; null once erased."),
    schema="vault",
)

sealed_reports = sa.Table(
    "sealed_reports",
    metadata,
    *_row_key(),
    sa.Column("content", sa.LargeBinary, nullable=False, comment="Linking fields as sealed JSON."),
    schema="vault",
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("edition_id", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("manifest_sha256", sa.Text),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("state IN ('draft', 'approved', 'published')", name="state"),
    sa.UniqueConstraint("month", "number"),
    schema="release",
)

figures = sa.Table(
    "figures",
    metadata,
    sa.Column("edition_id", sa.Text, sa.ForeignKey("release.editions.edition_id"), primary_key=True),
    sa.Column("table", sa.Text, primary_key=True),
    sa.Column("geography", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("measure", sa.Text, primary_key=True),
    sa.Column("dimension_1", sa.Text, nullable=False, server_default=""),
    sa.Column("code_1", sa.Text, primary_key=True, server_default=""),
    sa.Column("dimension_2", sa.Text, nullable=False, server_default=""),
    sa.Column("code_2", sa.Text, primary_key=True, server_default=""),
    sa.Column("value", sa.BigInteger),
    sa.Column("lower", sa.BigInteger),
    sa.Column("upper", sa.BigInteger),
    sa.Column("status", sa.Text, nullable=False),
    sa.CheckConstraint("status IN ('shown', 'not_published')", name="status"),
    sa.CheckConstraint("(status = 'shown') = (value IS NOT NULL)", name="value_if_shown"),
    schema="release",
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("facts", pg.JSONB, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    schema="ledger",
    comment="Append-only and chained: each hash covers the one before.",
)
