"""The command line: one sentence and an exit code, never a traceback and never a value."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline import jobs
from pipeline.cli import main
from pipeline.errors import JawabdehiError, UsageError

CANARY = "canary-9876543210"


@pytest.fixture
def call(tmp_path: Path):
    def invoke(*arguments: str):
        return CliRunner().invoke(main, arguments, env={"JAWABDEHI_HOME": str(tmp_path / "home")})

    return invoke


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (JawabdehiError("Do this."), 1),
        (UsageError("Say it so."), 2),
        (ValueError(CANARY), 1),
        (PermissionError(13, "Permission denied", CANARY), 1),
    ],
)
def test_every_error_is_one_sentence_without_a_value(call, monkeypatch, raised: Exception, code: int) -> None:
    def fail(_settings: object) -> None:
        raise raised

    monkeypatch.setattr(jobs, "prepare", fail)
    done = call("status")
    assert done.exit_code == code
    assert done.stderr.startswith("jawabdehi: ")
    assert done.stderr.count("\n") == 1
    assert CANARY not in done.output


def test_help_is_quick_and_names_every_command(call) -> None:
    done = call("--help")
    assert done.exit_code == 0
    assert all(name in done.output for name in main.commands)


def test_status_of_an_empty_home_says_so(call) -> None:
    done = call("status")
    assert done.exit_code == 0
    assert "No return has been received yet." in done.output
    assert "Stopped" in call("down").output


def test_example_writes_where_it_is_told(call, tmp_path: Path) -> None:
    done = call("example", "--month", "2026-10", "--reports", "60", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0
    assert "60 made-up reports" in done.output
    assert len(list((tmp_path / "out").iterdir())) == 12


def test_example_writes_letters_of_all_collectives_but_one(call, tmp_path: Path) -> None:
    out, letters = tmp_path / "out", tmp_path / "letters"
    options = ("--month", "2026-10", "--reports", "60", "--out", str(out), "--letters", str(letters))
    done = call("example", *options)
    assert done.exit_code == 0
    assert "10 made-up letters" in done.output
    assert len(list(letters.iterdir())) == 10


@pytest.fixture
def queued(monkeypatch):
    """Stand-ins for the jobs of review that say how they were called."""
    monkeypatch.setattr(jobs, "prepare", lambda _settings: None)
    for name in ("list_doubtful", "show_pair", "explain_report"):
        monkeypatch.setattr(jobs, name, lambda _settings, *given, name=name: [f"{name} {given}"])
    for name in ("decide_pair", "undo_decision"):
        monkeypatch.setattr(jobs, name, lambda _settings, *given, name=name: f"{name} {given}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("review list", "list_doubtful (None,)"),
        ("review list --month 2026-10", "list_doubtful ('2026-10',)"),
        ("review show 1a2b", "show_pair ('1a2b',)"),
        ("review decide 1a2b same --as Asha", "decide_pair ('1a2b', 'same', 'Asha')"),
        ("review undo 1a2b --as Asha", "undo_decision ('1a2b', 'Asha')"),
        ("explain U-1 --collective UTTHAN", "explain_report ('U-1', 'UTTHAN')"),
    ],
)
def test_reviewers_commands_call_their_jobs(call, queued, arguments: str, said: str) -> None:
    done = call(*arguments.split())
    assert done.exit_code == 0
    assert done.output == said + "\n"


@pytest.mark.parametrize(
    "arguments", ["review decide 1a2b perhaps --as Asha", "review decide 1a2b same", "review list --month x"]
)
def test_reviewers_commands_called_wrongly_say_so(call, queued, arguments: str) -> None:
    assert call(*arguments.split()).exit_code == 2


@pytest.fixture
def letter(tmp_path: Path) -> str:
    path = tmp_path / "UTTHAN.pdf"
    path.write_bytes(b"A made-up letter, signed.")
    return str(path)


@pytest.fixture
def asked(monkeypatch):
    """Stand-ins for the jobs of consent that say how they were called."""
    monkeypatch.setattr(jobs, "prepare", lambda _settings: None)
    for name in ("give_consent", "withdraw_consent", "list_consents"):
        monkeypatch.setattr(jobs, name, lambda _settings, *given, name=name: [f"{name} {given}"])
    monkeypatch.setattr(jobs, "write_consent_form", lambda _settings, *given: f"{given}")


def test_commands_of_consent_call_their_jobs(call, asked, letter: str, tmp_path: Path) -> None:
    month = ("--month", "2026-10")
    given = call("consent", "give", *month, "--edition", "2", "--as", "Asha", letter)
    assert given.output == f"give_consent ('2026-10', {(Path(letter),)}, 'Asha', 2)\n"
    taken = call("consent", "withdraw", "UTTHAN", *month, "--as", "Asha")
    assert taken.output == "withdraw_consent ('UTTHAN', '2026-10', 'Asha', None)\n"
    assert call("consent", "list", *month).output == "list_consents ('2026-10',)\n"
    out = tmp_path / "form.txt"
    form = call("consent", "form", "UTTHAN", *month, "--out", str(out))
    assert str(("UTTHAN", "2026-10", out, None)) in form.output


@pytest.mark.parametrize(
    "arguments",
    [
        "give --month 2026-10 --as Asha",
        "give --month 2026-10 --as Asha /nowhere/UTTHAN.pdf",
        "withdraw UTTHAN --month 2026-10",
        "form UTTHAN --month 2026-10",
        "list",
    ],
)
def test_commands_of_consent_called_wrongly_say_so(call, asked, arguments: str) -> None:
    assert call("consent", *arguments.split()).exit_code == 2


def test_a_correction_needs_a_month_and_one_of_the_listed_reasons(call, contract) -> None:
    reasons = contract.code_lists["correction_reasons"].codes
    shown = call("correct", "--help")
    assert shown.exit_code == 0
    assert "--because" in shown.output
    for wrong in (("--because", "program"), ("--month", "2026-10")):
        assert call("correct", *wrong).exit_code == 2
    refused = call("correct", "--month", "2026-10", "--because", "mood")
    assert refused.exit_code == 2
    assert all(reason in refused.stderr for reason in reasons)
