"""Persons behind incidents: which incidents share a person, so that disclosure counts nobody twice."""

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables
from pipeline.store.clusters import CONNECTED
from pipeline.store.counted import follow_names
from pipeline.store.database import add_rows, copy_in, copy_out, make_scratch
from pipeline.store.pairs import IS_OWN, ON_ROW

_links, _reports, _incidents, _alike = tables.links, tables.reports, tables.incidents, tables.alike

_kin = make_scratch(
    "kin", sa.Column("incident_id", sa.Text, primary_key=True), sa.Column("round", sa.Integer)
)
_named = make_scratch(
    "named", sa.Column("incident_id", sa.Text, primary_key=True), sa.Column("person", sa.Text)
)
_former = make_scratch("former_names", sa.Column("person", sa.Text, primary_key=True))
_TELLINGS = pl.Schema({"incident_id": pl.String, "person": pl.String})
_ALIKE = pl.Schema({"person_a": pl.String, "person_b": pl.String})


def note_former_persons(connection: sa.Connection) -> None:
    """Note the persons of the connected incidents, and which incidents share them, before these change."""
    shared = sa.select(_incidents.c.person).where(
        _incidents.c.incident_id.in_(sa.select(CONNECTED.c.report)), _incidents.c.person.is_not(None)
    )
    former = sa.select(_incidents.c.incident_id, sa.literal(0)).where(_incidents.c.person.in_(shared))
    _kin.create(connection)
    connection.execute(_kin.insert().from_select(["incident_id", "round"], former))
    _former.create(connection)
    connection.execute(_former.insert().from_select(["person"], shared.distinct()))


def load_tellings(connection: sa.Connection) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return who told of the connected incidents and of all that share a person with them.

    Gives incident_id and person, a row a report, and the persons that are alike (person_a, person_b).
    """
    _gather_kin(connection)
    told = (
        sa.select(_links.c.incident_id, _reports.c.person)
        .join_from(_links, _reports, ON_ROW)
        .join(_kin, _kin.c.incident_id == _links.c.incident_id)
        .where(IS_OWN)
    )
    persons = sa.select(told.subquery().c.person)
    alike = sa.select(_alike).where(_alike.c.person_a.in_(persons) | _alike.c.person_b.in_(persons))
    return copy_out(connection, told, _TELLINGS), copy_out(connection, alike, _ALIKE)


def _gather_kin(connection: sa.Connection) -> None:
    mine = (
        sa.select(_links.c.incident_id, sa.literal(0))
        .join(CONNECTED, CONNECTED.c.report == _links.c.report)
        .where(IS_OWN)
        .distinct()
    )
    columns = ["incident_id", "round"]
    connection.execute(insert(_kin).from_select(columns, mine).on_conflict_do_nothing())
    number = 0
    while True:
        connection.execute(sa.text("ANALYZE kin"))
        number += 1
        found = _share_a_person(number - 1).subquery()
        put = insert(_kin).from_select(columns, sa.select(found.c.incident_id, sa.literal(number)))
        if add_rows(connection, put.on_conflict_do_nothing()) == 0:
            break


def _share_a_person(round_: int) -> sa.Select[tuple[str | None]]:
    persons = (
        sa.select(_reports.c.person)
        .join_from(_links, _reports, ON_ROW)
        .join(_kin, _kin.c.incident_id == _links.c.incident_id)
        .where(IS_OWN, _kin.c.round == round_, _reports.c.person.is_not(None))
        .cte("persons")
    )
    also = [
        sa.select(_alike.c[other]).join(persons, _alike.c[one] == persons.c.person)
        for one, other in (("person_a", "person_b"), ("person_b", "person_a"))
    ]
    one = sa.union(sa.select(persons.c.person), *also).subquery()
    return (
        sa.select(_links.c.incident_id)
        .join_from(_links, _reports, ON_ROW)
        .join(one, one.c.person == _reports.c.person)
        .where(IS_OWN)
        .distinct()
    )


def put_persons(connection: sa.Connection, named: pl.DataFrame) -> None:
    """Write the persons of incidents (incident_id, person) where they changed; what editions counted follows."""
    _named.create(connection)
    copy_in(connection, _named, named.select("incident_id", "person"))
    connection.execute(sa.text("ANALYZE named"))
    changed = (_incidents.c.incident_id == _named.c.incident_id) & _incidents.c.person.is_distinct_from(
        _named.c.person
    )
    before = sa.select(_incidents.c.person).join(_named, changed).where(_incidents.c.person.is_not(None))
    note = insert(_former).from_select(["person"], before.distinct()).on_conflict_do_nothing()
    connection.execute(note)
    connection.execute(_incidents.update().where(changed).values(person=_named.c.person))
    is_known = sa.exists().where(_incidents.c.person == _former.c.person)
    follow_names(connection, sa.select(_former.c.person).where(~is_known))
    for table in (_named, _kin, _former):
        table.drop(connection)
