"""Review: what stands follows from the whole record, and an undone decision is as if it had not been made."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.link.review import (
    Decision,
    find_contradiction,
    list_opinions,
    list_settled_by,
    name_pair,
    settle,
    settle_all,
    tabulate_decisions,
)

AT = datetime(2026, 11, 2, tzinfo=UTC)


def say(number: int, reviewer: str, answer: str, pair: str = "AB", needs: int = 1) -> Decision:
    return Decision(number, AT, reviewer, (pair[0], pair[1]), answer, needs)


def settled(*decisions: Decision, undone: tuple[int, ...] = ()) -> dict[str, str]:
    opinions = list_opinions(decisions, undone)
    return {"".join(pair): answer for pair, answer in settle_all(opinions).items()}


def test_the_newest_answer_that_needs_nobody_else_stands() -> None:
    assert settled(say(1, "Asha", "same"), say(2, "Ravi", "apart")) == {"AB": "apart"}
    assert settled(say(1, "Asha", "same"), say(2, "Asha", "unsure")) == {}
    assert settled(say(1, "Asha", "same"), say(2, "Ravi", "unsure")) == {"AB": "same"}


def test_what_a_reviewer_had_said_before_stands_again_when_the_newest_is_undone() -> None:
    decisions = (say(1, "Asha", "same"), say(2, "Asha", "apart"))
    assert settled(*decisions) == {"AB": "apart"}
    assert settled(*decisions, undone=(2,)) == {"AB": "same"}
    assert settled(*decisions, undone=(1, 2)) == {}


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (["same"], None),
        (["same", "same"], "same"),
        (["same", "apart"], None),
        (["same", "apart", "apart"], "apart"),
        (["same", "unsure", "same"], "same"),
        (["same", "apart", "same", "apart"], None),
    ],
)
def test_under_double_review_two_agree_and_outnumber_the_others(
    answers: list[str], outcome: str | None
) -> None:
    opinions = [say(number, f"R{number}", answer, needs=2) for number, answer in enumerate(answers)]
    assert settle(opinions) == outcome


def test_what_one_person_settled_stays_so_when_double_review_begins() -> None:
    before = say(1, "Asha", "same")
    assert settle([before, say(2, "Ravi", "apart", needs=2)]) == "same"
    others = [say(2, "Ravi", "apart", needs=2), say(3, "Meena", "apart", needs=2)]
    assert settle([before, *others]) == "apart"
    assert list_settled_by([before, *others]) == ["Ravi", "Meena"]


def test_a_pair_has_a_short_name_of_its_own() -> None:
    assert len(name_pair(("A", "B"))) == 8
    assert name_pair(("A", "B")) != name_pair(("A", "C"))


def test_decisions_are_tabulated_for_clusters() -> None:
    assert tabulate_decisions({("A", "B"): "same"}).rows() == [("A", "B", "same")]
    assert tabulate_decisions({}).is_empty()


def test_a_contradiction_names_the_decisions_that_make_it() -> None:
    stand = {("A", "B"): "same", ("B", "C"): "same", ("C", "D"): "apart", ("E", "F"): "same"}
    assert find_contradiction(stand, ("A", "C"), "apart") == [("A", "B"), ("B", "C")]
    assert find_contradiction(stand, ("A", "D"), "same") == [("A", "B"), ("B", "C"), ("C", "D")]
    assert find_contradiction(stand, ("A", "D"), "apart") == []
    assert find_contradiction(stand, ("A", "C"), "same") == []
    assert find_contradiction(stand, ("A", "E"), "same") == []
    # An answer on the pair itself replaces the one before.
    assert find_contradiction(stand, ("C", "D"), "same") == []


reports = st.sampled_from("ABCDE")
pairs = st.tuples(reports, reports).filter(lambda pair: pair[0] < pair[1])


@given(st.lists(st.tuples(pairs, st.sampled_from(["same", "apart"])), max_size=12))
def test_decisions_that_are_not_refused_never_contradict_each_other(wanted: list) -> None:
    stand: dict[tuple[str, str], str] = {}
    for pair, answer in wanted:
        if not find_contradiction(stand, pair, answer):
            stand[pair] = answer
    groups = {report: report for report in "ABCDE"}
    for _ in groups:
        for (one, other), answer in stand.items():
            if answer == "same":
                low = min(groups[one], groups[other])
                groups[one] = groups[other] = low
    assert all(groups[one] != groups[other] for (one, other), answer in stand.items() if answer == "apart")
