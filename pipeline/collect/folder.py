"""The folder source: `inbox/<COLLECTIVE>/YYYY-MM*.{csv,xlsx,json}`.

The folder says who sent a return, the beginning of the file's name for which month. Names are chosen by
others and may hold anything: they are compared here and never shown or logged. Links are never followed.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import RetryableError

EXTENSIONS = frozenset({"csv", "xlsx", "json"})
LARGEST_FILE = 256 * 1024 * 1024
"""Bytes; a larger return is refused before it is read."""

_MONTH = re.compile(r"(20\d\d-(?:0[1-9]|1[0-2]))(?!\d)", re.ASCII)
_UNFINISHED = (".tmp", ".part")
_LOOK_AGAIN = "A file in the inbox is still being written or was taken away: run again in a few minutes."
_NO_ACCESS = "A part of the inbox cannot be read: give this program's user read access to it and run again."


@dataclass(frozen=True)
class Handle:
    """A file that lies in the inbox, not yet read.

    `collective` is None where the folder is nobody's, `month` (`YYYY-MM`) where the name has none, `rejected`
    the rule id where the file is refused unread. `name` may hold anything, lone surrogates too.
    """

    path: Path
    collective: str | None
    month: str | None
    name: str
    extension: str
    rejected: str | None


@dataclass(frozen=True)
class Delivery:
    """One return as it came; `content` is empty where `rejected` names the rule it was refused by unread."""

    collective: str | None
    month: str | None
    name: str
    extension: str
    content: bytes
    rejected: str | None


def list_deliveries(
    inbox: Path, collectives: Collection[str], *, now: datetime, settle_seconds: float
) -> Iterator[Handle]:
    """List the files of the inbox that are ready, sorted by path.

    Files in the inbox itself, hidden and unfinished files, devices and pipes are passed over; so are files
    changed less than `settle_seconds` before `now`, until a later look. Raises RetryableError where the inbox
    is not there, and at the end, after everything else was listed, where a part of it may not be read.
    """
    barred = False
    for folder in _list_folder(inbox):
        if folder.name.startswith(".") or not folder.is_dir(follow_symlinks=False):
            continue
        collective = folder.name if folder.name in collectives else None
        try:
            entries = _list_folder(Path(folder.path))
        except RetryableError:
            barred = True
            continue
        for entry in entries:
            handle = _inspect(entry, collective, now, settle_seconds)
            if handle is not None:
                yield handle
    if barred:
        raise RetryableError(_NO_ACCESS)


def fetch(handle: Handle) -> bytes:
    """Read the file behind a handle.

    Raises RetryableError where it changed since it was listed, is gone, or may not be read. A link put in its
    place, or in the place of its folder, is not followed.
    """
    try:
        folder = os.open(handle.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(handle.path.name, flags, dir_fd=folder)
        finally:
            os.close(folder)
    except PermissionError:
        raise RetryableError(_NO_ACCESS) from None
    except OSError:
        raise RetryableError(_LOOK_AGAIN) from None
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or before.st_size > LARGEST_FILE:
            raise RetryableError(_LOOK_AGAIN)
        content = file.read(LARGEST_FILE + 1)
        after = os.fstat(descriptor)
    if (len(content), after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise RetryableError(_LOOK_AGAIN)
    return content


def deliver(handle: Handle) -> Delivery:
    """Turn a handle into a delivery, reading the file unless it is refused; raises as `fetch` does."""
    content = b"" if handle.rejected else fetch(handle)
    return Delivery(handle.collective, handle.month, handle.name, handle.extension, content, handle.rejected)


def _list_folder(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except FileNotFoundError:
        raise RetryableError("The inbox folder is not there: make or mount it and run again.") from None
    except OSError:
        raise RetryableError(_NO_ACCESS) from None


def _inspect(
    entry: os.DirEntry[str], collective: str | None, now: datetime, settle_seconds: float
) -> Handle | None:
    name = entry.name
    if name.startswith((".", "~$")) or name.casefold().endswith(_UNFINISHED):
        return None
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode) or stat.S_ISLNK(facts.st_mode)):
        return None
    # A time stamp further ahead than that comes from a wrong clock and would keep the file waiting for ever.
    if stat.S_ISREG(facts.st_mode) and abs(now.timestamp() - facts.st_mtime) < settle_seconds:
        return None
    month = _MONTH.match(name)
    extension = Path(name).suffix.removeprefix(".").casefold()
    return Handle(
        path=Path(entry.path),
        collective=collective,
        month=month[1] if month else None,
        name=name,
        extension=extension if extension in EXTENSIONS else "",
        rejected=_refuse(facts, collective, month is not None, extension),
    )


def _refuse(facts: os.stat_result, collective: str | None, has_month: bool, extension: str) -> str | None:
    if collective is None:
        return "collective_unknown"
    if not stat.S_ISREG(facts.st_mode):
        return "not_a_plain_file"
    if extension not in EXTENSIONS:
        return "extension_unknown"
    if not has_month:
        return "month_missing"
    return "file_too_large" if facts.st_size > LARGEST_FILE else None
