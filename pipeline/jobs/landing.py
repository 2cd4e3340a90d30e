"""Landing: what waits in the inbox is sealed and kept, each return in one transaction, before anything is read."""

import contextlib
import hashlib
import time
from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline.collect.inbox import Handle, open_inbox
from pipeline.errors import RetryableError
from pipeline.jobs.statements import write_papers
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.settings import Settings
from pipeline.store import intake
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry
from pipeline.vault import SEALING

SYSTEM = "jawabdehi"
_HASH_DIGITS = 16


def land_returns(settings: Settings) -> list[str]:
    """Land every new file of the inbox and return the ids of all returns that wait to be taken in.

    What cannot be read now is left for the next look and holds up nothing else; `describe_inbox` tells of it.
    """
    with open_workplace(settings) as place:
        for handle in _list_settled(place):
            with contextlib.suppress(RetryableError):
                _land_file(place, handle)
        with begin(place.engine, "jawabdehi_intake") as connection:
            return intake.list_waiting(connection)


def describe_inbox(settings: Settings) -> list[str]:
    """Return plain lines about what lies in the inbox and is not landed; none where all of it is."""
    with open_workplace(settings) as place:
        handles, problem = look_into_inbox(place, settle_seconds=0)
        looks = {identify_file(place, handle) for handle in handles}
        with begin(place.engine, "jawabdehi_intake") as connection:
            new = looks - intake.find_known_looks(connection, looks)
    lines = [f"Files in the inbox that are not taken in yet: {len(new)}."] if new else []
    return lines + ([str(problem)] if problem else [])


def land_pull(
    place: Workplace,
    connection: sa.Connection,
    content: bytes,
    *,
    source: str,
    number: int,
    collective: str,
    month: str,
) -> str:
    """Land what was made of a server's submissions as a JSON return, the `number`th of its source; return its id."""
    lock(connection, SEALING, shared=True)
    name = f"{source}-{number:08d}.json"
    return_id = _name_return(collective, month, content)
    landed = intake.LandedReturn(
        return_id=return_id,
        collective=collective,
        month=month,
        extension="json",
        size_bytes=len(content),
        received_at=datetime.now(UTC),
        rejected_by=None,
        source_name=name,
        sealed=_seal_new(place, connection, return_id, content),
    )
    mark = place.hasher.hash("delivery", f"{source}\0{number}")
    if intake.land_return(connection, landed, delivery_id=mark, look=mark):
        append_entry(connection, "return landed", return_id, {}, actor=SYSTEM, at=landed.received_at)
    return return_id


def _list_settled(place: Workplace) -> list[Handle]:
    """List the inbox, waiting once for files that may still be written; what goes on changing is left."""
    settle_seconds = place.settings.settle_seconds
    settled, _ = look_into_inbox(place, settle_seconds)
    if len(settled) == len(look_into_inbox(place, settle_seconds=0)[0]):
        return settled
    time.sleep(settle_seconds)
    return look_into_inbox(place, settle_seconds)[0]


def look_into_inbox(place: Workplace, settle_seconds: float) -> tuple[list[Handle], RetryableError | None]:
    """List the files of the inbox that can be reached, and say what could not."""
    collectives = set(place.contract.code_lists["collectives"].codes)
    inbox = open_inbox(place.settings.inbox)
    handles: list[Handle] = []
    try:
        for handle in inbox.list_handles(collectives, now=datetime.now(UTC), settle_seconds=settle_seconds):
            handles.append(handle)  # noqa: PERF402 (what came before an error counts)
    except RetryableError as problem:
        return handles, problem
    return handles, None


def identify_file(place: Workplace, handle: Handle) -> str:
    """Return a keyed hash that changes when a file, or what we think of its name and folder, does."""
    seen = (_where(handle), *handle.stamp, handle.rejected or "")
    return place.hasher.hash("look", "\0".join(seen))


def _where(handle: Handle) -> str:
    # A name may hold bytes that are no text.
    return f"{handle.folder}/{handle.name}".encode(errors="surrogateescape").hex()


def _land_file(place: Workplace, handle: Handle) -> None:
    look = identify_file(place, handle)
    with begin(place.engine, "jawabdehi_intake") as connection:
        lock(connection, SEALING, shared=True)
        if intake.find_known_looks(connection, [look]):
            return
        content = b"" if handle.rejected else open_inbox(place.settings.inbox).fetch(handle)
        # A file that is refused unread has no bytes to be known by, so its place stands for them.
        return_id = _name_return(handle.collective, handle.month, content or _where(handle).encode())
        landed = intake.LandedReturn(
            return_id=return_id,
            collective=handle.collective,
            month=handle.month,
            extension=handle.extension,
            size_bytes=len(content),
            received_at=datetime.now(UTC),
            rejected_by=handle.rejected,
            source_name=handle.name.encode("ascii", "backslashreplace").decode(),
            sealed=None if handle.rejected else _seal_new(place, connection, return_id, content),
        )
        digest = return_id.rpartition("-")[2]
        delivery_id = place.hasher.hash("delivery", f"{_where(handle)}\0{digest}")
        if intake.land_return(connection, landed, delivery_id=delivery_id, look=look):
            append_entry(connection, "return landed", return_id, {}, actor=SYSTEM, at=landed.received_at)
        elif intake.find_partition(connection, return_id):
            # The slip says how often the return was delivered.
            write_papers(place, connection, [return_id])


def _seal_new(place: Workplace, connection: sa.Connection, return_id: str, content: bytes) -> bytes | None:
    """Seal a return that comes for the first time; one that came before was taken in, and its key is erased."""
    if intake.knows_return(connection, return_id):
        return None
    return place.vault.seal_landed(return_id, content)


def _name_return(collective: str | None, month: str | None, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:_HASH_DIGITS]
    return f"{collective or 'UNKNOWN'}-{month or 'NO-MONTH'}-{digest}"
