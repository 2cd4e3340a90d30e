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
from pipeline.report.render import render_geography
from pipeline.settings import Settings, shift_month
from pipeline.store import release
from pipeline.store.database import begin


def list_geographies(settings: Settings, edition_id: str) -> list[str]:
    """Return the geographies that an edition has pages for: the nation and every state, in any case."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        release.load_edition(connection, edition_id)
        return name_geographies(place)


def render_edition(settings: Settings, edition_id: str, geography: str) -> str:
    """Write the page of one geography from the draft's figures and those published before; return the geography."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        record = release.load_edition(connection, edition_id)
        if record.state == "draft":
            edition = describe_edition(place, connection, record)
            before = release.list_published(connection, [shift_month(record.month, -1)])
            render_geography(
                draft_folder(settings, edition_id),
                edition,
                geography,
                place.contract,
                former=_published_figures(settings, edition.corrected) if edition.corrected else None,
                previous=_published_figures(settings, _name(before[-1])) if before else None,
            )
    return geography


def describe_edition(place: Workplace, connection: sa.Connection, record: release.EditionRecord) -> Edition:
    """Return what an edition is called and was made with."""
    return Edition(
        month=record.month,
        number=record.number,
        closing_day=place.settings.closing_day,
        is_made_up=release.counts_made_up(connection, _list_months(connection, record)),
        reason=record.reason,
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


def _name(record: release.EditionRecord) -> Edition:
    return Edition(record.month, record.number, versions={}, reason=record.reason)


def _published_figures(settings: Settings, edition: Edition) -> Path:
    return settings.published / edition.folder / FILE_NAME
