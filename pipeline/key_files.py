"""The keys of months as files: `secrets/months/YYYY-MM.key`, each wrapped by the vault key.

They lie outside the database and outside its backups, so that what is erased here is erased in every backup, too.
"""

import contextlib
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import fasteners

from pipeline.errors import JawabdehiError
from pipeline.files import write_atomically
from pipeline.month_key import MonthKey
from pipeline.sealing import derive_key, open_sealed, seal

_HEAD = b"JWB-month-key-1\n"
_MARK_BYTES = 8
_ENDING = ".key"


class MonthKeyFiles:
    """The month keys of one installation; `vault_keys` are 32 bytes each, the newest last.

    There are two vault keys only while `jawabdehi keys rotate` is at work, or was killed at it.
    """

    def __init__(self, folder: Path, vault_keys: Sequence[bytes]) -> None:
        self.folder = folder
        self._wrapping = {_name_key(key): derive_key(key, "wrap month keys") for key in vault_keys}
        self._newest = _name_key(vault_keys[-1])

    def list_months(self) -> list[str]:
        """Return the months that ever had a key, sorted."""
        return sorted(path.name.removesuffix(_ENDING) for path in self.folder.glob(f"20??-??{_ENDING}"))

    def load(self, month: str) -> MonthKey:
        """Return the key of a month; raise JawabdehiError where it is not there, or wrapped by another vault key."""
        try:
            content = self._path(month).read_bytes()
        except FileNotFoundError:
            raise JawabdehiError(
                f"The key of {month} is gone from secrets/months: put it back from the key safe."
            ) from None
        return self._unwrap(month, content)

    def load_or_make(self, month: str) -> MonthKey:
        """Return the key of a month to seal with; it is made where there is none, and anew where it was destroyed."""
        if self._path(month).exists() and not (key := self.load(month)).is_destroyed:
            return key
        with self._alone():
            if not self._path(month).exists():
                self._write(month, MonthKey.make(1))
            elif (key := self.load(month)).is_destroyed:
                self._write(month, MonthKey.make(key.generation + 1))
            return self.load(month)

    def puncture(self, month: str, spent: Mapping[str, Collection[int] | None]) -> None:
        """Let the keys of rows be gone for ever: slots by return, or all of a return where None stands for them."""
        with self._alone():
            key = self.load(month)
            punctured = key.puncture(spent)
            if punctured.nodes != key.nodes:
                self._write(month, punctured)

    def destroy(self, month: str) -> bool:
        """Let nothing that was sealed under a month's key be opened any more; return whether anything could be."""
        if not self._path(month).exists():
            return False
        with self._alone():
            key = self.load(month)
            if not key.is_destroyed:
                self._write(month, MonthKey(key.generation))
            return not key.is_destroyed

    def put_new(self, month: str, key: MonthKey) -> None:
        """Put a new generation in the place of a month's key, once everything that lives is sealed under it."""
        with self._alone():
            self._write(month, key)

    def rewrap(self) -> int:
        """Wrap every month's key by the newest vault key, and return how many there are."""
        months = self.list_months()
        for month in months:
            with self._alone():
                self._write(month, self.load(month))
        return len(months)

    def _path(self, month: str) -> Path:
        return self.folder / f"{month}{_ENDING}"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off other processes that would change a key; those who read see the old file or the new one."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with fasteners.InterProcessLock(self.folder / ".lock"):
            yield

    def _unwrap(self, month: str, content: bytes) -> MonthKey:
        body = content.removeprefix(_HEAD)
        wrapping = self._wrapping.get(body[:_MARK_BYTES])
        if body == content or wrapping is None:
            raise JawabdehiError(
                f"The key of {month} does not fit the vault key: put both back from the same key safe."
            )
        return MonthKey.from_bytes(open_sealed(wrapping, body[_MARK_BYTES:], month))

    def _write(self, month: str, key: MonthKey) -> None:
        path = self._path(month)
        wrapped = seal(self._wrapping[self._newest], key.to_bytes(), month)
        replace_erased(path, _HEAD + self._newest + wrapped)


def replace_erased(path: Path, content: bytes) -> None:
    """Replace a file of this account alone, and overwrite what it held before on the disk.

    A disk may keep copies all the same (flash, journals): the disk itself should be encrypted.
    """
    before = os.open(path, os.O_WRONLY) if path.exists() else None
    write_atomically(path, content, mode=0o600)
    if before is None:
        return
    with os.fdopen(before, "wb") as old:
        # Where the content is the same, the file was left as it is.
        if not os.path.samestat(os.fstat(old.fileno()), path.stat()):
            old.write(bytes(os.fstat(old.fileno()).st_size))
            old.flush()
            os.fsync(old.fileno())


def _name_key(key: bytes) -> bytes:
    """Return a mark that tells vault keys apart and nothing else about them."""
    return hashlib.sha256(derive_key(key, "name of the key")).digest()[:_MARK_BYTES]
