"""What reading, screening, coding and validation together make of one return; no store, no keys, no files."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.coding import code_frame
from pipeline.contract import Contract
from pipeline.mending import Recall, put_together
from pipeline.read import read_return
from pipeline.screen import screen_frame
from pipeline.validate import validate_frame

_FORBIDS_COUNTING = {"quarantine", "hold", "reject"}


@dataclass(frozen=True)
class Examination:
    """One return, examined.

    `received` has one line a row received (`row`, and `report_id` as it was written, where there is such a
    column). `accepted` are the rows that are counted unless linkage finds otherwise. `held` tells for each row
    with personal data whether its report id is part of it. `to_mend` are the cells of the other rows, as written,
    without what may not be kept.
    """

    received: pl.DataFrame
    accepted: pl.DataFrame
    held: pl.DataFrame
    to_mend: pl.DataFrame
    findings: pl.DataFrame
    blank_rows: int
    dropped_columns: tuple[str, ...]


def examine_return(
    content: bytes, extension: str, contract: Contract, *, received_on: date, recall: Recall = lambda _ids: {}
) -> Examination:
    """Read, screen, code and validate the bytes of one return.

    `received_on` is the day of receipt in India, `recall` gives the rows to mend that its collective sent before.
    Raises ReturnRejectedError where no rows can be read.
    """
    read = read_return(content, extension, contract)
    frame, lost = put_together(read.frame, recall, contract)
    screened = screen_frame(frame, contract)
    validated = validate_frame(code_frame(screened.frame, contract), contract, received_on=received_on)
    findings = pl.concat([read.findings, lost, screened.findings, validated.findings]).unique()
    severe = [rule.rule for rule in contract.rules.values() if rule.severity in _FORBIDS_COUNTING]
    broken = findings.filter(pl.col("rule").is_in(severe))
    accepted = validated.accepted.join(broken, on="row", how="anti").sort("row")
    return Examination(
        received=frame.select("row", pl.col("^report_id$")),
        accepted=accepted,
        to_mend=_list_to_mend(frame.join(accepted, on="row", how="anti"), screened.findings, contract),
        held=screened.findings.group_by("row").agg(id_is_personal=(pl.col("field") == "report_id").any()),
        findings=findings.sort("row", "field", "rule"),
        blank_rows=read.blank_rows,
        dropped_columns=screened.dropped_columns,
    )


def _list_to_mend(rows: pl.DataFrame, personal: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Return `row` and the fields of the form, without cells that hold personal data.

    Of a row that holds personal data no free text is kept: where a number was found, a name may stand, too.
    """
    texts = [field.name for field in contract.fields.values() if field.kind == "text"]
    names = [name for name in rows.columns if name in contract.fields]
    held = personal["row"].unique()
    gone = {
        name: held if name in texts else personal.filter(pl.col("field") == name)["row"].unique()
        for name in names
    }
    return rows.select(
        "row", *(pl.when(~pl.col("row").is_in(gone[name].implode())).then(name).alias(name) for name in names)
    ).sort("row")


def list_received(examined: Examination, contract: Contract, digests: pl.Series) -> pl.DataFrame:
    """Return one line a row received: row, report_id, action, intake and digest.

    `digests` belong to the accepted rows. A report id is kept where it has the form of one and is no personal
    datum, so that a collective finds the rows that were not accepted, too.
    """
    accepted = examined.accepted.select(
        "row", "report_id", "action", intake=pl.lit("accepted"), digest=digests
    )
    pattern = f"^(?:{contract.fields['report_id'].pattern})$"
    others = (
        examined.received.join(accepted, on="row", how="anti")
        .join(examined.held, on="row", how="left")
        .with_columns(
            intake=pl.when(pl.col("id_is_personal").is_null())
            .then(pl.lit("quarantined"))
            .otherwise(pl.lit("held")),
        )
    )
    if "report_id" in others.columns:
        usable = pl.col("report_id").str.contains(pattern) & ~pl.col("id_is_personal").fill_null(value=False)
        others = others.with_columns(pl.when(usable).then("report_id"))
    return pl.concat([accepted, others.drop("id_is_personal")], how="diagonal").sort("row")


def list_statements(accepted: pl.DataFrame) -> pl.Series:
    """Return what each accepted row says, as one text; null for a withdrawal, which says nothing."""
    said = [name for name in accepted.columns if name not in {"row", "action"}]
    statement = pl.struct(said).struct.json_encode()
    return accepted.select(pl.when(pl.col("action") != "withdraw").then(statement)).to_series()


def list_sealed(to_mend: pl.DataFrame) -> pl.Series:
    """Return the cells of each row to mend as JSON."""
    return to_mend.select(pl.struct(pl.exclude("row")).struct.json_encode()).to_series()


def list_purged(accepted: pl.DataFrame, contract: Contract) -> pl.Series:
    """Return what goes into the vault of each row, as JSON: purged fields, and the days that stand for one."""
    kept = {"row", *(field.name for field in contract.fields.values() if not field.purged)}
    purged = [name for name in accepted.columns if name not in kept]
    return accepted.select(pl.struct(purged).struct.json_encode()).to_series()
