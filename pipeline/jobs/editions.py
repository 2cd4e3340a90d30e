"""Editions: a month is opened, tabulated, protected, rendered, sealed, approved and published."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from pipeline.contract import NATIONAL
from pipeline.errors import JawabdehiError, RetryableError, UsageError
from pipeline.files import sha256_of, write_atomically
from pipeline.jobs.approval import refuse_lone_reviewer
from pipeline.jobs.pages import describe_edition, draft_folder, name_geographies
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.protect.periods import GRAINS, ends_period, list_months, name_period
from pipeline.protect.plan import Plan, list_due, load_plan
from pipeline.report.addresses import list_names
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME
from pipeline.report.package import (
    APPROVAL,
    MANIFEST,
    check_manifest,
    encode_json,
    remove_leftovers,
    write_manifest,
)
from pipeline.report.site import write_site
from pipeline.settings import Settings, check_month
from pipeline.store import counted, linkage, release
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry
from pipeline.tabulate import build_tabulation

_SYSTEM = "jawabdehi"


def open_edition(settings: Settings, month: str, reason: str | None = None) -> str | None:
    """Open the draft of a month and let it count what has come so far; return its id.

    With a `reason` (a code of correction_reasons) the draft corrects the newest published edition: it counts the same
    incidents as they are known now. Returns None where the month is published and no reason is given. A draft that
    was made before is made again from what is known now; one that a person has approved stays as it is, for its
    publication to be finished. Raises JawabdehiError where a later month is published already or there is nothing to
    correct, RetryableError while reports wait for linkage.
    """
    check_month(month)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        lock(connection, "incidents")
        published = [each.number for each in release.list_published(connection, [month])]
        if published and reason is None:
            return None
        number = max(published, default=0) + 1
        _check_correction(place, number, reason)
        first, edition = (Edition(month, each, versions={}).edition_id for each in (1, number))
        record = release.ensure_edition(connection, edition, month, number)
        if record.state == "approved":
            return record.edition_id
        if number == 1 and release.has_later_publication(connection, month):
            raise JawabdehiError(
                "A later month is published: what comes late for this month is counted in the month now open."
            )
        if any(partition.split("|")[1] <= month for partition in linkage.list_partitions(connection)):
            raise RetryableError("Reports wait for linkage: the draft is made once they are linked.")
        if number == 1:
            release.claim_counts(connection, edition, month)
        counted.replace_counted(connection, edition, claimed_by=first)
        changes = {"reason": reason, "basis": _find_basis(connection, month, edition)}
        release.change_edition(connection, edition, manifest_sha256=None, figures_sha256=None, **changes)
        for made_before in (draft_folder(settings, edition), settings.audits / edition):
            shutil.rmtree(made_before, ignore_errors=True)
        append_entry(
            connection, "draft opened", edition, {"reason": reason}, actor=_SYSTEM, at=datetime.now(UTC)
        )
    return edition


def tabulate_edition(settings: Settings, edition_id: str) -> str:
    """Count what the draft counts, for every planned table; return the edition's id."""
    plan = load_plan()
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        # A correction counts what changed since, and accounts for rows as the first edition did.
        if record.state == "draft" and record.number == 1:
            release.drop_cells(connection, edition_id)
            _tabulate(connection, record, plan)
            accounts = release.account_for_rows(connection, edition_id)
            filed = release.count_collectives_filed(connection, edition_id, record.month)
            expected = len(place.contract.code_lists["collectives"].valid_in(record.month))
            cells = _count_returns(accounts, expected=expected, filed=filed)
            release.add_cells(connection, edition_id, cells.with_columns(period=pl.lit(record.month)))
    return edition_id


def _tabulate(connection: sa.Connection, record: release.EditionRecord, plan: Plan) -> None:
    """Count by grain: a quarter or year counts what the editions of its months do, where none is missing."""
    due, counted_by = list_due(plan, record.month), release.load_basis(connection, record)
    for grain in dict.fromkeys(family.grain for family in due):
        months = list_months(record.month, grain)
        basis = [each.edition_id for each in counted_by if each.month in months]
        if len(basis) == len(months):
            families = [family for family in due if family.grain == grain]
            queries = build_tabulation(
                counted.select_counted(basis), families, plan, period=name_period(record.month, grain)
            )
            release.tabulate_cells(connection, record.edition_id, queries)


def _check_correction(place: Workplace, number: int, reason: str | None) -> None:
    if reason is None:
        return
    if number == 1:
        raise JawabdehiError("Nothing is published for this month: there is nothing to correct yet.")
    reasons = place.contract.code_lists["correction_reasons"].codes
    if reason not in reasons:
        raise UsageError(f"Give one of these reasons for the correction: {', '.join(reasons)}.")


def _find_basis(connection: sa.Connection, month: str, edition_id: str) -> list[str]:
    """Return the newest editions of the months that count in the quarter and year which end with `month`."""
    months = {each for grain in GRAINS if ends_period(month, grain) for each in list_months(month, grain)}
    others = release.list_published(connection, months - {month})
    newest = {record.month: record.edition_id for record in others}
    return [edition for _, edition in sorted({**newest, month: edition_id}.items())]


def seal_edition(settings: Settings, edition_id: str) -> str:
    """Write the manifest over the whole draft; return its SHA-256, which is what a person approves."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state != "draft":
            return str(record.manifest_sha256)
        draft = draft_folder(settings, edition_id)
        _check_audit(draft, record)
        if not _is_rendered(draft, place):
            raise RetryableError("The draft lacks pages: it is sealed once all of them are rendered.")
        manifest = write_manifest(draft, describe_edition(place, connection, record))
        sealed = sha256_of(manifest)
        release.change_edition(connection, edition_id, manifest_sha256=sealed)
        append_entry(
            connection,
            "draft sealed",
            edition_id,
            {"manifest_sha256": sealed},
            actor=_SYSTEM,
            at=datetime.now(UTC),
        )
    return sealed


def publish_edition(settings: Settings, edition_id: str, manifest_sha256: str, approved_by: str) -> str:
    """Publish the draft that was approved, and bring index, catalog and feed up to date.

    `manifest_sha256` is what `seal_edition` returned and the person saw; raises JawabdehiError where the
    draft was made again since. The name of the first approval stands.
    """
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as turn:
        # One at a time: index and feed are made of all that is published, and a task that was given up for dead may
        # still be at work on another machine.
        lock(turn, "publication")
        record = _approve(place, edition_id, manifest_sha256, approved_by)
        if record.state == "published":
            return edition_id
        folder = Edition(record.month, record.number, versions={}).folder
        draft, published = draft_folder(settings, edition_id), settings.published / folder
        if not published.exists():
            # What a kill left half written is no part of the edition.
            remove_leftovers(draft)
            write_atomically(draft / APPROVAL, _encode_approval(record))
            published.parent.mkdir(parents=True, exist_ok=True)
            draft.rename(published)
        check_manifest(published)
        write_site(settings.published, place.contract)
        with begin(place.engine, "jawabdehi_reporting") as connection:
            release.change_edition(connection, edition_id, state="published")
            append_entry(
                connection, "edition published", edition_id, {}, actor=approved_by, at=datetime.now(UTC)
            )
    return edition_id


def _count_returns(accounts: pl.DataFrame, *, expected: int, filed: int) -> pl.DataFrame:
    """Return the cells about returns and rows, of which none tells anything about a person."""
    rows = {f"rows_{verdict}": number for verdict, number in accounts.iter_rows()}
    rows["rows_received"] = sum(rows.values())
    counts = [("accounting", measure, number) for measure, number in sorted(rows.items())]
    counts += [("coverage", "collectives_expected", expected), ("coverage", "collectives_filed", filed)]
    return pl.DataFrame(counts, schema=["table", "measure", "count"], orient="row").with_columns(
        geography=pl.lit(NATIONAL), code_1=pl.lit(""), code_2=pl.lit(""), persons=pl.col("count")
    )


def _is_rendered(draft: Path, place: Workplace) -> bool:
    pages = (
        draft / geography / name
        for geography in name_geographies(place)
        for name in list_names(geography, place.contract, printed=place.settings.prints)
    )
    return all(page.is_file() for page in pages)


def _check_audit(draft: Path, record: release.EditionRecord) -> None:
    """Raise where the draft's figures are not those that passed the audit, or none did."""
    if record.figures_sha256 is None or sha256_of(draft / FILE_NAME) != record.figures_sha256:
        raise JawabdehiError("The figures of this draft have not passed the audit: make the draft again.")


def _approve(
    place: Workplace, edition_id: str, manifest_sha256: str, approved_by: str
) -> release.EditionRecord:
    with begin(place.engine, "jawabdehi_reporting") as connection:
        lock(connection, "incidents")
        record = release.load_edition(connection, edition_id)
        if record.manifest_sha256 is None:
            raise JawabdehiError(
                "Reports or a consent were withdrawn since this draft was made: make it again and approve that."
            )
        if record.manifest_sha256 != manifest_sha256:
            raise JawabdehiError(
                "The draft was made again after it was shown for approval: approve the new one."
            )
        if record.state != "draft":
            return record
        # An approved edition can only be published, so what was sealed has to be there whole.
        draft = draft_folder(place.settings, edition_id)
        _check_audit(draft, record)
        check_manifest(draft)
        if sha256_of(draft / MANIFEST) != manifest_sha256:
            raise JawabdehiError("The draft was changed after it was sealed: make it again and approve that.")
        refuse_lone_reviewer(place, connection, record, approved_by)
        now = datetime.now(UTC).replace(microsecond=0)
        release.change_edition(
            connection, edition_id, state="approved", approved_by=approved_by, approved_at=now
        )
        append_entry(
            connection,
            "edition approved",
            edition_id,
            {"manifest_sha256": manifest_sha256},
            actor=approved_by,
            at=now,
        )
        return release.load_edition(connection, edition_id)


def _encode_approval(record: release.EditionRecord) -> bytes:
    assert record.approved_at is not None
    return encode_json(
        {
            "edition": record.edition_id,
            "manifest_sha256": record.manifest_sha256,
            "approved_by": record.approved_by,
            "approved_at": record.approved_at.astimezone(UTC).isoformat(),
        }
    )
