"""Bad input: every return gets a slip that says what to do, everything else goes on, and mended it is taken."""

import html
import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from pipeline import jobs
from pipeline.collect.folder import Folder
from pipeline.contract import Contract
from pipeline.errors import RetryableError
from pipeline.language import load_language

HEADING = (
    b"report_id,recorded_on,incident_date,state,duty_bearer,service,"
    b"incident_kinds,consent_statistics,narrative\n"
)
ROW = b"B-1,2026-10-20,2026-10-12,IN-WB,DLSA,LEGAL_AID,REFUSAL,yes,"

ELSEWHERE = {"state": "IN-BR", "incident_date": "2026-10-05"}
"""What another collective's report tells otherwise, so that it is of another incident."""


def make_workbook(parts: dict[str, bytes]) -> bytes:
    """A small workbook with some parts replaced by others."""
    buffer, mended = io.BytesIO(), io.BytesIO()
    pl.DataFrame({"report_id": ["B-1"]}).write_excel(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(mended, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, parts.get(name, source.read(name)))
    return mended.getvalue()


def make_bomb() -> bytes:
    return make_workbook({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData>" + b"<row/>" * 80_000_000})


def make_entity_bomb() -> bytes:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return make_workbook(
        {"xl/workbook.xml": b"<?xml version='1.0'?>" + entities + b"<workbook>&b;</workbook>"}
    )


UNREADABLE: dict[str, Callable[[], bytes]] = {
    "2026-10-empty.csv": lambda: b"",
    "2026-10-heading-only.csv": lambda: HEADING,
    "2026-10-encoding.csv": lambda: HEADING + ROW + "कोई नहीं\n".encode("utf-16-le") + b"\xff\xfe\xfa",
    "2026-10-bomb.xlsx": make_bomb,
    "2026-10-entities.xlsx": make_entity_bomb,
    "2026-10-deep.json": lambda: b"[" * 10_000 + b"]" * 10_000,
    "2026-10-columns.csv": lambda: b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n1\n",
    "2026-10-not-a-workbook.xlsx": lambda: b"not a workbook",
}

ROWS_AT_FAULT: dict[str, tuple[bytes, str]] = {
    "2026-10-cell.csv": (HEADING + ROW + b"x" * 40_000_000 + b"\n", "quarantined"),
    "2026-10-twice.csv": (b"state," + HEADING + b"IN-OD," + ROW + b"\n", "quarantined"),
    "2026-10-february.csv": (HEADING + ROW.replace(b"2026-10-12", b"2026-02-29") + b"\n", "quarantined"),
    "2026-10-future.csv": (HEADING + ROW.replace(b"2026-10-20", b"2199-10-20") + b"\n", "quarantined"),
    "2026-10-formula.csv": (HEADING + ROW.replace(b"LEGAL_AID", b"=cmd|'/C calc'!A0") + b"\n", "quarantined"),
}

MISPLACED = {
    "no-month.csv": "month_missing",
    "2026..10..csv": "month_missing",
    "2026-10\n.csv.exe": "extension_unknown",
    "2026-13.csv": "month_missing",
}


BIHAANS_LANGUAGE = load_language("hi")


def say(sentence: str) -> str:
    """Return a sentence as a slip says it to Bihaan, whose returns these are."""
    return BIHAANS_LANGUAGE.translate(sentence).replace("`", "")


def read_slip(month, return_id: str) -> str:
    return re.sub("</?code>", "", html.unescape(month.slip(return_id)))


def assert_one_slip(month, return_id: str, contract: Contract) -> str:
    slip = read_slip(month, return_id)
    assert slip, "a return without a slip"
    assert any(say(rule.mend) in slip for rule in contract.rules.values())
    return slip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_rejected_with_a_slip_and_can_be_sent_again(
    october, contract: Contract, make_report, name: str
) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    path = october.send("BIHAAN", name, UNREADABLE[name]())
    (return_id,) = [found for found in october.collect() if found.startswith("BIHAAN")]
    assert say("This return could not be taken in") in assert_one_slip(october, return_id, contract)
    assert october.verdicts() == {"U-1": ["counted"]}

    path.unlink()
    mended = make_report("B-1", **ELSEWHERE)
    if name.endswith("csv"):
        october.send_reports("BIHAAN", mended, name=name)
    else:
        october.send("BIHAAN", "2026-10-mended.json", json.dumps([mended]).encode())
    october.collect()
    assert october.verdicts() == {"U-1": ["counted"], "B-1": ["counted"]}


@pytest.mark.parametrize("name", ROWS_AT_FAULT)
def test_rows_at_fault_are_accounted_for_and_can_be_sent_again(
    october, contract: Contract, make_report, name: str
) -> None:
    content, verdict = ROWS_AT_FAULT[name]
    october.send_reports("UTTHAN", make_report("U-1"))
    october.send("BIHAAN", name, content)
    (return_id,) = [found for found in october.collect() if found.startswith("BIHAAN")]
    slip = assert_one_slip(october, return_id, contract)
    assert "cmd" not in slip
    assert october.verdicts() == {"U-1": ["counted"], "B-1": [verdict]}

    october.send_reports("BIHAAN", make_report("B-1", **ELSEWHERE), name="2026-10-mended.csv")
    october.collect()
    assert sorted(october.verdicts()["B-1"]) == sorted([verdict, "counted"])


@pytest.mark.parametrize("name", MISPLACED)
def test_a_file_under_a_wrong_name_gets_a_slip_and_its_name_is_not_repeated(
    october, contract: Contract, make_report, name: str
) -> None:
    october.send_reports("BIHAAN", make_report("B-1", **ELSEWHERE), name="2026-10.csv")
    october.send("BIHAAN", name, HEADING + ROW + b"\n")
    rejected = [
        found
        for found in october.collect()
        if say(contract.rules[MISPLACED[name]].reason) in read_slip(october, found)
    ]
    assert len(rejected) == 1
    assert name not in october.slip(rejected[0])
    assert october.verdicts() == {"B-1": ["counted"]}


def test_a_folder_of_nobody_gets_a_slip_and_its_name_is_not_repeated(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("U-1"))
    october.send_reports("A made-up person", make_report("X-1"))
    collected = october.collect()
    (slip,) = (october.settings.returns / "_unknown").glob("*.html")
    assert "A made-up person" not in slip.read_text(encoding="utf-8") + "".join(collected)
    assert october.verdicts() == {"U-1": ["counted"]}


def test_a_file_still_being_written_is_left_for_the_next_look(october, make_report, monkeypatch) -> None:
    writer = replace(october.settings, settle_seconds=1)
    path = october.send_reports("UTTHAN", make_report("U-1"))
    jobs.prepare(writer)
    # While the job waits for the file to settle, the collective goes on writing it.
    monkeypatch.setattr(time, "sleep", lambda _seconds: path.write_bytes(path.read_bytes() + b"\n"))
    assert jobs.land_returns(writer) == []
    monkeypatch.undo()
    assert len(jobs.land_returns(writer)) == 1


def test_a_part_of_the_inbox_that_cannot_be_read_holds_up_nothing_else(
    october, make_report, monkeypatch
) -> None:
    path = october.send_reports("BIHAAN", make_report("B-1", **ELSEWHERE))
    october.send_reports("UTTHAN", make_report("U-1"))
    fetch = Folder.fetch

    def fetch_some(folder, handle):
        if handle.collective == "BIHAAN":
            raise RetryableError("A part of the inbox cannot be read.")
        return fetch(folder, handle)

    monkeypatch.setattr(Folder, "fetch", fetch_some)
    october.collect()
    assert october.verdicts() == {"U-1": ["counted"]}
    assert jobs.describe_inbox(october.settings) == ["Files in the inbox that are not taken in yet: 1."]
    monkeypatch.undo()
    october.collect()
    assert october.verdicts() == {"U-1": ["counted"], "B-1": ["counted"]}
    assert jobs.describe_inbox(october.settings) == []
    assert path.exists()


def test_a_folder_whose_collective_joins_later_is_taken_in_then(october, make_report, monkeypatch) -> None:
    october.send_reports("BIHAAN", make_report("B-1", **ELSEWHERE))
    listed = Folder.list_handles
    monkeypatch.setattr(
        Folder, "list_handles", lambda folder, _known, **how: listed(folder, {"UTTHAN"}, **how)
    )
    october.collect()
    assert october.export() == []
    monkeypatch.undo()
    october.collect()
    assert october.verdicts() == {"B-1": ["counted"]}


def test_a_report_id_that_a_spreadsheet_takes_for_a_formula_is_written_as_text(october, make_report) -> None:
    october.send_reports("UTTHAN", make_report("-2"))
    october.collect()
    assert list(october.verdicts()) == ["'-2"]
