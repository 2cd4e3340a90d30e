"""The measures of linkage, held against plain counting and against networkx."""

from itertools import combinations

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.linkage.metrics import REVIEW_SCHEMA, judge, measure, pool
from bench.linkage.resample import bound
from bench.linkage.slices import score_slices
from bench.linkage.sweep import add_up, connect, find_best, recall_at, sweep

COUNT = 9
numbers = st.lists(st.integers(0, 4), min_size=COUNT, max_size=COUNT)
edges = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=8)
scored = st.lists(
    st.tuples(
        st.integers(0, COUNT - 2), st.integers(1, COUNT - 1), st.sampled_from([0.1, 0.4, 0.7, 0.9])
    ).filter(lambda pair: pair[0] < pair[1]),
    min_size=1,
    max_size=14,
)


def make_traits(incidents: list[int], **traits: list[object]) -> pl.DataFrame:
    plain = {
        "person": incidents,
        "group_visit": [None] * len(incidents),
        "language": ["en"] * len(incidents),
        "day_known": [True] * len(incidents),
        "has_token": [True] * len(incidents),
        "several": [False] * len(incidents),
    }
    return pl.DataFrame(
        {"report": name(len(incidents)), "incident": incidents, **plain, **traits},
        schema_overrides={"group_visit": pl.Int64},
    )


def name(count: int) -> list[str]:
    return [f"r{number}" for number in range(count)]


def make_clusters(clusters: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"report": name(len(clusters)), "cluster": clusters})


def make_reviews(pairs: list[tuple[int, int]]) -> pl.DataFrame:
    rows = [(f"r{one}", f"r{other}") for one, other in pairs if one != other]
    return pl.DataFrame(rows, schema=REVIEW_SCHEMA, orient="row")


def within(groups: list[int]) -> set[tuple[int, int]]:
    return {pair for pair in combinations(range(len(groups)), 2) if groups[pair[0]] == groups[pair[1]]}


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


@given(numbers, numbers)
def test_pairs_count_all_pairs_within_clusters(incidents: list[int], clusters: list[int]) -> None:
    measured = measure(judge(make_traits(incidents), make_clusters(clusters)))
    true, found = within(incidents), within(clusters)
    assert measured["precision"] == share(len(true & found), len(found))
    assert measured["recall"] == share(len(true & found), len(true))
    assert measured["f1"] == share(2 * len(true & found), len(true) + len(found))


@given(numbers, numbers)
def test_b_cubed_is_the_mean_over_reports(incidents: list[int], clusters: list[int]) -> None:
    measured = measure(judge(make_traits(incidents), make_clusters(clusters)))
    precisions, recalls = [], []
    for report in range(COUNT):
        together = {other for other in range(COUNT) if clusters[other] == clusters[report]}
        alike = {other for other in range(COUNT) if incidents[other] == incidents[report]}
        precisions.append(len(together & alike) / len(together))
        recalls.append(len(together & alike) / len(alike))
    precision, recall = np.mean(precisions), np.mean(recalls)
    assert measured["b3_precision"] == pytest.approx(precision)
    assert measured["b3_recall"] == pytest.approx(recall)
    assert measured["b3"] == pytest.approx(2 * precision * recall / (precision + recall))


@given(numbers, numbers, edges)
def test_review_reaches_what_right_answers_would_join(
    incidents: list[int], clusters: list[int], asked: list[tuple[int, int]]
) -> None:
    measured = measure(judge(make_traits(incidents), make_clusters(clusters), make_reviews(asked)))
    graph = nx.Graph(
        [*within(clusters), *(pair for pair in asked if incidents[pair[0]] == incidents[pair[1]])]
    )
    graph.add_nodes_from(range(COUNT))
    true = within(incidents)
    reached = {pair for pair in true if nx.has_path(graph, *pair)}
    questions = {tuple(sorted(pair)) for pair in asked if clusters[pair[0]] != clusters[pair[1]]}
    assert measured["recall_with_review"] == share(len(reached), len(true))
    assert measured["questions_per_report"] == pytest.approx(len(questions) / COUNT)
    assert measured["review_share"] == pytest.approx(len({end for pair in questions for end in pair}) / COUNT)


def test_a_report_without_a_cluster_stands_by_itself() -> None:
    clusters = make_clusters([1, 1, 2]).head(2)
    assert measure(judge(make_traits([1, 1, 1]), clusters))["recall"] == pytest.approx(1 / 3)


def test_slices_take_pairs_by_what_both_reports_are() -> None:
    traits = make_traits(
        [1, 1, 2, 3],
        person=[7, 7, 7, 8],
        several=[True, True, True, False],
        group_visit=[None, None, 5, 5],
        language=["en", "hi", None, "hi"],
        day_known=[True, False, True, True],
        has_token=[True, True, False, True],
    )
    slices = score_slices(judge(traits, make_clusters([1, 1, 1, 1])))
    assert {which: (each["true"], each["found"]) for which, each in slices.items()} == {
        "cross_language": (1, 2),
        "month_only": (1, 3),
        "repeat_incidents": (1, 3),
        "missing_token": (0, 3),
        "group_visits": (0, 1),
    }


def test_months_are_pooled_without_mixing_their_people() -> None:
    month = judge(make_traits([1, 1, 2]), make_clusters([1, 1, 1]))
    both = pool([month, month])
    assert measure(both) == pytest.approx(measure(month))
    assert both.reports["person"].n_unique() == 4


@given(numbers, numbers)
def test_intervals_weigh_pairs_by_the_copies_of_their_people(
    incidents: list[int], clusters: list[int]
) -> None:
    people = [incident // 2 for incident in incidents]
    judged = judge(make_traits(incidents, person=people), make_clusters(clusters))
    one_draw = bound(judged, draws=1, seed=3)
    known = sorted(set(map(str, people)))
    drawn = np.random.default_rng(3).integers(len(known), size=len(known))
    # Every copy of a person brings its own reports along; copies of one person have no pairs with each other.
    told = [(copy, report) for copy, place in enumerate(drawn) for report in range(COUNT)
            if str(people[report]) == known[place]]  # fmt: skip
    pairs = [
        (one, other)
        for (copy, one), (also, other) in combinations(told, 2)
        if copy == also or people[one] != people[other]
    ]
    true = [pair for pair in pairs if incidents[pair[0]] == incidents[pair[1]]]
    found = [pair for pair in pairs if clusters[pair[0]] == clusters[pair[1]]]
    right = sum(clusters[one] == clusters[other] for one, other in true)
    expected = {"precision": share(right, len(found)), "recall": share(right, len(true))}
    assert {key: one_draw.get(key, (None,))[0] for key in expected} == pytest.approx(expected)


def test_the_interval_of_a_perfect_clustering_is_a_point() -> None:
    judged = judge(make_traits([1, 1, 2, 2, 3, 3]), make_clusters([1, 1, 2, 2, 3, 3]))
    assert bound(judged, draws=20)["f1"] == (1.0, 1.0)


@given(scored, numbers)
def test_a_sweep_tells_the_components_at_every_score(
    pairs: list[tuple[int, int, float]], incidents: list[int]
) -> None:
    frame = pl.DataFrame(pairs, schema=["id_l", "id_r", "score"], orient="row")
    curve = sweep(frame, pl.Series(incidents))
    for score, correct, found in curve.iter_rows():
        graph = nx.Graph([pair[:2] for pair in pairs if pair[2] >= score])
        together = {
            tuple(sorted(pair))
            for component in nx.connected_components(graph)
            for pair in combinations(component, 2)
        }
        assert (correct, found) == (len(together & within(incidents)), len(together))
        assert within(connect(frame, COUNT, score).to_list()) == together


def test_one_threshold_is_chosen_for_all_months() -> None:
    strict = pl.DataFrame({"score": [0.9, 0.5], "correct": [2, 3], "found": [2, 9]})
    loose = pl.DataFrame({"score": [0.8, 0.6], "correct": [1, 4], "found": [1, 4]})
    curve = add_up([strict, loose])
    assert curve.rows() == [(0.9, 2, 2), (0.8, 3, 3), (0.6, 6, 6), (0.5, 7, 13)]
    assert find_best(curve, 8) == 0.6
    assert recall_at(curve, 8, 0.98) == 6 / 8
    assert recall_at(curve, 8, 0.5) == 7 / 8
