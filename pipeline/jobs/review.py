"""Review: what waits for a person, both reports of a pair side by side, and what decisions come to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline.errors import JawabdehiError, NotThereError, UsageError
from pipeline.jobs.clustering import cluster_connected, load_opinions
from pipeline.jobs.comparison import Comparison, compare_reports, in_order_of_telling, lay_out, name_report
from pipeline.jobs.contents import load_reports_of
from pipeline.jobs.statements import write_papers
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.link.agreement import measure_agreement
from pipeline.link.explain import load_reasons
from pipeline.link.review import (
    UNSURE,
    Decision,
    Pair,
    find_contradiction,
    list_settled_by,
    name_pair,
    settle,
    settle_all,
)
from pipeline.link.weights import load_weights
from pipeline.settings import Settings, check_month
from pipeline.store import queue, reviews
from pipeline.store.database import begin, lock
from pipeline.store.queue import PairRecord, ReportRecord

_SAID = {"same": "one incident", "apart": "two incidents", "unsure": "unsure"}


@dataclass(frozen=True)
class DoubtfulPair:
    """A pair that waits for a reviewer: its reports, the one told first before the other, and for how many days.

    `decided_by` names who decided on it already, without saying how, so that a second reviewer decides alone.
    """

    name: str
    sides: tuple[str, str]
    bits: float
    why: str
    days: int
    decided_by: tuple[str, ...]


def load_queue(settings: Settings, month: str | None = None) -> list[DoubtfulPair]:
    """Return the pairs that wait for a reviewer, the weightiest first; those of all months unless one is given."""
    if month is not None:
        check_month(month)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        doubtful = queue.load_doubtful(connection, month)
        records = queue.load_records(connection, {key for pair in doubtful for key in pair.key})
        opinions = load_opinions(connection)
    now = datetime.now(UTC)
    return [_describe(pair, records, opinions.get(pair.key, []), now) for pair in doubtful]


def _describe(
    pair: PairRecord, records: Mapping[str, ReportRecord], opinions: Sequence[Decision], now: datetime
) -> DoubtfulPair:
    one, other = in_order_of_telling(records, pair)
    return DoubtfulPair(
        name_pair(pair.key),
        (name_report(one), name_report(other)),
        pair.bits,
        load_reasons().get(pair.why, ""),
        (now - max(one.received_at, other.received_at)).days,
        tuple(each.reviewer for each in opinions),
    )


def list_doubtful(settings: Settings, month: str | None = None) -> list[str]:
    """Return plain lines about the pairs that wait for a reviewer, the weightiest first."""
    doubtful = load_queue(settings, month)
    lines = [line for pair in doubtful for line in _say_doubtful(pair, is_double=settings.review_double)]
    lines.append(f"Doubtful pairs: {len(doubtful)}." if doubtful else "No pair waits for a reviewer.")
    return lines + (describe_agreement(settings) if settings.review_double else [])


def _say_doubtful(pair: DoubtfulPair, *, is_double: bool) -> Iterator[str]:
    yield f"{pair.name}  {' and '.join(pair.sides)}"
    yield f"          {pair.bits:.1f} bits, waiting {pair.days} days. {pair.why}".rstrip()
    if is_double and pair.decided_by:
        yield f"          decided by: {', '.join(pair.decided_by)}"


def describe_agreement(settings: Settings) -> list[str]:
    """Return plain lines about how well each two reviewers agree."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        return list(_describe_agreement(load_opinions(connection)))


def _describe_agreement(opinions: Mapping[Pair, Sequence[Decision]]) -> Iterator[str]:
    measured = measure_agreement(opinions.values())
    if not measured:
        yield "No pair has been decided by two reviewers yet."
    for each in measured:
        kappa = "not defined" if each.kappa is None else f"{each.kappa:.2f}"
        both = " and ".join(each.reviewers)
        yield f"{both} both decided on {each.pairs} pairs, agree on {each.share:.0%}; Cohen's kappa {kappa}."


@dataclass(frozen=True)
class OpenPair:
    """A pair that lies open before a reviewer; `opinions` are lines on who decided what.

    `is_decided` tells whether a decision of this reviewer stands.
    """

    comparison: Comparison
    opinions: tuple[str, ...]
    is_decided: bool


def open_pair(settings: Settings, name: str, reviewer: str | None = None) -> OpenPair:
    """Return both reports of a pair side by side, for a reviewer's eyes: sealed fields are opened here.

    What is returned must be kept nowhere. Under double review a `reviewer` who has not decided yet is not told what
    others say.
    """
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        pair = _find_pair(connection, name)
        records = queue.load_records(connection, pair.key)
        reports = load_reports_of(place, connection, pair.key)
        opinions = load_opinions(connection).get(pair.key, [])
        comparison = compare_reports(pair, records, reports, place.contract)
    hides = _hides(settings, opinions, reviewer)
    said = tuple(_say_opinion(each, hides=hides) for each in opinions)
    return OpenPair(comparison, said, is_decided=_has_decided(opinions, reviewer))


def _has_decided(opinions: Sequence[Decision], reviewer: str | None) -> bool:
    return reviewer in {each.reviewer for each in opinions}


def _hides(settings: Settings, opinions: Sequence[Decision], reviewer: str | None) -> bool:
    """Tell whether others' answers are kept from a reviewer, who is to decide alone; None is no reviewer."""
    return settings.review_double and reviewer is not None and not _has_decided(opinions, reviewer)


def _say_opinion(opinion: Decision, *, hides: bool) -> str:
    said = "has decided; what is shown once you have, too" if hides else _SAID[opinion.answer]
    return f"{opinion.reviewer} on {opinion.at.date().isoformat()}: {said}"


def show_pair(settings: Settings, name: str) -> list[str]:
    """Return both reports of a pair side by side, as lines for a terminal that must be kept nowhere."""
    opened = open_pair(settings, name)
    return [*lay_out(opened.comparison), *opened.opinions]


def decide_pair(settings: Settings, name: str, answer: str, reviewer: str) -> str:
    """Record what a reviewer says of a pair, and let incidents follow; return what came of it, in a sentence.

    Raises JawabdehiError where decisions that stand say the opposite.
    """
    _check_name(reviewer)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        lock(connection, "incidents")
        pair = _find_pair(connection, name)
        opinions = load_opinions(connection)
        _refuse_contradiction(opinions, pair.key, answer)
        facts = {
            "decision": answer,
            "reviewers_needed": 2 if settings.review_double else 1,
            "weights": pair.weights,
            "bits": round(pair.bits, 2),
        }
        reviews.record_decision(connection, pair.key, facts, reviewer=reviewer, at=datetime.now(UTC))
        return _follow(place, connection, pair.key)


def undo_decision(settings: Settings, name: str, reviewer: str) -> str:
    """Take back the newest decision of a reviewer on a pair; return what came of it, in a sentence."""
    _check_name(reviewer)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        lock(connection, "incidents")
        opinions = load_opinions(connection)
        pair = _find_decided(opinions, name)
        own = [each for each in opinions[pair] if each.reviewer == reviewer]
        if not own:
            raise JawabdehiError("No decision under this name stands on this pair: nothing was undone.")
        reviews.record_undo(connection, pair, own[-1].number, reviewer=reviewer, at=datetime.now(UTC))
        return "Undone. " + _follow(place, connection, pair)


def _check_name(reviewer: str) -> None:
    if not reviewer.strip():
        raise UsageError("Give the name of the reviewer after --as.")


def _find_pair(connection: sa.Connection, name: str) -> PairRecord:
    found = queue.find_pairs(connection, name)
    if len(found) > 1:
        raise UsageError("Several pairs begin so: give more digits of the pair's name.")
    if not found:
        raise NotThereError(
            "There is no such pair: the list of pairs (jawabdehi review list) names those that wait."
        )
    return found[0]


def _find_decided(opinions: Mapping[Pair, object], name: str) -> Pair:
    found = [pair for pair in opinions if name_pair(pair).startswith(name)]
    if len(found) > 1:
        raise UsageError("Several pairs begin so: give more digits of the pair's name.")
    if not found:
        raise NotThereError("No decision stands on such a pair: nothing was undone.")
    return found[0]


def _refuse_contradiction(opinions: Mapping[Pair, Sequence[Decision]], pair: Pair, answer: str) -> None:
    against = [] if answer == UNSURE else find_contradiction(settle_all(opinions), pair, answer)
    if against:
        named = ", ".join(
            f"{name_pair(each)} (by {' and '.join(list_settled_by(opinions[each]))})" for each in against
        )
        raise JawabdehiError(
            f"This contradicts what was decided before: undo one of these decisions first: {named}."
        )


def say_outcome(settings: Settings, name: str, reviewer: str | None = None) -> str:
    """Return what the decisions that stand on a pair have come to, in a sentence.

    Under double review a `reviewer` who has not decided is not told.
    """
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        pair = _find_pair(connection, name).key
        opinions = load_opinions(connection).get(pair, [])
        if _hides(settings, opinions, reviewer):
            return "No decision of yours stands on this pair."
        return _say_outcome(connection, pair)


def _follow(place: Workplace, connection: sa.Connection, pair: Pair) -> str:
    """Let incidents follow the decisions that stand, and say what came of one pair."""
    write_papers(place, connection, cluster_connected(connection, pair, load_weights()))
    return _say_outcome(connection, pair)


def _say_outcome(connection: sa.Connection, pair: Pair) -> str:
    records = queue.load_records(connection, pair)
    opinions = load_opinions(connection).get(pair, [])
    if len(records) < 2:
        return "One of the reports is withdrawn, so nothing follows."
    first, second = (records[key] for key in pair)
    one = first.incident_id == second.incident_id
    came = "Both reports tell of one incident" if one else "The reports tell of two incidents"
    return f"{came}; {_say_state(opinions)}."


def _say_state(opinions: Sequence[Decision]) -> str:
    if settle(opinions) is not None:
        return "the pair is settled"
    given = {each.answer for each in opinions if each.answer != UNSURE}
    if len(given) > 1:
        return "the reviewers disagree, so the pair waits for a third"
    return "the pair waits for another reviewer" if given else "no decision settles the pair"
