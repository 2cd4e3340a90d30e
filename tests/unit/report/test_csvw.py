"""Readers of CSV on the Web find the description of the tables, and read every cell as what it is."""

import warnings

import csvw
import polars as pl
import pytest

from pipeline.report.codes import encode_codes, list_codes_used
from pipeline.report.csvw import FILE_NAME, describe_tables
from pipeline.report.edition import Edition
from pipeline.report.figures import SCHEMA, read_figures, write_figures
from pipeline.report.package import encode_json


@pytest.fixture
def write_tables(contract, make_frame, tmp_path):
    """Write an edition's tables with their description and return the path of the figures and their frame."""

    def write(edition: Edition) -> tuple[str, pl.DataFrame]:
        path = tmp_path / "figures.csv"
        write_figures(make_frame(contract, share_shown=0.5, month=edition.month), path)
        figures = read_figures(path)
        (tmp_path / "codes.csv").write_bytes(encode_codes(list_codes_used(figures, contract)))
        (tmp_path / FILE_NAME).write_bytes(encode_json(describe_tables(edition, figures)))
        return str(path), figures.frame

    return write


def is_valid(path: str) -> bool:
    """Tell whether tables are valid; some faults the reader raises at once."""
    try:
        return csvw.CSVW(path, validate=True).is_valid
    except ValueError:
        return False


@pytest.mark.parametrize("month", ["2026-10", "2026-12"])
def test_the_figures_are_read_cell_by_cell_with_their_types(month, write_tables):
    path, frame = write_tables(Edition(month, 1, {}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = list(csvw.CSVW(path).tables[0])
    assert pl.DataFrame(rows, schema=dict(SCHEMA), infer_schema_length=None).equals(frame)
    assert {type(row["value"]) for row in rows} == {int, type(None)}
    assert {type(row["code_2"]) for row in rows} == {str, type(None)}


def test_both_tables_are_valid_by_the_description(write_tables, edition):
    path, _ = write_tables(edition)
    read = csvw.CSVW(path, validate=True)
    assert read.is_valid, read.warnings
    assert [str(table.url) for table in read.tables] == ["figures.csv", "codes.csv"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",shown\n", ",hidden\n"),
        (",shown\n", ".5,shown\n"),
        (",IN,", ",India,"),
        (",2026-10,", ",2026-13,"),
        ("\ntotal,", "\n,"),
        (",upper,", ",top,"),
    ],
)
def test_broken_figures_are_found(old, new, write_tables, edition, tmp_path):
    path, _ = write_tables(edition)
    text = (tmp_path / "figures.csv").read_text(encoding="utf-8")
    (tmp_path / "figures.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    assert not is_valid(path)


def test_a_figure_that_stands_there_twice_is_found(write_tables, edition, tmp_path):
    path, _ = write_tables(edition)
    with (tmp_path / "figures.csv").open("a", encoding="utf-8") as file:
        file.write("total,IN,2026-10,incidents,,,,,,,,not_published\n")
    with pytest.raises(ValueError, match="duplicate primary key"):
        csvw.CSVW(path).tables[0].check_primary_key()


def test_the_description_says_what_the_figures_are(write_tables):
    for is_made_up in (False, True):
        path, _ = write_tables(Edition("2026-10", 1, {}, is_made_up=is_made_up))
        said = csvw.CSVW(path).common_props
        assert said["dc:identifier"] == "JWB-2026-10-e1"
        assert said["dc:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
        assert said["dc:temporal"] == ["2026-10-01/2026-10-31"]
        assert "Reported to us, not prevalence." in said["dc:description"]
        assert said["dc:title"].startswith("Made-up example, do not cite") == is_made_up
        assert ("schema:creativeWorkStatus" in said) == is_made_up
