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


def mend(month, **answers: str) -> list[dict[str, str]]:
    """Fill cells of the first row of the sheet and send it back under its own name; return its rows."""
    sheet = find_sheet(month)
    rows = rows_of(sheet)
    for name, answer in answers.items():
        rows[0][next(heading for heading in rows[0] if heading.endswith(f" · {name}"))] = answer
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    month.send("UTTHAN", sheet.name, text.getvalue().encode("utf-8-sig"))
    month.collect()
    return rows


def test_a_sheet_sent_back_mended_counts_and_then_there_is_none(faulty) -> None:
    assert [number_of(row) for row in mend(faulty, service="FIR")] == ["3", "4"]
    verdicts = faulty.verdicts()
    assert sorted(verdicts["U-2"]) == ["counted", "quarantined"]
    # The row that held personal data comes back without it, and counts as it is.
    assert sorted(verdicts["U-3"]) == ["counted", "held"]
    assert find_sheet(faulty) is None
    assert ask(faulty, sa.select(tables.sealed_rows)) == []
    dropped = ask(faulty, sa.select(tables.returns.c.dropped_columns))
    assert {tuple(columns) for (columns,) in dropped} == {()}


def test_what_stays_as_it_was_is_kept_in_the_vault_and_not_in_the_sheet(faulty, contract) -> None:
    first = rows_of(find_sheet(faulty))[0]
    shown = {heading.rpartition(" · ")[2]: cell for heading, cell in first.items() if " · " in heading}
    purged = {name for name, field in contract.fields.items() if field.purged}
    assert {shown[name] for name in purged & shown.keys()} <= {"#kept", ""}
    assert shown["narrative"] == shown["office"] == shown["case_token"] == "#kept"
    assert (shown["service"], shown["state"]) == ("", "IN-WB")
    mend(faulty, service="FIR")
    with open_workplace(faulty.settings) as place:
        (return_id, row, content) = ask(
            faulty,
            sa.select(
                tables.sealed_reports.c.return_id,
                tables.sealed_reports.c.row,
                tables.sealed_reports.c.content,
            )
            .join(
                tables.rows,
                (tables.rows.c.return_id == tables.sealed_reports.c.return_id)
                & (tables.rows.c.row == tables.sealed_reports.c.row),
            )
            .where(tables.rows.c.report_id == "U-2"),
        )[0]
        sealed = json.loads(place.vault.open_rows([return_id], [row], [content])[0])
    assert (sealed["office"], sealed["narrative"]) == ("Model Thana No. 3", "A made-up narrative.")


def test_what_is_not_kept_any_more_has_to_be_typed_again(faulty, make_report) -> None:
    faulty.send_reports("UTTHAN", make_report("U-99", office="#kept"), name="2026-10-c.csv")
    # Nor does one collective get at what another sent.
    faulty.send_reports("BIHAAN", make_report("U-2", narrative="#kept"), name="2026-10-c.csv")
    faulty.collect()
    reasons = {line["collective"]: line["reasons"] for line in faulty.export() if "kept" in line["reasons"]}
    assert reasons == {"UTTHAN": "kept_no_more", "BIHAAN": "kept_no_more"}


def test_nothing_personal_is_given_back_or_kept_once_it_is_found(faulty) -> None:
    (held,) = [row for row in rows_of(find_sheet(faulty)) if number_of(row) == "4"]
    shown = {heading.rpartition(" · ")[2]: cell for heading, cell in held.items() if " · " in heading}
    assert {name for name, cell in shown.items() if not cell} == {"district", "office", "narrative"}
    assert set(shown.values()) == {"U-3", "#kept", ""}
    assert ask(faulty, sa.select(tables.landed.c.content)) == [(None,)]
    with open_workplace(faulty.settings) as place:
        for return_id, row, content in ask(
            faulty,
            sa.select(tables.sealed_rows.c.return_id, tables.sealed_rows.c.row, tables.sealed_rows.c.content),
        ):
            cells = json.loads(place.vault.open_rows([return_id], [row], [content])[0])
            assert PHONE not in str(cells)
            assert NAME not in str(cells)
            assert row != 4 or cells["narrative"] is None
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
