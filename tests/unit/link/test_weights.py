"""The weights are a file that a person can read, and that fits itself, its comparisons and the features."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlglot

from pipeline.contract import Contract
from pipeline.errors import UsageError
from pipeline.link.features import make_features
from pipeline.link.weights import load_weights, newest_weights


@pytest.fixture
def raw() -> dict[str, Any]:
    return json.loads(newest_weights().read_text(encoding="utf-8"))


def test_every_table_has_a_reason_and_every_level_is_said(raw) -> None:
    for table in (*raw["comparisons"], *raw["interactions"]):
        assert table["reason"].endswith(".")
    for comparison in raw["comparisons"]:
        assert comparison["asks"].endswith("?")
        assert all(level["says"] for level in comparison["levels"])
        assert len({level["level"] for level in comparison["levels"]}) == len(comparison["levels"])


def test_every_condition_speaks_of_features_of_both_reports(make_reports, contract: Contract) -> None:
    columns = set(make_features(make_reports({}), contract).columns)
    for comparison in load_weights().comparisons:
        for level in comparison.levels[:-1]:
            used = {
                column.name
                for column in sqlglot.parse_one(str(level.when), read="duckdb").find_all(sqlglot.exp.Column)
            }
            assert {name[:-2] for name in used} <= columns
            assert {name[-2:] for name in used} == {"_l", "_r"}


def test_every_blocking_key_is_a_feature(make_reports, contract: Contract) -> None:
    columns = set(make_features(make_reports({}), contract).columns)
    named = {name for rule in load_weights().blocking for step in rule.steps for key in step for name in key}
    assert named <= columns


def test_levels_that_must_be_worth_ever_less_are() -> None:
    for comparison in load_weights().comparisons:
        bits = [comparison.levels[comparison.place(level)].bits for level in comparison.falls]
        assert bits == sorted(bits, reverse=True)


def test_a_missing_answer_is_worth_nothing() -> None:
    for comparison in load_weights().comparisons:
        for level in comparison.levels:
            assert level.level != "missing" or level.bits == 0


def test_no_answer_decides_alone() -> None:
    weights = load_weights()
    for comparison in weights.comparisons:
        for level in comparison.levels:
            assert weights.prior_bits + level.bits < weights.bounds.automatic


def test_every_veto_is_a_reason_of_the_list() -> None:
    reasons = pl.read_csv(newest_weights().parent / "reasons.csv")["reason"].to_list()
    weights = load_weights()
    assert {veto.why for veto in weights.vetoes} <= set(reasons)
    assert all(weights.by_name[veto.comparison].place(veto.level) >= 0 for veto in weights.vetoes)


def test_the_code_of_levels_is_read_back() -> None:
    weights = load_weights()
    places = {each.name: len(each.levels) - 1 for each in weights.comparisons}
    code = (
        pl.DataFrame({f"at_{name}": [place] for name, place in places.items()})
        .select(weights.code_levels())
        .item()
    )
    assert weights.read_levels(code) == {each.name: each.levels[-1].level for each in weights.comparisons}


def test_bits_are_told_by_field_and_by_pair_of_fields() -> None:
    weights = load_weights()
    levels = {each.name: each.levels[0].level for each in weights.comparisons}
    bits = weights.split_bits(levels)
    assert set(bits) == {each.name for each in weights.comparisons} | {
        f"{pair.first} × {pair.second}" for pair in weights.interactions
    }
    for each in weights.comparisons:
        assert bits[each.name] == each.levels[0].bits


def spoil(raw: dict[str, Any], case: str) -> None:
    if case == "a level without condition in the middle":
        raw["comparisons"][0]["levels"][0]["when"] = None
    elif case == "an unknown comparison":
        raw["interactions"][0]["of"][0] = "weather"
    else:
        raw["interactions"][0]["bits"] = {"no_such_level": {"same": 1.0}}


@pytest.mark.parametrize(
    "case", ["a level without condition in the middle", "an unknown comparison", "an unknown level"]
)
def test_weights_that_do_not_fit_are_refused(raw, case: str, tmp_path: Path) -> None:
    spoil(raw, case)
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(UsageError):
        load_weights(path)
