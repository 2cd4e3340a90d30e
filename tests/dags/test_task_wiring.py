"""What the DAG files share: months of partitions, approval, and how failures reach Airflow."""

import pytest

CANARY = "canary-9876543210"


def test_a_partition_of_a_return_is_mapped_to_its_month(probed: dict) -> None:
    assert probed["month"] == "2026-10"
    assert probed["registered"]


@pytest.mark.parametrize("case", ["no collective", "no month"])
def test_a_partition_of_another_form_is_refused(probed: dict, case: str) -> None:
    assert probed[case]["error"] == "ValueError"


def test_a_run_knows_its_month_from_its_partition_or_else_from_its_parameter(probed: dict) -> None:
    assert probed["month of a partition"] == "2026-10"
    assert probed["month of a parameter"] == "2026-11"
    for case in ("without a month", "with a strange month"):
        assert probed[case]["error"] == "AirflowFailException"


def test_a_scheduled_run_waits_for_the_months_returns_and_one_on_demand_does_not(probed: dict) -> None:
    assert probed["scheduled, not due"] is False
    assert probed["scheduled, due"] is True
    assert probed["on demand"] is True


def test_without_an_answer_of_this_process_a_person_is_asked(probed: dict) -> None:
    # The cases before this one answered, and their answers ended with them.
    assert probed["not answered"] == "a person is asked"


def test_the_answer_of_the_command_line_approves_under_its_name_or_stops_at_the_draft(probed: dict) -> None:
    answer = probed["answered with a name"]
    assert answer["chosen_options"] == ["Approve"]
    assert answer["responded_by_user"]["name"] == "Asha"
    assert probed["answered without a name"]["error"] == "AirflowSkipException"


@pytest.mark.parametrize("case", ["marked by hand", "rejected", "no name"])
def test_nothing_is_published_without_an_approval_by_a_named_person(probed: dict, case: str) -> None:
    assert probed["approved"] == "Asha"
    assert probed[case]["error"] == "AirflowFailException"


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("permanent", "AirflowFailException"),
        ("unexpected", "AirflowFailException"),
        # Airflow tries again after this one.
        ("retryable", "AirflowException"),
        ("connection lost", "AirflowException"),
        ("connection lost in the middle of copying", "AirflowException"),
        ("disk full", "AirflowException"),
        ("not allowed", "AirflowFailException"),
    ],
)
def test_failures_become_airflows_own_and_leave_every_value_behind(
    probed: dict, case: str, error: str
) -> None:
    failure = probed[case]
    assert failure["error"] == error
    assert failure["chain"] == ["None", "None"]
    assert not failure["holds_canary"]
    assert CANARY not in failure["text"]


def test_the_words_of_our_own_errors_are_kept_and_those_of_others_name_the_place(probed: dict) -> None:
    assert probed["permanent"]["text"] == "Do this."
    assert probed["retryable"]["text"] == "Wait."
    assert probed["unexpected"]["text"].startswith("ValueError in probe_wiring.py:")


def test_a_job_gets_its_ids_after_the_settings(probed: dict) -> None:
    assert probed["ids"] == ["a", "b"]
