"""The Data Package of an edition is valid with its data, and broken data is found by it."""

import json
from pathlib import Path

import frictionless
import pytest

from pipeline.report.codes import encode_codes, list_codes_used
from pipeline.report.datapackage import describe_package, measure_file
from pipeline.report.edition import Edition
from pipeline.report.figures import read_figures, write_figures
from pipeline.report.package import encode_json


@pytest.fixture
def write_package(contract, make_frame, tmp_path):
    """Write an edition's data with its description; `tamper` changes the text of the figures before they are
    measured, or after it where `late`."""

    def write(edition: Edition, tamper=None, *, late: bool = False) -> Path:
        path = tmp_path / "figures.csv"
        write_figures(make_frame(contract, share_shown=0.5, month=edition.month), path)
        figures = read_figures(path)
        codes = encode_codes(list_codes_used(figures, contract))
        (tmp_path / "codes.csv").write_bytes(codes)
        good = path.read_bytes()
        if tamper:
            path.write_bytes(tamper(good.decode()).encode())
            assert path.read_bytes() != good
        measured = measure_file(good if late else path.read_bytes())
        files = {"figures.csv": measured, "codes.csv": measure_file(codes)}
        descriptor = tmp_path / "datapackage.json"
        descriptor.write_bytes(encode_json(describe_package(edition, figures, contract, files)))
        return descriptor

    return write


def find_errors(path: Path) -> set[str]:
    return {error.type for task in frictionless.validate(str(path)).tasks for error in task.errors}


@pytest.mark.parametrize("month", ["2026-10", "2026-12"])
def test_the_package_is_valid_with_its_data(month, write_package, contract):
    report = frictionless.validate(str(write_package(Edition(month, 1, {"code": "0.1.0"}))))
    assert report.valid, report.to_summary()
    assert report.warnings == []
    assert [task.place for task in report.tasks] == ["figures.csv", "codes.csv"]


def test_a_reader_gets_numbers_words_and_blanks(write_package, edition):
    package = frictionless.Package(str(write_package(edition)))
    rows = package.get_resource("figures").read_rows()
    shown = [row for row in rows if row["status"] == "shown"]
    assert all(type(row["value"]) is int and row["lower"] <= row["value"] <= row["upper"] for row in shown)
    hidden = [row for row in rows if row["status"] == "not_published"]
    assert {(row["value"], row["lower"], row["upper"]) for row in hidden} == {(None, None, None)}
    totals = [row for row in rows if row["table"] == "total"]
    assert {row["code_1"] for row in totals} == {None}


def change_last_row(old: str, new: str):
    def change(text: str) -> str:
        *rows, last = text.splitlines(keepends=True)
        assert old in last
        return "".join([*rows, last.replace(old, new)])

    return change


@pytest.mark.parametrize(
    ("tamper", "error"),
    [
        (lambda text: text.replace(",shown\n", ",hidden\n", 1), "constraint-error"),
        (lambda text: text.replace(",IN,", ",India,", 1), "constraint-error"),
        (lambda text: text.replace(",2026-10,", ",October 2026,", 1), "constraint-error"),
        (lambda text: text.replace(",service,FIR,", ",service,F,", 1), "foreign-key"),
        (lambda text: text.replace(",service,FIR,", ",grounds,FIR,", 1), "foreign-key"),
        (lambda text: text.replace(",shown\n", ".5,shown\n", 1), "type-error"),
        (lambda text: text.replace(",upper,", ",top,", 1), "incorrect-label"),
        (change_last_row("total,", ","), "constraint-error"),
        (lambda text: text + "total,IN\n", "missing-cell"),
    ],
)
def test_broken_figures_are_found(tamper, error, write_package, edition):
    assert error in find_errors(write_package(edition, tamper))


def test_figures_that_were_changed_within_the_rules_are_found_by_their_checksum(write_package, edition):
    def swap(text: str) -> str:
        return text.replace("by_grounds", "by_goodwill")

    assert find_errors(write_package(edition, swap)) == set()
    assert "hash-count" in find_errors(write_package(edition, swap, late=True))


def test_the_package_says_what_it_is_and_how_to_take_it(write_package):
    path = write_package(Edition("2026-12", 2, {"code": "0.1.0"}, reason="linkage"))
    package = json.loads(path.read_bytes())
    assert package["version"] == "JWB-2026-12-e2"
    assert package["title"] == "Accountability figures, December 2026"
    assert "Reported to us, not prevalence." in package["description"]
    assert [licence["name"] for licence in package["licenses"]] == ["CC-BY-4.0"]
    assert package["contributors"][0]["organization"] == package["contributors"][0]["title"]
    assert package["temporal"] == {"start": "2026-01-01", "end": "2026-12-31"}
    assert package["announced_for"] == "2027-01-10T00:00:00+05:30"
    assert package["made_up"] is False
    assert package["versions"] == {"code": "0.1.0"}
    assert [resource["path"] for resource in package["resources"]] == ["figures.csv", "codes.csv"]


def test_a_made_up_edition_says_so_first(write_package):
    package = json.loads(write_package(Edition("2026-10", 1, {}, is_made_up=True)).read_bytes())
    assert package["made_up"] is True
    for name in ("title", "description"):
        assert package[name].startswith("Made-up example, do not cite: ")


def test_describing_twice_gives_the_same_bytes(write_package, edition):
    first = write_package(edition).read_bytes()
    assert write_package(edition).read_bytes() == first
