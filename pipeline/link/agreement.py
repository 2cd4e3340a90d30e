"""Agreement between reviewers: how far two people who see the same pairs say the same, beyond chance."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.link.review import ANSWERS, Decision


@dataclass(frozen=True)
class Agreement:
    """Two reviewers who both spoke on `pairs` pairs: the share on which they agree, and Cohen's kappa.

    `kappa` is None where both gave one and the same answer throughout, so that chance alone explains it.
    """

    reviewers: tuple[str, str]
    pairs: int
    share: float
    kappa: float | None


def measure_agreement(opinions: Iterable[Sequence[Decision]]) -> list[Agreement]:
    """Measure the agreement of every two reviewers over the pairs on which both have spoken, sorted by name.

    `opinions` has what the reviewers say of each pair, each reviewer once.
    """
    told: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for given in opinions:
        for first, second in itertools.combinations(sorted(given, key=lambda each: each.reviewer), 2):
            both = (first.reviewer, second.reviewer)
            told.setdefault(both, []).append((first.answer, second.answer))
    return [
        Agreement(both, len(answers), _share(answers), _kappa(answers))
        for both, answers in sorted(told.items())
    ]


def _share(answers: Sequence[tuple[str, str]]) -> float:
    return sum(first == second for first, second in answers) / len(answers)


def _kappa(answers: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa for the answers same, apart and unsure.

    Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960).
    """
    first, second = (Counter(each) for each in zip(*answers, strict=True))
    chance = sum(first[answer] * second[answer] for answer in ANSWERS) / len(answers) ** 2
    return None if chance == 1 else (_share(answers) - chance) / (1 - chance)
