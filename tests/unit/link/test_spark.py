"""Beyond one machine: Spark compares the same pairs at the same levels with the same bits as DuckDB."""

import importlib.util
import shutil

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.contract import Contract
from pipeline.link.blocking import block_reports
from pipeline.link.driver import link_reports
from pipeline.link.engine import open_engine
from pipeline.link.features import make_features
from pipeline.link.weights import load_weights
from pipeline.worlds import MESSY, invent_world

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(
        importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
        reason="needs PySpark and Java 17: make test-spark",
    ),
]


@pytest.fixture(scope="module")
def reports(contract: Contract) -> pl.DataFrame:
    return invent_world(MESSY, reports=400, seed=4803, contract=contract).reports


def test_spark_finds_and_scores_what_duckdb_does(reports: pl.DataFrame, contract: Contract) -> None:
    features, weights = make_features(reports, contract), load_weights()
    keys = block_reports(features, weights.blocking, most=weights.most_in_block).keys
    with open_engine(features, weights) as engine:
        pairs = engine.find_pairs(keys)
        scored = engine.score_pairs(pairs)
    with open_engine(features, weights, "spark") as engine:
        assert_frame_equal(engine.find_pairs(keys), pairs, check_row_order=False)
        assert_frame_equal(engine.score_pairs(pairs), scored)
    assert scored["bits"].max() > weights.bounds.automatic


def test_a_window_links_the_same_on_spark(reports: pl.DataFrame, contract: Contract) -> None:
    one, other = (
        link_reports(reports, load_weights(), contract, backend=name) for name in ("duckdb", "spark")
    )
    assert_frame_equal(one.pairs, other.pairs)
