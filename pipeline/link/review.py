"""Clerical review: what reviewers' recorded decisions come to, by replaying them in order.

A decision is never changed: it is undone by a later record, and what stands follows from all of them. Nothing
here reads or writes; records hold keys of reports, names of reviewers and answers, and nothing of a report.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.link.pairs import DECISIONS_SCHEMA, SAME, SEPARATE

UNSURE = "unsure"
ANSWERS = (SAME, SEPARATE, UNSURE)

Pair = tuple[str, str]
"""Keys of two reports, the smaller first."""


@dataclass(frozen=True)
class Decision:
    """One reviewer's answer on one pair; `number` is its place in the record.

    `needs` is how many reviewers had to agree when it was made: 1, or 2 under double review.
    """

    number: int
    at: datetime
    reviewer: str
    pair: Pair
    answer: str
    needs: int


def name_pair(pair: Pair) -> str:
    """Return the short name of a pair: 8 hexadecimal digits that do not change as the queue does."""
    return hashlib.sha256("|".join(pair).encode()).hexdigest()[:8]


def list_opinions(decisions: Sequence[Decision], undone: Iterable[int]) -> dict[Pair, list[Decision]]:
    """Return the newest standing answer of every reviewer on every pair, in the order in which they were given.

    `undone` are the numbers of decisions that were taken back; what the reviewer had said before stands again.
    """
    taken_back = set(undone)
    newest: dict[tuple[Pair, str], Decision] = {}
    for decision in sorted(decisions, key=lambda each: each.number):
        if decision.number not in taken_back:
            newest[decision.pair, decision.reviewer] = decision
    opinions: dict[Pair, list[Decision]] = {}
    for decision in sorted(newest.values(), key=lambda each: each.number):
        opinions.setdefault(decision.pair, []).append(decision)
    return opinions


def settle(opinions: Sequence[Decision]) -> str | None:
    """Return what the opinions on one pair come to, `same` or `apart`, or None while they do not settle it.

    An answer that needed no second reviewer settles by itself, the newest of them. Otherwise two reviewers have
    to agree and outnumber those who do not. `unsure` settles nothing.
    """
    given = [each for each in opinions if each.answer != UNSURE]
    if not given:
        return None
    if given[-1].needs == 1:
        return given[-1].answer
    votes = Counter(each.answer for each in given)
    for answer, other in ((SAME, SEPARATE), (SEPARATE, SAME)):
        if votes[answer] >= 2 and votes[answer] > votes[other]:
            return answer
    alone = [each.answer for each in given if each.needs == 1]
    return alone[-1] if alone else None


def list_settled_by(opinions: Sequence[Decision]) -> list[str]:
    """Return the reviewers whose answer is the one that the opinions on a pair come to."""
    return [each.reviewer for each in opinions if each.answer == settle(opinions)]


def settle_all(opinions: Mapping[Pair, Sequence[Decision]]) -> dict[Pair, str]:
    """Return the pairs that are settled, and how."""
    settled = {pair: settle(each) for pair, each in opinions.items()}
    return {pair: answer for pair, answer in settled.items() if answer is not None}


def tabulate_decisions(settled: Mapping[Pair, str]) -> pl.DataFrame:
    """Return settled pairs as a frame of DECISIONS_SCHEMA."""
    rows = [(*pair, answer) for pair, answer in settled.items()]
    return pl.DataFrame(rows, schema=DECISIONS_SCHEMA, orient="row")


def find_contradiction(settled: Mapping[Pair, str], pair: Pair, answer: str) -> list[Pair]:
    """Return the settled pairs that together say the opposite of `answer` on `pair`; none where nothing does.

    Reports decided the same are the same as each other through any number of steps; a pair decided apart holds
    apart all that is the same as its two reports.
    """
    others = {each: said for each, said in settled.items() if each != pair}
    if answer == SEPARATE:
        return _find_path(others, *pair) or []
    if answer == SAME:
        for held, said in others.items():
            for one, other in (held, held[::-1]):
                if said != SEPARATE:
                    continue
                there, back = _find_path(others, pair[0], one), _find_path(others, pair[1], other)
                if there is not None and back is not None:
                    return [*there, held, *back]
    return []


def _find_path(settled: Mapping[Pair, str], start: str, end: str) -> list[Pair] | None:
    """Return the shortest chain of pairs decided the same from one report to another, or None."""
    neighbours: dict[str, list[Pair]] = {}
    for pair, answer in sorted(settled.items()):
        if answer == SAME:
            for report in pair:
                neighbours.setdefault(report, []).append(pair)
    paths: dict[str, list[Pair]] = {start: []}
    waiting = [start]
    for report in waiting:
        if report == end:
            return paths[report]
        for pair in neighbours.get(report, []):
            other = pair[1] if pair[0] == report else pair[0]
            if other not in paths:
                paths[other] = [*paths[report], pair]
                waiting.append(other)
    return None
