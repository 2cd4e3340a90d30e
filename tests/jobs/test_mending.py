"""What was not counted can be mended from its slip and sent again; what is personal is nowhere kept."""

import csv
import io
import json

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.jobs.workplace import open_workplace
from pipeline.store import tables
from pipeline.store.database import connect

PHONE, NAME = "98765 43210", "Madeupname"


def find_sheet(month, collective: str = "UTTHAN"):
    sheets = sorted((month.settings.returns / collective).glob("*-mend-*.csv"))
    return sheets[0] if sheets else None


def read_statement(month, collective: str = "UTTHAN") -> str:
    return (month.settings.returns / collective / f"statement-{month.month}.html").read_text(encoding="utf-8")


def rows_of(sheet) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))


def number_of(row: dict[str, str]) -> str:
    """Return the first remark of a row, its number; the remarks are headed in the collective's language."""
    return next(cell for heading, cell in row.items() if heading.startswith("#"))


def ask(month, query):
    with connect(month.settings.database_url) as engine, engine.connect() as connection:
        return connection.execute(query).all()


@pytest.fixture
def faulty(october, make_report):
    october.send_reports(
        "UTTHAN",
        make_report("U-1"),
        make_report("U-2", service="no such service"),
        make_report("U-3", office=f"Office of {NAME}", narrative=f"Call {NAME} on {PHONE}."),
    )
    october.collect()
    return october


def test_a_sheet_sent_back_mended_counts_and_then_there_is_none(faulty) -> None:
    sheet = find_sheet(faulty)
    rows = rows_of(sheet)
    assert [number_of(row) for row in rows] == ["3", "4"]
    key = next(name for name in rows[0] if name.endswith(" · service"))
    rows[0][key] = "FIR"
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    faulty.send("UTTHAN", sheet.name, text.getvalue().encode("utf-8-sig"))
    faulty.collect()
    verdicts = faulty.verdicts()
    assert sorted(verdicts["U-2"]) == ["counted", "quarantined"]
    # The row that held personal data comes back without it, and counts as it is.
    assert sorted(verdicts["U-3"]) == ["counted", "held"]
    assert find_sheet(faulty) is None
    assert ask(faulty, sa.select(tables.sealed_rows)) == []
    dropped = ask(faulty, sa.select(tables.returns.c.dropped_columns))
    assert {tuple(columns) for (columns,) in dropped} == {()}


def test_nothing_personal_is_given_back_or_kept_once_it_is_found(faulty) -> None:
    (held,) = [row for row in rows_of(find_sheet(faulty)) if number_of(row) == "4"]
    assert not [cell for cell in held.values() if PHONE in cell or NAME in cell]
    assert not [name for name in held if name.endswith("narrative")]
    assert ask(faulty, sa.select(tables.landed.c.content)) == [(None,)]
    with open_workplace(faulty.settings) as place:
        for return_id, row, content in ask(
            faulty,
            sa.select(tables.sealed_rows.c.return_id, tables.sealed_rows.c.row, tables.sealed_rows.c.content),
        ):
            cells = json.loads(place.sealer.open(content, f"{return_id}/{row}"))
            assert PHONE not in str(cells)
            assert NAME not in str(cells)
            assert "narrative" not in cells
    for path in faulty.settings.returns.rglob("*"):
        if path.is_file():
            assert PHONE not in path.read_text(encoding="utf-8-sig")
            assert NAME not in path.read_text(encoding="utf-8-sig")
            assert path.stat().st_mode & 0o077 == 0


def test_a_withdrawal_takes_the_row_to_mend_with_it(faulty) -> None:
    faulty.send_reports("UTTHAN", {"report_id": "U-2", "action": "withdraw"}, name="2026-10-w.csv")
    faulty.collect()
    assert [number_of(row) for row in rows_of(find_sheet(faulty))] == ["4"]


def test_the_statement_says_what_counted_and_what_is_open(faulty, make_report) -> None:
    statement = read_statement(faulty)
    assert '<html lang="bn">' in statement
    assert find_sheet(faulty).name in statement
    faulty.send_reports("UTTHAN", make_report("U-2"), make_report("U-3"), name="2026-10-b.csv")
    faulty.collect()
    assert "-mend-" not in read_statement(faulty)
    assert jobs.list_held_returns(faulty.settings) == ["No return waits for a person."]
