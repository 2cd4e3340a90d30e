"""Made-up worlds: their truth holds together, their rows are reports, and they are as dense at any size."""

import hashlib

import polars as pl
import pytest

from pipeline.errors import UsageError
from pipeline.worlds import (
    EASY,
    KEPT,
    MESSY,
    WORLD_REPORTS_SCHEMA,
    WORLD_TRUTH_SCHEMA,
    draw_setting,
    invent_world,
)


def several(codes):
    return codes.drop_nulls().str.split(";").explode().unique()


def test_a_world_has_as_many_rows_as_asked_for_and_a_truth_for_each(world):
    assert world.reports.schema == WORLD_REPORTS_SCHEMA
    assert world.truth.schema == WORLD_TRUTH_SCHEMA
    assert world.reports.height == 2500
    assert world.reports["report"].equals(world.truth["report"])
    assert world.reports["report"].is_unique().all()
    assert world.truth.drop("group_visit").null_count().sum_horizontal().item() == 0


def test_every_incident_is_one_matter_of_one_person_on_one_day(world):
    of_incident = world.truth.group_by("incident").agg(
        pl.col("person", "thread", "desk", "happened").n_unique(),
        groups=pl.col("group_visit").n_unique(),
        tellers=pl.col("teller").sort(),
    )
    for column in ("person", "thread", "desk", "happened", "groups"):
        assert (of_incident[column] == 1).all()
    assert all(list(tellers) == list(range(len(tellers))) for tellers in of_incident["tellers"])


def test_a_group_visit_is_of_different_people_on_one_day_at_one_desk(messy):
    visits = (
        messy.truth.unique("incident")
        .filter(pl.col("group_visit").is_not_null())
        .group_by("group_visit")
        .agg(pl.len(), pl.col("person", "happened", "desk").n_unique())
    )
    assert (visits["person"] == visits["len"]).all()
    assert (visits["happened"] == 1).all()
    assert (visits["desk"] == 1).all()
    assert (visits["len"] > 3).any()


def test_members_of_a_group_visit_are_told_by_one_writer_in_consecutive_rows(messy):
    both = messy.reports.hstack(messy.truth.drop("report")).filter(pl.col("teller") == 0)
    sittings = both.group_by("group_visit").agg(
        pl.len(),
        pl.col("writer", "recorded_on", "return_id").n_unique(),
        spread=pl.col("row").max() - pl.col("row").min() + 1,
    )
    sittings = sittings.filter(pl.col("group_visit").is_not_null())
    assert (sittings["writer"] == 1).all()
    assert (sittings["recorded_on"] == 1).all()
    # The same writer's later double entry of another incident may stand between two of them.
    assert (sittings["spread"] <= sittings["len"] + 2).mean() > 0.95


def test_about_a_quarter_of_the_incidents_is_told_more_than_once(world):
    tellings = world.truth.group_by("incident").len()["len"]
    assert 0.15 < (tellings > 1).mean() < 0.3


def test_people_come_back_to_the_same_desk_days_or_weeks_later(messy):
    days = messy.truth.unique("incident").sort("thread", "happened")
    gaps = days.select((pl.col("happened") - pl.col("happened").shift()).dt.total_days().over("thread"))
    gaps = gaps.to_series().drop_nulls()
    assert len(gaps) > 50
    assert (gaps >= 2).all()
    # A refusal that nobody told of may lie between two others.
    assert (gaps <= 40).mean() > 0.95


def test_rows_hold_codes_of_the_contract(world, contract):
    reports = world.reports
    single = ("state", "district", "duty_bearer", "service", "survivor_gender", "survivor_age_band")
    single += ("trafficking_form", "resolution", "evidence", "offence_before_july_2024")
    for field in single:
        assert set(reports[field].drop_nulls()) <= set(contract.codes_of(field).codes), field
    for field in ("incident_kinds", "grounds", "escalated_to"):
        assert set(several(reports[field])) <= set(contract.codes_of(field).codes), field
    assert set(reports["collective"]) <= set(contract.code_lists["collectives"].codes)
    within = {code.code: code.within for code in contract.code_lists["districts"].codes.values()}
    placed = reports.filter(pl.col("district").is_not_null())
    assert (placed["district"].replace_strict(within) == placed["state"]).all()


def test_days_are_in_order(world):
    reports = world.reports
    assert (reports["incident_first"] <= reports["recorded_on"]).all()
    assert (reports["incident_first"] <= reports["incident_last"]).all()
    assert (reports["first_approached_on"] <= reports["incident_last"]).all()
    assert (reports["resolved_on"] >= reports["incident_first"]).all()
    assert (reports["resolved_on"] <= reports["recorded_on"]).all()
    known = reports["incident_first"] == reports["incident_last"]
    assert known.equals(world.truth["day_known"], check_names=False)
    months = reports.filter(~known)
    assert (months["incident_first"].dt.day() == 1).all()
    assert (months["incident_last"] == months["incident_last"].dt.month_end()).all()


def test_returns_number_their_rows_and_name_their_reports(world):
    returns = world.reports.group_by("return_id").agg(
        pl.col("row").sort(),
        pl.col("collective", "month").n_unique(),
        ordered=pl.col("recorded_on").is_sorted(),
    )
    assert all(list(rows) == list(range(2, len(rows) + 2)) for rows in returns["row"])
    assert (returns["collective"] == 1).all()
    assert (returns["month"] == 1).all()
    assert set(world.reports["month"]) == {"2026-09", "2026-10", "2026-11"}
    assert (world.reports["month"] == "2026-10").mean() > 0.75
    first = world.reports.row(0, named=True)
    named = hashlib.sha256(f"{first['collective']}/{first['report_id']}".encode()).hexdigest()
    assert first["report"] == named[:20]


def test_the_same_seed_gives_the_same_world_and_another_seed_another(contract):
    one, same, other = (invent_world(KEPT, reports=400, seed=seed, contract=contract) for seed in (1, 1, 2))
    assert one.reports.equals(same.reports)
    assert one.truth.equals(same.truth)
    assert not one.reports.equals(other.reports)


def test_a_world_is_as_dense_at_ten_times_the_size(contract):
    crowded = {}
    for reports in (2500, 25_000):
        truth = [invent_world(KEPT, reports=reports, seed=s, contract=contract).truth for s in (1, 2)]
        incidents = pl.concat([part.unique("incident").with_columns(world=n) for n, part in enumerate(truth)])
        weeks = incidents.group_by("world", "desk", pl.col("happened").dt.truncate("1w")).len()["len"]
        crowded[reports] = (weeks * (weeks - 1)).sum() / 2 / incidents.height
    assert crowded[25_000] == pytest.approx(crowded[2500], rel=0.3)


def test_a_large_world_is_in_every_state(contract):
    reports = invent_world(KEPT, reports=90_000, seed=1, contract=contract).reports
    assert set(reports["state"]) == set(contract.code_lists["states"].codes)
    assert reports["district"].n_unique() > 750


def test_any_drawn_setting_gives_a_world(contract):
    for seed in range(12):
        world = invent_world(draw_setting(seed), reports=300, seed=seed, contract=contract)
        assert world.reports.height == 300
        assert (world.reports["incident_first"] <= world.reports["recorded_on"]).all()


def test_messier_settings_give_messier_forms(contract):
    easy, messy = (invent_world(s, reports=2500, seed=5, contract=contract) for s in (EASY, MESSY))
    for column in ("office", "case_token", "narrative", "recorder", "district", "visits"):
        assert messy.reports[column].null_count() > easy.reports[column].null_count(), column
    assert messy.truth["day_known"].sum() < easy.truth["day_known"].sum()
    assert messy.truth["pasted"].sum() > 5 * easy.truth["pasted"].sum()
    assert messy.truth["person"].n_unique() < easy.truth["person"].n_unique()


@pytest.mark.parametrize(("month", "reports"), [("2026-13", 600), ("2026-10", 99)])
def test_a_month_or_number_that_cannot_be_used_is_refused(contract, month, reports):
    with pytest.raises(UsageError):
        invent_world(KEPT, reports=reports, seed=1, month=month, contract=contract)
