"""The description of the columns says of single cells what the rules of `figures.csv` say."""

import re

import polars as pl
import pytest

from pipeline.report.columns import CODES_COLUMNS, FIGURES_COLUMNS, STATUSES
from pipeline.report.figures import SCHEMA, FiguresFormatError, write_figures

ROW = {
    "table": "by_service",
    "geography": "IN-WB",
    "period": "2026-10",
    "measure": "incidents",
    "dimension_1": "service",
    "code_1": "FIR",
    "dimension_2": None,
    "code_2": None,
    "value": 25,
    "lower": 23,
    "upper": 27,
    "status": "shown",
}
BAD_CELLS = [
    ("table", "By service"),
    ("table", "=table"),
    ("geography", "WB"),
    ("geography", "IN-WBX"),
    ("geography", "in"),
    ("period", "2026-13"),
    ("period", "2026-Q5"),
    ("period", "1999-10"),
    ("measure", "Incidents"),
    ("dimension_1", "1st"),
    ("code_1", "=FIR"),
    ("code_1", "F I R"),
    ("value", -25),
    ("lower", -1),
    ("status", "hidden"),
    *((column.name, None) for column in FIGURES_COLUMNS if column.required),
]


def is_described(name: str, cell: str | int | None) -> bool:
    column = next(column for column in FIGURES_COLUMNS if column.name == name)
    if cell is None:
        return not column.required
    if column.kind == "count":
        return isinstance(cell, int) and cell >= 0
    fits = column.pattern is None or re.fullmatch(column.pattern, str(cell)) is not None
    return fits and (not column.choices or cell in column.choices)


def test_the_columns_are_those_of_the_file_in_their_order_and_of_their_types():
    assert [column.name for column in FIGURES_COLUMNS] == list(SCHEMA)
    kinds = {"text": pl.String(), "count": pl.Int64()}
    assert [kinds[column.kind] for column in FIGURES_COLUMNS] == list(SCHEMA.values())


@pytest.mark.parametrize(("name", "cell"), BAD_CELLS)
def test_what_the_description_refuses_is_refused_by_the_file(name, cell, tmp_path):
    write_figures(pl.DataFrame([ROW], schema=dict(SCHEMA)), tmp_path / "good.csv")
    assert not is_described(name, cell)
    with pytest.raises(FiguresFormatError):
        write_figures(pl.DataFrame([ROW | {name: cell}], schema=dict(SCHEMA)), tmp_path / "figures.csv")


def test_what_an_edition_holds_is_described(contract, make_frame):
    for month in ("2026-10", "2026-12"):
        frame = make_frame(contract, share_shown=0.5, month=month)
        for column in FIGURES_COLUMNS:
            assert all(is_described(column.name, cell) for cell in frame[column.name].unique())


def test_both_states_of_a_figure_are_described(contract, make_frame):
    assert set(make_frame(contract, share_shown=0.5)["status"]) == set(STATUSES)


@pytest.mark.parametrize("column", [*FIGURES_COLUMNS, *CODES_COLUMNS], ids=lambda column: column.name)
def test_each_column_says_in_a_sentence_what_it_means(column):
    assert re.fullmatch(r"[A-Z].{20,}\.", column.meaning)
    assert column.title


def test_a_pattern_means_the_same_with_and_without_anchors_around_it():
    patterns = [column.pattern for column in (*FIGURES_COLUMNS, *CODES_COLUMNS) if column.pattern]
    for pattern in patterns:
        outside = re.sub(r"\(([^()]|\([^()]*\))*\)", "", pattern)
        assert not set(outside) & set("|^$"), pattern
