"""Consents: letters in which collectives let an edition show figures that come mostly from them."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from pipeline.consent import write_letter
from pipeline.contract import Contract
from pipeline.errors import JawabdehiError, UsageError
from pipeline.files import sha256_of, write_atomically
from pipeline.jobs.workplace import open_workplace
from pipeline.report.edition import Edition
from pipeline.settings import KOLKATA, Settings, check_month
from pipeline.store import consents, release
from pipeline.store.consents import ConsentRecord
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry

GIVEN, TAKEN_BACK = "consent given", "consent taken back"
_AGAIN = "A draft was made before: make it again, so that it {}."


def write_consent_form(
    settings: Settings, collective: str, month: str, out: Path, number: int | None = None
) -> str:
    """Write the letter that a collective may sign; return the id of the edition that it is about."""
    check_month(month)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        _check_collective(place.contract, collective, month, "The collective")
        number = _choose_number(connection, month, number)
        _refuse_settled(connection, month, number)
        write_atomically(out, write_letter(collective, place.contract, month=month, number=number))
    return _name(month, number)


def give_consent(
    settings: Settings, month: str, letters: Sequence[Path], recorder: str, number: int | None = None
) -> list[str]:
    """Record signed letters for an edition, by default the next of its month; return what came of each.

    A letter is named by the code of its collective before the first dot. All are recorded or none: raises
    UsageError where one cannot be used, JawabdehiError where the edition is settled already. Letters that stand
    already change nothing.
    """
    read = [(path.name.split(".")[0], sha256_of(path)) for path in letters]
    return record_letters(settings, month, read, recorder, number)


def record_letters(
    settings: Settings,
    month: str,
    letters: Sequence[tuple[str, str]],
    recorder: str,
    number: int | None = None,
) -> list[str]:
    """Do the same with letters that lie elsewhere: the code of a collective and the SHA-256 of its letter each."""
    check_month(month)
    _check_name(recorder)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        lock(connection, "incidents")
        number = _choose_number(connection, month, number)
        edition, now = _name(month, number), datetime.now(UTC)
        for each, (collective, sha256) in enumerate(letters, start=1):
            _check_letter(place.contract, collective, sha256, month, each, number)
        draft = consents.lock_draft(connection, month, number)
        new = _leave_out_standing(connection, month, number, letters)
        if not new:
            return [f"Nothing to do: these letters stand already for {edition}."]
        _refuse_settled(connection, month, number)
        for collective, letter in new:
            consents.add_consent(connection, ConsentRecord(month, number, collective, letter, now, recorder))
            _enter(connection, GIVEN, collective, edition, letter, recorder, now)
    said = [f"{collective} consents to {edition}." for collective in dict(new)]
    return said + ([_AGAIN.format("shows what this allows")] if draft else [])


def withdraw_consent(
    settings: Settings, collective: str, month: str, recorder: str, number: int | None = None
) -> list[str]:
    """Take back the consent of a collective to an edition; return what came of it.

    A draft that was made with it cannot be published any more. Raises JawabdehiError where no consent stands, or
    where the edition is approved or published.
    """
    check_month(month)
    _check_name(recorder)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        _check_collective(place.contract, collective, None, "The collective")
        # Approval waits, and so do protection and audit of the draft.
        lock(connection, "incidents")
        number = _choose_number(connection, month, number)
        _refuse_settled(connection, month, number)
        edition, now = _name(month, number), datetime.now(UTC)
        draft = consents.lock_draft(connection, month, number)
        ended = consents.end_consents(connection, month, number, collective, by=recorder, at=now)
        if not ended:
            raise JawabdehiError(
                "No consent of this collective stands for this edition: nothing was taken back."
            )
        for letter in ended:
            _enter(connection, TAKEN_BACK, collective, edition, letter, recorder, now)
        if draft:
            release.change_edition(connection, draft, figures_sha256=None, manifest_sha256=None)
    said = [f"{collective} has taken back its consent to {edition}."]
    return said + ([_AGAIN.format("can be published")] if draft else [])


def list_consents(settings: Settings, month: str) -> list[str]:
    """Return one line a collective expected to file for a month: the newest that is known of its consent."""
    check_month(month)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        records = consents.list_consents(connection, month)
        expected = place.contract.code_lists["collectives"].valid_in(month)
    newest = {
        record.collective: record
        for record in sorted(records, key=lambda record: (record.number, record.stands, record.given_at))
    }
    width = max(map(len, expected), default=0)
    return [f"{collective:{width}}  {_describe(newest.get(collective))}" for collective in expected]


def _describe(record: ConsentRecord | None) -> str:
    if record is None:
        return "not given"
    edition = _name(record.month, record.number)
    if record.withdrawn_at is not None:
        return f"taken back for {edition}, recorded by {record.withdrawn_by} on {_day(record.withdrawn_at)}"
    return f"given for {edition}, recorded by {record.given_by} on {_day(record.given_at)}"


def _day(moment: datetime) -> str:
    return moment.astimezone(KOLKATA).date().isoformat()


def _check_letter(
    contract: Contract, collective: str, sha256: str, month: str, place: int, number: int
) -> None:
    """Raise UsageError where a letter is of no collective of the month, empty, or not signed."""
    _check_collective(contract, collective, month, f"Letter {place}")
    if sha256 == hashlib.sha256(b"").hexdigest():
        raise UsageError(f"Letter {place} is empty: scan or save it again.")
    if sha256 == hashlib.sha256(write_letter(collective, contract, month=month, number=number)).hexdigest():
        raise UsageError(f"Letter {place} is the form without a signature: let the collective sign it first.")


def _check_collective(contract: Contract, collective: str, month: str | None, subject: str) -> None:
    collectives = contract.code_lists["collectives"]
    if collective not in collectives.codes:
        raise UsageError(
            f"{subject} is not named by a code of schemas/codes/collectives.csv: use its code, as in UTTHAN."
        )
    if month is not None and collective not in collectives.valid_in(month):
        raise UsageError(f"{subject} is of none that files for this month: check code and month.")


def _check_name(recorder: str) -> None:
    if not recorder.strip():
        raise UsageError("Give the name of whoever records it after --as.")


def _choose_number(connection: sa.Connection, month: str, number: int | None) -> int:
    """Return the number asked for, by default that of the edition which is published next."""
    settled = [each for each in release.list_editions(connection) if each.month == month]
    following = max((each.number for each in settled if each.state == "published"), default=0) + 1
    if number is not None and number > following:
        raise UsageError(f"The next edition of this month has the number {following}: give that, or none.")
    return following if number is None else number


def _refuse_settled(connection: sa.Connection, month: str, number: int) -> None:
    states = {each.number: each.state for each in release.list_editions(connection) if each.month == month}
    if states.get(number, "draft") != "draft":
        raise JawabdehiError(
            f"This edition is {states[number]} already: consents are given and taken back before that."
        )


def _leave_out_standing(
    connection: sa.Connection, month: str, number: int, read: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return each letter (collective, SHA-256) once, without those that stand already."""
    standing = {
        (record.collective, record.letter_sha256)
        for record in consents.list_consents(connection, month)
        if record.number == number and record.stands
    }
    return [letter for letter in dict.fromkeys(read) if letter not in standing]


def _enter(
    connection: sa.Connection,
    event: str,
    collective: str,
    edition: str,
    letter_sha256: str,
    recorder: str,
    at: datetime,
) -> None:
    facts = {"edition": edition, "letter_sha256": letter_sha256}
    append_entry(connection, event, collective, facts, actor=recorder, at=at)


def _name(month: str, number: int) -> str:
    return Edition(month, number, versions={}).edition_id
