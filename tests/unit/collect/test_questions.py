"""What gets out of a filled form: answers to the contract's questions, names of others, and nobody's identity."""

import copy
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipeline.collect.questions import QuestionReader
from pipeline.contract import load_contract
from pipeline.errors import JawabdehiError
from tests.fakes.answers import PLANTED
from tests.fakes.kobo import FakeKobo
from tests.fakes.serving import broken_json, status
from tests.unit.collect.mirror import FAKES, Fake, opened, report, show

READER = QuestionReader("made_up", frozenset(load_contract().fields))


@pytest.mark.parametrize(
    ("form", "answers", "others"),
    [
        ({"what/where/office": "Model Thana"}, {"office": "Model Thana"}, ()),
        ({"what": {"where": {"office": "Model Thana"}}}, {"office": "Model Thana"}, ()),
        ({"office": "  ", "visits": None, "narrative": ""}, {}, ()),
        ({"office": " as it is\n"}, {"office": " as it is\n"}, ()),
        ({"visits": 0, "amount_demanded": "2.50", "times_recounted": True}, None, ()),
        ({"incident_kinds": "DELAY BRIBE"}, {"incident_kinds": "DELAY BRIBE"}, ()),
        ({"b/z": "1", "a": "2", "c/a": "3", "blank": "", "gone": None}, {}, ("a", "z")),
        ({"resolution": {"resolution": "open"}}, {"resolution": "open"}, ()),
        ({"_group/office": "Model Thana", "group/_hidden": "x"}, {"office": "Model Thana"}, ()),
        ({"meta": {"office": "x"}, "meta/instanceName": "x", "formhub/uuid": "x"}, {}, ()),
        ({"where": {"type": "Point", "coordinates": [1, 2]}}, {}, ("where",)),
        ({"pets": [{"pets/name": "x", "pets/age": ""}], "pets@odata.navigationLink": "x"}, {}, ("name",)),
        ({"odd": [1, 2]}, {}, ("odd",)),
        ({"empty": []}, {}, ()),
    ],
)
def test_answers_are_known_by_the_last_part_of_their_path(
    form: Mapping[str, Any], answers: dict[str, str] | None, others: tuple[str, ...]
) -> None:
    if answers is None:
        answers = {"visits": "0", "amount_demanded": "2.50", "times_recounted": "true"}
    assert READER.read(form) == (answers, others)


@pytest.mark.parametrize(
    ("form", "trouble"),
    [
        ({"a/office": "made-up", "b/office": "made-up"}, "asks office in two places"),
        ({"a": {"office": "made-up"}, "b": {"office": None}}, "asks office in two places"),
        ({"visit": [{"visit/office": "made-up"}]}, "asks office in a repeat"),
        ({"visit": [{"office": None}]}, "asks office in a repeat"),
        ({"office": {"type": "Point", "coordinates": [1, 2]}}, "asks office for something else than text"),
        ({"office": ["made-up"]}, "asks office for something else than text"),
    ],
)
def test_a_form_that_asks_a_question_of_the_contract_wrongly_is_an_error(
    form: Mapping[str, Any], trouble: str
) -> None:
    with pytest.raises(JawabdehiError, match=f"The form of the source made_up {trouble}") as caught:
        READER.read(form)
    assert "made-up" not in str(caught.value)


IDENTIFYING = {
    "deviceid": PLANTED["device"],
    "username": PLANTED["submitter"],
    "about/their_own_question": PLANTED["answer"],
    "about/photograph": PLANTED["attachment"],
    "about/where": PLANTED["place"],
}


def list_secrets(fake: Fake) -> list[str]:
    if isinstance(fake, FakeKobo):
        return [*PLANTED.values(), fake.token]
    return [*PLANTED.values(), fake.email, fake.password, "made-up-session"]


@pytest.mark.parametrize("kind", FAKES)
def test_nothing_that_identifies_gets_out(kind: str) -> None:
    with FAKES[kind]() as fake:
        keys = [fake.add(report(number), extra=IDENTIFYING) for number in range(3)]
        with opened(fake) as server:
            batches = list(server.read_since(None))
            shown = show([batches, server.list_all(), list(server.read(keys)), server])
        names = ("deviceid", "photograph", "their_own_question", "username", "where")
        assert {submission.others for batch in batches for submission in batch.submissions} == {names}
        assert "Model Thana No. 3" in shown
        assert [secret for secret in list_secrets(fake) if secret in shown] == []


def break_answer(fake: Fake, key: str) -> None:
    fake.fail(*[broken_json] * 9)


def ask_twice(fake: Fake, key: str) -> None:
    fake.add(report(7), extra=IDENTIFYING | {"a/office": PLANTED["answer"]})


def encrypt(fake: Fake, key: str) -> None:
    fake.encrypt(key)


def refuse(fake: Fake, key: str) -> None:
    fake.fail(status(403, {"detail": PLANTED["answer"]}))


@pytest.mark.parametrize("kind", FAKES)
@pytest.mark.parametrize("spoil", [break_answer, ask_twice, encrypt, refuse])
def test_no_error_tells_of_an_answer_or_a_credential(kind: str, spoil: Callable[[Fake, str], None]) -> None:
    with FAKES[kind]() as fake:
        key = fake.add(report(1), extra=IDENTIFYING)
        with opened(fake) as server:
            server.list_all()
            spoil(fake, key)
            with pytest.raises(JawabdehiError) as caught:
                list(server.read_since(None))
        shown = repr(caught.value) + "".join(traceback.format_exception(caught.value))
        assert "made_up" in shown
        assert [secret for secret in [*list_secrets(fake), "Model Thana", key] if secret in shown] == []


@pytest.mark.parametrize("kind", FAKES)
def test_no_two_submissions_share_what_can_be_changed(kind: str) -> None:
    with FAKES[kind](*map(report, range(4))) as fake, opened(fake) as server:
        (batch,) = server.read_since(None)
        listed = server.list_all()
        again = list(server.read(listed))
        kept = copy.deepcopy([batch, again, dict(listed)])
        for submission in batch.submissions[1:]:
            submission.answers.clear()
        listed.clear()
        assert batch.submissions[0] == kept[0].submissions[0]
        assert again == kept[1]
        assert dict(server.list_all()) == kept[2]
        assert len({id(each.answers) for each in (*batch.submissions, *again)}) == 8
