"""Reading returns: formats, spellings of headings, numbering, and everything a file can do wrong."""

import csv
import io
import json
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.contract import load_contract
from pipeline.errors import ReturnRejectedError
from pipeline.read import ReadReturn, read_return

CONTRACT = load_contract()
FIELDS = list(CONTRACT.fields)
ROW = {
    "report_id": "WB-2026-10-0042",
    "recorded_on": "2026-10-03",
    "incident_date": "2026-10-01",
    "state": "IN-WB",
    "duty_bearer": "POLICE_STATION",
    "service": "FIR",
    "incident_kinds": "REFUSAL",
    "consent_statistics": "yes",
    "narrative": "made up",
}
HEADING = ",".join(ROW)
LINE = ",".join(ROW.values())


def read_csv(text: str | bytes) -> ReadReturn:
    return read_return(text if isinstance(text, bytes) else text.encode(), "csv", CONTRACT)


def read_json(value: object) -> ReadReturn:
    return read_return(json.dumps(value).encode(), "json", CONTRACT)


def workbook(*sheets: Callable[[xlsxwriter.Workbook, object], None]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 (the format has no zone)
    for write in sheets:
        write(book, book.add_worksheet())
    book.close()
    return target.getvalue()


def read_xlsx(*sheets: Callable[[xlsxwriter.Workbook, object], None]) -> ReadReturn:
    return read_return(workbook(*sheets), "xlsx", CONTRACT)


def table(rows: Sequence[Sequence[object]], top: int = 0, left: int = 0) -> Callable:
    def write(_book: xlsxwriter.Workbook, sheet: object) -> None:
        for place, row in enumerate(rows):
            sheet.write_row(top + place, left, row)

    return write


def rejection(content: bytes, extension: str) -> str:
    with pytest.raises(ReturnRejectedError) as refusal:
        read_return(content, extension, CONTRACT)
    rule = CONTRACT.rules[refusal.value.rule]
    assert (rule.severity, rule.stage) in {("reject", "read"), ("reject", "collect")}
    return rule.rule


def with_parts(content: bytes, changes: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            if entry.filename not in changes:
                new.writestr(entry, old.read(entry))
        for name, part in changes.items():
            new.writestr(name, part)
    return target.getvalue()


def part_of(content: bytes, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read(name)


PLAIN_BOOK = workbook(table([list(ROW), list(ROW.values())]))


def test_all_formats_of_one_report_read_alike() -> None:
    frames = [
        read_csv(f"{HEADING}\n{LINE}\n").frame,
        read_return(PLAIN_BOOK, "xlsx", CONTRACT).frame,
        read_json([ROW]).frame.with_columns(row=pl.lit(2, pl.UInt32)),
        read_json({"reports": [ROW]}).frame.with_columns(row=pl.lit(2, pl.UInt32)),
    ]
    for frame in frames:
        assert frame.equals(frames[0])
        assert frame.schema == {"row": pl.UInt32, **dict.fromkeys(ROW, pl.String)}
    assert frames[0].row(0, named=True) == {"row": 2, **ROW}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_line_ends_and_marked_encodings_make_no_difference(delimiter, ending, encoding) -> None:
    values = {**ROW, "narrative": "थाना ১২, மொழி; a\tb"}
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator=ending)
    writer.writerows([list(values), list(values.values())])
    read = read_csv(target.getvalue().encode(encoding))
    assert read.frame.row(0, named=True) == {"row": 2, **values}
    assert read.findings.is_empty()


@pytest.mark.parametrize(
    "heading",
    [
        "report_id",
        " Report ID * ",
        "REPORT-ID",
        "report  id",
        "\u200breport_id",
        "ＲＥＰＯＲＴ＿ＩＤ",
        '"Report id"',
    ],
)
def test_headings_are_known_however_they_are_written(heading: str) -> None:
    assert "report_id" in read_csv(f"{HEADING.replace('report_id', heading)}\n{LINE}").frame.columns


def test_a_title_counts_as_its_name() -> None:
    heading = HEADING.replace("incident_date", "Date of the incident").replace(
        "incident_kinds", "What happened"
    )
    assert read_csv(f"{heading}\n{LINE}").frame.columns == ["row", *ROW]


def test_unknown_columns_are_kept_behind_a_question_mark_and_never_collide() -> None:
    read = read_csv(f"row,{HEADING},row,,x\n1,{LINE},2,3,\n")
    assert read.frame.columns == ["row", "?row", *ROW, "?row (column 11)", "?", "?x"]
    assert read.frame["?row (column 11)"].to_list() == ["2"]


def test_rows_are_numbered_as_a_person_sees_them() -> None:
    read = read_csv(f'\n\nReports of October\n\n{HEADING}\n{LINE}\n\n,,\n"a\nb",x\n')
    assert read.frame["row"].to_list() == [6, 9]
    assert read.blank_rows == 2
    assert read.frame["report_id"].to_list() == ["WB-2026-10-0042", "a\nb"]
    assert read_json([ROW, {}, ROW]).frame["row"].to_list() == [1, 3]


def test_rows_of_a_sheet_keep_the_numbers_of_the_sheet() -> None:
    rows = [["Reports of October"], [], list(ROW), [], list(ROW.values()), [" "], list(ROW.values())]
    read = read_xlsx(table([["only a cover"]]), table(rows, top=3, left=2))
    assert read.frame["row"].to_list() == [8, 10]
    assert read.frame.columns == ["row", *ROW]


def test_a_row_between_blank_lines_and_missing_cells_is_read() -> None:
    read = read_csv(f"{HEADING}\nA-1,2026-10-03\n\n{LINE}\n")
    assert read.frame.select("row", "report_id", "narrative").rows() == [
        (2, "A-1", None),
        (4, "WB-2026-10-0042", "made up"),
    ]
    assert read.findings.is_empty()


def test_too_many_cells_are_found_on_their_row_only() -> None:
    read = read_csv(f"{HEADING}\n{LINE}\n{LINE},more\n{LINE},,\n")
    assert read.findings.rows() == [(3, "", "too_many_cells")]
    assert read.frame["row"].to_list() == [2, 3, 4]


def test_a_row_with_nothing_but_a_cell_too_many_is_not_lost() -> None:
    read = read_csv(f"{HEADING}\n{LINE}\n{',' * 20}x\n")
    assert read.findings.rows() == [(3, "", "too_many_cells")]
    assert read.frame.height == 2


def test_a_column_that_is_there_twice_is_found_on_every_row() -> None:
    read = read_csv(f"{HEADING},State\n{LINE},IN-BR\n{LINE},\n")
    assert read.findings.rows() == [(2, "state", "column_twice"), (3, "state", "column_twice")]
    assert read.frame["state"].to_list() == ["IN-WB", "IN-WB"]
    assert read.frame["?State"].to_list() == ["IN-BR", None]


def test_a_required_column_that_is_missing_is_found_on_every_row() -> None:
    read = read_csv("report_id,state\n1,IN-WB\n2,IN-BR\n")
    missing = [
        name
        for name, field in CONTRACT.fields.items()
        if field.required and name not in {"report_id", "state"}
    ]
    assert read.findings.rows() == [
        (row, name, "column_missing") for row in (2, 3) for name in sorted(missing)
    ]


def test_a_withdrawal_needs_no_other_column() -> None:
    read = read_csv("report_id,action\n1,withdraw\n2,Withdraw\n3,new\n")
    assert set(read.findings["row"]) == {4}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b" \n \n", "file_empty"),
        (HEADING.encode(), "no_rows"),
        (f"{HEADING}\n\n,,,\n  \n".encode(), "no_rows"),
        (f"{LINE}\n{LINE}\n".encode(), "headings_missing"),
        (f"{LINE}\n{HEADING}\n{LINE}\n".encode(), "headings_missing"),
        (f"{HEADING}\n{LINE}é\n".encode("cp1252"), "encoding_unknown"),
        (f"{HEADING}\n{LINE}\n".encode("utf-16-le"), "not_text"),
        (b"\xff\xfeabc", "encoding_unknown"),
        (f"{HEADING}\n{LINE}\0\n".encode(), "not_text"),
        (PLAIN_BOOK, "not_text"),
        (f'{HEADING}\n{LINE}\n"open,{LINE}\n{LINE}\n'.encode(), "quotes_broken"),
        (f"{HEADING},{','.join(f'c{n}' for n in range(1_000_000))}\n{LINE}\n".encode(), "too_many_columns"),
        (b"x" * 2_000_000, "line_too_long"),
        (f"{HEADING}\n{',' * 2_000_000}\n".encode(), "line_too_long"),
        (f"{HEADING}\n".encode() + b"\n" * 5_000_000, "too_many_rows"),
    ],
    ids=range(17),
)
def test_csv_that_cannot_be_told_apart_into_rows_is_rejected(content: bytes, rule: str) -> None:
    assert rejection(content, "csv") == rule


def test_an_unknown_extension_is_rejected() -> None:
    assert rejection(b"x", "ods") == "extension_unknown"


def test_quotes_that_do_not_close_their_cell_are_found_on_their_row() -> None:
    bad = LINE.replace("made up", '"he said "no" to me"')
    odd = LINE.replace("made up", 'a 5" nail')
    read = read_csv(f"{HEADING}\n{LINE}\n{bad}\n{odd}\n{LINE}\n")
    assert read.findings.rows() == [(3, "", "quotes_unclear")]
    assert read.frame["row"].to_list() == [2, 3, 4, 5]
    assert read.frame["narrative"][2] == 'a 5" nail'


def test_lines_swallowed_by_a_quotation_mark_are_found() -> None:
    read = read_csv(f'{HEADING}\n{LINE},\n"{LINE}\n{LINE}\n{LINE}",2026-10-01\n{LINE}\n')
    assert (3, "report_id", "line_swallowed") in read.findings.rows()
    assert read.frame["row"].to_list() == [2, 3, 4]


def test_a_narrative_over_two_lines_is_no_swallowed_line() -> None:
    line = LINE.replace("made up", '"first, second,\nthird, and fourth"')
    assert read_csv(f"{HEADING}\n{line}\n").findings.is_empty()


def test_formulas_are_text() -> None:
    cells = ["=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)"]
    lines = "\n".join(f'"{cell}",2026-10-03' for cell in cells)
    assert read_csv(f"{HEADING}\n{lines}\n").frame["report_id"].to_list() == cells


@pytest.mark.parametrize("quoted", [True, False])
def test_a_cell_of_40_megabytes_is_cut_and_found(quoted: bool) -> None:
    long = "x" * 40_000_000
    line = LINE.replace("made up", f'"{long}"' if quoted else f'{long}"')
    started = time.monotonic()
    read = read_csv(f"{HEADING}\n{line}\n{LINE}\n")
    assert read.findings.rows() == [(2, "narrative", "cell_too_long")]
    assert read.frame["narrative"].to_list() == [None, "made up"]
    assert time.monotonic() - started < 10


def test_an_unclosed_quote_before_much_text_ends_soon() -> None:
    content = f'{HEADING}\n"{LINE}\n'.encode() + b"some text,y\n" * 1_000_000
    started = time.monotonic()
    assert rejection(content, "csv") == "quotes_broken"
    assert time.monotonic() - started < 20


def test_a_long_file_takes_seconds() -> None:
    line = ",".join(ROW.get(name, "") for name in FIELDS) + "\n"
    content = f"{','.join(FIELDS)}\n".encode() + line.encode() * 200_000
    started = time.monotonic()
    assert read_csv(content).frame.height == 200_000
    assert time.monotonic() - started < 8


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.lists(CELL, min_size=9, max_size=9), min_size=1, max_size=5),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
@example(rows=[["a", 'c"d', "a\rb", " ", "\n", ",", ";", "\t", "e"]], delimiter=",", quoting=1, ending="\n")
def test_what_a_csv_writer_wrote_is_what_is_read(rows, delimiter, quoting, ending) -> None:
    if quoting == csv.QUOTE_MINIMAL:
        # Python's writer before 3.13 leaves a lone carriage return unquoted, and then it ends a line.
        rows = [[cell.replace("\r", " ") for cell in row] for row in rows]
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    writer.writerows([list(ROW), *(["A-1", *row[1:]] for row in rows)])
    frame = read_csv(target.getvalue()).frame
    expected = pl.DataFrame(
        [["A-1", *row[1:]] for row in rows], schema=dict.fromkeys(ROW, pl.String), orient="row"
    ).with_columns(pl.all().str.strip_chars().str.strip_chars("\ufeff\u200b\u2060").str.strip_chars())
    assert frame["row"].to_list() == list(range(2, len(rows) + 2))
    for written, read in zip(expected.rows(), frame.drop("row").rows(), strict=True):
        for before, after in zip(written, read, strict=True):
            assert (after or "").strip("\ufeff\u200b\u2060") == before.strip("\ufeff\u200b\u2060")


def mutated(content: bytes, seed: list[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for place, value in seed:
        changed[place % len(changed)] = value
    return bytes(changed)


MUTATIONS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8)
INTACT = {
    "csv": f"{HEADING}\n{LINE}\n{LINE.replace('made up', chr(34) + 'a, b' + chr(34))}\n".encode(),
    "xlsx": PLAIN_BOOK,
    "json": json.dumps([ROW, {**ROW, "visits": 3}]).encode(),
}


@pytest.mark.parametrize("extension", ["csv", "xlsx", "json"])
@settings(max_examples=200, deadline=5000, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=MUTATIONS)
def test_damaged_bytes_are_read_or_rejected_and_nothing_else(
    extension: str, seed: list[tuple[int, int]]
) -> None:
    rule = None
    try:
        read = read_return(mutated(INTACT[extension], seed), extension, CONTRACT)
        assert read.frame.height >= 1
    except ReturnRejectedError as refusal:
        rule = refusal.rule
    assert rule is None or rule in CONTRACT.rules


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"]
)
@settings(max_examples=60, deadline=5000, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=MUTATIONS)
def test_damaged_parts_of_a_sound_zip_are_read_or_rejected(part: str, seed: list[tuple[int, int]]) -> None:
    content = with_parts(PLAIN_BOOK, {part: mutated(part_of(PLAIN_BOOK, part), seed)})
    rule = None
    try:
        read_return(content, "xlsx", CONTRACT)
    except ReturnRejectedError as refusal:
        rule = refusal.rule
    assert rule is None or rule in CONTRACT.rules


def test_cells_of_a_sheet_become_text_as_it_is_meant() -> None:
    def write(book: xlsxwriter.Workbook, sheet: object) -> None:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, [*ROW, "visits", "amount_demanded", "office"])
        sheet.write_row(1, 0, list(ROW.values()))
        sheet.write_datetime(1, 1, datetime(2024, 2, 29), day)  # noqa: DTZ001
        sheet.write_datetime(1, 2, datetime(2026, 10, 1, 10, 30), moment)  # noqa: DTZ001
        sheet.write_number(1, 9, 3)
        sheet.write_number(1, 10, 2500.5)
        sheet.write_formula(1, 11, '="Thana"&" 1"', None, "Thana 1")
        sheet.write_formula(1, 8, "=1/0", None, "#DIV/0!")

    row = read_xlsx(write).frame.row(0, named=True)
    assert row["recorded_on"] == str(date(2024, 2, 29))
    assert row["incident_date"] == "2026-10-01 10:30:00"
    assert (row["visits"], row["amount_demanded"]) == ("3", "2500.5")
    assert row["office"] == "Thana 1"
    assert row["narrative"] is None


def test_a_code_that_a_sheet_kept_as_a_number_has_lost_digits() -> None:
    rows = [[*ROW, "case_token"], [*ROW.values(), 12345678901234567890], [*ROW.values(), "9" * 20]]
    assert read_xlsx(table(rows)).findings["rule"].to_list() == ["digits_lost", "digits_lost"]
    rows[1][-1] = "3f2a98765432107c"
    assert read_xlsx(table(rows)).findings.is_empty()


def test_only_the_first_sheet_with_headings_is_read() -> None:
    other = [list(ROW), ["B-2", *list(ROW.values())[1:]]]
    read = read_xlsx(table([["notes", "of", "ours"]]), table([list(ROW), list(ROW.values())]), table(other))
    assert read.frame["report_id"].to_list() == ["WB-2026-10-0042"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"report_id,state", "workbook_broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "workbook_locked"),
        (b"PK\x03\x04" + bytes(30), "workbook_broken"),
        (PLAIN_BOOK[:-100], "workbook_broken"),
        (workbook(table([["x", "y", "z"]])), "headings_missing"),
        (workbook(table([list(ROW)])), "no_rows"),
        (workbook(table([])), "headings_missing"),
        (workbook(table([[*ROW, *range(1000)], [1]])), "too_many_columns"),
    ],
    ids=range(8),
)
def test_what_is_no_workbook_of_reports_is_rejected(content: bytes, rule: str) -> None:
    assert rejection(content, "xlsx") == rule


SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "iso-8859-1"])
@pytest.mark.parametrize(
    "part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "docProps/app.xml", "custom/any.xml"]
)
def test_a_document_type_in_any_part_is_rejected(part: str, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    start = f'{mark}<?xml version="1.0" encoding="{encoding.removesuffix("-le")}"?>\n'
    xml = f"{start}{LAUGHS}<sst><si><t>&d;</t></si></sst>"
    assert rejection(with_parts(PLAIN_BOOK, {part: xml.encode(encoding)}), "xlsx") == "workbook_has_dtd"


def sheet_xml(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    )


def text_cells(row: int, texts: Sequence[str]) -> str:
    cells = "".join(
        f'<c r="{chr(65 + place)}{row}" t="inlineStr"><is><t>{text}</t></is></c>'
        for place, text in enumerate(texts)
    )
    return f'<row r="{row}">{cells}</row>'


def book_of(rows: str, **parts: bytes) -> bytes:
    return with_parts(PLAIN_BOOK, {"xl/worksheets/sheet1.xml": sheet_xml(rows)})


REPORT_ROWS = text_cells(1, list(ROW)) + text_cells(2, list(ROW.values()))


def test_a_cell_at_the_far_corner_is_rejected() -> None:
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert rejection(book_of(REPORT_ROWS + corner), "xlsx") == "workbook_too_large"
    far = '<row r="3"><c r="XFD3"><v>1</v></c></row>'
    assert rejection(book_of(REPORT_ROWS + far), "xlsx") == "too_many_columns"


def test_formatted_blank_cells_to_the_far_corner_are_nothing() -> None:
    blank = "".join(f'<row r="{row}" s="1"><c r="XFD{row}" s="1"/></row>' for row in range(3, 100_000))
    read = read_return(book_of(f"{REPORT_ROWS}{blank}"), "xlsx", CONTRACT)
    assert read.frame["row"].to_list() == [2]


def test_cells_without_references_and_with_prefixes_are_counted_too() -> None:
    cells = "<c><v>1</v></c>" * 16_000
    assert rejection(book_of(REPORT_ROWS + f'<row r="900000">{cells}</row>'), "xlsx") == "workbook_too_large"
    prefixed = f'<x:row xmlns:x="{SPACE}" r="900000"><x:c r="XFD900000"><x:v>1</x:v></x:c></x:row>'
    assert rejection(book_of(REPORT_ROWS + prefixed), "xlsx") == "workbook_too_large"


def test_one_long_string_that_many_cells_point_at_is_rejected() -> None:
    strings = f'<sst xmlns="{SPACE}"><si><t>{"x" * 1_000_000}</t></si></sst>'
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(3, 200))
    parts = {
        "xl/worksheets/sheet1.xml": sheet_xml(REPORT_ROWS + rows),
        "xl/sharedStrings.xml": strings.encode(),
    }
    assert rejection(with_parts(PLAIN_BOOK, parts), "xlsx") == "workbook_too_large"


def test_deeply_nested_xml_is_rejected() -> None:
    assert rejection(book_of("<a>" * 100_000 + "</a>" * 100_000), "xlsx") == "workbook_broken"


@pytest.mark.parametrize("size", [100 << 20, 1 << 30])
def test_a_zip_bomb_is_rejected_without_unfolding_it(size: int) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(size >> 20)) + squeeze.flush()
    tracemalloc.start()
    assert rejection(raw_zip("xl/worksheets/sheet1.xml", packed, size), "xlsx") == "workbook_too_large"
    # A directory that lies about the size is found out by what comes after it.
    assert rejection(raw_zip("xl/worksheets/sheet1.xml", packed, 1000), "xlsx") == "workbook_broken"
    truncated = raw_zip("xl/worksheets/sheet1.xml", packed, 1000, checksum=zlib.crc32(bytes(1000)))
    assert rejection(truncated, "xlsx") == "workbook_broken"
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()


def raw_zip(name: str, packed: bytes, claimed: int, checksum: int = 0) -> bytes:
    sizes = struct.pack("<LLL", checksum, len(packed), claimed)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", len(name), 0)
    entry = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
    entry += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, 0) + name.encode()
    body = local + name.encode() + packed
    return body + entry + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(entry), len(body), 0)


def test_many_parts_and_parts_of_the_same_name_are_rejected() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for number in range(3000):
            book.writestr(f"xl/{number}.xml", b"<a/>")
    assert rejection(target.getvalue(), "xlsx") == "workbook_too_large"
    twice = with_parts(PLAIN_BOOK, {"XL/Worksheets/Sheet1.xml": sheet_xml(REPORT_ROWS)})
    assert rejection(twice, "xlsx") == "workbook_broken"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b" ", "file_empty"),
        (b"[]", "no_rows"),
        (b"[{}]", "json_not_reports"),
        (b"[1, 2]", "json_not_reports"),
        (b"{}", "json_not_reports"),
        (b'{"reports": 3}', "json_not_reports"),
        (b'"text"', "json_not_reports"),
        (b'[{"report_id": 1}', "json_broken"),
        (b"[{'report_id': 1}]", "json_broken"),
        (b'[{"name": 1}]', "headings_missing"),
        (b"[" * 10_000 + b"]" * 10_000, "json_too_deep"),
        (b'[{"narrative": "]]]"},' + b'{"a":[1,' * 10_000, "json_too_deep"),
        (b'[{"report_id":' + b"[" * 10_000 + b"]" * 10_000 + b"}]", "json_too_deep"),
        (b'[{"report_id": "\xe9"}]', "encoding_unknown"),
        (b'[{"report_id": "1\0"}]', "not_text"),
        (b"[" + b"{}," * 3_000_000 + b"{}]", "json_too_large"),
        (json.dumps([{f"c{n}": 1 for n in range(300)} | ROW]).encode(), "too_many_columns"),
    ],
    ids=range(17),
)
def test_json_that_is_no_list_of_reports_is_rejected(content: bytes, rule: str) -> None:
    assert rejection(content, "json") == rule


@pytest.mark.parametrize("value", ['["a"]', '{"a": 1}', "NaN", "-Infinity", '"\\ud800"', '"a\\u0000"'])
def test_a_json_value_that_is_not_plain_is_found_and_null(value: str) -> None:
    text = json.dumps([ROW, ROW]).replace('"made up"', value, 1)
    read = read_return(text.encode(), "json", CONTRACT)
    assert read.findings.rows() == [(1, "narrative", "value_not_plain")]
    assert read.frame["narrative"].to_list() == [None, "made up"]


def test_json_numbers_are_kept_as_written() -> None:
    text = (
        json.dumps([ROW]).replace('"WB-2026-10-0042"', "12345678901234567890.0").replace('"made up"', "true")
    )
    row = read_return(text.encode(), "json", CONTRACT).frame.row(0, named=True)
    assert (row["report_id"], row["narrative"]) == ("12345678901234567890.0", "true")


def test_a_json_number_of_many_digits_ends_soon() -> None:
    text = json.dumps([ROW]).replace('"made up"', "1" * 5_000_000)
    assert read_return(text.encode(), "json", CONTRACT).findings["rule"].to_list() == ["cell_too_long"]


def test_a_name_that_stands_twice_in_an_object_is_found() -> None:
    text = json.dumps([ROW, ROW]).replace('{"report_id"', '{"state": "IN-BR", "report_id"', 1)
    assert read_return(text.encode(), "json", CONTRACT).findings.rows() == [(1, "", "column_twice")]


def test_an_item_that_is_no_report_is_found_and_not_lost() -> None:
    read = read_json([ROW, 3, ROW])
    assert read.findings.rows() == [(2, "", "value_not_plain")]
    assert read.frame["row"].to_list() == [1, 2, 3]


def test_no_error_carries_a_value_of_the_file() -> None:
    for content, extension in [
        (b'x"Canary,1\n"Canary', "csv"),
        (b'[{"Canary": "Canary"', "json"),
        (b"Canary", "xlsx"),
    ]:
        with pytest.raises(ReturnRejectedError) as refusal:
            read_return(content, extension, CONTRACT)
        assert "Canary" not in str(refusal.value)
        assert refusal.value.__cause__ is None
        assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


GOLDEN = Path(__file__).parent.parent / "golden" / "read"


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_golden_returns_are_read_as_written_down(case: str) -> None:
    (source,) = (GOLDEN / case).glob("input.*")
    read = read_return(source.read_bytes(), source.suffix.removeprefix("."), CONTRACT)
    assert read.frame.write_csv() == (GOLDEN / case / "expected.csv").read_text(encoding="utf-8")
    assert read.findings.write_csv() == (GOLDEN / case / "findings.csv").read_text(encoding="utf-8")


def write_rows(number: int, complete: int, *, action: str = "new") -> bytes:
    """A file of made-up rows of which some have all that is required, or only withdraw."""
    required = [field.name for field in CONTRACT.fields.values() if field.required]
    lines = [",".join([*required, "action"])]
    lines += [",".join(["R-1", *["x"] * (len(required) - 1), action])] * complete
    lines += [",".join(["R-1", *[""] * (len(required) - 1), action])] * (number - complete)
    return "\n".join(lines).encode()


def test_a_large_file_in_which_too_few_rows_are_whole_is_refused_as_one() -> None:
    with pytest.raises(ReturnRejectedError) as refusal:
        read_return(write_rows(6_000, 500), "csv", CONTRACT)
    assert refusal.value.rule == "rows_incomplete"
    assert read_return(write_rows(6_000, 700), "csv", CONTRACT).frame.height == 6_000
    with pytest.raises(ReturnRejectedError):
        read_return(write_rows(100_001, 50_000), "csv", CONTRACT)
    assert read_return(write_rows(100_000, 50_000), "csv", CONTRACT).frame.height == 100_000
    # Of a smaller one each row is told what it lacks, and a withdrawal lacks nothing.
    assert read_return(write_rows(4_000, 0), "csv", CONTRACT).frame.height == 4_000
    assert read_return(write_rows(6_000, 0, action="withdraw"), "csv", CONTRACT).frame.height == 6_000
