"""Pairs of reports: what linkage by content reads of reports, and the scored pairs that it leaves."""

from collections.abc import Collection, Iterator
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables
from pipeline.store.database import copy_in, copy_out, make_scratch

_links, _reports, _sealed = tables.links, tables.reports, tables.sealed_reports
_pairs, _alike = tables.pairs, tables.alike
IS_OWN = _links.c.link_rule.in_(tables.OWN_RULES)
ON_ROW = (_reports.c.return_id == _links.c.return_id) & (_reports.c.row == _links.c.row)

_MOST_ROWS = 50_000
_DIGITS = "0123456789abcdef"

_scored = make_scratch(
    "scored",
    *(sa.Column(name, sa.Text) for name in ("report_a", "report_b", "weights", "levels")),
    sa.Column("bits", sa.Double),
    *(sa.Column(name, sa.Text) for name in ("scored", "scored_why", "verdict", "why")),
)
_tokens = make_scratch("tokens", sa.Column("report_a", sa.Text), sa.Column("report_b", sa.Text))


def load_contents(
    connection: sa.Connection, months: Collection[str], schema: pl.Schema
) -> Iterator[pl.DataFrame]:
    """Yield what is known of the living reports of `months`, part by part: `schema` with sealed content.

    Fields with several codes are joined by `;`. Reports whose content is purged are left out.
    """
    query = _select_contents(schema).where(_links.c.first_month.in_(months), _sealed.c.content.is_not(None))
    number = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    # A key is a hash, so its first digits cut the reports into parts of about one size.
    prefixes = [""] if number <= _MOST_ROWS else list(_DIGITS)
    if number > _MOST_ROWS * len(_DIGITS):
        prefixes = [first + second for first in _DIGITS for second in _DIGITS]
    for prefix in prefixes:
        yield copy_out(connection, query.where(_links.c.report.startswith(prefix)), schema)


def load_contents_of(connection: sa.Connection, reports: Collection[str], schema: pl.Schema) -> pl.DataFrame:
    """Return what is known of living reports by their keys, with null for content that is purged."""
    return copy_out(connection, _select_contents(schema).where(_links.c.report.in_(reports)), schema)


def _select_contents(schema: pl.Schema) -> sa.Select[tuple[Any, ...]]:
    return (
        sa.select(*(_content_column(name) for name in schema))
        .select_from(_links)
        .join(_reports, ON_ROW)
        .join(tables.returns, tables.returns.c.return_id == _links.c.return_id)
        .outerjoin(_sealed, (_sealed.c.return_id == _links.c.return_id) & (_sealed.c.row == _links.c.row))
        .where(IS_OWN)
    )


def _content_column(name: str) -> sa.ColumnElement[Any]:
    if name in {"report", "return_id", "row"}:
        return _links.c[name]
    if name == "month":
        return _links.c.first_month.label("month")
    if name == "collective":
        return tables.returns.c.collective
    if name == "content":
        return _sealed.c.content
    column = _reports.c[name]
    if isinstance(column.type, sa.ARRAY):
        return sa.func.nullif(sa.func.array_to_string(column, ";"), "").label(name)
    return column


def replace_pairs(connection: sa.Connection, month: str, pairs: pl.DataFrame, *, weights: str) -> None:
    """Replace the pairs of `month` by newly scored ones, as far as they can be scored anew.

    A pair of which a report's content is purged stays as it was scored, as long as both reports live.
    """
    _scored.create(connection)
    scored = pairs.rename({"verdict": "scored", "why": "scored_why"}).with_columns(
        weights=pl.lit(weights), verdict=pl.col("scored"), why=pl.col("scored_why")
    )
    copy_in(connection, _scored, scored)
    connection.execute(sa.text("ANALYZE scored"))
    of_month = sa.select(_links.c.report).where(IS_OWN, _links.c.first_month == month)
    still_scored = sa.exists().where(
        _scored.c.report_a == _pairs.c.report_a, _scored.c.report_b == _pairs.c.report_b
    )
    connection.execute(
        _pairs.delete().where(
            _pairs.c.report_a.in_(of_month) | _pairs.c.report_b.in_(of_month),
            ~still_scored,
            *(_is_open(_pairs.c[end]) for end in ("report_a", "report_b")),
        )
    )
    put = insert(_pairs).from_select(_scored.columns.keys(), sa.select(_scored))
    told = ("weights", "bits", "levels", "scored", "scored_why")
    # The final verdict is written once clusters are known.
    connection.execute(
        put.on_conflict_do_update(
            index_elements=["report_a", "report_b"],
            set_={name: put.excluded[name] for name in told},
            where=sa.or_(*(_pairs.c[name].is_distinct_from(put.excluded[name]) for name in told)),
        )
    )
    _scored.drop(connection)


def _is_open(report: sa.ColumnElement[str]) -> sa.Exists:
    """Tell whether the content of a living report can still be opened."""
    own = _links.alias()
    return sa.exists().where(
        own.c.report == report,
        own.c.link_rule.in_(tables.OWN_RULES),
        _sealed.c.return_id == own.c.return_id,
        _sealed.c.row == own.c.row,
    )


def drop_pairs_of_the_dead(connection: sa.Connection, dead: sa.Select[tuple[str | None]]) -> None:
    """Remove pairs of withdrawn reports, and likenesses of tokens that no report has as it stands now."""
    for end in (_pairs.c.report_a, _pairs.c.report_b):
        connection.execute(_pairs.delete().where(end.in_(dead)))
    for person in (_alike.c.person_a, _alike.c.person_b):
        told = sa.exists().where(_reports.c.person == person, ON_ROW, IS_OWN)
        connection.execute(_alike.delete().where(~told))


def add_alike(connection: sa.Connection, alike: pl.DataFrame) -> None:
    """Note that the tokens of two reports (report_a, report_b) may be one, mistyped."""
    _tokens.create(connection)
    copy_in(connection, _tokens, alike.select("report_a", "report_b"))
    persons = []
    for end in (_tokens.c.report_a, _tokens.c.report_b):
        own, told = _links.alias(), _reports.alias()
        row = (told.c.return_id == own.c.return_id) & (told.c.row == own.c.row)
        persons.append((end, own, told, row))
    (end_a, own_a, told_a, row_a), (end_b, own_b, told_b, row_b) = persons
    query = (
        sa.select(
            sa.func.least(told_a.c.person, told_b.c.person).label("person_a"),
            sa.func.greatest(told_a.c.person, told_b.c.person).label("person_b"),
        )
        .join_from(_tokens, own_a, (own_a.c.report == end_a) & own_a.c.link_rule.in_(tables.OWN_RULES))
        .join(told_a, row_a)
        .join(own_b, (own_b.c.report == end_b) & own_b.c.link_rule.in_(tables.OWN_RULES))
        .join(told_b, row_b)
        .where(told_a.c.person != told_b.c.person)
        .distinct()
    )
    connection.execute(insert(_alike).from_select(["person_a", "person_b"], query).on_conflict_do_nothing())
    _tokens.drop(connection)
