"""`figures.csv` is written in one exact form, and anything else is refused."""

import csv
import io
import re

import polars as pl
import pytest

from pipeline.errors import JawabdehiError
from pipeline.report.figures import SCHEMA, FiguresFormatError, Shown, read_figures, write_figures

HEADING = ",".join(SCHEMA)
SHOWN = "by_service,IN,2026-10,incidents,service,FIR,,,125,123,127,shown"
HIDDEN = "by_service,IN,2026-10,incidents,service,SHELTER,,,,,,not_published"
TOTAL = "all,IN,2026-10,incidents,,,,,200,198,202,shown"
QUARTER_END = TOTAL.replace("2026-10", "2026-12")


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in (HEADING, *rows)).encode()


@pytest.mark.parametrize("month", ["2026-10", "2026-12"])
def test_what_is_written_is_read_again_cell_by_cell(month, contract, make_frame, make_figures):
    frame = make_frame(contract, share_shown=0.5, month=month)
    figures = make_figures(frame)
    read = {
        (table, geography, cell.period, cell.measure, cell.code_1, cell.code_2): cell.shown
        for table, geography in figures.parts
        for cell in figures.of(table, geography)
    }
    written = {
        tuple(row[name] for name in ("table", "geography", "period", "measure", "code_1", "code_2")): (
            Shown(row["value"], row["lower"], row["upper"]) if row["status"] == "shown" else None
        )
        for row in frame.iter_rows(named=True)
    }
    assert read == written


def test_the_file_is_plain_utf8_with_line_feeds_and_sorted_rows(contract, make_frame, tmp_path):
    path = tmp_path / "figures.csv"
    write_figures(make_frame(contract, share_shown=0.5), path)
    content = path.read_bytes()
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    heading, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    assert heading == list(SCHEMA)
    assert rows == sorted(rows, key=lambda row: row[:8])
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)


def test_the_order_of_the_rows_given_makes_no_difference(contract, make_frame, tmp_path):
    frame = make_frame(contract, share_shown=0.5)
    write_figures(frame, tmp_path / "one.csv")
    write_figures(frame.sample(fraction=1, shuffle=True, seed=7), tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_file_in_its_exact_form_is_read(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_bytes(lines(SHOWN, HIDDEN))
    first, second = read_figures(path).of("by_service", "IN")
    assert (first.code_1, first.shown) == ("FIR", Shown(125, 123, 127))
    assert (second.code_1, second.shown) == ("SHELTER", None)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lines(SHOWN.replace("shown", "not_published")), "not published carries a value"),
        (lines("by_service,IN,2026-10,incidents,service,FIR,,,,,7,not_published"), "carries a value"),
        (lines(SHOWN.replace(",127", ",")), "lacks a value or a bound"),
        (lines(SHOWN.replace("shown", "suppressed")), "neither shown nor not_published"),
        (lines(SHOWN.replace("125", "128")), "within its bounds"),
        (lines(SHOWN.replace("125,123,127", "124,122,126")), "not rounded to 5"),
        (lines(SHOWN.replace("125,123,127", "125,125,125")), "not rounded to 5"),
        (lines(SHOWN.replace("125,123,127", "0,0,2")), "not rounded to 5"),
        (lines(SHOWN.replace("125,123,127", "-5,-7,-3")), "within its bounds"),
        (lines(SHOWN.replace("125", "125.0")), "not a CSV file"),
        (lines(SHOWN.replace("125", "0125")), "sorted, quoted and ended"),
        (lines(SHOWN.replace("FIR", '"FIR"')), "sorted, quoted and ended"),
        (lines(SHOWN.replace("FIR", "=1+1")), "dimension stands without its code"),
        (lines(SHOWN.replace("FIR", "+1")), "dimension stands without its code"),
        (lines(SHOWN.replace("service,FIR", "service,")), "dimension stands without its code"),
        (lines(SHOWN.replace("service,FIR,,", ",,service,FIR")), "dimension stands without its code"),
        (lines(SHOWN.replace(",IN,", ",../IN,")), "geography"),
        (lines(SHOWN.replace(",IN,", ",,")), "geography"),
        (lines(SHOWN.replace("2026-10", "2026-13")), "period"),
        (lines(SHOWN.replace("2026-10", "2026-Q5")), "period"),
        (lines(SHOWN.replace("2026-10", "2026-10-01")), "period"),
        (lines(SHOWN, HIDDEN.replace("2026-10", "2026-09")), "not of just one month"),
        (lines(SHOWN.replace("2026-10", "2026-Q4")), "not of just one month"),
        (lines(TOTAL, SHOWN.replace("2026-10", "2026-Q4")), "does not end with its month"),
        (lines(TOTAL, SHOWN.replace("2026-10", "2026")), "does not end with its month"),
        (lines(QUARTER_END, SHOWN.replace("2026-10", "2026-Q3")), "does not end with its month"),
        (lines(QUARTER_END, SHOWN.replace("2026-10", "2025")), "does not end with its month"),
        (
            lines(SHOWN.replace("2026-10", "2026"), HIDDEN.replace("2026-10", "2026-12")),
            "of more than one period",
        ),
        (lines(SHOWN, SHOWN), "twice"),
        (lines(HIDDEN, SHOWN), "sorted, quoted and ended"),
        (lines(SHOWN).replace(b"\n", b"\r\n"), "sorted, quoted and ended"),
        (b"\xef\xbb\xbf" + lines(SHOWN), "sorted, quoted and ended"),
        (lines(SHOWN)[:-1], "sorted, quoted and ended"),
        (lines(SHOWN).replace(b"status", b"state"), "not a CSV file"),
        (lines(SHOWN + ",1"), "not a CSV file"),
        (lines(SHOWN).replace(b"FIR", b"F\xff"), "not a CSV file"),
        (lines(), "no rows"),
        (b"", "not a CSV file"),
    ],
)
def test_a_file_that_breaks_the_format_is_refused(content, says, tmp_path):
    path = tmp_path / "figures.csv"
    path.write_bytes(content)
    with pytest.raises(FiguresFormatError, match=re.escape(says)):
        read_figures(path)


def test_a_quarter_and_a_year_stand_beside_the_month_that_ends_them(tmp_path):
    path = tmp_path / "figures.csv"
    yearly = SHOWN.replace("2026-10", "2026").replace("by_service", "by_year")
    path.write_bytes(lines(QUARTER_END, SHOWN.replace("2026-10", "2026-Q4"), yearly))
    figures = read_figures(path)
    assert figures.period == "2026-12"
    assert [figures.of(table, "IN")[0].period for table in ("all", "by_service", "by_year")] == [
        "2026-12", "2026-Q4", "2026",
    ]  # fmt: skip


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(JawabdehiError, match="not there"):
        read_figures(tmp_path / "figures.csv")


def test_no_refusal_repeats_what_the_file_says(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_bytes(lines(SHOWN.replace("125", "98765canary")))
    with pytest.raises(FiguresFormatError) as caught:
        read_figures(path)
    assert "98765canary" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "code", ["=cmd|' /C calc'!A0", "@SUM(A1)", "-1", "+1", "\tX", "A B", "A,B", 'A"B', "A\nB"]
)
def test_a_code_that_a_spreadsheet_would_run_is_not_written(code, contract, make_frame, tmp_path):
    frame = make_frame(contract, share_shown=1).with_columns(code_1=pl.col("code_1").replace("FIR", code))
    with pytest.raises(FiguresFormatError):
        write_figures(frame, tmp_path / "figures.csv")
    assert not (tmp_path / "figures.csv").exists()


def test_a_frame_without_a_column_is_not_written(contract, make_frame, tmp_path):
    with pytest.raises(FiguresFormatError, match="status"):
        write_figures(make_frame(contract, share_shown=1).drop("status"), tmp_path / "figures.csv")


def test_blank_text_is_written_like_null(contract, make_frame, tmp_path):
    frame = make_frame(contract, share_shown=0.5)
    write_figures(frame, tmp_path / "one.csv")
    write_figures(frame.with_columns(pl.col(pl.String).fill_null("")), tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
