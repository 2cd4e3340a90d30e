"""The pages around the editions: index, catalog and feed, made from the manifests found below `published/`.

They are the same bytes for the same editions: no clock, and nothing of an approval but that it is there.
"""

import datetime
import mimetypes
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.contract import NATIONAL, Contract
from pipeline.files import write_atomically
from pipeline.report.corrections import explain_reason, list_changed_places
from pipeline.report.edition import LICENCE, Edition, format_day
from pipeline.report.figures import FILE_NAME, read_figures
from pipeline.report.package import (
    APPROVAL,
    MANIFEST,
    EditionDamagedError,
    check_approval,
    encode_json,
    read_manifest,
)
from pipeline.report.render import PAGE_NAME, copy_style_sheet
from pipeline.report.tables import place_name
from pipeline.templates import fill_template

_FEED_NAMESPACE = uuid.UUID("5f0a3d0e-6d0c-5d0b-9a55-5b7a1f6f2c11")
"""Names of the feed and its entries are UUIDs within this one, so that they hold wherever the site stands."""

_FOLDER = re.compile(r"20\d\d-\d\d/e[1-9]\d*")

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Page:
    """A page of an edition: the place it is about, and its address relative to `published/`."""

    geography: str
    place: str
    href: str


@dataclass(frozen=True)
class Entry:
    """One approved edition as its manifest tells of it; `replaced_by` is the latest edition of its month.

    `corrected` is the edition that this one corrects and `reason` why, in words; `changed` are the pages on which
    figures differ from those of that edition.
    """

    edition: Edition
    announced_for: datetime.datetime
    national: Page
    states: tuple[Page, ...]
    files: Mapping[str, Mapping[str, Any]]
    replaced_by: Edition | None
    corrected: Edition | None
    reason: str
    changed: tuple[Page, ...]

    @property
    def announced_day(self) -> str:
        return format_day(self.announced_for)

    @property
    def urn(self) -> str:
        return uuid.uuid5(_FEED_NAMESPACE, self.edition.edition_id).urn


def write_site(published: Path, contract: Contract) -> None:
    """Write `index.html`, `catalog.json`, `feed.xml` and the style sheet for all approved editions.

    A folder without both manifest and approval is passed over. Raises EditionDamagedError where an approval
    is not for the manifest beside it, or the manifest not for its folder.
    """
    entries = find_editions(published, contract)
    copy_style_sheet(published)
    updated = max((entry.announced_for for entry in entries), default=_EPOCH)
    feed_urn = uuid.uuid5(_FEED_NAMESPACE, "feed").urn
    index = fill_template("index.en.html.j2", entries=entries, figures_file=FILE_NAME, manifest_file=MANIFEST)
    feed = fill_template("feed.xml.j2", entries=entries, updated=updated.isoformat(), urn=feed_urn)
    write_atomically(published / "catalog.json", encode_json(_catalog(entries)))
    write_atomically(published / "feed.xml", feed)
    write_atomically(published / "index.html", index)
    # What a killed run left beside them would make this site differ from an undisturbed one.
    for leftover in (*published.glob(".*.tmp"), *published.glob("static/.*.tmp")):
        leftover.unlink()


def find_editions(published: Path, contract: Contract) -> tuple[Entry, ...]:
    """Return the approved editions below `published/`, the newest month and edition first."""
    manifests = []
    for path in published.glob(f"*/*/{MANIFEST}"):
        address = path.parent.relative_to(published).as_posix()
        if _FOLDER.fullmatch(address) and (path.parent / APPROVAL).is_file():
            check_approval(path.parent)
            manifests.append(_read_at(path.parent, address))
    manifests.sort(key=lambda manifest: (manifest["month"], manifest["number"]), reverse=True)
    editions = [_read_edition(manifest) for manifest in manifests]
    latest = {edition.month: edition for edition in reversed(editions)}
    return tuple(
        _entry(published, manifest, edition, latest[edition.month], contract)
        for manifest, edition in zip(manifests, editions, strict=True)
    )


def _read_at(folder: Path, address: str) -> dict[str, Any]:
    manifest = read_manifest(folder)
    if address != f"{manifest['month']}/e{manifest['number']}":
        raise EditionDamagedError(
            f"The {MANIFEST} in {address} is that of another edition; restore the folder."
        )
    return manifest


def _read_edition(manifest: dict[str, Any]) -> Edition:
    # Manifests from before there were corrections have no such key.
    corrects = manifest.get("corrects") or {}
    return Edition(
        manifest["month"],
        manifest["number"],
        manifest["versions"],
        is_made_up=manifest["made_up"],
        reason=corrects.get("reason"),
    )


def _entry(
    published: Path, manifest: dict[str, Any], edition: Edition, latest: Edition, contract: Contract
) -> Entry:
    pages = _pages(manifest["files"], edition, contract)
    corrected = edition.corrected
    changed = _changed_places(published, edition, corrected) if corrected else []
    return Entry(
        edition=edition,
        announced_for=datetime.datetime.fromisoformat(manifest["announced_for"]),
        national=pages[0],
        states=pages[1:],
        files=manifest["files"],
        replaced_by=None if latest is edition else latest,
        corrected=corrected,
        reason=explain_reason(edition, contract) if corrected else "",
        changed=tuple(page for page in pages if page.geography in changed),
    )


def _changed_places(published: Path, edition: Edition, corrected: Edition) -> list[str]:
    if not (published / corrected.folder).is_dir():
        raise EditionDamagedError(
            f"The edition that {edition.edition_id} corrects is missing; restore its folder from a copy."
        )
    now, before = (read_figures(published / one.folder / FILE_NAME) for one in (edition, corrected))
    return list_changed_places(now, before)


def _pages(files: Mapping[str, object], edition: Edition, contract: Contract) -> tuple[Page, ...]:
    """Return the pages in the order of their codes; that of `IN` comes first."""
    places = re.compile(rf"(IN(?:-[A-Z]{{2}})?)/{re.escape(PAGE_NAME)}")
    geographies = sorted(match[1] for name in files if (match := places.fullmatch(name)))
    return tuple(
        Page(place, place_name(place, contract), f"{edition.folder}/{place}/{PAGE_NAME}")
        for place in geographies or [NATIONAL]
    )


def _catalog(entries: tuple[Entry, ...]) -> dict[str, Any]:
    return {
        "title": "Jawabdehi: monthly accountability reports",
        "description": "Counts of incidents reported to us by survivors' collectives; not prevalence.",
        "language": "en",
        "licence": LICENCE,
        "datasets": [_dataset(entry) for entry in entries],
    }


def _dataset(entry: Entry) -> dict[str, Any]:
    edition = entry.edition
    return {
        "id": edition.edition_id,
        "month": edition.month,
        "number": edition.number,
        "announced_for": entry.announced_for.isoformat(),
        "licence": LICENCE,
        "made_up": edition.is_made_up,
        "corrects": _corrects(entry),
        "replaced_by": entry.replaced_by.edition_id if entry.replaced_by else None,
        "versions": dict(edition.versions),
        "manifest": f"{edition.folder}/{MANIFEST}",
        "files": [
            {"path": f"{edition.folder}/{name}", "media_type": _media_type(name), **facts}
            for name, facts in sorted(entry.files.items())
        ],
    }


def _corrects(entry: Entry) -> dict[str, Any] | None:
    if entry.corrected is None:
        return None
    return {
        "edition": entry.corrected.edition_id,
        "reason": entry.edition.reason,
        "reason_label": entry.reason,
        "changed": [page.geography for page in entry.changed],
    }


def _media_type(name: str) -> str:
    # Without the machine's own list of types, which would make the catalog differ between machines.
    types = mimetypes.MimeTypes(filenames=())
    return types.guess_type(name)[0] or "application/octet-stream"
