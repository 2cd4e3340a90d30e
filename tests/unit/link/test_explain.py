"""Explanation: bits in words, the weightiest first, adding up to the score."""

import polars as pl
import pytest

from pipeline.link.clusters import CONFLICT, CONTRADICTION, TOO_LARGE, VETO_REASONS
from pipeline.link.explain import LEAST_TOLD, find_weights, load_reasons, weigh_evidence
from pipeline.link.weights import load_weights

WEIGHTS = load_weights()


def code_of(place: int) -> str:
    """Return the code of levels that has each comparison at its level number `place`, or its last."""
    places = {f"at_{each.name}": [min(place, len(each.levels) - 1)] for each in WEIGHTS.comparisons}
    return pl.DataFrame(places).select(WEIGHTS.code_levels()).item()


@pytest.mark.parametrize("place", range(5))
def test_evidence_is_sorted_by_weight_and_adds_up(place: int) -> None:
    evidence = weigh_evidence(code_of(place), WEIGHTS)
    told = [abs(each.bits) for each in evidence if "smaller ones" not in each.says]
    assert told == sorted(told, reverse=True)
    assert min(told) >= LEAST_TOLD
    assert len(evidence) <= len(told) + 1
    total = sum(WEIGHTS.split_bits(WEIGHTS.read_levels(code_of(place))).values())
    assert sum(each.bits for each in evidence) == pytest.approx(total)


def test_evidence_is_said_as_question_and_answer() -> None:
    (date,) = [each for each in WEIGHTS.comparisons if each.name == "date"]
    said = [str(each) for each in weigh_evidence(code_of(0), WEIGHTS)]
    assert any(f"{date.asks} {date.levels[0].says}" in line for line in said)


def test_weights_are_found_by_their_version(tmp_path) -> None:
    assert find_weights(WEIGHTS.version) == WEIGHTS
    assert find_weights("no such version", tmp_path) is None


def test_every_reason_has_a_sentence() -> None:
    reasons = load_reasons()
    assert {*VETO_REASONS, CONFLICT, CONTRADICTION, TOO_LARGE, "between_bounds", "several_fit"} <= set(
        reasons
    )
    assert all(sentence.endswith(".") for sentence in reasons.values())
