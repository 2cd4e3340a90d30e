"""Clusters: reports that hang together, and the incidents that linkage by content makes of them."""

from collections.abc import Collection

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables
from pipeline.store.database import add_rows, copy_in, copy_out, make_scratch
from pipeline.store.pairs import IS_OWN, ON_ROW

_links, _reports, _incidents, _pairs = tables.links, tables.reports, tables.incidents, tables.pairs

CONNECTED = make_scratch(
    "connected", sa.Column("report", sa.Text, primary_key=True), sa.Column("round", sa.Integer)
)
"""Reports whose incidents are decided anew: all that hang together, by what is known now or was known before."""

_decided = make_scratch("decided", sa.Column("report_a", sa.Text), sa.Column("report_b", sa.Text))
_clustered = make_scratch(
    "clustered",
    sa.Column("report", sa.Text, primary_key=True),
    sa.Column("incident_id", sa.Text),
    sa.Column("link_bits", sa.Double),
    sa.Column("may_repeat", sa.Boolean),
)
_judged = make_scratch(
    "judged", *(sa.Column(name, sa.Text) for name in ("report_a", "report_b", "verdict", "why"))
)

MEMBERS_SCHEMA = pl.Schema({"report": pl.String, "month": pl.String})
_SCORED_SCHEMA = pl.Schema(
    {
        "report_a": pl.String,
        "report_b": pl.String,
        "bits": pl.Float64,
        "levels": pl.String,
        "verdict": pl.String,
        "why": pl.String,
    }
)


def gather_connected(
    connection: sa.Connection, seeds: sa.CompoundSelect[tuple[str]] | Collection[str], decisions: pl.DataFrame
) -> None:
    """Gather `seeds` and all reports that hang together with them into CONNECTED.

    Reports hang together by pairs, by decisions (report_a, report_b), and by the incident they stand in so far.
    """
    CONNECTED.create(connection)
    _decided.create(connection)
    copy_in(connection, _decided, decisions.select("report_a", "report_b"))
    if isinstance(seeds, sa.CompoundSelect):
        first = sa.select(seeds.subquery().c[0], sa.literal(0)).distinct()
        connection.execute(CONNECTED.insert().from_select(["report", "round"], first))
    else:
        connection.execute(CONNECTED.insert(), [{"report": report, "round": 0} for report in seeds])
    number = 0
    while True:
        connection.execute(sa.text("ANALYZE connected"))
        number += 1
        found = sa.select(_neighbours(number - 1).subquery().c[0], sa.literal(number))
        put = insert(CONNECTED).from_select(["report", "round"], found).on_conflict_do_nothing()
        if add_rows(connection, put) == 0:
            break
    _decided.drop(connection)


def _neighbours(round_: int) -> sa.CompoundSelect[tuple[str]]:
    newest = sa.select(CONNECTED.c.report).where(CONNECTED.c.round == round_).subquery()
    tied = [
        sa.select(table.c[other]).join_from(table, newest, table.c[one] == newest.c.report)
        for table in (_pairs, _decided)
        for one, other in (("report_a", "report_b"), ("report_b", "report_a"))
    ]
    mine, theirs = _links.alias(), _links.alias()
    # An incident that was named after a report which is withdrawn since still holds its members together.
    named = sa.select(_links.c.report).join(newest, _links.c.incident_id == newest.c.report)
    fellows = (
        sa.select(theirs.c.report)
        .join_from(mine, newest, mine.c.report == newest.c.report)
        .join(theirs, theirs.c.incident_id == mine.c.incident_id)
    )
    return sa.union(*tied, named, fellows)


def load_connected(connection: sa.Connection) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the connected reports that live (MEMBERS_SCHEMA), and the pairs between them as they were scored."""
    members = (
        sa.select(_links.c.report, _links.c.first_month.label("month"))
        .join(CONNECTED, CONNECTED.c.report == _links.c.report)
        .where(IS_OWN)
    )
    scored = sa.select(
        *(_pairs.c[name] for name in ("report_a", "report_b", "bits", "levels")),
        _pairs.c.scored.label("verdict"),
        _pairs.c.scored_why.label("why"),
    ).join(CONNECTED, CONNECTED.c.report == _pairs.c.report_a)
    return copy_out(connection, members, MEMBERS_SCHEMA), copy_out(connection, scored, _SCORED_SCHEMA)


def put_clusters(connection: sa.Connection, clusters: pl.DataFrame, pairs: pl.DataFrame) -> set[str]:
    """Write what clusters (report, incident_id, link_bits, may_repeat) and final verdicts on pairs change.

    Returns the ids of the returns of which a row changed.
    """
    _clustered.create(connection)
    copy_in(connection, _clustered, clusters)
    connection.execute(sa.text("ANALYZE clustered"))
    touched = {*_put_own_rows(connection), *_put_repeated_rows(connection)}
    _judged.create(connection)
    copy_in(connection, _judged, pairs.select("report_a", "report_b", "verdict", "why"))
    connection.execute(
        _pairs.update()
        .where(
            _pairs.c.report_a == _judged.c.report_a,
            _pairs.c.report_b == _judged.c.report_b,
            (_pairs.c.verdict != _judged.c.verdict) | (_pairs.c.why != _judged.c.why),
        )
        .values(verdict=_judged.c.verdict, why=_judged.c.why)
    )
    _judged.drop(connection)
    return touched


def _put_own_rows(connection: sa.Connection) -> set[str]:
    """The report that first told of an incident is counted, the others are its duplicates."""
    first = _clustered.c.report == _clustered.c.incident_id
    by_bits = _clustered.c.link_bits.is_not(None)
    changes: dict[str, sa.ColumnElement[object]] = {
        "verdict": sa.case((first, "counted"), else_="duplicate"),
        "reason": sa.case((first, ""), else_="same_incident"),
        "link_rule": sa.case((first, "own_report"), (by_bits, "same_incident"), else_="review"),
        "incident_id": _clustered.c.incident_id,
        "link_bits": sa.case((first, sa.null()), else_=_clustered.c.link_bits),
    }
    return _update_rows(
        connection,
        _links.update()
        .where(
            _links.c.report == _clustered.c.report,
            IS_OWN,
            sa.or_(*(_links.c[name].is_distinct_from(value) for name, value in changes.items())),
        )
        .values(changes),
    )


def _put_repeated_rows(connection: sa.Connection) -> set[str]:
    """A row that was sent twice tells of the incident of its report, whichever that is."""
    return _update_rows(
        connection,
        _links.update()
        .where(
            _links.c.report == _clustered.c.report,
            _links.c.verdict == "duplicate",
            ~IS_OWN,
            _links.c.incident_id.is_distinct_from(_clustered.c.incident_id),
        )
        .values(incident_id=_clustered.c.incident_id),
    )


def _update_rows(connection: sa.Connection, update: sa.Update) -> set[str]:
    changed = update.returning(_links.c.return_id).cte("changed")
    return set(connection.scalars(sa.select(changed.c.return_id).distinct()))


def put_incidents(connection: sa.Connection) -> None:
    """Bring the incidents of the clustered reports into line: one a cluster, in the words of its first report."""
    codes = [column.name for column in _reports.c if column.name in _incidents.c and column.name != "person"]
    told = (
        sa.select(
            _clustered.c.incident_id,
            _links.c.first_month.label("month"),
            _clustered.c.may_repeat,
            *(_reports.c[name] for name in codes),
        )
        .join_from(_clustered, _links, (_links.c.report == _clustered.c.report) & IS_OWN)
        .join(_reports, ON_ROW)
        .where(_clustered.c.report == _clustered.c.incident_id)
    )
    names = ["month", "may_repeat", *codes]
    put = insert(_incidents).from_select(["incident_id", *names], told)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=["incident_id"],
            set_={name: put.excluded[name] for name in names},
            where=sa.or_(*(_incidents.c[name].is_distinct_from(put.excluded[name]) for name in names)),
        )
    )
    still_told = sa.exists().where(_clustered.c.incident_id == _incidents.c.incident_id)
    connection.execute(
        _incidents.delete().where(_incidents.c.incident_id.in_(sa.select(CONNECTED.c.report)), ~still_told)
    )


def list_connected() -> sa.Select[tuple[str]]:
    """Return the query for the connected reports, also those that are withdrawn."""
    return sa.select(CONNECTED.c.report)


def forget_connected(connection: sa.Connection) -> None:
    """Drop the tables of one round of clustering."""
    for table in (_clustered, CONNECTED):
        table.drop(connection, checkfirst=True)
