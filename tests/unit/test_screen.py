"""Screening: what is found in six languages' digits, what is left alone, and what is said of it."""

import random
import time

import polars as pl
import pytest
from stdnum import verhoeff

from pipeline.contract import load_contract
from pipeline.read import read_return
from pipeline.screen import screen_frame
from pipeline.screening import scan
from pipeline.screening.scan import find_personal_data, holds_personal_data

CONTRACT = load_contract()
DIGITS = {
    "Latin": "0123456789",
    "Devanagari": "०१२३४५६७८९",
    "Bengali": "০১২৩৪৫৬৭৮৯",
    "Odia": "୦୧୨୩୪୫୬୭୮୯",
    "Tamil": "௦௧௨௩௪௫௬௭௮௯",
    "Telugu": "౦౧౨౩౪౫౬౭౮౯",
    "fullwidth": "０１２３４５６７８９",
}
SENTENCES = [
    "{} पर फोन किया",
    "थाने में{}दिया",
    "কল করুন {}",
    "ଏହି {} ରେ",
    "இந்த{}எண்",
    "ఈ {} కి",
    "they wrote {} on the form",
]


def rules_in(text: str, *, free_text: bool = True) -> set[str]:
    return set(find_personal_data(pl.Series([text]), free_text=free_text)["rule"])


def group(digits: str, lengths: list[int], mark: str) -> str:
    parts, place = [], 0
    for length in lengths:
        parts.append(digits[place : place + length])
        place += length
    return mark.join(parts)


def in_script(text: str, script: str) -> str:
    return text.translate(str.maketrans(DIGITS["Latin"], DIGITS[script]))


def make_mobile(chance: random.Random) -> str:
    number = chance.choice("6789") + "".join(chance.choices("0123456789", k=9))
    written = group(
        number, chance.choice([[10], [5, 5], [3, 3, 4], [4, 3, 3], [2, 4, 4], [1] * 10]), chance.choice(" .-")
    )
    return chance.choice(["", "0", "+91 ", "+91-", "91", "0091 "]) + written


def make_aadhaar(chance: random.Random) -> str:
    number = chance.choice("23456789") + "".join(chance.choices("0123456789", k=10))
    number += verhoeff.calc_check_digit(number)
    return group(number, chance.choice([[12], [4, 4, 4], [1] * 12]), chance.choice([" ", "-", ".", "  "]))


@pytest.mark.parametrize("script", DIGITS)
@pytest.mark.parametrize(
    ("make", "rule"), [(make_mobile, "personal_phone"), (make_aadhaar, "personal_aadhaar")]
)
def test_every_phone_and_aadhaar_number_is_found_in_every_script(script, make, rule) -> None:
    chance = random.Random(7)
    texts = [chance.choice(SENTENCES).format(in_script(make(chance), script)) for _ in range(200)]
    # An Aadhaar number may also look like 91 and a mobile number: held either way.
    held = holds_personal_data(pl.Series(texts))
    assert [text for text, found in zip(texts, held, strict=True) if not found] == []
    assert (find_personal_data(pl.Series(texts), free_text=True)["rule"] == rule).sum() >= 190


def test_invisible_characters_and_glued_letters_hide_nothing() -> None:
    for text in (
        "98\u200b765\u200d432\u206010",
        "Ph9876543210only",
        "नंबर९८७६५४३२१०है",
        "98765\u00a043210",
        "98765–43210",
    ):
        assert rules_in(text) == {"personal_phone"}, ascii(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("033-2456 7890", "personal_phone"),
        ("0612 2234567", "personal_phone"),
        ("+91 33 2456 7890", "personal_phone"),
        ("landline 2456 7890", "personal_phone"),
        ("दूरभाष: २४५६७८९०", "personal_phone"),
        ("3 9876543210 4", "personal_phone"),
        ("9876543210 / 9123456780", "personal_phone"),
        ("someone@example.in", "personal_email"),
        ("someone＠example.in", "personal_email"),
        ("नाम@example.in", "personal_email"),
        ("someone @ example.in", "personal_email"),
        ("someone [at] example.in", "personal_email"),
        ("someone at example dot com", "personal_email"),
        ("made-up@ybl", "personal_email"),
        ("ACUPA7085R", "personal_pan"),
        ("acupa 7085 r", "personal_pan"),
        ("पैन ACUPA७०८५Rहै", "personal_pan"),
        ("a/c no. 50100123456", "personal_account"),
        ("Account number is 1234 5678 901", "personal_account"),
        ("खाता संख्या १२३४५६७८९", "personal_account"),
        ("ব্যাংক অ্যাকাউন্ট ১২৩৪৫৬৭৮৯০১", "personal_account"),
        ("ଖାତା ନଂ ୧୨୩୪୫୬୭୮୯", "personal_account"),
        ("கணக்கு எண் 123456789", "personal_account"),
        ("ఖాతా నం 123456789", "personal_account"),
        ("SBIN0001234", "personal_account"),
        ("ifsc sbin0001234", "personal_account"),
        ("20231234567890", "personal_account"),
        ("FIR No. 123/2024", "personal_case_number"),
        ("F.I.R. 45 of 2023", "personal_case_number"),
        ("FIR: 45", "personal_case_number"),
        ("fir bearing no 45", "personal_case_number"),
        ("GD Entry No. 15", "personal_case_number"),
        ("Crime No 234-2023", "personal_case_number"),
        ("PS Case No. 345/21", "personal_case_number"),
        ("case # 12", "personal_case_number"),
        ("एफआईआर संख्या १२/२०२४", "personal_case_number"),
        ("प्राथमिकी सं. 12", "personal_case_number"),
        ("केस नंबर 12", "personal_case_number"),
        ("এফআইআর নং ১২৩", "personal_case_number"),
        ("মামলা নম্বর ১২", "personal_case_number"),
        ("জিডি নং ১২", "personal_case_number"),
        ("ଏଫଆଇଆର ନଂ ୧୨", "personal_case_number"),
        ("ମାମଲା ନମ୍ବର ୧୨", "personal_case_number"),
        ("வழக்கு எண் 55/2020", "personal_case_number"),
        ("முதல் தகவல் அறிக்கை எண் 55", "personal_case_number"),
        ("ఎఫ్\u200cఐఆర్ నం. 12", "personal_case_number"),
        ("కేసు నంబర్ 12/2021", "personal_case_number"),
        ("the number of our FIR is 45", "personal_case_number"),
        ("मु.अ.सं. 123/24", "personal_case_number"),
        ("थाना कांड सं० 123/24", "personal_case_number"),
        ("केस क्रमांक १२/२०२३", "personal_case_number"),
        ("১২৩ নং মামলা", "personal_case_number"),
        ("জিডি ৪৫৬", "personal_case_number"),
        ("எஃப்ஐஆரின் எண் ௧௨", "personal_case_number"),
        ("Cr.No. 12/24", "personal_case_number"),
        ("a matter numbered 345 of 2021", "personal_case_number"),
        ("WBKO01-001234-2023", "personal_case_number"),
        ("WHF0666784", "personal_voter_id"),
        ("WHF-०६६६७८४", "personal_voter_id"),
        ("WB/12/345/678901", "personal_voter_id"),
        ("K1234567", "personal_passport"),
        ("पासपोर्टK१२३४५६७है", "personal_passport"),
        ("WB 02 AB 1234", "personal_vehicle"),
        ("wb02ab1234", "personal_vehicle"),
        ("22 BH 1234 AA", "personal_vehicle"),
        ("डब्ल्यू बी ०२ ए १२३४", "personal_vehicle"),
        ("WB-0120110012345", "personal_vehicle"),
        ("ration card no. 12 3456 7890", "personal_card"),
        ("राशन कार्ड नंबर १२३४५६७८९०", "personal_card"),
        ("WB-15-004-012-001/123", "personal_card"),
        ("45 6789 0123 4567", "personal_account"),
        ("4539 1488 0343 6467", "personal_account"),
        ("3782-822463-10005", "personal_account"),
        ("it says 7654321", "personal_number"),
        ("IMEI 490154203237518", "personal_phone"),
        ("98765 then 43210", "personal_phone"),
        ("98765/43210", "personal_phone"),
        ("9876\n543210", "personal_phone"),
        ("987654321O", "personal_phone"),
        ("nine eight seven six five four three two one zero", "personal_phone"),
        ("नौ आठ डबल सात पाँच चार तीन दो एक शून्य", "personal_phone"),
        ("nau aath saat chhe paanch chaar teen do ek zero", "personal_phone"),
        ("নয় আট সাত ছয় পাঁচ চার তিন দুই এক শূন্য", "personal_phone"),
        ("ନଅ ଆଠ ସାତ ଛଅ ପାଞ୍ଚ ଚାରି ତିନି ଦୁଇ ଏକ ଶୂନ", "personal_phone"),
        ("ஒன்பது எட்டு ஏழு ஆறு ஐந்து நான்கு மூன்று இரண்டு", "personal_phone"),
        ("తొమ్మిది ఎనిమిది ఏడు ఆరు ఐదు నాలుగు మూడు రెండు", "personal_phone"),
        ("22.5726, 88.3639", "personal_location"),
        ("२२.५७२६° N, ८८.३६३९° E", "personal_location"),
        ("https://maps.app.goo.gl/AbCdEf123", "personal_location"),
        ("facebook.com/made.up", "personal_profile"),
        ("wa.me/919876543210", "personal_profile"),
        ("@made_up", "personal_profile"),
        ("made.up एट gmail डॉट com", "personal_email"),
        ("made.up(at)gmail(dot)com", "personal_email"),
    ],
)
def test_what_leads_to_a_person_is_found(text: str, rule: str) -> None:
    assert rule in rules_in(f"They wrote {text}, and sent us away.")
    assert rule in rules_in(text)


CLEAN = [
    "IPC 370, 372, 373 and BNS 143(4)",
    "sections 363 366 370 372 373 376",
    "u/s 370/372/373/376 IPC",
    "BNS 64 65 70 75 78",
    "धारा 370, 372 के तहत",
    "asked for Rs 2,50,000 and then Rs. 1,00,00,000",
    "₹250000 for a certificate",
    "went on 2026-10-03, 3.10.2026, 03/10/26 and 12-11-2026 900 people were there",
    "between 2023 and 2026, 3 times, 12 days, 45 km",
    "the FIR was not registered for 12 days",
    "FIR under section 370 IPC refused",
    "no FIR, no help, 3 visits",
    "in the case of 3 girls from 2 villages",
    "case was closed in 2024",
    "एफआईआर 12 दिन तक नहीं लिखी गई",
    "থানায় মামলা ৩ বার ফেরত",
    "LGD code 603, ward 12, PIN 700001",
    "Class 6 7 8 9 10 11 12",
    "took her phone worth Rs 15000",
    "report WB-2026-10-0042 and EX-UTTHAN-2610-00042",
    "token 3f2a9876543210bc",
    "id 3f2a9876-5432-1012-9876-543210987654",
    "rice @ 30 rupees",
    "opened an account in 2024 and was asked for 500",
    "helpline 1098 and 181 did not answer, 112 did",
    "waited from 10.30 to 11.45 on 3 days",
    "sections 370 372 373 376 were read out",
    "from 1.10.2026-15.10.2026, on 12-15/10/2026 and 03102026",
    "toll-free 1800-11-2345, 1800 345 5555, 18001801551 and 15100 are busy",
    "case was heard on 20/12 and on 22-24 October",
    "the matter was adjourned to 3/10/2026. Court no. 8, room no. 12",
    "under Act No. 22 of 2005 and order no. 45/2019",
    "bus no. 44/1, train 12345, platform 3",
    "70000-80000 rupees for the phone, then Rs 2500000",
    "मामले में 3 लड़कियाँ थीं, कमरा नंबर 12, गाड़ी संख्या 12345",
    "৩ নং ওয়ার্ডের মামলা, ঘর নম্বর ৭",
    "நீதிமன்ற அறை எண் 12, உதவி எண் 181",
    "ఎఫ్ఐఆర్ 12 రోజులు రాయలేదు, గది నంబర్ 3",
    "one two three four five six seven girls",
    "the first, the second, the third time",
    "www.ncw.nic.in did not open, rice @ 30 rupees",
    "the shelter is at 12 Lake Road",
    "AS 12 OF 2023 was quoted",
    "Ranipet Hospital No. 1, மாவட்ட மருத்துவமனை எண் 1",
    "EX-UTTHAN-2610-00042. 2007 was worse",
]


def test_sentences_without_personal_data_are_left_alone() -> None:
    found = find_personal_data(pl.Series(CLEAN), free_text=True)
    assert found.rows() == []


CODES = [
    "WB-2026-10-0042", "EX-UTTHAN-2610-00042", "BR-7-2026-10-042", "2026-10-03", "2026-10", "2026-10-03 10:30:00",
    "202610031234", "2026-1003-0042", "3f2a9876543210bc", "9876543210abcdef9876543210abcdef",
    "603", "45934", "250000", "UTT2610042", "UTT0000042", "R2610042", "BR01AA0042",
    "FIR_COPY;FIR", "IN-WB", "CASE-2026-042", "3f2a9876-5432-1012-9876-543210987654",
]  # fmt: skip


def test_codes_dates_and_identifiers_are_left_alone() -> None:
    assert find_personal_data(pl.Series(CODES), free_text=False).rows() == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("9876543210", "personal_phone"),
        ("UT-98765-43210", "personal_phone"),
        ("919876543210", "personal_phone"),
        ("WB9876543210", "personal_phone"),
        ("234123412346", "personal_aadhaar"),
        ("2341-2341-2346", "personal_aadhaar"),
        ("ACUPA7085R", "personal_pan"),
        ("a.b@example.in", "personal_email"),
        ("FIR-123-2024", "personal_case_number"),
        ("९८७६५४३२१०", "personal_phone"),
        ("WKH1186253", "personal_voter_id"),
    ],
)
def test_personal_numbers_are_found_in_codes_and_identifiers_too(text: str, rule: str) -> None:
    assert rule in rules_in(text, free_text=False)


def frame_of(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    rows = pl.int_range(2, height + 2, dtype=pl.UInt32, eager=True).alias("row")
    return pl.DataFrame([rows, *(pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items())])


def test_a_row_with_personal_data_in_any_field_is_held_and_the_others_stay() -> None:
    for name in CONTRACT.fields:
        screened = screen_frame(frame_of(**{name: ["x", "9876543210", None]}), CONTRACT)
        assert set(screened.findings.select("row", "field").rows()) == {(3, name)}
        assert screened.frame["row"].to_list() == [2, 4]


def test_the_frame_has_the_columns_of_the_contract_and_no_others() -> None:
    screened = screen_frame(
        frame_of(**{"?village": ["x"], "report_id": ["A-1"], "?state (column 3)": ["y"]}), CONTRACT
    )
    assert screened.frame.columns == ["row", *CONTRACT.fields]
    assert screened.frame.row(0, named=True) | {"report_id": "A-1", "narrative": None} == screened.frame.row(
        0, named=True
    )
    assert screened.dropped_columns == ("village", "column 3")


@pytest.mark.parametrize(
    ("heading", "printed"),
    [
        ("Village", "Village"),
        ("गाँव का नाम", "गाँव का नाम"),
        ("household_no-2", "household_no-2"),
        ("9876543210", "column 1"),
        ("ward 1234", "column 1"),
        ("ward १२३४", "column 1"),
        ("a@example.in", "column 1"),
        ("=cmd|x", "column 1"),
        ("two\nlines", "column 1"),
        ("x" * 41, "column 1"),
        ("FIR no 12", "column 1"),
        ("\u202eelcsni", "column 1"),
        ("", "column 1"),
    ],
)
def test_a_dropped_column_is_named_only_where_its_name_is_safe(heading: str, printed: str) -> None:
    assert screen_frame(frame_of(**{f"?{heading}": ["x"]}), CONTRACT).dropped_columns == (printed,)


@pytest.mark.parametrize(
    ("token", "held"),
    [
        ("9876543210", True),
        ("123456789012345678", True),
        ("1234 5678 9012 3456", True),
        ("१२३४५६७८९०१२३४५६", True),
        ("1234567890123456789", False),
        ("1234567890abcdef", False),
        ("98765432109876543210abcdefabcdef", False),
    ],
)
def test_a_case_token_that_is_a_bare_number_is_held(token: str, held: bool) -> None:
    screened = screen_frame(frame_of(case_token=[token]), CONTRACT)
    assert screened.findings.height > 0 if held else screened.findings.is_empty()
    assert screened.frame.is_empty() == held


def test_findings_carry_field_names_and_known_rules_only() -> None:
    cells = ["9876543210 a@example.in ACUPA7085R 2341 2341 2346 FIR no 1 SBIN0001234"]
    findings = screen_frame(frame_of(narrative=cells), CONTRACT).findings
    assert findings.schema == {"row": pl.UInt32, "field": pl.String, "rule": pl.String}
    assert set(findings["field"]) == {"narrative"}
    rules = set(findings["rule"])
    assert rules == {
        f"personal_{kind}" for kind in ("phone", "email", "pan", "aadhaar", "case_number", "account")
    }
    assert {CONTRACT.rules[rule].severity for rule in rules} == {"hold"}


def test_a_cell_that_cannot_be_judged_is_held_and_nothing_is_said_of_it(monkeypatch, caplog, capsys) -> None:
    def fail(text: str, sought: object) -> set[str]:
        raise ValueError(text)

    monkeypatch.setattr(scan, "judge_text", fail)
    screened = screen_frame(frame_of(narrative=["9876543210", "fine"]), CONTRACT)
    assert screened.findings.rows() == [(2, "narrative", "not_screened")]
    assert screened.frame["narrative"].to_list() == ["fine"]
    assert CONTRACT.rules["not_screened"].severity == "hold"
    assert "9876543210" not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("height", [0, 1])
def test_a_frame_of_no_or_one_row_is_screened(height: int) -> None:
    screened = screen_frame(frame_of(report_id=["A-1"] * height), CONTRACT)
    assert (screened.frame.height, screened.findings.height) == (height, 0)
    only_rows = screen_frame(frame_of(report_id=["A-1"] * height).select("row"), CONTRACT)
    assert only_rows.frame.columns == ["row", *CONTRACT.fields]


def test_a_return_is_screened_as_it_was_read() -> None:
    text = "report_id,mobile,narrative,state\nA-1,1,९८७६५ ४३२१०,IN-WB\nA-2,1,fine,IN-WB\n"
    screened = screen_frame(read_return(text.encode(), "csv", CONTRACT).frame, CONTRACT)
    assert screened.frame["report_id"].to_list() == ["A-2"]
    assert screened.dropped_columns == ("mobile",)


def test_a_hundred_thousand_clean_rows_take_about_a_second() -> None:
    size = 100_000
    frame = frame_of(
        report_id=[f"WB-2026-10-{number:06d}" for number in range(size)],
        case_token=[f"{number * 2654435761 % 2**64:016x}a" for number in range(size)],
        narrative=[
            f"{CLEAN[number % len(CLEAN)]} {'abcdefghij'[number % 10] * (number % 50)}"
            for number in range(size)
        ],
        **{name: ["police_station"] * size for name in ("service", "state", "district", "duty_bearer")},
    )
    screen_frame(frame.head(10), CONTRACT)
    started = time.monotonic()
    assert screen_frame(frame, CONTRACT).frame.height == size
    assert time.monotonic() - started < 5


def test_long_hostile_cells_end_soon() -> None:
    cells = [
        "9 " * 50_000,
        "1-" * 50_000,
        "@" * 100_000,
        "FIR no " * 14_000,
        "a" * 100_000,
        "12345678901 " * 8_000,
        "f.i.r" * 20_000,
        "98765 43210 x" * 8_000,
        "x@" * 50_000,
        "[at]" * 25_000,
        " at a dot" * 11_000,
        "नौ " * 33_000,
        "एबी " * 25_000,
        "केस नंबर " * 11_000,
        "123/2024 " * 11_000,
        "ABCD0" * 20_000,
        "12/3/2024 " * 10_000,
        "insta a1 " * 11_000,
    ]
    started = time.monotonic()
    screen_frame(frame_of(narrative=cells), CONTRACT)
    assert time.monotonic() - started < 10
