"""`figures.csv-metadata.json`: the published tables for readers of CSV on the Web.

After the W3C Recommendation "Metadata Vocabulary for Tabular Data" (17 December 2015). Its rules look for the
description of `figures.csv` under this name; that of `codes.csv` stands in it too.
"""

from collections.abc import Sequence
from typing import Any

from pipeline.report.about import KEYWORDS, LICENCE_URL, MADE_UP, PUBLISHER, describe_edition, title_edition
from pipeline.report.codes import FILE_NAME as CODES_FILE
from pipeline.report.columns import CODES_COLUMNS, FIGURES_COLUMNS, Column
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME as FIGURES_FILE
from pipeline.report.figures import KEY, Figures
from pipeline.report.spans import list_spans, write_span

FILE_NAME = f"{FIGURES_FILE}-metadata.json"


def describe_tables(edition: Edition, figures: Figures) -> dict[str, Any]:
    """Describe `figures.csv` and `codes.csv` as a group of tables.

    Codes are not bound to `codes.csv` by foreign keys: there the standard wants a row for every reference, a blank
    one too, and a total has no dimension.
    """
    described: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:identifier": edition.edition_id,
        "dc:title": title_edition(edition),
        "dc:description": describe_edition(edition),
        "dc:publisher": {"schema:name": PUBLISHER},
        "dc:license": {"@id": LICENCE_URL},
        "dc:temporal": [write_span(span) for span in list_spans(figures)],
        "dcat:keyword": list(KEYWORDS),
        "dialect": {"encoding": "utf-8", "header": True, "delimiter": ",", "lineTerminators": ["\n"]},
        "tables": [
            _describe_table(FIGURES_FILE, FIGURES_COLUMNS, KEY),
            _describe_table(CODES_FILE, CODES_COLUMNS, ("dimension", "code")),
        ],
    }
    if edition.is_made_up:
        described["schema:creativeWorkStatus"] = MADE_UP
    return described


def _describe_table(file_name: str, columns: Sequence[Column], key: Sequence[str]) -> dict[str, Any]:
    return {
        "url": file_name,
        "tableSchema": {
            "columns": [_describe_column(column) for column in columns],
            "primaryKey": list(key),
        },
    }


def _describe_column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        # A validator compares these with the heading of the file; the first is what a person sees.
        "titles": [column.title, column.name],
        "dc:description": column.meaning,
        "datatype": _describe_datatype(column),
        "required": column.required,
    }


def _describe_datatype(column: Column) -> str | dict[str, str]:
    if column.kind == "count":
        return "nonNegativeInteger"
    pattern = "|".join(column.choices) or column.pattern
    return {"base": "string", "format": pattern} if pattern else "string"
