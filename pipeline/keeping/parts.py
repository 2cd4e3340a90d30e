"""The parts of a backup: streams that are encrypted on their way to the disk (age, X25519 and ChaCha20-Poly1305).

The format is that of https://age-encryption.org/v1, so that any program that speaks it opens a backup, too.
"""

import contextlib
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pyrage
from pyrage import x25519

from pipeline.errors import JawabdehiError, UsageError
from pipeline.files import sha256_of

ENDING = ".age"
CHECKSUMS = "SHA256SUMS"
_NAME = "%Y-%m-%dT%H%M%SZ"


def name_backup(moment: datetime) -> str:
    """Return the name of the folder of a backup that was begun at a moment in UTC."""
    return moment.strftime(_NAME)


def when_made(folder: Path) -> datetime:
    """Return when a backup was begun; raise ValueError where the folder is none."""
    return datetime.strptime(folder.name, _NAME).replace(tzinfo=UTC)


def list_backups(out: Path) -> list[Path]:
    """Return the folders of whole backups in `out`, the oldest first."""
    found = []
    for path in sorted(out.iterdir()):
        with contextlib.suppress(ValueError):
            when_made(path)
            if (path / CHECKSUMS).is_file():
                found.append(path)
    return found


def write_part(source: IO[bytes], path: Path, recipient: x25519.Recipient) -> None:
    """Encrypt all of a stream into a file, for this account alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        pyrage.encrypt_io(source, file, [recipient])
        file.flush()
        os.fsync(file.fileno())


def read_part(path: Path, target: IO[bytes], identity: x25519.Identity) -> None:
    """Decrypt a file into a stream; raise UsageError where another key opens it, or it is not whole."""
    try:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, target, [identity])
    except FileNotFoundError:
        raise UsageError("A part of this backup is missing: give the folder of a whole backup.") from None
    except pyrage.DecryptError:
        raise UsageError(
            "Another key closed this backup, or it is damaged: try another safe or backup."
        ) from None


def write_checksums(folder: Path) -> None:
    """Note the SHA-256 of every part, so that a damaged copy is found without any key (`sha256sum --check`)."""
    lines = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(folder.glob(f"*{ENDING}"))]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="ascii")


def check_parts(folder: Path) -> None:
    """Raise UsageError where a part is missing or is not what was written."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        raise UsageError("This is no folder of a backup: choose one that jawabdehi backup made.") from None
    for line in lines:
        expected, _, name = line.partition("  ")
        path = folder / Path(name).name
        if not path.is_file() or sha256_of(path) != expected:
            raise UsageError(
                "A part of this backup is missing or damaged: take another backup or another copy."
            )


@contextlib.contextmanager
def pack(home: Path, names: Iterable[str]) -> Iterator[tuple[IO[bytes], dict[str, str]]]:
    """Yield a stream of a tar of folders of the home, and the SHA-256 by name, complete once the stream is read.

    A file that is taken away meanwhile is left out; files are written whole or not at all, so none is half.
    """
    sums: dict[str, str] = {}
    failures: list[BaseException] = []
    reading, writing = os.pipe()

    def feed() -> None:
        try:
            with os.fdopen(writing, "wb") as pipe, tarfile.open(mode="w|", fileobj=pipe) as archive:
                for name in names:
                    _add_folder(archive, home, name, sums)
        except BaseException as error:  # noqa: BLE001 (raised again where the stream is read)
            failures.append(error)

    feeder = threading.Thread(target=feed, name="pack files")
    feeder.start()
    try:
        with os.fdopen(reading, "rb") as stream:
            yield stream, sums
    finally:
        feeder.join()
    if failures:
        raise failures[0]


def unpack(archive: Path, home: Path) -> None:
    """Unpack a tar of folders into the home; nothing in it may lead out of it."""
    with tarfile.open(archive) as files:
        files.extractall(home, filter="data")


def check_files(home: Path, sums: dict[str, str]) -> None:
    """Raise JawabdehiError where a file is not there or is not what it was."""
    for name, expected in sums.items():
        path = home / name
        if not path.is_file() or sha256_of(path) != expected:
            raise JawabdehiError("A file did not come back from the backup as it was: take another backup.")


def _add_folder(archive: tarfile.TarFile, home: Path, name: str, sums: dict[str, str]) -> None:
    for path in sorted((home / name).rglob("*")):
        if not path.is_file() or path.is_symlink() or path.name.endswith(".tmp"):
            continue
        with contextlib.suppress(FileNotFoundError):
            content, facts = path.read_bytes(), path.stat()
            entry = tarfile.TarInfo(path.relative_to(home).as_posix())
            entry.size, entry.mtime, entry.mode = len(content), int(facts.st_mtime), facts.st_mode & 0o777
            archive.addfile(entry, io.BytesIO(content))
            sums[entry.name] = hashlib.sha256(content).hexdigest()
