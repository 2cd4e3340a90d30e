"""Deliveries: two runs that meet the same file at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline.store import intake, tables
from pipeline.store.database import begin

TURNS = 500
"""So many that a moment in which both get in each other's way comes for certain: about one turn in a hundred."""

RETURN = intake.LandedReturn(
    return_id="UTTHAN-2026-10-0000000000000000",
    collective="UTTHAN",
    month="2026-10",
    extension="csv",
    size_bytes=1,
    received_at=datetime(2026, 11, 2, tzinfo=UTC),
    rejected_by=None,
    source_name="2026-10.csv",
    sealed=b"made up",
)


def test_two_runs_may_deliver_the_same_return_at_the_same_moment(engine: sa.Engine) -> None:
    both = threading.Barrier(2, timeout=60)

    def deliver() -> list[bool]:
        new = []
        for turn in range(TURNS):
            both.wait()
            with begin(engine, "jawabdehi_intake") as connection:
                new.append(
                    intake.land_return(connection, RETURN, delivery_id=f"file {turn}", look=f"look {turn}")
                )
        return new

    with ThreadPoolExecutor(2) as runs:
        first, second = [each.result() for each in [runs.submit(deliver) for _ in range(2)]]
    assert sum(first + second) == 1
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.deliveries)) == TURNS
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.landed)) == 1


def test_a_file_that_was_written_anew_as_it_was_is_known_by_its_new_look(engine: sa.Engine) -> None:
    with begin(engine, "jawabdehi_intake") as connection:
        for look in ("old", "new"):
            intake.land_return(connection, RETURN, delivery_id="file", look=look)
        assert intake.find_known_looks(connection, ["old", "new"]) == {"new"}
