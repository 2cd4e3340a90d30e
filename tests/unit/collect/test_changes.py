"""What edits, rejections, deletions and restorations on a server mean for reports."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.changes import Change, Known, follow, list_rows, withdraw
from pipeline.collect.submissions import Standing, Submission

NOW = "2026-11"


def submit(
    key: str = "k1",
    version: str = "1",
    *,
    standing: Standing = Standing.COUNTS,
    at: datetime = datetime(2026, 10, 12, 6, 0, tzinfo=UTC),
    others: tuple[str, ...] = (),
    **answers: str,
) -> Submission:
    return Submission(key, version, standing, at, {"report_id": "R-1", "service": "FIR", **answers}, others)


def change(submission: Submission, known: Known | None = None, **around) -> Change | None:
    return follow(
        submission, known, **({"received_in": NOW, "taken": set(), "may_be_restored": False} | around)
    )


def actions(found: Change | None) -> list[tuple[str, str]]:
    return [(row["action"], row["report_id"]) for row in found.rows] if found else []


def test_what_is_new_is_told_and_an_edit_corrects_it_in_the_month_of_the_first_telling() -> None:
    told = change(submit())
    assert told.known == Known("k1", "1", "R-1", "2026-10")
    assert actions(told) == [("new", "R-1")]
    again = change(submit(version="2", service="DIR"), told.known)
    assert actions(again) == [("correct", "R-1")]
    assert again.rows[0]["service"] == "DIR"
    assert list(list_rows([again])) == ["2026-10"]


def test_the_same_version_seen_again_changes_nothing() -> None:
    assert change(submit(), change(submit()).known) is None


def test_months_begin_and_end_in_india() -> None:
    late = submit(at=datetime(2026, 10, 31, 18, 45, tzinfo=UTC))
    assert change(late).known.month == "2026-11"
    assert change(submit(at=datetime(2026, 10, 31, 18, 15, tzinfo=UTC))).known.month == "2026-10"


def test_a_server_whose_clock_runs_ahead_files_nothing_for_a_month_to_come() -> None:
    assert change(submit(at=datetime(2027, 3, 1, tzinfo=UTC))).known.month == NOW


@pytest.mark.parametrize("gone", [lambda known: change(submit(standing=Standing.REJECTED), known), withdraw])
def test_what_is_rejected_or_gone_is_withdrawn_once(gone) -> None:
    known = change(submit()).known
    withdrawn = gone(known)
    assert actions(withdrawn) == [("withdraw", "R-1")]
    assert set(withdrawn.rows[0]) == {"report_id", "action"}
    assert gone(withdrawn.known) is None


def test_what_waits_for_a_decision_on_the_server_stays_as_it_was() -> None:
    assert change(submit(standing=Standing.WAITS)) is None
    assert change(submit(standing=Standing.WAITS, version="2"), change(submit()).known) is None
    assert change(submit(standing=Standing.REJECTED)) is None


def test_what_is_restored_is_told_under_an_id_of_its_own_unless_a_figure_still_counts_it() -> None:
    withdrawn = withdraw(change(submit()).known).known
    assert change(submit(), withdrawn, may_be_restored=False) is None
    restored = change(submit(), withdrawn, may_be_restored=True)
    assert actions(restored) == [("new", "R-1.r1")]
    assert actions(withdraw(restored.known)) == [("withdraw", "R-1.r1")]
    edited = change(submit(version="2"), restored.known)
    assert actions(edited) == [("correct", "R-1.r1")]


def test_an_edit_that_changes_the_id_withdraws_the_old_one() -> None:
    moved = change(submit(version="2", report_id="R-2"), change(submit()).known)
    assert actions(moved) == [("withdraw", "R-1"), ("new", "R-2")]
    assert moved.known.report_id == "R-2"


def test_a_second_submission_with_an_id_that_is_taken_never_corrects_or_withdraws_the_first() -> None:
    second = change(submit("k2"), taken={"R-1"})
    assert actions(second) == [("new", "R-1")]
    assert not second.known.is_owner
    assert actions(change(submit("k2", "2", service="DIR"), second.known, taken={"R-1"})) == [("new", "R-1")]
    assert actions(withdraw(second.known)) == []
    assert not withdraw(second.known).known.is_told


def test_a_second_submission_that_was_rejected_is_told_once_it_counts_and_has_an_id_of_its_own() -> None:
    second = change(submit("k2"), taken={"R-1"}).known
    rejected = change(submit("k2", standing=Standing.REJECTED), second, taken={"R-1"})
    assert actions(rejected) == []
    assert not rejected.known.is_told
    told = change(submit("k2", "2", report_id="R-2"), rejected.known, taken={"R-1"})
    assert actions(told) == [("new", "R-2")]
    assert told.known.is_owner


def test_a_form_that_was_ended_before_it_told_of_anything_is_no_report_and_takes_back_what_it_told() -> None:
    ended = Submission(
        "k1", "2", Standing.COUNTS, datetime(2026, 10, 12, tzinfo=UTC), {"consent_statistics": "no"}, ()
    )
    assert change(ended) is None
    assert actions(change(ended, change(submit()).known)) == [("withdraw", "R-1")]


def test_a_form_may_withdraw_or_correct_what_another_told() -> None:
    filled = {"report_id": "R-9", "action": "withdraw"}
    told = change(Submission("k2", "1", Standing.COUNTS, datetime(2026, 10, 12, tzinfo=UTC), filled, ()))
    assert actions(told) == [("withdraw", "R-9")]
    # When that form is gone, what it took back stays so.
    assert actions(withdraw(told.known)) == []


def test_a_submission_without_an_id_goes_by_what_the_server_calls_it() -> None:
    nameless = Submission(
        "5b1c-77", "1", Standing.COUNTS, datetime(2026, 10, 1, tzinfo=UTC), {"service": "FIR"}, ()
    )
    assert actions(change(nameless)) == [("new", "5b1c-77")]


def test_further_questions_are_named_and_have_no_answer() -> None:
    assert change(submit(others=("phone_of_friend",))).rows[0]["phone_of_friend"] is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["edit", "reject", "hold", "approve", "delete", "look"]), st.sampled_from("AB")
        ),
        max_size=30,
    )
)
def test_whatever_happens_on_a_server_at_most_one_living_report_tells_of_a_submission(steps) -> None:
    """A model of the far side: rows taken in order, where a withdrawal holds for ever."""
    version, standing, is_there = 1, Standing.COUNTS, True
    known: Known | None = None
    living: dict[str, str] = {}
    dead: set[str] = set()
    answer = "A"
    for step, letter in [*steps, ("look", "A")]:
        if step == "edit":
            version, answer = version + 1, letter
        standing = {"reject": Standing.REJECTED, "hold": Standing.WAITS, "approve": Standing.COUNTS}.get(
            step, standing
        )
        is_there = step != "delete" if step in {"delete", "approve"} else is_there
        seen = submit(version=str(version), standing=standing, service=answer)
        found = (
            change(seen, known, may_be_restored=known is not None and known.report_id in dead)
            if is_there
            else (withdraw(known) if known else None)
        )
        if found is None:
            continue
        known = found.known
        for row in found.rows:
            if row["action"] == "withdraw":
                living.pop(row["report_id"], None)
                dead.add(row["report_id"])
            else:
                assert row["report_id"] not in dead
                assert (row["action"] == "correct") == (row["report_id"] in living)
                living[row["report_id"]] = row["service"]
        assert len(living) <= 1
    counts = is_there and standing is Standing.COUNTS
    if counts:
        assert list(living.values()) == [answer]
    if not is_there or standing is Standing.REJECTED:
        assert living == {}
