"""Intake: returns that are landed are taken in, each in one transaction."""

import json
from collections.abc import Collection
from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa

from pipeline.coarsen import coarsen_reports
from pipeline.contract import MADE_UP_COLUMN
from pipeline.errors import JawabdehiError, ReturnRejectedError
from pipeline.jobs.examination import (
    Examination,
    examine_return,
    list_purged,
    list_received,
    list_sealed,
    list_statements,
)
from pipeline.jobs.landing import SYSTEM
from pipeline.jobs.statements import write_papers
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.settings import KOLKATA, Settings
from pipeline.store import intake
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry
from pipeline.trust import Circumstances, find_concerns, must_wait
from pipeline.vault import SEALING, Vault


def take_in_return(settings: Settings, return_id: str) -> str | None:
    """Take in one landed return and write its slip.

    Returns the partition `COLLECTIVE|YYYY-MM`, or None where the return is rejected, or waits for a person.
    """
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        lock(connection, SEALING, shared=True)
        landed = intake.load_landed(connection, return_id)
        if landed is None:
            return intake.find_partition(connection, return_id)
        try:
            examined = _examine(place, connection, landed)
        except ReturnRejectedError as rejection:
            outcome = intake.Outcome("rejected", rejected_by=rejection.rule)
            intake.finish_return(connection, return_id, outcome)
            facts: dict[str, str | int | None] = {"state": "rejected", "rule": rejection.rule}
            mended: list[str] = []
        else:
            facts, mended = _store(place, connection, landed, examined)
        # The bytes as they came may hold what may not be kept, and nothing needs them any more.
        intake.erase_landed(connection, return_id)
        append_entry(connection, "return taken in", return_id, facts, actor=SYSTEM, at=datetime.now(UTC))
        write_papers(place, connection, [return_id, *mended])
        return intake.find_partition(connection, return_id)


def _examine(place: Workplace, connection: sa.Connection, landed: intake.LandedReturn) -> Examination:
    if landed.rejected_by is not None:
        raise ReturnRejectedError(landed.rejected_by)
    content = place.vault.open_landed(landed.return_id, landed.sealed) if landed.sealed else None
    if content is None:
        raise JawabdehiError("The landed copy of a return is gone: ask the collective to send it again.")

    def recall(report_ids: Collection[str]) -> dict[str, dict[str, str | None]]:
        rows = intake.list_to_mend(connection, str(landed.collective), report_ids)
        told = place.vault.open_rows(
            [row.return_id for row in rows], [row.row for row in rows], [row.content for row in rows]
        )
        # The newest comes last.
        return {row.report_id: json.loads(text) for row, text in zip(rows, told, strict=True) if text}

    return examine_return(
        content,
        landed.extension,
        place.contract,
        received_on=landed.received_at.astimezone(KOLKATA).date(),
        recall=recall,
    )


def _store(
    place: Workplace, connection: sa.Connection, landed: intake.LandedReturn, examined: Examination
) -> tuple[dict[str, str | int | None], list[str]]:
    """Store what was examined; return the facts that the ledger keeps, and the returns whose rows it mends."""
    contract, hasher, accepted = place.contract, place.hasher, examined.accepted
    digests = pl.Series(hasher.hash_all("digest", list_statements(accepted)), dtype=pl.Binary)
    told = accepted.filter(pl.col("action") != "withdraw")
    persons = pl.Series(hasher.hash_all("person", told["case_token"]), dtype=pl.Binary).bin.encode("hex")
    concerns = find_concerns(accepted, examined.received.height, _look_around(place, connection, landed))
    mended = intake.store_rows(
        connection,
        landed.return_id,
        rows=list_received(examined, contract, digests),
        findings=examined.findings,
        reports=coarsen_reports(told, contract, month=str(landed.month)).with_columns(person=persons),
        sealed=_seal(place.vault, landed.return_id, told["row"], list_purged(told, contract)),
        to_mend=_seal(place.vault, landed.return_id, examined.to_mend["row"], list_sealed(examined.to_mend)),
    )
    state = "held" if must_wait(concerns, contract) else "stored"
    outcome = intake.Outcome(
        state,
        rows_received=examined.received.height,
        blank_rows=examined.blank_rows,
        dropped_columns=examined.dropped_columns,
        is_made_up=MADE_UP_COLUMN in examined.dropped_columns,
        concerns=concerns,
    )
    intake.finish_return(connection, landed.return_id, outcome)
    facts: dict[str, str | int | None]
    facts = {"state": state, "rows": examined.received.height, "concerns": " ".join(concerns) or None}
    return facts, mended


def _look_around(place: Workplace, connection: sa.Connection, landed: intake.LandedReturn) -> Circumstances:
    collective, month = str(landed.collective), str(landed.month)
    rows = intake.count_rows_by_month(connection, collective)
    return Circumstances(
        is_valid=collective in place.contract.code_lists["collectives"].valid_in(month),
        history=[number for each, number in rows.items() if each < month],
        rows_before=rows.get(month, 0),
        quota=place.settings.quota,
    )


def _seal(vault: Vault, return_id: str, rows: pl.Series, contents: pl.Series) -> pl.DataFrame:
    sealed = vault.seal_rows(return_id, rows.to_list(), contents)
    return pl.DataFrame({"row": rows, "content": pl.Series(sealed, dtype=pl.Binary)})
