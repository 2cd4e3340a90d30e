"""A reader goes from the start page to a figure and to the file it comes from, by what is written on the pages."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

PLACE, MONTH = "West Bengal", "December 2026"
TABLE = "Incidents by duty-bearer"

NAMING = ("table", "geography", "measure", "code_1", "code_2")
"""Columns of figures.csv that the address of a figure is made of."""


@pytest.fixture(params=["phone", "desktop"])
def reader(request, browser, windows) -> Iterator[Page]:
    """An empty window, on a phone and on a desk, in which no scripts run."""
    with browser.new_context(viewport=windows[request.param], java_script_enabled=False) as context:
        page = context.new_page()
        page.set_default_timeout(5000)
        yield page


def test_a_reader_comes_from_the_start_page_to_a_figure_of_a_state_and_to_its_file(reader, served, tmp_path):
    reader.goto(f"{served}usual/index.html")
    open_month_of_state(reader)
    expect(reader.get_by_role("heading", level=1)).to_contain_text(PLACE)
    expect(reader.get_by_role("heading", level=1)).to_contain_text(MONTH)
    figure = choose_figure(reader)
    with reader.expect_download() as download:
        reader.get_by_role("link", name="figures.csv").first.click()
    download.value.save_as(tmp_path / "figures.csv")
    assert find_value(tmp_path / "figures.csv", unquote(reader.url.partition("#")[2])) == figure


def test_a_reader_puts_any_two_months_of_a_place_side_by_side(reader, served):
    reader.goto(f"{served}usual/places/IN-WB.en.html")
    table = reader.get_by_role("table", name=TABLE).first
    headings = table.get_by_role("columnheader")
    expect(headings).to_have_text(["Duty-bearer", "January 2027", "December 2026"])
    reader.get_by_role("group", name="Second month").get_by_label("November 2026").check()
    expect(headings).to_have_text(["Duty-bearer", "December 2026", "November 2026"])


def open_month_of_state(reader: Page) -> None:
    """Click from the start page to the state, and there to the newest edition of the month."""
    reader.get_by_role("link", name=PLACE, exact=True).first.click()
    reader.get_by_role("table").first.get_by_role("link", name=MONTH, exact=True).click()


def choose_figure(reader: Page) -> str:
    """Click to the tables and there on the first figure of one, which then is what the address names; return it."""
    contents = reader.get_by_role("navigation", name="Contents")
    contents.get_by_role("link", name="Who refused what").click()
    table = reader.get_by_role("table", name=TABLE).first
    figure = table.get_by_role("link").first
    figure.click()
    expect(figure).to_be_in_viewport()
    return re.sub(r"\D", "", figure.inner_text())


def find_value(path: Path, address: str) -> str:
    """Return the published value of the cell that an address within a page names."""
    with path.open(encoding="utf-8", newline="") as lines:
        values = {".".join(filter(None, map(row.get, NAMING))): row["value"] for row in csv.DictReader(lines)}
    return values[address]
