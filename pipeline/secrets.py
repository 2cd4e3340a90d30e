"""Keys of one installation: made once under the home with mode 600, or given by the environment."""

import base64
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.files import replace_erased, write_atomically

_NAMES = ("hash_key", "vault_key", "fernet_key", "jwt_secret", "api_secret_key")
_NEXT = ".next"

MONTHS = "months"
"""Name of the folder under the secrets that holds the keys of months."""


@dataclass(frozen=True, repr=False)
class Secrets:
    """Independent keys, each 32 random bytes in URL-safe base64.

    `hash_key` makes the keyed hashes by which persons, rows and files are known again, and never changes.
    `vault_key` wraps the keys of months, which seal landed returns and linking fields; `next_vault_key` is there
    only while it is being replaced. The others are Airflow's own. They never appear in a `repr`, so that no
    traceback can show them.
    """

    hash_key: str
    vault_key: str
    fernet_key: str
    jwt_secret: str
    api_secret_key: str
    next_vault_key: str | None = None

    @property
    def hash_key_bytes(self) -> bytes:
        return base64.urlsafe_b64decode(self.hash_key)

    @property
    def vault_keys(self) -> list[bytes]:
        """The vault key, and after it the one that takes its place, if there is one."""
        return [base64.urlsafe_b64decode(key) for key in (self.vault_key, self.next_vault_key) if key]


def list_missing_keys(folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the names of keys that `load_secrets` would make; nothing is made here."""
    return [name for name in _NAMES if not environ.get(_variable(name)) and not (folder / name).exists()]


def load_secrets(folder: Path, environ: Mapping[str, str]) -> Secrets:
    """Return the keys, from `JAWABDEHI_<NAME>` where set and from `folder` otherwise; missing files are made.

    Raises UsageError where a key file can be read by others or a key has not the right length.
    """
    _keep_hashes(folder, environ)
    keys = {name: environ.get(_variable(name)) or _load_or_make(folder / name) for name in _NAMES}
    for name in ("hash_key", "vault_key", "fernet_key"):
        _check_key(name, keys[name])
    following = {name: _load_or_make(path) for name in keys if (path := folder / f"{name}{_NEXT}").exists()}
    if "fernet_key" in following:
        # Airflow opens with both and closes with the first.
        keys["fernet_key"] = f"{following['fernet_key']},{keys['fernet_key']}"
    return Secrets(**keys, next_vault_key=following.get("vault_key"))


def refuse_given(names: Iterable[str], environ: Mapping[str, str]) -> None:
    """Raise UsageError where one of these keys comes from the environment, which this program cannot change."""
    for name in names:
        if environ.get(_variable(name)):
            raise UsageError(f"A key is in {_variable(name)}: put it into the secrets folder to replace it.")


def begin_key(folder: Path, name: str) -> None:
    """Make the key that is to take the place of a present one, unless it was begun before; both hold until then."""
    _load_or_make(folder / f"{name}{_NEXT}")


def finish_key(folder: Path, name: str) -> None:
    """Let the key that was begun take the place of the one before, which is overwritten."""
    following = folder / f"{name}{_NEXT}"
    replace_erased(folder / name, following.read_bytes())
    replace_erased(following, b"")
    following.unlink()


def _keep_hashes(folder: Path, environ: Mapping[str, str]) -> None:
    """Let hashes stay what they are where they were made with the vault key, before there was a hash key."""
    path, before = folder / "hash_key", environ.get(_variable("vault_key"))
    if path.exists() or environ.get(_variable("hash_key")):
        return
    if before is None and (folder / "vault_key").exists():
        before = _load_or_make(folder / "vault_key")
    if before is not None:
        write_atomically(path, before.encode("ascii"), mode=0o600)


def _variable(name: str) -> str:
    return f"JAWABDEHI_{name.upper()}"


def _load_or_make(path: Path) -> str:
    if not path.exists():
        _make(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UsageError(
            f"Others can read the key file {path.name}: replace the key, or run chmod 600 on it."
        )
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails where the name exists: of two processes that start at once, the first one's key stays.
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _check_key(name: str, key: str) -> None:
    try:
        long_enough = len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        long_enough = False
    if not long_enough:
        raise UsageError(f"The key {name} must be 32 bytes in URL-safe base64.")
