"""The vault and its key files: what may be opened, what was erased, and what keys have to fit."""

import stat
from pathlib import Path

import pytest

from pipeline.errors import JawabdehiError
from pipeline.key_files import MonthKeyFiles
from pipeline.sealing import derive_key, seal
from pipeline.vault import LANDED, Vault, month_of, seal_under

ONE, TWO, FIRST = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))
RETURN, OTHER = "UTTHAN-2026-10-0123456789abcdef", "BIHAAN-2026-11-0123456789abcdef"


def open_vault(folder: Path, *keys: bytes) -> Vault:
    return Vault(MonthKeyFiles(folder, keys or [ONE]), FIRST)


def test_rows_open_in_the_order_asked_for_across_months(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    one, two = vault.seal_rows(RETURN, [2, 3], ["said in row 2", "said in row 3"])
    (other,) = vault.seal_rows(OTHER, [2], ["said elsewhere"])
    asked = [(RETURN, 3, two), (OTHER, 2, other), (RETURN, 9, None), (RETURN, 2, one)]
    told = open_vault(tmp_path).open_rows(*map(list, zip(*asked, strict=True)))
    assert told == ["said in row 3", "said elsewhere", None, "said in row 2"]


def test_what_was_sealed_for_one_row_does_not_open_for_another(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    (sealed,) = vault.seal_rows(RETURN, [2], ["said"])
    for return_id, row in ((RETURN, 3), (OTHER.replace("-11-", "-10-"), 2)):
        with pytest.raises(JawabdehiError, match="cannot be opened"):
            vault.open_rows([return_id], [row], [sealed])


def test_an_erased_row_opens_for_no_copy_and_its_neighbours_do(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    landed = vault.seal_landed(RETURN, b"a whole return")
    copies = vault.seal_rows(RETURN, [2, 3, 4], ["a", "b", "c"])
    vault.erase({RETURN: [3, LANDED]})
    for each in (vault, open_vault(tmp_path)):
        assert each.open_rows([RETURN] * 3, [2, 3, 4], copies) == ["a", None, "c"]
        assert each.open_landed(RETURN, landed) is None
    with pytest.raises(JawabdehiError, match="erased before"):
        vault.seal_rows(RETURN, [3], ["again"])


def test_a_destroyed_month_opens_nothing_and_late_returns_get_a_new_key(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    sealed = vault.seal_rows(RETURN, [2], ["a"])
    vault.files.destroy("2026-10")
    vault = open_vault(tmp_path)
    assert vault.open_rows([RETURN], [2], sealed) == [None]
    late = vault.seal_rows(RETURN, [2], ["late"])
    assert vault.open_rows([RETURN] * 2, [2, 2], sealed + late) == [None, "late"]


def test_what_was_sealed_before_months_had_keys_opens_still(tmp_path: Path) -> None:
    sealed = b"\0\0" + seal(derive_key(FIRST, "seal"), b"of old", f"{RETURN}/2")
    assert open_vault(tmp_path).open_rows([RETURN], [2], [sealed]) == ["of old"]


def test_a_missing_key_is_an_error_and_no_erasure(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path).seal_rows(RETURN, [2], ["a"])
    (tmp_path / "2026-10.key").unlink()
    with pytest.raises(JawabdehiError, match="key safe"):
        open_vault(tmp_path).open_rows([RETURN], [2], sealed)


def test_a_key_older_than_what_was_sealed_is_an_error(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    vault.seal_rows(RETURN, [2], ["a"])
    before = (tmp_path / "2026-10.key").read_bytes()
    sealed = seal_under(vault.files.begin_next("2026-10"), RETURN, [2], [b"a"])
    assert open_vault(tmp_path).open_rows([RETURN], [2], sealed) == ["a"]
    (tmp_path / "2026-10.key").write_bytes(before)
    with pytest.raises(JawabdehiError, match="old one"):
        open_vault(tmp_path).open_rows([RETURN], [2], sealed)


def test_a_next_key_waits_until_something_sealed_under_it_is_met(tmp_path: Path) -> None:
    """Whoever seals a month anew may be killed before the database has it, or after."""
    vault = open_vault(tmp_path)
    before = vault.seal_rows(RETURN, [2], ["a"])
    after = seal_under(vault.files.begin_next("2026-10"), RETURN, [2], [b"a"])
    assert open_vault(tmp_path).open_rows([RETURN], [2], before) == ["a"]
    assert open_vault(tmp_path).open_rows([RETURN], [2], after) == ["a"]
    assert open_vault(tmp_path).open_rows([RETURN], [2], before) == [None]
    assert [path.name for path in tmp_path.glob("2*")] == ["2026-10.key"]


def test_another_vault_key_opens_nothing_until_keys_are_wrapped_anew(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path, ONE).seal_rows(RETURN, [2], ["a"])
    with pytest.raises(JawabdehiError, match="does not fit the vault key"):
        open_vault(tmp_path, TWO).open_rows([RETURN], [2], sealed)
    assert open_vault(tmp_path, ONE, TWO).files.rewrap() == 1
    assert open_vault(tmp_path, TWO).open_rows([RETURN], [2], sealed) == ["a"]
    with pytest.raises(JawabdehiError, match="does not fit the vault key"):
        open_vault(tmp_path, ONE).open_rows([RETURN], [2], sealed)


def test_key_files_are_for_this_account_and_their_old_bytes_are_overwritten(tmp_path: Path) -> None:
    vault = open_vault(tmp_path)
    vault.seal_rows(RETURN, [2], ["a"])
    path = tmp_path / "2026-10.key"
    with path.open("rb") as before:
        assert before.read().startswith(b"JWB")
        vault.erase({RETURN: [2]})
        before.seek(0)
        assert set(before.read()) == {0}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_month_stands_in_the_id_of_a_return() -> None:
    assert month_of(RETURN) == "2026-10"
