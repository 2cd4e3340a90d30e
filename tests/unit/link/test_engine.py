"""The engine's bits are those that the weights file says, pair by pair, on every backend."""

import itertools

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.contract import Contract
from pipeline.link import engine as engine_module
from pipeline.link.blocking import block_reports
from pipeline.link.engine import open_engine, scored_schema
from pipeline.link.features import make_features
from pipeline.link.weights import load_weights
from pipeline.worlds import MESSY, invent_world


@pytest.fixture(scope="module")
def weights():
    return load_weights()


@pytest.fixture(scope="module")
def features(contract: Contract) -> pl.DataFrame:
    return make_features(invent_world(MESSY, reports=150, seed=4801, contract=contract).reports, contract)


@pytest.fixture(scope="module")
def all_pairs(features: pl.DataFrame) -> pl.DataFrame:
    ids = features["id"].to_list()
    return pl.DataFrame(
        list(itertools.combinations(ids, 2)), schema={"id_l": pl.Int64, "id_r": pl.Int64}, orient="row"
    )


@pytest.fixture(scope="module")
def scored(features, weights, all_pairs) -> pl.DataFrame:
    with open_engine(features, weights) as engine:
        return engine.score_pairs(all_pairs)


def test_every_pair_is_scored_once(scored: pl.DataFrame, all_pairs: pl.DataFrame, weights) -> None:
    assert_frame_equal(scored.select("id_l", "id_r"), all_pairs)
    assert scored.schema == scored_schema(weights)
    assert scored.null_count().sum_horizontal().item() == 0


def test_bits_are_the_prior_and_the_tables_added_up(scored: pl.DataFrame, weights) -> None:
    codes = scored.select(weights.code_levels()).to_series()
    for bits, code in zip(scored["bits"].head(3000), codes.head(3000), strict=True):
        told = weights.split_bits(weights.read_levels(code))
        assert bits == pytest.approx(weights.prior_bits + sum(told.values()), abs=1e-9)


def test_every_level_that_a_report_has_with_itself_agrees(features: pl.DataFrame, weights) -> None:
    """A copy of a report agrees with it in everything that both tell."""
    ids = pl.DataFrame({"id_l": features["id"], "id_r": features["id"]})
    with open_engine(features, weights) as engine:
        scored = engine.score_pairs(ids)
    for name in ("date", "place", "duty_bearer", "service", "kinds", "office", "token", "text", "visits"):
        levels = [level.level for level in weights.by_name[name].levels]
        seen = {levels[place] for place in scored[f"at_{name}"].unique()}
        assert seen <= {
            "missing",
            "same",
            "same_rare",
            "same_common",
            "same_high",
            "same_day",
            "same_district",
            "same_text",
            "same_state",
            "month_fits",
        }


def test_scoring_in_parts_changes_nothing(
    features, weights, all_pairs, scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "PAIRS_AT_ONCE", 1000)
    with open_engine(features, weights) as engine:
        assert_frame_equal(engine.score_pairs(all_pairs), scored)


def test_pairs_of_fewer_bits_are_left_out(features, weights, all_pairs, scored) -> None:
    with open_engine(features, weights) as engine:
        enough = engine.score_pairs(all_pairs, least_bits=-8.0)
    assert_frame_equal(enough, scored.filter(pl.col("bits") >= -8.0))
    assert 0 < enough.height < scored.height


def test_pairs_that_share_a_key_are_found_as_by_hand(features, weights) -> None:
    keys = block_reports(features, weights.blocking, most=weights.most_in_block).keys
    members: dict[int, list[int]] = {}
    for number, key in keys.select("id", "key").iter_rows():
        members.setdefault(key, []).append(number)
    by_hand = {pair for ids in members.values() for pair in itertools.combinations(sorted(ids), 2)}
    with open_engine(features, weights) as engine:
        assert set(engine.find_pairs(keys).iter_rows()) == by_hand


def test_no_pairs_are_scored_to_none(features, weights, all_pairs) -> None:
    with open_engine(features, weights) as engine:
        assert engine.score_pairs(all_pairs.clear()).schema == scored_schema(weights)
