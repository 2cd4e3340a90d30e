"""Persons: one name for all hashes that may be of one person, so that nobody is counted twice."""

from itertools import product

import networkx as nx
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.link.persons import name_persons

TELLINGS_SCHEMA = {"incident_id": pl.String, "person": pl.String}
ALIKE_SCHEMA = {"person_a": pl.String, "person_b": pl.String}

Told = tuple[str, str | None]


def make_frames(tellings: list[Told], alike: list[tuple[str, str]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (
        pl.DataFrame(tellings, schema=TELLINGS_SCHEMA, orient="row"),
        pl.DataFrame(alike, schema=ALIKE_SCHEMA, orient="row"),
    )


def name(*tellings: Told, alike: list[tuple[str, str]] | None = None) -> dict[str, str | None]:
    return dict(name_persons(*make_frames(list(tellings), alike or [])).iter_rows())


def test_incidents_with_one_token_are_of_one_person() -> None:
    assert name(("1", "p"), ("2", "p"), ("3", "q")) == {"1": "p", "2": "p", "3": "q"}


def test_tokens_one_typo_apart_are_of_one_person() -> None:
    assert name(("1", "q"), ("2", "p"), alike=[("p", "q")]) == {"1": "p", "2": "p"}


def test_two_tokens_in_one_incident_are_two_keys_for_one_person_everywhere() -> None:
    assert name(("1", "p"), ("1", "q"), ("2", "q")) == {"1": "p", "2": "p"}


def test_persons_are_the_same_through_others() -> None:
    named = name(("1", "s"), ("2", "r"), ("2", "q"), ("3", "p"), alike=[("r", "s"), ("p", "q")])
    assert set(named.values()) == {"p"}


def test_a_token_that_no_report_has_still_ties_those_it_resembles() -> None:
    named = name(("1", "q"), ("2", "r"), alike=[("p", "q"), ("p", "r")])
    assert named["1"] == named["2"]


def test_an_incident_without_a_token_has_no_person() -> None:
    assert name(("1", None), ("1", None), ("2", "p")) == {"1": None, "2": "p"}


def test_a_report_without_a_token_takes_the_person_of_its_incident() -> None:
    assert name(("1", None), ("1", "p")) == {"1": "p"}


def test_without_reports_there_are_no_persons() -> None:
    assert name_persons(*make_frames([], [("p", "q")])).is_empty()


told = st.lists(st.tuples(st.sampled_from("12345"), st.sampled_from([None, *"pqrstu"])), max_size=10)
resembling = st.lists(st.tuples(st.sampled_from("pqrstu"), st.sampled_from("pqrstu")), max_size=4)


@given(told, resembling, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_the_alike_does_not_matter(tellings, alike, random) -> None:
    frames = make_frames(tellings, alike)
    other = make_frames(
        random.sample(tellings, len(tellings)), random.sample([(b, a) for a, b in alike], len(alike))
    )
    assert name_persons(*frames).equals(name_persons(*other))


@given(told, resembling)
def test_persons_are_the_connected_components_of_incidents_and_tokens(tellings, alike) -> None:
    graph = nx.Graph()
    graph.add_edges_from(pair for pair in tellings if pair[1])
    graph.add_edges_from(alike)
    named = name(*tellings, alike=alike)
    assert set(named) == {incident for incident, _ in tellings}
    for one, other in product(named, named):
        if named[one] is None:
            assert not any(person for incident, person in tellings if incident == one)
        elif named[other] is not None:
            assert (named[one] == named[other]) == nx.has_path(graph, one, other)


@given(told, resembling)
def test_the_name_is_the_smallest_hash_that_may_be_the_persons(tellings, alike) -> None:
    graph = nx.Graph()
    graph.add_edges_from(pair for pair in tellings if pair[1])
    graph.add_edges_from(alike)
    for incident, person in name(*tellings, alike=alike).items():
        if person is not None:
            tied = nx.node_connected_component(graph, incident)
            assert person == min(node for node in tied if node.isalpha())
