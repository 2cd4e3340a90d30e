"""A month through the jobs, on a real server: nothing is lost, nothing is counted twice, nothing moves."""

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.contract import Contract
from pipeline.errors import JawabdehiError, RetryableError
from pipeline.example import write_example
from pipeline.language import load_language
from pipeline.report.package import check_manifest
from pipeline.store import tables
from pipeline.store.ledger import check_chain

CAME_TWICE = load_language("bn").say("They came {number} times and are counted once.", number=2)


def count_rows(path: Path) -> int:
    """Count the rows of a return without the program's own reader."""
    if path.suffix == ".json":
        return len(json.loads(path.read_text(encoding="utf-8"))["reports"])
    if path.suffix == ".xlsx":
        return pl.read_excel(path, infer_schema_length=0).height
    text = path.read_text(encoding="utf-8-sig")
    delimiter = max(",;\t", key=text.splitlines()[0].count)
    return sum(1 for _ in csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter))


def read_tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def example(october, contract: Contract, once):
    """October with the example's returns, published."""

    def publish() -> None:
        write_example(october.settings.inbox, month="2026-10", reports=300, seed=7, contract=contract)
        october.run()

    once("example", publish)
    return october


def test_every_row_of_the_example_has_exactly_one_line(example) -> None:
    files = list(example.settings.inbox.glob("*/*"))
    lines = example.export()
    assert len(lines) == 300 == sum(count_rows(path) for path in files)
    verdicts = Counter(line["verdict"] for line in lines)
    assert set(verdicts) == {"counted", "duplicate", "quarantined", "held", "withdrawn", "superseded"}
    for line in lines:
        assert bool(line["incident_id"]) == (line["verdict"] in {"counted", "duplicate"})
        assert line["reasons"] or line["verdict"] == "counted"
    incidents = [line["incident_id"] for line in lines if line["verdict"] == "counted"]
    assert len(incidents) == len(set(incidents))
    assert {line["incident_id"] for line in lines if line["verdict"] == "duplicate"} <= set(incidents)


def test_a_second_run_changes_nothing(example) -> None:
    before = read_tree(example.settings.published), read_tree(example.settings.returns), example.export()
    example.run()
    assert (
        read_tree(example.settings.published),
        read_tree(example.settings.returns),
        example.export(),
    ) == before


def test_an_edition_that_counts_made_up_returns_says_so_and_no_other_does(
    example, november, make_report
) -> None:
    november.send_reports("UTTHAN", make_report("U-1"))
    november.run()
    pages = {
        month.month: (month.settings.published / month.month / "e1" / "IN" / "report.en.html").read_text()
        for month in (example, november)
    }
    assert "Made-up example" in pages["2026-10"]
    assert "Made-up example" not in pages["2026-11"]


def test_the_published_count_is_that_of_the_rows_sent(october, make_report) -> None:
    october.send_spread("U")
    faulty = (make_report(f"F-{n}", service="NOTHING_KNOWN") for n in range(5))
    october.send_reports("UTTHAN", *faulty, name="2026-10-b.csv")
    october.run()
    assert october.figure("total", "IN")["value"] == "155"
    assert october.figure("total", "IN-WB")["value"] == "50"
    assert october.figure("total", "IN-TN")["status"] == "not_published"
    assert october.figure("accounting", "IN", "rows_received")["value"] == "160"
    assert october.figure("coverage", "IN", "collectives_filed")["value"] == "2"


def test_the_same_return_under_two_names_is_counted_once_and_accounted_for_twice(october) -> None:
    october.send_spread("U")
    october.send_spread("U", name="2026-10-again.csv")
    october.run()
    assert Counter(line["verdict"] for line in october.export()) == {"counted": 153, "duplicate": 153}
    assert october.figure("total", "IN-WB")["value"] == "50"
    assert october.figure("accounting", "IN", "rows_received")["value"] == "305"
    (slip,) = october.settings.returns.glob("UTTHAN/UTTHAN-*.html")
    assert CAME_TWICE in slip.read_text(encoding="utf-8")


def test_a_correction_replaces_the_report_and_a_withdrawal_erases_it(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1"), make_report("U-2"))
    october.collect()
    october.send_reports(
        "UTTHAN",
        make_report("U-1", action="correct", service="FIR_COPY"),
        {"report_id": "U-2", "action": "withdraw"},
        name="2026-10-later.csv",
    )
    october.collect()
    assert october.verdicts() == {"U-1": ["superseded", "counted"], "U-2": ["withdrawn", "withdrawn"]}
    with engine.connect() as connection:
        services = connection.scalars(sa.select(tables.incidents.c.service)).all()
        kept = connection.scalar(sa.select(sa.func.count()).select_from(tables.sealed_reports))
    assert services == ["FIR_COPY"]
    # The two versions of U-1; nothing of U-2.
    assert kept == 2


def test_a_withdrawn_report_stays_withdrawn_when_the_old_file_is_sent_again(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    october.send_reports("UTTHAN", {"report_id": "U-1", "action": "withdraw"}, name="2026-10-b.csv")
    october.collect()
    october.send_reports("UTTHAN", make_report("U-1"), make_report("U-2"), name="2026-10-c.csv")
    october.collect()
    assert set(october.verdicts()["U-1"]) == {"withdrawn"}
    assert october.verdicts()["U-2"] == ["counted"]


def test_a_late_report_counts_in_the_open_month_and_the_closed_month_stays(published, november) -> None:
    before = read_tree(published.settings.published / "2026-10")
    published.send_spread("L", name="2026-10-late.csv")
    november.send_spread("N")
    november.run()
    assert read_tree(published.settings.published / "2026-10") == before
    assert november.figure("total", "IN-WB")["value"] == "100"


def test_a_withdrawal_after_publication_moves_no_closed_figure(published, november) -> None:
    before = read_tree(published.settings.published / "2026-10")
    november.send_reports("UTTHAN", {"report_id": "U-IN-WB-0", "action": "withdraw"})
    november.run()
    assert read_tree(published.settings.published / "2026-10") == before
    assert published.verdicts()["U-IN-WB-0"] == ["withdrawn"]


def test_a_month_before_a_published_one_cannot_be_opened(october, november) -> None:
    november.run()
    with pytest.raises(JawabdehiError, match="later month"):
        october.draft()


def test_a_draft_made_again_after_it_was_shown_is_not_published_unseen(october, make_report) -> None:
    october.send_reports("UTTHAN", *(make_report(f"U-{n}") for n in range(20)))
    october.collect()
    edition_id, shown = october.draft()
    october.send_reports("UTTHAN", *(make_report(f"M-{n}") for n in range(20)), name="2026-10-more.csv")
    october.collect()
    october.draft()
    with pytest.raises(JawabdehiError, match="made again"):
        jobs.publish_edition(october.settings, edition_id, shown, "A made-up approver")
    assert not (october.settings.published / "2026-10").exists()


def test_a_draft_waits_until_every_report_is_linked(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    jobs.prepare(october.settings)
    (return_id,) = jobs.land_returns(october.settings)
    assert jobs.list_news(october.settings) == []
    jobs.take_in_return(october.settings, return_id)
    assert jobs.list_news(october.settings) == ["UTTHAN|2026-10"]
    with pytest.raises(RetryableError, match="linkage"):
        jobs.open_edition(october.settings, "2026-10")
    jobs.link_month(october.settings, "2026-10")
    assert jobs.list_news(october.settings) == []
    assert jobs.open_edition(october.settings, "2026-10") == "JWB-2026-10-e1"


def test_a_slip_says_that_its_return_was_delivered_again_later(october, make_report) -> None:
    path = october.send_reports("UTTHAN", make_report("U-1"))
    (return_id,) = october.collect()
    october.send("UTTHAN", "2026-10-again.csv", path.read_bytes())
    assert october.collect() == []
    assert CAME_TWICE in october.slip(return_id)


def test_a_draft_is_not_sealed_before_all_its_pages_are_there(october) -> None:
    october.collect()
    edition_id, _ = october.draft()
    (october.settings.drafts / edition_id / "IN-WB" / "report.en.html").unlink()
    with pytest.raises(RetryableError, match="pages"):
        jobs.seal_edition(october.settings, edition_id)


def test_a_draft_that_was_damaged_cannot_be_approved_and_can_be_made_again(october) -> None:
    october.collect()
    edition_id, sealed = october.draft()
    (october.settings.drafts / edition_id / "IN" / "report.en.html").write_text("Something else.")
    with pytest.raises(JawabdehiError, match="manifest"):
        jobs.publish_edition(october.settings, edition_id, sealed, "A made-up approver")
    october.run()
    assert (october.settings.published / "2026-10" / "e1" / "manifest.json").is_file()


def test_a_draft_sealed_anew_by_hand_cannot_be_approved(october) -> None:
    october.collect()
    edition_id, sealed = october.draft()
    manifest = october.settings.drafts / edition_id / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    with pytest.raises(JawabdehiError, match="changed after it was sealed"):
        jobs.publish_edition(october.settings, edition_id, sealed, "A made-up approver")
    assert not (october.settings.published / "2026-10").exists()


def test_what_comes_while_a_draft_waits_counts_in_the_next_month(collected, november) -> None:
    draft = collected.draft()
    collected.send_spread("M", name="2026-10-more.csv")
    collected.collect()
    jobs.publish_edition(collected.settings, *draft, "A made-up approver")
    november.run()
    assert collected.figure("total", "IN-WB")["value"] == "50"
    assert november.figure("total", "IN-WB")["value"] == "50"


def test_the_published_edition_matches_its_manifest_and_the_ledger_holds(
    october, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    october.run()
    check_manifest(october.settings.published / "2026-10" / "e1")
    with engine.connect() as connection:
        assert check_chain(connection) > 0


def test_the_landed_bytes_are_erased_once_a_return_is_taken_in(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    october.send_reports("BIHAAN", make_report("B-1", narrative="Call 98765 43210."))
    october.send_reports("OMBLA", make_report("O-1", survivor_name="A made-up name"))
    october.collect()
    with engine.connect() as connection:
        assert connection.scalars(sa.select(tables.landed.c.content)).all() == [None] * 3
    assert october.verdicts()["B-1"] == ["held"]


def test_a_slip_names_row_field_and_what_to_do_and_no_value(october, make_report) -> None:
    (path,) = [october.send_reports("UTTHAN", make_report("U-1"), make_report("U-2", service="=cmd|calc"))]
    (return_id,) = october.collect()
    slip = october.slip(return_id)
    assert load_language("bn").say("Not counted until mended") in slip
    assert "3" in slip
    assert "cmd" not in slip
    assert path.name not in slip


def test_a_printed_edition_has_a_pdf_beside_every_page(october) -> None:
    printed = replace(october, settings=replace(october.settings, prints=True))
    printed.send_spread("PRINTED")
    printed.collect()
    draft = printed.draft(("IN-WB",))
    assert draft is not None
    folder = printed.settings.drafts / draft[0] / "IN-WB"
    pages = {page.stem for page in folder.glob("*.html")}
    assert len(pages) == 4
    assert {page.stem for page in folder.glob("*.pdf")} == pages
    assert all(page.read_bytes().startswith(b"%PDF") for page in folder.glob("*.pdf"))
