"""The KoboToolbox source against a fake of its API over real HTTP."""

import json
from datetime import UTC, datetime

import pytest

from pipeline.collect.submissions import Standing
from pipeline.errors import JawabdehiError, RetryableError
from tests.fakes.kobo import FakeKobo
from tests.fakes.serving import lose_page, lose_row, page_again, status
from tests.unit.collect.mirror import Mirror, expect, opened, report


def test_all_submissions_come_once_in_the_order_in_which_they_were_sent() -> None:
    with FakeKobo() as fake, opened(fake) as server:
        keys = [fake.add(report(number)) for number in range(1205)]
        mirror = Mirror()
        assert mirror.read(server) == keys
        assert mirror.answers() == {key: expect(number) for number, key in enumerate(keys)}
        assert mirror.watermark == str(fake.rows[-1]["_id"])


@pytest.mark.parametrize("largest", [1, 7, 100])
def test_pages_that_the_server_cuts_lose_nothing(largest: int) -> None:
    with FakeKobo(*map(report, range(50))) as fake, opened(fake) as server:
        fake.largest_page = largest
        mirror = Mirror()
        mirror.follow(server)
        assert sorted(mirror.answers().values(), key=str) == sorted(map(expect, range(50)), key=str)
        assert len(list(server.read(server.list_all()))) == 50


def test_only_what_came_after_the_watermark_is_read() -> None:
    with FakeKobo(*map(report, range(3))) as fake, opened(fake) as server:
        mirror = Mirror()
        mirror.read(server)
        later = fake.add(report(3))
        assert mirror.read(server) == [later]
        assert mirror.read(server) == []


def test_a_form_without_submissions_gives_no_batch_and_an_empty_list() -> None:
    with FakeKobo() as fake, opened(fake) as server:
        assert list(server.read_since(None)) == []
        assert server.list_all() == {}
        assert list(server.read(["nothing"])) == []


def test_a_watermark_of_another_kind_of_source_begins_anew() -> None:
    with FakeKobo(report(1)) as fake, opened(fake) as server:
        (batch,) = server.read_since("2026-10-01T06:00:01.000Z 00ff")
        assert len(batch.submissions) == 1


def test_an_edit_keeps_its_key_and_is_told_by_the_list_of_all() -> None:
    with FakeKobo(*map(report, range(3))) as fake, opened(fake) as server:
        mirror = Mirror()
        keys = mirror.read(server)
        before = server.list_all()
        fake.edit(keys[1], office="Another office", visits=None)
        assert mirror.read(server) == []
        after = server.list_all()
        assert [key for key in keys if before[key].version != after[key].version] == [keys[1]]
        mirror.compare(server)
        edited = expect(1, office="Another office")
        del edited["visits"]
        assert mirror.answers()[keys[1]] == edited
        assert mirror.kept[keys[1]].version == after[keys[1]].version


def test_an_edit_keeps_its_key_on_a_server_that_gives_no_root() -> None:
    with FakeKobo(*map(report, range(2))) as fake, opened(fake) as server:
        fake.is_old = True
        first, second = server.list_all()
        fake.edit(second, office="Another office")
        assert list(server.list_all()) == [first, second]
        assert [submission.key for submission in server.read([second])] == [second]


def test_an_edit_keeps_its_key_where_the_server_makes_up_a_root() -> None:
    with FakeKobo(report(1)) as fake, opened(fake) as server:
        (key,) = server.list_all()
        fake.edit(key, office="Another office")
        # What KoboToolbox does with rows that were never given a root.
        fake.rows[0]["meta/rootUuid"] = fake.rows[0]["meta/instanceID"]
        assert list(server.list_all()) == [key]


def test_what_is_deleted_is_gone_from_the_list_and_cannot_be_read() -> None:
    with FakeKobo(*map(report, range(3))) as fake, opened(fake) as server:
        first, second, third = server.list_all()
        fake.delete(second)
        assert list(server.list_all()) == [first, third]
        assert [submission.key for submission in server.read([first, second, third])] == [first, third]


def test_submissions_can_be_read_without_a_list_before() -> None:
    with FakeKobo(*map(report, range(30))) as fake:
        keys = [fake.key_of(row) for row in fake.rows]
        fake.duplicate(keys[4])
        fake.edit(keys[4], office="Another office")
        with opened(fake) as server:
            found = {submission.key: dict(submission.answers) for submission in server.read([*keys, "gone"])}
        assert found == {key: expect(number) for number, key in enumerate(keys)} | {
            keys[4]: expect(4, office="Another office")
        }
        assert len(fake.requests) < 30


@pytest.mark.parametrize("largest", [1, 1000])
def test_of_two_rows_with_one_key_the_one_with_the_highest_id_is_the_submission(largest: int) -> None:
    with FakeKobo(*map(report, range(3))) as fake, opened(fake) as server:
        fake.largest_page = largest
        first, second, third = (fake.key_of(row) for row in fake.rows)
        fake.duplicate(second)
        fake.edit(second, office="Another office")
        mirror = Mirror()
        read = mirror.read(server)
        assert mirror.answers()[second] == expect(1, office="Another office")
        assert sorted(set(read)) == sorted([first, second, third])
        assert largest == 1 or len(read) == 3
        listed = server.list_all()
        assert listed[second].version == mirror.kept[second].version
        assert [dict(each.answers) for each in server.read([second])] == [mirror.answers()[second]]


def test_a_second_row_that_says_something_else_under_the_same_ids_is_a_new_version() -> None:
    with FakeKobo(report(1)) as fake, opened(fake) as server:
        (before,) = server.list_all().values()
        fake.duplicate(before.key)
        fake.rows[-1]["office"] = "Another office"
        assert server.list_all()[before.key].version != before.version


def test_a_submission_is_known_by_its_first_id_alone() -> None:
    with FakeKobo(report(1)) as fake:
        key = fake.key_of(fake.rows[0])
        fake.edit(key, office="Another office")
        latest = fake.rows[0]["_uuid"]
        with opened(fake) as server:
            assert list(server.read([latest])) == []
            assert len(list(server.read([key]))) == 1


def test_the_list_of_all_asks_for_no_answers() -> None:
    with FakeKobo(*map(report, range(3))) as fake, opened(fake) as server:
        server.list_all()
        columns = set(report(1))
        for request in fake.requests:
            fields = json.loads(request.params["fields"])
            assert fields
            assert columns.isdisjoint(fields)


def test_a_server_that_gives_whole_rows_all_the_same_does_no_harm() -> None:
    with FakeKobo(*map(report, range(3))) as fake, opened(fake) as server:
        asked = server.list_all()
        fake.ignores_fields = True
        assert server.list_all() == asked


@pytest.mark.parametrize(
    ("review", "usual", "strict"),
    [
        (None, Standing.COUNTS, Standing.WAITS),
        ("approved", Standing.COUNTS, Standing.COUNTS),
        ("on_hold", Standing.WAITS, Standing.WAITS),
        ("not_approved", Standing.REJECTED, Standing.REJECTED),
        ("something_of_their_own", Standing.WAITS, Standing.WAITS),
    ],
)
def test_reviews_say_how_a_submission_stands(review: str | None, usual: Standing, strict: Standing) -> None:
    with FakeKobo(report(1)) as fake:
        key = fake.key_of(fake.rows[0])
        fake.set_review(key, review)
        for counts, standing in (("all_but_rejected", usual), ("approved", strict)):
            with opened(fake, counts=counts) as server:
                (batch,) = server.read_since(None)
                assert batch.submissions[0].standing is standing
                assert server.list_all()[key].standing is standing


def test_a_review_is_no_new_version() -> None:
    with FakeKobo(report(1)) as fake, opened(fake) as server:
        (before,) = server.list_all().values()
        fake.set_review(before.key, "approved")
        assert server.list_all()[before.key].version == before.version


def test_times_are_those_of_the_first_sending_in_utc() -> None:
    with FakeKobo() as fake, opened(fake) as server:
        key = fake.add(report(1), at=datetime(2026, 10, 31, 19, 30, 1, tzinfo=UTC))
        fake.edit(key, office="Another office")
        (batch,) = server.read_since(None)
        assert batch.submissions[0].submitted_at == datetime(2026, 10, 31, 19, 30, 1, tzinfo=UTC)
        assert batch.submissions[0].submitted_at.tzinfo is not None


def test_encrypted_submissions_are_refused_with_a_sentence() -> None:
    with FakeKobo(*map(report, range(2))) as fake, opened(fake) as server:
        key = fake.key_of(fake.rows[1])
        fake.encrypt(key)
        with pytest.raises(JawabdehiError, match="made_up encrypts its submissions") as caught:
            list(server.read_since(None))
        assert not isinstance(caught.value, RetryableError)
        with pytest.raises(JawabdehiError, match="encrypts"):
            list(server.read([key]))
        assert key in server.list_all()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (400, "Deploy the form of the source made_up"),
        (401, "Give the source made_up a valid token"),
        (403, "Give the source made_up a valid token"),
        (404, "Check the asset of the source made_up"),
        (418, "Check the address and the form of the source made_up, which answers with status 418"),
    ],
)
def test_a_refusal_says_what_to_do_and_is_not_tried_again(number: int, advice: str) -> None:
    waits: list[float] = []
    with FakeKobo(report(1)) as fake, opened(fake, waits) as server:
        fake.fail(status(number))
        with pytest.raises(JawabdehiError, match=advice) as caught:
            list(server.read_since(None))
        assert not isinstance(caught.value, RetryableError)
        assert waits == []


def test_real_refusals_of_the_server_say_what_to_do() -> None:
    with FakeKobo(report(1)) as fake:
        with (
            opened(fake, token="another-token") as server,
            pytest.raises(JawabdehiError, match="valid token"),
        ):
            server.list_all()
        with opened(fake, asset="aNother") as server, pytest.raises(JawabdehiError, match="asset"):
            server.list_all()
        fake.undeploy()
        with opened(fake) as server, pytest.raises(JawabdehiError, match="Deploy"):
            list(server.read_since(None))


@pytest.mark.parametrize("fault", [page_again, lose_page()])
def test_pages_that_make_no_progress_end(fault) -> None:
    waits: list[float] = []
    with FakeKobo(*map(report, range(20))) as fake, opened(fake, waits) as server:
        fake.largest_page = 10
        batches = server.read_since(None)
        next(batches)
        fake.fail(*[fault] * 50)
        with pytest.raises(RetryableError, match="does not give all of its submissions"):
            next(batches)
        assert len(waits) == 4


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_list_that_lacks_a_row_is_never_taken_for_whole(place: int) -> None:
    with FakeKobo(*map(report, range(20))) as fake, opened(fake) as server:
        fake.largest_page = 10
        for fault in (lose_row(), lose_page(), status(200, {"count": 0, "results": []})):
            fake.fail(*[lambda _server, reply: reply] * place, fault)
            assert len(server.list_all()) == 20
        fake.fail(*[lose_row()] * 200)
        with pytest.raises(RetryableError, match="does not give all"):
            server.list_all()


def test_many_submissions_are_read_by_short_addresses() -> None:
    with FakeKobo(*map(report, range(300))) as fake:
        keys = [fake.key_of(row) for row in fake.rows]
        with opened(fake) as server:
            assert len(list(server.read(keys))) == 300
            server.list_all()
            assert len(list(server.read(keys))) == 300
        assert max(len(request.target) for request in fake.requests) < 4000
