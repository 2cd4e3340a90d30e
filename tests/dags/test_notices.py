"""Notices: one digest to everybody who is named, over a real mail server, of numbers and months alone."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pipeline.errors import UsageError
from pipeline.settings import read_settings
from tests.fakes.mail import Mailbox, run_mail_server, text_of

pytestmark = pytest.mark.e2e


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with run_mail_server() as box:
        yield box


@pytest.fixture
def waiting(october, make_report):
    """A month over for long, with a report that waits to be counted, and a file that was rejected."""
    month = october.at("2026-08")
    month.send_reports("UTTHAN", make_report("U-1", office="Thana of the Made-up Canary"))
    month.send("BIHAAN", "2026-08.csv", b"not a table at all")
    month.collect()
    return month


@dataclass(frozen=True)
class Ended:
    """How a DAG ended: the states of its tasks, and what the probe notifier got."""

    states: dict[str, str]
    got: list[str]


@pytest.fixture
def run_dags(play) -> Callable[..., tuple[list[Ended], str]]:
    """Run DAGs one after the other in one process, each with variables of its own; give also all it printed."""

    def run(*wanted: tuple[str, dict[str, str]]) -> tuple[list[Ended], str]:
        done = play("run_dags.py", json.dumps(wanted))
        assert done.returncode == 0, done.stderr[-2000:]
        return [Ended(**each) for each in json.loads(done.stdout.splitlines()[-1])], done.stdout + done.stderr

    return run


NOT_SENT = {
    "nobody is named": ({}, "skipped"),
    "no list": ({"JAWABDEHI_NOTIFIERS": "no json"}, "failed"),
    "no class": ({"JAWABDEHI_NOTIFIERS": '[{"class": "probe.Nothing"}]'}, "failed"),
    "no notifier": ({"JAWABDEHI_NOTIFIERS": '[{"class": "pathlib.Path"}]'}, "failed"),
    "no mail server": ({"JAWABDEHI_NOTIFY": "asha@example.invalid"}, "failed"),
}


def test_one_digest_goes_to_everybody_who_is_named_and_holds_nothing_of_a_report(
    run_dags, mailbox, waiting
) -> None:
    probe = [{"class": "probe.Probe", "arguments": {"text": "{{ subject }}: {{ text }}"}}]
    named = {
        "AIRFLOW_CONN_SMTP_DEFAULT": mailbox.address,
        "JAWABDEHI_NOTIFY": "asha@example.invalid, ravi@example.invalid",
        "JAWABDEHI_NOTIFIERS": json.dumps(probe),
    }
    others = [("watch_coverage", variables) for variables, _ in NOT_SENT.values()]
    (told, *not_told), printed = run_dags(("watch_coverage", named), *others)
    assert told.states == {"look": "success", "tell": "success"}
    assert [to for to, _ in mailbox.mails] == ["asha@example.invalid", "ravi@example.invalid"]
    mail = mailbox.mails[0][1]
    assert re.fullmatch(r"Jawabdehi: \d matter\(s\) wait for the data team", str(mail["Subject"]))
    text = text_of(mail)
    assert "August 2026 closed" in text
    assert "1 return rejected in the last seven days" in text
    assert "No backup was ever made." in text
    assert "/jawabdehi/" in text
    for word in ("UTTHAN", "BIHAAN", "U-1", "Canary", "Thana"):
        assert word not in text + printed
    assert told.got[0].startswith(str(mail["Subject"]))
    assert "August 2026 closed" in told.got[0]
    # What cannot be sent fails and is not passed over.
    found = {name: each.states["tell"] for name, each in zip(NOT_SENT, not_told, strict=True)}
    assert found == {name: state for name, (_, state) in NOT_SENT.items()}


def test_the_nightly_dags_back_up_and_erase(run_dags, waiting, tmp_path) -> None:
    backups, safe = tmp_path / "backups", tmp_path / "safe"
    safe.mkdir()
    folders = {"JAWABDEHI_BACKUPS": str(backups), "JAWABDEHI_KEY_SAFE": str(safe)}
    ended, _ = run_dags(("back_up", folders), ("erase_expired", folders | {"JAWABDEHI_KEEP_FILES_DAYS": "0"}))
    assert ended[0].states == {"write": "success"}
    assert ended[1].states == dict.fromkeys(("purge", "erase", "remove", "rewrite", "save"), "success")
    (backup,) = backups.iterdir()
    assert (backup / "product.age").exists()
    assert (backup / "airflow.age").exists()
    assert (safe / "hash_key").exists()
    assert not list(waiting.settings.inbox.rglob("*.csv"))


def test_nobody_is_told_where_nothing_waits_and_what_is_not_set_up_is_passed_over(
    run_dags, mailbox, settings
) -> None:
    settings.inbox.mkdir(parents=True)
    named = {"AIRFLOW_CONN_SMTP_DEFAULT": mailbox.address, "JAWABDEHI_NOTIFY": "asha@example.invalid"}
    (watched, backed_up, erased), _ = run_dags(
        ("watch_coverage", named), ("back_up", {}), ("erase_expired", {})
    )
    assert watched.states == {"look": "success", "tell": "skipped"}
    assert mailbox.mails == []
    assert backed_up.states == {"write": "skipped"}
    assert erased.states == dict.fromkeys(("purge", "erase", "remove", "rewrite"), "success") | {
        "save": "skipped"
    }


@pytest.mark.parametrize("name", ["JAWABDEHI_RETENTION_DAYS", "JAWABDEHI_KEEP_FILES_DAYS"])
def test_days_have_to_be_whole_numbers(name) -> None:
    with pytest.raises(UsageError, match=name):
        read_settings({name: "soon"})
