"""Editions that several workers publish at once: each is published once, and the index tells of all of them."""

from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from sqlalchemy import func, select

from pipeline import jobs
from pipeline.jobs import editions
from pipeline.report.package import APPROVAL
from pipeline.store import tables
from pipeline.store.database import connect


@pytest.fixture
def slow_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever publishes look around long before it writes, so that two meet where nothing holds them apart."""
    import time

    plain = editions.remove_leftovers

    def remove_slowly(folder):
        plain(folder)
        time.sleep(1)

    monkeypatch.setattr(editions, "remove_leftovers", remove_slowly)


def test_a_task_given_up_for_dead_and_its_second_try_publish_once(october, slow_to_look: None) -> None:
    october.send_spread("S")
    october.collect()
    edition, seal = october.draft()
    with ThreadPoolExecutor(2) as both:
        tries = [
            both.submit(jobs.publish_edition, october.settings, edition, seal, "A made-up approver")
            for _ in range(2)
        ]
        assert [each.result() for each in as_completed(tries)] == [edition, edition]
    assert (october.settings.published / "2026-10" / "e1" / APPROVAL).is_file()
    with connect(october.settings.database_url) as engine, engine.connect() as connection:
        entries = tables.entries.c
        query = (
            select(entries.event, func.count()).where(entries.event.like("edition %")).group_by(entries.event)
        )
        assert dict(connection.execute(query).all()) == {"edition approved": 1, "edition published": 1}
