"""An inbox: `<COLLECTIVE>/YYYY-MM*.{csv,xlsx,json}`, in a folder or in an object store.

The folder says who sent a return, the beginning of the file's name for which month. Names are chosen by
others and may hold anything: they are compared here and never shown or logged.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

EXTENSIONS = frozenset({"csv", "xlsx", "json"})
LARGEST_FILE = 256 * 1024 * 1024
"""Bytes; a larger return is refused before it is read."""

LOOK_AGAIN = "A file in the inbox is still being written or was taken away: run again in a few minutes."
NO_ACCESS = "A part of the inbox cannot be read: give this program's user read access to it and run again."
NO_REMOVAL = "The inbox holds files that are not needed any more: let this program's user delete them."
NOT_THERE = "The inbox folder is not there: make or mount it and run again."

_MONTH = re.compile(r"(20\d\d-(?:0[1-9]|1[0-2]))(?!\d)", re.ASCII)
_UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True)
class Handle:
    """A file that lies in the inbox, not yet read.

    `collective` is None where the folder is nobody's, `month` (`YYYY-MM`) where the name has none, `rejected`
    the rule id where the file is refused unread. `folder` and `name` say where it lies and may hold anything,
    lone surrogates too; `stamp` changes when the file does.
    """

    folder: str
    name: str
    stamp: tuple[str, ...]
    collective: str | None
    month: str | None
    extension: str
    rejected: str | None


class Inbox(Protocol):
    """Where collectives leave their returns."""

    def list_handles(
        self, collectives: Collection[str], *, now: datetime, settle_seconds: float
    ) -> Iterator[Handle]:
        """List the files that are ready, sorted by folder and name.

        Files in the inbox itself, hidden and unfinished files are passed over; so are files changed less than
        `settle_seconds` before `now`, until a later look. Raises RetryableError where the inbox is not there, and
        at the end, after everything else was listed, where a part of it may not be read.
        """
        ...

    def fetch(self, handle: Handle) -> bytes:
        """Read the file behind a handle.

        Raises RetryableError where it changed since it was listed, is gone, or may not be read.
        """
        ...

    def remove(self, handle: Handle) -> None:
        """Remove the file behind a handle, unless it changed since it was listed.

        Raises RetryableError where that is not allowed.
        """
        ...


def open_inbox(address: Path | str) -> Inbox:
    """Return the inbox at a folder, or at any address of fsspec such as `s3://bucket/inbox`."""
    if isinstance(address, Path):
        from pipeline.collect.folder import Folder

        return Folder(address)
    from pipeline.collect.bucket import Bucket

    return Bucket(address)


def is_unfinished(name: str) -> bool:
    """Tell whether a file is hidden, or not yet written to its end."""
    return name.startswith((".", "~$")) or name.casefold().endswith(_UNFINISHED)


def make_handle(
    folder: str,
    name: str,
    stamp: tuple[str, ...],
    collectives: Collection[str],
    *,
    is_plain: bool,
    size: int,
    largest: int = LARGEST_FILE,
) -> Handle:
    """Return the handle of a file, refused where its place, its name or its size breaks a rule."""
    collective = folder if folder in collectives else None
    month = _MONTH.match(name)
    extension = Path(name).suffix.removeprefix(".").casefold()
    return Handle(
        folder=folder,
        name=name,
        stamp=stamp,
        collective=collective,
        month=month[1] if month else None,
        extension=extension if extension in EXTENSIONS else "",
        rejected=_refuse(collective, month is not None, extension, is_plain=is_plain, fits=size <= largest),
    )


def _refuse(
    collective: str | None, has_month: bool, extension: str, *, is_plain: bool, fits: bool
) -> str | None:
    if collective is None:
        return "collective_unknown"
    if not is_plain:
        return "not_a_plain_file"
    if extension not in EXTENSIONS:
        return "extension_unknown"
    if not has_month:
        return "month_missing"
    return None if fits else "file_too_large"
