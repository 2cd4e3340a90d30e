"""The manifest of an edition: what belongs to it, byte for byte, and whether a folder still holds that."""

import json
from pathlib import Path
from typing import Any

from pipeline.errors import JawabdehiError, UsageError
from pipeline.files import sha256_of, write_atomically
from pipeline.report.edition import LICENCE, Edition

MANIFEST = "manifest.json"
APPROVAL = "approval.json"
"""Who approved the edition and when: the only file with a name and a time, so not in the manifest."""


class EditionDamagedError(JawabdehiError):
    """The files of an edition are not those that its manifest names."""


def write_manifest(draft: Path, edition: Edition) -> Path:
    """Write `manifest.json` over all files of a draft and return its path.

    What a killed run left under a temporary name is removed first: it is no part of the edition. Raises
    EditionDamagedError where the draft holds a symbolic link, UsageError where a corrected edition has no reason.
    """
    corrected = edition.corrected
    if corrected and not edition.reason:
        raise UsageError("Say why the edition before is corrected.")
    remove_leftovers(draft)
    manifest = {
        "edition": edition.edition_id,
        "month": edition.month,
        "number": edition.number,
        "announced_for": edition.announced_for.isoformat(),
        "licence": LICENCE,
        "corrects": {"edition": corrected.edition_id, "reason": edition.reason} if corrected else None,
        "made_up": edition.is_made_up,
        "versions": dict(edition.versions),
        "files": {
            name: {"sha256": sha256_of(path), "bytes": path.stat().st_size}
            for name, path in _list_files(draft).items()
        },
    }
    path = draft / MANIFEST
    write_atomically(path, encode_json(manifest))
    return path


def remove_leftovers(folder: Path) -> None:
    """Remove the files that a killed run left under a temporary name; nobody else may be writing there."""
    for leftover in folder.rglob(".*.tmp"):
        leftover.unlink()


def check_manifest(folder: Path) -> None:
    """Raise EditionDamagedError where a file of the edition is missing, changed, or not in the manifest."""
    expected: dict[str, dict[str, Any]] = read_manifest(folder)["files"]
    found = _list_files(folder)
    for problem, names in (
        ("lacks", sorted(set(expected) - set(found))),
        ("also holds", sorted(set(found) - set(expected))),
        ("has changed in", [name for name in sorted(set(found) & set(expected))
                            if sha256_of(found[name]) != expected[name]["sha256"]]),
    ):  # fmt: skip
        if names:
            raise EditionDamagedError(
                f"The edition {problem} {len(names)} file(s) against its manifest, the first of them "
                f"{names[0]!a}; restore the folder from a copy or make the draft again."
            )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an edition's folder; raise EditionDamagedError where it cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        complete = {"edition", "month", "number", "announced_for", "licence", "versions", "files"} <= set(
            manifest
        )
    except (OSError, ValueError, TypeError):
        complete = False
    if not complete:
        raise EditionDamagedError(f"The edition has no usable {MANIFEST}; make the draft again.")
    return dict(manifest)


def check_approval(folder: Path) -> None:
    """Raise EditionDamagedError where `approval.json` does not approve just this manifest."""
    try:
        approved = json.loads((folder / APPROVAL).read_bytes())["manifest_sha256"]
    except (OSError, ValueError, TypeError, KeyError):
        approved = None
    if approved != sha256_of(folder / MANIFEST):
        raise EditionDamagedError(
            f"The {APPROVAL} of an edition is not for its {MANIFEST}; restore the folder from a copy."
        )


def encode_json(content: dict[str, Any]) -> bytes:
    """Write JSON in the one form of published files: sorted keys, 2-space indentation, UTF-8, LF."""
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _list_files(folder: Path) -> dict[str, Path]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise EditionDamagedError("The edition holds a symbolic link; put the file itself in its place.")
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in {MANIFEST, APPROVAL}:
            files[name] = path
    return files
