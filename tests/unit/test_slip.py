"""The return slip: what it says, in whose language, and a sheet that spreadsheets leave as it is."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contract import load_contract
from pipeline.language import list_languages, load_language
from pipeline.read import read_return
from pipeline.slip import (
    Note,
    Slip,
    gather_notes,
    join_ranges,
    name_sheet,
    protect_cell,
    render_page,
    render_sheet,
)

CONTRACT = load_contract()
ENGLISH = load_language("en")
RETURN = "UTTHAN-2026-10-0123456789abcdef"


def make_slip(**facts: object) -> Slip:
    usual = {
        "return_id": RETURN,
        "month": "2026-10",
        "file_kind": "CSV",
        "size_bytes": 900,
        "received_on": "2026-11-03",
        "rejected_by": None,
        "concerns": (),
        "rows_received": 9,
        "blank_rows": 0,
        "dropped_columns": (),
        "deliveries": 1,
        "verdicts": {"counted": 6, "quarantined": 2, "held": 1},
        "notes": (
            Note((3, 4), "service", "quarantined", "missing_service"),
            Note((7,), "narrative", "held", "personal_phone"),
        ),
        "notes_found": 3,
        "to_mend": {
            3: {"report_id": "U-3", "state": "IN-WB", "service": "Somebody's name", "visits": "3"},
            4: {"report_id": "=U", "state": "West Bengal", "narrative": "Told in words."},
            7: {"report_id": "U-7", "state": "Another name", "narrative": None},
        },
    }
    return Slip(**(usual | facts))


def read_sheet(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("code", list_languages())
def test_a_slip_is_in_the_language_of_its_collective(code: str) -> None:
    language = load_language(code)
    page = render_page(make_slip(), CONTRACT, language).decode()
    assert f'<html lang="{code}">' in page
    rule = CONTRACT.rules["personal_phone"]
    for sentence in ("Return slip", rule.reason, rule.mend, "Not counted until mended"):
        assert language.translate(sentence) in page
    assert (rule.reason in page) == (language.translate(rule.reason) == rule.reason)


def test_rows_of_which_the_same_is_to_be_said_stand_together() -> None:
    findings = [(row, "service", "quarantined", "missing_service") for row in (5, 2, 3, 4, 9)]
    assert list(gather_notes(findings)) == [
        Note((2, 3, 4, 5, 9), "service", "quarantined", "missing_service")
    ]
    assert join_ranges([2, 3, 4, 5, 9, 11, 12]) == "2–5, 9, 11–12"
    assert join_ranges([]) == ""


def test_a_slip_says_when_it_does_not_list_all() -> None:
    more = "There are more such rows"
    assert more not in render_page(make_slip(), CONTRACT, ENGLISH).decode()
    assert more in render_page(make_slip(notes_found=9_000), CONTRACT, ENGLISH).decode()


def test_a_rejected_return_says_why_and_what_to_do() -> None:
    page = render_page(
        make_slip(rejected_by="headings_missing", notes=(), to_mend={}), CONTRACT, ENGLISH
    ).decode()
    assert CONTRACT.rules["headings_missing"].mend in page
    assert "Row by row" not in page


def test_a_concern_about_the_whole_return_is_told() -> None:
    page = render_page(make_slip(concerns=("nearly_identical",)), CONTRACT, ENGLISH).decode()
    assert CONTRACT.rules["nearly_identical"].mend in page


def test_what_stands_in_a_file_is_text_on_the_page() -> None:
    page = render_page(make_slip(dropped_columns=("<b>name</b>",)), CONTRACT, ENGLISH).decode()
    assert "&lt;b&gt;name&lt;/b&gt;" in page


def test_the_sheet_has_the_rows_to_mend_in_their_own_columns_beside_what_to_do() -> None:
    rows = read_sheet(render_sheet(make_slip(), CONTRACT, ENGLISH))
    assert [row.pop("#what to do").partition(":")[0] for row in rows] == ["Service", "Service", "Narrative"]
    assert [{heading.rpartition(" · ")[2]: cell for heading, cell in row.items()} for row in rows] == [
        {
            "#row": "3",
            "report_id": "U-3",
            "state": "IN-WB",
            "service": "",
            "visits": "#kept",
            "narrative": "",
        },
        {
            "#row": "4",
            "report_id": "'=U",
            "state": "West Bengal",
            "service": "",
            "visits": "",
            "narrative": "#kept",
        },
        {"#row": "7", "report_id": "U-7", "state": "#kept", "service": "", "visits": "", "narrative": ""},
    ]


def test_rows_of_which_not_all_that_was_found_is_known_are_left_out() -> None:
    rows = read_sheet(render_sheet(make_slip(notes_found=4), CONTRACT, ENGLISH))
    assert [row["#row"] for row in rows] == ["3", "4"]


def test_a_sheet_can_be_sent_as_it_is_named() -> None:
    assert name_sheet(RETURN, "2026-10") == "2026-10-mend-0123456789abcdef.csv"


@pytest.mark.parametrize("code", list_languages())
def test_a_sheet_that_comes_back_is_read_without_its_remarks(code: str) -> None:
    sheet = render_sheet(make_slip(), CONTRACT, load_language(code))
    back = read_return(sheet, "csv", CONTRACT).frame
    assert back.columns == ["row", "report_id", "state", "service", "visits", "narrative"]
    assert back["report_id"].to_list() == ["U-3", "=U", "U-7"]


@given(st.text(max_size=30))
def test_no_cell_of_a_sheet_is_taken_for_a_formula(text: str) -> None:
    assert not protect_cell(text).startswith(("=", "+", "-", "@"))
