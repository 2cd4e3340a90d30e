"""Coding: what is understood, what is left as written, and that coding twice changes nothing."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.coding import code_date, code_frame, code_several, code_whole_number, find_code
from pipeline.contract import load_contract
from pipeline.language import list_languages, load_language

CONTRACT = load_contract()


def frame_of(*rows: dict[str, str | None]) -> pl.DataFrame:
    blank = dict.fromkeys(CONTRACT.fields)
    schema = {"row": pl.UInt32, **dict.fromkeys(CONTRACT.fields, pl.String)}
    return pl.DataFrame([{"row": 2 + at, **blank, **row} for at, row in enumerate(rows)], schema=schema)


def code_row(**cells: str | None) -> dict[str, str | None]:
    return code_frame(frame_of(cells), CONTRACT).row(0, named=True)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("IN-WB", "IN-WB"),
        ("in-wb", "IN-WB"),
        ("West Bengal", "IN-WB"),
        ("  WEST   BENGAL ", "IN-WB"),
        ("পশ্চিমবঙ্গ", "IN-WB"),
        ("Orissa", "IN-OD"),
        ("IN-OR", "IN-OD"),
        ("ଓଡ଼ିଶା", "IN-OD"),
        ("19", "IN-WB"),
        ("19.0", "IN-WB"),
        ("১৯", "IN-WB"),
        ("9", "IN-UP"),
        ("09", "IN-UP"),
        ("तमिलनाडु", "IN-TN"),
        ("தமிழ்நாடு", "IN-TN"),
        ("ఆంధ్రప్రదేశ్", "IN-AP"),
        ("Atlantis", "Atlantis"),
        ("1.9", "1.9"),
    ],
)
def test_a_state_is_known_by_code_name_and_native_name(written, code):
    assert code_row(state=written)["state"] == code


@pytest.mark.parametrize(
    ("state", "written", "code"),
    [
        ("IN-WB", "North 24 Parganas", "303"),
        ("West Bengal", "24 pgs (n)", "303"),
        ("IN-WB", "303", "303"),
        ("IN-WB", "303.0", "303"),
        ("IN-WB", "৩০৩", "303"),
        ("IN-BR", "Aurangabad", "189"),
        ("IN-MH", "Aurangabad", "469"),
        ("IN-WB", "Aurangabad", "Aurangabad"),
        ("IN-WB", "30.3", "30.3"),
        (None, "Aurangabad", "Aurangabad"),
        ("Atlantis", "Aurangabad", "Aurangabad"),
        ("IN-HR", "Hansi", "HR-HANSI"),
    ],
)
def test_a_district_is_sought_in_its_state_only(state, written, code):
    assert code_row(state=state, district=written)["district"] == code


def test_several_codes_are_sorted_and_each_is_named_once():
    for written in (
        "DELAY;REFUSAL",
        "refusal delay",
        "Refusal | Delay | DELAY",
        "REFUSAL,DELAY",
        ";REFUSAL;;DELAY;",
    ):
        assert code_row(incident_kinds=written)["incident_kinds"] == "DELAY;REFUSAL"


def test_a_label_with_spaces_or_commas_is_one_code_among_several():
    assert code_row(incident_kinds="Stigma or humiliation; Delay")["incident_kinds"] == "DELAY;STIGMA"
    label = CONTRACT.code_lists["incident_kinds"].label("DOWNGRADED")
    assert "," in label
    assert code_row(incident_kinds=label)["incident_kinds"] == "DOWNGRADED"


@pytest.mark.parametrize("language", list_languages())
def test_an_item_of_a_drop_down_is_understood_in_every_language(language):
    for field in (field for field in CONTRACT.fields.values() if field.code_list):
        codes = CONTRACT.codes_of(field.name)
        for code in codes.codes.values():
            item = f"{load_language(language).label(codes, code.code)} · {code.code}"
            assert find_code(item, codes, within=code.within) == code.code
            if field.kind == "codes":
                assert code_several(item, codes) == code.code


SEVERAL = [name for name, field in CONTRACT.fields.items() if field.kind == "codes"]


@given(data=st.data())
def test_several_items_are_understood_beside_codes(data):
    codes = CONTRACT.codes_of(data.draw(st.sampled_from(SEVERAL)))
    chosen = data.draw(st.lists(st.sampled_from(list(codes.codes)), min_size=1, max_size=5))
    language = load_language(data.draw(st.sampled_from(list_languages())))
    items = [f"{language.label(codes, code)} · {code}" for code in chosen]
    others = [data.draw(st.sampled_from([item, item.rpartition(" ")[2]])) for item in items[1:]]
    written = data.draw(st.permutations([items[0], *others]))
    # A comma may belong to a label; the template says to write a semicolon.
    cell = data.draw(st.sampled_from([";", "; ", " ; ", "|", " | ", "\n", "\r\n"])).join(written)
    assert code_several(cell, codes) == ";".join(sorted(set(chosen)))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Bihar · IN-BR", "IN-BR"),
        ("anything, at all · IN-BR", "IN-BR"),
        ("Bihar · IN-WB", None),
        ("Bihar, Assam · IN-AS", None),
        ("IN-BR, Assam · IN-AS", None),
        ("Bihar · IN-BR · IN-BR", None),
        ("Bihar · IN-BR; Assam · IN-AS", None),
        ("Bihar\nAssam · IN-AS", None),
        ("Bihar · in-br", None),
        ("Assam · Bihar", None),
        ("West · Bengal", "IN-WB"),
        ("Bihar ·", "IN-BR"),
    ],
)
def test_what_stands_before_the_dot_may_be_anything_but_another_code(written, code):
    assert find_code(written, CONTRACT.code_lists["states"]) == code


@pytest.mark.parametrize(
    "written",
    [
        "REFUSAL · DELAY",
        "Refusal · Delay",
        "Refusal · REFUSAL Delay · DELAY",
        "REFUSAL Late · DELAY",
        "Refusal · REFUSAL / Delay · DELAY",
    ],
)
def test_no_code_gets_lost_where_items_are_not_told_apart(written):
    codes = CONTRACT.code_lists["incident_kinds"]
    coded = str(code_several(written, codes)).split(";")
    assert set(coded) >= {"REFUSAL", "DELAY"} or not set(coded) <= codes.codes.keys()


def test_an_item_of_a_district_counts_in_its_own_state_only():
    assert code_row(state="पश्चिम बंगाल · IN-WB", district="North 24 Parganas · 303")["district"] == "303"
    assert code_row(state="IN-WB", district="Patna · 212")["district"] == "Patna · 212"
    assert code_row(state=None, district="Patna · 212")["district"] == "Patna · 212"
    assert code_row(state="IN-BR", district="Patna · 21.2")["district"] == "Patna · 21.2"


def test_an_unknown_code_among_several_stays_visible():
    assert code_row(grounds="caste;height")["grounds"] == "caste;height"


def test_separators_alone_name_nothing():
    assert code_row(grounds=" ; | ")["grounds"] is None


@pytest.mark.parametrize(
    ("written", "coded"),
    [
        ("2026-10-03", "2026-10-03"),
        ("2026/10/3", "2026-10-03"),
        ("২০২৬-১০-০৩", "2026-10-03"),
        ("2026-10-03 00:00:00", "2026-10-03"),
        ("2026-10-03T09:30", "2026-10-03"),
        ("2026-10-02T18:30:00.000Z", "2026-10-03"),
        ("2026-10-03T00:00:00+05:30", "2026-10-03"),
        ("46298", "2026-10-03"),
        ("46298.0", "2026-10-03"),
        ("46298.75", "2026-10-03"),
        ("45351", "2024-02-29"),
        ("2026-10", "2026-10"),
        ("2026/1", "2026-01"),
        ("2026-02-29", "2026-02-29"),
        ("2026-10-03T99:00", "2026-10-03T99:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("03/10/2026", "03/10/2026"),
        ("3.10.26", "3.10.26"),
        ("20261003", "20261003"),
        ("2026", "2026"),
        ("yesterday", "yesterday"),
    ],
)
def test_dates_are_understood_only_where_they_cannot_be_mistaken(written, coded):
    assert code_date(written) == coded
    assert code_row(recorded_on=written)["recorded_on"] == coded


@pytest.mark.parametrize(
    ("written", "coded"),
    [
        ("3", "3"),
        ("3.0", "3"),
        ("003", "3"),
        ("0", "0"),
        ("௩", "3"),
        ("1,00,000", "100000"),
        ("1,000", "1000"),
    ]
    + [(written, written) for written in ("3.5", "-3", "1,00", "three", "1e3", "")],
)
def test_whole_numbers_lose_their_dressing_and_nothing_else_does(written, coded):
    assert code_whole_number(written) == coded


@pytest.mark.parametrize("written", ["yes", "Yes", "Y", "TRUE", "हाँ", "हां", "হ্যাঁ", "ஆம்", "అవును", "ହଁ"])
def test_yes_is_understood_in_six_languages(written):
    assert code_row(consent_statistics=written)["consent_statistics"] == "yes"


@pytest.mark.parametrize("written", ["no", "N", "false", "नहीं", "না", "இல்லை", "లేదు", "ନା"])
def test_no_is_understood_in_six_languages(written):
    assert code_row(consent_statistics=written)["consent_statistics"] == "no"


@pytest.mark.parametrize("written", ["1", "ok", "yes?no", "maybe", "yes no", "x"])
def test_consent_is_never_guessed(written):
    assert code_row(consent_statistics=written)["consent_statistics"] != "yes"


def test_a_blank_action_is_a_new_report():
    assert code_row(action=None)["action"] == "new"
    assert code_row(action="WITHDRAW")["action"] == "withdraw"


def test_ids_keep_their_case_and_tokens_lose_theirs():
    row = code_row(report_id="Ab-৭\n", recorder="V৭", case_token="0123456789ABCDEF")
    assert (row["report_id"], row["recorder"], row["case_token"]) == ("Ab-7", "V7", "0123456789abcdef")


def test_free_text_is_left_exactly_as_written():
    text = " থানা ২৪ \u200dগেট  "
    row = code_row(office=text, narrative=text)
    assert (row["office"], row["narrative"]) == (text, text)


def test_a_frame_without_rows_keeps_its_columns():
    empty = frame_of({}).clear()
    assert code_frame(empty, CONTRACT).schema == empty.schema


def test_the_frame_given_is_not_changed():
    given_frame = frame_of({"state": "Orissa"})
    before = given_frame.clone()
    code_frame(given_frame, CONTRACT)
    assert given_frame.equals(before)


def test_every_spelling_of_every_list_is_understood():
    for code_list in CONTRACT.code_lists.values():
        for code in code_list.codes.values():
            for spelling in (code.code, code.label, *code.spellings):
                assert find_code(spelling, code_list, within=code.within) == code.code


def words_of(name: str) -> st.SearchStrategy[str]:
    codes = CONTRACT.code_lists[name].codes.values()
    spellings = sorted({spelling for code in codes for spelling in (code.code, code.label, *code.spellings)})
    return st.sampled_from(spellings)


odd_text = st.text(st.sampled_from("aZ-/.,:;| \n0123456789T২३௪ąঅ₹٣"), max_size=14)
rows = st.fixed_dictionaries(
    {
        "report_id": odd_text,
        "action": st.none() | words_of("actions") | odd_text,
        "recorded_on": st.dates().map(str) | st.datetimes().map(str) | st.integers().map(str) | odd_text,
        "incident_date": st.from_regex(r"\d{4}[-/]\d{1,2}([-/]\d{1,2})?", fullmatch=True) | odd_text,
        "state": st.none() | words_of("states") | odd_text,
        "district": st.none() | words_of("districts") | odd_text,
        "incident_kinds": st.lists(words_of("incident_kinds") | odd_text, max_size=4).map(" ".join)
        | st.lists(words_of("incident_kinds"), max_size=4).map(";".join),
        "consent_statistics": st.none() | words_of("yes_no") | odd_text,
        "visits": st.none() | st.integers().map(str) | st.floats().map(str) | odd_text,
        "case_token": st.none() | odd_text,
        "narrative": st.none() | st.text(max_size=5),
    }
)
returns = st.lists(rows, min_size=1, max_size=6).map(lambda cells: frame_of(*cells))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(returns)
def test_coding_twice_changes_nothing(frame):
    once = code_frame(frame, CONTRACT)
    assert code_frame(once, CONTRACT).equals(once)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(returns, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(frame, random):
    order = list(range(frame.height))
    random.shuffle(order)
    assert code_frame(frame[order], CONTRACT).equals(code_frame(frame, CONTRACT)[order])


@settings(max_examples=50, deadline=None, derandomize=True)
@given(returns)
def test_rows_columns_and_their_order_are_kept(frame):
    coded = code_frame(frame, CONTRACT)
    assert coded.schema == frame.schema
    assert coded["row"].equals(frame["row"])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(sorted(CONTRACT.code_lists["incident_kinds"].codes)), min_size=1))
def test_any_separator_gives_the_same_codes(codes):
    code_list = CONTRACT.code_lists["incident_kinds"]
    expected = ";".join(sorted(set(codes)))
    assert {code_several(separator.join(codes), code_list) for separator in (" ", ";", "|", ",", " ; ")} == {
        expected
    }
