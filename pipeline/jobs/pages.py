"""The pages of a draft: rendered from its figures, one geography at a time."""

from pathlib import Path

import sqlalchemy as sa

from pipeline import __version__
from pipeline.contract import NATIONAL
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.link.weights import load_weights
from pipeline.protect.plan import load_plan
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME
from pipeline.report.render import Sources, render_geography
from pipeline.report.trend import MONTHS
from pipeline.settings import Settings, shift_month
from pipeline.store import release
from pipeline.store.database import begin


def list_geographies(settings: Settings, edition_id: str) -> list[str]:
    """Return the geographies that an edition has pages for: the nation and every state, in any case."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        release.load_edition(connection, edition_id)
        return name_geographies(place)


def render_edition(settings: Settings, edition_id: str, geography: str) -> str:
    """Write the pages of one geography from the draft's figures and those published before; return the geography."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state != "draft":
            return geography
        edition = describe_edition(place, connection, record)
        sources = _list_sources(settings, connection, edition)
    render_geography(draft_folder(settings, edition_id), edition, geography, place.contract, sources)
    return geography


def _list_sources(settings: Settings, connection: sa.Connection, edition: Edition) -> Sources:
    """Return where the figures lie that the pages of an edition are rendered beside."""
    months = [shift_month(edition.month, -back) for back in range(1, MONTHS)]
    newest = {record.month: _name(record) for record in release.list_published(connection, months)}
    return Sources(
        former=_published_figures(settings, edition.corrected) if edition.corrected else None,
        past=[(each, _published_figures(settings, each)) for _, each in sorted(newest.items())],
    )


def describe_edition(place: Workplace, connection: sa.Connection, record: release.EditionRecord) -> Edition:
    """Return what an edition is called and was made with."""
    return Edition(
        month=record.month,
        number=record.number,
        closing_day=place.settings.closing_day,
        is_made_up=release.counts_made_up(connection, _list_months(connection, record)),
        reason=record.reason,
        is_printed=place.settings.prints,
        versions={
            "code": __version__,
            "contract": place.contract.version,
            "code_lists": place.contract.fingerprint[:16],
            "plan": load_plan().version,
            "weights": load_weights().version,
        },
    )


def _list_months(connection: sa.Connection, record: release.EditionRecord) -> set[str]:
    """Return the months of which an edition counts incidents."""
    return {record.month, *(each.month for each in release.load_basis(connection, record))}


def name_geographies(place: Workplace) -> list[str]:
    """Return the nation and every state, by code."""
    return [NATIONAL, *sorted(place.contract.code_lists["states"].codes)]


def draft_folder(settings: Settings, edition_id: str) -> Path:
    """Return where the draft of an edition lies."""
    return settings.drafts / edition_id


def find_folder(settings: Settings, record: release.EditionRecord) -> Path:
    """Return where the pages of an edition lie: with the drafts, or published."""
    if record.state == "published":
        return settings.published / _name(record).folder
    return draft_folder(settings, record.edition_id)


def _name(record: release.EditionRecord) -> Edition:
    return Edition(record.month, record.number, versions={}, reason=record.reason)


def _published_figures(settings: Settings, edition: Edition) -> Path:
    return settings.published / edition.folder / FILE_NAME
