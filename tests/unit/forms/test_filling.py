"""The form filled as on a phone, by the engine of ODK Collect: what it asks, keeps, refuses, and what becomes of it.

What is filled in comes back as a return through the same steps as any other, so form and contract are held against
each other by what they do, not by what they say.
"""

import datetime
import json
import random
import re
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from pipeline.coding import code_frame
from pipeline.collect.questions import QuestionReader
from pipeline.contract import load_contract
from pipeline.forms.questions import list_own_questions
from pipeline.jobs.examination import Examination, examine_return
from pipeline.language import list_languages, load_language
from pipeline.settings import KOLKATA

from .conftest import TODAY

CONTRACT = load_contract()
RECEIVED_ON = datetime.date.fromisoformat(TODAY)
GOLDEN = Path(__file__).parent.parent.parent / "golden" / "validate"
LEFT_TO_THE_SLIP = {"case_token_mistyped"}
CRITICAL = {
    rule.rule for rule in CONTRACT.rules.values() if rule.severity in {"quarantine", "hold"}
} - LEFT_TO_THE_SLIP
REQUIRED = {
    "safe_now": "yes",
    "consent_statistics": "yes",
    "incident_day_known": "day",
    "incident_day": "2026-10-12",
    "state": "IN-WB",
    "duty_bearer": "POLICE_STATION",
    "service": "FIR",
    "incident_kinds": "REFUSAL",
}
"""The least that a made-up report says."""

AFTER_CONSENT = {
    field.name for field in CONTRACT.fields.values() if field.section not in {"consent", "filing"}
}


def read_answers(filled: dict) -> dict[str, str]:
    """Return what a filled form says of the contract's fields, read as the sources read submissions of a server."""
    reader = QuestionReader("made-up", frozenset(CONTRACT.fields))
    return reader.read(_nest(etree.fromstring(filled["xml"].encode())))[0]


def _nest(element: etree._Element) -> dict[str, object]:
    return {
        etree.QName(child).localname: _nest(child) if len(child) else child.text or "" for child in element
    }


def examine(*reports: dict[str, str]) -> Examination:
    content = json.dumps({"reports": reports}).encode()
    return examine_return(content, "json", CONTRACT, received_on=RECEIVED_ON)


@pytest.fixture(scope="module")
def reported(fill) -> dict:
    """A report that says only what it must."""
    return fill([REQUIRED])[0]


def test_a_report_of_the_least_comes_back_as_a_valid_row(reported):
    assert reported["refused"] == {}
    assert reported["can_be_sent"]
    examined = examine(read_answers(reported))
    assert examined.accepted.height == 1
    assert examined.findings.is_empty()
    report = examined.accepted.row(0, named=True)
    assert report["incident_first"] == report["incident_last"] == datetime.date(2026, 10, 12)
    assert (report["recorded_on"], report["action"]) == (RECEIVED_ON, "new")


def test_nothing_but_answers_and_a_random_id_is_sent(reported):
    sent = {etree.QName(element).localname for element in etree.fromstring(reported["xml"].encode()).iter()}
    groups = {"data", "before", *CONTRACT.sections, "meta", "instanceID"}
    assert sent <= {*groups, *CONTRACT.fields, *list_own_questions(CONTRACT)}


def test_whoever_is_not_safe_is_shown_how_to_leave_and_asked_nothing_else(fill):
    (left,) = fill([REQUIRED | {"safe_now": "no"}])
    assert left["asked"] == ["safe_now"]
    assert "back button" in left["shown"]["leave_now"]
    assert left["can_be_sent"]
    assert read_answers(left) == {}


def test_whether_it_is_safe_has_to_be_answered(fill):
    (blank,) = fill([{}])
    assert blank["asked"] == ["safe_now"]
    assert blank["refused"] == {"safe_now": "required"}


def test_without_consent_nothing_is_asked_further_and_what_was_answered_is_not_kept(fill):
    for refusal in (
        {"consent_statistics": "no"},
        {"survivor_age_band": "under_18", "guardian_consent": "no"},
    ):
        at_once, later = fill([REQUIRED | refusal, [REQUIRED | {"narrative": "Made up."}, refusal]])
        for left in (at_once, later):
            assert left["asked"][-1] == [*refusal][-1]
            assert left["can_be_sent"]
            assert not AFTER_CONSENT & read_answers(left).keys()
            assert "report_id" not in read_answers(left)
            assert any("back button" in said for name, said in left["shown"].items() if "consent" in name)


@pytest.mark.parametrize("part", [part for part in CONTRACT.sections if part != "consent"])
def test_whoever_stops_is_asked_nothing_more_and_nothing_of_what_happened_is_kept(fill, part):
    stop = {f"stop_before_{part}": "stop"}
    (stopped,) = fill([[REQUIRED | {"narrative": "Made up.", "survivor_gender": "woman"}, stop]])
    assert stopped["asked"][-1] == f"stop_before_{part}"
    assert "You have stopped" in stopped["shown"]["stopped"]
    assert stopped["can_be_sent"]
    assert read_answers(stopped).keys() <= {"action", "consent_statistics"}


def test_whoever_stops_and_thinks_better_of_it_has_lost_nothing(fill):
    (gone_on,) = fill(
        [
            [
                REQUIRED | {"narrative": "Made up."},
                {"stop_before_person": "stop"},
                {"stop_before_person": "go_on"},
            ]
        ]
    )
    assert gone_on["can_be_sent"]
    assert read_answers(gone_on)["narrative"] == "Made up."


def test_the_guardian_is_asked_for_a_child_alone_and_has_to_answer(fill):
    child, adult, agreed = fill(
        [
            REQUIRED | {"survivor_age_band": "under_18"},
            REQUIRED | {"survivor_age_band": "18_24"},
            REQUIRED | {"survivor_age_band": "under_18", "guardian_consent": "yes"},
        ]
    )
    assert child["refused"] == {"guardian_consent": "required"}
    assert not child["can_be_sent"]
    assert "guardian_consent" not in adult["asked"]
    assert examine(read_answers(agreed)).accepted.height == 1


def test_taking_a_report_back_needs_its_number_and_nothing_else(fill):
    withdrawn, blank = fill(
        [
            {"safe_now": "yes", "action": "withdraw", "report_id": "made-up-1"},
            {"safe_now": "yes", "action": "withdraw"},
        ]
    )
    assert withdrawn["asked"] == ["safe_now", "action", "report_id"]
    answers = read_answers(withdrawn)
    assert answers == {"action": "withdraw", "report_id": "made-up-1"}
    assert examine(answers).accepted["action"].to_list() == ["withdraw"]
    assert blank["refused"] == {"report_id": "required"}, "no number is proposed that would take nothing back"


def test_a_correction_is_asked_for_the_number_of_the_earlier_report(fill):
    corrected, blank = fill(
        [REQUIRED | {"action": "correct", "report_id": "made-up-1"}, REQUIRED | {"action": "correct"}]
    )
    answers = read_answers(corrected)
    assert (answers["action"], answers["report_id"]) == ("correct", "made-up-1")
    assert examine(answers).accepted.height == 1
    assert blank["refused"] == {"report_id": "required"}


def test_a_new_report_is_given_a_number_of_its_own_that_is_shown_to_be_written_down(fill):
    filled = fill([REQUIRED] * 100)
    numbers = [read_answers(one)["report_id"] for one in filled]
    assert len(set(numbers)) == len(numbers)
    assert all(
        re.fullmatch(r"[bcdfghjkmnpqrtvx]{3}(-[bcdfghjkmnpqrtvx]{3}){2}", number) for number in numbers
    )
    assert all(number in one["shown"]["number"] for number, one in zip(numbers, filled, strict=True))
    assert examine(*map(read_answers, filled)).accepted.height == len(filled)


def test_the_day_of_filling_is_today_unless_said_otherwise(fill):
    before = datetime.datetime.now(KOLKATA).date()
    (filled,) = fill([REQUIRED | {"incident_day": "2000-01-01"}], today="")
    after = datetime.datetime.now(KOLKATA).date()
    assert before <= datetime.date.fromisoformat(read_answers(filled)["recorded_on"]) <= after


def test_districts_offered_are_those_of_the_state(fill):
    for state in ("IN-WB", "IN-TS"):
        (filled,) = fill([REQUIRED | {"state": state}])
        districts = CONTRACT.code_lists["districts"].codes.values()
        assert filled["offered"]["district"] == [
            code.code for code in districts if code.within == state and code.valid_to is None
        ]


def test_an_incident_can_be_dated_by_its_month(fill):
    (filled,) = fill([REQUIRED | {"incident_day_known": "month", "incident_month": "2026-09-01"}])
    answers = read_answers(filled)
    assert answers["incident_date"] == "2026-09"
    assert examine(answers).accepted.row(0, named=True)["incident_last"] == datetime.date(2026, 9, 30)


@pytest.mark.parametrize("code", list_languages())
def test_every_screen_says_something_in_every_language(fill, code):
    language = load_language(code)
    (filled,) = fill([REQUIRED], language=f"{language.name} ({code})")
    assert len(filled["shown"]) > len(CONTRACT.sections)
    assert all(said.strip("- ") for name, said in filled["shown"].items() if name != "before")
    (refused,) = fill([REQUIRED | {"visits": "-1"}], language=f"{language.name} ({code})")
    assert language.translate(CONTRACT.rules["visits_form"].mend) in refused["refused"]["visits"]


REMARKS = {
    "see_resolved_on_resolved_before_incident": {"resolution": "resolved", "resolved_on": "2026-10-11"},
    "see_resolved_on_resolved_after_recorded": {"resolution": "partly", "resolved_on": "2026-11-06"},
    "see_resolved_on_resolved_without_date": {"resolution": "resolved"},
    "see_escalated_to_escalated_none_and_others": {"escalated_to": "slsa none"},
    "see_incident_day_incident_long_ago": {"incident_day": "1969-12-31"},
    "see_incident_month_incident_long_ago": {
        "incident_day_known": "month",
        "incident_day": "",
        "incident_month": "1969-12-01",
    },
    "see_first_approached_on_approached_long_ago": {"first_approached_on": "1969-12-31"},
    "see_amount_demanded_amount_demanded_too_large": {"amount_demanded": "100000001"},
    "see_recorded_on_recorded_long_ago": {"recorded_on": "2018-12-31", "incident_day": "2018-12-31"},
}
"""Made-up answers that are taken with a remark, by the remark."""

FINE = [
    {"resolution": "resolved", "resolved_on": "2026-10-12"},
    {"resolution": "partly", "resolved_on": "2026-11-05", "escalated_to": "none"},
    {"incident_day": "1970-01-01", "first_approached_on": "1970-01-01", "amount_demanded": "100000000"},
    {"incident_day_known": "month", "incident_month": "1970-01-01"},
    {"incident_day_known": "month", "incident_month": "2026-10-01", "recorded_on": "2026-10-01"},
    {"recorded_on": "2019-01-01", "incident_day": "2019-01-01"},
]
"""Made-up answers just beside them."""


def test_what_the_contract_warns_of_is_remarked_and_taken(fill):
    assert {name for name in list_own_questions(CONTRACT) if name.startswith("see_")} == set(REMARKS)
    for remark, filled in zip(
        REMARKS, fill([REQUIRED | changes for changes in REMARKS.values()]), strict=True
    ):
        assert [name for name in filled["shown"] if name.startswith("see_")] == [remark]
        examined = examine(read_answers(filled))
        assert examined.accepted.height == 1
        (rule,) = examined.findings["rule"]
        assert remark.endswith(f"_{rule}")


def test_what_the_contract_has_nothing_against_is_taken_without_a_remark(fill):
    for filled in fill([REQUIRED | changes for changes in FINE]):
        assert filled["can_be_sent"]
        assert not [name for name in filled["shown"] if name.startswith("see_")]
        assert examine(read_answers(filled)).findings.is_empty()


def answer_as(report: dict[str, str | None]) -> dict[str, str]:
    """Return how somebody would fill in a report, whose cells are coded, on a phone."""
    cells = {name: cell or "" for name, cell in report.items()}
    date = cells.pop("incident_date")
    known = "" if not date else "month" if re.fullmatch(r"\d{4}-\d{2}", date) else "day"
    severals = {field.name for field in CONTRACT.fields.values() if field.kind == "codes"}
    return {
        "safe_now": "yes",
        "incident_day_known": known,
        "incident_day": date if known == "day" else "",
        "incident_month": f"{date}-01" if known == "month" else "",
        **{name: cell.replace(";", " ") if name in severals else cell for name, cell in cells.items()},
    }


def makes_a_report(filled: dict) -> bool:
    """Tell whether a filling ends in a report that is sent as it was filled in."""
    return not filled["refused"] and filled["can_be_sent"] and "report_id" in read_answers(filled)


def read_asked(report: dict[str, str | None], filled: dict) -> dict[str, str | None]:
    """Return a report without the cells that the form did not ask for."""
    asked = {*filled["asked"], *({"incident_date"} if "incident_day_known" in filled["asked"] else ())}
    return {name: cell if name in asked else None for name, cell in report.items()}


def compare(fill, reports: list[dict[str, str | None]]) -> tuple[int, int]:
    """Hold what the form takes against what the contract takes; return how many reports both took and refused."""
    filled = fill([answer_as(report) for report in reports])
    asked = [read_asked(report, one) for report, one in zip(reports, filled, strict=True)]
    examined = examine(*asked)
    # In JSON the first report is row 1.
    accepted = set(examined.accepted["row"])
    for row, one in enumerate(filled, start=1):
        rules = examined.findings.filter(pl.col("row") == row)["rule"].to_list()
        if LEFT_TO_THE_SLIP & set(rules):
            continue
        assert makes_a_report(one) == (row in accepted), (asked[row - 1], rules, one["refused"])
    return len(accepted), len(reports) - len(accepted)


def test_the_form_takes_what_the_contract_takes_of_the_written_examples(fill):
    cases = [
        pl.read_csv(folder / "input.csv", infer_schema=False)
        for folder in sorted(GOLDEN.iterdir())
        if folder.is_dir()
    ]
    cells = code_frame(pl.concat(cases, how="diagonal").with_row_index("row"), CONTRACT)
    taken, refused = compare(fill, cells.select(*CONTRACT.fields).to_dicts())
    assert taken
    assert refused


EDGES = {
    "report_id": ("a", "A.b-c_9", "x" * 64, "x" * 65, "with space", " \u0967\u0968 ", "a/b", "\u00e9", "9"),
    "recorder": ("R1", "x" * 16, "x" * 17, "\u0be7", "A B"),
    "case_token": (
        *("5ca1ab1e0ddba11c0ffee0decade0bad", "5CA1AB1E0DDBA11C", "a" * 15, "a" * 16, "a" * 128, "a" * 129),
        *(
            "1234567890123456",
            "123456789012345678",
            "1234567890123456789",
            "\u09e7\u09e8" * 8,
            "a\u09e7" * 8,
            "g" * 16,
        ),
    ),
    "visits": ("3", "0", "-1", "100000", "100001"),
    "times_recounted": ("1", "0", "-1", "100000", "100001"),
    "amount_demanded": ("500", "0", "-500", "100000001"),
    "office": ("Made-up office", "\u0915" * 500, "\u0915" * 501),
    "narrative": ("Made up.\nOf two lines.", "\u0b85" * 10_000, "\u0b85" * 10_001),
    "incident_date": (
        "2026-10",
        "2026-11",
        "2026-12",
        "2026-11-05",
        "2026-11-06",
        "2020-02-29",
        "1969-12",
        "1899-12",
    ),
    "first_approached_on": ("2026-10-31", "2026-11-01", "2026-11-06", "1900-01-01", "1899-12-31"),
    "resolved_on": ("2026-10-12", "2026-11-06", "2199-12-31", "2200-01-01", "1899-12-31"),
    "recorded_on": ("2026-11-05", "2026-11-06", "2026-10-31", "2018-12-31", "1899-12-31"),
}
"""Made-up answers at and just beyond the bounds of what is taken; the first of each is well inside, but for dates."""


def draw_report(chance: random.Random) -> dict[str, str | None]:
    """Draw a made-up report that keeps every rule."""
    report: dict[str, str | None] = {}
    for field in CONTRACT.fields.values():
        if field.code_list:
            codes = [code for code in CONTRACT.codes_of(field.name).codes.values() if code.valid_to is None]
            if field.name == "district":
                codes = [code for code in codes if code.within == report["state"]]
            most = 3 if field.kind == "codes" else 1
            drawn = {chance.choice(codes).code for _ in range(chance.randint(1, most))}
            report[field.name] = ";".join(sorted(drawn))
        else:
            report[field.name] = EDGES[field.name][0]
    left_out = [
        name for name, field in CONTRACT.fields.items() if not field.required and chance.random() < 0.3
    ]
    return {
        **report,
        **draw_dates(chance),
        **dict.fromkeys(left_out),
        "report_id": f"made-up-{chance.randrange(10**6)}",
        "action": chance.choice(("new", "correct")),
        "consent_statistics": "yes",
        "guardian_consent": "yes",
    }


def bend(report: dict[str, str | None], chance: random.Random) -> dict[str, str | None]:
    """Change some answers to such as are at the bounds of what is taken, or beyond."""
    bent = {name: chance.choice(EDGES[name]) for name in chance.sample(sorted(EDGES), chance.randint(1, 2))}
    refusal = chance.choice(({}, {}, {"consent_statistics": "no"}, {"guardian_consent": "no"}))
    return report | (bent if chance.random() < 0.9 else refusal)


def draw_dates(chance: random.Random) -> dict[str, str | None]:
    """Draw dates in their order: first approached, the incident, resolved, filled in."""
    days = sorted(RECEIVED_ON - datetime.timedelta(days=chance.randrange(2000)) for _ in range(4))
    approached, happened, resolved, recorded = (day.isoformat() for day in days)
    return {
        "first_approached_on": chance.choice((approached, None)),
        "incident_date": chance.choice((happened, happened[:7])),
        "resolved_on": resolved,
        "resolution": chance.choice(("resolved", "partly")),
        "recorded_on": recorded,
    }


def test_the_form_takes_what_the_contract_takes_of_answers_by_chance_at_and_beyond_the_bounds(fill):
    chance = random.Random(6)
    taken, refused = compare(fill, [bend(draw_report(chance), chance) for _ in range(150)])
    assert taken
    assert refused


def read_row(report: dict[str, object]) -> dict[str, str | None]:
    """Return an accepted row as cells of the form."""
    first, last = report.pop("incident_first"), report.pop("incident_last")
    cells = {name: None if value is None else str(value) for name, value in report.items() if name != "row"}
    return cells | {"incident_date": first.isoformat() if first == last else f"{first:%Y-%m}"}


def test_answers_of_every_kind_come_back_as_they_were_given(fill):
    chance = random.Random(7)
    reports = [draw_report(chance) for _ in range(100)]
    assert all(any(report[name] for report in reports) for name in CONTRACT.fields)
    filled = fill([answer_as(report) for report in reports])
    examined = examine(*map(read_answers, filled))
    assert examined.received.height == examined.accepted.height == len(reports)
    assert examined.dropped_columns == ()
    for report, one, row in zip(reports, filled, examined.accepted.to_dicts(), strict=True):
        assert one["refused"] == {}
        assert read_row(row) == read_asked(report, one)
