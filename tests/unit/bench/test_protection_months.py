"""The made-up months that disclosure control is measured on, attacked and replayed where nothing protects them."""

from pathlib import Path

import polars as pl
import pytest

from bench.protection.attack import attack
from bench.protection.judge import Truth
from bench.protection.months import Timeline, invent_timeline
from bench.protection.publish import publish
from bench.protection.replays import find_moved, find_taught, replay
from bench.protection.schemes import publish_noisy, publish_rounded
from pipeline.contract import load_contract
from pipeline.protect.counted import COUNTED_SCHEMA
from pipeline.protect.plan import load_plan

MONTHS, INCIDENTS = 4, 500


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return invent_timeline(load_contract(), seed=11, months=MONTHS, incidents=INCIDENTS)


def test_the_same_seed_gives_the_same_months(timeline: Timeline) -> None:
    again = invent_timeline(load_contract(), seed=11, months=MONTHS, incidents=INCIDENTS)

    assert [release.key for release in again.releases] == [release.key for release in timeline.releases]
    assert all(
        one.incidents.equals(other.incidents)
        for one, other in zip(timeline.releases, again.releases, strict=True)
    )


def test_months_hold_what_an_edition_counts(timeline: Timeline) -> None:
    codes = load_contract()
    for release in timeline.releases:
        incidents = release.incidents
        assert incidents.schema == COUNTED_SCHEMA
        assert incidents["incident"].is_unique().all()
        assert set(incidents["state"]) <= set(codes.code_lists["states"].codes)
        assert set(incidents["duty_bearer"]) <= set(codes.codes_of("duty_bearer").codes)
        assert incidents["incident_kinds"].list.len().min() > 0


def test_corrections_and_withdrawals_lie_between_months(timeline: Timeline) -> None:
    assert max(release.number for release in timeline.releases) > 1
    gone = timeline.withdrawn_by(len(timeline.releases) - 1)
    assert gone
    assert not gone & set(timeline.count_for(len(timeline.releases) - 1, "month")["incident"])


def test_what_is_true_of_a_person_is_never_blank(timeline: Timeline) -> None:
    assert timeline.persons["person"].null_count() == 0
    assert any(release.incidents["person"].null_count() for release in timeline.releases)


def test_the_primary_rule_alone_is_broken(timeline: Timeline, tmp_path: Path) -> None:
    publish(timeline, publish_rounded(load_plan(), load_contract()), tmp_path)

    found = attack(tmp_path, Truth(timeline, keeps_withdrawn=False), editions=1, most=0)
    assert found.leaks
    assert all(leak.persons < 10 for leak in found.leaks)


@pytest.mark.parametrize("batch", [1, 10])
@pytest.mark.parametrize("noisy", [False, True])
def test_recounted_editions_teach_what_was_withdrawn(
    timeline: Timeline, tmp_path: Path, noisy: bool, batch: int
) -> None:
    plan, contract = load_plan(), load_contract()
    scheme = publish_noisy(plan, contract, "made up") if noisy else publish_rounded(plan, contract)
    editions = publish(timeline, scheme, tmp_path, releases=2).editions

    replayed = replay(scheme, editions, number=20, batch=batch)
    assert replayed.withdrawals == 20
    assert replayed.taught_any > 0


def test_an_edition_that_stands_teaches_nothing(timeline: Timeline, tmp_path: Path) -> None:
    scheme = publish_rounded(load_plan(), load_contract())
    edition = publish(timeline, scheme, tmp_path, releases=1).editions[0]
    assert edition.figures is not None

    moved = find_moved(edition.figures, edition.figures)
    assert moved.is_empty()
    assert find_taught(edition.incidents.row(0, named=True), moved) == set()


def test_only_figures_that_point_to_one_code_teach(timeline: Timeline) -> None:
    incident = timeline.releases[0].incidents.filter(pl.col("state") == "IN-WB").row(0, named=True)
    moved = pl.DataFrame(
        {
            "table": ["by_duty_bearer", "by_service", "by_service"],
            "geography": ["IN", "IN", "IN"],
            "period": ["2025-01"] * 3,
            "measure": ["incidents"] * 3,
            "code_1": [incident["duty_bearer"], incident["service"], "another"],
            "code_2": [""] * 3,
        }
    )
    assert find_taught(incident, moved) == {"duty_bearer"}
