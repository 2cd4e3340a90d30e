"""The verdict on a received row, as slips, statements and `export links` give it."""

import sqlalchemy as sa

from pipeline.store import tables

_returns, _rows, _links = tables.returns, tables.rows, tables.links

IN_RETURN = _returns.c.return_id == _rows.c.return_id

IS_HELD = (_returns.c.state == "held") & (_rows.c.intake == "accepted")
"""Whether a row waits for a person, since its whole return does."""


def verdict() -> sa.Label[str]:
    """Return the verdict on a row of `judged_rows`; a row that waits for linkage is accepted."""
    settled = sa.func.coalesce(_links.c.verdict, _rows.c.intake)
    return sa.case((IS_HELD, "held"), else_=settled).label("verdict")


def judged_rows() -> sa.Join:
    """Return all rows with their returns, and with what linkage made of them, where it did."""
    linked = (_links.c.return_id == _rows.c.return_id) & (_links.c.row == _rows.c.row)
    return _rows.join(_returns, IN_RETURN).outerjoin(_links, linked)
