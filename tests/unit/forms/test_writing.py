"""The command that writes all forms: what is there afterwards, twice the same, under names that tell nothing."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.contract import load_contract
from pipeline.errors import UsageError
from pipeline.forms import writing
from pipeline.forms.writing import write_forms
from pipeline.language import list_languages

from .test_xlsform import TELLING


@pytest.fixture(autouse=True)
def print_quickly(monkeypatch):
    """Printing takes seconds a page, and is looked at elsewhere."""
    monkeypatch.setattr(writing, "print_form", lambda _contract, language: f"form {language.code}".encode())
    monkeypatch.setattr(writing, "print_districts", lambda _contract, _language: b"districts")


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_command_writes_every_form_of_a_language_and_says_so(tmp_path):
    done = CliRunner().invoke(main, ["forms", "--out", str(tmp_path), "--language", "bn"])
    assert done.exit_code == 0, done.output
    names = list_names(tmp_path)
    assert names == [
        "monthly_register.districts.bn.pdf",
        "monthly_register.paper.bn.pdf",
        "monthly_register.table.bn.xlsx",
        "monthly_register.xlsx",
        "monthly_register.xml",
        "tokens.html",
    ]
    assert all(f"{tmp_path / name}" in done.output for name in names)
    assert (tmp_path / "monthly_register.paper.bn.pdf").read_bytes() == b"form bn"


def test_forms_come_in_every_language_under_names_that_tell_nothing(tmp_path):
    names = [path.name for path in write_forms(tmp_path, load_contract())]
    assert sorted(names) == list_names(tmp_path)
    for kind in ("table", "paper", "districts"):
        languages = {match[1] for name in names if (match := re.search(rf"\.{kind}\.(\w+)\.", name))}
        assert languages == set(list_languages())
    assert not [name for name in names if TELLING.search(name)]


def test_a_second_run_changes_nothing(tmp_path):
    files = [*write_forms(tmp_path, load_contract(), ["hi"])]
    before = {path: path.stat().st_mtime_ns for path in files}
    assert [*write_forms(tmp_path, load_contract(), ["hi"])] == files
    assert {path: path.stat().st_mtime_ns for path in files} == before


def test_a_language_without_a_catalog_is_wrong_use_and_nothing_is_written(tmp_path):
    done = CliRunner().invoke(main, ["forms", "--out", str(tmp_path / "out"), "--language", "fr"])
    assert done.exit_code == UsageError.exit_code
    assert "There is no catalog" in done.stderr
    assert not (tmp_path / "out").exists()
