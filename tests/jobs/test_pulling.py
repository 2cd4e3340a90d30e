"""Forms on servers become returns: each report once, through edits, deletions, faults and kills."""

import contextlib
import functools
import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.errors import JawabdehiError, RetryableError, UsageError
from pipeline.jobs import landing, overview, pulling
from pipeline.store import submissions, tables
from pipeline.store.database import connect
from tests.fakes.answers import PLANTED
from tests.fakes.kobo import FakeKobo
from tests.fakes.odk import FakeOdk
from tests.fakes.serving import (
    broken_json,
    cut,
    html_page,
    lose_page,
    lose_row,
    page_again,
    status,
    too_many,
)

FAULTS = {
    "too many": too_many("1"),
    "trouble": status(500),
    "cut": cut,
    "broken": broken_json,
    "page of HTML": html_page,
    "page again": page_again,
    "lost page": lose_page(),
    "lost row": lose_row(),
}
REJECTED = {FakeKobo: "not_approved", FakeOdk: "rejected"}


@pytest.fixture(params=[FakeKobo, FakeOdk], ids=["kobo", "odk"])
def fake(request):
    with request.param() as server:
        yield server


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    """Let no retry wait."""
    opened = functools.partial(pulling.open_source, sleep=lambda _seconds: None)
    monkeypatch.setattr(pulling, "open_source", opened)


class Follower:
    """An installation that follows one server."""

    def __init__(self, month, fake) -> None:
        self.month, self.fake = month, fake
        jobs.prepare(month.settings)

    def pull(self, *, compares: bool = True, **changes: object) -> None:
        jobs.pull_source(self.month.settings, "made-up", self.fake.define(**changes), compares=compares)

    def follow(self, **changes: object) -> dict[str, list[str]]:
        """Pull, collect and link; return the living reports, each with its verdicts."""
        self.pull(**changes)
        self.month.collect()
        return self.living()

    def living(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for line in self.month.export():
            if line["verdict"] in {"counted", "duplicate"}:
                found.setdefault(line["report_id"], []).append(line["verdict"])
        return found

    def ask(self, query):
        with connect(self.month.settings.database_url) as engine, engine.connect() as connection:
            return connection.execute(query).all()


@pytest.fixture
def follower(october, fake):
    return Follower(october, fake)


def make_different(make_report, number: int, **answers: str) -> dict[str, str]:
    """A made-up report of an incident of its own."""
    kinds = ("REFUSAL", "DELAY", "BRIBE", "STIGMA")
    told = {
        "incident_kinds": kinds[number % 4],
        "incident_date": f"2026-{10 - number // 19 % 9:02d}-{number % 19 + 1:02d}",
        "office": f"Office {'abcdefghij'[number % 10] * 6}",
        "narrative": f"A made-up story, {'klmnopqrs'[number % 9] * 5} and {'tuvwxyz'[number % 7] * 4}.",
    }
    return make_report(f"R-{number}", **(told | answers))


def test_what_is_filed_is_counted_once_however_often_it_is_pulled(follower, fake, make_report) -> None:
    groups = {"service": "incident", "report_id": "filing"}
    fake.add(make_different(make_report, 1), groups=groups)
    fake.add(make_different(make_report, 2), groups=groups)
    assert follower.follow() == {"R-1": ["counted"], "R-2": ["counted"]}
    returns = follower.ask(sa.select(tables.returns.c.return_id))
    for _ in range(2):
        assert follower.follow() == {"R-1": ["counted"], "R-2": ["counted"]}
    assert follower.ask(sa.select(tables.returns.c.return_id)) == returns
    fake.add(make_different(make_report, 3), groups=groups)
    assert sorted(follower.follow(compares=False)) == ["R-1", "R-2", "R-3"]


def test_an_edit_corrects_a_rejection_and_a_deletion_withdraw_and_a_restoration_tells_again(
    follower, fake, make_report
) -> None:
    keys = [fake.add(make_different(make_report, number)) for number in range(3)]
    follower.follow()
    fake.edit(keys[0], service="LEGAL_AID")
    fake.set_review(keys[1], REJECTED[type(fake)])
    fake.delete(keys[2])
    assert follower.follow() == {"R-0": ["counted"]}
    services = follower.ask(sa.select(tables.incidents.c.service))
    assert services == [("LEGAL_AID",)]
    assert [row.report_id for row in follower.ask(sa.select(tables.withdrawals.c.report_id))] == [
        "R-1",
        "R-2",
    ]
    fake.set_review(keys[1], "approved")
    if isinstance(fake, FakeOdk):
        fake.restore(keys[2])
    expected = {"R-0", "R-1.r1"} | ({"R-2.r1"} if isinstance(fake, FakeOdk) else set())
    assert set(follower.follow()) == expected
    assert set(follower.follow()) == expected


def test_a_report_edited_back_and_forth_says_what_it_said_last(follower, fake, make_report) -> None:
    key = fake.add(make_different(make_report, 1, service="FIR"))
    for service in ("LEGAL_AID", "FIR", "LEGAL_AID"):
        follower.follow()
        fake.edit(key, service=service)
    # What it said before stands there as well, as a repetition.
    assert follower.follow()["R-1"].count("counted") == 1
    assert follower.ask(sa.select(tables.incidents.c.service)) == [("LEGAL_AID",)]


def test_every_fault_ends_with_all_reports_counted_once(follower, fake, make_report, monkeypatch) -> None:
    """Each fault strikes at each of the first requests of a pull; what was read before it is kept."""
    monkeypatch.setattr(pulling, "_READ_AT_ONCE", 2)
    fake.largest_page = 2
    filed = 0
    for fault in FAULTS.values():
        for place in (0, 1, 3):
            for _ in range(3):
                fake.add(make_different(make_report, filed))
                filed += 1
            fake.fail(*[lambda _server, reply: reply] * place, *[fault] * 9)
            with contextlib.suppress(RetryableError):
                follower.pull()
            fake.faults.clear()
    assert follower.follow() == {f"R-{number}": ["counted"] for number in range(filed)}


def test_a_pull_that_is_killed_anywhere_and_made_again_counts_every_report_once(
    follower, fake, make_report, monkeypatch
) -> None:
    fake.largest_page = 2
    left = 0

    def dying(function):
        def die_or_do(*args, **options):
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
            return function(*args, **options)

        return die_or_do

    for module, name in ((pulling, "land_pull"), (submissions, "put_known"), (submissions, "note_source")):
        monkeypatch.setattr(module, name, dying(getattr(module, name)))
    for at in range(1, 9):
        for number in range(5 * at, 5 * at + 5):
            fake.add(make_different(make_report, number))
        left = at
        with pytest.raises(KeyboardInterrupt):
            follower.pull()
    assert follower.follow() == {f"R-{number}": ["counted"] for number in range(5, 45)}


def test_clocks_that_are_off_lose_nothing_and_file_nothing_for_a_month_to_come(
    follower, fake, make_report
) -> None:
    for number, days in enumerate((0, 400, -3, 0)):
        fake.skew = timedelta(days=days)
        fake.add(make_different(make_report, number))
        follower.pull(compares=False)
    # What was filed after a clock was set back is found when all ids are compared.
    follower.follow()
    months = follower.ask(sa.select(tables.submissions.c.month).order_by(tables.submissions.c.month))
    now = datetime.now(UTC)
    assert len(months) == 4
    assert max(months)[0] <= (now + timedelta(hours=6)).strftime("%Y-%m")


def test_a_report_goes_to_the_month_in_which_india_sent_it(follower, fake, make_report) -> None:
    fake.add(make_different(make_report, 1), at=datetime(2026, 9, 30, 18, 29, 59, tzinfo=UTC))
    fake.add(make_different(make_report, 2), at=datetime(2026, 9, 30, 18, 30, 0, tzinfo=UTC))
    follower.pull()
    rows = follower.ask(sa.select(tables.submissions.c.report_id, tables.submissions.c.month))
    assert sorted(map(tuple, rows)) == [("R-1", "2026-09"), ("R-2", "2026-10")]


def test_very_many_deletions_stop_and_ask(follower, fake, make_report) -> None:
    keys = [fake.add(make_different(make_report, number)) for number in range(25)]
    assert len(follower.follow()) == 25
    for key in keys[:22]:
        fake.delete(key)
    with pytest.raises(JawabdehiError, match="accept deletions"):
        follower.pull()
    assert len(follower.living()) == 25
    assert len(follower.follow(accepts_deletions=True)) == 3


def test_two_with_one_number_are_told_apart_and_neither_takes_the_other_back(
    follower, fake, make_report
) -> None:
    fake.add(make_different(make_report, 1))
    second = fake.add(make_different(make_report, 2) | {"report_id": "R-1"})
    assert follower.follow() == {"R-1": ["counted"]}
    fake.delete(second)
    assert follower.follow() == {"R-1": ["counted"]}
    third = fake.add(make_different(make_report, 3) | {"report_id": "R-1"})
    follower.follow()
    fake.edit(third, report_id="R-3")
    assert follower.follow() == {"R-1": ["counted"], "R-3": ["counted"]}


def test_nothing_that_names_a_person_or_a_device_gets_in(follower, fake, make_report) -> None:
    fake.add(make_different(make_report, 1), extra={"own/friend": PLANTED["answer"]})
    follower.pull()
    ((return_id, sealed),) = follower.ask(sa.select(tables.landed.c.return_id, tables.landed.c.content))
    with landing.open_workplace(follower.month.settings) as place:
        content = place.vault.open_landed(return_id, sealed).decode()
    assert json.loads(content)["reports"][0]["friend"] is None
    assert not [planted for planted in PLANTED.values() if planted in content]
    follower.month.collect()
    slip = follower.month.slip(return_id)
    assert "friend" in slip
    assert not [planted for planted in PLANTED.values() if planted in slip]
    assert follower.ask(sa.select(tables.landed.c.content)) == [(None,)]


def test_personal_data_in_an_answer_is_held_and_can_be_mended_on_the_server(
    follower, fake, make_report
) -> None:
    key = fake.add(make_different(make_report, 1, narrative="Call me on 98765 43210."))
    assert follower.follow() == {}
    assert follower.month.verdicts() == {"R-1": ["held"]}
    fake.edit(key, narrative="They sent me away.")
    assert follower.follow() == {"R-1": ["counted"]}


def test_a_source_keeps_to_the_collective_that_it_was_read_for(follower, fake, make_report) -> None:
    fake.add(make_different(make_report, 1))
    follower.pull()
    with pytest.raises(UsageError, match="name of its own"):
        follower.pull(collective="BIHAAN")
    with pytest.raises(UsageError, match=r"collectives\.csv"):
        follower.pull(collective="NOBODY")


def test_a_withdrawn_report_that_a_published_figure_counts_is_not_told_again(
    follower, fake, make_report
) -> None:
    keys = [fake.add(make_different(make_report, number)) for number in range(2)]
    follower.follow()
    draft = follower.month.draft(geographies=())
    jobs.publish_edition(follower.month.settings, *draft, "A made-up approver")
    for key in keys:
        fake.set_review(key, REJECTED[type(fake)])
    assert follower.follow() == {}
    for key in keys:
        fake.set_review(key, "approved")
    assert follower.follow() == {}
    counted = follower.ask(sa.select(tables.withdrawals.c.counted_by))
    assert counted == [("JWB-2026-10-e1",)] * 2


def test_a_month_waits_until_its_sources_were_read_after_its_end(
    october, fake, make_report, contract, monkeypatch
) -> None:
    month = october.at(datetime.now(UTC).strftime("%Y-%m"))
    follower = Follower(month, fake)
    day = datetime.now(UTC).strftime("%Y-%m-01")
    fake.add(make_report("R-1", incident_date=day, recorded_on=day), at=datetime.now(UTC))
    follower.follow()
    for collective in contract.code_lists["collectives"].codes:
        if collective != "UTTHAN":
            month.send_reports(
                collective,
                make_report(f"{collective}-1", incident_date=day, recorded_on=day),
            )
    month.collect()
    assert not jobs.month_is_due(month.settings, month.month)
    ended = datetime.now(UTC) - timedelta(days=1)
    monkeypatch.setattr(overview, "end_of_month", lambda _month: ended)
    assert jobs.month_is_due(month.settings, month.month)
    assert any("Source" not in line for line in jobs.describe_status(month.settings, None))
