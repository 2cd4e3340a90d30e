"""The audit report: what an edition hides and why, for the data team, never for publication."""

from dataclasses import dataclass

import polars as pl

from pipeline.contract import NATIONAL
from pipeline.protect.counted import CELL
from pipeline.protect.edition import Verdict
from pipeline.protect.primary import COMPLEMENTARY, DOMINANCE, FEW, GROUP, PARENT
from pipeline.templates import fill_template

WHY = {
    FEW: ("Few persons", "nobody, or fewer persons than the threshold"),
    DOMINANCE: ("One collective", "one collective told of nearly all, and has not consented"),
    PARENT: ("No total", "the total of the place is not published"),
    GROUP: ("Telling breakdown", "the breakdown would tell of one code alone, or of nearly all"),
    COMPLEMENTARY: ("For others", "hidden for the sake of other figures, which could be worked out from it"),
}
"""Why a figure is not published: a heading, and what it means."""

_SUMMARIZED = {"total": "In all", "by_duty_bearer": "By duty-bearer"}
"""The tables that whoever approves reads about first, in words."""


@dataclass(frozen=True)
class TableAccount:
    """What of one table is published: figures planned and shown, those not shown by reason, incidents visible.

    `visible` is the whole percentage of its incidents that stand in shown cells; None where it counts none.
    """

    table: str
    place: str
    period: str
    planned: int
    shown: int
    hidden: dict[str, int]
    visible: int | None


@dataclass(frozen=True)
class Account:
    """What an edition hides and why.

    `hidden` are the planned cells (CELL) of which something is counted and nothing published, each with its
    `reason`. `consents_missing` gives, by collective, how many figures wait for its consent.
    """

    edition_id: str
    tables: tuple[TableAccount, ...]
    hidden: pl.DataFrame
    consents_missing: dict[str, int]
    targets: int
    standing: int
    slack: str


def account_for(edition_id: str, verdict: Verdict, figures: pl.DataFrame) -> Account:
    """Return the account of an edition from the verdict of its audit and its figures (FIGURES_SCHEMA)."""
    cells = (
        verdict.judged.filter(pl.col("unit") != "collectives")
        .select(*CELL, "count", "reason", "dominant")
        .join(figures.select(*CELL, "status"), on=CELL, validate="1:1")
        .with_columns(
            place=pl.when(pl.col("geography") == NATIONAL).then(pl.lit("India")).otherwise(pl.lit("states")),
            reason=pl.when((pl.col("status") != "shown") & (pl.col("reason") == ""))
            .then(pl.lit(COMPLEMENTARY))
            .otherwise("reason"),
        )
    )
    hidden = cells.filter(pl.col("status") != "shown")
    waiting = hidden.filter(pl.col("reason") == DOMINANCE).explode("dominant")["dominant"].drop_nulls()
    return Account(
        edition_id=edition_id,
        tables=tuple(
            _account_for_table(frame) for frame in cells.partition_by("table", "place", maintain_order=True)
        ),
        hidden=hidden.filter(pl.col("count") > 0).select(*CELL, "reason").sort(CELL),
        consents_missing=dict(waiting.value_counts().sort("dominant").iter_rows()),
        targets=verdict.targets,
        standing=len(verdict.standing),
        slack=say_slack(verdict),
    )


def _account_for_table(cells: pl.DataFrame) -> TableAccount:
    is_shown = pl.col("status") == "shown"
    shown, hidden = cells.filter(is_shown), cells.filter(~is_shown)
    counted = int(cells["count"].sum())
    return TableAccount(
        table=str(cells.item(0, "table")),
        place=str(cells.item(0, "place")),
        period=str(cells.item(0, "period")),
        planned=cells.height,
        shown=shown.height,
        hidden={reason: hidden.filter(reason=reason).height for reason in WHY},
        visible=100 * int(shown["count"].sum()) // counted if counted else None,
    )


def say_slack(verdict: Verdict) -> str:
    """Say how much room the tightest of all small counts leaves beyond what is asked."""
    if not verdict.targets:
        return "Nothing small is hidden, so there is nothing to find out."
    if not verdict.slack:
        return (
            "The narrowest range that can be worked out for a small count is just as wide as the rule asks."
        )
    return (
        f"The narrowest range that can be worked out for a small count is wider than the rule asks by "
        f"{'at least ' if verdict.slack_is_least else ''}{verdict.slack:g}."
    )


def summarize(account: Account) -> str:
    """Return the audit in a few lines, for whoever approves: numbers of figures and shares, no count of incidents."""
    lines = [
        f"Audit of {account.edition_id}: {account.targets} small counts were tried, none can be found out."
    ]
    lines.append(account.slack)
    lines += [
        f"{_SUMMARIZED[table.table]}, {table.place}: {table.shown} of {table.planned} figures published, with "
        f"{table.visible} percent of the incidents."
        for table in account.tables
        if table.table in _SUMMARIZED and table.visible is not None
    ]
    if account.standing:
        lines.append(
            f"{account.standing} small counts could be found out from earlier editions already, and no better with "
            f"this one: see the audit report."
        )
    for collective, number in account.consents_missing.items():
        lines.append(f"{number} figures wait for the consent of {collective}.")
    return "\n".join(lines)


def condense(account: Account) -> dict[str, object]:
    """Return what the page of an edition tells of its audit: lines, figures hidden by reason, consents missing."""
    hidden = {reason: sum(table.hidden[reason] for table in account.tables) for reason in WHY}
    return {
        "lines": summarize(account).split("\n"),
        "hidden": {reason: number for reason, number in hidden.items() if number},
        "consents_missing": account.consents_missing,
    }


def render_account(account: Account) -> bytes:
    """Return the audit report as an HTML page."""
    return fill_template("audit.html.j2", account=account, why=WHY)
