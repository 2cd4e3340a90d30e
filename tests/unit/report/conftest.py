"""A small made-up contract, made-up figures, and a strict reader of pages for the tests of the report."""

import itertools
import json
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element

import polars as pl
import pytest

from pipeline.contract import SCHEMAS, Code, CodeList, Contract
from pipeline.language import load_language
from pipeline.report.context import Background, Page, build_page
from pipeline.report.data import describe_data
from pipeline.report.edition import Edition
from pipeline.report.figures import SCHEMA, Figures, Shown, read_figures, write_figures
from pipeline.report.render import render_report
from pipeline.report.trend import Past

VOID = {"meta", "link", "br", "hr", "img", "input"}
MONTH = "2026-10"
PLAN = json.loads((SCHEMAS / "publication_plan.json").read_text(encoding="utf-8"))
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
LISTS = {"late_provision": "legal_provisions"}

DUTIES = {
    "FIR_REG": {"duty_bearers": "OFFICE_1", "services": "FIR", "decided_by": "act"},
    "RTI": {
        "duty_bearers": "OFFICE_2;OFFICE_3",
        "services": "ANY",
        "decided_by": "incident",
        "clock": "request",
        "limit_value": "30",
        "limit_unit": "days",
        "limit_from": "receipt of the request",
        "limit_binds": "duty_bearer",
    },
    "DOUBTFUL": {"duty_bearers": "OFFICE_1", "decided_by": "act", "confidence": "from memory"},
}
PROVISIONS = {
    "FIR_REG.before": ("FIR_REG", "CrPC s.154(1)", None, "2024-06-30", "legal_provision"),
    "FIR_REG.since": ("FIR_REG", "BNSS s.173(1)", "2024-07-01", None, "legal_provision"),
    "RTI": ("RTI", "RTI Act 2005 s.7(1)", None, None, "legal_provision;late_provision"),
    "DOUBTFUL": ("DOUBTFUL", "An Act that nobody read", None, None, "none"),
}


def list_law() -> dict[str, CodeList]:
    """Make the lists of three made-up duties, of which one was not verified, and their provisions."""
    blank = dict.fromkeys(
        ("services", "incident_kinds", "limit_value", "limit_unit", "limit_from", "limit_binds", "clock"), ""
    )
    blank |= {"remedy": "", "states": "", "counted_for": "all", "confidence": "verified"}
    duties = {
        code: Code(code, f"Duty {code}", details={**blank, "source": f"Source of {code}", **told})
        for code, told in DUTIES.items()
    }
    provisions = {
        code: Code(
            code,
            citation,
            valid_from=first,
            valid_to=last,
            details={"duty": duty, "counted_in": counted_in},
        )
        for code, (duty, citation, first, last, counted_in) in PROVISIONS.items()
    }
    return {
        "legal_duties": CodeList("legal_duties", duties),
        "legal_provisions": CodeList("legal_provisions", provisions),
    }


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
        "delay_bands": {"same_month": "In the reporting month", "1_to_2_months": "One or two months before"},
        "districts": {"319": "Malda", "315": "Kolkata", "221": "Purnia"},
        "correction_reasons": {
            "linkage": "Reports were linked wrongly",
            "program": "The program made an error",
        },
    } | labels
    return Contract(
        version="1.0.0",
        fields={},
        code_lists={
            name: CodeList(name, {code: Code(code, label) for code, label in codes.items()})
            for name, codes in lists.items()
        }
        | ({} if "legal_duties" in labels else list_law()),
        rules={},
        fingerprint="0" * 64,
    )


def period_of(month: str, grain: str) -> str:
    year, number = month.split("-")
    return {"month": month, "quarter": f"{year}-Q{(int(number) + 2) // 3}", "year": year}[grain]


def plan_cells(
    contract: Contract, month: str
) -> Iterator[tuple[str, str, str, str, tuple[tuple[str, str], ...]]]:
    """Yield every cell of an edition as planned: table, geography, period, measure, (dimension, code) pairs."""
    lists = contract.code_lists
    for family in PLAN["families"]:
        if int(month[-2:]) % MONTHS_OF[family["grain"]]:
            continue
        places = [["IN"] if name == "IN" else lists["states"].codes for name in family["geographies"]]
        dimensions = family["dimensions"]
        codes = [lists.get(name) or lists[LISTS.get(name, f"{name}s")] for name in dimensions]
        for geography, measure in itertools.product(itertools.chain(*places), family["measures"]):
            here = [
                [
                    code.code
                    for code in found.codes.values()
                    if code.within in (None, geography)
                    and name in code.details.get("counted_in", name).split(";")
                ]
                for name, found in zip(dimensions, codes, strict=True)
            ]
            for combination in itertools.product(*here):
                pairs = tuple(zip(family["dimensions"], combination, strict=True))
                yield family["table"], geography, period_of(month, family["grain"]), measure, pairs


def show_value(value: int | Shown | None) -> dict[str, object]:
    """Return the columns of a figure that is shown as `value`, or of one that is not published."""
    if value is None:
        return {"value": None, "lower": None, "upper": None, "status": "not_published"}
    if isinstance(value, Shown):
        return {"value": value.value, "lower": value.lower, "upper": value.upper, "status": "shown"}
    return {"value": value, "lower": max(value - 2, 10), "upper": value + 2, "status": "shown"}


def build_frame(contract: Contract, *, share_shown: float, seed: int = 1, month: str = MONTH) -> pl.DataFrame:
    """Make every planned cell of an edition; a shown one is a multiple of 5 from 10 up to 3,00,000."""
    chance = random.Random(seed)
    rows: list[dict[str, object]] = []
    for table, geography, period, measure, pairs in plan_cells(contract, month):
        row: dict[str, object] = dict.fromkeys(SCHEMA) | {
            "table": table,
            "geography": geography,
            "period": period,
            "measure": measure,
        }
        for number, (dimension, code) in enumerate(pairs, start=1):
            row |= {f"dimension_{number}": dimension, f"code_{number}": code}
        is_shown = chance.random() < share_shown
        rows.append(row | show_value(5 * round(10 ** chance.uniform(0.31, 4.77)) if is_shown else None))
    return pl.DataFrame(rows, schema=dict(SCHEMA), infer_schema_length=None)


def change_figure(frame: pl.DataFrame, value: int | Shown | None, **named: str) -> pl.DataFrame:
    """Return the frame with `value` as the figure of every cell whose columns are as `named`."""
    here = pl.all_horizontal(pl.col(name) == wanted for name, wanted in named.items())
    return frame.with_columns(
        pl.when(here).then(pl.lit(new, dtype=SCHEMA[name])).otherwise(name).alias(name)
        for name, new in show_value(value).items()
    )


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

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open[-1].append(Element(tag, {name: value or "" for name, value in attributes}))

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


def build_one(
    figures: Figures,
    contract: Contract,
    edition: Edition,
    geography: str,
    *,
    language: str = "en",
    former: Figures | None = None,
    previous: Figures | None = None,
) -> Page:
    """Build a page beside the figures that it corrects and those of one earlier month."""
    past = (Past(Edition(previous.period, 1, {}), previous),) if previous else ()
    return build_page(
        figures, contract, edition, geography, load_language(language), Background(former, past)
    )


def render_one(figures: Figures, contract: Contract, edition: Edition, geography: str, **more) -> bytes:
    """Render the page that `build_one` builds."""
    page = build_one(figures, contract, edition, geography, **more)
    return render_report(page, figures, describe_data(figures, contract, edition).files)


def print_nothing(page: bytes, folder: Path) -> bytes:
    return b"%PDF- made up"


@pytest.fixture
def build():
    return build_one


@pytest.fixture
def render():
    return render_one


@pytest.fixture
def no_printer():
    """A printer for tests that are not about paper."""
    return print_nothing


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
def set_figure():
    return change_figure


@pytest.fixture
def list_plan():
    return plan_cells


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
