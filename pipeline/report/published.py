"""The approved editions as their manifests tell of them: what there is to be found on the site."""

import datetime
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.contract import NATIONAL
from pipeline.language import ENGLISH
from pipeline.report.corrections import list_changed_places
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME, Figures, read_figures
from pipeline.report.package import (
    APPROVAL,
    MANIFEST,
    EditionDamagedError,
    check_approval,
    read_manifest,
)

_FOLDER = re.compile(r"20\d\d-\d\d/e[1-9]\d*")
_PAGE = re.compile(r"(IN(?:-[A-Z]{2})?)/(report|memorandum)\.([a-z]{2})\.(html|pdf)")


@dataclass(frozen=True)
class Entry:
    """One approved edition; `replaced_by` is the latest edition of its month.

    `changed` are the geographies of which figures differ from those of the edition that this one corrects.
    """

    edition: Edition
    announced_for: datetime.datetime
    files: Mapping[str, Mapping[str, Any]]
    replaced_by: Edition | None
    changed: tuple[str, ...]

    @functools.cached_property
    def _pages(self) -> Mapping[tuple[str, str, str], Sequence[str]]:
        """Languages by geography, page and kind of file."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for name in sorted(self.files):
            if match := _PAGE.fullmatch(name):
                geography, page, language, kind = match.groups()
                found.setdefault((geography, page, kind), []).append(language)
        return found

    @property
    def geographies(self) -> list[str]:
        """The geographies that have a report, the nation first."""
        return sorted(
            {geography for geography, page, kind in self._pages if (page, kind) == ("report", "html")}
        )

    def find_page(self, geography: str, language: str, page: str = "report", kind: str = "html") -> str:
        """Return the address of a page below `published/`, in English if not in `language`, or blank."""
        spoken = self._pages.get((geography, page, kind), ())
        chosen = language if language in spoken else ENGLISH
        return f"{self.edition.folder}/{geography}/{page}.{chosen}.{kind}" if chosen in spoken else ""


def find_entries(published: Path) -> tuple[Entry, ...]:
    """Return the approved editions below `published/`, the newest month and edition first.

    A folder without both manifest and approval is passed over. Raises EditionDamagedError where an approval is not
    for the manifest beside it, or the manifest not for its folder.
    """
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
        Entry(
            edition=edition,
            announced_for=datetime.datetime.fromisoformat(manifest["announced_for"]),
            files=manifest["files"],
            replaced_by=None if latest[edition.month] is edition else latest[edition.month],
            changed=tuple(_changed_places(published, edition)),
        )
        for manifest, edition in zip(manifests, editions, strict=True)
    )


def read_newest(published: Path, entries: Sequence[Entry], *, most: int) -> list[tuple[Entry, Figures]]:
    """Return the newest editions of at most so many months with their figures, the newest month first."""
    newest = [entry for entry in entries if entry.replaced_by is None][:most]
    return [(entry, read_figures(published / entry.edition.folder / FILE_NAME)) for entry in newest]


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


def _changed_places(published: Path, edition: Edition) -> list[str]:
    corrected = edition.corrected
    if corrected is None:
        return []
    if not (published / corrected.folder).is_dir():
        raise EditionDamagedError(
            f"The edition that {edition.edition_id} corrects is missing; restore its folder from a copy."
        )
    now, before = (read_figures(published / one.folder / FILE_NAME) for one in (edition, corrected))
    return list_changed_places(now, before)


def list_geographies(entries: Sequence[Entry]) -> list[str]:
    """Return the geographies that any edition has a report for, the nation first."""
    found = {geography for entry in entries for geography in entry.geographies}
    return sorted(found | {NATIONAL})
