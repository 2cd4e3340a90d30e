"""The vault: what is sealed of returns and rows, each under a key of its own month and row.

What was erased does not open, here or in any copy of the database; that is no error, and None stands for it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from pipeline.errors import JawabdehiError
from pipeline.key_files import MonthKeyFiles
from pipeline.month_key import MonthKey
from pipeline.sealing import derive_key, open_sealed, seal

LANDED = -1
"""Stands for the bytes of a whole return where rows have their numbers."""

SEALING = "sealing"
"""Lock that is shared by transactions that seal, and held alone where everything is sealed anew."""

_GENERATION_BYTES = 2
_BEFORE_MONTH_KEYS = 0
"""Generation of what was sealed before months had keys."""

_DIGEST_CHARACTERS = 16
_MONTH_CHARACTERS = 7


def month_of(return_id: str) -> str:
    """Return the month `YYYY-MM` that stands in the id of a return, before its digest."""
    return return_id[-_DIGEST_CHARACTERS - 1 - _MONTH_CHARACTERS : -_DIGEST_CHARACTERS - 1]


class Vault:
    """Seals and opens what returns say; `first_key` is the one key of what was sealed before months had keys.

    A vault keeps the keys of months at hand as long as it lives, that is, for one job.
    """

    def __init__(self, files: MonthKeyFiles, first_key: bytes) -> None:
        self.files = files
        self._first_key = derive_key(first_key, "seal")
        self._keys: dict[str, MonthKey] = {}

    def seal_landed(self, return_id: str, content: bytes) -> bytes:
        """Seal the bytes of a whole return."""
        return self._seal(return_id, [LANDED], [content])[0]

    def open_landed(self, return_id: str, sealed: bytes) -> bytes | None:
        """Return the bytes of a whole return; None where they are erased."""
        return self._open(return_id, [LANDED], [sealed])[0]

    def seal_rows(self, return_id: str, rows: Sequence[int], contents: Iterable[str]) -> list[bytes]:
        """Seal what rows of one return say."""
        return self._seal(return_id, rows, [content.encode() for content in contents])

    def open_rows(
        self, return_ids: Iterable[str], rows: Iterable[int], sealed: Iterable[bytes | None]
    ) -> list[str | None]:
        """Return what rows of many returns say, in the given order; None where it is erased or was never there.

        Raises JawabdehiError where a key is missing, or is not the one that a row was sealed with.
        """
        contents = list(sealed)
        told: list[str | None] = [None] * len(contents)
        asked: dict[str, list[tuple[int, int, bytes]]] = {}
        for place, (return_id, row, content) in enumerate(zip(return_ids, rows, contents, strict=True)):
            if content is not None:
                asked.setdefault(return_id, []).append((place, row, content))
        for return_id, parts in asked.items():
            opened = self._open(return_id, [row for _, row, _ in parts], [content for _, _, content in parts])
            for (place, _, _), content in zip(parts, opened, strict=True):
                told[place] = None if content is None else content.decode()
        return told

    def erase(self, spent: Mapping[str, Collection[int] | None]) -> None:
        """Let rows of returns never be opened again; None stands for all of a return."""
        by_month: dict[str, dict[str, Collection[int] | None]] = {}
        for return_id, rows in spent.items():
            slots = None if rows is None else [row + 1 for row in rows]
            by_month.setdefault(month_of(return_id), {})[return_id] = slots
        for month, returns in sorted(by_month.items()):
            self.files.puncture(month, returns)
            self._keys.pop(month, None)

    def _find_key(self, month: str, generation: int) -> MonthKey:
        """Return the key of a month, which has to be of this generation at least."""
        key = self._keys.get(month) or self.files.load(month)
        if key.generation < generation:
            key = self.files.finish_next(month, generation)
        self._keys[month] = key
        return key

    def _seal(self, return_id: str, rows: Sequence[int], contents: Sequence[bytes]) -> list[bytes]:
        month = month_of(return_id)
        key = self._keys[month] = self.files.load_or_make(month)
        return seal_under(key, return_id, rows, contents)

    def _open(self, return_id: str, rows: Sequence[int], sealed: Sequence[bytes]) -> list[bytes | None]:
        month = month_of(return_id)
        generations = [int.from_bytes(each[:_GENERATION_BYTES], "big") for each in sealed]
        keys: list[bytes | None] = [self._first_key] * len(rows)
        if any(generations):
            key = self._find_key(month, max(generations))
            derived = key.derive(return_id, [row + 1 for row in rows])
            keys = [
                _choose(each, key, own, self._first_key)
                for each, own in zip(generations, derived, strict=True)
            ]
        return [
            None if key is None else open_sealed(key, each[_GENERATION_BYTES:], _context(return_id, row))
            for key, row, each in zip(keys, rows, sealed, strict=True)
        ]


def seal_under(key: MonthKey, return_id: str, rows: Sequence[int], contents: Sequence[bytes]) -> list[bytes]:
    """Seal contents of one return under a month's key; raise JawabdehiError where a row was erased before."""
    generation = key.generation.to_bytes(_GENERATION_BYTES, "big")
    sealed = []
    for own, row, content in zip(
        key.derive(return_id, [row + 1 for row in rows]), rows, contents, strict=True
    ):
        if own is None:
            raise JawabdehiError(
                "This return was erased before: let its collective send it under another name."
            )
        sealed.append(generation + seal(own, content, _context(return_id, row)))
    return sealed


def _choose(generation: int, key: MonthKey, own: bytes | None, first: bytes) -> bytes | None:
    if generation == _BEFORE_MONTH_KEYS:
        return first
    return own if generation == key.generation else None


def _context(return_id: str, row: int) -> str:
    """Return what is authenticated with content: what was sealed for one row does not open for another."""
    return return_id if row == LANDED else f"{return_id}/{row}"
