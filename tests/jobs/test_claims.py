"""What a published edition has counted stays counted there, once, whatever is learned later."""

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.link.review import name_pair
from pipeline.store import tables

pytestmark = pytest.mark.usefixtures("linker")

OCTOBER, NOVEMBER = "JWB-2026-10-e1", "JWB-2026-11-e1"


def editions(engine: sa.Engine) -> dict[str, str | None]:
    """Return the edition that counts each incident, by the report ids of its members."""
    links, rows, incidents = tables.links, tables.rows, tables.incidents
    query = (
        sa.select(incidents.c.edition_id, sa.func.string_agg(rows.c.report_id, sa.literal(" ")))
        .join_from(incidents, links, links.c.incident_id == incidents.c.incident_id)
        .join(rows, (rows.c.return_id == links.c.return_id) & (rows.c.row == links.c.row))
        .where(links.c.link_rule.in_(tables.OWN_RULES))
        .group_by(incidents.c.incident_id)
    )
    with engine.connect() as connection:
        return {" ".join(sorted(told.split())): edition for edition, told in connection.execute(query)}


def the_pair(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(tables.pairs)).all()
    return name_pair((row.report_a, row.report_b))


def test_a_late_report_of_a_counted_incident_changes_no_month(october, november, engine, make_report) -> None:
    october.send_spread("U")
    october.send_reports("UTTHAN", make_report("A", office="same 1"), name="2026-10-b.csv")
    october.run()
    published = (october.settings.published / "2026-10" / "e1" / "figures.csv").read_bytes()
    november.send_spread("N")
    november.send_reports("BIHAAN", make_report("B", office="same 1"), name="2026-11-b.csv")
    november.run()
    assert (october.settings.published / "2026-10" / "e1" / "figures.csv").read_bytes() == published
    assert november.verdicts()["B"] == ["duplicate"]
    assert november.figure("total", "IN-WB")["value"] == "50"
    assert editions(engine)["A B"] == OCTOBER


def test_when_the_first_teller_withdraws_the_other_carries_the_claim(
    october, november, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"), make_report("B", office="same 1"))
    october.run()
    november.send_reports("UTTHAN", *({"report_id": each, "action": "withdraw"} for each in ("A",)))
    november.run()
    assert editions(engine) == {"B": OCTOBER}


def test_a_late_report_inherits_the_claim_of_a_withdrawn_one(october, november, engine, make_report) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"))
    october.run()
    november.send_reports("BIHAAN", make_report("B", office="same 1"))
    november.collect()
    november.send_reports("UTTHAN", {"report_id": "A", "action": "withdraw"})
    november.run()
    assert november.verdicts() == {"A": ["withdrawn"], "B": ["counted"]}
    assert editions(engine) == {"B": OCTOBER}


def test_a_reviewer_who_says_apart_opens_the_late_report_and_undoing_closes_it(
    october, november, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"))
    october.run()
    november.send_reports("BIHAAN", make_report("B", office="same 1"))
    november.collect()
    assert editions(engine) == {"A B": OCTOBER}
    jobs.decide_pair(november.settings, the_pair(engine), "apart", "Asha")
    assert editions(engine) == {"A": OCTOBER, "B": None}
    november.draft()
    assert editions(engine) == {"A": OCTOBER, "B": NOVEMBER}
    jobs.undo_decision(november.settings, the_pair(engine), "Asha")
    assert editions(engine) == {"A B": OCTOBER}


def test_reports_split_after_they_were_counted_as_one_are_counted_once_each(
    october, november, settings, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"), make_report("B", office="same 1"))
    october.run()
    jobs.decide_pair(settings, the_pair(engine), "apart", "Asha")
    assert sorted(map(str, editions(engine).values())) == [OCTOBER, "None"]
    november.run()
    # Counted in November now, and in no later month again.
    assert sorted(map(str, editions(engine).values())) == [OCTOBER, NOVEMBER]
    jobs.link_month(settings, "2026-10")
    assert sorted(map(str, editions(engine).values())) == [OCTOBER, NOVEMBER]


def test_two_counted_incidents_that_link_later_stay_where_they_were_counted(
    october, november, settings, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="doubt 1"))
    october.run()
    november.send_reports("BIHAAN", make_report("B", office="doubt 1"))
    november.run()
    assert editions(engine) == {"A": OCTOBER, "B": NOVEMBER}
    jobs.decide_pair(settings, the_pair(engine), "same", "Asha")
    assert editions(engine) == {"A B": OCTOBER}
    jobs.undo_decision(settings, the_pair(engine), "Asha")
    assert editions(engine) == {"A": OCTOBER, "B": NOVEMBER}


def test_a_draft_made_again_counts_what_is_known_then(october, engine, make_report) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"), make_report("B"))
    october.collect()
    october.draft()
    october.send_reports("BIHAAN", make_report("C", office="same 1"))
    october.send_reports("UTTHAN", {"report_id": "B", "action": "withdraw"}, name="2026-10-b.csv")
    october.collect()
    october.draft()
    assert editions(engine) == {"A C": OCTOBER}
    with engine.connect() as connection:
        claims = connection.execute(sa.select(tables.claims)).all()
    assert len(claims) == 2
    assert {claim.edition_id for claim in claims} == {OCTOBER}


def test_a_claim_passes_on_to_a_report_corrected_in_the_same_return(
    october, november, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"))
    october.run()
    november.send_reports("UTTHAN", make_report("B", office="same 1"))
    november.collect()
    november.send_reports(
        "UTTHAN",
        {"report_id": "A", "action": "withdraw"},
        make_report("B", action="correct", office="same 1", service="FIR_COPY"),
        name="2026-11-b.csv",
    )
    november.run()
    assert editions(engine) == {"B": OCTOBER}


def test_the_last_bearer_of_a_claim_holds_it_though_nothing_ties_it_to_the_others_any_more(
    october, november, engine, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"), make_report("B", office="same 1"))
    october.run()
    (both,) = editions(engine)
    first, second = sorted(both.split(), key=lambda report: october.verdicts()[report] != ["counted"])
    november.send_reports("UTTHAN", make_report(second, action="correct", office="elsewhere"))
    november.collect()
    assert editions(engine) == {first: OCTOBER, second: None}
    november.send_reports("UTTHAN", {"report_id": first, "action": "withdraw"}, name="2026-11-b.csv")
    november.run()
    # October counted one incident of the two reports; one of them is left.
    assert editions(engine) == {second: OCTOBER}
