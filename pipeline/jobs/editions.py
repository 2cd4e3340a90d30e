"""Editions: a month is opened, tabulated, protected, rendered, sealed, approved and published."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from pipeline import __version__
from pipeline.contract import NATIONAL, CodeList
from pipeline.errors import JawabdehiError, RetryableError
from pipeline.files import write_atomically
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.link.weights import load_weights
from pipeline.protect.plan import list_planned_cells, load_plan
from pipeline.protect.primary import CELLS_SCHEMA, protect_cells
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME, write_figures
from pipeline.report.package import (
    APPROVAL,
    MANIFEST,
    check_manifest,
    encode_json,
    remove_leftovers,
    sha256_of,
    write_manifest,
)
from pipeline.report.render import PAGE_NAME, render_geography
from pipeline.report.site import write_site
from pipeline.settings import Settings, check_month
from pipeline.store import linkage, release
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry
from pipeline.tabulate import build_tabulation

_SYSTEM = "jawabdehi"
FIRST_EDITION = 1


def open_edition(settings: Settings, month: str) -> str | None:
    """Open the draft of a month and let it count what has come so far; return its id.

    Returns None where the month is published. A draft that was made before is made again from what is known
    now; one that a person has approved stays as it is, for its publication to be finished. Raises
    JawabdehiError where a later month is published already, RetryableError while reports wait for linkage.
    """
    check_month(month)
    edition = Edition(month=month, number=FIRST_EDITION, versions={})
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        lock(connection, "incidents")
        record = release.ensure_edition(connection, edition.edition_id, month, edition.number)
        if record.state == "published":
            return None
        if record.state == "approved":
            return record.edition_id
        if release.has_later_publication(connection, month):
            raise JawabdehiError(
                "A later month is published: what comes late for this month is counted in the month now open."
            )
        if any(partition.split("|")[1] <= month for partition in linkage.list_partitions(connection)):
            raise RetryableError("Reports wait for linkage: the draft is made once they are linked.")
        release.claim_counts(connection, record.edition_id, month)
        release.change_edition(connection, record.edition_id, manifest_sha256=None)
        shutil.rmtree(_draft(settings, record.edition_id), ignore_errors=True)
        append_entry(connection, "draft opened", record.edition_id, {}, actor=_SYSTEM, at=datetime.now(UTC))
    return edition.edition_id


def tabulate_edition(settings: Settings, edition_id: str) -> str:
    """Count what the draft counts, for every planned table; return the edition's id."""
    plan = load_plan()
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state == "draft":
            release.replace_cells(
                connection, edition_id, build_tabulation(release.select_incidents(edition_id), plan)
            )
            accounts = release.account_for_rows(connection, edition_id)
            filed = release.count_collectives_filed(connection, edition_id, record.month)
            expected = len(list_expected(place.contract.code_lists["collectives"], record.month))
            release.add_cells(
                connection, edition_id, _count_returns(accounts, expected=expected, filed=filed)
            )
    return edition_id


def protect_edition(settings: Settings, edition_id: str) -> str:
    """Decide what the draft may show, and write `figures.csv`; return the edition's id."""
    plan = load_plan()
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state == "draft":
            cells = release.load_cells(connection, edition_id, CELLS_SCHEMA)
            planned = list_planned_cells(plan, place.contract)
            figures = protect_cells(cells, planned, plan, month=record.month)
            release.replace_figures(connection, edition_id, figures)
            write_figures(figures, _draft(settings, edition_id) / FILE_NAME)
    return edition_id


def list_geographies(settings: Settings, edition_id: str) -> list[str]:
    """Return the geographies that an edition has pages for: the nation and every state, in any case."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        release.load_edition(connection, edition_id)
        return _geographies(place)


def render_edition(settings: Settings, edition_id: str, geography: str) -> str:
    """Write the page of one geography from the draft's figures; return the geography."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state == "draft":
            render_geography(
                _draft(settings, edition_id), _edition(place, connection, record), geography, place.contract
            )
    return geography


def seal_edition(settings: Settings, edition_id: str) -> str:
    """Write the manifest over the whole draft; return its SHA-256, which is what a person approves."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state != "draft":
            return str(record.manifest_sha256)
        draft = _draft(settings, edition_id)
        if not all((draft / geography / PAGE_NAME).is_file() for geography in _geographies(place)):
            raise RetryableError("The draft lacks pages: it is sealed once all of them are rendered.")
        manifest = write_manifest(draft, _edition(place, connection, record))
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
    with open_workplace(settings) as place:
        record = _approve(place, edition_id, manifest_sha256, approved_by)
        if record.state == "published":
            return edition_id
        folder = Edition(record.month, record.number, versions={}).folder
        draft, published = _draft(settings, edition_id), settings.published / folder
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


def list_expected(collectives: CodeList, month: str) -> frozenset[str]:
    """Return the collectives that are expected to file for a month: those whose validity touches it."""
    return frozenset(
        code.code
        for code in collectives.codes.values()
        if (code.valid_from or "")[:7] <= month <= (code.valid_to or "9999")[:7]
    )


def _count_returns(accounts: pl.DataFrame, *, expected: int, filed: int) -> pl.DataFrame:
    """Return the cells about returns and rows, of which none tells anything about a person."""
    rows = {f"rows_{verdict}": number for verdict, number in accounts.iter_rows()}
    rows["rows_received"] = sum(rows.values())
    counts = [("accounting", measure, number) for measure, number in sorted(rows.items())]
    counts += [("coverage", "collectives_expected", expected), ("coverage", "collectives_filed", filed)]
    return pl.DataFrame(counts, schema=["table", "measure", "count"], orient="row").with_columns(
        geography=pl.lit(NATIONAL), code_1=pl.lit(""), code_2=pl.lit(""), persons=pl.col("count")
    )


def _approve(
    place: Workplace, edition_id: str, manifest_sha256: str, approved_by: str
) -> release.EditionRecord:
    with begin(place.engine, "jawabdehi_reporting") as connection:
        lock(connection, "incidents")
        record = release.load_edition(connection, edition_id)
        if record.manifest_sha256 != manifest_sha256:
            raise JawabdehiError(
                "The draft was made again after it was shown for approval: approve the new one."
            )
        if record.state != "draft":
            return record
        # An approved edition can only be published, so what was sealed has to be there whole.
        draft = _draft(place.settings, edition_id)
        check_manifest(draft)
        if sha256_of(draft / MANIFEST) != manifest_sha256:
            raise JawabdehiError("The draft was changed after it was sealed: make it again and approve that.")
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


def _edition(place: Workplace, connection: sa.Connection, record: release.EditionRecord) -> Edition:
    return Edition(
        month=record.month,
        number=record.number,
        closing_day=place.settings.closing_day,
        is_made_up=release.counts_made_up(connection, record.edition_id),
        versions={
            "code": __version__,
            "contract": place.contract.version,
            "code_lists": place.contract.fingerprint[:16],
            "plan": load_plan().version,
            "weights": load_weights().version,
        },
    )


def _geographies(place: Workplace) -> list[str]:
    return [NATIONAL, *sorted(place.contract.code_lists["states"].codes)]


def _draft(settings: Settings, edition_id: str) -> Path:
    return settings.drafts / edition_id
