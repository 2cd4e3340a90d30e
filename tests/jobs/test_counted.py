"""What editions counted is frozen with them, and rid of whatever is withdrawn, in every edition."""

import hashlib

import polars as pl
import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.jobs import linkage
from pipeline.link.review import name_pair
from pipeline.protect.counted import CELLS_SCHEMA, COUNTED_SCHEMA
from pipeline.store import counted, release, tables
from pipeline.store.database import begin

pytestmark = pytest.mark.usefixtures("linker")

E1, E2, NOVEMBER = "JWB-2026-10-e1", "JWB-2026-10-e2", "JWB-2026-11-e1"
WITHDRAWAL = "2026-11-withdrawal.csv"
TOKEN = hashlib.sha256(b"A made-up token").hexdigest()[:31]


@pytest.fixture
def freeze(engine: sa.Engine):
    """Let an edition count what its month counts, and publish it, without tables and pages."""

    def publish(edition_id: str, state: str = "published") -> pl.DataFrame:
        month, number = edition_id[4:11], int(edition_id[-1])
        with begin(engine, "jawabdehi_reporting") as connection:
            release.ensure_edition(connection, edition_id, month, number)
            if number == 1:
                release.claim_counts(connection, edition_id, month)
            counted.replace_counted(connection, edition_id, f"JWB-{month}-e1")
            release.change_edition(connection, edition_id, state=state)
            return counted.load_counted(connection, edition_id, COUNTED_SCHEMA)

    return publish


@pytest.fixture
def frozen(engine: sa.Engine):
    """Read what an edition counts; no row of any edition holds anything of a withdrawn report."""

    def read(edition_id: str) -> pl.DataFrame:
        reports, rows, links = tables.reports, tables.counted, tables.links
        with engine.connect() as connection:
            persons = set(connection.scalars(sa.select(reports.c.person)))
            own = sa.select(links.c.report).where(links.c.link_rule.in_(tables.OWN_RULES))
            living = set(connection.scalars(own))
            for row in connection.execute(sa.select(rows)):
                assert set(row.reports) <= living
                assert row.person is None or row.person in persons
            return counted.load_counted(connection, edition_id, COUNTED_SCHEMA)

    return read


def key(collective: str, report_id: str) -> str:
    return hashlib.sha256(f"{collective}/{report_id}".encode()).hexdigest()[:20]


def withdraw(month, *reports: tuple[str, str]) -> None:
    for collective in {collective for collective, _ in reports}:
        lines = [{"report_id": each, "action": "withdraw"} for by, each in reports if by == collective]
        month.send_reports(collective, *lines, name=WITHDRAWAL)
    month.collect()


def told(frame: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return frame.select(columns).rows()


def the_pair(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(tables.pairs)).all()
    return name_pair((row.report_a, row.report_b))


def persons(engine: sa.Engine) -> list[str]:
    """Return the hashes of all case tokens, sorted."""
    with engine.connect() as connection:
        return sorted(set(connection.scalars(sa.select(tables.reports.c.person))))


def test_an_edition_counts_incidents_with_all_who_told_of_them(october, engine, freeze, make_report) -> None:
    october.send_reports(
        "UTTHAN",
        make_report("A", office="same 1", district="303"),
        make_report("B", grounds="caste;religion"),
    )
    october.send_reports("BIHAAN", make_report("C", office="same 1"))
    october.collect()
    rows = {row["incident"]: row for row in freeze(E1).iter_rows(named=True)}
    first = min(key("UTTHAN", "A"), key("BIHAAN", "C"))
    assert set(rows) == {first, key("UTTHAN", "B")}
    assert rows[first]["collectives"] == ["BIHAAN", "UTTHAN"]
    alone = rows[key("UTTHAN", "B")]
    assert alone["collectives"] == ["UTTHAN"]
    assert {row["person"] for row in rows.values()} <= set(persons(engine))
    assert (alone["grounds"], alone["incident_kinds"]) == (["caste", "religion"], ["REFUSAL"])
    assert (alone["state"], alone["service"], alone["may_repeat"]) == ("IN-WB", "FIR", False)


def test_a_draft_counts_anew_what_is_known_then(october, freeze, make_report) -> None:
    october.send_reports("UTTHAN", make_report("A"), make_report("B"))
    october.collect()
    assert freeze(E1, state="draft").height == 2
    october.send_reports("UTTHAN", make_report("C"), name="2026-10-b.csv")
    withdraw(october, ("UTTHAN", "A"))
    assert freeze(E1)["incident"].to_list() == sorted(key("UTTHAN", each) for each in "BC")


def test_corrections_change_no_published_row_and_the_next_edition_has_them_under_the_same_name(
    october, november, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A"), make_report("B"))
    october.collect()
    published = freeze(E1)
    november.send_reports("UTTHAN", make_report("A", action="correct", service="FIR_COPY"))
    november.collect()
    assert frozen(E1).equals(published)
    corrected = freeze(E2)
    assert corrected["incident"].equals(published["incident"])
    assert dict(told(corrected, "incident", "service")) == {
        key("UTTHAN", "A"): "FIR_COPY",
        key("UTTHAN", "B"): "FIR",
    }
    assert frozen(E1).equals(published)


def test_an_incident_with_a_new_first_report_keeps_its_name_in_the_next_edition(
    october, november, engine, freeze, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"))
    october.collect()
    published = freeze(E1)
    # For September, so that it stands first now.
    november.send_reports(
        "BIHAAN",
        make_report("B", office="same 1", recorded_on="2026-09-20", incident_date="2026-09-12"),
        name="2026-09-late.csv",
    )
    november.at("2026-09").collect()
    with engine.connect() as connection:
        assert connection.scalars(sa.select(tables.incidents.c.incident_id)).all() == [key("BIHAAN", "B")]
    later = freeze(E2)
    assert later["incident"].equals(published["incident"])
    assert later["collectives"].to_list() == [["BIHAAN", "UTTHAN"]]


def test_a_withdrawn_incident_is_gone_from_every_edition_and_no_cell_or_figure_moves(
    october, november, engine, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A"), make_report("B"))
    october.collect()
    freeze(E1)
    freeze(E2)
    cell = dict.fromkeys(CELLS_SCHEMA, "") | {"table": "total", "period": "2026-10", "count": 2, "persons": 2}
    with begin(engine, "jawabdehi_reporting") as connection:
        release.add_cells(connection, E1, pl.DataFrame([cell], schema=CELLS_SCHEMA))
    withdraw(november, ("UTTHAN", "A"))
    for edition in (E1, E2):
        assert frozen(edition)["incident"].to_list() == [key("UTTHAN", "B")]
    with engine.connect() as connection:
        assert [row.count for row in connection.execute(sa.select(tables.cells))] == [2]


def test_what_is_left_of_an_incident_is_told_in_the_words_of_those_who_are_left(
    october, november, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"))
    october.send_reports("BIHAAN", make_report("B", office="same 1"))
    october.collect()
    freeze(E1)
    freeze(E2)
    (first, second) = sorted((("UTTHAN", "A"), ("BIHAAN", "B")), key=lambda report: key(*report))
    november.send_reports(
        second[0], make_report(second[1], action="correct", office="same 1", service="FIR_COPY")
    )
    november.collect()
    withdraw(november, first)
    for edition in (E1, E2):
        assert told(frozen(edition), "incident", "service", "collectives") == [
            (key(*first), "FIR_COPY", [second[0]])
        ]


def test_a_late_report_that_inherits_the_claim_tells_the_incident_from_then_on(
    october, november, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"))
    october.collect()
    freeze(E1)
    november.send_reports("BIHAAN", make_report("B", office="same 1"))
    november.collect()
    withdraw(november, ("UTTHAN", "A"))
    assert told(frozen(E1), "incident", "collectives") == [(key("UTTHAN", "A"), ["BIHAAN"])]
    withdraw(november, ("BIHAAN", "B"))
    assert frozen(E1).is_empty()


def test_a_report_that_told_of_another_incident_when_it_was_counted_is_forgotten_there(
    october, november, engine, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="doubt 1"))
    october.collect()
    freeze(E1)
    november.send_reports("BIHAAN", make_report("B", office="doubt 1"))
    november.collect()
    jobs.decide_pair(november.settings, the_pair(engine), "same", "Asha")
    assert told(freeze(E2), "collectives") == [(["BIHAAN", "UTTHAN"],)]
    jobs.undo_decision(november.settings, the_pair(engine), "Asha")
    freeze(NOVEMBER)
    assert told(frozen(NOVEMBER), "collectives") == [(["BIHAAN"],)]
    withdraw(november, ("BIHAAN", "B"))
    assert told(frozen(E2), "incident", "collectives") == [(key("UTTHAN", "A"), ["UTTHAN"])]
    assert frozen(NOVEMBER).is_empty()


def test_an_incident_made_of_two_lives_on_under_the_name_of_the_one_that_is_left(
    october, november, engine, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="doubt 1"))
    october.send_reports("BIHAAN", make_report("B", office="doubt 1"))
    october.collect()
    both = sorted((("UTTHAN", "A"), ("BIHAAN", "B")), key=lambda report: key(*report))
    assert freeze(E1)["incident"].to_list() == [key(*each) for each in both]
    jobs.decide_pair(november.settings, the_pair(engine), "same", "Asha")
    assert freeze(E2)["incident"].to_list() == [key(*both[0])]
    withdraw(november, both[0])
    for edition in (E1, E2):
        assert told(frozen(edition), "incident", "collectives") == [(key(*both[1]), [both[1][0]])]


def test_two_incidents_that_are_one_now_are_put_back_once_each_where_both_were_counted(
    october, november, engine, freeze, frozen, make_report
) -> None:
    october.send_reports(
        "UTTHAN", make_report("A", office="same 1;doubt 3"), make_report("C", office="same 1")
    )
    october.send_reports(
        "BIHAAN", make_report("B", office="same 2;doubt 3"), make_report("D", office="same 2")
    )
    october.collect()
    assert freeze(E1).height == 2
    with engine.connect() as connection:
        doubtful = connection.execute(
            sa.select(tables.pairs).where(tables.pairs.c.verdict == "review")
        ).first()
    jobs.decide_pair(november.settings, name_pair((doubtful.report_a, doubtful.report_b)), "same", "Asha")
    assert freeze(E2).height == 1
    withdraw(november, ("UTTHAN", "C"), ("BIHAAN", "D"))
    assert frozen(E1)["collectives"].to_list() == [["BIHAAN", "UTTHAN"]] * 2
    assert frozen(E2)["collectives"].to_list() == [["BIHAAN", "UTTHAN"]]


def test_a_person_named_after_an_erased_token_gets_another_name_in_every_edition(
    october, november, engine, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", *(make_report(each, case_token=TOKEN + each.lower()) for each in "AB"))
    october.collect()
    (name,) = freeze(E1)["person"].unique()
    with engine.connect() as connection:
        own = sa.select(tables.links.c.report).join(
            tables.reports,
            (tables.reports.c.return_id == tables.links.c.return_id)
            & (tables.reports.c.row == tables.links.c.row),
        )
        (eponym,) = connection.scalars(own.where(tables.reports.c.person == name))
    report, other = ("A", "B") if eponym == key("UTTHAN", "A") else ("B", "A")
    withdraw(november, ("UTTHAN", report))
    assert told(frozen(E1), "incident", "person") == [(key("UTTHAN", other), persons(engine)[0])]


def test_a_person_has_one_name_in_all_editions_when_they_are_read(
    october, november, engine, freeze, frozen, make_report
) -> None:
    """The second token is mistyped, and whichever hash is smaller names the person from then on."""
    october.send_reports("UTTHAN", make_report("A", case_token=f"{TOKEN}1"))
    october.collect()
    freeze(E1)
    november.send_reports("UTTHAN", *(make_report(f"N-{n}", case_token=f"{TOKEN}{n}") for n in range(2, 9)))
    november.collect()
    freeze(NOVEMBER)
    names = pl.concat([frozen(E1)["person"], frozen(NOVEMBER)["person"]])
    assert names.unique().to_list() == [persons(engine)[0]]
    both = counted.select_counted([E1, NOVEMBER])
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count(both.c.person.distinct()))) == 1
        assert connection.scalar(sa.select(sa.func.count()).select_from(both)) == 8


def test_a_person_whose_token_is_corrected_keeps_one_name_in_all_editions(
    october, november, engine, freeze, frozen, make_report
) -> None:
    october.send_reports("UTTHAN", make_report("A", case_token=f"{TOKEN}1"))
    october.collect()
    freeze(E1)
    corrected = hashlib.sha256(b"Another made-up token").hexdigest()[:32]
    november.send_reports(
        "UTTHAN",
        make_report("A", action="correct", case_token=corrected),
        make_report("N", case_token=corrected),
    )
    november.collect()
    freeze(NOVEMBER)
    names = {*frozen(E1)["person"], *frozen(NOVEMBER)["person"]}
    with engine.connect() as connection:
        assert names == set(connection.scalars(sa.select(tables.incidents.c.person)))
    assert len(names) == 1


def test_a_withdrawal_that_is_killed_changes_nothing_and_one_done_twice_no_more_than_once(
    october, november, engine, freeze, frozen, make_report, monkeypatch
) -> None:
    october.send_reports("UTTHAN", make_report("A", office="same 1"), make_report("B"))
    october.send_reports("BIHAAN", make_report("C", office="same 1"))
    october.collect()
    before = freeze(E1)

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(linkage, "write_papers", die)
        with pytest.raises(KeyboardInterrupt):
            withdraw(november, ("UTTHAN", "A"), ("UTTHAN", "B"))
    with engine.connect() as connection:
        assert counted.load_counted(connection, E1, COUNTED_SCHEMA).equals(before)
    jobs.link_month(november.settings, "2026-11")
    once = frozen(E1)
    assert once["collectives"].to_list() == [["BIHAAN"]]
    for month in ("2026-11", "2026-10"):
        jobs.link_month(november.settings, month)
        assert frozen(E1).equals(once)
