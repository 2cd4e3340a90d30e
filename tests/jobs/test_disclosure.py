"""What may be seen of a draft: consent decides over figures of one collective, and nothing gets past the audit."""

import csv
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.errors import JawabdehiError
from pipeline.protect import edition as disclosure
from pipeline.protect.solver import AuditError, AuditTimeError, ContradictionError, SolverError
from pipeline.report.figures import FILE_NAME
from pipeline.store import release, tables
from pipeline.store.database import begin

E1, APPROVER = "JWB-2026-10-e1", "A made-up approver"
AGAIN = "make (it|the draft) again"


def figures_of(month) -> Path:
    return month.settings.drafts / E1 / FILE_NAME


def drafted(month, table: str, geography: str) -> str:
    """Return what the draft shows: the only value of a table in a place, blank where it is not published."""
    with figures_of(month).open(encoding="utf-8", newline="") as lines:
        (found,) = [
            line["value"]
            for line in csv.DictReader(lines)
            if (line["table"], line["geography"]) == (table, geography)
        ]
    return found


def hide_and_audit(month) -> str:
    """Make the draft up to its audit, without a consent; return what the audit says."""
    edition = jobs.open_edition(month.settings, month.month)
    jobs.tabulate_edition(month.settings, edition)
    jobs.protect_edition(month.settings, edition)
    return jobs.audit_edition(month.settings, edition)


@pytest.fixture
def dominated(collected, spread_reports, once):
    """October, in which one collective alone tells of Uttar Pradesh."""

    def send() -> None:
        reports = [report for told in spread_reports("A").values() for report in told]
        here = [
            report | {"state": "IN-UP", "district": ""} for report in reports if report["state"] == "IN-WB"
        ]
        collected.send_reports("AZAD_SHAKTI", *here)
        collected.collect()

    once("dominated", send)
    return collected


def test_figures_of_one_collective_are_shown_with_its_consent_and_hidden_without(dominated) -> None:
    dominated.draft((), consents=())
    assert (drafted(dominated, "total", "IN-UP"), drafted(dominated, "total", "IN")) == ("", "205")
    dominated.draft((), consents=("AZAD_SHAKTI",))
    assert drafted(dominated, "total", "IN-UP") == "50"

    edition, seal = dominated.draft((), consents=())
    assert drafted(dominated, "total", "IN-UP") == "50"
    jobs.withdraw_consent(dominated.settings, "AZAD_SHAKTI", "2026-10", "Asha")
    with pytest.raises(JawabdehiError, match=AGAIN):
        jobs.publish_edition(dominated.settings, edition, seal, APPROVER)
    with pytest.raises(JawabdehiError, match=AGAIN):
        jobs.seal_edition(dominated.settings, edition)
    assert jobs.publish_edition(dominated.settings, *dominated.draft((), consents=()), APPROVER) == edition
    assert dominated.figure("total", "IN-UP")["status"] == "not_published"


def test_the_audit_says_what_is_hidden_why_and_whose_consent_is_missing_and_lies_with_the_data_team(
    dominated,
) -> None:
    said = hide_and_audit(dominated)
    folder = dominated.settings.audits / E1
    page = (folder / "audit.html").read_text(encoding="utf-8")
    with (folder / "hidden.csv").open(encoding="utf-8", newline="") as lines:
        hidden = {
            (line["table"], line["geography"], line["code_1"]): line["reason"]
            for line in csv.DictReader(lines)
        }
    assert hidden["total", "IN-UP", ""] == "dominance"
    assert hidden["by_duty_bearer", "IN-UP", "DLSA"] == "dominance"
    assert not any(geography in ("IN-WB", "IN-BR", "IN-OD") for _, geography, _ in hidden)
    # Total, both ends of the range, and three codes of three tables.
    assert "12 figures wait for the consent of AZAD_SHAKTI." in said
    assert "AZAD_SHAKTI" in page
    # Whoever approves reads shares and numbers of figures, and nowhere how many incidents there are.
    assert set(re.findall(r"(\w+ \w+ \w+) incidents", said)) == {"percent of the"}
    jobs.publish_edition(dominated.settings, *dominated.draft(consents=()), APPROVER)
    home = dominated.settings.home
    for name in ("audit.html", "hidden.csv"):
        assert {path.parent.parent.name for path in home.rglob(name)} == {"audits"}
    public = [path for path in dominated.settings.published.rglob("*") if path.is_file()]
    assert not [path for path in public if b"AZAD_SHAKTI" in path.read_bytes()]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_figures_changed_by_hand_do_not_pass_the_audit(collected) -> None:
    hide_and_audit(collected)
    jobs.protect_edition(collected.settings, E1)
    made = figures_of(collected).read_bytes()
    for old, new in (
        (",155,153,157,shown", ",160,158,162,shown"),
        (",,,not_published", ",0,0,0,shown"),
        ("total,IN-WB,2026-10,incidents,,,,,50,48,52,shown\n", ""),
    ):
        change(figures_of(collected), old, new)
        with pytest.raises(JawabdehiError, match="again"):
            jobs.audit_edition(collected.settings, E1)
        figures_of(collected).write_bytes(made)
    # The audit of before is void, too.
    with pytest.raises(JawabdehiError, match="have not passed the audit"):
        jobs.seal_edition(collected.settings, E1)


def test_nothing_is_sealed_but_the_very_figures_that_passed_the_audit(collected) -> None:
    edition = jobs.open_edition(collected.settings, "2026-10")
    jobs.tabulate_edition(collected.settings, edition)
    jobs.protect_edition(collected.settings, edition)
    with pytest.raises(JawabdehiError, match="have not passed the audit"):
        jobs.seal_edition(collected.settings, edition)
    jobs.audit_edition(collected.settings, edition)
    change(figures_of(collected), ",155,153,157,shown", ",160,158,162,shown")
    with pytest.raises(JawabdehiError, match="have not passed the audit"):
        jobs.seal_edition(collected.settings, edition)
    assert not (collected.settings.drafts / edition / "manifest.json").exists()


def test_a_draft_whose_audit_is_gone_cannot_be_approved(collected) -> None:
    edition, seal = collected.draft(())
    # Protecting anew makes the same figures, which nobody has audited yet.
    jobs.protect_edition(collected.settings, edition)
    with pytest.raises(JawabdehiError, match="have not passed the audit"):
        jobs.publish_edition(collected.settings, edition, seal, APPROVER)
    assert not (collected.settings.published / "2026-10").exists()


def test_the_audit_report_of_a_draft_goes_with_it_once_the_draft_is_made_again(collected) -> None:
    edition, _ = collected.draft(())
    assert (collected.settings.audits / edition / "audit.html").is_file()
    jobs.open_edition(collected.settings, "2026-10")
    assert not (collected.settings.audits / edition).exists()


def test_without_an_audit_that_came_to_its_end_nothing_is_shown(collected, monkeypatch) -> None:
    edition = jobs.open_edition(collected.settings, "2026-10")
    jobs.tabulate_edition(collected.settings, edition)
    broken = SolverError("The solver broke off, so nothing may be shown: try again.")
    for error in (AuditTimeError(), ContradictionError(), broken):
        with failing_audit(monkeypatch, error), pytest.raises(AuditError) as failure:
            jobs.protect_edition(collected.settings, edition)
        # One sentence, with what to do.
        assert re.fullmatch(r"[A-Z][^.:]+: [^.]+\.", str(failure.value))
        assert not figures_of(collected).exists()
    jobs.protect_edition(collected.settings, edition)
    with failing_audit(monkeypatch, AuditTimeError()), pytest.raises(AuditTimeError):
        jobs.audit_edition(collected.settings, edition)
    with pytest.raises(JawabdehiError, match="have not passed the audit"):
        jobs.seal_edition(collected.settings, edition)
    assert not (collected.settings.audits / edition).exists()


@contextmanager
def failing_audit(monkeypatch: pytest.MonkeyPatch, error: AuditError):
    """Let the audit end with `error`."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(disclosure, "audit_targets", fail)
        yield


def test_nothing_is_shown_where_two_counts_of_the_same_incidents_differ(collected, engine) -> None:
    edition = jobs.open_edition(collected.settings, "2026-10")
    jobs.tabulate_edition(collected.settings, edition)
    cells = tables.cells
    with engine.begin() as connection:
        one = (cells.c.table == "by_service", cells.c.geography == "IN-WB", cells.c.code_1 == "FIR")
        connection.execute(cells.update().where(*one).values(count=cells.c.count + 1))
    with pytest.raises(JawabdehiError, match="again"):
        jobs.protect_edition(collected.settings, edition)
    assert not figures_of(collected).exists()
    with begin(engine, "jawabdehi_reporting") as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.figures)) == 0
        assert release.load_edition(connection, edition).figures_sha256 is None
    # Made again, it counts as it should.
    collected.run()
    assert collected.figure("total", "IN-WB")["value"] == "50"


def test_an_open_draft_cannot_be_approved_after_a_withdrawal_and_can_be_made_again(collected) -> None:
    edition, seal = collected.draft(())
    collected.send_reports("UTTHAN", {"report_id": "U-IN-WB-0", "action": "withdraw"}, name="2026-10-b.csv")
    collected.collect()
    with pytest.raises(JawabdehiError, match="make it again"):
        jobs.publish_edition(collected.settings, edition, seal, APPROVER)
    assert not (collected.settings.published / "2026-10").exists()
    edition, seal = collected.draft(())
    jobs.publish_edition(collected.settings, edition, seal, APPROVER)
    assert (collected.settings.published / "2026-10" / "e1" / "manifest.json").is_file()


def test_a_withdrawal_while_a_draft_is_made_ends_its_making(collected) -> None:
    edition = jobs.open_edition(collected.settings, "2026-10")
    jobs.tabulate_edition(collected.settings, edition)
    collected.send_reports("UTTHAN", {"report_id": "U-IN-WB-0", "action": "withdraw"}, name="2026-10-b.csv")
    collected.collect()
    with pytest.raises(JawabdehiError, match="again"):
        jobs.protect_edition(collected.settings, edition)
    assert not figures_of(collected).exists()
