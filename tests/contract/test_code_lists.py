"""Code lists: each code once, each spelling to one code, each fact with its source."""

import csv
import datetime
import unicodedata

import pytest

from pipeline.contract import SCHEMAS, fold_spelling, load_contract

CONTRACT = load_contract()
LISTS = sorted(CONTRACT.code_lists)
COLUMNS = {"code", "label", "spellings", "description", "source", "licence", "confidence"}
LANGUAGES = {"bn", "hi", "or", "ta", "te"}


def read_rows(name: str) -> list[dict[str, str]]:
    with (SCHEMAS / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_plain_utf8_with_unix_line_ends(name):
    content = (SCHEMAS / "codes" / f"{name}.csv").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.endswith(b"\n")
    content.decode("utf-8")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_the_columns_that_all_lists_have_and_no_cell_too_many(name):
    for row in read_rows(name):
        assert set(row) >= COLUMNS
        assert None not in row
        assert None not in row.values()


@pytest.mark.parametrize("name", LISTS)
def test_no_cell_has_stray_spaces_or_could_run_as_a_formula(name):
    for row in read_rows(name):
        for cell in row.values():
            assert cell == cell.strip()
            assert not cell.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("name", LISTS)
def test_codes_and_labels_are_given_and_unique(name):
    rows = read_rows(name)
    codes = [row["code"] for row in rows]
    assert len(set(codes)) == len(codes)
    assert all(codes)
    places = [(row.get("within"), row["label"]) for row in rows]
    assert len(set(places)) == len(places)
    assert all(row["label"] for row in rows)


@pytest.mark.parametrize("name", LISTS)
def test_codes_hold_no_separator(name):
    """Several codes stand in one cell, separated by space, semicolon, bar or comma."""
    assert not [row["code"] for row in read_rows(name) if set(row["code"]) & set(" ;|,")]


@pytest.mark.parametrize("name", LISTS)
def test_no_two_codes_of_one_place_share_a_spelling(name):
    """Such a spelling would be understood as neither of the two."""
    code_list = CONTRACT.code_lists[name]
    for code in code_list.codes.values():
        for spelling in (code.code, code.label, *code.spellings):
            folded = fold_spelling(spelling)
            assert folded, (code.code, spelling)
            assert code_list.by_spelling.get((code.within, folded)) == code.code, (code.code, spelling)


@pytest.mark.parametrize("name", LISTS)
def test_every_code_tells_its_source_licence_and_how_sure_it_is(name):
    for row in read_rows(name):
        assert row["source"]
        assert row["licence"]
        assert row["confidence"]


def test_what_comes_from_the_local_government_directory_is_attributed():
    words = "Local Government Directory, Ministry of Panchayati Raj, lgdirectory.gov.in"
    for row in read_rows("states") + [row for row in read_rows("districts") if row["code_kind"] == "lgd"]:
        assert words in row["licence"]


@pytest.mark.parametrize("name", LISTS)
def test_dates_of_validity_are_dates_in_order(name):
    for row in read_rows(name):
        dates = [row[heading] for heading in ("valid_from", "valid_to") if row.get(heading)]
        assert [datetime.date.fromisoformat(date).isoformat() for date in dates] == sorted(dates)


def test_every_district_lies_in_a_state_of_the_list():
    states = set(CONTRACT.code_lists["states"].codes)
    assert {code.within for code in CONTRACT.code_lists["districts"].codes.values()} == states


def test_a_district_code_is_that_of_the_directory_or_visibly_provisional():
    for row in read_rows("districts"):
        assert row["code"].isdecimal() == (row["code_kind"] == "lgd")
        if row["code_kind"] == "provisional":
            assert row["code"].startswith(row["within"].removeprefix("IN-") + "-")


def test_abolished_districts_say_when_they_ended():
    ended = [row for row in read_rows("districts") if row["status"] == "abolished"]
    assert ended
    assert all(row["valid_to"] for row in ended)


def test_states_are_known_by_their_directory_code_with_and_without_a_leading_zero():
    by_spelling = CONTRACT.code_lists["states"].by_spelling
    for row in read_rows("states"):
        assert by_spelling[None, row["lgd_code"]] == row["code"]
        assert by_spelling[None, row["lgd_code"].zfill(2)] == row["code"]


def test_every_state_has_a_tile_of_its_own_and_a_native_name():
    rows = read_rows("states")
    tiles = {(int(row["tile_row"]), int(row["tile_col"])) for row in rows}
    assert len(tiles) == len(rows)
    assert all(row["native_name"] and row["official_languages"] for row in rows)


def test_the_collectives_stand_in_eight_states_and_speak_a_language_we_write():
    rows = read_rows("collectives")
    states = {"IN-WB", "IN-OD", "IN-CG", "IN-UP", "IN-TN", "IN-BR", "IN-JH", "IN-AP"}
    assert {row["state"] for row in rows} == states
    assert {row["language"] for row in rows} == LANGUAGES
    assert all(row["valid_from"] for row in rows)


def test_vimukthi_is_booked_to_andhra_pradesh_and_says_why():
    vimukthi = CONTRACT.code_lists["collectives"].codes["VIMUKTHI"]
    assert vimukthi.details["state"] == "IN-AP"
    assert "West Bengal" in vimukthi.details["description"]


def test_a_collective_can_be_a_folder_name():
    assert all(
        row["code"].replace("_", "").isalnum() and row["code"].isascii() for row in read_rows("collectives")
    )


def test_a_broader_kind_of_incident_is_itself_a_kind_and_has_none_above():
    rows = {row["code"]: row["broader_code"] for row in read_rows("incident_kinds")}
    assert {rows[broader] for broader in rows.values() if broader} <= {""}


def test_spellings_in_indic_scripts_are_written_in_one_way():
    """NFC, as keyboards write them; folding makes the others equal."""
    for name in LISTS:
        for row in read_rows(name):
            for cell in (row["label"], row["spellings"]):
                assert fold_spelling(cell) == fold_spelling(unicodedata.normalize("NFD", cell))
