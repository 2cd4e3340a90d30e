"""Intake: returns are landed sealed, then read, screened, coded, validated and stored, each in one
transaction."""

import hashlib
import time
from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa

from pipeline.coarsen import coarsen_reports
from pipeline.coding import code_frame
from pipeline.collect.folder import Handle, deliver, list_deliveries
from pipeline.contract import Contract
from pipeline.errors import JawabdehiError, ReturnRejectedError
from pipeline.jobs.slips import write_slip
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.read import ReadReturn, read_return
from pipeline.screen import Screened, screen_frame
from pipeline.settings import KOLKATA, Settings
from pipeline.store import intake
from pipeline.store.database import begin
from pipeline.store.ledger import append_entry
from pipeline.validate import Validated, validate_frame

_SYSTEM = "jawabdehi"
_HASH_DIGITS = 16


def land_returns(settings: Settings) -> list[str]:
    """Land every new file of the inbox and return the ids of all returns that wait to be taken in."""
    with open_workplace(settings) as place:
        for handle in _list_settled(place):
            _land(place, handle)
        with begin(place.engine, "jawabdehi_intake") as connection:
            return intake.list_waiting(connection)


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
    """List the inbox, waiting once for files that may still be written; those that go on changing are
    left."""
    settings = place.settings
    collectives = set(place.contract.code_lists["collectives"].codes)

    def look(settle_seconds: float) -> list[Handle]:
        now = datetime.now(UTC)
        return list(list_deliveries(settings.inbox, collectives, now=now, settle_seconds=settle_seconds))

    settled = look(settings.settle_seconds)
    if len(settled) == len(look(0)):
        return settled
    time.sleep(settings.settle_seconds)
    return look(settings.settle_seconds)


def _land(place: Workplace, handle: Handle) -> None:
    facts = handle.path.lstat()
    where = f"{handle.path.parent.name}/{handle.name}"
    look = place.sealer.hash("look", f"{where}\0{facts.st_size}\0{facts.st_mtime_ns}")
    with begin(place.engine, "jawabdehi_intake") as connection:
        if intake.find_known_looks(connection, [look]):
            return
        delivery = deliver(handle)
        # A file that is refused unread has no bytes to be known by, so its place stands for them.
        identity = delivery.content or where.encode(errors="surrogateescape")
        digest = hashlib.sha256(identity).hexdigest()[:_HASH_DIGITS]
        return_id = f"{handle.collective or 'UNKNOWN'}-{handle.month or 'NO-MONTH'}-{digest}"
        landed = intake.LandedReturn(
            return_id=return_id,
            collective=handle.collective,
            month=handle.month,
            extension=handle.extension,
            size_bytes=facts.st_size,
            received_at=datetime.now(UTC),
            rejected_by=handle.rejected,
            source_name=handle.name.encode("ascii", "backslashreplace").decode(),
            sealed=None if handle.rejected else place.sealer.seal(delivery.content, return_id),
        )
        delivery_id = place.sealer.hash("delivery", f"{where}\0{digest}")
        if intake.land_return(connection, landed, delivery_id=delivery_id, look=look):
            append_entry(connection, "return landed", return_id, {}, actor=_SYSTEM, at=landed.received_at)


class _Examined:
    """What reading, screening and validation made of one return."""

    def __init__(self, read: ReadReturn, screened: Screened, validated: Validated) -> None:
        self.read = read
        self.screened = screened
        self.validated = validated
        self.findings = pl.concat([read.findings, screened.findings, validated.findings]).unique()


def _examine(place: Workplace, landed: intake.LandedReturn) -> _Examined:
    if landed.rejected_by is not None:
        raise ReturnRejectedError(landed.rejected_by)
    if landed.sealed is None:
        raise JawabdehiError("The landed copy of a return is gone: ask the collective to send it again.")
    content = place.sealer.open(landed.sealed, landed.return_id)
    read = read_return(content, landed.extension, place.contract)
    screened = screen_frame(read.frame, place.contract)
    coded = code_frame(screened.frame, place.contract)
    received_on = landed.received_at.astimezone(KOLKATA).date()
    return _Examined(read, screened, validate_frame(coded, place.contract, received_on=received_on))


def _store(
    place: Workplace, connection: sa.Connection, landed: intake.LandedReturn, examined: _Examined
) -> int:
    """Store what was examined; return the number of rows received."""
    contract, sealer = place.contract, place.sealer
    accepted = _without_broken(examined, contract)
    reports = coarsen_reports(accepted, contract, month=str(landed.month))
    told = accepted.filter(pl.col("action") != "withdraw")
    contents = told.select(pl.struct(_purged_columns(told, contract)).struct.json_encode()).to_series()
    contexts = [f"{landed.return_id}/{row}" for row in told["row"]]
    intake.store_rows(
        connection,
        landed.return_id,
        rows=_list_rows(place, examined, accepted),
        findings=examined.findings,
        reports=reports.with_columns(
            person=pl.Series(sealer.hash_all("person", told["case_token"]), dtype=pl.Binary).bin.encode("hex")
        ),
        sealed=pl.DataFrame(
            {"row": told["row"], "content": pl.Series(sealer.seal_all(contents, contexts), dtype=pl.Binary)}
        ),
    )
    if examined.screened.findings.height or examined.screened.dropped_columns:
        # The sealed copy of the file holds what may not be kept.
        intake.erase_landed(connection, landed.return_id)
    intake.finish_return(
        connection,
        landed.return_id,
        state="stored",
        rows_received=examined.read.frame.height,
        blank_rows=examined.read.blank_rows,
        dropped_columns=examined.screened.dropped_columns,
    )
    return examined.read.frame.height


def _without_broken(examined: _Examined, contract: Contract) -> pl.DataFrame:
    """Return the accepted rows that reading, too, found nothing wrong with that forbids to count them."""
    broken = examined.findings.filter(pl.col("rule").is_in(_severe(contract)))
    return examined.validated.accepted.join(broken, on="row", how="anti").sort("row")


def _severe(contract: Contract) -> list[str]:
    return [
        rule.rule for rule in contract.rules.values() if rule.severity in {"quarantine", "hold", "reject"}
    ]


def _list_rows(place: Workplace, examined: _Examined, accepted: pl.DataFrame) -> pl.DataFrame:
    """Return one line for every row received: what became of it at intake, and its id where that is
    usable."""
    kept = accepted.select(
        "row", "report_id", "action", intake=pl.lit("accepted"), digest=_digest(place, accepted)
    )
    held = examined.screened.findings.select("row").unique().with_columns(intake=pl.lit("held"))
    pattern = f"^(?:{place.contract.fields['report_id'].pattern})$"
    named = examined.screened.frame.select(
        "row", report_id=pl.when(pl.col("report_id").str.contains(pattern)).then("report_id")
    )
    rest = (
        examined.read.frame.select("row")
        .join(accepted, on="row", how="anti")
        .join(named, on="row", how="left")
        .join(held, on="row", how="left")
        .with_columns(intake=pl.col("intake").fill_null("quarantined"))
    )
    return pl.concat([kept, rest], how="diagonal").sort("row")


def _digest(place: Workplace, accepted: pl.DataFrame) -> pl.Series:
    """Return a keyed hash of what each report says; null for a withdrawal, which says nothing."""
    said = [name for name in accepted.columns if name not in {"row", "action"}]
    texts = accepted.select(
        pl.when(pl.col("action") != "withdraw").then(pl.struct(said).struct.json_encode())
    ).to_series()
    return pl.Series(place.sealer.hash_all("digest", texts), dtype=pl.Binary)


def _purged_columns(accepted: pl.DataFrame, contract: Contract) -> list[str]:
    """Return the columns that go into the vault: purged fields, and the days that stand for one of them."""
    kept = {"row", *(field.name for field in contract.fields.values() if not field.purged)}
    return [name for name in accepted.columns if name not in kept]
