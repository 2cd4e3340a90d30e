"""Tables of `core` about linkage: what became of every row, and the incidents that reports tell of."""

import sqlalchemy as sa

from pipeline.store.tables.base import incident_columns, metadata, row_key

links = sa.Table(
    "links",
    metadata,
    *row_key(),
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
    *incident_columns(),
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
