"""`make bench-mutations`: a thousand damaged returns, and what came of them."""

import json
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.machine import describe_machine
from bench.mutations.harness import MONTH, send_through
from bench.mutations.mutate import File, list_mutations
from pipeline.contract import load_contract
from pipeline.example import write_example
from pipeline.forms.template import write_template
from pipeline.language import load_language
from pipeline.server import stop_server
from pipeline.settings import Settings

RESULTS = Path(__file__).with_name("latest.json")
MOST_SECONDS, MOST_MIB = 10, 1024


@click.command()
@click.option("--files", type=click.IntRange(1), default=1_000, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=RESULTS)
def main(files: int, out: Path) -> None:
    """Damage returns, take them in, and write down seconds, memory and slips."""
    with tempfile.TemporaryDirectory() as folder:
        damaged = list_mutations(list_seeds(Path(folder)), files)
        home = Path(folder) / "home"
        try:
            watched = send_through(
                Settings(home=home, inbox=home / "inbox", settle_seconds=0),
                damaged,
                most_seconds=MOST_SECONDS,
            )
        finally:
            stop_server(home)
    results = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": describe_machine(),
        **asdict(watched),
        "met": not watched.crashes
        and watched.slowest_seconds <= MOST_SECONDS
        and watched.peak_mib <= MOST_MIB
        and watched.slips == watched.files,
    }
    out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(results, indent=2))


def list_seeds(folder: Path) -> list[File]:
    """Return whole files of all kinds: returns of the example, and a template with its example sheet."""
    paths = write_example(folder / "example", month=MONTH, reports=240, seed=3, contract=load_contract())
    seeds = [(path.suffix[1:], path.read_bytes()) for path in paths]
    return [*seeds, ("xlsx", write_template(load_contract(), load_language("en")))]


if __name__ == "__main__":
    main()
