"""A corrected edition says which one it corrects, why, and every figure that differs from it."""

import json
import re

import pytest

from pipeline.errors import UsageError
from pipeline.report.corrections import list_changed_places
from pipeline.report.edition import Edition
from pipeline.report.figures import FiguresFormatError, write_figures
from pipeline.report.package import write_manifest
from pipeline.report.render import Sources, render_geography

MONTH = "2026-12"


@pytest.fixture
def corrected() -> Edition:
    return Edition(MONTH, 2, {"code": "0.1.0"}, reason="linkage")


@pytest.fixture
def before(contract, make_frame):
    return make_frame(contract, share_shown=0.6, month=MONTH)


@pytest.fixture
def now(before, set_figure):
    """The same figures with four corrected: of a code, a total, a crossing of the year, and a national one."""
    frame = set_figure(before, 70, table="by_service", geography="IN-WB", code_1="FIR")
    frame = set_figure(frame, None, table="total", geography="IN-BR")
    crossing = {"table": "state_duty_bearer_by_incident_kind", "code_1": "OFFICE_2", "code_2": "DELAY"}
    frame = set_figure(frame, 15, geography="IN-WB", **crossing)
    return set_figure(frame, 90, table="range", geography="IN", measure="incidents_if_doubtful_are_one")


@pytest.fixture
def former(before, set_figure):
    """The figures before, with known values where they were corrected."""
    frame = set_figure(before, 60, table="by_service", geography="IN-WB", code_1="FIR")
    frame = set_figure(frame, 1240, table="total", geography="IN-BR")
    crossing = {"table": "state_duty_bearer_by_incident_kind", "code_1": "OFFICE_2", "code_2": "DELAY"}
    frame = set_figure(frame, None, geography="IN-WB", **crossing)
    return set_figure(frame, 80, table="range", geography="IN", measure="incidents_if_doubtful_are_one")


@pytest.fixture
def make_page(contract, corrected, make_figures, now, former, build):
    def make(geography: str):
        return build(make_figures(now), contract, corrected, geography, former=make_figures(former))

    return make


def changes_of(page) -> list[tuple]:
    return [
        (change.title, change.label, change.before and change.before.value, change.now and change.now.value)
        for change in page.correction.changes
    ]


def test_every_figure_that_differs_is_listed_as_it_was_and_as_it_is(make_page):
    assert changes_of(make_page("IN-WB")) == [
        ("Incidents by service", "FIR registration", "60", "70"),
        ("Incidents by duty-bearer and what happened, the year 2026", "Office B: Delay", None, "15"),
    ]
    assert changes_of(make_page("IN-BR")) == [("All incidents", "Bihar", "1,240", None)]
    assert changes_of(make_page("IN")) == [
        ("How much hangs on doubtful reports", "tell of an incident already counted", "80", "90")
    ]
    assert changes_of(make_page("IN-AP")) == []


def test_the_page_names_the_other_places_with_corrected_figures(make_page):
    assert make_page("IN").correction.elsewhere == (("IN-BR", "Bihar"), ("IN-WB", "West Bengal"))
    assert make_page("IN-WB").correction.elsewhere == (("IN", "India"), ("IN-BR", "Bihar"))


def test_the_places_that_changed_are_those_with_a_figure_that_differs(make_figures, now, former):
    assert list_changed_places(make_figures(now), make_figures(former)) == ["IN", "IN-BR", "IN-WB"]
    assert list_changed_places(make_figures(now), make_figures(now)) == []


def test_a_cell_that_the_former_edition_did_not_plan_counts_as_not_published(
    contract, corrected, make_figures, set_figure, before, build
):
    now = make_figures(set_figure(before, 70, table="by_service", geography="IN-WB", code_1="FIR"))
    former = make_figures(before.filter(before["table"] != "by_service"))
    page = build(now, contract, corrected, "IN-WB", former=former)
    assert ("Incidents by service", "FIR registration", None, "70") in changes_of(page)


def test_a_figure_that_is_no_longer_planned_counts_as_no_longer_published(
    contract, corrected, make_figures, set_figure, before, build
):
    former = make_figures(set_figure(before, 70, table="by_service", geography="IN-WB", code_1="FIR"))
    now = make_figures(before.filter(before["table"] != "by_service"))
    page = build(now, contract, corrected, "IN-WB", former=former)
    assert ("Incidents by service", "FIR registration", "70", None) in changes_of(page)


def test_the_page_says_what_was_corrected_and_what_never_is(
    contract, corrected, make_figures, now, former, parse_page, render
):
    page = render(make_figures(now), contract, corrected, "IN-WB", former=make_figures(former))
    root = parse_page(page)
    section = next(found for found in root.iter("section") if found.get("id") == "corrections")
    text = " ".join("".join(section.itertext()).replace("\xa0", " ").split())
    assert (
        "This edition, JWB-2026-12-e2, corrects JWB-2026-12-e1, which stays at its address. "
        "Why: Reports were linked wrongly." in text
    )
    assert "FIR registrationIncidents by service60 58 to 6270 68 to 72" in text
    assert "Office B: Delay" in text
    assert "·· not published15 13 to 17" in text
    assert "A figure whose correction concerns fewer than ten persons stays as it was" in text
    assert "A report that was withdrawn does not move the figures of a month that is closed." in text
    addresses = [link.get("href") for link in section.iter("a")]
    assert addresses[0] == "../../../2026-12/e1/IN-WB/report.en.html"
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert {link.removeprefix("#") for link in addresses if link.startswith("#")} <= ids


def test_a_page_without_a_corrected_figure_says_so(contract, corrected, make_figures, now, former, render):
    page = render(make_figures(now), contract, corrected, "IN-AP", former=make_figures(former)).decode()
    assert "No figure of Andhra Pradesh changed." in page
    assert "Corrected figures" not in page


@pytest.mark.parametrize(
    ("number", "reason", "with_former", "says"),
    [
        (2, "linkage", False, "Give the figures of the edition before"),
        (1, None, True, "Give the figures of the edition before"),
        (2, None, True, "Give the reason"),
        (2, "boredom", True, "Give the reason"),
    ],
)
def test_a_correction_without_its_parts_is_refused(
    number, reason, with_former, says, contract, before, tmp_path
):
    write_figures(before, tmp_path / "figures.csv")
    former = tmp_path / "figures.csv" if with_former else None
    edition = Edition(MONTH, number, {}, reason=reason)
    with pytest.raises(UsageError, match=says) as caught:
        render_geography(tmp_path, edition, "IN", contract, Sources(former))
    assert "boredom" not in str(caught.value)


def test_the_figures_of_another_month_are_no_former_ones(
    contract, corrected, make_figures, make_frame, now, build
):
    former = make_figures(make_frame(contract, share_shown=0.5))
    with pytest.raises(FiguresFormatError, match="another month"):
        build(make_figures(now), contract, corrected, "IN", former=former)


def test_the_manifest_says_which_edition_is_corrected_and_why(corrected, tmp_path):
    manifest = json.loads(write_manifest(tmp_path, corrected).read_bytes())
    assert manifest["corrects"] == {"edition": "JWB-2026-12-e1", "reason": "linkage"}
    with pytest.raises(UsageError, match="Say why"):
        write_manifest(tmp_path, Edition(MONTH, 3, {}))


def test_the_first_edition_of_a_month_has_no_reason():
    assert Edition(MONTH, 1, {}).corrected is None
    with pytest.raises(UsageError, match="corrects nothing"):
        Edition(MONTH, 1, {}, reason="linkage")


def test_in_a_large_month_just_the_corrected_figures_are_listed(
    make_frame, make_figures, corrected, set_figure, render
):
    from pipeline.contract import load_contract

    contract = load_contract()
    former = make_frame(contract, share_shown=0.01, month=MONTH)
    now = set_figure(former, 500, table="total", geography="IN-WB")
    page = render(make_figures(now), contract, corrected, "IN-WB", former=make_figures(former)).decode()
    assert len(re.findall('<td class="before">', page)) == 1
