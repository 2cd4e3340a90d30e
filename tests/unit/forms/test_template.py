"""The data template: what it shows, what it lets people enter, and that the pipeline reads it as it was meant."""

import csv
import datetime
import functools
import gettext
import io
import re
import warnings
import zipfile

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from pipeline.contract import load_contract
from pipeline.errors import ReturnRejectedError
from pipeline.forms.safety import HELP
from pipeline.forms.template import PREPARED_ROWS, write_template
from pipeline.forms.workbook.entries import longest_text, read_pattern, shorten
from pipeline.forms.workbook.example import EXAMPLES
from pipeline.forms.workbook.lists import place_lists
from pipeline.jobs.examination import Examination, examine_return
from pipeline.language import Language, list_languages, load_language
from pipeline.messages import collect_messages
from pipeline.reading.headings import recognise
from tests.unit.forms.made_up_rows import (
    FIRST_ROW,
    Chooser,
    checks_of,
    fill_template,
    items_of,
    offered_items,
    withdraw,
)

CONTRACT = load_contract()
FIELDS = CONTRACT.fields
LANGUAGES = list_languages()
RECEIVED_ON = datetime.date(2026, 11, 5)
DISTRICTS = CONTRACT.code_lists["districts"]


@functools.cache
def template(code: str) -> bytes:
    return write_template(CONTRACT, load_language(code))


def open_book(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def examine(content: bytes, extension: str = "xlsx") -> Examination:
    return examine_return(content, extension, CONTRACT, received_on=RECEIVED_ON)


def column_of(name: str) -> str:
    return get_column_letter(list(FIELDS).index(name) + 1)


class Marked(gettext.NullTranslations):
    """Translates by putting a sign before each message, and remembers what was asked for."""

    def __init__(self, times: int = 1) -> None:
        super().__init__()
        self.asked: set[tuple[str | None, str]] = set()
        self._times = times

    def gettext(self, message: str) -> str:
        self.asked.add((None, message))
        return " ".join([f"¤{message}"] * self._times)

    def pgettext(self, context: str, message: str) -> str:
        self.asked.add((context, message))
        return " ".join([f"¤{message}"] * self._times)


# --- what it shows


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_same_contract_and_catalog_give_the_same_bytes_without_compression(code):
    content = write_template(CONTRACT, load_language(code))
    assert content == template(code)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert {(part.compress_type, part.date_time) for part in book.infolist()} == {
            (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))
        }


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_tells_who_made_it(code):
    properties = open_book(template(code)).properties
    assert not properties.creator
    assert not properties.lastModifiedBy
    # Shown by a phone in its list of files.
    assert properties.title == load_language(code).translate("Monthly register")
    assert properties.created == properties.modified == datetime.datetime(2026, 1, 1)  # noqa: DTZ001 (openpyxl gives none)
    with zipfile.ZipFile(io.BytesIO(template(code))) as book:
        assert not [name for name in book.namelist() if "vba" in name.lower() or "external" in name.lower()]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_first_sheet_has_the_headings_of_the_contract_in_its_order(code):
    sheet = open_book(template(code)).worksheets[0]
    headings = [str(cell.value) for cell in sheet[2]]
    assert recognise(headings, CONTRACT) == list(FIELDS)
    for heading, field in zip(headings, FIELDS.values(), strict=True):
        title = load_language(code).catalog.pgettext("fields", field.title)
        assert heading == f"{title}{' *' if field.required else ''} · {field.name}"
    assert sheet.freeze_panes == "B3"
    assert sheet.max_row == 2


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_spreadsheet_changes_nothing_that_is_typed(code):
    sheet = open_book(template(code)).worksheets[0]
    formats = {
        column: (group.number_format, group.width)
        for group in sheet.column_dimensions.values()
        for column in range(group.min, group.max + 1)
    }
    for column, field in enumerate(FIELDS.values(), start=1):
        number_format, width = formats[column]
        assert number_format == ("0" if field.kind == "integer" else "@")
        assert width >= 12


def test_every_sentence_and_label_comes_from_the_catalogs():
    catalog = Marked()
    book = open_book(write_template(CONTRACT, Language("hi", catalog, reviewed=False)))
    known = {(message.context, message.id) for message in collect_messages(CONTRACT) if message.id}
    assert catalog.asked - known == {("districts", code.label) for code in DISTRICTS.codes.values()}
    own = {cell for example in EXAMPLES for cell in example.values()}
    spoken = [
        str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and str(cell.value) not in own
    ]
    for check in checks_of(book.worksheets[0]).values():
        spoken += [check.promptTitle, check.prompt, check.errorTitle, check.error]
    assert [text for text in spoken if "¤" not in str(text)] == []
    assert all("¤" in tab for tab in book.sheetnames)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_help_explains_every_column(code):
    language = load_language(code)
    _, guide, _, _ = open_book(template(code)).worksheets
    rows = {str(row[0].value).rpartition(" · ")[2]: [cell.value for cell in row] for row in guide.iter_rows()}
    yes_no = CONTRACT.code_lists["yes_no"]
    for name, field in FIELDS.items():
        title, question, required, entry = rows[name]
        assert language.catalog.pgettext("fields", field.title) in title
        assert (" *" in title) == field.required
        assert language.translate(field.question) in question
        assert not field.hint or language.translate(field.hint) in question
        assert required == language.label(yes_no, "yes" if field.required else "no")
        assert entry


def test_the_help_says_what_is_most_often_asked():
    _, guide, _, _ = open_book(template("en")).worksheets
    text = "\n".join(str(cell.value) for row in guide.iter_rows() for cell in row if cell.value)
    for said in (
        *HELP,
        "no phone numbers",
        "Aadhaar",
        "held back",
        "year and month alone",
        "2026-10",
        "REFUSAL; DELAY",
    ):
        assert said in text
    for action in ("Correction", "Withdrawal"):
        assert f"“{action}”" in text


def test_required_columns_are_marked_by_more_than_a_colour():
    sheet = open_book(template("en")).worksheets[0]
    starred = {cell.column_letter for cell in sheet[2] if " *" in str(cell.value)}
    assert starred == {column_of(name) for name, field in FIELDS.items() if field.required}
    framed = {
        str(area.sqref).partition("3:")[0]: rules
        for area, rules in sheet.conditional_formatting._cf_rules.items()
    }
    assert framed.keys() == starred
    assert all(rule.dxf.border.left.style for rules in framed.values() for rule in rules)


# --- what it lets people enter


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_column_has_one_check_for_all_prepared_rows(code):
    checks = checks_of(open_book(template(code)).worksheets[0])
    assert set(checks) == {column_of(name) for name in FIELDS}
    for name, field in FIELDS.items():
        check = checks[column_of(name)]
        column = column_of(name)
        assert str(check.sqref) == f"{column}{FIRST_ROW}:{column}{FIRST_ROW + PREPARED_ROWS - 1}"
        assert check.allowBlank
        assert check.showInputMessage
        assert not check.showDropDown  # the format's word for hiding the arrow
        assert (check.type == "list") == bool(field.code_list)
        stops = bool(check.showErrorMessage) and check.errorStyle in {None, "stop"}
        assert stops == (field.kind == "code")


@pytest.mark.parametrize("code", LANGUAGES)
def test_drop_downs_offer_every_code_of_the_contract_in_its_order_under_its_label(code):
    language = load_language(code)
    book = open_book(template(code))
    offered = offered_items(book, CONTRACT)
    assert set(offered) == {name for name, field in FIELDS.items() if field.code_list}
    for name, items in offered.items():
        codes = CONTRACT.codes_of(name)
        wanted = [f"{language.label(codes, code)} · {code}" for code in codes.codes]
        assert items == wanted
        assert not [item for item in items if re.search(r"[;|\r\n]", item) or item.count(" · ") != 1]


def test_a_label_with_signs_that_separate_does_not_break_its_item():
    class Strange(gettext.NullTranslations):
        def pgettext(self, context, message):
            return f"one; two|three · {message}"

    lists = place_lists(CONTRACT, Language("hi", Strange(), reviewed=False), "lists")
    assert lists.items["grounds"]["caste"] == "one, two, three, Caste · caste"


@pytest.mark.parametrize("code", LANGUAGES)
def test_districts_stand_together_by_state_in_the_list_that_the_drop_down_looks_into(code):
    book = open_book(template(code))
    formula = checks_of(book.worksheets[0])[column_of("district")].formula1
    first, outer, cell, total = re.fullmatch(
        r"OFFSET\((.+?),IFERROR\(MATCH\((.+?),(.+?),0\)-1,0\),0,IF\(COUNTIF.*?=0,(\d+),COUNTIF.*?\),1\)",
        formula,
    ).group(1, 3, 2, 4)
    assert cell == f"${column_of('state')}{FIRST_ROW}"
    states = items_of(book, outer)
    assert len(states) == int(total) == len(DISTRICTS.codes)
    changes = [state for state, before in zip(states, ["", *states], strict=False) if state != before]
    assert len(changes) == len(set(states))
    districts = offered_items(book, CONTRACT)["district"]
    for state, district in zip(states, districts, strict=True):
        assert DISTRICTS.codes[district.rpartition(" · ")[2]].within == state.rpartition(" · ")[2]
    assert first.rpartition("!")[2] == re.sub(
        "[A-Z]+", column_after, outer.rpartition("!")[2].partition(":")[0]
    )


def column_after(match: re.Match) -> str:
    return get_column_letter(openpyxl.utils.column_index_from_string(match[0]) + 1)


@pytest.mark.parametrize("times", [1, 2, 9])
@pytest.mark.parametrize("code", LANGUAGES)
def test_input_help_fits_what_spreadsheets_show_however_long_a_translation_is(code, times):
    language = load_language(code) if times == 1 else Language(code, Marked(times), reviewed=False)
    with warnings.catch_warnings():
        # xlsxwriter warns, and leaves the check out, where a text or a formula is too long.
        warnings.simplefilter("error")
        content = write_template(CONTRACT, language)
    checks = checks_of(open_book(content).worksheets[0])
    assert len(checks) == len(FIELDS)
    for name, check in checks.items():
        for title, message in ((check.promptTitle, check.prompt), (check.errorTitle, check.error)):
            assert 0 < len(title) <= 32, name
            assert 0 < len(message) <= 255, name
        assert len(check.formula1) <= 255, name


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_keeps_people_safe_is_in_the_input_help(code):
    language = load_language(code)
    checks = checks_of(open_book(template(code)).worksheets[0])
    for name, field in FIELDS.items():
        hint = language.translate(field.hint) if field.hint else language.translate(field.question)
        prompt = checks[column_of(name)].prompt.replace("\n", " ")
        assert prompt.removesuffix("…") in hint or hint in prompt


def test_a_text_is_cut_between_words_only():
    assert shorten("a short one", 32) == "a short one"
    assert shorten("रिपोर्ट की संख्या क्या है", 12) == "रिपोर्ट की…"
    assert len(shorten("x" * 300, 255)) == 255


def test_patterns_and_lengths_are_those_of_the_contract():
    assert read_pattern(FIELDS["recorder"])[1:] == (1, 16)
    assert read_pattern(FIELDS["case_token"]) == ("0123456789abcdefABCDEF", 16, 128)
    assert sorted(read_pattern(FIELDS["report_id"])[0])[:3] == ["-", ".", "0"]
    assert longest_text(FIELDS["narrative"], CONTRACT) == 10_000


# --- what the pipeline reads


def test_what_a_person_chooses_and_types_is_accepted_with_the_codes_that_it_means():
    for seed, code in enumerate(LANGUAGES):
        chooser = Chooser(CONTRACT, offered_items(open_book(template(code)), CONTRACT), seed)
        # As many rows as there are districts, so that every item of every list is chosen once.
        filled = [chooser.fill(number) for number in range(len(DISTRICTS.codes))]
        content = fill_template(template(code), (written for written, _ in filled), CONTRACT)
        examined = examine(content)
        refused = examined.findings.filter(examined.findings["rule"] != "escalated_none_and_others")
        assert refused.rows() == [], code
        assert not examined.dropped_columns
        accepted = examined.accepted.drop("row").to_dicts()
        assert accepted == [withdraw(written, meant) for written, meant in filled], code


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_example_is_accepted_where_it_is_copied_into_the_sheet_to_fill(code):
    book = open_book(template(code))
    reports, _, example, _ = book.worksheets
    for row in example.iter_rows(min_row=FIRST_ROW):
        for cell in row:
            reports[cell.coordinate].value = cell.value
    saved = io.BytesIO()
    book.save(saved)
    examined = examine(saved.getvalue())
    assert examined.findings.rows() == []
    accepted = examined.accepted.to_dicts()
    assert [row["report_id"] for row in accepted] == [example["report_id"] for example in EXAMPLES]
    for row, example_row in zip(accepted, EXAMPLES, strict=True):
        for name, field in FIELDS.items():
            if field.code_list and name in example_row:
                assert row[name] == ";".join(sorted(example_row[name].split(";")))


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_empty_template_is_no_return(code):
    with pytest.raises(ReturnRejectedError) as refusal:
        examine(template(code))
    assert refusal.value.rule == "no_rows"


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("code", LANGUAGES)
def test_no_other_sheet_is_ever_read_as_reports(code, place):
    book = open_book(template(code))
    kept = book.worksheets[place]
    text = io.StringIO()
    csv.writer(text).writerows([cell.value for cell in row] for row in kept.iter_rows())
    for sheet in book.worksheets:
        if sheet is not kept:
            book.remove(sheet)
    saved = io.BytesIO()
    book.save(saved)
    for content, extension in ((saved.getvalue(), "xlsx"), (text.getvalue().encode(), "csv")):
        with pytest.raises(ReturnRejectedError) as refusal:
            examine(content, extension)
        assert refusal.value.rule == "headings_missing"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_reports_are_found_wherever_their_sheet_is_moved_to(code):
    written, meant = Chooser(CONTRACT, offered_items(open_book(template(code)), CONTRACT), 1).fill(3)
    book = open_book(fill_template(template(code), [written], CONTRACT))
    book.move_sheet(book.worksheets[0], 3)
    saved = io.BytesIO()
    book.save(saved)
    assert examine(saved.getvalue()).accepted.drop("row").to_dicts() == [withdraw(written, meant)]


def test_a_report_can_be_taken_back_where_columns_were_removed():
    heading = "X * · report_id,Y · action\n"
    accepted = examine(f"{heading}EX-1,ফেরত · withdraw\n".encode(), "csv").accepted
    assert accepted.select("report_id", "action").rows() == [("EX-1", "withdraw")]


def test_dates_and_numbers_that_a_spreadsheet_made_its_own_are_read_as_well():
    written, meant = Chooser(CONTRACT, offered_items(open_book(template("hi")), CONTRACT), 2).fill(1)
    written |= {
        name: datetime.datetime.fromisoformat(str(written[name]))
        for name, field in FIELDS.items()
        if field.kind in {"date", "partial_date"} and len(str(written.get(name, ""))) == 10
    }
    written |= {"visits": 3.0, "times_recounted": "2"}
    meant |= {"visits": 3, "times_recounted": 2}
    content = fill_template(template("hi"), [written], CONTRACT)
    assert examine(content).accepted.drop("row").to_dicts() == [withdraw(written, meant)]
