"""Agreement between reviewers, against values worked out by hand."""

from datetime import UTC, datetime

import pytest

from pipeline.link.agreement import measure_agreement
from pipeline.link.review import Decision

AT = datetime(2026, 11, 2, tzinfo=UTC)


def opinions(**answers: str) -> list[Decision]:
    """Opinions on one pair, by reviewer."""
    return [
        Decision(number, AT, reviewer, ("A", "B"), answer, 2)
        for number, (reviewer, answer) in enumerate(answers.items())
    ]


def test_pairs_with_one_opinion_tell_nothing() -> None:
    assert measure_agreement([opinions(Asha="same"), opinions()]) == []


def test_perfect_agreement_is_one() -> None:
    told = [opinions(Asha="same", Ravi="same"), opinions(Ravi="apart", Asha="apart")]
    (measured,) = measure_agreement(told)
    assert measured.reviewers == ("Asha", "Ravi")
    assert (measured.pairs, measured.share, measured.kappa) == (2, 1.0, 1.0)


def test_one_answer_on_everything_has_no_kappa() -> None:
    (measured,) = measure_agreement([opinions(Asha="same", Ravi="same")] * 3)
    assert (measured.share, measured.kappa) == (1.0, None)


def test_agreement_beyond_chance() -> None:
    # Cohen's own way: 35 of 50 agree, Asha says same 25 times and Ravi 30 times; chance 0.5, kappa 0.4.
    told = [
        *([opinions(Asha="same", Ravi="same")] * 20),
        *([opinions(Asha="same", Ravi="apart")] * 5),
        *([opinions(Asha="apart", Ravi="same")] * 10),
        *([opinions(Asha="apart", Ravi="apart")] * 15),
    ]
    (measured,) = measure_agreement(told)
    assert measured.share == 0.7
    assert measured.kappa == pytest.approx(0.4)


def test_every_two_reviewers_are_measured() -> None:
    measured = measure_agreement([opinions(Meena="same", Asha="apart", Ravi="same")])
    assert [each.reviewers for each in measured] == [("Asha", "Meena"), ("Asha", "Ravi"), ("Meena", "Ravi")]
    assert [each.share for each in measured] == [0.0, 0.0, 1.0]
