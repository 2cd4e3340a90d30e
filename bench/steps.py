"""One month through every step, in this process; prints what each cost as JSON.

The jobs run as in a DAG. The pure steps inside `take_in_return` are timed by themselves; what is left of it is
`store`: sealing, hashing, COPY, the slip. The import of Great Expectations happens once a process, whatever the
rows, and stands by itself.
"""

import importlib
import json
from pathlib import Path
from typing import Any

import click

from bench.watch import Watch
from pipeline import jobs
from pipeline.jobs import examination
from pipeline.settings import Settings

_INNER_STEPS = {
    "read_return": "read",
    "screen_frame": "screen",
    "code_frame": "code",
    "validate_frame": "validate",
}
TO_FIGURES = ("collect", "read", "screen", "code", "validate", "store", "link", "tabulate", "protect")
"""The steps from the inbox to protected figures, in their order."""

AFTER_FIGURES = ("audit", "render", "export")
_IMPORT = "import"


@click.command()
@click.option("--month", required=True)
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--inbox", type=click.Path(path_type=Path), required=True)
def main(month: str, home: Path, inbox: Path) -> None:
    """Measure the returns of one inbox on a new home."""
    settings = Settings(home=home, inbox=inbox, settle_seconds=0, prints=False)
    jobs.prepare(settings)
    watch = Watch(home / "pg")
    for name, step in _INNER_STEPS.items():
        setattr(examination, name, watch.watched(step, getattr(examination, name)))
    with watch.sampling():
        with watch.step(_IMPORT):
            importlib.import_module("great_expectations")
        returns, rows = _run_month(settings, month, watch)
    click.echo(json.dumps(_sum_up(watch, returns, rows)))


def _run_month(settings: Settings, month: str, watch: Watch) -> tuple[int, int]:
    """Return how many returns and rows went through."""
    with watch.step("collect"):
        waiting = jobs.land_returns(settings)
    for return_id in waiting:
        with watch.step("store"):
            jobs.take_in_return(settings, return_id)
    with watch.step("link"):
        jobs.link_month(settings, month)
    with watch.step("tabulate"):
        edition = str(jobs.open_edition(settings, month))
        jobs.tabulate_edition(settings, edition)
    with watch.step("protect"):
        jobs.protect_edition(settings, edition)
    with watch.step("audit"):
        jobs.audit_edition(settings, edition)
    with watch.step("render"):
        for geography in jobs.list_geographies(settings, edition):
            jobs.render_edition(settings, edition, geography)
        jobs.seal_edition(settings, edition)
    with watch.step("export"):
        rows = jobs.export_links(settings, month, settings.home / "links.csv")
    return len(waiting), rows


def _sum_up(watch: Watch, returns: int, rows: int) -> dict[str, Any]:
    steps = {
        name: {
            "seconds": round(watch.seconds[name], 3),
            "rows_per_second": round(rows / watch.seconds[name]),
            "peak_mib": round(watch.own_mib[name]),
            "peak_postgresql_mib": round(watch.server_mib[name]),
        }
        for name in (*TO_FIGURES, *AFTER_FIGURES)
    }
    return {
        "returns": returns,
        "steps": steps,
        "to_figures_seconds": round(sum(watch.seconds[name] for name in TO_FIGURES), 3),
        "import_seconds": round(watch.seconds[_IMPORT], 1),
        "peak_mib": max(step["peak_mib"] for step in steps.values()),
        "peak_postgresql_mib": max(step["peak_postgresql_mib"] for step in steps.values()),
    }


if __name__ == "__main__":
    main()
