"""A page tells search engines what it is, and nothing in a name can break out of the page."""

import json

import pytest

from pipeline.report.about import title_page
from pipeline.report.citation import Cited
from pipeline.report.datapackage import measure_file
from pipeline.report.edition import Edition
from pipeline.report.structured import describe_dataset, encode_for_script

FILES = {
    name: measure_file(name.encode())
    for name in (
        "figures.csv",
        "codes.csv",
        "datapackage.json",
        "figures.csv-metadata.json",
        "IN/report.en.html",
    )
}
HOSTILE = "</script><script>alert(1)</script><!-- & \u2028\u2029"


@pytest.fixture
def describe(contract, make_frame, make_figures):
    def make(edition, geography="IN-WB", place="West Bengal", language="en"):
        figures = make_figures(make_frame(contract, share_shown=0.5, month=edition.month))
        cited = Cited(edition, geography, title_page(edition, place), language)
        return describe_dataset(cited, place, figures, FILES)

    return make


def list_addresses(value) -> list[str]:
    if isinstance(value, dict):
        found = [value[name] for name in ("url", "contentUrl", "@id") if name in value]
        return found + [address for part in value.values() for address in list_addresses(part)]
    return [address for part in value for address in list_addresses(part)] if isinstance(value, list) else []


def test_a_page_is_described_as_a_data_set(describe, edition):
    described = describe(edition, language="bn")
    assert described["@context"] == "https://schema.org/"
    assert described["@type"] == "Dataset"
    assert described["name"] == "Accountability report: West Bengal, October 2026"
    assert 50 <= len(described["description"]) <= 5000
    assert "Reported to us, not prevalence." in described["description"]
    assert described["identifier"] == "JWB-2026-10-e1"
    assert described["version"] == "e1"
    assert described["inLanguage"] == "bn"
    assert described["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert described["creator"] == {"@type": "Organization", "name": "Jawabdehi"}
    assert described["creditText"].startswith("Jawabdehi. Accountability report: West Bengal, October 2026.")
    assert described["datePublished"] == "2026-11-10"
    assert described["temporalCoverage"] == "2026-10-01/2026-10-31"
    assert "creativeWorkStatus" not in described


def test_the_place_is_named_with_its_code(describe, edition):
    state = describe(edition)["spatialCoverage"]
    assert (state["@type"], state["name"], state["identifier"]["value"]) == (
        "AdministrativeArea",
        "West Bengal",
        "IN-WB",
    )
    nation = describe(edition, "IN", "India")["spatialCoverage"]
    assert (nation["@type"], nation["name"], nation["identifier"]["value"]) == ("Country", "India", "IN")


def test_the_last_month_of_a_year_also_covers_its_quarter_and_year_where_a_page_has_them(describe):
    december = Edition("2026-12", 1, {})
    assert describe(december, "IN", "India")["temporalCoverage"] == "2026-12-01/2026-12-31"
    assert describe(december)["temporalCoverage"] == [
        "2026-12-01/2026-12-31",
        "2026-10-01/2026-12-31",
        "2026-01-01/2026-12-31",
    ]


def test_the_files_with_data_are_listed_with_their_checksums(describe, edition):
    distribution = describe(edition)["distribution"]
    assert {file["contentUrl"]: file["encodingFormat"] for file in distribution} == {
        "../figures.csv": "text/csv",
        "../codes.csv": "text/csv",
        "../datapackage.json": "application/json",
        "../figures.csv-metadata.json": "application/csvm+json",
    }
    for file in distribution:
        facts = FILES[file["name"]]
        assert (file["sha256"], file["contentSize"]) == (facts["sha256"], f"{facts['bytes']} B")


def test_all_addresses_are_relative(describe, edition):
    addresses = list_addresses(describe(edition))
    assert len(addresses) >= 5
    assert not [address for address in addresses if "//" in address or address.startswith("/")]


def test_a_made_up_edition_says_so(describe):
    described = describe(Edition("2026-10", 1, {}, is_made_up=True))
    assert described["creativeWorkStatus"] == "Made-up example"
    for name in ("name", "description"):
        assert described[name].startswith("Made-up example, do not cite: ")
    assert "Made-up example, do not cite" in described["creditText"]


def test_a_hostile_name_does_not_leave_its_script(describe, edition, parse_page):
    described = describe(edition, place=HOSTILE)
    described["keywords"] = [HOSTILE]
    text = encode_for_script(described)
    assert not set(text) & set("<>&\u2028\u2029")
    page = f'<head><script type="application/ld+json">{text}</script></head>'
    (script,) = parse_page(page.encode()).iter("script")
    assert json.loads(script.text) == described


def test_the_same_page_gives_the_same_text_in_which_indic_scripts_can_be_read(describe, edition):
    text = encode_for_script(describe(edition, place="পশ্চিমবঙ্গ"))
    assert "পশ্চিমবঙ্গ" in text
    assert encode_for_script(describe(edition, place="পশ্চিমবঙ্গ")) == text
