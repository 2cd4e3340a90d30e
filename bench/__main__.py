"""`make bench`: measures steps, floor and Airflow's share one after the other, and writes down what came of it.

Each size of the steps runs in a process of its own, so that its peak memory is its own; its inbox is made before
it by this one, with a fixed seed.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench.floor import measure_floor
from bench.machine import describe_machine
from bench.month import measure_month
from bench.pages import measure_pages
from bench.table import draw
from bench.targets import compare
from pipeline.contract import load_contract
from pipeline.example import write_example
from pipeline.server import stop_server

MONTH = "2026-10"
SEED = 1
RESULTS = Path(__file__).with_name("latest.json")

_SIZES = (10_000, 100_000)
_FULL = (*_SIZES, 1_000_000)
_REPORTS = (600, 1_000)


@click.command()
@click.option("--rows", type=click.IntRange(60), multiple=True, help="Sizes of the steps.")
@click.option("--full", is_flag=True, help="The design's million rows, too; takes several minutes more.")
@click.option("--airflow/--no-airflow", default=True, show_default=True, help="Months through Airflow.")
@click.option("--pages/--no-pages", default=True, show_default=True, help="All pages of an edition, printed.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=RESULTS)
def main(rows: tuple[int, ...], full: bool, airflow: bool, pages: bool, out: Path) -> None:
    """Measure, print a table, and write the figures as JSON."""
    machine = describe_machine()
    sizes = rows or (_FULL if full else _SIZES)
    steps = [_in_folder(_measure_steps, size) for size in sizes]
    months = [_in_folder(_measure_month, reports) for reports in _REPORTS if airflow]
    printed = _measure_pages() if pages else None
    results = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "steps": steps,
        "months": months,
        "pages": printed,
        "targets": compare({measured["rows"]: measured for measured in steps}, months, printed),
    }
    out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for line in draw(results):
        click.echo(line)


def _in_folder(measure: Callable[[Path, int], dict[str, Any]], size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="jawabdehi-bench-", ignore_cleanup_errors=True) as folder:
        return measure(Path(folder), size)


def _measure_pages() -> dict[str, Any]:
    click.echo("Rendering and printing all pages of an edition ...", err=True)
    return measure_pages()


def _measure_month(folder: Path, reports: int) -> dict[str, Any]:
    click.echo(f"Running a month of {reports:,} reports through Airflow ...", err=True)
    return measure_month(folder, MONTH, reports)


def _measure_steps(folder: Path, rows: int) -> dict[str, Any]:
    click.echo(f"Measuring the steps on {rows:,} rows ...", err=True)
    inbox, home = folder / "inbox", folder / "home"
    write_example(inbox, month=MONTH, reports=rows, seed=SEED, contract=load_contract())
    floor = measure_floor(inbox, folder / "twins", rows)
    command = [sys.executable, "-m", "bench.steps", "--month", MONTH]
    command += ["--home", str(home), "--inbox", str(inbox)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    finally:
        stop_server(home)
    measured: dict[str, Any] = json.loads(done.stdout)
    whole = measured["to_figures_seconds"] + measured["import_seconds"]
    return {
        "rows": rows,
        **measured,
        "floor_seconds": round(floor, 3),
        "times_floor": round(whole / floor, 1),
    }


if __name__ == "__main__":
    main()
