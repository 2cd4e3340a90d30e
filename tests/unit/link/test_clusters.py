"""Clusters: every report is in one incident, decisions hold, and doubt is kept apart and said."""

from collections import Counter
from itertools import combinations

import networkx as nx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.link.clusters import VETO_REASONS, Clustering, cluster_reports
from pipeline.link.pairs import AUTOMATIC, DECISIONS_SCHEMA, PAIR, PAIRS_SCHEMA, REVIEW

VETO_BITS = -5.0
REVIEW_REASONS = ("between_bounds", "several_fit", *VETO_REASONS)

Scored = tuple[str, str, float, str, str]
Answers = dict[tuple[str, str], str]


def make_reports(**months: str) -> pl.DataFrame:
    schema = {"report": pl.String, "month": pl.String}
    return pl.DataFrame(list(months.items()), schema=schema, orient="row")


def make_pairs(*pairs: Scored) -> pl.DataFrame:
    """Scored pairs: two reports, bits, verdict, why."""
    rows = [(a, b, bits, "date=near", verdict, why) for a, b, bits, verdict, why in pairs]
    return pl.DataFrame(rows, schema=PAIRS_SCHEMA, orient="row")


def tie(pair: str, bits: float = 9.0) -> Scored:
    return (pair[0], pair[1], bits, "automatic", "")


def doubt(pair: str, bits: float = 2.0, why: str = "between_bounds") -> Scored:
    return (pair[0], pair[1], bits, "review", why)


def unlike(pair: str, bits: float = -3.0) -> Scored:
    return (pair[0], pair[1], bits, "apart", "")


def cluster(*pairs: Scored, most: int = 6, reports: str = "ABCD", **answers: str) -> Clustering:
    """Cluster reports told in one month; answers are decisions as AB="same"."""
    decisions = [(pair[0], pair[1], answer) for pair, answer in answers.items()]
    return cluster_reports(
        make_reports(**dict.fromkeys(reports, "2026-10")),
        make_pairs(*pairs),
        pl.DataFrame(decisions, schema=DECISIONS_SCHEMA, orient="row"),
        most=most,
        veto_bits=VETO_BITS,
    )


def incidents(clustering: Clustering) -> list[str]:
    """Incidents as the letters of their reports."""
    groups = clustering.incidents.group_by("incident_id").agg(pl.col("report").sort().str.join(""))
    return sorted(groups["report"])


def verdicts(clustering: Clustering) -> dict[str, tuple[str, str]]:
    return {a + b: (verdict, why) for a, b, _, _, verdict, why in clustering.pairs.iter_rows()}


def column(clustering: Clustering, name: str) -> dict[str, object]:
    return dict(clustering.incidents.select("report", name).iter_rows())


def test_reports_tied_through_others_tell_of_one_incident() -> None:
    clustering = cluster(tie("AB"), tie("BC"))
    assert incidents(clustering) == ["ABC", "D"]


def test_an_incident_goes_by_the_report_that_told_it_first() -> None:
    reports = make_reports(A="2026-11", B="2026-10", C="2026-10", D="2026-12")
    none = pl.DataFrame(schema=DECISIONS_SCHEMA)
    clustering = cluster_reports(reports, make_pairs(tie("AC"), tie("AB")), none, most=6, veto_bits=VETO_BITS)
    assert column(clustering, "incident_id") == {"A": "B", "B": "B", "C": "B", "D": "D"}


def test_without_pairs_every_report_is_an_incident_of_its_own() -> None:
    clustering = cluster()
    assert incidents(clustering) == ["A", "B", "C", "D"]
    assert clustering.pairs.is_empty()


def test_without_reports_there_is_nothing() -> None:
    clustering = cluster(tie("AB"), reports="", AB="same")
    assert clustering.incidents.is_empty()
    assert clustering.pairs.is_empty()


def test_the_result_keeps_its_columns_whatever_comes_in() -> None:
    for clustering in (cluster(), cluster(tie("AB")), cluster(reports=""), cluster(AB="same", CD="apart")):
        assert clustering.pairs.schema == PAIRS_SCHEMA
        assert clustering.incidents.schema == {
            "report": pl.String,
            "incident_id": pl.String,
            "link_bits": pl.Float64,
            "may_repeat": pl.Boolean,
        }


def test_pairs_and_decisions_on_unknown_reports_are_left_out() -> None:
    clustering = cluster(tie("AX"), tie("BX"), CX="same")
    assert incidents(clustering) == ["A", "B", "C", "D"]
    assert verdicts(clustering) == {}


def test_a_chain_over_a_vetoed_pair_stops_at_its_weaker_link_and_says_so() -> None:
    clustering = cluster(tie("AB", 9), tie("BC", 7), unlike("AC", VETO_BITS - 1))
    assert incidents(clustering) == ["AB", "C", "D"]
    assert verdicts(clustering)["BC"] == ("review", "conflict_in_cluster")
    assert verdicts(clustering)["AC"] == ("apart", "")


@pytest.mark.parametrize("reason", VETO_REASONS)
def test_a_reason_that_vetoes_does_so_however_many_bits_the_pair_has(reason: str) -> None:
    clustering = cluster(tie("AB", 9), tie("BC", 7), doubt("AC", 8, reason))
    assert incidents(clustering) == ["AB", "C", "D"]
    assert verdicts(clustering)["AC"] == ("review", reason)


def test_a_doubtful_pair_is_drawn_in_by_stronger_ones_and_leaves_the_queue() -> None:
    clustering = cluster(tie("AB"), tie("BC"), doubt("AC"))
    assert incidents(clustering) == ["ABC", "D"]
    assert verdicts(clustering)["AC"] == ("automatic", "")


def test_a_pair_that_alone_would_be_apart_is_drawn_in_if_it_is_not_vetoed() -> None:
    clustering = cluster(tie("AB"), tie("BC"), unlike("AC", VETO_BITS))
    assert verdicts(clustering)["AC"] == ("automatic", "")


def test_a_cluster_grows_by_its_strongest_pairs_until_it_is_too_large() -> None:
    clustering = cluster(tie("AB", 7), tie("BC", 8), tie("CD", 9), most=3)
    assert incidents(clustering) == ["A", "BCD"]
    assert verdicts(clustering)["AB"] == ("review", "cluster_too_large")


def test_pairs_as_strong_as_each_other_are_taken_by_name() -> None:
    assert incidents(cluster(tie("BC"), tie("AB"), most=2)) == ["AB", "C", "D"]


def test_reports_decided_the_same_are_one_incident_whatever_their_bits_and_number() -> None:
    clustering = cluster(unlike("AB", -40), doubt("BC", 3, "tokens_differ"), AB="same", BC="same", most=1)
    assert incidents(clustering) == ["ABC", "D"]
    assert verdicts(clustering) == {"AB": ("automatic", ""), "BC": ("automatic", "")}


def test_a_decision_on_a_pair_never_scored_holds_and_adds_no_pair() -> None:
    clustering = cluster(AB="same", CD="apart")
    assert incidents(clustering) == ["AB", "C", "D"]
    assert verdicts(clustering) == {}


def test_reports_decided_apart_stay_apart_whatever_their_bits() -> None:
    clustering = cluster(tie("AB", 40), AB="apart")
    assert incidents(clustering) == ["A", "B", "C", "D"]
    assert verdicts(clustering) == {"AB": ("apart", "")}


def test_reports_decided_apart_do_not_meet_through_a_third_which_is_still_doubtful() -> None:
    clustering = cluster(tie("AC", 8), tie("BC", 9), AB="apart")
    assert incidents(clustering) == ["A", "BC", "D"]
    assert verdicts(clustering) == {"AC": ("review", "conflict_in_cluster"), "BC": ("automatic", "")}


def test_two_decisions_settle_the_third_pair_and_nobody_is_asked_again() -> None:
    clustering = cluster(tie("AC", 8), AB="apart", BC="same")
    assert incidents(clustering) == ["A", "BC", "D"]
    assert verdicts(clustering) == {"AC": ("apart", "")}


def test_decisions_that_contradict_each_other_come_back_as_review() -> None:
    clustering = cluster(tie("AB"), AB="same", AC="apart", BC="same")
    assert incidents(clustering) == ["AB", "C", "D"]
    assert verdicts(clustering) == {"AB": ("automatic", ""), "BC": ("review", "decisions_conflict")}
    added = clustering.pairs.filter(pl.col("report_a") == "B").row(0, named=True)
    assert (added["bits"], added["levels"]) == (None, "")


def test_a_contradicting_pair_that_was_scored_keeps_its_bits() -> None:
    clustering = cluster(doubt("BC", 3), AB="same", AC="apart", BC="same")
    assert clustering.pairs.row(0) == ("B", "C", 3.0, "date=near", "review", "decisions_conflict")


def test_what_a_decision_joined_lets_nothing_in_that_one_of_its_reports_vetoes() -> None:
    clustering = cluster(tie("BC"), unlike("AC", -9), AB="same")
    assert incidents(clustering) == ["AB", "C", "D"]
    assert verdicts(clustering)["BC"] == ("review", "conflict_in_cluster")


@pytest.mark.parametrize("more", ["AC", "BC"])
def test_an_incident_keeps_what_each_of_its_parts_is_held_apart_from(more: str) -> None:
    others = dict.fromkeys(["DF", "DG", "DH", "DI"], "apart")
    answers = {"AD": "apart", "BE": "apart", more: "apart", **others}
    clustering = cluster(tie("AB", 9), tie("BD", 8), tie("AE", 7), reports="ABCDEFGHI", **answers)
    assert incidents(clustering) == ["AB", *"CDEFGHI"]


def test_the_bits_of_a_report_are_those_of_its_strongest_automatic_pair() -> None:
    clustering = cluster(tie("AB", 9), tie("BC", 7), tie("AC", 8), doubt("AD", 4), BD="same")
    assert column(clustering, "link_bits") == {"A": 9.0, "B": 9.0, "C": 8.0, "D": None}


def test_a_pair_that_could_not_be_merged_lends_no_bits() -> None:
    clustering = cluster(tie("AB", 9), tie("BC", 7), most=2)
    assert column(clustering, "link_bits") == {"A": 9.0, "B": 9.0, "C": None, "D": None}


def test_of_incidents_in_doubt_the_one_told_first_does_not_repeat() -> None:
    reports = make_reports(A="2026-12", B="2026-11", C="2026-10", D="2026-10")
    pairs = make_pairs(tie("AB"), doubt("BC"))
    none = pl.DataFrame(schema=DECISIONS_SCHEMA)
    clustering = cluster_reports(reports, pairs, none, most=6, veto_bits=VETO_BITS)
    assert column(clustering, "may_repeat") == {"A": True, "B": True, "C": False, "D": False}


def test_a_settled_doubt_leaves_nothing_that_may_repeat() -> None:
    for answer in ("same", "apart"):
        clustering = cluster(tie("AB"), doubt("BC"), BC=answer)
        assert not any(column(clustering, "may_repeat").values())


World = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


@st.composite
def worlds(draw: st.DrawFn, *, decided: bool = True, doubtful: bool = True) -> World:
    """Up to eight reports with any pairs and decisions, also on reports that are not there."""
    names = "ABCDEFGH"[: draw(st.integers(1, 8))]
    reports = make_reports(**{name: draw(st.sampled_from(["2026-09", "2026-10"])) for name in names})
    possible = list(combinations([*names, "X"], 2))
    automatic = st.tuples(st.integers(5, 9).map(float), st.just("automatic"), st.just(""))
    review = st.tuples(st.integers(-7, 9).map(float), st.just("review"), st.sampled_from(REVIEW_REASONS))
    apart = st.tuples(st.integers(-9, 0).map(float), st.just("apart"), st.just(""))
    kinds = st.one_of(automatic, automatic, review, apart) if doubtful else automatic
    scored = draw(st.dictionaries(st.sampled_from(possible), kinds, max_size=len(possible)))
    answers: Answers = {}
    if decided:
        answer = st.sampled_from(["same", "apart"])
        answers = draw(st.dictionaries(st.sampled_from(possible), answer, max_size=5))
    decisions = pl.DataFrame(
        [(*pair, answer) for pair, answer in answers.items()], schema=DECISIONS_SCHEMA, orient="row"
    )
    return reports, make_pairs(*((*pair, *kind) for pair, kind in scored.items())), decisions


sizes = st.integers(1, 6)


def run(world: World, most: int) -> Clustering:
    return cluster_reports(*world, most=most, veto_bits=VETO_BITS)


def members(clustering: Clustering) -> list[set[str]]:
    return [set(group) for group in incidents(clustering)]


def decided_components(world: World) -> list[set[str]]:
    """Reports tied by decisions alone, as if none contradicted another."""
    reports, _, decisions = world
    graph = nx.Graph()
    graph.add_nodes_from(reports["report"])
    same = decisions.filter(pl.col("decision") == "same").select(PAIR).rows()
    graph.add_edges_from((a, b) for a, b in same if "X" not in (a, b))
    return list(nx.connected_components(graph))


def assert_equal(one: Clustering, other: Clustering) -> None:
    assert one.incidents.equals(other.incidents)
    assert one.pairs.equals(other.pairs)


@given(worlds(), sizes, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(world: World, most: int, random) -> None:
    shuffled = [frame[random.sample(range(frame.height), frame.height)] for frame in world]
    assert_equal(run(world, most), run((shuffled[0], shuffled[1], shuffled[2]), most))


@given(worlds(), sizes)
def test_doing_it_again_with_its_own_pairs_as_they_were_scored_changes_nothing(
    world: World, most: int
) -> None:
    reports, pairs, decisions = world
    once = run(world, most)
    scores = pairs.select(*PAIR, scored="verdict", reason="why")
    reset = once.pairs.join(scores, on=PAIR, how="left").with_columns(
        verdict=pl.coalesce("scored", "verdict"), why=pl.coalesce("reason", "why")
    )
    assert_equal(once, run((reports, reset.select(PAIRS_SCHEMA.names()), decisions), most))


@given(worlds(), sizes)
def test_every_report_is_in_exactly_one_incident_and_every_pair_of_known_reports_comes_out_once(
    world: World, most: int
) -> None:
    reports, pairs, _ = world
    clustering = run(world, most)
    assert clustering.incidents["report"].to_list() == sorted(reports["report"])
    assert clustering.incidents["incident_id"].null_count() == 0
    known = {pair for pair in pairs.select(PAIR).rows() if "X" not in pair}
    came_out = Counter(clustering.pairs.select(PAIR).rows())
    assert set(came_out.values()) <= {1}
    conflicts = clustering.pairs.filter(pl.col("why") == "decisions_conflict").select(PAIR).rows()
    assert set(came_out) == known | set(conflicts)


@given(worlds(), sizes)
def test_no_incident_holds_a_pair_that_is_decided_apart(world: World, most: int) -> None:
    apart = world[2].filter(pl.col("decision") == "apart").select(PAIR).rows()
    for group in members(run(world, most)):
        assert not any(set(pair) <= group for pair in apart)


@given(worlds(), sizes)
def test_no_incident_holds_a_vetoed_pair_that_decisions_do_not_tie(world: World, most: int) -> None:
    weak = (pl.col("bits") < VETO_BITS) | pl.col("why").is_in(VETO_REASONS)
    vetoed = world[1].filter(weak & (pl.col("verdict") != "automatic")).select(PAIR).rows()
    tied = decided_components(world)
    for group in members(run(world, most)):
        for pair in vetoed:
            assert not set(pair) <= group or any(set(pair) <= component for component in tied)


@given(worlds(), sizes)
def test_no_incident_is_larger_than_allowed_unless_decisions_made_it_so(world: World, most: int) -> None:
    tied = decided_components(world)
    for group in members(run(world, most)):
        assert len(group) <= most or any(group <= component for component in tied)


@given(worlds(), sizes)
def test_reports_decided_the_same_are_together_or_their_pair_says_that_decisions_conflict(
    world: World, most: int
) -> None:
    clustering = run(world, most)
    found = verdicts(clustering)
    apart = set(world[2].filter(pl.col("decision") == "apart").select(PAIR).rows())
    for a, b in world[2].filter(pl.col("decision") == "same").select(PAIR).rows():
        if b == "X":
            continue
        if not any({a, b} <= group for group in members(clustering)):
            assert found[a + b] == ("review", "decisions_conflict")
            assert apart
        else:
            assert found.get(a + b, ("automatic", "")) == ("automatic", "")


@given(worlds(), sizes)
def test_automatic_are_the_pairs_of_one_incident_and_no_others(world: World, most: int) -> None:
    clustering = run(world, most)
    groups = members(clustering)
    for pair, (verdict, _) in verdicts(clustering).items():
        assert (verdict == AUTOMATIC) == any(set(pair) <= group for group in groups)


@given(worlds(), sizes)
def test_a_decided_pair_is_asked_again_only_if_decisions_conflict(world: World, most: int) -> None:
    clustering = run(world, most)
    asked = clustering.pairs.filter(pl.col("verdict") == REVIEW).join(world[2], on=PAIR)
    assert set(asked["why"]) <= {"decisions_conflict"}


@given(worlds(decided=False, doubtful=False))
def test_where_nothing_hinders_incidents_are_the_connected_components(world: World) -> None:
    reports, pairs, _ = world
    graph = nx.Graph()
    graph.add_nodes_from(reports["report"])
    graph.add_edges_from(pair for pair in pairs.select(PAIR).rows() if "X" not in pair)
    expected = sorted("".join(sorted(component)) for component in nx.connected_components(graph))
    assert incidents(run(world, reports.height)) == expected


def cluster_plainly(world: World, most: int) -> list[str]:
    """The same rules over plain sets, looking at every pair across two clusters each time."""
    reports, pairs, decisions = world
    answers = {(a, b): answer for a, b, answer in decisions.iter_rows()}
    groups = {report: {report} for report in reports["report"]}

    def merge(pair: tuple[str, str], barriers: set[tuple[str, str]], size: int) -> None:
        if not set(pair) <= groups.keys() or groups[pair[0]] is groups[pair[1]]:
            return
        one, other = groups[pair[0]], groups[pair[1]]
        across = {tuple(sorted((a, b))) for a in one for b in other}
        if len(one | other) <= size and not across & barriers:
            groups.update(dict.fromkeys(one | other, one | other))

    apart = {pair for pair, answer in answers.items() if answer == "apart"}
    for pair in sorted(answers.keys() - apart):
        merge(pair, apart, reports.height)
    vetoed = {
        (a, b)
        for a, b, bits, _, verdict, why in pairs.iter_rows()
        if verdict != "automatic" and (bits < VETO_BITS or why in VETO_REASONS) and (a, b) not in answers
    }
    automatic = [(-bits, a, b) for a, b, bits, _, verdict, _ in pairs.iter_rows() if verdict == "automatic"]
    for _, a, b in sorted(automatic):
        merge((a, b), apart | vetoed, most)
    return sorted({"".join(sorted(group)) for group in groups.values()})


@given(worlds(), sizes)
def test_incidents_are_those_that_the_rules_give_over_plain_sets(world: World, most: int) -> None:
    assert incidents(run(world, most)) == cluster_plainly(world, most)


@given(worlds(), sizes, st.data())
def test_a_decision_made_and_undone_leaves_no_trace(world: World, most: int, data: st.DataObject) -> None:
    reports, pairs, decisions = world
    before = run(world, most)
    open_pairs = set(combinations(sorted(reports["report"]), 2)) - set(decisions.select(PAIR).rows())
    if not open_pairs:
        return
    pair = data.draw(st.sampled_from(sorted(open_pairs)))
    answer = data.draw(st.sampled_from(["same", "apart"]))
    made = decisions.vstack(pl.DataFrame([(*pair, answer)], schema=DECISIONS_SCHEMA, orient="row"))
    decided = run((reports, pairs, made), most)
    if answer == "apart":
        assert not any(set(pair) <= group for group in members(decided))
    undone = made.filter(~((pl.col("report_a") == pair[0]) & (pl.col("report_b") == pair[1])))
    assert_equal(before, run((reports, pairs, undone), most))


@given(worlds(), sizes)
def test_an_incident_keeps_the_name_of_its_first_report(world: World, most: int) -> None:
    months = dict(world[0].select("report", "month").iter_rows())
    clustering = run(world, most)
    names = column(clustering, "incident_id")
    for group in members(clustering):
        first = min((months[report], report) for report in group)[1]
        assert {names[report] for report in group} == {first}


@given(worlds(), sizes)
def test_the_incidents_that_do_not_repeat_are_one_for_each_knot_of_doubt(world: World, most: int) -> None:
    clustering = run(world, most)
    incident = column(clustering, "incident_id")
    graph = nx.Graph()
    graph.add_nodes_from(set(incident.values()))
    doubts = clustering.pairs.filter(pl.col("verdict") == REVIEW).select(PAIR).rows()
    graph.add_edges_from((incident[a], incident[b]) for a, b in doubts)
    months = dict(world[0].select("report", "month").iter_rows())
    firsts = {min(knot, key=lambda name: (months[name], name)) for knot in nx.connected_components(graph)}
    for report, repeats in column(clustering, "may_repeat").items():
        assert repeats == (incident[report] not in firsts)
