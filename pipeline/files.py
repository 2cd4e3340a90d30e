"""Files that are either whole or not there."""

import hashlib
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write `content` to `path` so that a reader, or a run after a kill, sees the old file or the new one.

    Parent folders are made. A file that already holds these bytes is left alone, so that a second run changes
    nothing, not even a time stamp.
    """
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    finally:
        # Renamed where all went well, and then not there any more.
        Path(temporary).unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits, read in parts."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
