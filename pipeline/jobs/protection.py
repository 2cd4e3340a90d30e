"""What may be seen of a draft: protected beside all that was published, then audited from its own file."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa

from pipeline.errors import JawabdehiError
from pipeline.files import sha256_of, write_atomically
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.protect.counted import (
    CELL,
    CELLS_SCHEMA,
    COUNTED_SCHEMA,
    FIGURE_COLUMNS,
    FIGURES_SCHEMA,
    Counted,
)
from pipeline.protect.plan import Plan, list_planned_cells, load_plan
from pipeline.protect.stack import list_shared_months
from pipeline.report.figures import FILE_NAME, read_figures, write_figures
from pipeline.report.package import encode_json
from pipeline.settings import Settings
from pipeline.store import consents, counted, release
from pipeline.store.database import begin
from pipeline.store.ledger import Fact, append_entry

AUDIT_REPORT, AUDIT_SUMMARY = "audit.html", "summary.json"
_ACCOUNTS = ("coverage", "accounting")


def protect_edition(settings: Settings, edition_id: str) -> str:
    """Decide what the draft may show, and write `figures.csv`; return the edition's id.

    Raises JawabdehiError where nothing that can be shown would be safe, or where reports changed since the draft was
    tabulated.
    """
    # The solver is loaded only where it works.
    from pipeline.protect.edition import protect_edition as protect_figures

    plan = load_plan()
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state != "draft":
            return edition_id
        release.change_edition(connection, edition_id, figures_sha256=None)
        draft, history = _load_draft(connection, record), _load_history(connection, record, plan)
        protected = protect_figures(draft, history, plan, place.contract, consents=draft.consents)
        if record.number == 1:
            _check_recount(release.load_cells(connection, edition_id, CELLS_SCHEMA), protected.cells)
        else:
            release.drop_cells(connection, edition_id)
            release.add_cells(connection, edition_id, protected.cells)
        release.replace_figures(connection, edition_id, protected.figures)
        write_figures(protected.figures.drop("as_of"), settings.drafts / edition_id / FILE_NAME)
    return edition_id


def audit_edition(settings: Settings, edition_id: str) -> str:
    """Audit the draft from its `figures.csv` and everything published; return what was found, in plain words.

    Only figures that pass are sealed. Raises JawabdehiError where something small could be found out, where the file
    is not what was protected, or where the audit did not come to its end.
    """
    from pipeline.protect import account
    from pipeline.protect.edition import audit_edition as audit_figures

    plan = load_plan()
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        folder = settings.audits / edition_id
        if record.state != "draft":
            return "This edition is approved already."
        figures, sha256 = _load_file(place, connection, record, plan)
        draft, history = _load_draft(connection, record), _load_history(connection, record, plan)
        verdict = audit_figures(draft, figures, history, plan, place.contract)
        if verdict.exposures:
            raise JawabdehiError("Small counts could be found out from this draft: make it again.")
        release.change_edition(connection, edition_id, figures_sha256=sha256)
        facts: dict[str, Fact] = {
            "figures_sha256": sha256,
            "targets": verdict.targets,
            "standing": len(verdict.standing),
        }
        now = datetime.now(UTC)
        append_entry(connection, "figures audited", edition_id, facts, actor="jawabdehi", at=now)
        found = account.account_for(edition_id, verdict, figures)
        write_atomically(folder / "hidden.csv", found.hidden.write_csv().encode())
        write_atomically(folder / AUDIT_SUMMARY, encode_json(account.condense(found)))
        write_atomically(folder / AUDIT_REPORT, account.render_account(found))
    return account.summarize(found)


def _load_file(
    place: Workplace, connection: sa.Connection, record: release.EditionRecord, plan: Plan
) -> tuple[pl.DataFrame, str]:
    """Return the figures as they stand in `figures.csv`, with the edition that set each, and the file's SHA-256."""
    path = place.settings.drafts / record.edition_id / FILE_NAME
    shown = read_figures(path).frame.with_columns(pl.col(pl.String).fill_null(""))
    kept = release.load_figures(connection, record.edition_id, FIGURES_SCHEMA)
    planned = list_planned_cells(plan, place.contract, month=record.month)
    if not shown.sort(CELL).equals(kept.select(FIGURE_COLUMNS).sort(CELL)):
        raise JawabdehiError("The figures of the draft were changed after they were made: make it again.")
    if not shown.select(CELL).sort(CELL).equals(planned.select(CELL).sort(CELL)):
        raise JawabdehiError(
            "The draft does not hold just the figures of the publication plan: make it again."
        )
    return kept, sha256_of(path)


def _load_draft(connection: sa.Connection, record: release.EditionRecord) -> Counted:
    cells = release.load_cells(connection, record.edition_id, CELLS_SCHEMA)
    return Counted(
        record.month,
        record.number,
        counted.load_counted(connection, record.edition_id, COUNTED_SCHEMA),
        accounts=cells.filter(pl.col("table").is_in(_ACCOUNTS)),
        basis=tuple((each.month, each.number) for each in release.load_basis(connection, record)),
        consents=consents.load_consents(connection, record.month, record.number),
    )


def _load_history(connection: sa.Connection, record: release.EditionRecord, plan: Plan) -> list[Counted]:
    """Return the published editions that share incidents with a draft."""
    published = release.list_published(connection)
    months = list_shared_months(record.month, {each.month for each in published}, plan)
    return [
        replace(
            _load_draft(connection, each),
            cells=release.load_cells(connection, each.edition_id, CELLS_SCHEMA),
            figures=release.load_figures(connection, each.edition_id, FIGURES_SCHEMA),
        )
        for each in published
        if each.month in months
    ]


def _check_recount(tabulated: pl.DataFrame, recounted: pl.DataFrame) -> None:
    """Hold the counts of the database against those of disclosure control, which counts by itself."""
    incidents = tabulated.filter(~pl.col("table").is_in(_ACCOUNTS))
    again = recounted.filter(~pl.col("table").is_in(_ACCOUNTS))
    if not incidents.sort(CELL).equals(again.select(incidents.columns).sort(CELL)):
        raise JawabdehiError(
            "What is known changed while the draft was made: start the monthly report again."
        )
