"""The made-up returns: complete, repeatable, marked as made up, and as varied as real ones."""

import csv
import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import fastexcel
import numpy as np
import pytest
from stdnum.in_ import aadhaar

from pipeline.contract import fold_spelling, load_contract
from pipeline.errors import UsageError
from pipeline.example import write_example
from pipeline.example.chance import Chance
from pipeline.example.habits import load_answers, load_habits, load_kinds, load_matters
from pipeline.example.tellings import plan_filings, tell
from pipeline.example.world import NOTHING, Month, invent_world

EPOCH = date(1970, 1, 1).toordinal()
MONTH = "2026-10"
OCTOBER = Month(MONTH, date(2026, 10, 1).toordinal() - EPOCH, date(2026, 10, 31).toordinal() - EPOCH)
CONTRACT = load_contract()
COLUMNS = (*CONTRACT.fields, "made_up_example")
PINNED = [665, 298, 179, 98, 429, 446]
SCRIPTS = {
    "LATIN": "en",
    "BENGALI": "bn",
    "DEVANAGARI": "hi",
    "ORIYA": "or",
    "TAMIL": "ta",
    "TELUGU": "te",
}
TO_ASCII = {
    ord(digit): str(value) for value in range(10) for digit in "০०୦௦౦" for digit in [chr(ord(digit) + value)]
}


def write(out, reports=600, seed=1):
    return write_example(out, month=MONTH, reports=reports, seed=seed, contract=CONTRACT)


def read_table(path):
    """Return the heading and rows of a return, read without any code of the product."""
    if path.suffix == ".json":
        reports = json.loads(path.read_text(encoding="utf-8"))["reports"]
        return list(reports[0]), [["" if v is None else str(v) for v in row.values()] for row in reports]
    if path.suffix == ".xlsx":
        sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars()
        rows = [
            ["" if value is None else value.removesuffix(" 00:00:00") for value in row]
            for row in sheet.rows()
        ]
        return rows[0], rows[1:]
    text = path.read_bytes().decode("utf-8-sig")
    separator = Counter(c for c in text.splitlines()[0] if c in ",;\t").most_common(1)[0][0]
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    return rows[0], rows[1:]


def read_rows(path):
    return [dict(zip(COLUMNS, row, strict=True)) for row in read_table(path)[1]]


def digests(out):
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    out = tmp_path_factory.mktemp("example")
    return out, write(out)


@pytest.fixture(scope="module")
def rows(example):
    return [
        row | {"collective": path.parent.name, "file": path.name}
        for path in example[1]
        for row in read_rows(path)
    ]


def code_of(field, text, within=None):
    return CONTRACT.codes_of(field).by_spelling.get((within, fold_spelling(text)))


@pytest.mark.parametrize("reports", [60, 61, 97, 250, 601])
def test_the_rows_of_all_files_are_as_many_as_asked_for(tmp_path, reports):
    paths = write(tmp_path, reports=reports)
    assert sum(len(read_table(path)[1]) for path in paths) == reports


def test_the_same_month_number_and_seed_give_the_same_bytes(example, tmp_path):
    write(tmp_path)
    assert digests(tmp_path) == digests(example[0])


def test_another_seed_gives_other_returns(example, tmp_path):
    write(tmp_path, seed=2)
    other, same = digests(tmp_path), digests(example[0])
    assert {path for path in other if other[path] == same.get(path)} == {"README.txt"}


def test_draws_come_from_raw_bits_that_no_release_of_numpy_changes():
    assert Chance("made up", 1).below(1000, 6).tolist() == PINNED
    assert Chance("made up", 1).branch("other").below(1000, 6).tolist() != PINNED


def test_each_collective_of_the_contract_files_and_from_its_own_state(example):
    assert {path.parent.name for path in example[1]} == set(CONTRACT.code_lists["collectives"].codes)
    with (Path(__file__).parents[2] / "schemas/codes/collectives.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        states = {row["code"]: row["state"] for row in csv.DictReader(lines)}
    assert {habit.collective: habit.state for habit in load_habits()} == states


def test_every_file_and_every_row_says_that_it_is_made_up(example, rows):
    out, paths = example
    assert all("made-up" in path.name for path in paths)
    assert {row["made_up_example"] for row in rows} == {"made up"}
    assert "made-up" in (out / "README.txt").read_text(encoding="utf-8").lower()
    for path in paths:
        if path.suffix == ".xlsx":
            assert "Made-up example" in zipfile.ZipFile(path).read("docProps/core.xml").decode()
        if path.suffix == ".json":
            assert json.loads(path.read_text(encoding="utf-8"))["note"].startswith("Made-up example")


def test_returns_come_in_the_forms_that_collectives_use(example):
    paths = example[1]
    starts = [path.read_bytes()[:400] for path in paths if path.suffix == ".csv"]
    assert {path.suffix for path in paths} == {".csv", ".json", ".xlsx"}
    assert {start.startswith(b"\xef\xbb\xbf") for start in starts} == {True, False}
    assert all(any(start.count(mark) > 10 for start in starts) for mark in (b",", b";", b"\t"))
    headings = {tuple(read_table(path)[0]) for path in paths}
    assert len(headings) == 5
    assert all(len(heading) == len(COLUMNS) for heading in headings)


def test_a_workbook_holds_dates_as_dates_and_numbers_as_numbers(example):
    path = next(path for path in example[1] if path.suffix == ".xlsx")
    cells = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert re.search(r'<c r="C2" s="1"><v>4\d{4}</v></c>', cells)
    assert re.search(r'<c r="P\d+"><v>\d+</v></c>', cells)
    assert "<f>" not in cells


def test_one_collective_sends_a_late_return_that_changes_rows_of_the_first(example):
    late = next(path for path in example[1] if "late" in path.name)
    first = read_rows(late.with_name(f"{MONTH}-made-up.csv"))
    known = {row["report_id"] for row in first}
    by_action = {row["action"]: row for row in read_rows(late) if row["action"] in {"correct", "withdraw"}}
    assert {row["report_id"] for row in by_action.values()} < known
    assert by_action["correct"]["report_id"] != by_action["withdraw"]["report_id"]
    filled = {name for name, value in by_action["withdraw"].items() if value}
    assert filled == {"report_id", "action", "made_up_example"}
    assert any(row["report_id"] not in known for row in read_rows(late))


def test_one_collective_sends_the_very_same_file_twice(example):
    same = Counter(path.read_bytes() for path in example[1])
    assert sorted(same.values())[-2:] == [1, 2]


def test_report_ids_are_repeated_only_by_the_very_same_row(rows):
    seen: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row["action"] not in {"correct", "withdraw"} and "sent-again" not in row["file"]:
            content = json.dumps({**row, "file": ""}, sort_keys=True)
            seen.setdefault((row["collective"], row["report_id"]), set()).add(content)
    assert all(len(contents) == 1 for contents in seen.values())
    assert len(seen) < sum("sent-again" not in row["file"] for row in rows) - 2
    assert all(re.fullmatch(r"EX-2610-\d{6}", report_id) for _, report_id in seen)


def test_narratives_come_in_six_scripts_and_hold_no_digits_but_those_given_away(rows):
    found = Counter()
    for row in rows:
        letters = [unicodedata.name(c).split()[0] for c in row["narrative"] if c.isalpha()]
        found.update(Counter(SCRIPTS.get(script, script) for script in letters[:1]))
    assert set(found) == set(SCRIPTS.values())
    assert sum(bool(re.search(r"\d", row["narrative"])) for row in rows) < len(rows) * 0.03


def test_states_and_offices_are_spelled_in_several_ways(rows):
    spelled = {row["state"] for row in rows if code_of("state", row["state"]) == "IN-WB"}
    assert len(spelled) >= 4
    assert "Orissa" in {row["state"] for row in rows}
    thanas = {row["office"] for row in rows if code_of("duty_bearer", row["duty_bearer"]) == "POLICE_STATION"}
    assert all(any(word in office for office in thanas) for word in ("Thana", "PS", "থানা", "थाना"))
    assert any(row["recorded_on"].translate(TO_ASCII) != row["recorded_on"] for row in rows)


def is_after_recording(row):
    return len(row["incident_date"]) == 10 and row["incident_date"].translate(TO_ASCII) > row[
        "recorded_on"
    ].translate(TO_ASCII)


def has_unknown_code(row):
    fields = ("duty_bearer", "service", "incident_kinds")
    return any(
        code_of(field, part) is None for field in fields for part in [row[field]] if part.endswith("_X")
    )


def is_district_elsewhere(row):
    state = code_of("state", row["state"])
    within = CONTRACT.code_lists["districts"].by_spelling
    return bool(state) and (state, fold_spelling(row["district"])) not in within


def misses_a_required_cell(row):
    needed = ("recorded_on", "incident_date", "state", "duty_bearer", "service", "incident_kinds")
    return row["action"] != "withdraw" and not all(row[name] for name in needed)


MISTAKES = {
    "unknown code": has_unknown_code,
    "district of another state": is_district_elsewhere,
    "date in the wrong form": lambda row: bool(re.search(r"\d/\d|-[A-Z][a-z]{2}-", row["incident_date"])),
    "incident after recording": is_after_recording,
    "required cell missing": misses_a_required_cell,
    "no consent": lambda row: row["consent_statistics"] == "no",
    "phone": lambda row: bool(re.search("98765 43210|9123456789", row["narrative"].translate(TO_ASCII))),
    "Aadhaar-shaped number": lambda row: "9999 0000" in row["narrative"].translate(TO_ASCII),
    "case number": lambda row: "/2026" in row["narrative"].translate(TO_ASCII),
    "formula": lambda row: row["office"].startswith("=cmd|"),
    "child without guardian": lambda row: (
        code_of("survivor_age_band", row["survivor_age_band"]) == "under_18"
        and code_of("guardian_consent", row["guardian_consent"]) != "yes"
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_kind_of_mistake_is_there_but_rare(rows, mistake):
    assert 1 <= sum(MISTAKES[mistake](row) for row in rows) <= len(rows) * 0.02


def test_numbers_given_away_have_a_right_check_digit_in_a_range_made_for_tests(rows):
    shown = [row["narrative"].translate(TO_ASCII) for row in rows if MISTAKES["Aadhaar-shaped number"](row)]
    numbers = [re.search(r"9999 0000 \d{4}", text).group() for text in shown]
    assert all(aadhaar.is_valid(number) for number in numbers)


def test_every_state_has_people_enough_to_be_shown(rows):
    people: dict[str, set[str]] = {}
    for row in rows:
        if row["case_token"] and not any(wrong(row) for wrong in MISTAKES.values()):
            people.setdefault(code_of("state", row["state"]), set()).add(row["case_token"])
    assert {state for state, tokens in people.items() if len(tokens) >= 10} == {
        h.state for h in load_habits()
    }


def test_about_seven_in_ten_rows_have_a_token_of_32_hexadecimal_digits(rows):
    tokens = [row["case_token"] for row in rows if row["case_token"]]
    assert 0.6 < len(tokens) / len(rows) < 0.8
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)


def test_incidents_are_told_again_by_their_first_teller_and_by_other_collectives():
    habits, filings = load_habits(), plan_filings(load_habits(), 600)
    world = invent_world(CONTRACT, OCTOBER, 600, [f.first for f in filings], Chance("told", 1))
    told = [tell(world, number, filing) for number, filing in enumerate(filings)]
    again = [frame.filter(~frame["first"]) for frame in told]
    others = sum((frame["collective"] != number).sum() for number, frame in enumerate(again))
    assert sum(frame.height for frame in told) == sum(filing.tellings for filing in filings)
    assert others > 20
    assert sum(frame.height for frame in again) - others > 10
    for frame in told:
        assert (frame["happened"] <= frame["recorded"]).all()
        assert frame["recorded"].is_between(OCTOBER.first, OCTOBER.last).all()
        assert (frame.filter(frame["resolved"] > NOTHING)["resolved"] >= OCTOBER.first - 70).all()
    assert len(told) == len(habits)


def test_the_data_files_use_no_code_that_the_contract_lacks():
    for field, answers in load_answers().items():
        assert set(answers.codes) - {""} <= set(CONTRACT.codes_of(field).codes)
    assert {m.duty_bearer for m in load_matters()} <= set(CONTRACT.codes_of("duty_bearer").codes)
    assert {m.service for m in load_matters()} <= set(CONTRACT.codes_of("service").codes)
    assert set(load_kinds()) <= set(CONTRACT.codes_of("incident_kinds").codes)


def test_a_large_example_reaches_all_districts_and_keeps_as_many_rows_to_an_office(tmp_path):
    paths = write(tmp_path, reports=20_000)
    rows = [row for path in paths for row in read_rows(path)]
    assert len(rows) == 20_000
    assert {code_of("state", row["state"]) for row in rows if row["state"]} == set(
        CONTRACT.code_lists["states"].codes
    )
    habits, filings = load_habits(), plan_filings(load_habits(), 20_000)
    world = invent_world(CONTRACT, OCTOBER, 20_000, [f.first for f in filings], Chance("large"))
    assert len(habits) == world.incidents["collective"].n_unique()
    busiest = world.incidents.group_by("district", "matter", "office").len()["len"].max()
    assert busiest < 100


def test_weights_are_followed():
    picked = Chance("weights").pick([1, 0, 3], 4000)
    shares = np.bincount(picked, minlength=3) / 4000
    assert shares[1] == 0
    assert abs(shares[2] - 0.75) < 0.03


def test_an_earlier_example_of_the_month_is_replaced_and_other_files_stay(tmp_path):
    kept = tmp_path / "OMBLA" / "2026-10.csv"
    kept.parent.mkdir()
    kept.write_text("report_id\n", encoding="utf-8")
    (tmp_path / "OMBLA" / f"{MONTH}-made-up.csv").write_text("old", encoding="utf-8")
    paths = write(tmp_path, reports=60)
    assert kept.read_text(encoding="utf-8") == "report_id\n"
    assert set(tmp_path.rglob("*made-up*")) == set(paths)


@pytest.mark.parametrize(("month", "reports"), [("2026-13", 600), ("October", 600), (MONTH, 59), (MONTH, 0)])
def test_a_month_or_number_that_cannot_be_used_is_refused(tmp_path, month, reports):
    with pytest.raises(UsageError):
        write_example(tmp_path, month=month, reports=reports, seed=1, contract=CONTRACT)
    assert list(tmp_path.iterdir()) == []
