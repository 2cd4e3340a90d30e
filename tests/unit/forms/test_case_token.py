"""Case tokens are always the same, and a slip of the pen is found; the page is whole and asks for nothing."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import re
import string
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from stdnum import damm

from pipeline.contract import load_contract
from pipeline.errors import UsageError
from pipeline.forms.case_token import write_case_token_page
from pipeline.forms.case_token_sentences import SENTENCES
from pipeline.language import list_languages, load_language
from pipeline.tokens import check_token, make_sign, make_token, normalise

SECRET = "lamp river goat seven"
HEXADECIMAL = "0123456789ABCDEF"
TAIL = "0F1E2D3C4B5A69788796A5B4C3D2E"

digits_32 = st.text(HEXADECIMAL, min_size=32, max_size=32)

ALIKE = [
    ("Case 7", "case 7"),
    ("Case 7", "  CASE\u00a0\t7 "),
    ("case 7", "case ७"),
    ("৭", "7"),
    ("୭", "7"),
    ("௭", "7"),
    ("౭", "7"),
    ("ＡＢ７", "ab7"),
    ("\u095c", "\u0921\u093c"),
    ("\u09cb", "\u09c7\u09be"),
    ("\u0bca", "\u0bc6\u0bbe"),
    ("क्\u200dष", "क्ष"),
    ("a\u200bb\ufeff", "ab"),
    ("straße", "STRASSE"),
    ("straße", "STRAẞE"),
]

EXTERNAL = ("src", "href", "srcset", "action", "formaction", "poster", "data", "background", "ping", "cite")
"""Attributes by which a page names something outside of itself."""

REACHING_OUT = (
    *(
        "://",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "EventSource",
        "sendBeacon",
        "importScripts",
        "import(",
    ),
    *(
        "Worker",
        "RTCPeerConnection",
        "new Image",
        "url(",
        "@import",
        "@font-face",
        "postMessage",
        "window.open",
    ),
)
KEEPING = (
    "localStorage",
    "sessionStorage",
    "indexedDB",
    "cookie",
    "caches",
    "location",
    "history",
    "window.name",
)
"""Words of a program that sends, and of one that keeps."""


def complete(digits: str) -> str:
    """Put the one digit behind `digits` with which they are a token."""
    (token,) = [digits + digit for digit in HEXADECIMAL if check_token(digits + digit)]
    return token


@pytest.fixture(scope="module")
def content() -> bytes:
    return write_case_token_page()


@pytest.fixture(scope="module")
def page(content):
    return html.document_fromstring(content.decode())


@pytest.fixture(scope="module")
def told(page):
    """What the page tells its script."""
    line = page.xpath("//script")[0].text.partition("\n")[0]
    return json.loads(line.removeprefix("const PAGE = ").removesuffix(";"))


def test_a_token_is_a_keyed_hash_under_a_stretched_secret():
    key = hashlib.pbkdf2_hmac("sha256", SECRET.encode(), b"jawabdehi/case-token/v1/UTTHAN", 600_000)
    token = make_token("Case 7", SECRET, "UTTHAN")
    assert token[:32] == hmac.new(key, b"case 7", hashlib.sha256).hexdigest()[:32].upper()
    assert make_sign(SECRET, "UTTHAN") == hmac.new(key, b"\nsign", hashlib.sha256).hexdigest()[:2].upper()


def test_a_token_stays_what_it_was_when_collectives_began_to_make_them():
    assert make_token("Case 7", SECRET, "UTTHAN") == "DE58F8B1BE8F36AD20569EECDB8BB27D2"
    assert make_token("মামলা ৭", "নদী আম চাঁদ ঘর", "BIJOYINI") == "C6ACAEFCB278F8E5B95F1FFF9C136F8BE"


def test_a_token_has_33_digits_that_the_contract_takes():
    token = make_token("7", SECRET, "UTTHAN")
    assert len(token) == 33
    assert check_token(token)
    assert re.fullmatch(load_contract().fields["case_token"].pattern, token)


def test_other_choices_secrets_and_collectives_give_other_tokens():
    tokens = {
        make_token("7", SECRET, "UTTHAN"),
        make_token("8", SECRET, "UTTHAN"),
        make_token("7", f"{SECRET}s", "UTTHAN"),
        make_token("7", SECRET, "VIJETA"),
    }
    assert len(tokens) == 4
    assert make_sign(SECRET, "UTTHAN") != make_sign(SECRET, "VIJETA")


def test_a_secret_typed_with_a_capital_letter_is_the_same_secret():
    assert make_token("7", "Lamp river  goat seven", "UTTHAN") == make_token("7", SECRET, "UTTHAN")


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_reads_the_same_is_the_same_choice(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"), [("7", "07"), ("a-7", "a7"), ("1 2", "12"), ("क", "ख"), ("7/26", "7-26")]
)
def test_what_reads_differently_is_another_choice(one, other):
    assert normalise(one) != normalise(other)


@given(st.text())
def test_what_is_normalised_stays_as_it_is(text):
    once = normalise(text)
    assert normalise(once) == once
    assert once.split(" ") == once.split() or not once
    assert "\n" not in once


def test_digits_of_the_scripts_of_the_catalogs_become_ascii():
    scripts = ("DEVANAGARI", "BENGALI", "ORIYA", "TAMIL", "TELUGU")
    for digit, script in itertools.product(range(10), scripts):
        names = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
        assert normalise(unicodedata.lookup(f"{script} DIGIT {names[digit]}")) == str(digit)


@pytest.mark.parametrize("choice", ["", " \u00a0\u200b"])
def test_nothing_gives_no_token(choice):
    with pytest.raises(UsageError, match="made of nothing"):
        make_token(choice, SECRET, "UTTHAN")


@pytest.mark.parametrize(
    "make", [lambda secret: make_token("7", secret, "UTTHAN"), lambda secret: make_sign(secret, "UTTHAN")]
)
def test_a_short_secret_is_refused_without_being_repeated(make):
    with pytest.raises(UsageError, match="at least 12 characters") as refused:
        make("  kalighoda 7 \u200b\u200b")
    assert "kali" not in str(refused.value)


@given(digits_32)
def test_exactly_one_digit_completes_a_token(digits):
    complete(digits)


@given(digits_32)
def test_no_single_wrong_digit_passes(digits):
    token = complete(digits)
    for place, wrong in itertools.product(range(33), HEXADECIMAL):
        typed = token[:place] + wrong + token[place + 1 :]
        assert check_token(typed) == (typed == token)


@given(digits_32)
def test_no_swap_of_neighbours_passes(digits):
    token = complete(digits)
    for place in range(32):
        swapped = token[:place] + token[place + 1] + token[place] + token[place + 2 :]
        assert check_token(swapped) == (swapped == token)


def test_no_pair_of_neighbours_can_be_swapped_whatever_comes_before():
    # What comes before matters only by one of 16 states, which one digit brings about; what comes after leads states
    # that differ to checks that differ, or a single wrong digit could pass.
    for before, one, other in itertools.product(HEXADECIMAL, repeat=3):
        token = complete(before + one + other + TAIL)
        assert check_token(before + other + one + token[3:]) == (one == other)


@given(st.text(string.digits, min_size=32, max_size=32))
def test_the_check_is_that_of_damm(digits):
    powers = [1, 2, 4, 8, 3, 6, 12, 11, 5, 10, 7, 14, 15, 13, 9]
    doubled = {0: 0} | {power: powers[(at + 1) % 15] for at, power in enumerate(powers)}
    table = tuple(tuple(doubled[row ^ column] for column in range(16)) for row in range(16))
    assert complete(digits)[-1] == f"{damm.checksum(digits, table):X}"


def test_a_token_from_paper_may_be_typed_in_groups_small_letters_or_native_digits():
    token = make_token("7", SECRET, "UTTHAN")
    assert check_token(" ".join(re.findall(".{1,4}", token)))
    assert check_token("-".join(re.findall(".{1,4}", token.lower())))
    assert check_token(token.translate({ord(digit): chr(0x09E6 + int(digit)) for digit in string.digits}))


@pytest.mark.parametrize(
    "wrong", ["", "0" * 32, "0" * 34, "0" * 32 + "G", "0" * 32 + "O", "+" + "0" * 32, "0" * 32 + "²²"]
)
def test_what_is_no_token_never_passes(wrong):
    assert not check_token(wrong)


def test_a_token_of_noughts_passes_though_nobody_makes_it():
    assert check_token("0" * 33)


def test_the_page_is_the_same_bytes_each_time_and_small(content):
    program = (
        "import sys; from pipeline.forms.case_token import write_case_token_page as write; "
        "sys.stdout.buffer.write(write())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    again = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert again.stdout == content
    assert len(content) < 150_000


def test_the_policy_lets_in_the_one_script_and_the_one_style_and_nothing_else(page):
    def source(element) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()}'"

    (script,), (style,) = page.iter("script"), page.iter("style")
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert dict(part.split(" ", 1) for part in policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": source(script),
        "style-src": source(style),
        "connect-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
    }
    first = page.xpath("//*[self::style or self::script or @http-equiv]")[0]
    assert first.get("http-equiv") == "Content-Security-Policy"


def test_the_page_names_nothing_outside_of_itself(content, page):
    for element in page.iter():
        named = {name for name in element.attrib if name in EXTERNAL or name.startswith(("on", "xlink"))}
        assert not named, element.tag
        assert element.tag not in {
            "link",
            "base",
            "a",
            "img",
            "iframe",
            "object",
            "embed",
            "form",
            "svg",
            "video",
        }
    for word in REACHING_OUT:
        assert word not in content.decode(), word


def test_the_script_knows_no_place_where_it_could_keep_anything(page):
    (script,) = page.iter("script")
    for word in KEEPING:
        assert word not in script.text, word
    # A search for words that could not occur would hold for every page.
    assert all(word in script.text for word in ("clipboard", "crypto", "pagehide"))


def test_no_field_has_a_name_or_is_filled_in_corrected_or_spell_checked(page):
    fields = page.xpath("//input[not(@type='checkbox')] | //textarea")
    assert {field.get("id") for field in fields} == {"one-time-secret", "choice", "paper"}
    for field in fields:
        assert (field.get("autocomplete"), field.get("autocorrect"), field.get("spellcheck")) == (
            "off",
            "off",
            "false",
        )
    assert not page.xpath("//*[self::input or self::select or self::textarea or self::button]/@name")


def test_every_collective_of_the_contract_can_be_chosen(page):
    offered = page.xpath("//select/option[@value!='']")
    known = load_contract().code_lists["collectives"].codes
    assert {option.get("value"): option.text for option in offered} == {
        code: each.label for code, each in known.items()
    }


def test_the_page_says_every_sentence_and_no_other(page, told):
    program = page.xpath("//script")[0].text.partition(";\n")[2]
    said = set(page.xpath("//@data-say | //@data-say-label"))
    said |= set(re.findall(r'(?:tell|refuse)\((?:\w+, )?"[\w-]+", "(\w+)"', program))
    # What is said where no script runs stands in the page in all languages.
    assert said | {"no_script"} == set(SENTENCES)
    assert len(page.xpath("//noscript/p/@lang")) == len(told["texts"])


def test_the_page_has_the_sentences_of_all_catalogs(told):
    assert told["texts"] == {
        code: {
            key: load_language(code).say_marked(sentence, least=12, length=33, count="{count}")
            for key, sentence in SENTENCES.items()
        }
        for code in list_languages()
    }


def test_the_page_tells_which_translations_nobody_has_read(told):
    assert told["unread"] == [code for code in list_languages() if not load_language(code).reviewed]
