"""Intake: returns are landed sealed, then taken in, each in one transaction."""

import contextlib
import hashlib
import time
from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa

from pipeline.coarsen import coarsen_reports
from pipeline.collect.folder import Handle, deliver, list_deliveries
from pipeline.contract import MADE_UP_COLUMN
from pipeline.errors import JawabdehiError, RetryableError, ReturnRejectedError
from pipeline.jobs.examination import (
    Examination,
    examine_return,
    list_purged,
    list_received,
    list_statements,
)
from pipeline.jobs.slips import write_slip
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.settings import KOLKATA, Settings
from pipeline.store import intake
from pipeline.store.database import begin
from pipeline.store.ledger import append_entry

_SYSTEM = "jawabdehi"
_HASH_DIGITS = 16


def land_returns(settings: Settings) -> list[str]:
    """Land every new file of the inbox and return the ids of all returns that wait to be taken in.

    What cannot be read now is left for the next look and holds up nothing else; `describe_inbox` tells of it.
    """
    with open_workplace(settings) as place:
        for handle in _list_settled(place):
            with contextlib.suppress(RetryableError):
                _land(place, handle)
        with begin(place.engine, "jawabdehi_intake") as connection:
            return intake.list_waiting(connection)


def describe_inbox(settings: Settings) -> list[str]:
    """Return plain lines about what lies in the inbox and is not landed; none where all of it is."""
    with open_workplace(settings) as place:
        handles, problem = _look(place, settle_seconds=0)
        looks = {_identify(place, handle) for handle in handles}
        with begin(place.engine, "jawabdehi_intake") as connection:
            new = looks - intake.find_known_looks(connection, looks)
    lines = [f"Files in the inbox that are not taken in yet: {len(new)}."] if new else []
    return lines + ([str(problem)] if problem else [])


def take_in_return(settings: Settings, return_id: str) -> str | None:
    """Take in one landed return and write its slip.

    Returns the partition `COLLECTIVE|YYYY-MM`, or None where the return is rejected or was taken in before.
    """
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        landed = intake.load_landed(connection, return_id)
        if landed is None:
            return intake.find_partition(connection, return_id)
        try:
            examined = _examine(place, landed)
        except ReturnRejectedError as rejection:
            intake.erase_landed(connection, return_id)
            intake.finish_return(connection, return_id, state="rejected", rejected_by=rejection.rule)
            facts: dict[str, str | int | None] = {"state": "rejected", "rule": rejection.rule}
        else:
            facts = {"state": "stored", "rows": _store(place, connection, landed, examined)}
        append_entry(connection, "return taken in", return_id, facts, actor=_SYSTEM, at=datetime.now(UTC))
        write_slip(place, connection, return_id)
        return intake.find_partition(connection, return_id)


def _list_settled(place: Workplace) -> list[Handle]:
    """List the inbox, waiting once for files that may still be written; what goes on changing is left."""
    settle_seconds = place.settings.settle_seconds
    settled, _ = _look(place, settle_seconds)
    if len(settled) == len(_look(place, settle_seconds=0)[0]):
        return settled
    time.sleep(settle_seconds)
    return _look(place, settle_seconds)[0]


def _look(place: Workplace, settle_seconds: float) -> tuple[list[Handle], RetryableError | None]:
    """List the files of the inbox that can be reached, and say what could not."""
    collectives = set(place.contract.code_lists["collectives"].codes)
    handles: list[Handle] = []
    try:
        for handle in list_deliveries(
            place.settings.inbox, collectives, now=datetime.now(UTC), settle_seconds=settle_seconds
        ):
            handles.append(handle)  # noqa: PERF402 (what came before an error counts)
    except RetryableError as problem:
        return handles, problem
    return handles, None


def _identify(place: Workplace, handle: Handle) -> str:
    """Return a keyed hash that changes when a file, or what we think of its name and folder, does."""
    facts = handle.path.lstat()
    seen = (_where(handle), str(facts.st_size), str(facts.st_mtime_ns), handle.rejected or "")
    return place.sealer.hash("look", "\0".join(seen))


def _where(handle: Handle) -> str:
    # A name may hold bytes that are no text.
    return f"{handle.path.parent.name}/{handle.name}".encode(errors="surrogateescape").hex()


def _land(place: Workplace, handle: Handle) -> None:
    look = _identify(place, handle)
    with begin(place.engine, "jawabdehi_intake") as connection:
        if intake.find_known_looks(connection, [look]):
            return
        delivery = deliver(handle)
        # A file that is refused unread has no bytes to be known by, so its place stands for them.
        digest = hashlib.sha256(delivery.content or _where(handle).encode()).hexdigest()[:_HASH_DIGITS]
        return_id = f"{handle.collective or 'UNKNOWN'}-{handle.month or 'NO-MONTH'}-{digest}"
        landed = intake.LandedReturn(
            return_id=return_id,
            collective=handle.collective,
            month=handle.month,
            extension=handle.extension,
            size_bytes=len(delivery.content),
            received_at=datetime.now(UTC),
            rejected_by=handle.rejected,
            source_name=handle.name.encode("ascii", "backslashreplace").decode(),
            sealed=None if handle.rejected else place.sealer.seal(delivery.content, return_id),
        )
        delivery_id = place.sealer.hash("delivery", f"{_where(handle)}\0{digest}")
        if intake.land_return(connection, landed, delivery_id=delivery_id, look=look):
            append_entry(connection, "return landed", return_id, {}, actor=_SYSTEM, at=landed.received_at)
        elif intake.find_partition(connection, return_id):
            # The slip says how often the return was delivered.
            write_slip(place, connection, return_id)


def _examine(place: Workplace, landed: intake.LandedReturn) -> Examination:
    if landed.rejected_by is not None:
        raise ReturnRejectedError(landed.rejected_by)
    if landed.sealed is None:
        raise JawabdehiError("The landed copy of a return is gone: ask the collective to send it again.")
    content = place.sealer.open(landed.sealed, landed.return_id)
    received_on = landed.received_at.astimezone(KOLKATA).date()
    return examine_return(content, landed.extension, place.contract, received_on=received_on)


def _store(
    place: Workplace, connection: sa.Connection, landed: intake.LandedReturn, examined: Examination
) -> int:
    """Store what was examined; return the number of rows received."""
    contract, sealer, accepted = place.contract, place.sealer, examined.accepted
    digests = pl.Series(sealer.hash_all("digest", list_statements(accepted)), dtype=pl.Binary)
    told = accepted.filter(pl.col("action") != "withdraw")
    persons = pl.Series(sealer.hash_all("person", told["case_token"]), dtype=pl.Binary).bin.encode("hex")
    contexts = [f"{landed.return_id}/{row}" for row in told["row"]]
    contents = sealer.seal_all(list_purged(told, contract), contexts)
    intake.store_rows(
        connection,
        landed.return_id,
        rows=list_received(examined, contract, digests),
        findings=examined.findings,
        reports=coarsen_reports(told, contract, month=str(landed.month)).with_columns(person=persons),
        sealed=pl.DataFrame({"row": told["row"], "content": pl.Series(contents, dtype=pl.Binary)}),
    )
    if examined.holds_what_may_not_be_kept:
        intake.erase_landed(connection, landed.return_id)
    intake.finish_return(
        connection,
        landed.return_id,
        state="stored",
        rows_received=examined.received.height,
        blank_rows=examined.blank_rows,
        dropped_columns=examined.dropped_columns,
        is_made_up=MADE_UP_COLUMN in examined.dropped_columns,
    )
    return examined.received.height
