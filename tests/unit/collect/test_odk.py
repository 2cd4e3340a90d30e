"""The ODK Central source against a fake of its API over real HTTP."""

import itertools
import json
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.submissions import Standing
from pipeline.errors import JawabdehiError, RetryableError
from tests.fakes.odk import FakeOdk
from tests.fakes.serving import Fault, Reply, give, lose_page, lose_row, page_again, status
from tests.unit.collect.mirror import Mirror, expect, opened, report


def meanwhile(change: Callable[[FakeOdk], object]) -> Fault:
    """Answer well, and let something happen on the server right after."""

    def happen(server: FakeOdk, reply: Reply) -> Reply:
        change(server)
        return reply

    return happen


def untouched(_server: FakeOdk, reply: Reply) -> Reply:
    return reply


def test_all_submissions_come_once_in_the_order_in_which_they_were_sent() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        keys = [fake.add(report(number)) for number in range(1205)]
        mirror = Mirror()
        assert mirror.read(server) == keys
        assert mirror.answers() == {key: expect(number) for number, key in enumerate(keys)}


@pytest.mark.parametrize("largest", [1, 7, 100])
def test_pages_of_any_size_are_followed_to_the_end(largest: int) -> None:
    with FakeOdk(*map(report, range(50))) as fake, opened(fake) as server:
        fake.largest_page = largest
        mirror = Mirror()
        mirror.follow(server)
        assert sorted(mirror.answers().values(), key=str) == sorted(map(expect, range(50)), key=str)
        assert set(fake.statuses) == {200}


def test_submissions_of_one_moment_are_all_there() -> None:
    moment = datetime(2026, 10, 1, 6, 0, 0, 123456, tzinfo=UTC)
    with FakeOdk() as fake, opened(fake) as server:
        keys = {fake.add(report(number), at=moment) for number in range(9)}
        fake.largest_page = 2
        mirror = Mirror()
        assert set(mirror.read(server)) == keys
        assert mirror.read(server) == []


def test_where_nothing_changed_there_is_no_batch() -> None:
    with FakeOdk(*map(report, range(5))) as fake, opened(fake) as server:
        mirror = Mirror()
        mirror.read(server)
        assert mirror.read(server) == []
        fake.delete(next(iter(mirror.kept)))
        mirror.compare(server)
        mirror.read(server)
        assert mirror.read(server) == []


def test_a_form_without_submissions_gives_no_batch_and_an_empty_list() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        assert list(server.read_since(None)) == []
        assert server.list_all() == {}
        assert list(server.read(["nothing"])) == []


def test_a_watermark_of_another_kind_of_source_begins_anew() -> None:
    with FakeOdk(report(1)) as fake, opened(fake) as server:
        (batch,) = server.read_since("5000001")
        assert len(batch.submissions) == 1


def test_only_what_changed_lately_is_asked_for() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        start = datetime(2026, 10, 1, tzinfo=UTC)
        keys = [fake.add(report(number), at=start + timedelta(hours=number)) for number in range(48)]
        mirror = Mirror()
        mirror.read(server)
        later = fake.add(report(48), at=start + timedelta(hours=48))
        assert mirror.read(server) == [keys[46], keys[47], later]


def test_a_row_that_is_stored_later_than_its_time_says_is_found() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        now = datetime(2026, 10, 5, 12, tzinfo=UTC)
        fake.add(report(1), at=now)
        mirror = Mirror()
        mirror.read(server)
        late = fake.add(report(2), at=now - timedelta(minutes=59))
        assert late in mirror.read(server)


def test_an_edit_keeps_its_key_and_is_read_with_what_is_new() -> None:
    with FakeOdk(*map(report, range(3))) as fake, opened(fake) as server:
        mirror = Mirror()
        keys = mirror.read(server)
        before = mirror.kept[keys[0]]
        fake.edit(keys[0], office="Another office", visits=None)
        assert keys[0] in mirror.read(server)
        edited = expect(0, office="Another office")
        del edited["visits"]
        assert mirror.answers()[keys[0]] == edited
        assert mirror.kept[keys[0]].version != before.version
        assert mirror.kept[keys[0]].submitted_at == before.submitted_at
        assert server.list_all()[keys[0]].version == mirror.kept[keys[0]].version


def test_a_change_of_an_old_submission_is_read_with_what_is_new() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        keys = [fake.add(report(day), at=datetime(2026, 9, day, tzinfo=UTC)) for day in range(1, 6)]
        mirror = Mirror()
        mirror.read(server)
        fake.edit(keys[0], office="Another office")
        fake.set_review(keys[1], "rejected")
        assert mirror.read(server) == [keys[4], keys[0], keys[1]]
        assert mirror.read(server) == []


def test_what_is_deleted_is_not_given_out_and_is_gone_from_the_list() -> None:
    with FakeOdk(*map(report, range(3))) as fake, opened(fake) as server:
        mirror = Mirror()
        keys = mirror.read(server)
        fake.edit(keys[1], office="Another office")
        fake.delete(keys[1])
        assert keys[1] not in mirror.read(server)
        assert sorted(server.list_all()) == sorted([keys[0], keys[2]])
        assert [each.key for each in server.read(keys)] == [keys[0], keys[2]]


def test_what_is_restored_is_told_by_the_list_of_all() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        key = fake.add(report(1), at=datetime(2026, 9, 1, tzinfo=UTC))
        fake.add(report(2))
        mirror = Mirror()
        fake.delete(key)
        mirror.follow(server)
        assert key not in mirror.kept
        fake.restore(key)
        assert mirror.read(server) == []
        mirror.compare(server)
        assert mirror.answers()[key] == expect(1)


@pytest.mark.parametrize(
    "skew", [timedelta(days=-3), timedelta(hours=-5), timedelta(hours=5), timedelta(days=400)]
)
def test_a_clock_that_is_off_loses_nothing(skew: timedelta) -> None:
    with FakeOdk() as fake, opened(fake) as server:
        fake.skew = skew
        mirror = Mirror()
        for number in range(4):
            key = fake.add(report(number))
            assert key in mirror.read(server)
        fake.edit(key, office="Another office")
        assert key in mirror.read(server)


def test_what_a_clock_that_was_set_back_hides_is_told_by_the_list_of_all() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        mirror = Mirror()
        fake.skew = timedelta(days=1)
        fake.add(report(1))
        mirror.follow(server)
        fake.skew = timedelta()
        fake.add(report(2))
        mirror.follow(server)
        assert sorted(mirror.answers().values(), key=str) == [expect(1), expect(2)]


def test_what_changes_while_a_long_list_is_read_is_found_the_next_time() -> None:
    with FakeOdk(*map(report, range(9))) as fake, opened(fake) as server:
        fake.largest_page = 3
        oldest, *_, newest = (row["id"].removeprefix("uuid:") for row in fake.rows)

        def change_both(server: FakeOdk) -> None:
            server.edit(newest, office="Another office")
            server.skew += timedelta(hours=3)
            server.edit(oldest, office="A third office")

        # One request for the session, one for the first page, on which the newest stands.
        fake.fail(untouched, meanwhile(change_both))
        mirror = Mirror()
        mirror.read(server)
        assert mirror.answers()[oldest] == expect(0, office="A third office")
        mirror.read(server)
        assert mirror.answers()[newest] == expect(8, office="Another office")


@pytest.mark.parametrize(
    ("review", "usual", "strict"),
    [
        (None, Standing.COUNTS, Standing.WAITS),
        ("received", Standing.COUNTS, Standing.WAITS),
        ("edited", Standing.COUNTS, Standing.WAITS),
        ("approved", Standing.COUNTS, Standing.COUNTS),
        ("hasIssues", Standing.WAITS, Standing.WAITS),
        ("rejected", Standing.REJECTED, Standing.REJECTED),
        ("somethingNew", Standing.WAITS, Standing.WAITS),
    ],
)
def test_reviews_say_how_a_submission_stands(review: str | None, usual: Standing, strict: Standing) -> None:
    with FakeOdk(report(1)) as fake:
        key = fake.rows[0]["id"].removeprefix("uuid:")
        fake.set_review(key, review)
        for counts, standing in (("all_but_rejected", usual), ("approved", strict)):
            with opened(fake, counts=counts) as server:
                (batch,) = server.read_since(None)
                assert batch.submissions[0].standing is standing
                assert server.list_all()[key].standing is standing


def test_a_review_is_read_with_what_is_new_and_is_no_new_version() -> None:
    with FakeOdk(report(1)) as fake, opened(fake) as server:
        mirror = Mirror()
        (key,) = mirror.read(server)
        before = mirror.kept[key]
        fake.set_review(key, "rejected")
        assert mirror.read(server) == [key]
        assert mirror.kept[key].standing is Standing.REJECTED
        assert mirror.kept[key].version == before.version


def test_answers_come_from_groups_with_numbers_as_text_and_without_repeats() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        fake.add(report(0), groups={"visits": "what/how_often", "office": "what"})
        fake.add({"report_id": "U-1", "amount_demanded": "0", "narrative": " "}, extra={"what/weight": 2.5})
        fake.add({"report_id": "U-3"}, extra={"amount_demanded": 100.5})
        fake.add({"report_id": "U-2"}, repeats={"children": [{"age": 5, "pet": None}, {"age": None}]})
        (batch,) = server.read_since(None)
        assert [dict(submission.answers) for submission in batch.submissions] == [
            expect(0),
            {"report_id": "U-1", "amount_demanded": "0"},
            {"report_id": "U-3", "amount_demanded": "100.5"},
            {"report_id": "U-2"},
        ]
        assert [submission.others for submission in batch.submissions] == [
            (),
            ("weight",),
            (),
            ("age",),
        ]


def test_encrypted_submissions_are_refused_with_a_sentence() -> None:
    with FakeOdk(*map(report, range(2))) as fake, opened(fake) as server:
        key = fake.rows[1]["id"].removeprefix("uuid:")
        fake.encrypt(key)
        with pytest.raises(JawabdehiError, match="made_up encrypts its submissions") as caught:
            list(server.read_since(None))
        assert not isinstance(caught.value, RetryableError)
        assert key in server.list_all()
        fake.delete(key)
        assert len(list(server.read_since(None))) == 1


@pytest.mark.parametrize("part", ["$select", "__id", "deletedAt"])
def test_an_older_central_that_does_not_know_a_part_of_a_query_is_read_all_the_same(part: str) -> None:
    with FakeOdk(*map(report, range(60))) as fake, opened(fake) as server:
        fake.unknown = frozenset({part})
        mirror = Mirror()
        keys = mirror.read(server)
        assert len(server.list_all()) == 60
        fake.delete(keys[7])
        fake.edit(keys[8], office="Another office")
        mirror.follow(server)
        assert mirror.answers() == {
            key: expect(number, **({"office": "Another office"} if number == 8 else {}))
            for number, key in enumerate(keys)
            if number != 7
        }
        assert [each.key for each in server.read([*keys[:3], keys[7]])] == keys[:3]


def test_an_older_central_without_a_filter_for_times_is_sorted_out_here() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        fake.unknown = frozenset({"deletedAt"})
        keys = [fake.add(report(day), at=datetime(2026, 9, day, tzinfo=UTC)) for day in range(1, 6)]
        mirror = Mirror()
        assert mirror.read(server) == keys
        assert mirror.read(server) == []
        fake.edit(keys[2], office="Another office")
        assert mirror.read(server) == [keys[4], keys[2]]


def test_an_id_without_the_usual_beginning_is_found() -> None:
    with FakeOdk(*map(report, range(3))) as fake, opened(fake) as server:
        fake.rows[1]["id"] = "made-up-id"
        assert "made-up-id" in server.list_all()
        assert [dict(each.answers) for each in server.read(["made-up-id"])] == [expect(1)]


def test_an_id_that_cannot_stand_in_a_filter_is_found_without_one() -> None:
    with FakeOdk(*map(report, range(3))) as fake, opened(fake) as server:
        fake.rows[1]["id"] = "uuid:it's mine' or '1"
        assert [dict(each.answers) for each in server.read(["it's mine' or '1"])] == [expect(1)]
        assert set(fake.statuses) == {200}


def test_a_session_that_ended_is_begun_anew() -> None:
    with FakeOdk(*map(report, range(9))) as fake, opened(fake) as server:
        fake.largest_page = 3
        fake.fail(untouched, meanwhile(FakeOdk.end_sessions))
        mirror = Mirror()
        assert len(mirror.read(server)) == 9
        fake.end_sessions()
        assert len(server.list_all()) == 9
        assert fake.statuses.count(401) == 2


def test_whoever_may_not_log_in_is_told_and_nothing_is_tried_again() -> None:
    waits: list[float] = []
    with FakeOdk(report(1)) as fake, opened(fake, waits, password="another") as server:
        with pytest.raises(
            JawabdehiError, match="Give the source made_up a valid login and password"
        ) as caught:
            server.list_all()
        assert not isinstance(caught.value, RetryableError)
        assert "another" not in str(caught.value)
        assert fake.email not in str(caught.value)
        assert (waits, len(fake.requests)) == ([], 1)


@pytest.mark.parametrize("token", ["made-up\nsecret", "made-up sécret", "", 5])
def test_a_session_that_cannot_stand_in_a_header_is_not_taken(token: object) -> None:
    with FakeOdk(report(1)) as fake, opened(fake) as server:
        fake.fail(*[status(200, {"token": token})] * 9)
        with pytest.raises(RetryableError, match="something else than submissions") as caught:
            server.list_all()
        assert "made-up" not in "".join(traceback.format_exception(caught.value))


def test_a_session_that_is_never_taken_ends_with_a_sentence() -> None:
    with FakeOdk(report(1)) as fake, opened(fake) as server:
        fake.fail(*[untouched, status(401)] * 10)
        with pytest.raises(JawabdehiError, match="valid login and password"):
            server.list_all()
        assert len(fake.requests) == 4


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (403, "may view its submissions"),
        (404, "Check the project and the form of the source made_up"),
        (400, "Check the address and the form of the source made_up, which answers with status 400"),
    ],
)
def test_a_refusal_says_what_to_do(number: int, advice: str) -> None:
    with FakeOdk(report(1)) as fake, opened(fake) as server:
        fake.fail(untouched, status(number))
        with pytest.raises(JawabdehiError, match=advice):
            list(server.read_since(None))


def test_a_link_to_another_host_is_not_followed() -> None:
    with FakeOdk(*map(report, range(9))) as other, FakeOdk(*map(report, range(9))) as fake:
        fake.largest_page = 3
        for domain in (other.url, fake.url.replace("http", "https"), fake.url.replace("//", "//me:secret@")):
            fake.domain = domain
            with opened(fake) as server, pytest.raises(JawabdehiError, match="another address than its own"):
                list(server.read_since(None))
        # An address without a scheme is taken for one of the same server.
        fake.domain = other.url.removeprefix("http:")
        with opened(fake) as server:
            assert len(server.list_all()) == 9
        assert other.requests == []


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_one_answer_that_says_there_is_nothing_is_not_believed(place: int) -> None:
    with FakeOdk(*map(report, range(20))) as fake, opened(fake) as server:
        fake.largest_page = 10
        server.list_all()
        fake.fail(*[untouched] * place, status(200, {"@odata.count": 0, "value": []}))
        assert len(server.list_all()) == 20


@pytest.mark.parametrize("fault", [page_again, lose_page(), lose_row()])
def test_a_list_that_lacks_something_or_goes_in_circles_is_read_again(fault: Fault) -> None:
    with FakeOdk(*map(report, range(20))) as fake, opened(fake) as server:
        fake.largest_page = 6
        server.list_all()
        for place in range(1, 5):
            fake.fail(*[untouched] * place, fault)
            assert len(server.list_all()) == 20
            fake.faults.clear()
        fake.fail(untouched, *[fault] * 500)
        with pytest.raises(RetryableError, match="does not give all of its submissions"):
            server.list_all()
        assert len(fake.requests) < 200


@pytest.mark.parametrize("fault", [page_again, lose_page(), lose_row()])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_what_is_new_is_read_whole_or_again(fault: Fault, place: int) -> None:
    with FakeOdk(*map(report, range(20))) as fake, opened(fake) as server:
        fake.largest_page = 8
        fake.fail(*[untouched] * place, fault)
        assert len(Mirror().read(server)) == 20
        keys = list(server.list_all())
        fake.fail(fault)
        assert len(list(server.read(keys))) == 20


def test_links_that_never_end_are_not_followed_for_ever() -> None:
    waits: list[float] = []
    with FakeOdk(*map(report, range(4))) as fake, opened(fake, waits) as server:
        rounds = itertools.count()

        def lead_on(server: FakeOdk, reply: Reply) -> Reply:
            link = f"{server.url}/v1/made-up?$skiptoken={next(rounds)}"
            page = json.loads(reply.body) if reply.status == 200 else {"value": [], "@odata.count": 4}
            return give(page | {"@odata.nextLink": link})

        fake.fail(untouched, *[lead_on] * 100)
        with pytest.raises(RetryableError, match="does not give all of its submissions"):
            list(server.read_since(None))
        assert len(waits) == 4
        assert len(fake.requests) < 20


def test_a_watermark_does_not_go_back_where_the_newest_row_is_purged() -> None:
    with FakeOdk() as fake, opened(fake) as server:
        now = datetime(2026, 10, 5, 12, tzinfo=UTC)
        for minutes in (0, 30):
            fake.add(report(minutes), at=now + timedelta(minutes=minutes))
        mirror = Mirror()
        mirror.read(server)
        before = mirror.watermark
        fake.rows.pop()
        mirror.read(server)
        assert str(mirror.watermark).split()[0] == str(before).split()[0] == "2026-10-05T12:30:00.000Z"
        assert mirror.read(server) == []


def test_many_submissions_are_read_by_short_addresses() -> None:
    with FakeOdk(*map(report, range(100))) as fake, opened(fake) as server:
        assert len(list(server.read(server.list_all()))) == 100
        assert max(len(request.target) for request in fake.requests) < 4000
        assert set(fake.statuses) == {200}
