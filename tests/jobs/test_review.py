"""Review through the jobs: what is shown, decided, refused and undone."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import jobs
from pipeline.contract import Contract
from pipeline.errors import JawabdehiError, UsageError
from pipeline.language import load_language
from pipeline.link.resolve import name_reports
from pipeline.link.review import name_pair
from pipeline.store import queue, tables
from pipeline.store.ledger import append_entry, check_chain

pytestmark = pytest.mark.usefixtures("linker")

CANARY = "Made-up words that only a reviewer may see"


def pair_of(one: str, other: str) -> str:
    """Return the short name of a pair of UTTHAN's reports."""
    return name_pair(tuple(sorted(name_reports(["UTTHAN", "UTTHAN"], [one, other]))))


@pytest.fixture
def doubtful(october, make_report):
    """A month with three reports, each doubtful with the others."""
    october.send_reports(
        "UTTHAN",
        *(make_report(letter, office="doubt 1", narrative=f"{CANARY} {letter}.") for letter in "ABC"),
    )
    october.collect()
    return october


def test_the_queue_names_pairs_with_their_reports_and_why(doubtful) -> None:
    lines = jobs.list_doubtful(doubtful.settings, "2026-10")
    assert lines[-1] == "Doubtful pairs: 3."
    text = "\n".join(lines)
    assert pair_of("A", "B") in text
    assert "UTTHAN A (2026-10)" in text
    assert "3.0 bits" in text
    assert CANARY not in text
    assert jobs.list_doubtful(doubtful.settings, "2026-09") == ["No pair waits for a reviewer."]


def test_pairs_are_found_by_their_keys(doubtful, engine) -> None:
    with engine.connect() as connection:
        every = queue.load_doubtful(connection)
        keys = [pair.key for pair in every]
        assert {pair.key for pair in queue.load_pairs(connection, [*keys[:2], ("0", "1")])} == set(keys[:2])
        assert queue.load_pairs(connection, []) == []


def test_a_pair_is_shown_side_by_side_with_narratives_and_evidence(doubtful) -> None:
    text = "\n".join(jobs.show_pair(doubtful.settings, pair_of("A", "B")))
    assert f"{CANARY} A." in text
    assert f"{CANARY} B." in text
    assert "≠ Case token" in text
    assert "  Duty-bearer" in text
    assert "Police station" in text
    assert "When did it happen?" in text


def test_a_pair_whose_content_is_purged_says_so(doubtful, engine) -> None:
    with engine.begin() as connection:
        connection.execute(tables.sealed_reports.delete())
    text = "\n".join(jobs.show_pair(doubtful.settings, pair_of("A", "B")))
    assert "purged" in text
    assert CANARY not in text


def test_pairs_of_purged_reports_stay(doubtful, engine) -> None:
    with engine.begin() as connection:
        connection.execute(tables.sealed_reports.delete())
    jobs.link_month(doubtful.settings, "2026-10")
    assert jobs.list_doubtful(doubtful.settings)[-1] == "Doubtful pairs: 3."


def test_a_decision_is_followed_recorded_and_undone(doubtful, engine) -> None:
    before = doubtful.export()
    said = jobs.decide_pair(doubtful.settings, pair_of("A", "B"), "same", "Asha")
    assert said == "Both reports tell of one incident; the pair is settled."
    assert "A B" in doubtful.incidents()
    (linked,) = [line for line in doubtful.export() if line["verdict"] == "duplicate"]
    assert (linked["link_rule"], linked["link_bits"]) == ("review", "")
    with engine.connect() as connection:
        query = sa.select(tables.entries).where(tables.entries.c.event == "pair decided")
        (entry,) = connection.execute(query).all()
        assert check_chain(connection) > 0
    assert entry.actor == "Asha"
    assert entry.facts == {"decision": "same", "reviewers_needed": 1, "weights": "v1", "bits": 3.0}
    said = jobs.undo_decision(doubtful.settings, pair_of("A", "B"), "Asha")
    assert said == "Undone. The reports tell of two incidents; no decision settles the pair."
    assert doubtful.export() == before


def test_a_decision_is_told_on_the_slip_of_the_report_that_it_makes_a_duplicate(
    doubtful, contract: Contract, make_report
) -> None:
    doubtful.send_reports("BIHAAN", make_report("D", office="doubt 1"))
    doubtful.collect()
    # To Bihaan, whose report it is.
    said = load_language("hi").translate(contract.rules["same_incident"].reason)
    slips = doubtful.settings.returns
    assert not any(said in path.read_text() for path in slips.rglob("*.html"))
    for line in jobs.list_doubtful(doubtful.settings):
        if "BIHAAN" in line:
            jobs.decide_pair(doubtful.settings, line.split()[0], "same", "Asha")
            break
    assert any(said in path.read_text() for path in slips.rglob("*.html"))


def test_a_decision_holds_when_the_month_is_linked_again(doubtful, make_report) -> None:
    jobs.decide_pair(doubtful.settings, pair_of("A", "B"), "same", "Asha")
    jobs.decide_pair(doubtful.settings, pair_of("B", "C"), "apart", "Asha")
    doubtful.send_reports("BIHAAN", make_report("D"))
    doubtful.collect()
    assert doubtful.incidents() == ["A B", "C", "D"]
    # What is the same as a report that is apart from another is apart from it, too.
    assert jobs.list_doubtful(doubtful.settings) == ["No pair waits for a reviewer."]


def test_a_decision_against_those_that_stand_is_refused_and_names_them(doubtful) -> None:
    jobs.decide_pair(doubtful.settings, pair_of("A", "B"), "same", "Asha")
    jobs.decide_pair(doubtful.settings, pair_of("B", "C"), "same", "Ravi")
    with pytest.raises(JawabdehiError, match="contradicts") as refusal:
        jobs.decide_pair(doubtful.settings, pair_of("A", "C"), "apart", "Asha")
    assert pair_of("A", "B") in str(refusal.value)
    assert "Ravi" in str(refusal.value)
    jobs.undo_decision(doubtful.settings, pair_of("B", "C"), "Ravi")
    jobs.decide_pair(doubtful.settings, pair_of("A", "C"), "apart", "Asha")
    with pytest.raises(JawabdehiError, match="contradicts"):
        jobs.decide_pair(doubtful.settings, pair_of("B", "C"), "same", "Ravi")
    assert doubtful.incidents() == ["A B", "C"]


def test_unsure_is_recorded_and_leaves_the_pair_in_the_queue(doubtful) -> None:
    said = jobs.decide_pair(doubtful.settings, pair_of("A", "B"), "unsure", "Asha")
    assert "no decision settles" in said
    assert jobs.list_doubtful(doubtful.settings)[-1] == "Doubtful pairs: 3."


def test_under_double_review_two_have_to_agree_and_a_third_settles_a_quarrel(doubtful) -> None:
    doubled = replace(doubtful.settings, review_double=True)
    pair = pair_of("A", "B")
    assert "another reviewer" in jobs.decide_pair(doubled, pair, "same", "Asha")
    assert "another reviewer" in jobs.decide_pair(doubled, pair, "same", "Asha")
    listed = "\n".join(jobs.list_doubtful(doubled))
    assert "decided by: Asha" in listed
    assert "one incident" not in listed
    assert "disagree" in jobs.decide_pair(doubled, pair, "apart", "Ravi")
    assert doubtful.incidents() == ["A", "B", "C"]
    assert "settled" in jobs.decide_pair(doubled, pair, "same", "Meena")
    assert doubtful.incidents() == ["A B", "C"]
    agreement = "\n".join(jobs.list_doubtful(doubled)[-3:])
    assert "Asha and Ravi both decided on 1 pairs, agree on 0%; Cohen's kappa 0.00." in agreement
    assert "Asha and Meena both decided on 1 pairs, agree on 100%; Cohen's kappa not defined." in agreement


def test_what_is_not_there_cannot_be_shown_decided_or_undone(doubtful) -> None:
    pair = pair_of("A", "B")
    with pytest.raises(UsageError, match="no such pair"):
        jobs.show_pair(doubtful.settings, "nothing")
    with pytest.raises(UsageError, match="more digits"):
        jobs.show_pair(doubtful.settings, "")
    with pytest.raises(UsageError, match="No decision"):
        jobs.undo_decision(doubtful.settings, pair, "Asha")
    jobs.decide_pair(doubtful.settings, pair, "same", "Asha")
    with pytest.raises(JawabdehiError, match="under this name"):
        jobs.undo_decision(doubtful.settings, pair, "Ravi")
    with pytest.raises(UsageError, match="name"):
        jobs.decide_pair(doubtful.settings, pair, "same", " ")


def test_no_decision_leaves_a_word_of_a_report_in_ledger_or_slips(doubtful, engine) -> None:
    jobs.decide_pair(doubtful.settings, pair_of("A", "B"), "same", "Asha")
    with engine.connect() as connection:
        facts = connection.scalars(sa.select(tables.entries.c.facts)).all()
    slips = "".join(path.read_text() for path in doubtful.settings.returns.rglob("*.html"))
    assert CANARY not in str(facts) + slips
    assert "doubt 1" not in str(facts) + slips


def test_a_report_is_explained_with_evidence_decisions_and_edition(doubtful, engine, make_report) -> None:
    jobs.decide_pair(doubtful.settings, pair_of("A", "B"), "same", "Asha")
    jobs.decide_pair(doubtful.settings, pair_of("B", "C"), "apart", "Ravi")
    doubtful.draft()
    text = "\n".join(jobs.explain_report(doubtful.settings, "B"))
    assert "UTTHAN B (2026-10) tells of incident" in text
    assert "So do: UTTHAN A (2026-10)" in text
    assert "they tell of two incidents" in text
    assert "Asha decided on" in text
    assert "When did it happen?" in text
    assert "counted by edition JWB-2026-10-e1" in text
    assert CANARY not in text
    assert "doubt 1" not in text
    with engine.begin() as connection:
        connection.execute(tables.sealed_reports.delete())
    assert "purged" in "\n".join(jobs.explain_report(doubtful.settings, "B"))


def test_a_report_id_of_two_collectives_needs_the_collective(doubtful, make_report) -> None:
    doubtful.send_reports("BIHAAN", make_report("A"))
    doubtful.collect()
    with pytest.raises(UsageError, match="--collective"):
        jobs.explain_report(doubtful.settings, "A")
    assert "BIHAAN A" in jobs.explain_report(doubtful.settings, "A", "BIHAAN")[0]
    with pytest.raises(JawabdehiError, match="No report"):
        jobs.explain_report(doubtful.settings, "Z")


def test_status_tells_of_the_queue(doubtful) -> None:
    lines = jobs.describe_status(doubtful.settings, "2026-10")
    assert any("doubtful pairs: 3, the oldest waits 0 days" in line for line in lines)


def test_status_tells_of_reports_too_close_together_as_of_the_last_comparison(doubtful, engine) -> None:
    with engine.begin() as connection:
        for dense in (9, 7):
            facts = {"dense_reports": dense}
            append_entry(
                connection, "month compared", "2026-10", facts, actor="jawabdehi", at=datetime.now(UTC)
            )
    lines = jobs.describe_status(doubtful.settings, "2026-10")
    assert any("too close together to be compared with all others: 7" in line for line in lines)
    jobs.link_month(doubtful.settings, "2026-10")
    assert not any("too close" in line for line in jobs.describe_status(doubtful.settings, "2026-10"))


def test_the_range_counts_doubtful_pairs_as_one_and_as_several(october, make_report) -> None:
    october.send_spread("U")
    doubtful = [make_report(f"D-{n}", office=f"doubt {n // 2}") for n in range(40)]
    # So much alike in one return would wait for a person.
    october.send_reports("UTTHAN", *doubtful[:20], name="2026-10-b.csv")
    october.send_reports("UTTHAN", *doubtful[20:], name="2026-10-c.csv")
    october.run()
    one = october.figure("range", "IN", "incidents_if_doubtful_are_one")
    several = october.figure("range", "IN-WB", "incidents_if_doubtful_are_several")
    assert (one["value"], several["value"]) == ("175", "90")
    assert october.figure("range", "IN-TN", "incidents_if_doubtful_are_one")["status"] == "not_published"
    page = (october.settings.published / "2026-10" / "e1" / "IN" / "report.en.html").read_text()
    assert "if all doubtful reports tell of incidents already counted" in page


def test_an_empty_queue_has_the_same_rows_and_says_that_rounding_shows_no_doubt(october, make_report) -> None:
    for name, first in (("2026-10.csv", 0), ("2026-10-b.csv", 20)):
        october.send_reports("UTTHAN", *(make_report(f"U-{n}") for n in range(first, first + 20)), name=name)
    october.run()
    ends = [october.figure("range", "IN", f"incidents_if_doubtful_are_{n}") for n in ("one", "several")]
    assert [end["value"] for end in ends] == ["40", "40"]
    page = (october.settings.published / "2026-10" / "e1" / "IN" / "report.en.html").read_text()
    assert "whether reports that may tell of the same incident do so or not" in page


ANSWER = st.tuples(
    st.sampled_from(["AB", "AC", "BC"]),
    st.sampled_from(["same", "apart", "unsure"]),
    st.sampled_from(["Asha", "Ravi"]),
)


@given(answers=st.lists(ANSWER, max_size=4), data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_decided_every_report_has_one_incident_and_undoing_all_of_it_brings_back_what_was(
    doubtful, answers: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    before = doubtful.export()
    made = []
    for pair, answer, reviewer in answers:
        with contextlib.suppress(JawabdehiError):
            jobs.decide_pair(doubtful.settings, pair_of(*pair), answer, reviewer)
            made.append((pair, reviewer))
        told = [report for incident in doubtful.incidents() for report in incident.split()]
        assert sorted(told) == ["A", "B", "C"]
    after = doubtful.export()
    jobs.link_month(doubtful.settings, doubtful.month)
    assert doubtful.export() == after
    for pair, reviewer in data.draw(st.permutations(made)):
        jobs.undo_decision(doubtful.settings, pair_of(*pair), reviewer)
    assert doubtful.export() == before
