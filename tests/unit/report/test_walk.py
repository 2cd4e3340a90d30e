"""Whatever number stands anywhere on a page is that of its cell in `figures.csv`, in every language."""

import itertools
import re
from xml.etree.ElementTree import Element

import pytest

from pipeline.contract import CodeList, Contract, load_contract
from pipeline.language import languages_of, load_language
from pipeline.report.data import describe_data
from pipeline.report.edition import Edition
from pipeline.report.figures import list_cells
from pipeline.report.labels import group_lakhs
from pipeline.report.law import LawBook
from pipeline.report.memorandum import build_memorandum
from pipeline.report.render import render_memorandum, render_report

STATES = ("IN-AP", "IN-BR", "IN-OD", "IN-TN", "IN-WB")
PAGES = [("IN", "en"), ("IN", "hi"), *itertools.product(STATES, ("en", "own"))]


@pytest.fixture(scope="module")
def few() -> Contract:
    """The real contract with one state of each language."""
    contract = load_contract()
    states = contract.code_lists["states"]
    kept = CodeList("states", {code: states.codes[code] for code in STATES})
    return Contract(
        version=contract.version,
        fields=contract.fields,
        code_lists={**contract.code_lists, "states": kept},
        rules=contract.rules,
        fingerprint=contract.fingerprint,
    )


@pytest.fixture
def make_pages(few, make_frame, make_figures, build):
    """Render the report of a place and, in a state, its memorandum; also give the figures beside them."""

    def make(geography: str, spoken: str) -> tuple[dict, dict, list[bytes]]:
        language = languages_of(geography, few)[1] if spoken == "own" else spoken
        edition = Edition("2026-12", 1, {"code": "0.1.0"})
        previous = make_figures(make_frame(few, share_shown=0.9, seed=2, month="2026-11"))
        earlier = shown_by_name(previous)
        figures = make_figures(make_frame(few, share_shown=0.4, month="2026-12"))
        page = build(figures, few, edition, geography, language=language, previous=previous)
        pages = [render_report(page, figures, describe_data(figures, few, edition).files)]
        if geography != "IN":
            pages.append(render_memorandum(page, figures, few))
        return shown_by_name(figures), earlier, pages

    return make


def shown_by_name(figures) -> dict[str, object]:
    return {
        ".".join(
            filter(None, (cell.table, cell.geography, cell.measure, cell.code_1, cell.code_2))
        ): cell.shown
        for cell in list_cells(figures.frame)
        if cell.shown
    }


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).replace("\xa0", " ").split())


def classed(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


@pytest.mark.parametrize(("geography", "spoken"), PAGES)
def test_every_number_on_every_page_is_that_of_its_cell(geography, spoken, make_pages, parse_page):
    cells, _, pages = make_pages(geography, spoken)
    for page in pages:
        root = parse_page(page)
        named = [each for each in classed(root, "figure") if each.get("id") or "#" in each.get("href", "")]
        assert len(named) > 10
        for figure in named:
            name = figure.get("id") or figure.get("href").partition("#")[2]
            assert text_of(figure) == group_lakhs(cells[name].value), name


@pytest.mark.parametrize(("geography", "spoken"), PAGES)
def test_every_figure_without_an_address_is_of_another_month(geography, spoken, make_pages, parse_page):
    _, earlier, pages = make_pages(geography, spoken)
    root = parse_page(pages[0])
    rows = [row for row in classed(root, "figure") if row.tag == "span"]
    total = earlier.get(f"total.{geography}.incidents")
    assert [text_of(row) for row in rows] == ([group_lakhs(total.value)] if total else [])


@pytest.mark.parametrize(("geography", "spoken"), PAGES)
def test_every_bar_of_a_table_is_as_long_as_its_number_says(geography, spoken, make_pages, parse_page):
    cells, _, pages = make_pages(geography, spoken)
    root = parse_page(pages[0])
    tables = [table for place in classed(root, "table") for table in place.iter("table")]
    tables += [table for table in root.iter("table") if table.get("class") == "tiles"]
    for table in tables:
        names = [
            (figure.get("id") or figure.get("href").removeprefix("#")) for figure in classed(table, "figure")
        ]
        largest = max((cells[name].value for name in names), default=0)
        bars = [re.fullmatch(r"width:(\d+)%", bar.get("style"))[1] for bar in classed(table, "bar")]
        assert bars == [str(round(100 * cells[name].value / largest)) for name in names]


def test_a_tile_of_the_map_has_the_total_of_its_state(make_pages, parse_page):
    cells, _, pages = make_pages("IN", "en")
    (tiles,) = (table for table in parse_page(pages[0]).iter("table") if table.get("class") == "tiles")
    found = {text_of(tile)[:2]: tile for tile in tiles.iter("td") if text_of(tile)}
    assert set(found) == {state.removeprefix("IN-") for state in STATES}
    for state in STATES:
        total = cells.get(f"total.{state}.incidents")
        wanted = group_lakhs(total.value) if total else "not published"
        assert text_of(found[state.removeprefix("IN-")]).endswith(wanted)


def test_a_memorandum_asks_every_office_of_which_something_is_published(
    make_pages, few, make_frame, make_figures, build
):
    figures = make_figures(make_frame(few, share_shown=1, month="2026-10"))
    page = build(figures, few, Edition("2026-10", 1, {}), "IN-WB")
    memorandum = build_memorandum(page, figures, few)
    assert [request.code for request in memorandum.requests] == list(few.code_lists["addressees"].codes)
    police = next(request for request in memorandum.requests if request.code == "dgp")
    families = {
        few.code_lists["duty_bearers"].codes[row.figure.code_1].details["family"] for row in police.rows
    }
    assert families == {"police"}
    assert any(duty.limit for duty in police.duties)


def test_a_memorandum_without_figures_names_all_offices_and_still_asks(
    few, make_frame, make_figures, build, parse_page
):
    figures = make_figures(make_frame(few, share_shown=0, month="2026-10"))
    page = build(figures, few, Edition("2026-10", 1, {}), "IN-WB")
    assert len(build_memorandum(page, figures, few).requests) == len(few.code_lists["addressees"].codes)
    text = text_of(parse_page(render_memorandum(page, figures, few)))
    assert "No figure of offices that you answer for can be published this month." in text
    assert "We ask:" in text


def test_only_a_limit_that_binds_the_duty_bearer_is_printed_as_one(few, make_frame, make_figures):
    figures = make_figures(make_frame(few, share_shown=0, month="2026-10"))
    duties = few.code_lists["legal_duties"].codes
    printed = {duty.code: duty for duty in LawBook(few, load_language("en"), "IN", figures).list_duties()}
    assert {code for code, duty in printed.items() if duty.limit} == {
        code
        for code, duty in duties.items()
        if duty.details["limit_binds"] == "duty_bearer" and duty.details["confidence"] == "verified"
    }
    assert not [code for code in printed if duties[code].details["confidence"] != "verified"]
    assert printed["FIR_E"].limit == ""
    assert printed["VC_2M"].limit == "2 months"


def test_each_duty_says_where_it_was_read_and_which_provision_holds_since_when(few, make_frame, make_figures):
    figures = make_figures(make_frame(few, share_shown=0, month="2026-10"))
    duties = {duty.code: duty for duty in LawBook(few, load_language("en"), "IN", figures).list_duties()}
    assert all(duty.source and duty.provisions for duty in duties.values())
    before, since = duties["FIR_REG"].provisions
    assert (before.citation, before.until, before.is_in_force) == ("CrPC s.154(1)", "30 June 2024", False)
    assert (since.citation, since.since, since.is_in_force) == ("BNSS s.173(1)", "1 July 2024", True)
    assert "date of the act" in duties["FIR_REG"].decided_by
    assert "date of the offence" in duties["TRAFFICKING"].decided_by


def test_a_code_of_both_lists_brings_the_duties_of_the_list_it_was_asked_of(few, make_frame, make_figures):
    book = LawBook(few, load_language("en"), "IN", make_figures(make_frame(few, share_shown=0)))
    duties = few.code_lists["legal_duties"].codes
    assert "OTHER" in few.code_lists["services"].codes
    assert "OTHER" in few.code_lists["duty_bearers"].codes
    of_bearers = [duty.code for duty in book.list_duties(bearers={"OTHER"})]
    assert of_bearers
    assert all("OTHER" in duties[code].list_in("duty_bearers") for code in of_bearers)
    assert not [duty for duty in book.list_duties(services={"OTHER"}) if duty.code in of_bearers]


def test_a_state_has_its_own_acts_and_not_those_of_others(few, make_frame, make_figures):
    figures = make_figures(make_frame(few, share_shown=1, month="2026-10"))
    bihar, bengal = (
        {duty.code for duty in LawBook(few, load_language("en"), state, figures).list_duties()}
        for state in ("IN-BR", "IN-WB")
    )
    assert "GRIEV_BR" in bihar - bengal
