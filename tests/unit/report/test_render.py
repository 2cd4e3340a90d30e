"""A page shows the shown cells of `figures.csv`, each where it belongs, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import Element

import jinja2
import pytest

from pipeline.contract import load_contract
from pipeline.language import clean_label
from pipeline.report.context import MOST_FINDINGS
from pipeline.report.derived import percentage
from pipeline.report.edition import Edition
from pipeline.report.figures import FiguresFormatError, list_cells, read_figures, write_figures
from pipeline.report.labels import group_lakhs
from pipeline.report.render import STATIC, render_geography
from pipeline.templates import fill_template

GOLDEN = Path(__file__).parent / "golden"
STATES = ("IN-AP", "IN-BR", "IN-WB")


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).replace("\xa0", " ").split())


def having(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def rows_of(root: Element) -> list[list[str]]:
    return [
        [
            text_of(having(table, "title")[0]),
            *(text_of(cell) for cell in row if cell.get("class") != "meaning"),
        ]
        for place in having(root, "table")
        for table in place.iter("table")
        for row in table.findall("tbody/tr")
    ]


def name_of(cell) -> str:
    names = (cell.table, cell.geography, cell.measure, cell.code_1, cell.code_2)
    return ".".join(name for name in names if name)


def shown_cells(figures) -> dict:
    return {name_of(cell): cell.shown for cell in list_cells(figures.frame) if cell.shown}


def share_of(shown, total) -> str:
    percent = percentage(shown, total)
    return "" if percent is None else f"{percent}%" if percent else "under 1%"


@pytest.mark.parametrize("geography", ["IN", "IN-WB"])
def test_the_golden_figures_stand_where_they_belong(
    geography, contract, edition, parse_page, tmp_path, render
):
    shutil.copy(GOLDEN / "figures.csv", tmp_path)
    expected = json.loads((GOLDEN / f"{geography}.json").read_text(encoding="utf-8"))
    root = parse_page(render(read_figures(tmp_path / "figures.csv"), contract, edition, geography))
    for meaning in having(root, "meaning"):
        meaning.text = ""
    assert rows_of(root) == expected["rows"]
    folded = [text_of(name) for details in root.iter("details") for name in details.iter("li")]
    assert folded == expected["folded"]
    assert [text_of(item) for place in having(root, "findings") for item in place] == expected["findings"]
    assert [text_of(item) for item in having(root, "mean")] == expected["means"]
    assert [text_of(item) for item in having(root, "note")] == expected["notes"]


@pytest.mark.parametrize("month", ["2026-10", "2026-12"])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("geography", ["IN", *STATES])
def test_every_number_of_a_table_is_its_cell_in_the_figures(
    month, share, geography, contract, make_frame, make_figures, parse_page, render
):
    edition = Edition(month, 1, {})
    figures = make_figures(make_frame(contract, share_shown=share, seed=3, month=month))
    cells = shown_cells(figures)
    total = cells.get(f"total.{geography}.incidents")
    root = parse_page(render(figures, contract, edition, geography))
    met = set()
    for table in (table for place in having(root, "table") for table in place.iter("table")):
        numbers = [row for row in table.findall("tbody/tr") if having(row, "figure")]
        largest = max((cells[having(row, "figure")[0].get("id")].value for row in numbers), default=0)
        for row in numbers:
            (figure,), (bar,) = having(row, "figure"), having(row, "bar")
            shown = cells[figure.get("id")]
            met.add(figure.get("id"))
            assert text_of(figure) == group_lakhs(shown.value)
            assert bar.get("style") == f"width:{round(100 * shown.value / largest)}%"
            bounds = text_of(having(row, "bounds")[0])
            assert bounds == f"{group_lakhs(shown.lower)} to {group_lakhs(shown.upper)}"
            assert {text_of(part) for part in having(row, "share")} <= {share_of(shown, total)}
        for row in table.findall("tbody/tr"):
            if row not in numbers:
                assert not re.search(r"\d", "".join(text_of(cell) for cell in row.findall("td")))
    for law in (table for table in root.iter("table") if "duties" in table.get("class", "")):
        for cell in (cell for cell in having(law, "count") if having(cell, "figure")):
            (figure,), (bounds,) = having(cell, "figure"), having(cell, "range")
            shown = cells[figure.get("id")]
            met.add(figure.get("id"))
            assert text_of(figure) == group_lakhs(shown.value)
            assert text_of(bounds) == f"{group_lakhs(shown.lower)} to {group_lakhs(shown.upper)}"
    places = ("IN", *STATES) if geography == "IN" else (geography,)
    wanted = {name for name in cells if name.split(".")[1] == geography}
    wanted |= {f"total.{place}.incidents" for place in places} & set(cells)
    assert met == wanted


def test_every_cell_that_is_hidden_looks_the_same(
    contract, edition, make_frame, make_figures, parse_page, render
):
    figures = make_figures(make_frame(contract, share_shown=0.5, seed=3))
    root = parse_page(render(figures, contract, edition, "IN"))
    marks = {text_of(mark) for mark in having(root, "np")}
    assert marks == {"·· not published"}


@pytest.mark.parametrize("geography", ["IN", *STATES])
def test_an_edition_in_which_nothing_is_published_still_reads(
    geography, contract, edition, make_frame, make_figures, parse_page, render
):
    figures = make_figures(make_frame(contract, share_shown=0))
    root = parse_page(render(figures, contract, edition, geography))
    assert not having(root, "figure")
    assert not having(root, "findings")
    findings = next(section for section in root.iter("section") if section.get("id") == "findings")
    assert "does not say that nothing happened" in text_of(findings)
    for code in contract.code_lists["duty_bearers"].codes.values():
        assert code.label in text_of(root)


def test_two_rows_that_rounding_could_swap_make_no_finding(contract, edition, tmp_path, build):
    figures = (GOLDEN / "figures.csv").read_text(encoding="utf-8")
    (tmp_path / "figures.csv").write_text(figures.replace("430,428,432", "120,118,122"), encoding="utf-8")
    page = build(read_figures(tmp_path / "figures.csv"), contract, edition, "IN")
    assert {finding.table.words.table for finding in page.findings} == {
        "coverage",
        "total",
        "by_delay_band",
    }


def test_there_are_at_most_five_findings(contract, edition, make_frame, make_figures, build):
    for seed in range(5):
        figures = make_figures(make_frame(contract, share_shown=1, seed=seed))
        assert 2 <= len(build(figures, contract, edition, "IN").findings) <= MOST_FINDINGS


def test_states_stand_in_the_order_of_their_codes(contract, edition, make_frame, make_figures, build):
    page = build(make_figures(make_frame(contract, share_shown=1)), contract, edition, "IN")
    (states,) = (table for table in page.tables if table.anchor == "table-states")
    assert [row.page for row in states.rows] == sorted(contract.code_lists["states"].codes)


def test_hostile_labels_come_out_harmless(
    make_contract, make_frame, make_figures, edition, parse_page, render
):
    labels = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{7*7}}{% raw %}",
        "\u202e0001 detcerroc\u202c\u2066\u200f",
        "bell\x07 null\x00 line\nbreak",
        "x" * 5000,
        "क्षमा\u200dकर्ता",
        "-->]]>&amp;",
    ]
    hostile = make_contract(
        services={f"S{n}": label for n, label in enumerate(labels)},
        duty_bearers={f"D{n}": label for n, label in enumerate(labels * 2)},
        states={"IN-WB": labels[0], "IN-BR": labels[3]},
        legal_duties={},
        legal_provisions={},
    )
    figures = make_figures(make_frame(hostile, share_shown=0.6))
    for geography in ("IN", "IN-WB", "IN-BR"):
        content = render(figures, hostile, edition, geography)
        root = parse_page(content)
        assert not list(root.iter("img"))
        assert [found.get("type") for found in root.iter("script")] == ["application/ld+json"]
        assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
        text = content.decode()
        assert "{{7*7}}{% raw %}" in text
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f]", text)
        assert "x" * 241 not in text
        assert "क्षमा\u200dकर्ता" in text


def test_a_label_is_kept_as_it_is_where_nothing_is_wrong_with_it():
    assert (
        clean_label("Police station (officer in charge / SHO)") == "Police station (officer in charge / SHO)"
    )


def files_below(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {
        file: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()
    }


def test_rendering_twice_gives_the_same_bytes_and_touches_nothing(contract, edition, make_frame, tmp_path):
    write_figures(make_frame(contract, share_shown=0.5), tmp_path / "figures.csv")
    render_geography(tmp_path, edition, "IN", contract)
    before = files_below(tmp_path)
    assert {path.suffix for path in before} >= {".html", ".pdf", ".bib", ".ris", ".json", ".woff2"}
    render_geography(tmp_path, edition, "IN", contract)
    assert files_below(tmp_path) == before


def test_another_process_renders_the_same_bytes(make_frame, tmp_path):
    edition = Edition("2026-10", 1, {"code": "0.1.0"})
    for folder in ("here", "there"):
        write_figures(make_frame(load_contract(), share_shown=0.1), tmp_path / folder / "figures.csv")
    render_geography(tmp_path / "here", edition, "IN-WB", load_contract())
    program = (
        "import sys; from pathlib import Path; from pipeline.contract import load_contract;"
        "from pipeline.report.edition import Edition; from pipeline.report.render import render_geography;"
        "edition = Edition('2026-10', 1, {'code': '0.1.0'});"
        "render_geography(Path(sys.argv[1]), edition, 'IN-WB', load_contract())"
    )
    environment = {"PYTHONHASHSEED": "7", "TZ": "America/New_York", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "there")], check=True, env=environment, cwd=tmp_path
    )
    here, there = (
        {
            path.relative_to(tmp_path / folder): found
            for path, (found, _) in files_below(tmp_path / folder).items()
        }
        for folder in ("here", "there")
    )
    assert there == here


def test_a_page_loads_nothing_from_outside(contract, edition, make_frame, make_figures, parse_page, render):
    figures = make_figures(make_frame(contract, share_shown=0.5))
    root = parse_page(render(figures, contract, edition, "IN"))
    loaded = [element.get("src") for element in root.iter() if element.get("src")]
    loaded += [link.get("href") for link in root.iter("link") if link.get("rel") == "stylesheet"]
    assert loaded == ["../static/fonts.css", "../static/report.css"]
    outside = {link.get("href") for link in root.iter("a") if "://" in link.get("href", "")}
    assert outside == {"https://creativecommons.org/licenses/by/4.0/"}
    for sheet in STATIC.glob("*.css"):
        style = sheet.read_text(encoding="utf-8")
        assert not re.search(r"@import|://", style)
        assert all((STATIC / address).is_file() for address in re.findall(r'url\("([^"]*)"\)', style))


def test_a_page_is_readable_without_seeing_it(
    contract, edition, make_frame, make_figures, parse_page, render
):
    figures = make_figures(make_frame(contract, share_shown=0.5))
    root = parse_page(render(figures, contract, edition, "IN"))
    assert root.find("html").get("lang") == "en"
    assert len(list(root.iter("h1"))) == 1
    first = root.find("html/body/a")
    assert first.get("href") == "#main"
    assert [element.tag for element in root.iter() if element.get("id") == "main"] == ["main"]
    for table in root.iter("table"):
        assert "Reported to us, not prevalence." in text_of(table.find("caption"))
        assert all(heading.get("scope") in {"col", "row", "rowgroup"} for heading in table.iter("th"))


def test_the_masthead_says_what_is_needed_to_cite(
    contract, edition, make_frame, make_figures, parse_page, render
):
    figures = make_figures(make_frame(contract, share_shown=0.5))
    text = text_of(parse_page(render(figures, contract, edition, "IN-WB")))
    for needed in (
        edition.edition_id,
        "October 2026",
        "CC BY 4.0",
        figures.sha256,
        *edition.versions.values(),
    ):
        assert needed in text


def test_colours_of_text_reach_wcag_aa():
    style = (STATIC / "report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): #([0-9a-f]{6});", style))

    def luminance(name: str) -> float:
        channels = [int(colours[name][at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    for text in ("ink", "soft", "accent"):
        assert contrast(text, "paper") >= 4.5
        assert contrast(text, "tint") >= 4.5
    assert contrast("bar", "paper") >= 3


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("report.html.j2", {"static": "../static/", "dataset": "{}"}),
        ("memorandum.html.j2", {"static": "../static/"}),
        ("feed.xml.j2", {"updated": "2026-11-10T00:00:00+05:30"}),
        ("index.html.j2", {"static": "static/", "languages": (), "places": ()}),
        ("place.html.j2", {"static": "../static/", "languages": ()}),
    ],
)
def test_a_name_that_a_template_does_not_get_breaks_the_page(template, values):
    with pytest.raises(jinja2.UndefinedError):
        fill_template(template, **values)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("SHELTER", "SHELTERS"), "the list services does not have"),
        (("2026-10", "2026-09"), "another month"),
        (("total,IN-WB", "totals,IN-WB"), "lacks the total"),
    ],
)
def test_figures_that_do_not_fit_the_edition_are_refused(change, says, contract, edition, tmp_path):
    figures = (GOLDEN / "figures.csv").read_text(encoding="utf-8").replace(*change)
    (tmp_path / "figures.csv").write_text(figures, encoding="utf-8")
    with pytest.raises(FiguresFormatError, match=says):
        render_geography(tmp_path, edition, "IN-WB", contract)
    assert not (tmp_path / "IN-WB").exists()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (99999, "99,999"),
        (100000, "1,00,000"),
        (123456789, "12,34,56,789"),
    ],
)
def test_digits_are_grouped_in_lakhs(number, text):
    assert group_lakhs(number) == text
