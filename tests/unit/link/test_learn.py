"""What is learned are tables of bits that fit the truth, fall where they must, and keep to the bit's meaning."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contract import Contract
from pipeline.link.learn import Tables, find_first_look, label_pairs, learn_tables, put_tables
from pipeline.link.learn import _fall as fall
from pipeline.link.weights import Comparison, Level, Weights, encode_weights, load_weights, newest_weights
from pipeline.worlds import KEPT, invent_world


@pytest.fixture(scope="module")
def weights() -> Weights:
    loaded = load_weights()
    # A few pairs of comparisons are enough to see that they are learned.
    return replace(loaded, interactions=loaded.interactions[:3])


@pytest.fixture(scope="module")
def pairs(contract: Contract, weights: Weights) -> pl.DataFrame:
    world = invent_world(KEPT, reports=800, seed=4804, contract=contract)
    return label_pairs(world.reports, world.truth, weights, contract)


@pytest.fixture(scope="module")
def tables(pairs: pl.DataFrame, weights: Weights) -> Tables:
    return learn_tables(pairs, weights, rounds=150)


def test_labels_are_the_truth_and_hopeless_pairs_stand_for_many(
    pairs: pl.DataFrame, weights: Weights
) -> None:
    assert pairs["same"].sum() > 100
    assert set(pairs["weight"].unique()) == {1.0, 10.0}
    assert pairs.filter("same")["weight"].unique().to_list() == [1.0]
    assert pairs.filter(pl.col("weight") > 1)["bits"].max() < -7


def test_learned_bits_tell_the_same_from_others(
    tables: Tables, pairs: pl.DataFrame, weights: Weights
) -> None:
    score, same = tables.add_up(pairs, weights), pairs["same"].to_numpy()
    assert score[same].mean() > 3
    assert score[~same].mean() < -5
    assert (score > 0)[same].mean() > 0.8


def test_a_bit_doubles_the_odds(tables: Tables, pairs: pl.DataFrame, weights: Weights) -> None:
    score, count = tables.add_up(pairs, weights), pairs["weight"].to_numpy()
    expected = (count / (1 + 2.0**-score)).sum()
    assert expected == pytest.approx((count * pairs["same"].to_numpy()).sum(), rel=1e-3)


def test_the_same_pairs_teach_the_same_tables(tables: Tables, pairs: pl.DataFrame, weights: Weights) -> None:
    again = learn_tables(pairs, weights, rounds=150)
    assert again.prior == tables.prior
    for one, other in zip([*again.alone, *again.together], [*tables.alone, *tables.together], strict=True):
        np.testing.assert_array_equal(one, other)


def test_learned_tables_make_a_file_that_scores_alike(
    tables: Tables, pairs: pl.DataFrame, weights: Weights, tmp_path
) -> None:
    raw = json.loads(newest_weights().read_text(encoding="utf-8"))
    raw["interactions"] = raw["interactions"][: len(weights.interactions)]
    path = tmp_path / "weights-v9.json"
    path.write_bytes(encode_weights(put_tables(raw, tables, weights, -9.0)))
    written = load_weights(path)
    scores = tables.add_up(pairs, weights)
    for row, score in zip(pairs.head(200).iter_rows(named=True), scores, strict=False):
        told = written.prior_bits + sum(written.split_bits(written.name_levels(row)).values())
        assert told == pytest.approx(score, abs=0.005 * 40 + 0.05 * 3)


def test_the_first_look_passes_over_hardly_a_pair_that_matters_and_most_others(
    tables: Tables, pairs: pl.DataFrame, weights: Weights
) -> None:
    passed = tables.look_first(pairs, weights) < find_first_look(tables, pairs, weights)
    matters = tables.add_up(pairs, weights) >= weights.bounds.review
    assert passed[matters].mean() < 0.002
    count = pairs["weight"].to_numpy()
    assert count[passed & ~matters].sum() / count[~matters].sum() > 0.7


def test_tables_fall_where_they_must_and_missing_is_worth_nothing(tables: Tables, weights: Weights) -> None:
    for comparison, bits in zip(weights.comparisons, tables.alone, strict=True):
        falling = [bits[comparison.place(level)] for level in comparison.falls]
        assert falling == sorted(falling, reverse=True)
        if comparison.levels[0].level == "missing":
            assert bits[0] == 0


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=9))
def test_pooling_makes_a_table_fall_and_keeps_its_sum(bits: list[float]) -> None:
    levels = tuple(Level(str(place), None, "", 0.0) for place in range(len(bits)))
    comparison = Comparison("any", "?", ".", levels, falls=tuple(level.level for level in levels))
    fallen = fall(comparison, np.array(bits))
    assert (np.diff(fallen) <= 1e-9).all()
    assert fallen.sum() == pytest.approx(sum(bits), abs=1e-6)
    if sorted(bits, reverse=True) == bits:
        np.testing.assert_allclose(fallen, bits)
