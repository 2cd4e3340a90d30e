"""The pages around the editions: start pages, a page for each place, catalog and feed.

They are the same bytes for the same editions: no clock, and nothing of an approval but that it is there.
"""

import datetime
import functools
import mimetypes
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.contract import Contract
from pipeline.files import write_atomically
from pipeline.language import (
    ENGLISH,
    Language,
    languages_of,
    list_languages,
    load_language,
)
from pipeline.report.addresses import choose_language, place_file, start_name
from pipeline.report.comparison import COMPARED_MONTHS, compare_months
from pipeline.report.corrections import explain_reason
from pipeline.report.edition import LICENCE, Edition
from pipeline.report.figures import Figures
from pipeline.report.package import MANIFEST, encode_json
from pipeline.report.published import Entry, find_entries, list_geographies, read_newest
from pipeline.report.render import copy_static
from pipeline.report.tables import place_name
from pipeline.templates import fill_template

_FEED_NAMESPACE = uuid.UUID("5f0a3d0e-6d0c-5d0b-9a55-5b7a1f6f2c11")
"""Names of the feed and its entries are UUIDs within this one, so that they hold wherever the site stands."""

_MORE_TYPES = {
    ".bib": "application/x-bibtex",
    ".ris": "application/x-research-info-systems",
    ".woff2": "font/woff2",
}

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Guide:
    """Words about editions for the templates of the site, in one language."""

    def __init__(self, contract: Contract, language: Language, entries: Sequence[Entry]) -> None:
        self.language = language
        self.entries = entries
        self._contract = contract

    def say_month(self, edition: Edition) -> str:
        return self.language.say_period(edition.month)

    def say_day(self, moment: datetime.datetime) -> str:
        return self.language.say_day(moment)

    def say_reason(self, edition: Edition) -> str:
        return explain_reason(edition, self._contract, self.language)

    def name_place(self, geography: str) -> str:
        return place_name(geography, self._contract, self.language)

    def name_urn(self, edition: Edition) -> str:
        return uuid.uuid5(_FEED_NAMESPACE, edition.edition_id).urn

    def find_page(self, entry: Entry, geography: str) -> str:
        return entry.find_page(geography, self.language.code)

    def find_place(self, geography: str) -> str:
        """Return the page of a place, in this language where it is there."""
        return place_file(geography, choose_language(self.language, geography, self._contract))

    def list_corrections(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.edition.corrected)


def write_site(published: Path, contract: Contract) -> None:
    """Write start pages, pages of places, `catalog.json`, `feed.xml` and what they load, for all approved editions.

    A folder without both manifest and approval is passed over. Raises EditionDamagedError where an approval
    is not for the manifest beside it, or the manifest not for its folder.
    """
    entries = find_entries(published)
    places = list_geographies(entries)
    copy_static(published)
    newest = read_newest(published, entries, most=COMPARED_MONTHS)
    for place in places:
        _write_place(published, contract, place, newest)
    write_atomically(published / "catalog.json", encode_json(_catalog(entries, contract)))
    write_atomically(published / "feed.xml", _fill_feed(entries, contract))
    for code in list_languages():
        write_atomically(published / start_name(code), _fill_start(entries, contract, places, code))
    # What a killed run left beside them would make this site differ from an undisturbed one.
    for folder in (".", "static", "static/fonts", "places"):
        for leftover in published.glob(f"{folder}/.*.tmp"):
            leftover.unlink()


def _write_place(
    published: Path,
    contract: Contract,
    geography: str,
    newest: Sequence[tuple[Entry, Figures]],
) -> None:
    spoken = [load_language(code) for code in languages_of(geography, contract)]
    for language in spoken:
        content = fill_template(
            "place.html.j2",
            language,
            place=compare_months(newest, contract, language, geography),
            languages=[(other, Path(place_file(geography, other.code)).name) for other in spoken],
            start=f"../{start_name(language.code)}",
            static="../static/",
        )
        write_atomically(published / place_file(geography, language.code), content)


def _fill_start(entries: Sequence[Entry], contract: Contract, places: Sequence[str], code: str) -> bytes:
    language = load_language(code)
    return fill_template(
        "index.html.j2",
        language,
        guide=Guide(contract, language, entries),
        places=places,
        languages=[(load_language(other), start_name(other)) for other in list_languages()],
        static="static/",
    )


def _fill_feed(entries: Sequence[Entry], contract: Contract) -> bytes:
    return fill_template(
        "feed.xml.j2",
        guide=Guide(contract, load_language(ENGLISH), entries),
        updated=max((entry.announced_for for entry in entries), default=_EPOCH).isoformat(),
        urn=uuid.uuid5(_FEED_NAMESPACE, "feed").urn,
    )


def _catalog(entries: Sequence[Entry], contract: Contract) -> dict[str, Any]:
    return {
        "title": "Jawabdehi: monthly accountability reports",
        "description": "Counts of incidents reported to us by survivors' collectives; not prevalence.",
        "language": ENGLISH,
        "licence": LICENCE,
        "datasets": [_dataset(entry, contract) for entry in entries],
    }


def _dataset(entry: Entry, contract: Contract) -> dict[str, Any]:
    edition = entry.edition
    return {
        "id": edition.edition_id,
        "month": edition.month,
        "number": edition.number,
        "announced_for": entry.announced_for.isoformat(),
        "licence": LICENCE,
        "made_up": edition.is_made_up,
        "corrects": _corrects(entry, contract),
        "replaced_by": entry.replaced_by.edition_id if entry.replaced_by else None,
        "versions": dict(edition.versions),
        "manifest": f"{edition.folder}/{MANIFEST}",
        "files": [
            {"path": f"{edition.folder}/{name}", "media_type": _media_type(name), **facts}
            for name, facts in sorted(entry.files.items())
        ],
    }


def _corrects(entry: Entry, contract: Contract) -> dict[str, Any] | None:
    if entry.edition.corrected is None:
        return None
    return {
        "edition": entry.edition.corrected.edition_id,
        "reason": entry.edition.reason,
        "reason_label": explain_reason(entry.edition, contract, load_language(ENGLISH)),
        "changed": list(entry.changed),
    }


def _media_type(name: str) -> str:
    return _load_types().guess_type(name)[0] or "application/octet-stream"


@functools.cache
def _load_types() -> mimetypes.MimeTypes:
    # Without the machine's own list of types, which would make the catalog differ between machines.
    types = mimetypes.MimeTypes(filenames=())
    for suffix, media_type in _MORE_TYPES.items():
        types.add_type(media_type, suffix)
    return types
