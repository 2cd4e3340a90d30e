"""Keys: made once, for this account only, or given by the environment."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.secrets import begin_key, finish_key, load_secrets

KEYS = ("hash_key", "vault_key", "fernet_key", "jwt_secret", "api_secret_key")


def test_keys_are_made_once_with_mode_600(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first, second = load_secrets(folder, {}), load_secrets(folder, {})
    assert first == second
    assert len({getattr(first, name) for name in KEYS}) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_processes_that_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_secrets(tmp_path / "secrets", {}), range(8)))
    assert len({keys.vault_key for keys in found}) == 1


def test_the_environment_comes_first(tmp_path: Path) -> None:
    key = "A" * 43 + "="
    assert load_secrets(tmp_path, {"JAWABDEHI_VAULT_KEY": key}).vault_key == key
    assert not (tmp_path / "vault_key").exists()


def test_hashes_made_with_the_vault_key_stay_what_they_are(tmp_path: Path) -> None:
    """Before there was a hash key, the vault key made the hashes."""
    first = load_secrets(tmp_path, {})
    (tmp_path / "hash_key").unlink()
    assert load_secrets(tmp_path, {}).hash_key == first.vault_key
    begin_key(tmp_path, "vault_key")
    assert len(load_secrets(tmp_path, {}).vault_keys) == 2
    finish_key(tmp_path, "vault_key")
    second = load_secrets(tmp_path, {})
    assert (second.hash_key, len(second.vault_keys)) == (first.vault_key, 1)
    assert second.vault_key != first.vault_key


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_secrets(tmp_path, {})
    (tmp_path / "vault_key").chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        load_secrets(tmp_path, {})


def test_a_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load_secrets(tmp_path, {"JAWABDEHI_VAULT_KEY": "c2hvcnQ="})


def test_keys_never_show_in_a_repr(tmp_path: Path) -> None:
    keys = load_secrets(tmp_path, {})
    assert keys.vault_key not in repr(keys)
