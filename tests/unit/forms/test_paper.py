"""The form on paper: every question and code once, safety first, a strip to tear off, readable in every language."""

import io
import re

import pikepdf
import pytest
from lxml import html

from pipeline.contract import load_contract
from pipeline.forms import safety
from pipeline.forms.paper import print_districts, print_form, render_districts, render_form
from pipeline.language import list_languages, load_language
from pipeline.report.printing import print_page
from pipeline.templates import TEMPLATES

CONTRACT = load_contract()
A4 = (595, 842)


@pytest.fixture(scope="module", params=list_languages())
def language(request):
    return load_language(request.param)


@pytest.fixture(scope="module")
def page(language):
    return html.fromstring(render_form(CONTRACT, language))


@pytest.fixture(scope="module")
def districts(language):
    return html.fromstring(render_districts(CONTRACT, language))


@pytest.fixture(scope="module")
def printed(language) -> bytes:
    return print_form(CONTRACT, language)


def select(element, path: str) -> list:
    """Return what lies in an element under a path of tags and `.classes`."""
    has_class = "*[contains(concat(' ', @class, ' '), ' {} ')]"
    steps = [has_class.format(step[1:]) if step.startswith(".") else step for step in path.split()]
    return element.xpath("." + "".join(f"//{step}" for step in steps))


def texts(element, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in select(element, path)]


def test_every_field_is_asked_once_part_by_part_and_numbered_in_turn(page):
    asked = texts(page, "h3 code")
    assert sorted(asked) == sorted(CONTRACT.fields)
    parts = [CONTRACT.fields[name].section for name in asked]
    assert [part for place, part in enumerate(parts) if part not in parts[:place]] == list(CONTRACT.sections)
    assert parts == sorted(parts, key=list(CONTRACT.sections).index)
    assert texts(page, ".place") == [f"{number}." for number in range(1, len(asked) + 1)]


def test_safety_and_helplines_come_first_and_consent_before_any_other_question(page, language):
    before = select(page, "section")[0].xpath("preceding-sibling::*")
    said = " ".join(" ".join(element.text_content().split()) for element in before)
    assert all(language.translate(sentence) in said for sentence in (*safety.ON_PAPER, *safety.HELP))
    assert texts(page, "h3 code")[0] == "consent_statistics"


def test_boxes_have_the_labels_and_codes_of_the_contract(page, language):
    for question in select(page, ".question"):
        (name,) = texts(question, "h3 code")
        field = CONTRACT.fields[name]
        codes = CONTRACT.codes_of(name) if field.code_list and name != "district" else None
        expected = [f"{language.label(codes, code)} {code}" for code in codes.codes] if codes else []
        assert texts(question, ".boxes li") == expected
        assert len(select(question, ".box")) == len(expected)


def test_required_questions_are_starred_and_no_others(page):
    starred = [select(found, "code")[0].text for found in select(page, "h3") if "*" in found.text_content()]
    assert set(starred) == {name for name, field in CONTRACT.fields.items() if field.required}


def test_dates_have_boxes_for_day_month_and_year(page):
    for question in select(page, ".question"):
        kind = CONTRACT.fields[texts(question, "h3 code")[0]].kind
        dated = [len(select(part, ".digit")) for part in select(question, ".date")]
        assert dated == ([2, 2, 4] if kind in {"date", "partial_date"} else [])


def test_every_question_that_is_not_ticked_or_dated_has_room_to_write(page):
    for question in select(page, ".question"):
        answers = [*select(question, ".box"), *select(question, ".date"), *select(question, ".write")]
        assert answers, texts(question, "h3 code")


def test_the_number_stands_on_the_form_and_on_the_strip(page, language):
    number = language.translate(CONTRACT.fields["report_id"].question)
    (strip,) = select(page, ".tear")
    assert number in strip.text_content()
    assert language.translate(safety.TEAR_OFF) in strip.text_content()
    assert strip.getnext() is None
    # Whoever finds the strip learns nothing from it.
    assert not re.search(r"report_id|[A-Z_]{4,}", strip.text_content())


def test_a_translation_that_nobody_has_read_says_so(page, language):
    assert bool(select(page, ".unread")) == (not language.reviewed)


def test_every_district_that_still_is_stands_once_under_its_state(districts, language):
    states = CONTRACT.code_lists["states"]
    listed = {}
    for section in select(districts, ".state"):
        (state,) = texts(section, "h2 code")
        assert texts(section, "h2") == [f"{language.label(states, state)} {state}"]
        listed |= dict.fromkeys(texts(section, "li code"), state)
    assert listed == {
        code.code: code.within
        for code in CONTRACT.code_lists["districts"].codes.values()
        if code.valid_to is None
    }


def test_the_form_prints_on_a4_in_every_language_tagged_and_neutrally_titled(printed, language):
    pdf = pikepdf.open(io.BytesIO(printed))
    assert {tuple(round(float(side)) for side in one.mediabox[2:]) for one in pdf.pages} == {A4}
    assert str(pdf.Root.Lang) == language.code
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.docinfo.Title) == language.translate(safety.TITLE)


def test_the_strip_is_on_a_sheet_whose_back_is_blank(printed):
    assert len(pikepdf.open(io.BytesIO(printed)).pages) % 2 == 1


def test_the_form_prints_the_same_each_time(printed, language):
    assert print_page(render_form(CONTRACT, language), TEMPLATES) == printed


def test_the_districts_print_the_same_each_time():
    english = load_language("en")
    assert print_districts(CONTRACT, english) == print_districts(CONTRACT, english)
