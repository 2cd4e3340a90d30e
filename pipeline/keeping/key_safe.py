"""The key safe: a folder on another disk that holds the keys as they are now, and never as they were.

What is erased here is erased there the next time keys are saved, so that old backups stay closed for good. It also
holds the one key that opens backups, which this machine does not keep.
"""

from pathlib import Path

from pyrage import x25519

from pipeline.errors import JawabdehiError, UsageError
from pipeline.files import replace_erased, write_atomically

IDENTITY, RECIPIENT = "backup_identity", "backup_recipient"
"""Names of the files that open backups (in the safe alone) and that close them (beside the keys)."""

_PASSING = (".lock", ".tmp")


def save_keys(secrets: Path, safe: Path, *, apart_from: tuple[Path, ...]) -> int:
    """Make the safe hold the keys of `secrets` and no others, and return how many files that are.

    Raises UsageError where the safe is not there, or does not lie apart from the folders `apart_from`.
    """
    _check_safe(safe, (secrets, *apart_from))
    _ensure_identity(secrets, safe)
    kept = _list_files(secrets)
    for name, path in kept.items():
        target = safe / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_erased(target, path.read_bytes())
    for name, path in _list_files(safe).items():
        if name not in kept and name != IDENTITY:
            replace_erased(path, b"")
            path.unlink()
    return len(kept)


def take_keys(safe: Path, secrets: Path) -> None:
    """Put the keys of a safe into the empty folder `secrets`, without the one that opens backups.

    Raises UsageError where the safe holds no keys, or there are keys already.
    """
    files = _list_files(safe)
    if "vault_key" not in files or IDENTITY not in files:
        raise UsageError(
            "There are no keys in this safe: give the folder that jawabdehi backup wrote them to."
        )
    if any(path.name != RECIPIENT for path in _list_files(secrets).values()):
        raise UsageError("There are keys in this home already: restore into an empty home.")
    for name, path in files.items():
        if name != IDENTITY:
            target = secrets / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(target, path.read_bytes(), mode=0o600)


def read_recipient(secrets: Path) -> x25519.Recipient:
    """Return what backups are closed with; raise JawabdehiError where keys were never saved."""
    try:
        return x25519.Recipient.from_str((secrets / RECIPIENT).read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise JawabdehiError("Save the keys first: give a folder for them with --key-safe.") from None


def read_identity(safe: Path) -> x25519.Identity:
    """Return what opens backups; raise UsageError where the safe does not hold it."""
    try:
        return x25519.Identity.from_str((safe / IDENTITY).read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise UsageError("This key safe holds nothing that opens backups: give the right folder.") from None


def _ensure_identity(secrets: Path, safe: Path) -> None:
    path = safe / IDENTITY
    if not path.exists():
        write_atomically(path, str(x25519.Identity.generate()).encode("ascii"), mode=0o600)
    recipient = str(read_identity(safe).to_public())
    write_atomically(secrets / RECIPIENT, recipient.encode("ascii"), mode=0o600)


def _check_safe(safe: Path, others: tuple[Path, ...]) -> None:
    if not safe.is_dir():
        raise UsageError("The key safe is not there: plug it in or mount it, and check the path.")
    for other in others:
        one, two = safe.resolve(), other.resolve()
        if one.is_relative_to(two) or two.is_relative_to(one):
            raise UsageError(
                "Keep keys apart: the key safe must lie outside the home and outside the backups."
            )
    if safe.stat().st_mode & 0o077:
        safe.chmod(0o700)


def _list_files(folder: Path) -> dict[str, Path]:
    """Return the files of keys by their place in a folder; locks and what passes are left out."""
    found = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(_PASSING)
    )
    return {path.relative_to(folder).as_posix(): path for path in found}
