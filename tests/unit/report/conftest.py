"""A small made-up contract, made-up figures, and a strict reader of pages for the tests of the report."""

import itertools
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element

import polars as pl
import pytest

from pipeline.contract import Code, CodeList, Contract
from pipeline.report.edition import Edition
from pipeline.report.figures import SCHEMA, Figures, read_figures, write_figures
from pipeline.report.outline import BREAKDOWNS, CROSSING, CROSSING_CODES, MEASURES, RANGE_MEASURES

VOID = {"meta", "link", "br", "hr", "img", "input"}
MONTH = "2026-10"
DIMENSIONS = {
    "by_duty_bearer": "duty_bearer",
    "by_service": "service",
    "by_incident_kind": "incident_kind",
    "by_grounds": "grounds",
    "by_survivor_gender": "survivor_gender",
    "by_survivor_age_band": "survivor_age_band",
    "by_resolution": "resolution",
}
LOCAL = ("by_duty_bearer", "by_service", "by_incident_kind")


def build_contract(**labels: dict[str, str]) -> Contract:
    """Make a contract of just the code lists that the report uses: code to label, by list name."""
    lists = {
        "states": {"IN-BR": "Bihar", "IN-AP": "Andhra Pradesh", "IN-WB": "West Bengal"},
        "duty_bearers": {f"OFFICE_{n}": f"Office {chr(64 + n)}" for n in range(1, 16)},
        "services": {"FIR": "FIR registration", "SHELTER": "Shelter", "OTHER": "Other service"},
        "incident_kinds": {"REFUSAL": "Refusal", "DELAY": "Delay", "BRIBE": "Demand for a bribe"},
        "grounds": {"caste": "Caste", "gender": "Gender"},
        "survivor_genders": {"woman": "Woman", "man": "Man"},
        "survivor_age_bands": {"under_18": "Under 18", "18_24": "18 to 24"},
        "resolutions": {"open": "Not resolved", "resolved": "Resolved"},
    } | labels
    return Contract(
        version="1.0.0",
        fields={},
        code_lists={
            name: CodeList(name, {code: Code(code, label) for code, label in codes.items()})
            for name, codes in lists.items()
        },
        rules={},
        fingerprint="0" * 64,
    )


def plan_cells(contract: Contract) -> Iterator[tuple[str, str, str, tuple[tuple[str, str], ...]]]:
    """Yield every planned cell: table, geography, measure, and its (dimension, code) pairs."""
    lists = contract.code_lists
    for geography in ("IN", *lists["states"].codes):
        yield "total", geography, "incidents", ()
        for measure in RANGE_MEASURES:
            yield "range", geography, measure, ()
        for words in BREAKDOWNS:
            if geography == "IN" or words.table in LOCAL:
                for code in lists[words.codes].codes:
                    yield words.table, geography, "incidents", ((DIMENSIONS[words.table], code),)
    for outer, inner in itertools.product(lists["duty_bearers"].codes, lists[CROSSING_CODES].codes):
        yield CROSSING.table, "IN", "incidents", (("duty_bearer", outer), ("incident_kind", inner))
    for measure in MEASURES:
        yield "coverage" if measure.startswith("collectives") else "accounting", "IN", measure, ()


def build_frame(contract: Contract, *, share_shown: float, seed: int = 1) -> pl.DataFrame:
    """Make every planned cell of an edition; a shown one is a multiple of 5 from 10 up to 3,00,000."""
    chance = random.Random(seed)
    rows: list[dict[str, object]] = []
    for table, geography, measure, pairs in plan_cells(contract):
        row: dict[str, object] = dict.fromkeys(SCHEMA) | {
            "table": table,
            "geography": geography,
            "period": MONTH,
            "measure": measure,
            "status": "not_published",
        }
        for number, (dimension, code) in enumerate(pairs, start=1):
            row |= {f"dimension_{number}": dimension, f"code_{number}": code}
        if chance.random() < share_shown:
            value = 5 * round(10 ** chance.uniform(0.31, 4.77))
            row |= {"status": "shown", "value": value, "lower": max(value - 2, 10), "upper": value + 2}
        rows.append(row)
    return pl.DataFrame(rows, schema=dict(SCHEMA), infer_schema_length=None)


class PageReader(HTMLParser):
    """Reads a page into elements and fails where a tag is not closed in the order in which it was opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        child = Element(tag, {name: value or "" for name, value in attributes})
        self.open[-1].append(child)
        if tag not in VOID:
            self.open.append(child)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, text: str) -> None:
        parent = self.open[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + text
        else:
            parent.text = (parent.text or "") + text


def read_page(content: bytes) -> Element:
    reader = PageReader()
    reader.feed(content.decode())
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


@pytest.fixture
def make_contract():
    return build_contract


@pytest.fixture
def contract() -> Contract:
    return build_contract()


@pytest.fixture
def make_frame():
    return build_frame


@pytest.fixture
def parse_page():
    return read_page


@pytest.fixture
def edition() -> Edition:
    return Edition(MONTH, 1, {"code": "0.1.0", "contract": "1.0.0", "code_lists": "0" * 64, "plan": "1"})


@pytest.fixture
def make_figures(tmp_path: Path):
    """Write a frame as `figures.csv` and read it again, as a draft does."""

    def make(frame: pl.DataFrame) -> Figures:
        write_figures(frame, tmp_path / "figures.csv")
        return read_figures(tmp_path / "figures.csv")

    return make
