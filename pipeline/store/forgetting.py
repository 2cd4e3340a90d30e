"""Forgetting: incidents that editions counted lose what withdrawn reports told, also in published editions."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from pipeline.store import tables
from pipeline.store.counted import COLUMNS, CONTENT, select_told
from pipeline.store.database import make_scratch
from pipeline.store.linkage import ERASED, list_dead
from pipeline.store.pairs import IS_OWN

_counted, _claims, _links, _incidents = tables.counted, tables.claims, tables.links, tables.incidents
_reports, _editions = tables.reports, tables.editions

_struck = make_scratch(
    "struck",
    sa.Column("edition_id", sa.Text, primary_key=True),
    sa.Column("incident", sa.Text, primary_key=True),
    sa.Column("person", sa.Text),
    sa.Column("reports", sa.ARRAY(sa.Text)),
    sa.Column("claimed_by", sa.Text),
)
_renamed = make_scratch(
    "renamed", *(sa.Column(name, sa.Text) for name in ("edition_id", "incident", "claimed_by"))
)


def forget_withdrawn(connection: sa.Connection) -> None:
    """Rid the incidents of all editions of what reports just withdrawn told; call it once incidents are clustered.

    An incident of which no report is left that carries its claim is forgotten; another is told in the words that
    it has now, by those who tell of it now. Exact cells and figures stay as they are, but no draft that counted what
    is withdrawn can be approved any more.
    """
    dead = list_dead()
    if not connection.execute(sa.select(dead.exists())).scalar_one():
        return
    connection.execute(
        _editions.update()
        .where(_editions.c.state == "draft")
        .values(figures_sha256=None, manifest_sha256=None)
    )
    _struck.create(connection)
    connection.execute(_struck.insert().from_select(_struck.columns.keys(), _select_struck(dead)))
    connection.execute(sa.text("ANALYZE struck"))
    of_struck = (_counted.c.edition_id == _struck.c.edition_id) & (_counted.c.incident == _struck.c.incident)
    connection.execute(_counted.delete().where(of_struck))
    # Two incidents that have become one are put back once.
    put = insert(_counted).from_select(COLUMNS, _select_left()).on_conflict_do_nothing()
    connection.execute(put)
    _rename_persons(connection)
    for table in (_struck, _renamed):
        table.drop(connection)


def _select_struck(dead: sa.Select[tuple[str | None]]) -> sa.Select[tuple[Any, ...]]:
    key = (_counted.c.edition_id, _counted.c.incident)
    told = sa.select(*key, sa.func.unnest(_counted.c.reports).label("report")).subquery()
    struck = (
        sa.select(told.c.edition_id, told.c.incident).where(told.c.report.in_(dead)).distinct().subquery()
    )
    is_struck = (key[0] == struck.c.edition_id) & (key[1] == struck.c.incident)
    return _claimed(*key, _counted.c.person, _counted.c.reports).join(struck, is_struck)


def _claimed(*columns: sa.Column[Any]) -> sa.Select[tuple[Any, ...]]:
    """Return columns of incidents counted, and the edition under whose id reports carry their claims."""
    mine, first = _editions.alias(), _editions.alias()
    return (
        sa.select(*columns, first.c.edition_id.label("claimed_by"))
        .join_from(_counted, mine, mine.c.edition_id == _counted.c.edition_id)
        .join(first, (first.c.month == mine.c.month) & (first.c.number == 1))
    )


def _select_left() -> sa.Select[tuple[Any, ...]]:
    """Return what is left of the struck incidents, as rows to put back."""
    names = _select_names().cte("names")
    left = (
        sa.select(
            names.c.edition_id,
            names.c.name,
            _holder(names.c.claimed_by, names.c.name).label("incident_id"),
        )
        .distinct()
        .cte("left_over")
    )
    told = select_told(sa.select(left.c.incident_id)).subquery()
    return (
        sa.select(
            left.c.edition_id,
            left.c.name,
            told.c.collectives,
            told.c.reports,
            *(_incidents.c[name] for name in CONTENT),
        )
        .join_from(left, _incidents, _incidents.c.incident_id == left.c.incident_id)
        .join(told, told.c.incident_id == left.c.incident_id)
    )


def _select_names() -> sa.Select[tuple[Any, ...]]:
    """Return edition_id, claimed_by and name: that of the struck incident, if a living report carries it.

    Where several incidents had become one before it was counted, the name of another of them may live on.
    """
    key = (_struck.c.edition_id, _struck.c.incident)
    told = sa.select(*key, sa.func.unnest(_struck.c.reports).label("report")).subquery()
    is_living = (_links.c.report == _claims.c.report) & IS_OWN
    claim = (_claims.c.edition_id == _struck.c.claimed_by) & (_claims.c.counted_as == _struck.c.incident)
    columns = (*key, _struck.c.claimed_by, _claims.c.counted_as)
    by_name = sa.select(*columns).join_from(_struck, _claims, claim).join(_links, is_living)
    by_report = (
        sa.select(*columns)
        .join_from(_struck, told, (told.c.edition_id == key[0]) & (told.c.incident == key[1]))
        .join(_claims, (_claims.c.report == told.c.report) & (_claims.c.edition_id == _struck.c.claimed_by))
        .join(_links, is_living)
    )
    found = sa.union(by_name, by_report).subquery()
    return (
        sa.select(found.c.edition_id, found.c.claimed_by, found.c.counted_as.label("name"))
        .ext(distinct_on(found.c.edition_id, found.c.incident))
        .order_by(
            found.c.edition_id, found.c.incident, found.c.counted_as != found.c.incident, found.c.counted_as
        )
    )


def _holder(
    claimed_by: sa.ColumnElement[str | None], name: sa.ColumnElement[str]
) -> sa.ScalarSelect[str | None]:
    """Return the incident that holds a claim: that of its first bearer that lives."""
    return (
        sa.select(_links.c.incident_id)
        .join_from(_claims, _links, (_links.c.report == _claims.c.report) & IS_OWN)
        .where(_claims.c.edition_id == claimed_by, _claims.c.counted_as == name)
        .order_by(_links.c.first_month, _links.c.report)
        .limit(1)
        .scalar_subquery()
    )


def _rename_persons(connection: sa.Connection) -> None:
    """Name persons anew who went by a hash that only erased reports had, or shared a name with a struck incident."""
    claimed = _claimed(_counted.c.edition_id, _counted.c.incident)
    shared = claimed.join(
        _struck, (_struck.c.edition_id == _counted.c.edition_id) & (_struck.c.person == _counted.c.person)
    )
    is_told = sa.exists().where(_reports.c.person == ERASED.c.person)
    erased = claimed.join(ERASED, ERASED.c.person == _counted.c.person).where(~is_told)
    _renamed.create(connection)
    found = sa.union(shared, erased)
    connection.execute(_renamed.insert().from_select(_renamed.columns.keys(), found))
    connection.execute(sa.text("ANALYZE renamed"))
    holder = _holder(_renamed.c.claimed_by, _renamed.c.incident)
    connection.execute(
        _counted.update()
        .where(_counted.c.edition_id == _renamed.c.edition_id, _counted.c.incident == _renamed.c.incident)
        .values(
            person=sa.select(_incidents.c.person).where(_incidents.c.incident_id == holder).scalar_subquery()
        )
    )
