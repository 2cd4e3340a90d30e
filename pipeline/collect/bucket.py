"""The inbox in an object store or on another machine: any address of fsspec.

Which store speaks which address, and where it takes its credentials from, is fsspec's business: its variables
`FSSPEC_<PROTOCOL>_<OPTION>` and those of the store itself. What it says when something fails may hold names of
files and is not repeated.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import fsspec

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
from pipeline.errors import RetryableError, UsageError

_CHANGED = ("LastModified", "mtime", "modified", "updated", "last_modified", "created")
"""What stores call the time of the last change."""

_MARKS = ("ETag", "etag", "md5Hash", "generation", *_CHANGED)
"""What tells one content of an object from another."""

_Facts = Mapping[str, Any]


class Bucket:
    """An inbox behind an address of fsspec.

    Raises UsageError where the address names a store that is not installed or not known.
    """

    def __init__(self, address: str) -> None:
        try:
            # What is listed must be what is there now.
            self._store, self._root = fsspec.core.url_to_fs(
                address, use_listings_cache=False, skip_instance_cache=not address.startswith("memory:")
            )
        except ImportError:
            raise UsageError(
                "The store of the inbox is not installed: install jawabdehi with its extra (s3, gs or sftp)."
            ) from None
        except ValueError:
            raise UsageError(
                "Set JAWABDEHI_INBOX to a folder or to an address such as s3://bucket/inbox."
            ) from None
        self._root = self._root.rstrip("/")

    def list_handles(
        self, collectives: Collection[str], *, now: datetime, settle_seconds: float
    ) -> Iterator[Handle]:
        """List the files that are ready; see `Inbox`."""
        barred = False
        for folder, facts in self._list(self._root):
            if folder.startswith(".") or facts["type"] != "directory":
                continue
            try:
                entries = self._list(f"{self._root}/{folder}")
            except RetryableError:
                barred = True
                continue
            for name, each in entries:
                if not is_unfinished(name) and not _is_fresh(each, now, settle_seconds):
                    yield _make_handle(folder, name, each, collectives)
        if barred:
            raise RetryableError(NO_ACCESS)

    def fetch(self, handle: Handle) -> bytes:
        """Read the file behind a handle; see `Inbox`."""
        path = f"{self._root}/{handle.folder}/{handle.name}"
        try:
            before = self._store.info(path)
            with self._store.open(path, "rb") as file:
                content = file.read(LARGEST_FILE + 1)
            after = self._store.info(path)
        except PermissionError:
            raise RetryableError(NO_ACCESS) from None
        except Exception:  # noqa: BLE001 (every store raises errors of its own, which quote names)
            raise RetryableError(LOOK_AGAIN) from None
        if _stamp(before) != _stamp(after) or len(content) != int(before["size"] or 0):
            raise RetryableError(LOOK_AGAIN)
        return bytes(content)

    def remove(self, handle: Handle) -> None:
        """Remove the file behind a handle; see `Inbox`."""
        path = f"{self._root}/{handle.folder}/{handle.name}"
        try:
            if _stamp(self._store.info(path)) == handle.stamp:
                self._store.rm_file(path)
        except FileNotFoundError:
            return
        except Exception:  # noqa: BLE001 (every store raises errors of its own, which quote names)
            raise RetryableError(NO_REMOVAL) from None

    def _list(self, path: str) -> list[tuple[str, _Facts]]:
        """Return names and facts of what lies at `path`, sorted by name."""
        try:
            self._store.invalidate_cache()
            found = self._store.ls(path, detail=True)
        except FileNotFoundError:
            raise RetryableError(NOT_THERE) from None
        except Exception:  # noqa: BLE001 (every store raises errors of its own, which quote names)
            raise RetryableError(NO_ACCESS) from None
        # Some stores list a folder within itself.
        named = [(str(facts["name"]).rstrip("/"), facts) for facts in found]
        inside = [(name.rpartition("/")[2], facts) for name, facts in named if name != path.rstrip("/")]
        return sorted(inside, key=lambda entry: entry[0])


def _make_handle(folder: str, name: str, facts: _Facts, collectives: Collection[str]) -> Handle:
    return make_handle(
        folder,
        name,
        _stamp(facts),
        collectives,
        is_plain=facts["type"] == "file" and not facts.get("islink", False),
        size=int(facts["size"] or 0),
        largest=LARGEST_FILE,
    )


def _stamp(facts: _Facts) -> tuple[str, ...]:
    return (str(facts["size"]), *(str(facts[mark]) for mark in _MARKS if facts.get(mark) is not None))


def _is_fresh(facts: _Facts, now: datetime, settle_seconds: float) -> bool:
    """Tell whether a file changed just now; stores that keep no time write an object whole or not at all."""
    if facts["type"] != "file":
        return False
    changed = next((facts[mark] for mark in _CHANGED if facts.get(mark) is not None), None)
    if isinstance(changed, datetime):
        changed = changed.timestamp() if changed.tzinfo else changed.replace(tzinfo=now.tzinfo).timestamp()
    return isinstance(changed, int | float) and abs(now.timestamp() - changed) < settle_seconds
