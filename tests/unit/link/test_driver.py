"""Linking a window: what is found does not depend on order or on what else is at hand, and nothing makes it fall."""

import random
import time

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.contract import Contract
from pipeline.link.driver import link_reports
from pipeline.link.features import LINK_SCHEMA
from pipeline.link.pairs import PAIRS_SCHEMA
from pipeline.link.weights import load_weights
from pipeline.worlds import KEPT, MESSY, World, draw_setting, invent_world

BATCHES = 100


@pytest.fixture(scope="module")
def world(contract: Contract) -> World:
    return invent_world(KEPT, reports=600, seed=4802, contract=contract)


@pytest.fixture
def link(contract: Contract):
    return lambda reports, **how: link_reports(
        reports.select(LINK_SCHEMA.names()), load_weights(), contract, **how
    )


def test_a_retelling_in_another_script_is_found(link, make_reports) -> None:
    told = {"case_token": "ab" * 16, "office": "Basirhat Thana", "visits": 4, "survivor_gender": "woman"}
    again = {**told, "collective": "VIJETA", "office": "বসিরহাট থানা", "return_id": "another"}
    linked = link(
        make_reports(told, again, {"service": "LEGAL_AID", "duty_bearer": "DLSA", "district": "305"})
    )
    assert linked.pairs.select("report_a", "report_b").rows() == [(f"{0:020x}", f"{1:020x}")]


def test_women_of_one_visit_with_their_own_tokens_are_not_one(link, make_reports) -> None:
    group = [
        {"case_token": f"{number:032x}", "narrative": "We were all sent away from the desk."}
        for number in range(20)
    ]
    assert "automatic" not in link(make_reports(*group)).pairs["verdict"].to_list()


def test_the_order_of_rows_changes_nothing(link, world: World) -> None:
    one = link(world.reports)
    other = link(world.reports.sample(fraction=1.0, shuffle=True, seed=3))
    assert_frame_equal(one.pairs, other.pairs)
    assert_frame_equal(one.alike, other.alike)
    assert one.pairs.height > 50


def test_months_linked_one_by_one_give_the_pairs_of_all_together(link, world: World) -> None:
    months = sorted(world.reports["month"].unique())
    assert len(months) == 3
    by_month = pl.concat(link(world.reports, month=month).pairs for month in months).unique()
    assert_frame_equal(by_month.sort("report_a", "report_b"), link(world.reports).pairs)


def test_a_month_s_pairs_do_not_change_with_other_months(link, world: World) -> None:
    reports = world.reports.filter(pl.col("month") == "2026-10")
    alone, together = link(reports).pairs, link(world.reports).pairs
    known = reports["report"].implode()
    within = together.filter(pl.col("report_a").is_in(known) & pl.col("report_b").is_in(known))
    assert_frame_equal(
        alone.select("report_a", "report_b", "bits"), within.select("report_a", "report_b", "bits")
    )


def test_tokens_with_a_slip_are_named(link, make_reports) -> None:
    tokens = ["0123456789abcdef" * 2, "0123456789abcdef" + "0123456789abcdee", "f" * 32]
    linked = link(make_reports(*({"case_token": token} for token in tokens)))
    assert linked.alike.rows() == [(f"{0:020x}", f"{1:020x}")]


def test_a_crowd_of_equal_reports_ends_soon_and_says_so(link, make_reports) -> None:
    reports = make_reports(*[{}] * 3000)
    start = time.monotonic()
    linked = link(reports)
    assert len(linked.dense) == 3000
    assert linked.candidates < 3000 * 60
    assert time.monotonic() - start < 60, "a hang, not a slow machine"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_batches_are_linked_without_falling(link, contract: Contract, batch: int) -> None:
    chance = random.Random(batch)
    setting = MESSY if batch % 3 else draw_setting(4000 + batch)
    whole = invent_world(setting, reports=500, seed=4000 + batch, contract=contract).reports
    reports = whole.head(chance.choice([1, 2, 3, 10, 50, 200, 500]))
    optional = [name for name in LINK_SCHEMA if name not in _NEEDED]
    for name in chance.sample(optional, chance.randint(0, len(optional))):
        emptied = pl.lit(None, reports.schema[name]) if chance.random() < 0.6 else pl.col(name).first()
        reports = reports.with_columns(emptied.alias(name))
    linked = link(reports)
    assert linked.pairs.schema == PAIRS_SCHEMA
    assert (linked.pairs["report_a"] < linked.pairs["report_b"]).all()
    assert linked.pairs.select("report_a", "report_b").is_unique().all()
    assert linked.pairs["bits"].is_finite().all()


_NEEDED = {
    "report",
    "collective",
    "month",
    "return_id",
    "row",
    "recorded_on",
    "incident_first",
    "incident_last",
    "state",
    "duty_bearer",
    "service",
    "incident_kinds",
}
