"""The keys of months as files: `secrets/months/YYYY-MM.key`, each wrapped by the vault key.

They lie outside the database and outside its backups, so that what is erased here is erased in every backup, too.
"""

import contextlib
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import fasteners

from pipeline.errors import JawabdehiError
from pipeline.files import replace_erased
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
            for path in self._list_files(month):
                key = self._unwrap(month, path.read_bytes())
                punctured = key.puncture(spent)
                if punctured.nodes != key.nodes:
                    self._write_to(path, month, punctured)

    def destroy(self, month: str) -> bool:
        """Let nothing that was sealed under a month's key be opened any more; return whether anything could be."""
        with self._alone():
            keys = {path: self._unwrap(month, path.read_bytes()) for path in self._list_files(month)}
            living = {path: key for path, key in keys.items() if not key.is_destroyed}
            for path, key in living.items():
                self._write_to(path, month, MonthKey(key.generation))
        return bool(living)

    def begin_next(self, month: str) -> MonthKey:
        """Make the key of a month's next generation and keep it beside the present one; return it.

        It takes the present one's place in `finish_next`, or as soon as something sealed under it is met: whoever
        seals everything anew may be killed before or after the database has it.
        """
        with self._alone():
            present = self.load(month).generation if self._path(month).exists() else 0
            following = MonthKey.make(present + 1)
            self._write_to(self._next_path(month), month, following)
            return following

    def finish_next(self, month: str, generation: int) -> MonthKey:
        """Let the next generation take the place of the present one; return what is in place then.

        Raises JawabdehiError where neither is of that generation.
        """
        with self._alone():
            path = self._next_path(month)
            if path.exists() and (key := self._unwrap(month, path.read_bytes())).generation == generation:
                self._write(month, key)
                replace_erased(path, b"")
                path.unlink()
            key = self.load(month)
            if key.generation < generation:
                raise JawabdehiError(f"The key of {month} is an old one: put back the newest key safe.")
            return key

    def rewrap(self) -> int:
        """Wrap every month's key by the newest vault key, and return how many there are."""
        months = self.list_months()
        for month in months:
            with self._alone():
                for path in self._list_files(month):
                    self._write_to(path, month, self._unwrap(month, path.read_bytes()))
        return len(months)

    def _path(self, month: str) -> Path:
        return self.folder / f"{month}{_ENDING}"

    def _list_files(self, month: str) -> list[Path]:
        return [path for path in (self._path(month), self._next_path(month)) if path.exists()]

    def _next_path(self, month: str) -> Path:
        return self.folder / f"{month}{_ENDING}.next"

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
        self._write_to(self._path(month), month, key)

    def _write_to(self, path: Path, month: str, key: MonthKey) -> None:
        wrapped = seal(self._wrapping[self._newest], key.to_bytes(), month)
        replace_erased(path, _HEAD + self._newest + wrapped)


def _name_key(key: bytes) -> bytes:
    """Return a mark that tells vault keys apart and nothing else about them."""
    return hashlib.sha256(derive_key(key, "name of the key")).digest()[:_MARK_BYTES]
