"""Tables of editions: what one counts and its exact cells (`core`), what it shows and who agreed (`release`)."""

import sqlalchemy as sa

from pipeline.store.tables.base import CODES, incident_columns, metadata

cells = sa.Table(
    "cells",
    metadata,
    sa.Column("edition_id", sa.Text, primary_key=True),
    sa.Column("table", sa.Text, primary_key=True),
    sa.Column("geography", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("measure", sa.Text, primary_key=True),
    sa.Column("code_1", sa.Text, primary_key=True, server_default=""),
    sa.Column("code_2", sa.Text, primary_key=True, server_default=""),
    sa.Column("count", sa.BigInteger, nullable=False, comment="Exact; never leaves this schema."),
    sa.Column("persons", sa.BigInteger, nullable=False, comment="Distinct persons, a lower bound."),
    schema="core",
)

counted = sa.Table(
    "counted",
    metadata,
    sa.Column("edition_id", sa.Text, primary_key=True),
    sa.Column(
        "incident",
        sa.Text,
        primary_key=True,
        comment="Its name in all editions of the month: that under which the first one counted it.",
    ),
    sa.Column("person", sa.Text),
    sa.Column("collectives", CODES, nullable=False, comment="Whose reports told of it, sorted."),
    sa.Column("reports", CODES, nullable=False, comment="Keys of these reports, to find what is withdrawn."),
    *incident_columns(),
    sa.Column("may_repeat", sa.Boolean, nullable=False),
    schema="core",
    comment="Incidents as an edition counted them; only withdrawals change what is published.",
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("edition_id", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column(
        "reason", sa.Text, comment="Code of why it corrects the one before; null where it is the first."
    ),
    sa.Column(
        "basis",
        CODES,
        nullable=False,
        server_default="{}",
        comment="Editions whose incidents its figures of a quarter and a year count.",
    ),
    sa.Column("figures_sha256", sa.Text, comment="The figures that passed the audit; no others are sealed."),
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
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("measure", sa.Text, primary_key=True),
    sa.Column("dimension_1", sa.Text, nullable=False, server_default=""),
    sa.Column("code_1", sa.Text, primary_key=True, server_default=""),
    sa.Column("dimension_2", sa.Text, nullable=False, server_default=""),
    sa.Column("code_2", sa.Text, primary_key=True, server_default=""),
    sa.Column("value", sa.BigInteger),
    sa.Column("lower", sa.BigInteger),
    sa.Column("upper", sa.BigInteger),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column(
        "as_of",
        sa.Integer,
        nullable=False,
        server_default="1",
        comment="Number of the edition that set the figure; corrections carry figures forward.",
    ),
    sa.CheckConstraint("status IN ('shown', 'not_published')", name="status"),
    sa.CheckConstraint("(status = 'shown') = (value IS NOT NULL)", name="value_if_shown"),
    schema="release",
)

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("month", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("collective", sa.Text, primary_key=True),
    sa.Column("letter_sha256", sa.Text, primary_key=True),
    sa.Column("given_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("given_by", sa.Text, nullable=False, comment="Who of the data team recorded it."),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True), comment="Null while it stands."),
    sa.Column("withdrawn_by", sa.Text),
    sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    schema="release",
    comment="Signed letters of collectives: an edition may show figures that come mostly from them.",
)
