"""The form for phones: whole in every language, neutral to the eye, valid, and the same each time."""

import hashlib
import io
import re
import subprocess
import sys

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from lxml import etree
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH

from pipeline.contract import load_contract
from pipeline.errors import JawabdehiError
from pipeline.forms import xlsform as module
from pipeline.forms.asking import OWN_CHOICES, Line
from pipeline.forms.checks import DAY_OR_MONTH
from pipeline.forms.questions import list_fields, list_lines, list_own_questions
from pipeline.forms.sentences import Sentence
from pipeline.forms.xlsform import lay_out, write_xform
from pipeline.language import list_languages, load_language, read_catalog
from pipeline.settings import CHECKOUT

from .conftest import find_java

CONTRACT = load_contract()
OTHERS = [code for code in list_languages() if code != "en"]
SPOKEN = ("label", "hint", "required_message", "constraint_message")
TELLING = re.compile(
    r"report|incident|violence|traffick|surviv|victim|abuse|police|refus|rights|account|jawab|complain",
    re.IGNORECASE,
)
"""Words that would tell somebody who looks at the phone what the form is about."""


@pytest.fixture(scope="module")
def sheets(xlsform) -> dict[str, pl.DataFrame]:
    """The cells of the workbook as a spreadsheet reads them, all as text, blank ones null."""
    book = fastexcel.read_excel(xlsform)
    return {name: book.load_sheet(name, dtypes="string").to_polars() for name in book.sheet_names}


def heading(column: str, code: str) -> str:
    return f"{column}::{load_language(code).name} ({code})"


def test_the_form_has_the_six_languages_and_opens_in_english(sheets):
    assert list_languages() == ("en", "bn", "hi", "or", "ta", "te")
    spoken = {name for name in sheets["survey"].columns if name.startswith("label::")}
    assert spoken == {heading("label", code) for code in list_languages()}
    assert sheets["settings"]["default_language"].to_list() == ["English (en)"]


def test_every_cell_that_english_has_is_filled_in_every_language(sheets):
    columns = [("survey", column) for column in SPOKEN] + [("choices", "label")]
    for sheet, column in columns:
        frame = sheets[sheet]
        english = frame[heading(column, "en")]
        assert english.null_count() < frame.height
        for code in OTHERS:
            other = frame[heading(column, code)]
            assert other.is_null().to_list() == english.is_null().to_list(), (sheet, column, code)
            assert not other.drop_nulls().str.strip_chars().is_in(["", "-"]).any()


def test_every_question_and_choice_has_a_label(sheets):
    survey = sheets["survey"].filter(~pl.col("type").is_in(["end_group", "calculate"]))
    unlabelled = survey.filter(pl.col(heading("label", "en")).is_null())["name"].to_list()
    assert unlabelled == ["before"], "the group around the first questions has no title that could tell"
    assert sheets["choices"][heading("label", "en")].null_count() == 0


def find_context(sheet: str, row: dict[str, str | None]) -> str | None:
    """Return under which context of the catalogs the label of a line or choice stands."""
    if sheet == "choices":
        return None if row["list_name"] in OWN_CHOICES else row["list_name"]
    if row["name"] in DAY_OR_MONTH["incident_date"]:
        return "fields"
    return "sections" if row["type"] == "begin_group" else None


def split(cell: str) -> list[str]:
    """Return the sentences of a cell."""
    return re.split(r"\n\n|(?<=[.!?]) ", cell)


@pytest.mark.parametrize("code", OTHERS)
def test_no_language_has_the_english_words_where_its_catalog_has_its_own(sheets, code):
    catalog = {
        (message.context, message.id): message.string
        for message in read_catalog(code)
        if message.id and message.string and message.id != message.string
    }
    for sheet, column in [("survey", column) for column in SPOKEN] + [("choices", "label")]:
        for row in sheets[sheet].iter_rows(named=True):
            english, said = row[heading(column, "en")], row[heading(column, code)]
            context = find_context(sheet, row) if column == "label" else None
            if (context, english) in catalog:
                assert said == catalog[context, english]
            elif english and context is None and any((None, part) in catalog for part in split(english)):
                assert said != english


def test_a_language_that_lacks_a_cell_is_an_error_and_no_dash(monkeypatch):
    blank = Line("note", "hole", label=(Sentence("There is no such sentence."),))
    monkeypatch.setattr(module, "list_lines", lambda _contract: [blank])
    monkeypatch.setattr(Sentence, "say_in", lambda _sentence, language: "" if language.code == "te" else "x")
    with pytest.raises(JawabdehiError, match="blank in a language"):
        lay_out(CONTRACT)


def test_nothing_tells_from_outside_what_the_form_is_about(sheets):
    settings = sheets["settings"].row(0, named=True)
    assert not TELLING.search(f"{settings['form_title']} {settings['form_id']}")
    (first,) = sheets["survey"].filter(pl.col("name") == "help")[heading("label", "en")]
    assert not TELLING.search(first.replace("police", ""))


def test_every_field_of_the_contract_is_asked_once(sheets):
    names = sheets["survey"].filter(~pl.col("type").is_in(["begin_group", "end_group"]))["name"].to_list()
    assert len(names) == len(set(names))
    assert set(names) == {*CONTRACT.fields, *list_own_questions(CONTRACT)}
    assert not set(CONTRACT.fields) & set(list_own_questions(CONTRACT))


def test_parts_stand_in_the_order_of_the_contract_and_consent_is_asked_first_of_all(sheets):
    names = sheets["survey"]["name"].to_list()
    assert [name for name in names if name in CONTRACT.sections][::2] == list(CONTRACT.sections)
    asked = [name for name in names if name in CONTRACT.fields]
    assert asked[:2] == ["action", "consent_statistics"]
    in_parts = [field.name for part in CONTRACT.sections for field in list_fields(part, CONTRACT)]
    assert asked[1:] == [name for name in in_parts if name != "action"]


def test_questions_and_hints_are_those_of_the_contract(sheets):
    survey = {row["name"]: row for row in sheets["survey"].iter_rows(named=True)}
    for field in CONTRACT.fields.values():
        asked = survey["incident_day_known" if field.name == "incident_date" else field.name]
        assert asked[heading("label", "en")] == field.question
        assert (asked[heading("hint", "en")] or "") == field.hint


def test_the_question_for_a_narrative_forbids_names_and_numbers(sheets):
    (hint,) = sheets["survey"].filter(pl.col("name") == "narrative")[heading("hint", "en")]
    assert all(word in hint for word in ("No names", "phone numbers", "addresses", "case numbers"))


def test_choices_are_the_codes_of_the_contract_but_for_districts_that_are_no_more(sheets):
    for name in {field.code_list for field in CONTRACT.fields.values() if field.code_list}:
        offered = sheets["choices"].filter(pl.col("list_name") == name)
        codes = CONTRACT.code_lists[name].codes.values()
        assert offered["name"].to_list() == [code.code for code in codes if code.valid_to is None]
        assert offered["state"].to_list() == [code.within for code in codes if code.valid_to is None]


def test_helplines_and_the_question_whether_it_is_safe_come_before_all_else():
    lines = list_lines(CONTRACT)
    assert [line.name for line in lines[:3]] == ["before", "help", "safe_now"]
    said = " ".join(sentence.text for sentence in lines[1].label)
    assert all(number in said for number in ("112", "181", "1098", "15100"))
    assert "back button" in lines[2].hint[0].text


def test_every_part_after_consent_can_be_stopped_before(sheets):
    names = sheets["survey"]["name"].to_list()
    for part in list(CONTRACT.sections)[1:]:
        assert names[names.index(part) - 1] == f"stop_before_{part}"
        (required,) = sheets["survey"].filter(pl.col("name") == f"stop_before_{part}")["required"]
        assert required is None


def test_the_xform_is_valid_to_odk_validate(xform, tmp_path):
    (tmp_path / "form.xml").write_bytes(xform)
    command = [find_java(), "-Djava.awt.headless=true", "-jar", ODK_VALIDATE_PATH, tmp_path / "form.xml"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Xform is valid!" in run.stdout + run.stderr
    assert "warn" not in (run.stdout + run.stderr).lower()


def test_the_xform_says_in_every_language_what_the_workbook_says_and_nowhere_a_dash(xform, sheets):
    spaces = {"x": "http://www.w3.org/2002/xforms"}
    translations = etree.fromstring(xform).findall(".//x:itext/x:translation", spaces)
    assert {each.get("lang") for each in translations} == {
        heading("", code).removeprefix("::") for code in list_languages()
    }
    (names,) = {frozenset(text.get("id") for text in each.findall("x:text", spaces)) for each in translations}
    assert len(names) > sheets["choices"].height
    for each in translations:
        for value in each.findall("x:text/x:value", spaces):
            assert (
                "".join(value.itertext()).strip() not in {"", "-"}
                or value.find("x:output", spaces) is not None
            )


def test_the_same_form_has_the_same_bytes_in_another_process(xlsform, xform):
    program = (
        "import hashlib; from pipeline.contract import load_contract\n"
        "from pipeline.forms.xlsform import write_xform, write_xlsform\n"
        "book = write_xlsform(load_contract())\n"
        "print(hashlib.sha256(book).hexdigest(), hashlib.sha256(write_xform(book)).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=CHECKOUT,
        env={"PYTHONHASHSEED": "7", "TZ": "America/Lima"},
    )
    assert run.stdout.split() == [hashlib.sha256(content).hexdigest() for content in (xlsform, xform)]


def test_another_form_has_another_version(monkeypatch, sheets):
    lines = list_lines(CONTRACT)
    monkeypatch.setattr(module, "list_lines", lambda _contract: lines[1:])
    changed = dict(zip(*lay_out(CONTRACT)["settings"], strict=True))
    assert changed["version"] != sheets["settings"]["version"].item()


def write_workbook(*rows: list[str]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("survey")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return content.getvalue()


@pytest.mark.parametrize(
    "workbook",
    [
        write_workbook(["type", "name", "label"], ["text", "a", ""]),
        write_workbook(["type", "name", "label::A language without a code"], ["text", "a", "What?"]),
    ],
    ids=["wrong", "doubtful"],
)
def test_a_form_that_pyxform_has_anything_against_is_not_made(workbook):
    with pytest.raises(JawabdehiError, match="pyxform cannot use"):
        write_xform(workbook)


def test_the_workbook_says_nothing_of_who_made_it(xlsform):
    properties = io.BytesIO(xlsform).getvalue()
    assert b"<dc:creator></dc:creator>" in properties
    assert b"2026-01-01T00:00:00Z" in properties
