"""The data template in a real spreadsheet: it opens, drop-downs and checks hold, what is saved is read."""

import datetime
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter

from pipeline.contract import load_contract
from pipeline.forms.template import PREPARED_ROWS, write_template
from pipeline.jobs.examination import examine_return
from pipeline.language import list_languages, load_language
from tests.unit.forms.made_up_rows import FIRST_ROW, Chooser, checks_of, fill_template, offered_items

CONTRACT = load_contract()
FIELDS = list(CONTRACT.fields)
LANGUAGES = list_languages()
DISTRICTS = CONTRACT.code_lists["districts"].codes
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
CSV_UTF8 = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"

FILLED_ROWS = 60
SCRIPT = Path(__file__).parent / "mark_invalid.py"

Convert = Callable[[str, Sequence[Path]], list[Path]]
CountInvalid = Callable[[Path, Sequence[dict[str, object]]], list[int]]


def find(program: str, package: str, where: str | None = None) -> str:
    """Find a program of the system, or fail by saying which Debian package brings it."""
    found = shutil.which(program, path=where)
    if found is None:
        pytest.fail(
            f"The program {program} is missing: install it (Debian: apt-get install {package}).",
            pytrace=False,
        )
    return found


@pytest.fixture(scope="module")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Open files in LibreOffice and save them in another format, into a folder of their own."""
    program = find("soffice", "libreoffice-calc")
    profile = tmp_path_factory.mktemp("profile")

    def save_as(target: str, files: Sequence[Path]) -> list[Path]:
        folder = tmp_path_factory.mktemp("saved")
        options = [f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", target]
        subprocess.run(
            [program, *options, "--outdir", str(folder), *map(str, files)],
            check=True,
            capture_output=True,
            timeout=300,
        )
        saved = [folder / f"{path.stem}.{target.partition(':')[0]}" for path in files]
        assert all(path.is_file() for path in saved)
        return saved

    return save_as


@pytest.fixture(scope="module")
def count_invalid(tmp_path_factory: pytest.TempPathFactory) -> CountInvalid:
    """Fill cells of a workbook in LibreOffice, again and again, and count which break their checks each time."""
    find("soffice", "libreoffice-calc")
    python = find("python3", "python3-uno", "/usr/bin")
    if subprocess.run([python, "-c", "import uno"], check=False, capture_output=True).returncode:
        pytest.fail(
            "The module uno is missing: install it (Debian: apt-get install python3-uno).", pytrace=False
        )
    profile = tmp_path_factory.mktemp("profile")

    def count(path: Path, fillings: Sequence[dict[str, object]]) -> list[int]:
        order = {"file": path.as_uri(), "profile": profile.as_uri(), "fillings": list(fillings)}
        ran = subprocess.run(
            [python, str(SCRIPT)],
            input=json.dumps(order),
            text=True,
            check=True,
            stdout=subprocess.PIPE,
            timeout=300,
        )
        return json.loads(ran.stdout)

    return count


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("templates")
    paths = {code: folder / f"{code}.xlsx" for code in LANGUAGES}
    for code, path in paths.items():
        path.write_bytes(write_template(CONTRACT, load_language(code)))
    return paths


@pytest.fixture(scope="module")
def filled(templates, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every template with rows that go through all items of most lists."""
    folder = tmp_path_factory.mktemp("filled")
    for seed, (code, path) in enumerate(templates.items()):
        content = path.read_bytes()
        chooser = Chooser(
            CONTRACT, offered_items(openpyxl.load_workbook(io.BytesIO(content)), CONTRACT), seed
        )
        rows = [chooser.fill(number)[0] for number in range(FILLED_ROWS)]
        (folder / f"{code}.xlsx").write_bytes(fill_template(content, rows, CONTRACT))
    return {code: folder / f"{code}.xlsx" for code in templates}


def test_all_checks_are_there_after_opening_with_their_kind_range_and_words(convert, templates):
    for code, saved in zip(templates, convert("fods", list(templates.values())), strict=True):
        checks = checks_of(openpyxl.load_workbook(templates[code]).worksheets[0])
        document = ET.parse(saved)
        found = {check.get(f"{TABLE}name"): check for check in document.iter(f"{TABLE}content-validation")}
        sheet = next(document.iter(f"{TABLE}table"))
        for column, name in enumerate(FIELDS, start=1):
            wanted = checks[get_column_letter(column)]
            used = validations_down(sheet, column)
            assert len(used) == 1, (code, name)
            ((applied, rows),) = used.items()
            assert rows == range(FIRST_ROW, FIRST_ROW + PREPARED_ROWS)
            compare_check(found[applied], wanted, CONTRACT.fields[name].kind)


def compare_check(found: ET.Element, wanted, kind: str) -> None:
    condition = str(found.get(f"{TABLE}condition"))
    beginning = {
        "list": "of:cell-content-is-in-list(",
        "custom": "of:is-true-formula(",
        "whole": "of:cell-content-is-whole-number() and cell-content()>=0",
        "textLength": "of:cell-content-text-length()<=",
    }[wanted.type]
    assert condition.startswith(beginning)
    assert "#REF!" not in condition
    assert "Err:" not in condition
    shown = found.find(f"{TABLE}help-message")
    assert shown.get(f"{TABLE}title") == wanted.promptTitle
    assert "\n".join("".join(line.itertext()) for line in shown) == wanted.prompt
    error = found.find(f"{TABLE}error-message")
    stops = error.get(f"{TABLE}display") == "true" and error.get(f"{TABLE}message-type") == "stop"
    assert stops == (kind == "code")


def validations_down(sheet: ET.Element, column: int) -> dict[str, range]:
    """The checks in a column and the rows, from 1, that each covers without a gap."""
    used: dict[str, list[int]] = {}
    row = 0
    for line in sheet.iter(f"{TABLE}table-row"):
        repeated = int(line.get(f"{TABLE}number-rows-repeated", "1"))
        place = 0
        for cell in line:
            place += int(cell.get(f"{TABLE}number-columns-repeated", "1"))
            if place >= column:
                if name := cell.get(f"{TABLE}content-validation-name"):
                    used.setdefault(name, []).extend(range(row + 1, row + repeated + 1))
                break
        row += repeated
    spans = {name: range(rows[0], rows[-1] + 1) for name, rows in used.items()}
    assert all(len(span) == len(used[name]) for name, span in spans.items())
    return spans


def calculate(convert: Convert, template: Path, cells: dict[str, str], formulas: list[str]) -> list[str]:
    """What LibreOffice makes of formulas beside a sheet to fill with these cells, as CSV shows it."""
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    for place, value in cells.items():
        sheet[place] = value
        sheet[place].number_format = "@"
    results = book.create_sheet("results", 0)
    for row, formula in enumerate(formulas, start=1):
        results.cell(row, 1, formula)
    path = template.parent / "calculated.xlsx"
    book.save(path)
    lines = convert(CSV_UTF8, [path])[0].read_text(encoding="utf-8").split("\n")
    return [line.strip('"') for line in lines[: len(formulas)]]


def formula_in(sheet: str, check, row: int) -> str:
    """The formula of a check as it stands for a row, told from another sheet."""
    first = str(check.sqref).partition(":")[0]
    column = first.rstrip("0123456789")
    moved = Translator(f"={check.formula1}", origin=first).translate_formula(f"{column}{row}")
    own = {f"${get_column_letter(at)}{row}" for at in range(1, len(FIELDS) + 1)}
    own |= {reference.removeprefix("$") for reference in own}
    for reference in sorted(own, key=len, reverse=True):
        moved = moved.replace(f"({reference}", f"('{sheet}'!{reference}").replace(
            f",{reference}", f",'{sheet}'!{reference}"
        )
    return moved


@pytest.mark.parametrize("code", ["en", "ta"])
def test_a_state_that_is_chosen_leaves_its_own_districts_to_choose_from(convert, templates, code):
    book = openpyxl.load_workbook(templates[code])
    check = checks_of(book.worksheets[0])[get_column_letter(FIELDS.index("district") + 1)]
    states = offered_items(book, CONTRACT)["state"]
    place = get_column_letter(FIELDS.index("state") + 1)
    cells = {f"{place}{row}": state for row, state in enumerate(states, start=FIRST_ROW)}
    rows = range(FIRST_ROW, FIRST_ROW + len(states) + 1)  # the last one has no state
    sources = [formula_in(book.sheetnames[0], check, row).removeprefix("=") for row in rows]
    results = calculate(
        convert,
        templates[code],
        cells,
        [f"=ROWS({source})" for source in sources]
        + [f"=INDEX({source},1)" for source in sources]
        + [f"=INDEX({source},ROWS({source}))" for source in sources],
    )
    counts, firsts, lasts = (results[at * len(rows) : (at + 1) * len(rows)] for at in range(3))
    for state, count, first, last in zip(states, counts, firsts, lasts, strict=False):
        within = [item for item in DISTRICTS.values() if item.within == state.rpartition(" · ")[2]]
        assert int(count) == len(within), state
        assert first == f"{within[0].label} · {within[0].code}"
        assert last == f"{within[-1].label} · {within[-1].code}"
    assert int(counts[-1]) == len(DISTRICTS)


TYPED = {
    "report_id": {
        "A-1": True,
        "007": True,
        "x" * 64: True,
        "x" * 65: False,
        "A 1": False,
        "A/1": False,
        "é": False,
        "a*": False,
    },
    "recorder": {"R1": True, "x" * 16: True, "x" * 17: False},
    "case_token": {
        "0123456789abcdef": True,
        "0123456789ABCDEF": True,
        "f" * 128: True,
        "f" * 129: False,
        "0123456789abcde": False,
        "0123456789abcdeg": False,
    },
    "recorded_on": {
        "2026-10-03": True,
        "2024-02-29": True,
        "2026-02-29": False,
        "2026-13-01": False,
        "2026-00-10": False,
        "2026-10-00": False,
        "2026-10-32": False,
        "03/10/2026": False,
        "3.10.26": False,
        "2026-10": False,
        "2026/10/03": False,
        "yesterday!": False,
    },
    "incident_date": {
        "2026-10-03": True,
        "2026-10": True,
        "2026-12": True,
        "2026-13": False,
        "2026-1": False,
        "2026": False,
        "10-2026": False,
        "2026-04-31": False,
        "October": False,
    },
    "visits": {0: True, 12: True, -1: False, 1.5: False, "three": False},
    "office": {"x" * 500: True, "x" * 501: False},
}


def test_checks_of_ids_tokens_dates_and_numbers_doubt_what_the_pipeline_would_refuse(
    count_invalid, templates
):
    fillings, wanted = [], []
    for name, typed in TYPED.items():
        cell = f"{get_column_letter(FIELDS.index(name) + 1)}{FIRST_ROW + 7}"
        for text, fits in typed.items():
            fillings.append({cell: text})
            wanted.append((name, text, fits))
        fillings.append({cell: ""})
        wanted.append((name, "", True))
    counts = count_invalid(templates["hi"], fillings)
    assert [(name, text, count == 0) for (name, text, _), count in zip(wanted, counts, strict=True)] == wanted


def test_only_what_a_list_offers_can_be_entered_and_a_district_only_in_its_state(count_invalid, templates):
    offered = offered_items(openpyxl.load_workbook(templates["bn"]), CONTRACT)
    column = {name: get_column_letter(FIELDS.index(name) + 1) for name in offered}
    states = {item.rpartition(" · ")[2]: item for item in offered["state"]}
    places = [(states[DISTRICTS[item.rpartition(" · ")[2]].within], item) for item in offered["district"]]
    others = dict(
        zip(states.values(), [*list(states.values())[1:], next(iter(states.values()))], strict=True)
    )
    single = [name for name in offered if CONTRACT.fields[name].kind == "code"]

    def fill(name: str, values: Sequence[str]) -> dict[str, str]:
        return {f"{column[name]}{row}": value for row, value in enumerate(values, start=FIRST_ROW)}

    fillings = [
        fill("district", [district for _, district in places]),
        fill("state", [state for state, _ in places]),
        fill("state", [others[state] for state, _ in places]),
        fill("state", [""] * len(places)) | fill("district", [""] * len(places)),
        *(fill(name, offered[name]) for name in single if name != "district"),
        *(fill(name, ["Atlantis"]) for name in single),
    ]
    counts = count_invalid(templates["bn"], fillings)
    # With no state chosen every district can be; with its own, it can; with another one, it cannot.
    assert counts[:4] == [0, 0, len(places), 0]
    lists = len(single) - 1
    assert counts[4 : 4 + lists] == [0] * lists
    assert counts[4 + lists :] == list(range(1, len(single) + 1))


@pytest.fixture(scope="module")
def saved(convert, filled) -> dict[str, dict[str, Path]]:
    """The filled templates as LibreOffice saves them, by format and language."""
    return {
        target.partition(":")[0]: dict(zip(filled, convert(target, list(filled.values())), strict=True))
        for target in ("xlsx", CSV_UTF8)
    }


def read_back(path: Path) -> pl.DataFrame:
    examined = examine_return(
        path.read_bytes(),
        path.suffix.removeprefix("."),
        CONTRACT,
        received_on=datetime.date(2026, 11, 5),
    )
    assert set(examined.findings["rule"]) <= {"escalated_none_and_others"}
    assert examined.dropped_columns == ()
    return examined.accepted


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_libreoffice_saves_is_read_as_the_same_rows(filled, saved, code):
    wanted = read_back(filled[code])
    assert wanted.height == FILLED_ROWS
    for extension, paths in saved.items():
        assert read_back(paths[code]).equals(wanted), extension


@pytest.mark.parametrize("code", LANGUAGES)
def test_drop_downs_are_still_there_after_libreoffice_saved_the_file(filled, saved, code):
    before, after = (openpyxl.load_workbook(paths[code]) for paths in (filled, saved["xlsx"]))
    assert after.sheetnames == before.sheetnames
    assert offered_items(after, CONTRACT) == offered_items(before, CONTRACT)
    kept, given = (checks_of(book.worksheets[0]) for book in (after, before))
    assert {column: check.type for column, check in kept.items()} == {
        column: check.type for column, check in given.items()
    }
    district = get_column_letter(FIELDS.index("district") + 1)
    # LibreOffice quotes the names of sheets by rules of its own.
    assert re.sub("[ ']", "", kept[district].formula1) == given[district].formula1.replace("'", "")
