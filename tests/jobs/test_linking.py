"""Linkage by content through the jobs: incidents, persons and slips follow, in whatever order returns come."""

import hashlib
import itertools
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.language import load_language
from pipeline.store import tables
from pipeline.store.ledger import check_chain

pytestmark = pytest.mark.usefixtures("linker")


def read_all(engine: sa.Engine, table: sa.Table) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return sorted(map(tuple, connection.execute(sa.select(table))), key=repr)


def incident_table(engine: sa.Engine) -> dict[str, dict[str, object]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(tables.incidents))
        return {row.incident_id: row._asdict() for row in rows}


def delays(engine: sa.Engine) -> dict[str, str]:
    """Return the delay band of every incident, by the report id that stands for it."""
    links, rows = tables.links, tables.rows
    query = (
        sa.select(rows.c.report_id, tables.incidents.c.delay_band)
        .join(links, (links.c.return_id == rows.c.return_id) & (links.c.row == rows.c.row))
        .join(tables.incidents, tables.incidents.c.incident_id == links.c.report)
    )
    with engine.connect() as connection:
        return {row.report_id: row.delay_band for row in connection.execute(query)}


def test_reports_that_link_are_one_incident_in_the_words_of_the_first(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1", office="same 1"), make_report("U-2"))
    october.send_reports("BIHAAN", make_report("B-1", office="same 1", service="FIR_COPY"))
    october.collect()
    assert october.incidents() == ["B-1 U-1", "U-2"]
    assert Counter(line["verdict"] for line in october.export()) == {"counted": 2, "duplicate": 1}
    assert len(incident_table(engine)) == 2
    (duplicate,) = [line for line in october.export() if line["verdict"] == "duplicate"]
    assert (duplicate["reasons"], duplicate["link_rule"], duplicate["link_bits"]) == (
        "same_incident",
        "same_incident",
        "9.0",
    )


def test_a_slip_says_that_another_report_tells_of_the_incident(october, contract, make_report) -> None:
    for collective in ("UTTHAN", "BIHAAN"):
        october.send_reports(collective, make_report(f"{collective}-1", office="same 1"))
    slips = [october.slip(return_id) for return_id in october.collect()]
    reason = contract.rules["same_incident"].reason
    # One of them in Bengali, the other in Hindi.
    said = [load_language(code).translate(reason) for code in ("bn", "hi")]
    assert sum(any(words in slip for words in said) for slip in slips) == 1


def test_a_row_sent_twice_tells_of_the_incident_of_its_report(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1", office="same 1"))
    october.send_reports("BIHAAN", make_report("B-1", office="same 1"))
    october.collect()
    (late,) = [line["report_id"] for line in october.export() if line["verdict"] == "duplicate"]
    sender = "UTTHAN" if late == "U-1" else "BIHAAN"
    october.send_reports(sender, make_report(late, office="same 1"), make_report("X-1"), name="2026-10-b.csv")
    october.collect()
    assert october.incidents() == ["B-1 U-1", "X-1"]
    assert [line["reasons"] for line in october.export() if line["report_id"] == late] == [
        "same_incident",
        "same_row_twice",
    ]


def test_linking_again_changes_nothing_but_the_ledger(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", *(make_report(f"U-{n}", office=f"same {n // 2}") for n in range(6)))
    october.collect()
    kept = [table for table in tables.metadata.sorted_tables if table.name != "entries"]
    before = [read_all(engine, table) for table in kept]
    jobs.link_month(october.settings, "2026-10")
    assert [read_all(engine, table) for table in kept] == before
    with engine.connect() as connection:
        assert check_chain(connection) > 0


def test_a_correction_links_by_what_it_says_last(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1", office="same 1"), make_report("U-2", office="same 1"))
    october.collect()
    assert october.incidents() == ["U-1 U-2"]
    october.send_reports(
        "UTTHAN", make_report("U-2", action="correct", office="elsewhere"), name="2026-10-b.csv"
    )
    october.collect()
    assert october.incidents() == ["U-1", "U-2"]
    october.send_reports(
        "UTTHAN", make_report("U-2", action="correct", office="same 1"), name="2026-10-c.csv"
    )
    october.collect()
    assert october.incidents() == ["U-1 U-2"]


def test_a_correction_in_a_later_month_is_compared_in_its_own_month(october, november, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1", office="same 1"), make_report("U-2"))
    october.collect()
    november.send_reports("UTTHAN", make_report("U-2", action="correct", office="same 1"))
    november.collect()
    assert october.verdicts()["U-2"] == ["superseded"]
    assert [*october.verdicts()["U-1"], *november.verdicts()["U-2"]] in (
        ["counted", "duplicate"],
        ["duplicate", "counted"],
    )


def test_the_delay_of_a_report_runs_to_the_month_that_first_told_of_it(
    october, november, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A"), make_report("B"), make_report("C"))
    october.collect()
    assert delays(engine) == {"A": "same_month", "B": "same_month", "C": "same_month"}
    november.send_reports(
        "UTTHAN",
        make_report("A", action="correct", service="FIR_COPY"),
        make_report("B", action="correct", incident_date="2026-09-30"),
    )
    november.collect()
    assert delays(engine) == {"A": "same_month", "B": "1_to_2_months", "C": "same_month"}


def test_the_delay_of_a_report_does_not_depend_on_the_order_of_arrival(october, engine, make_report) -> None:
    long_ago = {"incident_date": "2026-08-30", "recorded_on": "2026-09-20"}
    october.send_reports("UTTHAN", make_report("A", **long_ago, service="FIR_COPY", action="correct"))
    october.collect()
    october.at("2026-08").send_reports("UTTHAN", make_report("A", **long_ago))
    october.collect()
    assert delays(engine) == {"A": "same_month"}
    assert [line["service"] for line in incident_table(engine).values()] == ["FIR_COPY"]


def test_a_withdrawn_report_holds_nobody_together(october, engine, make_report) -> None:
    october.send_reports(
        "UTTHAN",
        make_report("U-1", office="same 1"),
        make_report("U-2", office="same 1;same 2"),
        make_report("U-3", office="same 2"),
    )
    october.collect()
    assert october.incidents() == ["U-1 U-2 U-3"]
    october.send_reports("UTTHAN", {"report_id": "U-2", "action": "withdraw"}, name="2026-10-b.csv")
    october.collect()
    assert october.incidents() == ["U-1", "U-3"]
    assert read_all(engine, tables.pairs) == []


def test_reports_of_near_months_link_and_of_far_ones_do_not(october, make_report) -> None:
    months = [october.at(month) for month in ("2026-06", "2026-08", "2026-11")]
    for month in months:
        month.send_reports("UTTHAN", make_report(f"U-{month.month}", office="same 1", **dates(month.month)))
        month.collect()
    first, second, third = (month.export()[0]["incident_id"] for month in months)
    assert first == second == third
    # The first and the last are only tied through the one between.
    months[1].send_reports("UTTHAN", {"report_id": "U-2026-08", "action": "withdraw"}, name="2026-08-b.csv")
    months[1].collect()
    assert months[0].export()[0]["incident_id"] != months[2].export()[0]["incident_id"]


def dates(month: str) -> dict[str, str]:
    return {"incident_date": f"{month}-02", "recorded_on": f"{month}-03"}


def test_persons_are_joined_by_incidents_and_by_mistyped_tokens(october, engine, make_report) -> None:
    token = "0123456789abcdef"
    october.send_reports(
        "UTTHAN",
        make_report("U-1", office="same 1", case_token=token),
        make_report("U-2", case_token=token[:-1] + "0"),
        make_report("U-3"),
    )
    october.send_reports("BIHAAN", make_report("B-1", office="same 1"), make_report("B-2"))
    october.collect()
    persons = Counter(each["person"] for each in incident_table(engine).values())
    assert sorted(persons.values()) == [1, 1, 2]
    # Without the mistyped token nothing joins the two incidents.
    october.send_reports("UTTHAN", {"report_id": "U-2", "action": "withdraw"}, name="2026-10-b.csv")
    october.collect()
    assert set(Counter(each["person"] for each in incident_table(engine).values()).values()) == {1}
    assert read_all(engine, tables.alike) == []


def test_a_token_that_was_corrected_joins_nobody_any_more(october, engine, make_report) -> None:
    token = "0123456789abcdef"
    october.send_reports(
        "UTTHAN",
        make_report("U-1", case_token=token),
        make_report("U-2", case_token=token[:-1] + "0"),
    )
    october.collect()
    assert len({each["person"] for each in incident_table(engine).values()}) == 1
    october.send_reports(
        "UTTHAN", make_report("U-2", action="correct", case_token=hashed("U-2")), name="2026-10-b.csv"
    )
    october.collect()
    assert len({each["person"] for each in incident_table(engine).values()}) == 2
    assert read_all(engine, tables.alike) == []


def test_a_person_of_two_incidents_keeps_one_name_when_another_report_ties_a_third(
    october, november, engine, make_report
) -> None:
    token = "0123456789abcdef"
    october.send_reports("UTTHAN", make_report("U-1", case_token=token))
    october.collect()
    november.send_reports(
        "UTTHAN", make_report("N-1", case_token=token, office="same 1"), make_report("N-2", office="same 1")
    )
    november.collect()
    assert len({each["person"] for each in incident_table(engine).values()}) == 1
    november.send_reports("UTTHAN", make_report("N-3", office="same 3"), name="2026-11-b.csv")
    november.send_reports(
        "BIHAAN", make_report("B-1", office="same 3", case_token=hashed("N-2")), name="2026-11-b.csv"
    )
    november.collect()
    assert len({each["person"] for each in incident_table(engine).values()}) == 1


def hashed(report_id: str) -> str:
    return hashlib.sha256(report_id.encode()).hexdigest()[:32]


def test_doubtful_pairs_make_no_incident_and_mark_what_may_repeat(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", *(make_report(f"U-{n}", office="doubt 1") for n in range(3)))
    october.collect()
    assert october.incidents() == ["U-0", "U-1", "U-2"]
    assert sorted(each["may_repeat"] for each in incident_table(engine).values()) == [False, True, True]


def test_the_order_of_arrival_does_not_matter(october, server, make_report, tmp_path) -> None:
    files = [
        ("UTTHAN", "2026-10.csv", [("U-1", "same 1"), ("U-2", "same 2;doubt 1"), ("U-3", "doubt 1")]),
        ("BIHAAN", "2026-10-b.csv", [("B-1", "same 1"), ("B-2", "same 2")]),
        ("OMBLA", "2026-11.csv", [("O-1", "same 2"), ("O-2", "doubt 1")]),
    ]

    def arrive(*batches: list[int]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Return what comes of files that come in batches, in an installation of their own."""
        home = tmp_path / "-".join(map(str, batches))
        own = replace(october.settings, home=home, inbox=home / "inbox", database_url=server.make_database())
        month = replace(october, settings=own)
        for batch in batches:
            for number in batch:
                collective, name, reports = files[number]
                told = [make_report(report_id, office=office) for report_id, office in reports]
                month.send_reports(collective, *told, name=name)
            month.collect()
        return month.export(), month.at("2026-11").export()

    at_once = arrive([0, 1, 2])
    for order in itertools.permutations(range(3)):
        assert arrive(*([number] for number in order)) == at_once, order


def test_the_ledger_tells_how_many_pairs_there_were_and_nothing_else(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", *(make_report(f"U-{n}", office="same 1") for n in range(3)))
    october.collect()
    with engine.connect() as connection:
        facts = connection.scalars(
            sa.select(tables.entries.c.facts).where(tables.entries.c.event == "month linked")
        ).all()[-1]
    assert facts == {
        "counted": 1,
        "duplicate": 2,
        "pairs_automatic": 3,
        "pairs_review": 0,
        "pairs_compared": 3,
        "dense_reports": 0,
    }
