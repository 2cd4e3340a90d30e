"""Explanation: in words, why a report is in its incident; no answer of a report is repeated."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from pipeline.errors import JawabdehiError, UsageError
from pipeline.jobs.clustering import load_opinions
from pipeline.jobs.comparison import say_evidence
from pipeline.jobs.contents import load_reports_of
from pipeline.jobs.workplace import open_workplace
from pipeline.link.explain import load_reasons
from pipeline.link.review import Decision, Pair, name_pair
from pipeline.settings import Settings
from pipeline.store import queue
from pipeline.store.database import begin
from pipeline.store.queue import PairRecord, ReportRecord

_RULES = {
    "own_report": "It stands for itself.",
    "same_incident": "What it says links it to another report.",
    "review": "A reviewer's decision links it to another report.",
}
_OTHER_RULES = {
    "same_row": "was sent again in the same words",
    "correction": "was replaced by a correction",
    "reused_id": "has the same report id and says something else: quarantined",
}
_ANSWERS = {
    "same": "they tell of one incident",
    "apart": "they tell of two incidents",
    "unsure": "it cannot be told",
}


def explain_report(settings: Settings, name: str, collective: str | None = None) -> list[str]:
    """Return lines that say why a report, named by its report id or key, is in its incident."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        record = _find(connection, name, collective)
        members = queue.load_members(connection, record.incident_id)
        pairs = queue.load_pairs_of(connection, record.report)
        others = queue.load_records(connection, {key for pair in pairs for key in pair.key})
        opinions = load_opinions(connection)
        decided = queue.load_records(connection, {key for pair in opinions for key in pair})
        purged = bool(load_reports_of(place, connection, [record.report])["purged"].any())
        return [
            *_say_incident(record, members),
            *_say_rows(record, queue.list_other_rules(connection, record.report)),
            *_say_pairs(record, pairs, others),
            *_say_indirect(record, members, pairs),
            *_say_decisions(record, opinions, others | decided),
            *_say_edition(record),
            *(["Its sealed fields are purged: evidence is that of the day of comparison."] if purged else []),
        ]


def _find(connection: sa.Connection, name: str, collective: str | None) -> ReportRecord:
    found = queue.find_records(connection, name, collective)
    if len(found) > 1:
        raise UsageError("Several collectives have a report of this id: say which one with --collective.")
    if not found:
        raise JawabdehiError(
            "No report of this id is counted or linked: jawabdehi export links says what became of its rows."
        )
    return found[0]


def _name(record: ReportRecord) -> str:
    return f"{record.collective} {record.report_id} ({record.month})"


def _say_incident(record: ReportRecord, members: Sequence[ReportRecord]) -> Iterator[str]:
    yield f"{_name(record)} tells of incident {record.incident_id}."
    others = [_name(each) for each in members if each.report != record.report]
    if not others:
        yield "No other report tells of it."
        return
    yield f"So do: {', '.join(others)}."
    if record.report == record.incident_id:
        yield "It was the first to tell, so the incident is counted with its answers."
    else:
        yield f"The first to tell was {_name(members[0])}, so the incident is counted with its answers."


def _say_rows(record: ReportRecord, others: Mapping[str, int]) -> Iterator[str]:
    yield f"Its row: {_RULES[record.link_rule]}"
    for rule, number in others.items():
        if rule in _OTHER_RULES:
            yield f"Rows beside it: {number}; each {_OTHER_RULES[rule]}."


def _say_pairs(
    record: ReportRecord, pairs: Sequence[PairRecord], others: Mapping[str, ReportRecord]
) -> Iterator[str]:
    for pair in pairs:
        other = others[pair.report_b if pair.report_a == record.report else pair.report_a]
        if pair.verdict == "automatic":
            said = "one incident"
        elif pair.verdict == "review":
            said = f"in doubt, waiting for a reviewer. {load_reasons().get(pair.why, '')}".rstrip(". ")
        else:
            said = "two incidents"
        yield ""
        yield f"With {_name(other)}: {said}. Pair {name_pair(pair.key)}, {pair.bits:.1f} bits."
        if pair.verdict != "apart":
            yield from (f"  {line}" for line in say_evidence(pair))


def _say_indirect(
    record: ReportRecord, members: Sequence[ReportRecord], pairs: Sequence[PairRecord]
) -> Iterator[str]:
    compared = {key for pair in pairs for key in pair.key}
    for member in members:
        if member.report not in {record.report, *compared}:
            yield ""
            yield f"With {_name(member)}: one incident, through other reports or a decision."


def _say_decisions(
    record: ReportRecord,
    opinions: Mapping[Pair, Sequence[Decision]],
    records: Mapping[str, ReportRecord],
) -> Iterator[str]:
    for pair, decisions in opinions.items():
        if record.report not in pair:
            continue
        other = records.get(pair[1] if pair[0] == record.report else pair[0])
        named = _name(other) if other else "a report that is withdrawn"
        for each in decisions:
            on = each.at.date().isoformat()
            yield f"{each.reviewer} decided on {on} of it and {named}: {_ANSWERS[each.answer]}."


def _say_edition(record: ReportRecord) -> Iterator[str]:
    yield ""
    yield (
        f"The incident is counted by edition {record.edition_id}."
        if record.edition_id
        else "No edition counts the incident yet."
    )
