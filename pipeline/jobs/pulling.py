"""Pulling: forms on servers of KoboToolbox and ODK Central become returns that are landed.

What was read, the returns made of it and the watermark to go on from are written in one transaction, so that a
pull may break off anywhere and be made again.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pipeline.collect.changes import Change, Known, follow, list_rows, month_now, name_report, withdraw
from pipeline.collect.sources import SourceSettings, open_source, parse_source
from pipeline.collect.submissions import FormServer, Glance, Standing, Submission
from pipeline.errors import JawabdehiError, UsageError
from pipeline.forms.questions import list_own_questions
from pipeline.jobs.landing import land_pull
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.settings import Settings
from pipeline.store import submissions
from pipeline.store.database import begin

COMPARED_EVERY = timedelta(hours=6)
"""How often all ids of a source are compared: servers do not tell of every edit, deletion or restoration."""

_MOST_GONE, _MOST_GONE_SHARE = 20, 0.2
"""More submissions that are gone at once, in number and in share, are no everyday deletions."""

_READ_AT_ONCE = 500


def pull_source(settings: Settings, name: str, definition: str, *, compares: bool = False) -> str:
    """Land what is new, edited, withdrawn or restored on one server of forms; return the name of the source.

    `definition` is what `parse_source` reads. All ids are compared every few hours, and whenever `compares` says so.
    Raises UsageError where the definition cannot be used, and what `FormServer` raises; what was landed until then
    stays.
    """
    source = parse_source(name, definition)
    with open_workplace(settings) as place:
        if source.collective not in place.contract.code_lists["collectives"].codes:
            raise UsageError(f"Give the source {name} a collective of schemas/codes/collectives.csv.")
        began = datetime.now(UTC)
        record = _open(place, source)
        with open_source(source) as server:
            for batch in server.read_since(record.watermark):
                _land_submissions(place, source, batch.submissions, batch.watermark)
            if compares or record.compared_at is None or began - record.compared_at >= COMPARED_EVERY:
                _compare(place, source, server)
                _note(place, source, compared_at=began)
        _note(place, source, read_at=began)
    return name


def _open(place: Workplace, source: SourceSettings) -> submissions.SourceRecord:
    with begin(place.engine, "jawabdehi_intake") as connection:
        record = submissions.open_record(connection, source.name, source.collective)
    if record.collective != source.collective:
        raise UsageError(
            f"The source {source.name} was read for another collective: give the new one a name of its own."
        )
    return record


def _note(place: Workplace, source: SourceSettings, **facts: datetime) -> None:
    with begin(place.engine, "jawabdehi_intake") as connection:
        submissions.note_source(connection, source.name, **facts)


def _compare(place: Workplace, source: SourceSettings, server: FormServer) -> None:
    """Land what only the list of all submissions tells."""
    with begin(place.engine, "jawabdehi_intake") as connection:
        known = _load_known(connection, source.name)
    listed = server.list_all()
    gone = sorted(key for key, each in known.items() if each.is_told and key not in listed)
    told = sum(each.is_told for each in known.values())
    if len(gone) > max(_MOST_GONE, _MOST_GONE_SHARE * told) and not source.accepts_deletions:
        raise JawabdehiError(
            f"More than a fifth of the reports of the source {source.name} are gone from its server: see that it is "
            "the right form and that nothing was deleted by mistake, then let the source accept deletions and run "
            "again."
        )
    wanted = [key for key, glance in sorted(listed.items()) if _is_news(glance, known.get(key))]
    for start in range(0, len(wanted), _READ_AT_ONCE):
        _land_submissions(place, source, server.read(wanted[start : start + _READ_AT_ONCE]))
    # A list may lack what is there, and a withdrawal cannot be taken back: each is asked for by itself.
    there = {submission.key for submission in server.read(gone)} if gone else set()
    _land_withdrawals(place, source, set(gone) - there)


def _is_news(glance: Glance, known: Known | None) -> bool:
    if known is None:
        return glance.standing is Standing.COUNTS
    if glance.standing is Standing.REJECTED:
        return known.is_told
    return glance.standing is Standing.COUNTS and (not known.is_told or known.version != glance.version)


def _land_submissions(
    place: Workplace, source: SourceSettings, found: Iterable[Submission], watermark: str | None = None
) -> None:
    """Land what submissions change, in the order in which the server received them."""
    # Questions that our own form asks beside those of the contract are no news to its collective.
    ours = frozenset(list_own_questions(place.contract))
    plain = (replace(each, others=tuple(name for name in each.others if name not in ours)) for each in found)
    ordered = sorted(plain, key=lambda submission: (submission.submitted_at, submission.key))
    with begin(place.engine, "jawabdehi_intake") as connection:
        record = submissions.open_record(connection, source.name, source.collective)
        known = _load_known(connection, source.name, {each.key for each in ordered})
        _land_changes(place, connection, record, _follow_all(connection, source, ordered, known))
        if watermark is not None:
            submissions.note_source(connection, source.name, watermark=watermark)


def _land_withdrawals(place: Workplace, source: SourceSettings, gone: Collection[str]) -> None:
    with begin(place.engine, "jawabdehi_intake") as connection:
        record = submissions.open_record(connection, source.name, source.collective)
        known = _load_known(connection, source.name, gone)
        changes = [change for _, each in sorted(known.items()) if (change := withdraw(each))]
        _land_changes(place, connection, record, changes)


def _load_known(
    connection: sa.Connection, source: str, keys: Collection[str] | None = None
) -> dict[str, Known]:
    return {row["key"]: Known(**row) for row in submissions.load_known(connection, source, keys)}


def _follow_all(
    connection: sa.Connection, source: SourceSettings, ordered: Iterable[Submission], known: dict[str, Known]
) -> list[Change]:
    ordered = list(ordered)
    names = {name_report(each, 0) for each in ordered}
    owners = dict(submissions.find_owners(connection, source.name, names))
    told_before = {each.report_id for each in known.values()}
    forgotten = submissions.find_forgotten(connection, source.collective, told_before)
    now, changes = month_now(datetime.now(UTC)), []
    for each in ordered:
        before = known.get(each.key)
        change = follow(
            each,
            before,
            received_in=now,
            taken={name for name, key in owners.items() if key != each.key},
            may_be_restored=before is not None and before.report_id in forgotten,
        )
        if change is not None:
            changes.append(change)
            known[each.key] = change.known
            if change.known.is_owner:
                owners[change.known.report_id] = each.key
    return changes


def _land_changes(
    place: Workplace, connection: sa.Connection, record: submissions.SourceRecord, changes: list[Change]
) -> None:
    """Land a return for each month of which changes have rows, and note what is known since."""
    number = record.deliveries
    for month, rows in sorted(list_rows(changes).items()):
        number += 1
        # The number makes two returns that say the same two returns: a report may be edited back and forth.
        told = {"source": record.name, "delivery": number, "reports": rows}
        land_pull(
            place,
            connection,
            json.dumps(told, ensure_ascii=False).encode(),
            source=record.name,
            number=number,
            collective=record.collective,
            month=month,
        )
    submissions.put_known(connection, record.name, [asdict(change.known) for change in changes])
    submissions.note_source(connection, record.name, deliveries=number)
