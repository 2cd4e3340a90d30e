"""Every language says all there is to say, and no catalog says anything else or breaks a sentence."""

import datetime
import re

import pytest

from pipeline.contract import load_contract
from pipeline.errors import UsageError
from pipeline.language import languages_of, list_languages, load_language, read_catalog
from pipeline.messages import collect_messages
from pipeline.templates import environment_of

OTHERS = [code for code in list_languages() if code != "en"]
SCRIPTS = {
    "bn": "\u0980-\u09ff",
    "hi": "\u0900-\u097f",
    "or": "\u0b00-\u0b7f",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
}


@pytest.fixture(scope="module")
def wanted() -> set[tuple[str | None, str]]:
    return {(message.context, message.id) for message in collect_messages(load_contract()) if message.id}


def messages_of(code: str):
    return [message for message in read_catalog(code) if message.id]


def test_the_languages_are_those_of_the_collectives():
    spoken = {code.details["language"] for code in load_contract().code_lists["collectives"].codes.values()}
    assert set(OTHERS) == spoken == set(SCRIPTS)


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalog_has_every_message_and_no_other(code, wanted):
    found = messages_of(code)
    assert {(message.context, message.id) for message in found} == wanted
    assert not [message.id for message in found if not message.string or message.fuzzy]


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_keeps_every_placeholder_and_brings_no_markup(code):
    for message in messages_of(code):
        names = [sorted(re.findall(r"\{\w*\}", text)) for text in (message.id, message.string)]
        assert names[0] == names[1], message.id
        assert not re.search(
            r"[<>&]", message.string.replace("&", "") if "&" in message.id else message.string
        )


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_is_in_the_script_of_its_language_with_latin_digits(code):
    strange = "".join(letters for other, letters in SCRIPTS.items() if other != code)
    for message in messages_of(code):
        # The danda belongs to all of them.
        text = re.sub("[\u0964\u0965]", "", message.string)
        assert not re.search("[०-९০-৯୦-୯௦-௯౦-౯]", text), message.id
        assert not re.search(f"[{strange}]", text), message.id


@pytest.mark.parametrize("code", OTHERS)
def test_nearly_all_is_translated_and_not_left_in_english(code):
    left = [
        message.id
        for message in messages_of(code)
        if message.id == message.string and re.search("[a-z]{3}", message.id)
    ]
    assert len(left) <= 12, left


@pytest.mark.parametrize("code", list_languages())
def test_months_and_days_are_said_in_every_language(code):
    language = load_language(code)
    assert "2026" in language.say_period("2026-10")
    assert "2026" in language.say_period("2026-Q4")
    assert language.say_period("2026") != language.say_period("2026-10")
    assert language.say_day(datetime.date(2026, 11, 10)).count("10") == 1


def test_every_place_has_english_and_one_language_that_is_official_there():
    contract = load_contract()
    assert languages_of("IN", contract) == ("en", "hi")
    spoken = {place: languages_of(place, contract)[1] for place in contract.code_lists["states"].codes}
    assert spoken["IN-WB"] == "bn"
    assert spoken["IN-OD"] == "or"
    assert spoken["IN-TN"] == spoken["IN-PY"] == "ta"
    assert spoken["IN-AP"] == spoken["IN-TS"] == "te"
    assert spoken["IN-AS"] == spoken["IN-TR"] == "bn"
    # No catalog is there for the languages of Kerala.
    assert spoken["IN-KL"] == "hi"


def test_a_language_without_a_catalog_is_refused():
    with pytest.raises(UsageError, match="no catalog"):
        load_language("xx")


def test_a_value_that_is_put_into_a_sentence_is_escaped():
    place = "<script>alert(1)</script>"
    page = (
        environment_of("en")
        .from_string('{{ say("No figure of {place} changed.", place=place) }}')
        .render(place=place)
    )
    assert page == "No figure of &lt;script&gt;alert(1)&lt;/script&gt; changed."
