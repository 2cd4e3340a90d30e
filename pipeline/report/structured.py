"""A page as a `Dataset` of schema.org, for search engines: JSON-LD that stands in the page.

With the properties that Google's guidelines for data sets want or recommend. All addresses are relative to the
page, since the site may stand anywhere.
"""

from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from pipeline.contract import NATIONAL
from pipeline.language import clean_label
from pipeline.report import outline
from pipeline.report.about import (
    KEYWORDS,
    LICENCE_URL,
    MADE_UP,
    METHOD,
    PUBLISHER,
    SOURCE,
    describe_edition,
)
from pipeline.report.addresses import page_name
from pipeline.report.citation import Cited, cite_text
from pipeline.report.codes import FILE_NAME as CODES_FILE
from pipeline.report.csvw import FILE_NAME as CSVW_FILE
from pipeline.report.datapackage import FILE_NAME as PACKAGE_FILE
from pipeline.report.datapackage import Files
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME as FIGURES_FILE
from pipeline.report.figures import Figures
from pipeline.report.spans import list_spans, write_span

_MEDIA_TYPES = {
    FIGURES_FILE: "text/csv",
    CODES_FILE: "text/csv",
    PACKAGE_FILE: "application/json",
    CSVW_FILE: "application/csvm+json",
}
"""What a reader can take away, and its media type."""


def describe_dataset(cited: Cited, place: str, figures: Figures, files: Files) -> dict[str, Any]:
    """Describe the page of a place, named in the language of the page, as a data set.

    `files` gives the checksum and the size of files beside the pages; those of the edition's data are listed.
    """
    edition = cited.edition
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        **_describe_edition(edition),
        "name": cited.safe_title,
        "description": describe_edition(edition, place),
        "url": page_name(cited.language),
        "inLanguage": cited.language,
        "creditText": cite_text(cited),
        "temporalCoverage": _cover(figures, cited.geography),
        "spatialCoverage": _describe_place(cited.geography, place),
        "keywords": list(KEYWORDS),
        "measurementTechnique": METHOD,
        "isBasedOn": {"@type": "CreativeWork", "name": SOURCE},
        "distribution": [
            _describe_file(name, media_type, files)
            for name, media_type in _MEDIA_TYPES.items()
            if name in files
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": PUBLISHER, "url": "../../../index.html"},
    }


def encode_for_script(described: dict[str, Any]) -> Markup:
    """Return JSON that can stand as it is in `<script type="application/ld+json">`, whatever is in it.

    Characters that could end the element, or a line of a script, are written as escapes of JSON.
    """
    escaped = htmlsafe_json_dumps(described, ensure_ascii=False, sort_keys=True)
    return escaped.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def _describe_edition(edition: Edition) -> dict[str, Any]:
    publisher = {"@type": "Organization", "name": PUBLISHER}
    described = {
        "identifier": edition.edition_id,
        "version": f"e{edition.number}",
        "datePublished": edition.announced_for.date().isoformat(),
        "license": LICENCE_URL,
        "isAccessibleForFree": True,
        "creator": publisher,
        "publisher": publisher,
    }
    return described | ({"creativeWorkStatus": MADE_UP} if edition.is_made_up else {})


def _cover(figures: Figures, geography: str) -> str | list[str]:
    spans = [write_span(span) for span in list_spans(figures, geography)]
    return spans[0] if len(spans) == 1 else spans


def _describe_place(geography: str, place: str) -> dict[str, Any]:
    named = {
        "name": clean_label(place),
        "identifier": {"@type": "PropertyValue", "propertyID": "ISO 3166", "value": geography},
    }
    if geography == NATIONAL:
        return {"@type": "Country", **named}
    within = {"@type": "Country", "name": outline.NATION}
    return {"@type": "AdministrativeArea", **named, "containedInPlace": within}


def _describe_file(name: str, media_type: str, files: Files) -> dict[str, str]:
    return {
        "@type": "DataDownload",
        "name": name,
        "contentUrl": f"../{name}",
        "encodingFormat": media_type,
        "sha256": files[name]["sha256"],
        "contentSize": f"{files[name]['bytes']} B",
    }
