"""Return slips and statements on a phone: they keep the standards, fit the screen, and can be read by everybody."""

import json
import subprocess
from pathlib import Path

import pytest

from pipeline.contract import load_contract
from pipeline.language import list_languages, load_language
from pipeline.slip import Note, Slip, render_page
from pipeline.statement import FiledReturn, Statement, render_statement

pytestmark = pytest.mark.e2e

RETURN = "UTTHAN-2026-10-0123456789abcdef"
SLIP = Slip(
    return_id=RETURN,
    month="2026-10",
    file_kind="CSV",
    size_bytes=90_000,
    received_on="2026-11-03",
    rejected_by=None,
    concerns=("nearly_identical",),
    rows_received=60,
    blank_rows=2,
    dropped_columns=("A heading that is as long as headings may be", "another"),
    deliveries=2,
    verdicts={"counted": 50, "quarantined": 8, "held": 2},
    notes=(
        Note(tuple(range(3, 200, 2)), "survivor_age_band", "quarantined", "unknown_survivor_age_band"),
        Note((7,), "narrative", "held", "personal_case_number"),
        Note((9,), "", "quarantined", "too_many_cells"),
    ),
    notes_found=500,
    to_mend={3: {"report_id": "U-3"}},
)
STATEMENT = Statement(
    "JJMAM",
    "2026-10",
    [
        FiledReturn(f"{RETURN}.html", "2026-10-mend-0123456789abcdef.csv", "2026-11-03", "stored", 40, 3),
        FiledReturn(f"{RETURN}.html", "", "2026-11-05", "held", 12, 0),
        FiledReturn(f"{RETURN}.html", "", "2026-11-06", "rejected", 0, 0),
    ],
    {"counted": 30, "duplicate": 5, "quarantined": 3, "held": 12},
    2,
)


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("papers")
    contract = load_contract()
    made = []
    for code in list_languages():
        language = load_language(code)
        for name, content in {
            "slip": render_page(SLIP, contract, language),
            "statement": render_statement(STATEMENT, contract, language),
        }.items():
            made.append(folder / f"{name}.{code}.html")
            made[-1].write_bytes(content)
    return made


def test_they_keep_the_standards(papers, find_program, find_checker, refuse):
    java = find_program("java", "default-jre-headless")
    options = ("--format", "json", "--exit-zero-always", "--stdout")
    command = [java, "-jar", find_checker("vnu-jar/build/dist/vnu.jar"), *options, *papers]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["messages"]
    refuse((Path(each["url"]).name, each["message"]) for each in found)


def test_they_fit_a_small_phone_and_load_nothing(papers, browser, refuse):
    asked: list[str] = []
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.on("request", lambda request: asked.append(request.url))
    wide = []
    for paper in papers:
        page.goto(paper.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        wide += [(paper.name, f"The page is {width} pixels wide.")] if width > 320 else []
    refuse(wide)
    assert asked == [paper.as_uri() for paper in papers]


def test_axe_finds_nothing(papers, browser, find_checker, refuse):
    axe = find_checker("axe-core/axe.min.js").read_text(encoding="utf-8")
    page = browser.new_page(viewport={"width": 360, "height": 740})
    found = []
    for paper in papers:
        page.goto(paper.as_uri())
        page.evaluate(axe)
        result = page.evaluate("axe.run()")
        assert result["passes"]
        found += [(paper.name, f"{each['id']}: {each['help']}") for each in result["violations"]]
    refuse(found)
