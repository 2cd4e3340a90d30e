"""The inbox as a folder of this machine. Links are never followed; devices and pipes are passed over."""

import os
import stat
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from pipeline.collect.inbox import (
    LARGEST_FILE,
    LOOK_AGAIN,
    NO_ACCESS,
    NO_REMOVAL,
    NOT_THERE,
    Handle,
    is_unfinished,
    make_handle,
)
from pipeline.errors import RetryableError


class Folder:
    """An inbox that lies in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list_handles(
        self, collectives: Collection[str], *, now: datetime, settle_seconds: float
    ) -> Iterator[Handle]:
        """List the files that are ready; see `Inbox`."""
        barred = False
        for folder in _list_folder(self._path):
            if folder.name.startswith(".") or not folder.is_dir(follow_symlinks=False):
                continue
            try:
                entries = _list_folder(Path(folder.path))
            except RetryableError:
                barred = True
                continue
            for entry in entries:
                handle = _inspect(entry, folder.name, collectives, now.timestamp(), settle_seconds)
                if handle is not None:
                    yield handle
        if barred:
            raise RetryableError(NO_ACCESS)

    def fetch(self, handle: Handle) -> bytes:
        """Read the file behind a handle; see `Inbox`.

        A link put in its place, or in the place of its folder, is not followed.
        """
        try:
            folder = self._open_folder(handle)
            try:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                descriptor = os.open(handle.name, flags, dir_fd=folder)
            finally:
                os.close(folder)
        except PermissionError:
            raise RetryableError(NO_ACCESS) from None
        except OSError:
            raise RetryableError(LOOK_AGAIN) from None
        return _read(descriptor)

    def remove(self, handle: Handle) -> None:
        """Remove the file behind a handle; see `Inbox`."""
        try:
            folder = self._open_folder(handle)
            try:
                if _is_as_listed(os.stat(handle.name, dir_fd=folder, follow_symlinks=False), handle):
                    os.unlink(handle.name, dir_fd=folder)
            finally:
                os.close(folder)
        except FileNotFoundError:
            return
        except OSError:
            raise RetryableError(NO_REMOVAL) from None

    def _open_folder(self, handle: Handle) -> int:
        return os.open(self._path / handle.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _is_as_listed(facts: os.stat_result, handle: Handle) -> bool:
    return (str(facts.st_size), str(facts.st_mtime_ns)) == handle.stamp


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or before.st_size > LARGEST_FILE:
            raise RetryableError(LOOK_AGAIN)
        content = file.read(LARGEST_FILE + 1)
        after = os.fstat(descriptor)
    if (len(content), after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise RetryableError(LOOK_AGAIN)
    return content


def _list_folder(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except FileNotFoundError:
        raise RetryableError(NOT_THERE) from None
    except OSError:
        raise RetryableError(NO_ACCESS) from None


def _inspect(
    entry: os.DirEntry[str], folder: str, collectives: Collection[str], now: float, settle_seconds: float
) -> Handle | None:
    if is_unfinished(entry.name):
        return None
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    is_plain = stat.S_ISREG(facts.st_mode)
    if not (is_plain or stat.S_ISDIR(facts.st_mode) or stat.S_ISLNK(facts.st_mode)):
        return None
    # A time stamp further ahead than that comes from a wrong clock and would keep the file waiting for ever.
    if is_plain and abs(now - facts.st_mtime) < settle_seconds:
        return None
    return make_handle(
        folder,
        entry.name,
        (str(facts.st_size), str(facts.st_mtime_ns)),
        collectives,
        is_plain=is_plain,
        size=facts.st_size,
        largest=LARGEST_FILE,
    )
