"""Exact linkage: what became of every row that shares a report id with others of its collective.

The verdicts depend on the set of rows alone, not on the order in which they arrived.
"""

import hashlib
from collections.abc import Iterable

import polars as pl

ROWS_SCHEMA = pl.Schema(
    {
        "return_id": pl.String,
        "row": pl.Int64,
        "collective": pl.String,
        "report_id": pl.String,
        "action": pl.String,
        "month": pl.String,
        "source_name": pl.String,
        "digest": pl.String,
        "withdrawn_before": pl.Boolean,
    }
)
"""Accepted rows: who sent them, under which id, in which return, and a keyed hash of what they say."""

_KEY = ["collective", "report_id"]
_NEW, _CORRECT, _WITHDRAW = (pl.col("action") == action for action in ("new", "correct", "withdraw"))


def resolve_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the verdict on every row of `rows` (ROWS_SCHEMA, complete for each report id in it).

    Adds report (its key), verdict (counted, duplicate, quarantined, withdrawn or superseded), reason, link_rule,
    incident_id (null unless counted or duplicate) and first_month, the earliest reporting month of the report.

    A withdrawal wins over everything, also over what is sent later. Otherwise the first new row stands for
    the report, and the last correction replaces it; first and last are by reporting month, file name and row.
    """
    ranked = rows.sort(*_KEY, "month", "source_name", "return_id", "row").with_columns(
        withdrawn=(_WITHDRAW | pl.col("withdrawn_before")).any().over(_KEY),
        original=pl.col("digest").filter(_NEW).first().over(_KEY),
        final=pl.col("digest").filter(_CORRECT).last().over(_KEY),
        place=pl.col("action").cum_count().over([*_KEY, "action"]),
        versions=pl.col("action").count().over([*_KEY, "action"]),
        first_month=pl.col("month").filter(~_WITHDRAW).min().over(_KEY),
    )
    judged = ranked.with_columns(link_rule=_rule())
    verdicts = pl.DataFrame(_VERDICTS, schema=["link_rule", "verdict", "reason"], orient="row")
    return (
        judged.join(verdicts, on="link_rule", how="left", maintain_order="left", validate="m:1")
        .with_columns(report=name_reports(judged["collective"], judged["report_id"]))
        .with_columns(incident_id=pl.when(pl.col("verdict").is_in(["counted", "duplicate"])).then("report"))
        .select(
            *("return_id", "row", *_KEY, "report", "verdict", "reason", "link_rule", "incident_id"),
            "first_month",
        )
    )


_VERDICTS = [
    ("withdraw_request", "withdrawn", "withdraw_request"),
    ("withdrawn", "withdrawn", "withdrawn"),
    ("own_report", "counted", ""),
    ("same_row", "duplicate", "same_row_twice"),
    ("correction", "superseded", "corrected"),
    ("reused_id", "quarantined", "report_id_reused"),
]


def _rule() -> pl.Expr:
    """Return the rule that decides on a row, the first that fits."""
    corrected = pl.col("final").is_not_null()
    first_new = _NEW & (pl.col("place") == 1)
    last_correction = _CORRECT & (pl.col("place") == pl.col("versions"))
    return (
        pl.when(_WITHDRAW)
        .then(pl.lit("withdraw_request"))
        .when(pl.col("withdrawn"))
        .then(pl.lit("withdrawn"))
        .when(last_correction | (first_new & ~corrected))
        .then(pl.lit("own_report"))
        .when((_CORRECT & (pl.col("digest") != pl.col("final"))) | first_new)
        .then(pl.lit("correction"))
        .when(_CORRECT | (pl.col("digest") == pl.col("original")))
        .then(pl.lit("same_row"))
        .otherwise(pl.lit("reused_id"))
    )


def name_reports(collectives: Iterable[str], report_ids: Iterable[str]) -> pl.Series:
    """Return the keys of reports: they name a report, and the incident that it first told of, without its id."""
    keys = (
        hashlib.sha256(f"{collective}/{report_id}".encode()).hexdigest()[:20]
        for collective, report_id in zip(collectives, report_ids, strict=True)
    )
    return pl.Series("report", keys, dtype=pl.String)
