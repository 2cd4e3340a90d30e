"""The data of an edition and their descriptions, as they go beside the pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.report import codes, csvw, datapackage
from pipeline.report.datapackage import Files, measure_file
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME, Figures
from pipeline.report.package import encode_json


@dataclass(frozen=True)
class Data:
    """Files by their names in the edition's folder: `contents` of those made here, `files` the facts of all."""

    contents: Mapping[str, bytes]
    files: Files


def describe_data(figures: Figures, contract: Contract, edition: Edition) -> Data:
    """Return `codes.csv` and the descriptions of the data, as a Data Package and for readers of CSV on the Web."""
    contents = {codes.FILE_NAME: codes.encode_codes(codes.list_codes_used(figures, contract))}
    files = {FILE_NAME: {"sha256": figures.sha256, "bytes": figures.size}}
    files |= {name: measure_file(content) for name, content in contents.items()}
    descriptions = {
        datapackage.FILE_NAME: datapackage.describe_package(edition, figures, contract, files),
        csvw.FILE_NAME: csvw.describe_tables(edition, figures),
    }
    encoded = {name: encode_json(described) for name, described in descriptions.items()}
    files |= {name: measure_file(content) for name, content in encoded.items()}
    return Data(contents | encoded, files)
