"""A row's features say what can be compared of it, and depend on its own month alone."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.contract import Contract
from pipeline.link.features import make_features


@pytest.fixture
def features_of(make_reports, contract: Contract):
    return lambda *changes: make_features(make_reports(*changes), contract)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Model Thana No. 3", "মডেল থানা নং ৩"),
        ("Basirhat PS", "বসিরহাট থানা"),
        ("P.S. Kotwali", "Kotwali Police Station"),
        ("PS 12, Bankura", "Thana No. 12"),
        ("Dist. Hosp., Sealdah", "Sealdah District Hospital"),
    ],
)
def test_one_office_is_known_in_two_spellings(features_of, one: str, other: str) -> None:
    features = features_of({"office": one, "district": "305"}, {"office": other, "district": "305"})
    assert features["office_key"].n_unique() == 1
    assert features["office_key"][0]


def test_offices_of_other_numbers_or_names_differ(features_of) -> None:
    offices = ["Thana No. 3", "Thana No. 4", "Basirhat PS", "Bongaon PS"]
    assert features_of(*({"office": office} for office in offices))["office_key"].n_unique() == 4


@pytest.mark.parametrize("office", ["Thana", "police station", "থানা", "...", None])
def test_an_office_that_only_says_its_kind_is_no_office(features_of, office: str | None) -> None:
    assert features_of({"office": office})["office_key"].to_list() == [None]


def test_answers_that_say_nothing_become_missing(features_of) -> None:
    features = features_of(
        {"survivor_gender": "undisclosed", "offence_before_july_2024": "unknown", "escalated_to": "none"}
    )
    told = features.select("survivor_gender", "offence_before_july_2024", "escalated")
    assert told.row(0) == (None, None, None)


def test_a_day_knows_what_it_becomes_by_slips(features_of) -> None:
    features = features_of({"incident_first": date(2026, 3, 12), "incident_last": date(2026, 3, 12)})
    days = features.select(pl.from_epoch(pl.col("swapped", "turned"), time_unit="d"))
    assert days.row(0) == (date(2026, 3, 21), date(2026, 12, 3))
    month_only = features_of({"incident_first": date(2026, 3, 1), "incident_last": date(2026, 3, 31)})
    assert month_only.select("swapped", "turned", "rounded", "days").row(0) == (None, None, False, None)


def test_near_days_share_a_window_and_far_ones_do_not(features_of) -> None:
    days = [date(2026, 10, day) for day in range(1, 31)]
    features = features_of(*({"incident_first": day, "incident_last": day} for day in days))
    for name, near, far in (("weeks", 8, 16), ("days", 2, 4)):
        windows = [set(row) for row in features[name].to_list()]
        for one in range(30):
            for other in range(30):
                if abs(one - other) <= near:
                    assert windows[one] & windows[other]
                if abs(one - other) >= far:
                    assert not windows[one] & windows[other]


def test_words_that_few_others_use_are_telling(features_of) -> None:
    told = {"narrative": "They sent us away near the Telikhali pond again"}
    other = {"narrative": "They sent us away from the desk again and again"}
    features = features_of(told, {"narrative": "हमें तेलीखाली तालाब के पास से भगा दिया गया"}, *([other] * 600))
    telling = [set(words) for words in features["telling"].head(2).to_list()]
    assert len(telling[0] & telling[1]) == 1
    assert features["text"].n_unique() == 3
    assert features["language"].head(2).to_list() == ["en", "hi"]


def test_a_short_or_missing_narrative_is_not_compared(features_of) -> None:
    features = features_of({"narrative": "refused"}, {"narrative": None}, {"narrative": ""})
    assert features.select("text", "words", "telling", "numbers", "language").null_count().row(0) == (3,) * 5


def test_a_pasted_text_is_counted_within_its_collective(features_of) -> None:
    text = "We were sent away without a word of reason"
    features = features_of(*[{"narrative": text}] * 3, {"narrative": text, "collective": "VIJETA"})
    assert features["text_copies"].to_list() == [3, 3, 3, 1]
    assert features["text_copies_elsewhere"].to_list() == [1, 1, 1, 3]


def test_a_writer_s_habit_is_seen_in_her_other_rows(features_of) -> None:
    always = [{"recorder": "R1", "service": "OTHER"}] * 6
    seldom = [
        {"recorder": "R2", "service": service}
        for service in ("FIR", "FIR_COPY", "LEGAL_AID", "WAGES", "RESCUE")
    ]
    habits = features_of(*always, *seldom)["service_habit"].to_list()
    assert habits == [1.0] * 6 + [0.0] * 5


def test_how_much_a_writer_fills_in_is_seen_in_all_her_rows(features_of) -> None:
    told = {
        "visits": 2,
        "times_recounted": 3,
        "grounds": "caste",
        "resolution": "open",
        "survivor_gender": "woman",
    }
    features = features_of(*[{"recorder": "R1", **told}] * 4, {"recorder": "R1"}, *[{"recorder": "R2"}] * 5)
    care = features["care"].to_list()
    assert care[:5] == [care[0]] * 5
    assert care[0] > care[5] == care[9]
    assert features["month_care"].n_unique() == 1


def test_several_codes_are_bits_that_overlap_where_codes_do(features_of) -> None:
    kinds = features_of(
        {"incident_kinds": "BRIBE;REFUSAL"}, {"incident_kinds": "REFUSAL"}, {"incident_kinds": "DELAY"}
    )["kinds"].to_list()
    assert kinds[0] & kinds[1] == kinds[1]
    assert kinds[0] & kinds[2] == 0


def test_a_group_is_seen_at_its_desk(features_of) -> None:
    features = features_of(*[{"recorder": "R1"}] * 3, {"recorder": "R2"}, {"collective": "VIJETA"})
    assert features["sitting"].to_list() == [3, 3, 3, 1, 1]
    assert features["desk_own"].to_list() == [4, 4, 4, 4, 1]
    assert features["desk_others"].to_list() == [1, 1, 1, 1, 4]


def test_a_half_that_many_tokens_share_is_no_sign_of_a_slip(features_of) -> None:
    counted = features_of(*({"case_token": f"{number:032x}"} for number in range(9)))
    assert counted["token_head"].null_count() == 9
    assert counted["token_tail"].null_count() == 0
    mistyped = features_of({"case_token": "ab" * 16}, {"case_token": "ab" * 15 + "ac"})
    assert mistyped["token_head"].null_count() == 0


def test_collectives_that_share_tokens_have_one_key(features_of) -> None:
    tokens = [f"{number:032x}" for number in range(3)]
    shared = [
        {"collective": name, "case_token": token} for name in ("UTTHAN", "VIJETA") for token in tokens[:2]
    ]
    features = features_of(*shared, {"collective": "OMBLA", "case_token": tokens[0]}, {"case_token": None})
    assert features["token_key"].to_list() == ["UTTHAN"] * 4 + ["OMBLA", None]


def test_features_of_a_month_do_not_depend_on_other_months(make_reports, contract: Contract) -> None:
    told = {
        "narrative": "They sent us away near the Telikhali pond",
        "recorder": "R1",
        "case_token": "0" * 32,
    }
    october = make_reports(*({**told, "service": service} for service in ("FIR", "OTHER", "WAGES")))
    november = october.with_columns(
        report="n" + pl.col("report"), month=pl.lit("2026-11"), collective=pl.lit("VIJETA")
    )
    alone = make_features(october, contract)
    together = make_features(pl.concat([november, october]), contract).filter(pl.col("month") == "2026-10")
    assert_frame_equal(alone.drop("id"), together.drop("id"))


def test_the_order_of_rows_changes_nothing(make_reports, contract: Contract) -> None:
    reports = make_reports(*({"visits": number, "recorder": f"R{number % 3}"} for number in range(20)))
    shuffled = reports.sample(fraction=1.0, shuffle=True, seed=5)
    assert_frame_equal(make_features(reports, contract), make_features(shuffled, contract))


def test_no_reports_give_no_features(make_reports, contract: Contract) -> None:
    assert make_features(make_reports({}).clear(), contract).height == 0
