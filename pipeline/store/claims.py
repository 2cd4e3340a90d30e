"""Claims: what an edition has counted, kept apart from what is known since, so that nothing is counted twice.

A report carries the claim of the edition that counted its incident, under the incident's name of that day. The
claim is held by the incident of its first bearer (by month, then key) that is not withdrawn. An incident belongs
to the earliest edition whose claim it holds, and to the open month if it holds none.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from pipeline.store import tables
from pipeline.store.linkage import NEWS

_claims, _links, _incidents, _editions = tables.claims, tables.links, tables.incidents, tables.editions
_IS_OWN = _links.c.link_rule.in_(tables.OWN_RULES)


def hand_over_claims(connection: sa.Connection) -> None:
    """Let claims that only reports just withdrawn carry pass to the other reports of their incident.

    Call it before clusters change.
    """
    gone = _select_dead().subquery()
    bearer, own = _claims.alias(), _links.alias()
    is_borne = sa.exists().where(
        bearer.c.edition_id == _claims.c.edition_id,
        bearer.c.counted_as == _claims.c.counted_as,
        own.c.report == bearer.c.report,
        own.c.link_rule.in_(tables.OWN_RULES),
    )
    # A report that was corrected in the same breath has left its incident already.
    incidents = sa.select(gone.c.old_incident)
    were_members = sa.select(NEWS.c.report, NEWS.c.old_incident.label("incident_id")).where(
        NEWS.c.old_rule.in_(tables.OWN_RULES), NEWS.c.old_incident.in_(incidents)
    )
    are_members = sa.select(_links.c.report, _links.c.incident_id).where(
        _IS_OWN, _links.c.incident_id.in_(incidents)
    )
    members = sa.union(are_members, were_members).subquery()
    heirs = (
        sa.select(members.c.report, _claims.c.edition_id, _claims.c.counted_as)
        .join_from(gone, _claims, _claims.c.report == gone.c.report)
        .join(members, members.c.incident_id == gone.c.old_incident)
        .where(~is_borne, members.c.report.not_in(sa.select(gone.c.report)))
        .ext(distinct_on(members.c.report))
        .order_by(members.c.report, _claims.c.edition_id)
    )
    columns = ["report", "edition_id", "counted_as"]
    connection.execute(insert(_claims).from_select(columns, heirs).on_conflict_do_nothing())


def forget_claims_of_the_dead(connection: sa.Connection) -> None:
    """Remove the claims of reports just withdrawn; call it once incidents have gone to their editions.

    Which published edition goes on counting such a report stays noted, lest it be told and counted again.
    """
    dead = _select_dead().subquery()
    _note_counting_editions(connection)
    connection.execute(_claims.delete().where(_claims.c.report.in_(sa.select(dead.c.report))))


def _note_counting_editions(connection: sa.Connection) -> None:
    withdrawals = tables.withdrawals
    counting = (
        sa.select(NEWS.c.collective, NEWS.c.report_id, _claims.c.edition_id)
        .join(_claims, _claims.c.report == NEWS.c.report)
        .join(_editions, _editions.c.edition_id == _claims.c.edition_id)
        .where(
            NEWS.c.old_rule.in_(tables.OWN_RULES),
            NEWS.c.verdict == "withdrawn",
            _editions.c.state == "published",
        )
        .subquery()
    )
    connection.execute(
        withdrawals.update()
        .where(
            withdrawals.c.collective == counting.c.collective,
            withdrawals.c.report_id == counting.c.report_id,
        )
        .values(counted_by=counting.c.edition_id)
    )


def _select_dead() -> sa.Select[tuple[str | None, str | None]]:
    return sa.select(NEWS.c.report, NEWS.c.old_incident).where(
        NEWS.c.old_rule.in_(tables.OWN_RULES), NEWS.c.verdict == "withdrawn"
    )


def assign_editions(connection: sa.Connection, reports: sa.Select[tuple[str]]) -> None:
    """Give the incidents of `reports`, and of those that share a claim with them, to the editions they belong to."""
    units = (
        sa.select(_claims.c.edition_id, _claims.c.counted_as)
        .where(_claims.c.report.in_(reports))
        .distinct()
        .subquery()
    )
    fellows = sa.select(_claims.c.report).join(
        units, (_claims.c.edition_id == units.c.edition_id) & (_claims.c.counted_as == units.c.counted_as)
    )
    names = (
        sa.select(_links.c.incident_id)
        .where(_IS_OWN, _links.c.report.in_(sa.union(reports, fellows)))
        .distinct()
        .cte("names")
    )
    members = (
        sa.select(_links.c.report).join(names, names.c.incident_id == _links.c.incident_id).where(_IS_OWN)
    )
    held = _select_held(members)
    chosen = (
        sa.select(names.c.incident_id, held.c.edition_id)
        .outerjoin(held, held.c.incident_id == names.c.incident_id)
        .cte("chosen")
    )
    connection.execute(
        _incidents.update()
        .where(
            _incidents.c.incident_id == chosen.c.incident_id,
            _incidents.c.edition_id.is_distinct_from(chosen.c.edition_id),
        )
        .values(edition_id=chosen.c.edition_id)
    )


def _select_held(members: sa.Select[tuple[str]]) -> sa.CTE:
    """Return incident_id and edition_id: the earliest edition of the claims that incidents of `members` hold."""
    units = (
        sa.select(_claims.c.edition_id, _claims.c.counted_as)
        .where(_claims.c.report.in_(members))
        .distinct()
        .cte("units")
    )
    unit = (_claims.c.edition_id, _claims.c.counted_as)
    bearers = (
        sa.select(_claims.c.edition_id, _links.c.incident_id)
        .join_from(
            units,
            _claims,
            (_claims.c.edition_id == units.c.edition_id) & (_claims.c.counted_as == units.c.counted_as),
        )
        .join(_links, (_links.c.report == _claims.c.report) & _IS_OWN)
        .ext(distinct_on(*unit))
        .order_by(*unit, _links.c.first_month, _links.c.report)
        .cte("bearers")
    )
    return (
        sa.select(bearers.c.incident_id, bearers.c.edition_id)
        .join(_editions, _editions.c.edition_id == bearers.c.edition_id)
        .ext(distinct_on(bearers.c.incident_id))
        .order_by(bearers.c.incident_id, _editions.c.month, _editions.c.number)
        .cte("held")
    )


def drop_claims(connection: sa.Connection, edition_id: str) -> None:
    """Take back all claims of a draft: its incidents go to whom they belong without it."""
    connection.execute(_claims.delete().where(_claims.c.edition_id == edition_id))
    members = (
        sa.select(_links.c.report)
        .join(_incidents, _incidents.c.incident_id == _links.c.incident_id)
        .where(_incidents.c.edition_id == edition_id, _IS_OWN)
    )
    assign_editions(connection, members)


def claim_incidents(connection: sa.Connection, edition_id: str, own: sa.ColumnElement[bool]) -> None:
    """Let an edition count the incidents that no other counts and that fulfil `own`."""
    connection.execute(
        _incidents.update().where(_incidents.c.edition_id.is_(None), own).values(edition_id=edition_id)
    )
    members = (
        sa.select(
            _links.c.report,
            sa.literal(edition_id).label("edition_id"),
            _links.c.incident_id.label("counted_as"),
        )
        .join(_incidents, _incidents.c.incident_id == _links.c.incident_id)
        .where(_incidents.c.edition_id == edition_id, _IS_OWN)
    )
    _put_claims(connection, members, takes_over=False)
    # Where all reports of an incident carry claims that others hold, it was split off: its own claim replaces them.
    unclaimed = ~sa.exists().where(
        _claims.c.edition_id == edition_id, _claims.c.counted_as == _links.c.incident_id
    )
    _put_claims(connection, members.where(unclaimed), takes_over=True)


def _put_claims(connection: sa.Connection, members: sa.Select[Any], *, takes_over: bool) -> None:
    put = insert(_claims).from_select(["report", "edition_id", "counted_as"], members)
    if takes_over:
        changes = {name: put.excluded[name] for name in ("edition_id", "counted_as")}
        put = put.on_conflict_do_update(index_elements=["report"], set_=changes)
    else:
        put = put.on_conflict_do_nothing(index_elements=["report"])
    connection.execute(put)
