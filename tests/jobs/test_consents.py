"""Consent of collectives: on record before an edition is approved, taken back at once, never changed in silence."""

import hashlib
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.errors import JawabdehiError, UsageError
from pipeline.example import write_letters
from pipeline.store import consents, release, tables
from pipeline.store.database import begin
from pipeline.store.ledger import check_chain

MONTH, E1 = "2026-10", "JWB-2026-10-e1"
SEAL = "0" * 64


@pytest.fixture(autouse=True)
def ready(settings) -> None:
    jobs.prepare(settings)


@pytest.fixture
def letter(tmp_path: Path):
    def write(name: str, content: bytes = b"A made-up letter, signed.") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def edition(engine: sa.Engine):
    """Put an edition into a state, sealed."""

    def put(state: str, number: int = 1) -> None:
        with begin(engine, "jawabdehi_reporting") as connection:
            edition_id = f"JWB-{MONTH}-e{number}"
            release.ensure_edition(connection, edition_id, MONTH, number)
            release.change_edition(
                connection, edition_id, state=state, manifest_sha256=SEAL, figures_sha256=SEAL
            )

    return put


def standing(engine: sa.Engine, number: int = 1) -> set[str]:
    with begin(engine, "jawabdehi_reporting") as connection:
        return set(consents.load_consents(connection, MONTH, number))


def entered(engine: sa.Engine) -> list[tuple[str, str, str, dict[str, str]]]:
    with engine.connect() as connection:
        assert check_chain(connection) >= 0
        entries = connection.execute(tables.entries.select().order_by(tables.entries.c.number))
        return [(entry.event, entry.subject, entry.actor, entry.facts) for entry in entries]


def test_a_consent_is_recorded_with_who_gave_it_and_not_the_letter(settings, engine, letter) -> None:
    path = letter("UTTHAN.signed.pdf")
    assert jobs.give_consent(settings, MONTH, [path], "Asha") == [f"UTTHAN consents to {E1}."]
    assert standing(engine) == {"UTTHAN"}
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = {"edition": E1, "letter_sha256": sha256}
    assert entered(engine) == [("consent given", "UTTHAN", "Asha", facts)]


def test_the_same_letter_given_again_changes_nothing(settings, engine, letter, edition) -> None:
    letters = [letter("UTTHAN.pdf"), letter("BIHAAN.txt")]
    jobs.give_consent(settings, MONTH, letters, "Asha")
    before = entered(engine)
    (said,) = jobs.give_consent(settings, MONTH, [*letters, *letters], "Asha")
    assert said.startswith("Nothing to do")
    edition("published")
    (said,) = jobs.give_consent(settings, MONTH, letters, "Asha", number=1)
    assert said.startswith("Nothing to do")
    assert entered(engine) == before


def test_a_consent_holds_for_one_edition(settings, engine, letter, edition) -> None:
    edition("published")
    jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf")], "Asha")
    assert (standing(engine, 1), standing(engine, 2)) == (set(), {"UTTHAN"})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("NOBODY.pdf", b"Signed.", "Letter 2 is not named by a code"),
        ("utthan.pdf", b"Signed.", "Letter 2 is not named by a code"),
        ("UTTHAN.pdf", b"", "Letter 2 is empty"),
    ],
)
def test_no_letter_is_recorded_where_one_cannot_be_used(
    settings, engine, letter, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        jobs.give_consent(settings, MONTH, [letter("BIHAAN.pdf"), letter(name, content)], "Asha")
    assert standing(engine) == set()
    assert entered(engine) == []


def test_a_collective_that_does_not_file_for_the_month_gives_no_consent(settings, letter) -> None:
    with pytest.raises(UsageError, match="for this month"):
        jobs.give_consent(settings, "2019-10", [letter("UTTHAN.pdf")], "Asha")


def test_the_form_is_no_letter_until_it_is_signed(settings, engine, tmp_path) -> None:
    form = tmp_path / "UTTHAN.txt"
    assert jobs.write_consent_form(settings, "UTTHAN", MONTH, form) == E1
    with pytest.raises(UsageError, match="without a signature"):
        jobs.give_consent(settings, MONTH, [form], "Asha")
    form.write_text(form.read_text() + "A made-up signature")
    jobs.give_consent(settings, MONTH, [form], "Asha")
    assert standing(engine) == {"UTTHAN"}


def test_the_form_says_which_edition_what_may_be_seen_and_until_when(settings, tmp_path, edition) -> None:
    edition("published")
    form = tmp_path / "form.txt"
    assert jobs.write_consent_form(settings, "OMBLA", MONTH, form) == "JWB-2026-10-e2"
    text = form.read_text(encoding="utf-8")
    for said in ("JWB-2026-10-e2", "October 2026", "OMBLA", "Odisha", "Date:", "Signature:"):
        assert said in text
    for said in ("an office", "not published", "until the edition is published", "names of survivors"):
        assert said in " ".join(text.split())


@pytest.mark.parametrize("state", ["approved", "published"])
def test_nothing_is_given_or_taken_back_once_the_edition_is_approved(
    settings, engine, letter, edition, tmp_path, state: str
) -> None:
    jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf")], "Asha")
    edition(state)
    with pytest.raises(JawabdehiError, match=f"{state} already"):
        jobs.withdraw_consent(settings, "UTTHAN", MONTH, "Asha", number=1)
    with pytest.raises(JawabdehiError, match=f"{state} already"):
        jobs.give_consent(settings, MONTH, [letter("BIHAAN.pdf")], "Asha", number=1)
    with pytest.raises(JawabdehiError, match=f"{state} already"):
        jobs.write_consent_form(settings, "UTTHAN", MONTH, tmp_path / "form.txt", number=1)
    assert standing(engine) == {"UTTHAN"}


def test_a_draft_made_with_a_consent_that_is_taken_back_cannot_be_published(
    settings, engine, letter, edition
) -> None:
    jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf"), letter("UTTHAN.2.pdf", b"Page 2")], "Asha")
    edition("draft")
    _, again = jobs.withdraw_consent(settings, "UTTHAN", MONTH, "Bela")
    assert "make it again" in again
    assert standing(engine) == set()
    with engine.connect() as connection:
        record = release.load_edition(connection, E1)
    assert (record.manifest_sha256, record.figures_sha256) == (None, None)
    with pytest.raises(JawabdehiError, match="a consent were withdrawn"):
        jobs.publish_edition(settings, E1, SEAL, "A made-up approver")
    assert [entry[:3] for entry in entered(engine)][2:] == [("consent taken back", "UTTHAN", "Bela")] * 2


def test_a_consent_after_the_draft_leaves_the_draft_and_says_to_make_it_again(
    settings, engine, letter, edition
) -> None:
    edition("draft")
    _, again = jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf")], "Asha")
    assert "make it again" in again
    with engine.connect() as connection:
        assert release.load_edition(connection, E1).manifest_sha256 == SEAL


def test_a_consent_taken_back_can_be_given_again(settings, engine, letter) -> None:
    path = letter("UTTHAN.pdf")
    jobs.give_consent(settings, MONTH, [path], "Asha")
    jobs.withdraw_consent(settings, "UTTHAN", MONTH, "Asha")
    with pytest.raises(JawabdehiError, match="nothing was taken back"):
        jobs.withdraw_consent(settings, "UTTHAN", MONTH, "Asha")
    jobs.give_consent(settings, MONTH, [path], "Asha")
    assert standing(engine) == {"UTTHAN"}


def test_taking_back_waits_for_whoever_works_with_the_consent(settings, engine, letter, edition) -> None:
    jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf")], "Asha")
    edition("draft")
    with begin(engine, "jawabdehi_reporting") as audit, begin(engine, "jawabdehi_reporting") as other:
        assert consents.load_consents(audit, MONTH, 1) == {"UTTHAN"}
        other.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            consents.lock_draft(other, MONTH, 1)


def test_the_list_has_a_line_for_every_collective(settings, contract, letter, edition) -> None:
    jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf"), letter("BIHAAN.pdf")], "Asha")
    jobs.withdraw_consent(settings, "BIHAAN", MONTH, "Bela")
    lines = jobs.list_consents(settings, MONTH)
    said = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert list(said) == contract.code_lists["collectives"].valid_in(MONTH)
    assert said["UTTHAN"].startswith(f"given for {E1}, recorded by Asha on 20")
    assert said["BIHAAN"].startswith(f"taken back for {E1}, recorded by Bela on 20")
    assert said["OMBLA"] == "not given"


def test_an_edition_further_on_and_a_nameless_recorder_are_refused(settings, letter) -> None:
    with pytest.raises(UsageError, match="number 1"):
        jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf")], "Asha", number=2)
    with pytest.raises(UsageError, match="--as"):
        jobs.give_consent(settings, MONTH, [letter("UTTHAN.pdf")], " ")
    with pytest.raises(UsageError, match="not named by a code"):
        jobs.withdraw_consent(settings, "NOBODY", MONTH, "Asha")


def test_nobody_may_change_or_erase_a_consent(engine) -> None:
    for role in ("jawabdehi_reporting", "jawabdehi_intake"):
        for statement in (tables.consents.delete(), tables.consents.update().values(given_by="x")):
            with (
                pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
                begin(engine, role) as connection,  # type: ignore[arg-type]
            ):
                connection.execute(statement)


def test_made_up_letters_are_taken_as_signed_and_one_collective_stays_without(
    settings, engine, contract, tmp_path
) -> None:
    expected = contract.code_lists["collectives"].valid_in(MONTH)
    folder = tmp_path / "letters"
    write_letters(folder, month=MONTH, contract=contract)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    jobs.give_consent(settings, MONTH, sorted(folder.iterdir()), "Example data team", number=1)
    assert standing(engine) == set(expected[:-1])
    assert all(b"Made-up example" in content and b"Nobody signed" in content for content in first.values())
    shutil.rmtree(folder)
    write_letters(folder, month=MONTH, contract=contract)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
