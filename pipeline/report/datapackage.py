"""`datapackage.json`: the figures of an edition as a Data Package, for programs and for those who write them.

After the Data Package standard, version 2.0 (datapackage.org), with four properties of our own, named as in the
manifest: `temporal` (first and last day), `announced_for`, `made_up` and `versions`.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from pipeline.contract import Contract
from pipeline.report import codes
from pipeline.report.about import (
    KEYWORDS,
    LICENCE_NAME,
    LICENCE_URL,
    PUBLISHER,
    SOURCE,
    describe_edition,
    title_edition,
)
from pipeline.report.columns import CODES_COLUMNS, FIGURES_COLUMNS, Column
from pipeline.report.edition import LICENCE, Edition
from pipeline.report.figures import FILE_NAME as FIGURES_FILE
from pipeline.report.figures import KEY, Figures
from pipeline.report.spans import list_spans

FILE_NAME = "datapackage.json"

Files = Mapping[str, Mapping[str, Any]]
"""The `sha256` and the `bytes` of files by their names, as a manifest has them."""

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

_DIALECT = {"header": True, "delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n"}


def measure_file(content: bytes) -> dict[str, Any]:
    """Return what a manifest says of a file with this content."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def describe_package(edition: Edition, figures: Figures, contract: Contract, files: Files) -> dict[str, Any]:
    """Describe `figures.csv` and `codes.csv`, of which `files` gives the checksum and the size."""
    spans = list_spans(figures)
    return {
        "$schema": _PROFILE,
        # The standard wants one name for all versions of a package: which edition it is stands in the version.
        "name": "jawabdehi-accountability-figures",
        "version": edition.edition_id,
        "title": title_edition(edition),
        "description": describe_edition(edition),
        "keywords": list(KEYWORDS),
        "licenses": [{"name": LICENCE, "path": LICENCE_URL, "title": LICENCE_NAME}],
        "contributors": [{"title": PUBLISHER, "organization": PUBLISHER, "roles": ["creator", "publisher"]}],
        "sources": [{"title": SOURCE, "version": contract.version}],
        "temporal": {
            "start": min(first for first, _ in spans).isoformat(),
            "end": max(last for _, last in spans).isoformat(),
        },
        "announced_for": edition.announced_for.isoformat(),
        "made_up": edition.is_made_up,
        "versions": dict(edition.versions),
        "resources": [_describe_figures(files), _describe_codes(figures, contract, files)],
    }


def _describe_figures(files: Files) -> dict[str, Any]:
    schema = {
        "fields": [_describe_field(column) for column in FIGURES_COLUMNS],
        # Not a primary key, whose columns the standard wants filled: a total has no dimension.
        "uniqueKeys": [list(KEY)],
        "foreignKeys": [
            {
                "fields": [f"dimension_{number}", f"code_{number}"],
                "reference": {"resource": "codes", "fields": ["dimension", "code"]},
            }
            for number in (1, 2)
        ],
    }
    title = "Figures: one row for each planned figure, published or not"
    return _describe_resource("figures", FIGURES_FILE, title, schema, files)


def _describe_codes(figures: Figures, contract: Contract, files: Files) -> dict[str, Any]:
    schema = {
        "fields": [_describe_field(column) for column in CODES_COLUMNS],
        "primaryKey": ["dimension", "code"],
    }
    title = "Codes: what each code in the figures stands for"
    resource = _describe_resource("codes", codes.FILE_NAME, title, schema, files)
    if sources := codes.list_sources(figures, contract):
        resource["sources"] = [{"title": source} for source in sources]
    return resource


def _describe_resource(
    name: str, file_name: str, title: str, schema: dict[str, Any], files: Files
) -> dict[str, Any]:
    facts = files[file_name]
    return {
        "name": name,
        "type": "table",
        "title": title,
        "path": file_name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": facts["bytes"],
        "hash": f"sha256:{facts['sha256']}",
        "dialect": dict(_DIALECT),
        "schema": {"missingValues": [""], **schema},
    }


def _describe_field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if column.required else {}
    if column.kind == "count":
        constraints["minimum"] = 0
    if column.pattern:
        constraints["pattern"] = column.pattern
    if column.choices:
        constraints["enum"] = list(column.choices)
    field = {
        "name": column.name,
        "title": column.title,
        "description": column.meaning,
        "type": "integer" if column.kind == "count" else "string",
    }
    return field | ({"constraints": constraints} if constraints else {})
