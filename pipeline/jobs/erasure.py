"""Erasure: keys of what was withdrawn, months that are too old, files that were taken in; here and in the key safe.

What is erased is erased by its key: no copy of the database, however old, opens it again.
"""

import contextlib
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pipeline.collect.inbox import NO_REMOVAL, open_inbox
from pipeline.errors import RetryableError
from pipeline.files import write_atomically
from pipeline.jobs.backup import BACKUP_MADE
from pipeline.jobs.holding import RETURN_REFUSED, UNDECIDED, note_settled
from pipeline.jobs.landing import SYSTEM, identify_file, look_into_inbox
from pipeline.jobs.statements import write_papers
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.settings import KOLKATA, Settings, closing_of
from pipeline.store import erasing
from pipeline.store.database import begin, lock
from pipeline.store.intake import list_held, refuse_held
from pipeline.store.ledger import append_entry, find_newest

_WITHDRAWN = "withdrawn"
"""Name of the file beside the keys that lists keyed hashes of withdrawn reports, for whoever restores a backup."""


def purge_months(settings: Settings, *, now: datetime | None = None) -> list[str]:
    """Erase everything sealed of the months whose time is over, and destroy their keys; return these months.

    A month of which a return came lately is left alone until that is linked. Where one waits for a person, nothing of
    it counts any more, once it has waited as long as sealed content is kept.
    """
    moment = (now or datetime.now(KOLKATA)).astimezone(KOLKATA)
    purged = []
    with open_workplace(settings) as place:
        with begin(place.engine, "jawabdehi_intake") as connection:
            months = erasing.list_months_with_content(connection)
        for month in sorted({*months, *place.vault.files.list_months()}):
            over = closing_of(month, settings.closing_day) + timedelta(days=settings.retention_days)
            if moment >= over and _purge(place, month, moment):
                purged.append(month)
    return purged


def _purge(place: Workplace, month: str, now: datetime) -> bool:
    """Purge one month; return whether anything of it was left. A run that was killed in between goes on here."""
    with begin(place.engine, "jawabdehi_intake") as connection:
        # No return of the month is linked meanwhile.
        lock(connection, "incidents")
        _refuse_undecided(place, connection, month, now)
        if erasing.is_in_use(connection, month):
            return False
        returns = erasing.purge_month(connection, month)
        if returns:
            facts = {"returns": len(returns)}
            append_entry(connection, "content purged", month, facts, actor=SYSTEM, at=datetime.now(UTC))
            write_papers(place, connection, returns)
    destroyed = place.vault.files.destroy(month)
    return destroyed or bool(returns)


def _refuse_undecided(place: Workplace, connection: sa.Connection, month: str, now: datetime) -> None:
    waited = timedelta(days=place.settings.retention_days)
    for held in list_held(connection):
        if held.month == month and now - held.received_at >= waited:
            refuse_held(connection, held.return_id, UNDECIDED)
            facts = {"waited_days": waited.days}
            note_settled(place, connection, RETURN_REFUSED, held.return_id, facts, actor=SYSTEM)


def erase_spent_keys(settings: Settings) -> int:
    """Erase the keys of everything that has left the vault; return of how many rows and returns."""
    with open_workplace(settings) as place:
        return erase_spent(place)


def erase_spent(place: Workplace) -> int:
    """Do the same with a job's tools at hand; call it after a transaction that withdrew reports.

    The list of withdrawn reports is written first: a restored backup has to know what the keys no longer tell.
    """
    with begin(place.engine, "jawabdehi_intake") as connection:
        spent = erasing.list_spent(connection)
        if not spent:
            return 0
        _list_withdrawn(place, connection)
        place.vault.erase(spent)
        erasing.forget_spent(connection, spent)
    return sum(1 if rows is None else len(rows) for rows in spent.values())


def name_withdrawn(place: Workplace, collective: str, report_id: str) -> str:
    """Return the keyed hash by which a withdrawn report is known beside the keys."""
    return place.hasher.hash("withdrawn", f"{collective}\0{report_id}")


def read_withdrawn(place: Workplace) -> set[str]:
    """Return the keyed hashes of withdrawn reports that are kept beside the keys."""
    path = place.settings.secrets / _WITHDRAWN
    return set(path.read_text(encoding="ascii").split()) if path.exists() else set()


def _list_withdrawn(place: Workplace, connection: sa.Connection) -> None:
    named = {name_withdrawn(place, *report) for report in erasing.list_withdrawn(connection)}
    lines = "".join(f"{name}\n" for name in sorted(read_withdrawn(place) | named))
    write_atomically(place.settings.secrets / _WITHDRAWN, lines.encode("ascii"), mode=0o600)


def remove_files(settings: Settings, *, now: datetime | None = None) -> int:
    """Remove from the inbox what was taken in `keep_files_days` ago, or holds what was erased; return how many.

    Raises RetryableError at the end where the inbox cannot be read, or a file not be removed.
    """
    before = (now or datetime.now(UTC)) - timedelta(days=settings.keep_files_days)
    removed = 0
    with open_workplace(settings) as place:
        handles, unread = look_into_inbox(place, settle_seconds=0)
        looks = {identify_file(place, handle): handle for handle in handles}
        with begin(place.engine, "jawabdehi_intake") as connection:
            backed_up = find_newest(connection, BACKUP_MADE)
            done = erasing.find_done_with(connection, looks.keys(), before=before, backed_up=backed_up)
        inbox = open_inbox(settings.inbox)
        for look in sorted(done):
            with contextlib.suppress(RetryableError):
                inbox.remove(looks[look])
                removed += 1
    if unread:
        raise unread
    if removed < len(done):
        raise RetryableError(NO_REMOVAL)
    return removed


def rewrite_database(settings: Settings) -> None:
    """Let nothing of erased rows be left in the files of the database."""
    with open_workplace(settings) as place:
        engine = place.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            erasing.rewrite_tables(connection)
