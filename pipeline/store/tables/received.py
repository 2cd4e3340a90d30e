"""Tables of `core` and `vault` about what was received: returns, their rows, and what the rows say."""

import sqlalchemy as sa

from pipeline.store.tables.base import CODES, RETURN, incident_columns, metadata, row_key

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
    sa.Column("dropped_columns", CODES),
    sa.Column("is_made_up", sa.Boolean, comment="Whether the return itself says that it is made up."),
    sa.Column("edition_id", sa.Text, comment="The edition that accounts for this return."),
    sa.Column(
        "concerns", CODES, nullable=False, server_default="{}", comment="Rules on the return as a whole."
    ),
    sa.CheckConstraint("state IN ('landed', 'held', 'stored', 'rejected')", name="state"),
    sa.Index(None, "month"),
    schema="core",
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column(
        "delivery_id", sa.Text, primary_key=True, comment="Keyed hash of where the file lay and its bytes."
    ),
    sa.Column("return_id", sa.Text, sa.ForeignKey(RETURN), nullable=False, index=True),
    sa.Column("look", sa.Text, nullable=False, comment="Keyed hash of place, size and time of the file."),
    sa.UniqueConstraint("look"),
    schema="core",
)

rows = sa.Table(
    "rows",
    metadata,
    *row_key(),
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
    sa.Column("return_id", sa.Text, nullable=False, index=True),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    schema="core",
)

reports = sa.Table(
    "reports",
    metadata,
    *row_key(),
    *incident_columns(),
    sa.Column(
        "person", sa.Text, index=True, comment="Keyed hash of the case token; null where there is none."
    ),
    schema="core",
)

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("collective", sa.Text, primary_key=True),
    sa.Column("report_id", sa.Text, primary_key=True),
    sa.Column("counted_by", sa.Text, comment="Published edition whose figures go on counting it."),
    schema="core",
    comment="Reports that stay withdrawn, whatever is sent again.",
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("collective", sa.Text, nullable=False),
    sa.Column("watermark", sa.Text, comment="Where the next look begins; null before the first."),
    sa.Column("deliveries", sa.Integer, nullable=False, comment="Returns made of it so far."),
    sa.Column("read_at", sa.DateTime(timezone=True), comment="When all that was new was last taken."),
    sa.Column("compared_at", sa.DateTime(timezone=True), comment="When all ids were last compared."),
    schema="core",
    comment="Forms on servers that returns are made of.",
)

submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("source", sa.Text, sa.ForeignKey("core.sources.name"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="What the server calls it, through all edits."),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("report_id", sa.Text, nullable=False),
    sa.Column("month", sa.Text, nullable=False, comment="Reporting month in which it was told first."),
    sa.Column("generation", sa.Integer, nullable=False, comment="One more each time it was restored."),
    sa.Column(
        "is_owner", sa.Boolean, nullable=False, comment="Whether no other told of its report id before."
    ),
    sa.Column("is_told", sa.Boolean, nullable=False, comment="False once it was withdrawn."),
    sa.Index(None, "source", "report_id"),
    schema="core",
)

landed = sa.Table(
    "landed",
    metadata,
    sa.Column("return_id", sa.Text, sa.ForeignKey(RETURN), primary_key=True),
    sa.Column("source_name", sa.Text, nullable=False, comment="File name; orders returns of one month."),
    sa.Column("content", sa.LargeBinary, comment="Sealed bytes; null once erased."),
    schema="vault",
)

sealed_reports = sa.Table(
    "sealed_reports",
    metadata,
    *row_key(),
    sa.Column("content", sa.LargeBinary, nullable=False, comment="Linking fields as sealed JSON."),
    schema="vault",
)

sealed_rows = sa.Table(
    "sealed_rows",
    metadata,
    *row_key(),
    sa.Column("content", sa.LargeBinary, nullable=False, comment="Cells of a row to mend as sealed JSON."),
    schema="vault",
    comment="Rows that were not accepted, for their collective to mend.",
)

spent = sa.Table(
    "spent",
    metadata,
    *row_key(),
    schema="vault",
    comment="What has left the vault and whose keys are still to be erased; row -1 is a whole return.",
)

key_marks = sa.Table(
    "key_marks",
    metadata,
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, nullable=False, comment="Keyed hash of the purpose, to know the key by."),
    schema="vault",
    comment="Which keys this database was filled with.",
)
