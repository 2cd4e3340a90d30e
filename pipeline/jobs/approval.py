"""Approval: what a person sees of an edition before it is published, and who may let it through."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from pipeline.contract import NATIONAL
from pipeline.errors import JawabdehiError, UsageError
from pipeline.jobs.clustering import load_opinions
from pipeline.jobs.pages import find_folder, name_geographies
from pipeline.jobs.protection import AUDIT_REPORT, AUDIT_SUMMARY
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.language import ENGLISH, load_language
from pipeline.protect.account import WHY
from pipeline.report.addresses import list_names
from pipeline.report.tables import place_name
from pipeline.screening.scan import holds_personal_data
from pipeline.settings import Settings, shift_month
from pipeline.store import consents, queue, release
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry
from pipeline.store.rejections import Rejection, find_rejection
from pipeline.store.release import EditionRecord

LONGEST_REASON = 300
"""Characters of the reason for which an edition is rejected."""

_FIGURE = pl.Schema({"table": pl.String, "geography": pl.String, "period": pl.String, "value": pl.Int64})


@dataclass(frozen=True)
class Change:
    """The total of one place now and in the newest edition of the month before; None where it is not published."""

    place: str
    now: int | None
    before: int | None


@dataclass(frozen=True)
class EditionView:
    """What a person sees of an edition: its audit, what is hidden and why, whose consent is missing, what changed.

    `pages` are the pages of the draft by place, relative to its folder. `has_audit` tells whether the audit report
    of the data team is there. `rejection` is that of the draft as it is now.
    """

    record: EditionRecord
    audit: tuple[str, ...]
    hidden: Mapping[str, int]
    consents_missing: Mapping[str, int]
    not_consenting: tuple[str, ...]
    changes: tuple[Change, ...]
    pages: Mapping[str, tuple[str, ...]]
    has_audit: bool
    reviewers: tuple[str, ...]
    rejection: Rejection | None


def list_edition_records(settings: Settings) -> list[EditionRecord]:
    """Return all editions, the newest month first."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        records = release.list_editions(connection)
    return sorted(records, key=lambda record: (record.month, record.number), reverse=True)


def view_edition(settings: Settings, edition_id: str) -> EditionView:
    """Return what a person sees of an edition; raise JawabdehiError where there is none of this id."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        given = consents.list_consenting(connection, record.month, record.number)
        expected = place.contract.code_lists["collectives"].valid_in(record.month)
        summary = _read_summary(settings.audits / edition_id / AUDIT_SUMMARY)
        return EditionView(
            record=record,
            audit=tuple(summary["lines"]),
            hidden={": ".join(WHY[reason]): number for reason, number in summary["hidden"].items()},
            consents_missing=summary["consents_missing"],
            not_consenting=tuple(code for code in sorted(expected) if code not in given),
            changes=tuple(_list_changes(place, connection, record)),
            pages=_list_pages(place, record),
            has_audit=(settings.audits / edition_id / AUDIT_REPORT).is_file(),
            reviewers=tuple(sorted(find_reviewers(connection, record.month))),
            rejection=find_rejection(connection, edition_id, record.manifest_sha256 or ""),
        )


def _read_summary(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {"lines": [], "hidden": {}, "consents_missing": {}}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _list_changes(place: Workplace, connection: sa.Connection, record: EditionRecord) -> list[Change]:
    months = [shift_month(record.month, -1)]
    former = release.list_published(connection, months)
    now = _load_totals(connection, record)
    before = _load_totals(connection, former[-1]) if former else {}
    english = load_language(ENGLISH)
    return [
        Change(place_name(code, place.contract, english), now.get(code), before.get(code))
        for code in name_geographies(place)
        if code in (NATIONAL, *now, *before)
    ]


def _load_totals(connection: sa.Connection, record: EditionRecord) -> dict[str, int]:
    figures = release.load_figures(connection, record.edition_id, _FIGURE)
    totals = figures.filter(table="total", period=record.month).drop_nulls("value")
    return dict(totals.select("geography", "value").iter_rows())


def _list_pages(place: Workplace, record: EditionRecord) -> dict[str, tuple[str, ...]]:
    folder = find_folder(place.settings, record)
    english = load_language(ENGLISH)
    pages = {
        place_name(code, place.contract, english): tuple(
            f"{code}/{name}"
            for name in list_names(code, place.contract, printed=False)
            if (folder / code / name).is_file()
        )
        for code in name_geographies(place)
    }
    return {name: found for name, found in pages.items() if found}


def find_edition_folder(settings: Settings, edition_id: str) -> Path:
    """Return where the pages of an edition lie; raise JawabdehiError where there is none of this id."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        return find_folder(settings, release.load_edition(connection, edition_id))


def find_reviewers(connection: sa.Connection, month: str) -> set[str]:
    """Return the names of those whose decisions stand on pairs with a report of `month`."""
    opinions = load_opinions(connection)
    records = queue.load_records(connection, {key for pair in opinions for key in pair})
    return {
        each.reviewer
        for pair, said in opinions.items()
        if any(key in records and records[key].month == month for key in pair)
        for each in said
    }


def check_approver(settings: Settings, edition_id: str, manifest_sha256: str, approver: str) -> None:
    """Raise JawabdehiError where `approver` may not let this draft through as it is now."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = _load_as_seen(connection, edition_id, manifest_sha256)
        refuse_lone_reviewer(place, connection, record, approver)


def _load_as_seen(connection: sa.Connection, edition_id: str, manifest_sha256: str) -> EditionRecord:
    record = release.load_edition(connection, edition_id)
    if record.state != "draft" or record.manifest_sha256 != manifest_sha256:
        raise JawabdehiError("The draft is another than the one you saw: look at it again.")
    return record


def is_lone_reviewer(settings: Settings, reviewers: Collection[str], name: str) -> bool:
    """Tell whether `name` alone decided on the pairs of a month and two persons are asked for."""
    return settings.two_persons and set(reviewers) == {name}


def refuse_lone_reviewer(
    place: Workplace, connection: sa.Connection, record: EditionRecord, approver: str
) -> None:
    """Raise JawabdehiError where `approver` is the lone reviewer of the month."""
    if is_lone_reviewer(place.settings, find_reviewers(connection, record.month), approver):
        raise JawabdehiError(
            "Nobody but you reviewed the pairs of this month: let another person approve, or review some of them."
        )


def reject_edition(settings: Settings, edition_id: str, manifest_sha256: str, reason: str, name: str) -> None:
    """Record why a person does not let a draft through; `reason` is kept in the ledger.

    Raises UsageError where the reason is missing, too long or names a person by a number, JawabdehiError where the
    draft is another than the one that was seen.
    """
    text = " ".join(reason.split())
    if not text or len(text) > LONGEST_REASON:
        raise UsageError(f"Give the reason in at most {LONGEST_REASON} characters.")
    if holds_personal_data(pl.Series([text])).any():
        raise UsageError("The reason holds a number or address that may lead to a person: leave it out.")
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        lock(connection, "incidents")
        _load_as_seen(connection, edition_id, manifest_sha256)
        facts = {"manifest_sha256": manifest_sha256, "reason": text}
        append_entry(connection, "edition rejected", edition_id, facts, actor=name, at=datetime.now(UTC))
