"""An incident falls under a provision by its codes and dates, and is late only where the form says so for sure."""

import csv
import datetime

import polars as pl
import pytest

from pipeline.contract import SCHEMAS, load_contract
from pipeline.duties import find_provisions
from pipeline.validate import ACCEPTED_SCHEMA

CONTRACT = load_contract()
DAY = datetime.date(2026, 10, 12)


@pytest.fixture
def fall():
    """Return the provisions of one report, and those it is late against."""

    def find(**told: object) -> tuple[set[str], set[str]]:
        row = dict.fromkeys(ACCEPTED_SCHEMA) | {"row": 1, "state": "IN-WB", "incident_first": DAY} | told
        row["incident_last"] = told.get("incident_last", row["incident_first"])
        frame = pl.DataFrame([row], schema=dict(ACCEPTED_SCHEMA))
        found = find_provisions(frame, CONTRACT).row(0, named=True)
        assert found["row"] == 1
        assert found["legal_provisions"] == sorted(found["legal_provisions"])
        return set(found["legal_provisions"]), set(found["late_provisions"])

    return find


REFUSED = {"duty_bearer": "POLICE_STATION", "service": "FIR", "incident_kinds": "REFUSAL"}
COMPENSATION = {"duty_bearer": "DLSA", "service": "VC_FINAL", "incident_kinds": "DELAY;STIGMA"}
LEGAL_AID = {"duty_bearer": "DLSA", "service": "LEGAL_AID", "incident_kinds": "DELAY"}


def test_the_date_of_the_act_decides_which_code_of_procedure_holds(fall):
    assert "FIR_REG.since" in fall(**REFUSED)[0]
    before, _ = fall(**REFUSED, incident_first=datetime.date(2024, 6, 30))
    assert {"FIR_REG.before"} == {code for code in before if code.startswith("FIR_REG")}


def test_a_month_that_both_codes_share_falls_under_neither(fall):
    june, july = datetime.date(2024, 6, 15), datetime.date(2024, 7, 15)
    both, _ = fall(**REFUSED, incident_first=june, incident_last=july)
    assert not [code for code in both if code.startswith("FIR_REG")]


@pytest.mark.parametrize(
    ("answer", "provision"),
    [("yes", "TRAFFICKING.before"), ("no", "TRAFFICKING.since"), ("unknown", None), (None, None)],
)
def test_the_date_of_the_offence_decides_which_penal_code_holds(answer, provision, fall):
    told = {"duty_bearer": "POLICE_STATION", "service": "PENAL_SECTIONS", "incident_kinds": "WRONG_SECTIONS"}
    found, _ = fall(**told, offence_before_july_2024=answer)
    assert {code for code in found if code.startswith("TRAFFICKING")} == ({provision} if provision else set())


def test_what_is_for_children_is_counted_for_children_alone(fall):
    told = {"duty_bearer": "SJPU", "service": "CWC_ORDER", "incident_kinds": "DELAY"}
    assert "JJ_24H" in fall(**told, survivor_age_band="under_18")[0]
    assert "JJ_24H" not in fall(**told, survivor_age_band="18_24")[0]
    assert "JJ_24H" not in fall(**told)[0]


def test_the_act_of_one_state_holds_there_alone(fall):
    told = {"duty_bearer": "GRIEVANCE_PORTAL", "service": "COMPLAINT_REDRESS", "incident_kinds": "DELAY"}
    assert "GRIEV_BR" in fall(**told, state="IN-BR")[0]
    assert "GRIEV_BR" not in fall(**told, state="IN-WB")[0]


@pytest.mark.parametrize(("days", "is_late"), [(61, False), (62, True), (400, True), (0, False)])
def test_late_is_more_than_the_limit_after_the_service_was_first_asked_for(days, is_late, fall):
    # Two months before 12 October are 12 August, 61 days.
    asked = DAY - datetime.timedelta(days=days)
    found, late = fall(**COMPENSATION, first_approached_on=asked)
    assert "VC_2M.since" in found
    assert ("VC_2M.since" in late) == is_late


def test_nothing_is_late_where_nobody_told_when_the_service_was_asked_for(fall):
    found, late = fall(**LEGAL_AID)
    assert "LEGAL_AID_7D" in found
    assert late == set()


def test_a_limit_whose_clock_the_form_does_not_tell_makes_nothing_late(fall):
    told = {
        "duty_bearer": "CWC",
        "service": "CWC_ORDER",
        "incident_kinds": "DELAY",
        "survivor_age_band": "under_18",
    }
    found, late = fall(**told, first_approached_on=datetime.date(2020, 1, 1))
    assert "JJ_SIR" in found
    assert late == set()


def test_what_is_not_verified_is_never_counted():
    with (SCHEMAS / "codes" / "legal_duties.csv").open(encoding="utf-8", newline="") as lines:
        duties = {row["code"]: row for row in csv.DictReader(lines)}
    with (SCHEMAS / "codes" / "legal_provisions.csv").open(encoding="utf-8", newline="") as lines:
        provisions = list(csv.DictReader(lines))
    for provision in provisions:
        duty = duties[provision["duty"]]
        counted = duty["confidence"] == "verified" and duty["counted_for"] != "nobody"
        late = counted and duty["clock"] == "request" and duty["limit_binds"] == "duty_bearer"
        wanted = [*(["legal_provision"] if counted else []), *(["late_provision"] if late else [])]
        assert provision["counted_in"] == (";".join(wanted) or "none")


def test_several_reports_keep_their_order(fall):
    rows = [
        dict.fromkeys(ACCEPTED_SCHEMA)
        | {"row": number, "state": "IN-WB", "incident_first": DAY, "incident_last": DAY}
        | told
        for number, told in ((7, LEGAL_AID), (2, REFUSED), (5, {"duty_bearer": "BANK_BRANCH"}))
    ]
    found = find_provisions(pl.DataFrame(rows, schema=dict(ACCEPTED_SCHEMA)), CONTRACT)
    assert found["row"].to_list() == [7, 2, 5]
    assert found["legal_provisions"].list.len().to_list()[2] == 0
