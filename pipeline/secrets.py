"""Keys of one installation: made once under the home with mode 600, or given by the environment."""

import base64
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError

_NAMES = ("vault_key", "fernet_key", "jwt_secret", "api_secret_key")


@dataclass(frozen=True, repr=False)
class Secrets:
    """Four independent keys, each 32 random bytes in URL-safe base64.

    `vault_key` seals landed returns and linking fields; the others are Airflow's own. They never appear in a
    `repr`, so that no traceback can show them.
    """

    vault_key: str
    fernet_key: str
    jwt_secret: str
    api_secret_key: str

    @property
    def vault_key_bytes(self) -> bytes:
        return base64.urlsafe_b64decode(self.vault_key)


def list_missing_keys(folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the names of keys that `load_secrets` would make; nothing is made here."""
    return [name for name in _NAMES if not environ.get(_variable(name)) and not (folder / name).exists()]


def load_secrets(folder: Path, environ: Mapping[str, str]) -> Secrets:
    """Return the keys, from `JAWABDEHI_<NAME>` where set and from `folder` otherwise; missing files are made.

    Raises UsageError where a key file can be read by others or a key has not the right length.
    """
    keys = {name: environ.get(_variable(name)) or _load_or_make(folder / name) for name in _NAMES}
    for name in ("vault_key", "fernet_key"):
        _check_key(name, keys[name])
    return Secrets(**keys)


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
