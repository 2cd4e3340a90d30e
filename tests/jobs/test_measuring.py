"""The numbers that programs which watch an installation get."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline import jobs

pytestmark = pytest.mark.usefixtures("linker")


def test_an_empty_installation_has_a_number_for_everything(settings) -> None:
    jobs.prepare(settings)
    told = jobs.measure(settings)
    assert set(told.values()) == {0}
    assert {
        "returns.landed",
        "rows.quarantined",
        "review.oldest_hours",
        "hidden.complementary",
    } <= told.keys()


def test_numbers_are_those_of_the_whole_installation_and_rows_go_in_steps_of_five(
    october, make_report
) -> None:
    october.send_reports(
        "UTTHAN",
        make_report("A", office="doubt 1"),
        make_report("B", office="doubt 1"),
        *(make_report(f"C-{number}") for number in range(5)),
        make_report("D", consent_statistics="no"),
    )
    october.send("BIHAAN", "2026-10.xlsx", b"This is no workbook.")
    october.collect()
    told = jobs.measure(october.settings, now=datetime.now(UTC) + timedelta(hours=30))
    assert (told["returns.stored"], told["returns.rejected"]) == (1, 1)
    assert (told["rows.counted"], told["rows.quarantined"], told["rows.duplicate"]) == (10, 5, 0)
    assert (told["review.pairs"], told["review.oldest_hours"]) == (1, 30)
    assert told["hidden.primary"] == 0


def test_hidden_figures_are_those_of_the_newest_edition(collected) -> None:
    assert collected.draft((), consents=()) is not None
    told = jobs.measure(collected.settings)
    assert told["hidden.primary"] > told["hidden.complementary"] >= 0
