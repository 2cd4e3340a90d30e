"""Marks of keys: which keys a database was filled with, without the keys."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from pipeline.store import tables


def knows_key(connection: sa.Connection, purpose: str, mark: str) -> bool:
    """Tell whether a key, known by its mark, is the one that this database was filled with; the first one is."""
    marks = tables.key_marks
    connection.execute(insert(marks).values(purpose=purpose, mark=mark).on_conflict_do_nothing())
    known = connection.execute(sa.select(marks.c.mark).where(marks.c.purpose == purpose)).scalar_one()
    return bool(known == mark)
