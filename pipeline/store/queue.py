"""The review queue and what is known of the reports in it: who sent them, when, and what became of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store import tables

_links, _rows, _returns, _pairs = tables.links, tables.rows, tables.returns, tables.pairs


@dataclass(frozen=True)
class ReportRecord:
    """One living report: who sent it, when it was first told, and the incident that it tells of.

    `edition_id` is the edition that counts the incident, None where none does yet.
    """

    report: str
    collective: str
    report_id: str
    month: str
    received_at: datetime
    verdict: str
    link_rule: str
    incident_id: str
    edition_id: str | None


@dataclass(frozen=True)
class PairRecord:
    """One scored pair; `verdict` and `why` are final, after clusters and reviewers."""

    report_a: str
    report_b: str
    weights: str
    bits: float
    levels: str
    verdict: str
    why: str

    @property
    def key(self) -> tuple[str, str]:
        return self.report_a, self.report_b


def load_doubtful(connection: sa.Connection, month: str | None = None) -> list[PairRecord]:
    """Return the pairs that wait for a reviewer, the weightiest first; of a month, if one report is of it."""
    query = _select_pairs().where(_pairs.c.verdict == "review")
    if month is not None:
        of_month = sa.select(_links.c.report).where(
            _links.c.first_month == month, _links.c.link_rule.in_(tables.OWN_RULES)
        )
        query = query.where(_pairs.c.report_a.in_(of_month) | _pairs.c.report_b.in_(of_month))
    return _read_pairs(connection, query.order_by(_pairs.c.bits.desc(), *_pairs.primary_key))


def find_pairs(connection: sa.Connection, name: str) -> list[PairRecord]:
    """Return the pairs whose short name (see `pipeline.link.review.name_pair`) begins with `name`."""
    subject = sa.func.convert_to(_pairs.c.report_a + "|" + _pairs.c.report_b, "UTF8")
    named = sa.func.encode(sa.func.sha256(subject), "hex")
    return _read_pairs(connection, _select_pairs().where(named.startswith(name, autoescape=True)))


def load_pairs(connection: sa.Connection, keys: Collection[tuple[str, str]]) -> list[PairRecord]:
    """Return pairs by the keys of their two reports, in the order of the keys; those that are gone are left out."""
    both = sa.tuple_(_pairs.c.report_a, _pairs.c.report_b)
    query = _select_pairs().where(both.in_(sorted(keys))).order_by(*_pairs.primary_key)
    return _read_pairs(connection, query)


def load_pairs_of(connection: sa.Connection, report: str) -> list[PairRecord]:
    """Return the pairs of one report, the weightiest first."""
    query = _select_pairs().where((_pairs.c.report_a == report) | (_pairs.c.report_b == report))
    return _read_pairs(connection, query.order_by(_pairs.c.bits.desc(), *_pairs.primary_key))


def load_records(connection: sa.Connection, reports: Collection[str]) -> dict[str, ReportRecord]:
    """Return living reports by their keys."""
    found = _read_records(connection, _links.c.report.in_(reports))
    return {record.report: record for record in found}


def find_records(connection: sa.Connection, name: str, collective: str | None) -> list[ReportRecord]:
    """Return the living reports of this report id or key, of any collective or of one."""
    named = (_rows.c.report_id == name) | (_links.c.report == name)
    sent_by = sa.true() if collective is None else _returns.c.collective == collective
    return _read_records(connection, named & sent_by)


def load_members(connection: sa.Connection, incident_id: str) -> list[ReportRecord]:
    """Return the reports of one incident, the first told first."""
    return _read_records(connection, _links.c.incident_id == incident_id)


def list_other_rules(connection: sa.Connection, report: str) -> dict[str, int]:
    """Return how often each link rule was applied to rows of a report beside the one that stands for it."""
    query = (
        sa.select(_links.c.link_rule, sa.func.count().label("number"))
        .where(_links.c.report == report, _links.c.link_rule.not_in(tables.OWN_RULES))
        .group_by(_links.c.link_rule)
        .order_by(_links.c.link_rule)
    )
    return {row.link_rule: row.number for row in connection.execute(query)}


def measure_queue(connection: sa.Connection, month: str | None = None) -> tuple[int, datetime | None]:
    """Return how many pairs wait for a reviewer, and when the second report of the oldest was received."""
    ends = [_links.alias(), _links.alias()]
    returns = [_returns.alias(), _returns.alias()]
    query = sa.select(
        sa.func.count(), sa.func.min(sa.func.greatest(*(each.c.received_at for each in returns)))
    ).select_from(_pairs)
    for end, sent, key in zip(ends, returns, (_pairs.c.report_a, _pairs.c.report_b), strict=True):
        own = (end.c.report == key) & end.c.link_rule.in_(tables.OWN_RULES)
        query = query.join(end, own).join(sent, sent.c.return_id == end.c.return_id)
    query = query.where(_pairs.c.verdict == "review")
    if month is not None:
        query = query.where(sa.or_(*(end.c.first_month == month for end in ends)))
    number, oldest = connection.execute(query).one()
    return number, oldest


def _select_pairs() -> sa.Select[tuple[Any, ...]]:
    return sa.select(*(_pairs.c[name] for name in PairRecord.__dataclass_fields__))


def _read_pairs(connection: sa.Connection, query: sa.Select[tuple[Any, ...]]) -> list[PairRecord]:
    return [PairRecord(**row._asdict()) for row in connection.execute(query)]


def _read_records(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[ReportRecord]:
    incidents = tables.incidents
    query = (
        sa.select(
            *(_links.c[name] for name in ("report", "verdict", "link_rule", "incident_id")),
            _links.c.first_month.label("month"),
            _rows.c.report_id,
            _returns.c.collective,
            _returns.c.received_at,
            incidents.c.edition_id,
        )
        .join_from(_links, _rows, (_rows.c.return_id == _links.c.return_id) & (_rows.c.row == _links.c.row))
        .join(_returns, _returns.c.return_id == _links.c.return_id)
        .outerjoin(incidents, incidents.c.incident_id == _links.c.incident_id)
        .where(_links.c.link_rule.in_(tables.OWN_RULES), which)
        .order_by(_links.c.first_month, _links.c.report)
    )
    return [ReportRecord(**row._asdict()) for row in connection.execute(query)]
