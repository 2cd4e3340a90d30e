"""A pair links by its bits, unless a veto or a rival wants a person to look."""

from dataclasses import replace

import polars as pl
import pytest

from pipeline.link.decide import decide_pairs
from pipeline.link.weights import Weights, load_weights

RETURNS = ["r1", "r2", "r2", "r3"]


@pytest.fixture
def weights() -> Weights:
    loaded = load_weights()
    return replace(loaded, bounds=replace(loaded.bounds, automatic=4.0, review=1.0, veto=-4.0, rival=2.0))


@pytest.fixture
def judge(weights: Weights):
    """Judge pairs of reports "0" to "3", of which "1" and "2" stand in one return."""
    features = pl.DataFrame({"id": range(4), "report": list("0123"), "return_id": RETURNS})

    def judge_pairs(*pairs: tuple[int, int, float], **levels: str) -> list[tuple[str, str]]:
        places = {
            each.name: each.place(levels.get(each.name, each.levels[0].level)) for each in weights.comparisons
        }
        scored = pl.DataFrame(pairs, schema=["id_l", "id_r", "bits"], orient="row").with_columns(
            pl.lit(place).alias(f"at_{name}") for name, place in places.items()
        )
        judged = decide_pairs(scored, features, weights)
        return list(zip(judged["verdict"], judged["why"], strict=True))

    return judge_pairs


@pytest.mark.parametrize(
    ("bits", "verdict", "why"),
    [
        (4.0, "automatic", ""),
        (3.99, "review", "between_bounds"),
        (1.0, "review", "between_bounds"),
        (0.99, "apart", ""),
    ],
)
def test_bits_decide(judge, bits: float, verdict: str, why: str) -> None:
    assert judge((0, 1, bits)) == [(verdict, why)]


@pytest.mark.parametrize(
    ("name", "level", "why"),
    [
        ("date", "far_apart", "dates_far_apart"),
        ("token", "differs", "tokens_differ"),
        ("place", "other_state", "token_across_states"),
    ],
)
def test_a_veto_asks_a_person_however_many_bits(judge, name: str, level: str, why: str) -> None:
    assert judge((0, 1, 30.0), **{name: level}) == [("review", why)]


def test_a_pair_with_a_veto_and_few_bits_is_left(judge) -> None:
    assert judge((0, 1, 0.0), token="differs") == [("apart", "")]


def test_two_of_one_return_that_fit_alike_are_asked_of_a_person(judge) -> None:
    assert judge((0, 1, 8.0), (0, 2, 7.0)) == [("review", "several_fit")] * 2


def test_the_one_that_fits_far_better_links(judge) -> None:
    assert judge((0, 1, 8.0), (0, 2, 5.0)) == [("automatic", ""), ("review", "several_fit")]


def test_a_doubtful_rival_counts_as_one(judge) -> None:
    assert judge((0, 1, 4.5), (0, 2, 3.0)) == [("review", "several_fit"), ("review", "between_bounds")]


def test_rivals_that_are_one_incident_are_no_rivals(judge) -> None:
    assert judge((0, 1, 8.0), (0, 2, 8.0), (1, 2, 9.0)) == [("automatic", "")] * 3


def test_reports_of_different_returns_are_no_rivals(judge) -> None:
    assert judge((0, 1, 8.0), (0, 3, 8.0)) == [("automatic", "")] * 2
