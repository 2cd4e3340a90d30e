"""Review: what waits for a person, both reports of a pair side by side, and what decisions come to."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline.errors import JawabdehiError, UsageError
from pipeline.jobs.clustering import cluster_connected, load_opinions
from pipeline.jobs.comparison import compare_reports, in_order_of_telling
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


def list_doubtful(settings: Settings, month: str | None = None) -> list[str]:
    """Return plain lines about the pairs that wait for a reviewer, the weightiest first."""
    if month is not None:
        check_month(month)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        doubtful = queue.load_doubtful(connection, month)
        records = queue.load_records(connection, {key for pair in doubtful for key in pair.key})
        opinions = load_opinions(connection)
    now = datetime.now(UTC)
    lines = [
        line
        for pair in doubtful
        for line in _describe(pair, records, opinions.get(pair.key, []), now, settings.review_double)
    ]
    lines.append(f"Doubtful pairs: {len(doubtful)}." if doubtful else "No pair waits for a reviewer.")
    return lines + (list(_describe_agreement(opinions)) if settings.review_double else [])


def _describe(
    pair: PairRecord,
    records: Mapping[str, ReportRecord],
    opinions: Sequence[Decision],
    now: datetime,
    is_double: bool,
) -> Iterator[str]:
    both = in_order_of_telling(records, pair)
    named = " and ".join(f"{each.collective} {each.report_id} ({each.month})" for each in both)
    days = (now - max(each.received_at for each in both)).days
    yield f"{name_pair(pair.key)}  {named}"
    yield f"          {pair.bits:.1f} bits, waiting {days} days. {load_reasons().get(pair.why, '')}".rstrip()
    if is_double and opinions:
        # What they decided is not said, so that the second reviewer decides alone.
        yield f"          decided by: {', '.join(each.reviewer for each in opinions)}"


def _describe_agreement(opinions: Mapping[Pair, Sequence[Decision]]) -> Iterator[str]:
    measured = measure_agreement(opinions.values())
    if not measured:
        yield "No pair has been decided by two reviewers yet."
    for each in measured:
        kappa = "not defined" if each.kappa is None else f"{each.kappa:.2f}"
        both = " and ".join(each.reviewers)
        yield f"{both} both decided on {each.pairs} pairs, agree on {each.share:.0%}; Cohen's kappa {kappa}."


def show_pair(settings: Settings, name: str) -> list[str]:
    """Return both reports of a pair side by side, for a reviewer's eyes: sealed fields are opened here.

    The lines are for a terminal and must be kept nowhere.
    """
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        pair = _find_pair(connection, name)
        records = queue.load_records(connection, pair.key)
        reports = load_reports_of(place, connection, pair.key)
        opinions = load_opinions(connection).get(pair.key, [])
        lines = compare_reports(pair, records, reports, place.contract)
    return lines + [
        f"{each.reviewer} on {each.at.date().isoformat()}: {_SAID[each.answer]}" for each in opinions
    ]


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
        raise UsageError("There is no such pair: jawabdehi review list names those that wait.")
    return found[0]


def _find_decided(opinions: Mapping[Pair, object], name: str) -> Pair:
    found = [pair for pair in opinions if name_pair(pair).startswith(name)]
    if len(found) > 1:
        raise UsageError("Several pairs begin so: give more digits of the pair's name.")
    if not found:
        raise UsageError("No decision stands on such a pair: nothing was undone.")
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


def _follow(place: Workplace, connection: sa.Connection, pair: Pair) -> str:
    """Let incidents follow the decisions that stand, and say what came of one pair."""
    write_papers(place, connection, cluster_connected(connection, pair, load_weights()))
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
