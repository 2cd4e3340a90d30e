"""No exact count reaches a reader: not through what is imported, what a template sees, or what is written."""

import ast
import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import jinja2
import jinja2.meta
import polars as pl
import pytest
from jinja2 import nodes

import pipeline.report
from pipeline.files import sha256_of
from pipeline.language import Language
from pipeline.report.context import Page
from pipeline.report.edition import Edition
from pipeline.report.figures import SCHEMA, Figure, FiguresFormatError, Shown, read_figures, write_figures
from pipeline.report.package import write_manifest
from pipeline.report.render import Sources, render_geography
from pipeline.report.site import write_site
from pipeline.settings import CHECKOUT

ALLOWED = {"contract", "errors", "files", "language", "periods", "settings", "templates", "report"}
DATABASES = {"sqlalchemy", "psycopg", "alembic", "duckdb", "importlib"}
TEMPLATES = CHECKOUT / "reports" / "templates"
GIVEN = {
    "report.html.j2": {"page", "dataset", "static"},
    "memorandum.html.j2": {"memorandum", "static"},
    "index.html.j2": {"guide", "places", "languages", "static"},
    "place.html.j2": {"place", "languages", "start", "static"},
    "feed.xml.j2": {"guide", "updated", "urn"},
    "base.html.j2": {"static"},
    "table.html.j2": {"page"},
    "notices.html.j2": set(),
    **{f"sections/{path.name}": {"page", "edition"} for path in (TEMPLATES / "sections").iterdir()},
}
EVERYWHERE = {"say", "language"}
COMPUTING = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg)


def imports_of(module: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name} imports relatively"
            is_root = node.module == "pipeline"
            names += [f"pipeline.{alias.name}" for alias in node.names] if is_root else [node.module]
    return names


def test_no_module_of_the_report_imports_what_could_count():
    for module in sorted(Path(pipeline.report.__path__[0]).rglob("*.py")):
        for name in imports_of(module):
            parts = name.split(".")
            assert parts[0] not in DATABASES, module.name
            assert parts[0] != "pipeline" or parts[1] in ALLOWED, f"{module.name} imports {name}"


def test_nothing_that_could_count_is_loaded_with_the_report_by_whatever_way():
    program = (
        "import sys, pipeline.report.render, pipeline.report.site;"
        "print(*sorted({name.split('.')[1] for name in sys.modules if name.startswith('pipeline.')}));"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=CHECKOUT)
    own, all_of_them = (set(line.split()) for line in run.stdout.decode().splitlines())
    assert own <= ALLOWED
    assert not all_of_them & (DATABASES - {"importlib"})


@pytest.mark.parametrize("template", sorted(GIVEN))
def test_a_template_names_nothing_but_what_it_is_given_and_computes_nothing(template):
    environment = jinja2.Environment(autoescape=True)
    tree = environment.parse((TEMPLATES / template).read_text(encoding="utf-8"))
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    macros = {
        name if isinstance(name, str) else name[1]
        for imported in tree.find_all(nodes.FromImport)
        for name in imported.names
    }
    assert jinja2.meta.find_undeclared_variables(tree) - own - macros - EVERYWHERE <= GIVEN[template]
    assert not list(tree.find_all(COMPUTING))
    filters = {found.name for found in tree.find_all(nodes.Filter)}
    assert filters <= {"dictsort", "replace", "list", "selectattr", "length", "join", "safe"}


def leaves_of(value: object) -> list[object]:
    """Return everything that can be reached from a page by attributes and items."""
    if isinstance(value, Language):
        return [value.code]
    if isinstance(value, Figure):
        return [value, *(leaf for part in value for leaf in leaves_of(part))]
    if isinstance(value, tuple | list):
        return [leaf for part in value for leaf in leaves_of(part)]
    if isinstance(value, dict):
        return [leaf for pair in value.items() for leaf in leaves_of(pair)]
    if dataclasses.is_dataclass(value):
        assert type(value).__module__.startswith("pipeline.report.")
        fields = [getattr(value, field.name) for field in dataclasses.fields(value)]
        return [value, *(leaf for part in fields for leaf in leaves_of(part))]
    return [value]


def test_all_numbers_that_a_template_can_reach_are_shown_ones(contract, make_frame, make_figures, build):
    figures = make_figures(make_frame(contract, share_shown=0.5))
    former = make_figures(make_frame(contract, share_shown=0.5, seed=2))
    edition = Edition("2026-10", 2, {"code": "0.1.0"}, reason="linkage")
    page = build(figures, contract, edition, "IN", former=former)
    leaves = leaves_of(page)
    assert {type(leaf) for leaf in leaves if not isinstance(leaf, str | int | bool | None)} >= {Page, Shown}
    for leaf in leaves:
        if not dataclasses.is_dataclass(leaf):
            assert isinstance(leaf, str | int | bool | Figure | None)


def count_exactly(cells: list, edition: int) -> list[int]:
    """Give every cell an exact count with telltale digits: 5 k + 1 or 5 k + 4, which is no bound of its figure."""
    return [
        8_000_000 + 7_935 * place + (1 if place % 2 else 4) + (edition - 1) * 15 * (place % 7)
        for place in range(len(cells))
    ]


def round_to_figure(exact: int) -> int:
    return 5 * ((exact + 2) // 5)


def build_figures(cells: list, exact: list[int]) -> pl.DataFrame:
    """Round exact counts to figures; every third is hidden, whatever stands behind it."""
    rows = []
    for place, ((table, geography, period, measure, pairs), count) in enumerate(
        zip(cells, exact, strict=True)
    ):
        row = dict.fromkeys(SCHEMA) | {"table": table, "geography": geography, "period": period}
        for number, (dimension, code) in enumerate(pairs, start=1):
            row |= {f"dimension_{number}": dimension, f"code_{number}": code}
        value = round_to_figure(count)
        shown = {"value": value, "lower": value - 2, "upper": value + 2, "status": "shown"}
        rows.append(row | {"measure": measure} | (shown if place % 3 < 2 else {"status": "not_published"}))
    return pl.DataFrame(rows, schema=dict(SCHEMA), infer_schema_length=None)


def publish(
    folder: Path, edition: Edition, contract, figures: pl.DataFrame, sources: Sources, printer
) -> None:
    write_figures(figures, folder / "figures.csv")
    for geography in ("IN", *contract.code_lists["states"].codes):
        # What is printed is the page, of which the numbers are looked for.
        render_geography(folder, edition, geography, contract, sources, printer=printer)
    approval = {"manifest_sha256": sha256_of(write_manifest(folder, edition))}
    (folder / "approval.json").write_text(json.dumps(approval), encoding="utf-8")


def numbers_in(path: Path) -> set[int]:
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"(?<![0-9A-Za-z])\d[\d,]*\d(?![0-9A-Za-z])", text)
    return {int(number.replace(",", "")) for number in found if len(number) < 20}


def test_no_exact_count_stands_in_any_file_of_the_editions_or_the_site(
    contract, list_plan, no_printer, tmp_path
):
    cells = list(list_plan(contract, "2026-12"))
    first, second = (count_exactly(cells, edition) for edition in (1, 2))
    month = tmp_path / "2026-12"
    earlier = list(list_plan(contract, "2026-11"))
    # Fewer by far, so that every page names a trend.
    before = [count - 5_000_000 for count in count_exactly(earlier, 1)]
    previous = tmp_path / "2026-11" / "figures.csv"
    write_figures(build_figures(earlier, before), previous)
    first_edition = Edition("2026-12", 1, {})
    past = [(Edition("2026-11", 1, {}), previous)]
    publish(
        month / "e1", first_edition, contract, build_figures(cells, first), Sources(past=past), no_printer
    )
    corrected = Edition("2026-12", 2, {}, reason="linkage")
    former = month / "e1" / "figures.csv"
    publish(month / "e2", corrected, contract, build_figures(cells, second), Sources(former), no_printer)
    write_site(tmp_path, contract)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in {".woff2", ".pdf"}]
    assert {path.suffix for path in files} >= {".html", ".csv", ".json", ".xml", ".bib", ".ris"}
    met = set().union(*(numbers_in(path) for path in files))
    assert not met & {*first, *second, *before}
    assert {round_to_figure(count) for count in before} & numbers_in(month / "e1" / "IN" / "report.en.html")
    # The search does see numbers of this kind, on pages as well.
    rounded = {round_to_figure(count) for count in second}
    assert len(rounded & met) >= 2 * len(rounded) // 3 - 1
    assert rounded & numbers_in(month / "e2" / "IN" / "report.en.html")


def test_an_exact_count_in_place_of_a_figure_is_refused(contract, make_frame, tmp_path):
    path = tmp_path / "figures.csv"
    write_figures(make_frame(contract, share_shown=1), path)
    for line in path.read_text(encoding="utf-8").splitlines():
        *name, value, lower, upper, status = line.split(",")
        if name[3] != "incidents":
            continue
        exact = ",".join([*name, str(int(value) + 1), lower, upper, status])
        (tmp_path / "exact.csv").write_text(
            path.read_text(encoding="utf-8").replace(line, exact), encoding="utf-8"
        )
        with pytest.raises(FiguresFormatError, match=r"rounded to 5|within its bounds"):
            read_figures(tmp_path / "exact.csv")
