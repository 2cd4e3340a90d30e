"""A source that is followed through whatever happens on its server ends with each submission once, as it is now."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.collect.submissions import FormServer, Standing
from pipeline.errors import RetryableError
from tests.fakes.kobo import FakeKobo
from tests.fakes.odk import FakeOdk
from tests.fakes.serving import (
    Fault,
    broken_json,
    cut,
    html_page,
    lose_page,
    lose_row,
    page_again,
    status,
    too_many,
)
from tests.unit.collect.mirror import FAKES, Fake, Mirror, expect, opened, report

FAULTS: dict[str, Fault] = {
    "too many": too_many("3"),
    "trouble": status(503),
    "cut": cut,
    "broken": broken_json,
    "page of HTML": html_page,
    "page again": page_again,
    "lost page": lose_page(),
    "lost row": lose_row(),
}
REVIEWS = {
    "kobo": {
        "approved": Standing.COUNTS,
        "on_hold": Standing.WAITS,
        "not_approved": Standing.REJECTED,
    },
    "odk": {"approved": Standing.COUNTS, "hasIssues": Standing.WAITS, "rejected": Standing.REJECTED},
}

Told = tuple[dict[str, str], Standing]


class World:
    """A server, what it should tell, and who follows it."""

    def __init__(self, kind: str, fake: Fake) -> None:
        self.kind = kind
        self.fake = fake
        self.mirror = Mirror()
        self.living: dict[str, Told] = {}
        self.deleted: dict[str, Told] = {}
        self.filed = 0

    def pick(self, among: dict[str, Any], number: int) -> str | None:
        return sorted(among)[number % len(among)] if among else None

    def file(self, number: int) -> None:
        for _ in range(number % 4 + 1):
            key = self.fake.add(report(self.filed))
            self.living[key] = (expect(self.filed), Standing.COUNTS)
            self.filed += 1

    def edit(self, number: int) -> None:
        if key := self.pick(self.living, number):
            self.fake.edit(key, office=f"Office {number}")
            answers, standing = self.living[key]
            # Central takes a review back with an edit; KoboToolbox keeps it.
            standing = standing if self.kind == "kobo" else Standing.COUNTS
            self.living[key] = (answers | {"office": f"Office {number}"}, standing)

    def review(self, number: int) -> None:
        if key := self.pick(self.living, number):
            review = self.pick(REVIEWS[self.kind], number)
            self.fake.set_review(key, review)
            self.living[key] = (self.living[key][0], REVIEWS[self.kind][str(review)])

    def delete(self, number: int) -> None:
        if key := self.pick(self.living, number):
            self.fake.delete(key)
            self.deleted[key] = self.living.pop(key)

    def restore(self, number: int) -> None:
        if isinstance(self.fake, FakeOdk) and (key := self.pick(self.deleted, number)):
            self.fake.restore(key)
            self.living[key] = self.deleted.pop(key)

    def duplicate(self, number: int) -> None:
        if isinstance(self.fake, FakeKobo) and (key := self.pick(self.living, number)):
            self.fake.duplicate(key)

    def cut_pages(self, number: int) -> None:
        self.fake.largest_page = number % 5 + 1

    def fail(self, number: int) -> None:
        self.fake.fail(FAULTS[str(self.pick(FAULTS, number))])

    def end_sessions(self, number: int) -> None:
        if isinstance(self.fake, FakeOdk):
            self.fake.end_sessions()

    def follow(self, number: int = 0) -> None:
        """Follow with a client of its own, as each run does; what may pass is left for the next run."""
        with opened(self.fake) as server:
            try:
                self.mirror.read(server)
                if number % 3:
                    self.mirror.compare(server)
            except RetryableError:
                pass

    def check(self) -> None:
        self.fake.faults.clear()
        with opened(self.fake) as server:
            self.mirror.follow(server)
            told = {
                key: (dict(submission.answers), submission.standing)
                for key, submission in self.mirror.kept.items()
            }
            assert told == self.living
            self.mirror.read(server)
            assert len(self.mirror.kept) == len(self.living)
        assert not {400, 404, 501} & {*self.fake.statuses}


STEPS: dict[str, Callable[[World, int], None]] = {
    "file": World.file,
    "edit": World.edit,
    "review": World.review,
    "delete": World.delete,
    "restore": World.restore,
    "duplicate": World.duplicate,
    "cut pages": World.cut_pages,
    "fail": World.fail,
    "end sessions": World.end_sessions,
    "follow": World.follow,
}


@pytest.mark.parametrize("kind", FAKES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 60)), max_size=30))
def test_whatever_happens_each_submission_is_kept_once_and_as_it_is(
    kind: str, steps: list[tuple[str, int]]
) -> None:
    with FAKES[kind]() as fake:
        world = World(kind, fake)
        for name, number in steps:
            STEPS[name](world, number)
        world.check()


@pytest.mark.parametrize("kind", FAKES)
@pytest.mark.parametrize("fault", ["cut", "page of HTML", "page again", "lost page", "lost row"])
def test_a_fault_at_any_request_loses_nothing(kind: str, fault: str) -> None:
    for place in range(9):
        with FAKES[kind]() as fake:
            world = World(kind, fake)
            world.file(3)
            world.file(3)
            world.cut_pages(2)
            world.follow(1)
            world.edit(4)
            world.delete(2)
            world.file(2)
            fake.fail(*[lambda _server, reply: reply] * place, FAULTS[fault])
            world.follow(1)
            world.check()


@pytest.mark.parametrize("kind", FAKES)
def test_a_run_that_breaks_off_anywhere_is_made_good_by_the_next(kind: str) -> None:
    for place in range(10):
        with FAKES[kind]() as fake:
            world = World(kind, fake)
            for _ in range(4):
                world.file(3)
            world.cut_pages(2)
            fake.fail(*[lambda _server, reply: reply] * place, *[status(500)] * 20)
            with opened(fake) as server, pytest.raises(RetryableError):
                follow_often(world.mirror, server)
            world.check()


def follow_often(mirror: Mirror, server: FormServer) -> None:
    for _ in range(5):
        mirror.follow(server)


def test_the_fakes_hold_the_same_reports_in_their_own_ways() -> None:
    told = []
    for kind in FAKES:
        with FAKES[kind](*map(report, range(30))) as fake, opened(fake) as server:
            batches = list(server.read_since(None))
            told.append([(dict(s.answers), s.others, s.submitted_at) for b in batches for s in b.submissions])
    assert told[0] == told[1]
