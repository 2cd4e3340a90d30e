"""How incidents are told: by whom, with which token, from memory or from a form."""

import dataclasses

import polars as pl
import pytest

from pipeline.worlds import EASY, KEPT, MESSY, invent_world

NO_ERRORS = ("first_hand", "typing", "token_missing", "token_typo", "token_of_other", "writes_no_token")
QUIET = dataclasses.replace(EASY, **dict.fromkeys(NO_ERRORS, 0.0))


def tell(setting, contract, reports=3000, seed=3):
    world = invent_world(setting, reports=reports, seed=seed, contract=contract)
    return world.reports.hstack(world.truth.drop("report"))


def pairs_with_first(told):
    first = told.filter(pl.col("teller") == 0)
    return told.filter((pl.col("teller") > 0) & ~pl.col("resent")).join(first, on="incident", suffix="_first")


def test_incidents_are_told_again_by_others_colleagues_and_the_same_writer(messy):
    pairs = pairs_with_first(messy.reports.hstack(messy.truth.drop("report")))
    others = pairs.filter(pl.col("collective") != pl.col("collective_first"))
    same = pairs.filter(pl.col("writer") == pl.col("writer_first"))
    assert others.height > pairs.height * 0.25
    assert same.filter("retyped").height == same.height
    assert pairs.height - others.height - same.height > pairs.height * 0.1
    assert not others["retyped"].any()


def test_another_collective_mostly_works_in_the_same_state(messy):
    pairs = pairs_with_first(messy.reports.hstack(messy.truth.drop("report")))
    assert (pairs["state"] == pairs["state_first"]).all()


def test_a_retyped_report_stands_under_a_new_id(messy):
    pairs = pairs_with_first(messy.reports.hstack(messy.truth.drop("report"))).filter("retyped")
    assert pairs.filter(pl.col("report_id") == pl.col("report_id_first")).is_empty()
    assert (pairs["collective"] == pairs["collective_first"]).all()


def test_a_file_sent_again_repeats_all_its_rows(contract):
    told = tell(dataclasses.replace(QUIET, resent_files=0.1, office_missing=0.0), contract)
    again = told.filter("resent")
    writers = told.filter(pl.col("writer").is_in(again["writer"].unique().implode()))
    once = writers.filter(~pl.col("resent") & (pl.col("month") == "2026-10"))
    assert again.height > 100
    assert again.height >= once.height * 0.95
    pairs = again.join(once, on=["incident", "writer", "recorded_on"], suffix="_first")
    for column in ("incident_first", "service", "incident_kinds", "visits", "grounds", "survivor_age_band"):
        assert pairs[column].eq_missing(pairs[f"{column}_first"]).all(), column


def test_a_token_is_the_same_for_one_person_under_one_key_only(contract):
    told = tell(dataclasses.replace(QUIET, network_key=0.0, second_collective=0.5), contract)
    by_person = told.group_by("person", "collective").agg(pl.col("case_token").n_unique())
    assert (by_person["case_token"] == 1).all()
    assert told.group_by("case_token").agg(pl.col("person").n_unique())["person"].max() == 1
    shared = told.group_by("person").agg(pl.col("collective").n_unique(), pl.col("case_token").n_unique())
    assert (shared["collective"] == shared["case_token"]).all()
    assert (shared["collective"] > 1).any()


def test_a_network_of_collectives_shares_its_tokens(contract):
    told = tell(dataclasses.replace(QUIET, network_key=1.0, second_collective=0.5), contract)
    shared = told.group_by("person").agg(pl.col("collective").n_unique(), pl.col("case_token").n_unique())
    assert (shared["collective"] > 1).any()
    assert (shared["case_token"] == 1).all()
    assert told["case_token"].str.contains("^[0-9a-f]{32}$").all()


def test_tokens_are_mistyped_by_one_character_and_shared_by_mistake(contract):
    world = invent_world(
        dataclasses.replace(QUIET, token_typo=0.2, token_of_other=0.1),
        reports=2000,
        seed=1,
        contract=contract,
    )
    told = world.reports.hstack(world.truth.drop("report"))
    tokens = told.group_by("case_token").agg(pl.col("person").n_unique(), pl.len())
    assert (tokens["person"] > 1).any()
    pairs = pairs_with_first(told).filter(pl.col("collective") == pl.col("collective_first"))
    differing = pairs.filter(pl.col("case_token") != pl.col("case_token_first"))
    assert differing.height > 10
    for one, other in differing.select("case_token", "case_token_first").iter_rows():
        assert sum(a != b for a, b in zip(one, other, strict=True)) <= 2


def test_who_tells_first_hand_without_errors_tells_the_day(contract):
    told = tell(dataclasses.replace(QUIET, writes_no_day=0.0, heaps_days=0.0), contract)
    first = told.filter(pl.col("teller") == 0)
    assert (first["incident_first"] == first["happened"]).all()
    assert first["day_known"].all()


@pytest.mark.parametrize(
    ("rate", "holds"),
    [
        ("writes_no_day", ~pl.col("day_known")),
        ("writes_one_visit", pl.col("visits") == 1),
        ("writes_other_service", pl.col("service") == "OTHER"),
        ("writes_no_office", pl.col("office").is_null()),
        ("writes_no_token", pl.col("case_token").is_null()),
        ("writes_no_narrative", pl.col("narrative").is_null()),
        ("leaves_recorder_blank", pl.col("recorder").is_null()),
        ("writes_parent_bearer", pl.col("duty_bearer") != "SLSA"),
        ("writes_one_kind", ~pl.col("incident_kinds").str.contains(";")),
        ("writes_one_ground", pl.col("grounds").is_not_null()),
        (
            "heaps_days",
            ~pl.col("day_known") | pl.col("incident_first").dt.day().is_in([1, 5, 10, 15, 20, 25]),
        ),
    ],
)
def test_a_habit_is_kept_by_all_who_have_it(contract, rate, holds):
    kept = tell(dataclasses.replace(KEPT, **{rate: 1.0}, typing=0.0), contract, reports=800).select(holds)
    # A heaped day after the day of recording stays as it was.
    assert kept.to_series().mean() > (0.85 if rate == "heaps_days" else 0.999)
    free = tell(dataclasses.replace(KEPT, **{rate: 0.0}, typing=0.0), contract, reports=800).select(holds)
    assert free.to_series().mean() < 0.99


def test_errors_grow_with_their_rate(contract):
    def differ(rate, column, value):
        pairs = pairs_with_first(tell(dataclasses.replace(MESSY, referred=0.0, **{rate: value}), contract))
        pairs = pairs.filter(pl.col("collective") != pl.col("collective_first"))
        return pairs[column].ne_missing(pairs[f"{column}_first"]).mean()

    for rate, column in (
        ("day_off", "incident_first"),
        ("month_only", "incident_last"),
        ("kind_neighbour", "incident_kinds"),
        ("service_neighbour", "service"),
        ("bearer_neighbour", "duty_bearer"),
        ("district_missing", "district"),
        ("age_off", "survivor_age_band"),
        ("grounds_differ", "grounds"),
        ("count_off", "visits"),
        ("approached_dropped", "first_approached_on"),
    ):
        assert differ(rate, column, 0.5) > differ(rate, column, 0.0) + 0.05, rate
