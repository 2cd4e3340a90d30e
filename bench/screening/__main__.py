"""`python -m bench.screening`: what screening finds and holds falsely, how fast it is, and the same of its peer."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import polars as pl

from bench.machine import describe_machine
from bench.screening.contest import find_ours, measure_growth, run_presidio, time_ours
from bench.screening.corpus import make_corpus
from bench.screening.scores import ENTITIES, add_verdicts, sum_up
from bench.screening.table import draw
from bench.screening.targets import compare
from bench.screening.wording import CLEAN, HALVES
from pipeline.contract import load_contract
from pipeline.settings import read_settings
from pipeline.worlds import MESSY, invent_world

RESULTS = Path(__file__).with_name("latest.json")
PARTS = ("ours", "peer", "speed", "growth")
SEED = 2026
CLEAN_EACH, CARRYING_EACH = 2_000, 300
SPEED_CLEAN, SPEED_CARRYING = 20_000, 15
_ROUNDS = 8
_WORLD_REPORTS = 60_000
_PEER_SHARE = 0.1
_SURE = 0.3
_SIZES = (25_000, 100_000)
_PIECES = {
    "digits": "9",
    "digits apart": "9 ",
    "long numbers": "12345678901 ",
    "halves": "98765 43210 ",
    "dates": "12/3/2024 ",
    "letters": "a",
    "Indic letters": "च",
    "signs of addresses": "x@",
    "brackets": "[at]",
    "case words": "FIR no ",
    "case numbers": "FIR 12 of ",
    "digits in words": "nine ",
    "letters and digits": "AB12",
    "letters by name": "एबी ",
}


@click.command()
@click.option(
    "--only", "parts", type=click.Choice(PARTS), multiple=True, help="Parts to measure; all by default."
)
@click.option(
    "--half", type=click.Choice(HALVES), default="held_back", show_default=True, help="Which sentences."
)
@click.option("--seed", default=SEED, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the figures go as JSON.")
def main(parts: tuple[str, ...], half: str, seed: int, out: Path | None) -> None:
    """Measure and print tables. Only a whole run on the half held back overwrites the kept figures."""
    whole = not parts and half == "held_back" and seed == SEED
    results = _measure(parts or PARTS, half, seed)
    target = out or (RESULTS if whole else None)
    if target:
        target.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in draw(results):
        click.echo(line)


def _measure(parts: tuple[str, ...], half: str, seed: int) -> dict[str, Any]:
    cache = read_settings(os.environ).home / "peers"
    results: dict[str, Any] = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": describe_machine(),
        "half": half,
        "seed": seed,
    }
    corpus = make_corpus(half, seed=seed, clean=CLEAN_EACH, each=CARRYING_EACH).unique(
        "text", maintain_order=True
    )
    if "ours" in parts:
        click.echo(f"Our screening on {corpus.height:,} narratives ...", err=True)
        results["ours"] = sum_up(add_verdicts(corpus, find_ours(corpus["text"])))
    if "peer" in parts:
        click.echo("Presidio on the same ...", err=True)
        found, _ = run_presidio(corpus["text"], cache)
        results["presidio"] = sum_up(add_verdicts(corpus, found, ENTITIES))
        results["presidio_sure"] = sum_up(
            add_verdicts(corpus, found.filter(pl.col("score") >= _SURE), ENTITIES)
        )
    if "speed" in parts:
        results["speed"] = _measure_speed(half, seed, cache)
    if "growth" in parts:
        click.echo("Long cells ...", err=True)
        results["growth"] = measure_growth(_PIECES, _SIZES)
    results["targets"] = compare(results)
    return results


def _measure_speed(half: str, seed: int, cache: Path) -> dict[str, Any]:
    """Return the speed of both on the same mixture: next to all narratives clean, as they are in returns."""
    corpus = make_corpus(half, seed=seed + 1, clean=SPEED_CLEAN, each=SPEED_CARRYING).unique("text")
    texts = corpus.sample(fraction=1, shuffle=True, seed=seed)["text"]
    click.echo(f"Speed on {len(texts):,} narratives ...", err=True)
    ours = time_ours(texts, _ROUNDS)
    worlds = time_ours(_take_narratives_of_worlds(), _ROUNDS)
    _, peer = run_presidio(texts.head(int(len(texts) * _PEER_SHARE)), cache)
    return {
        "ours": ours,
        "ours_on_worlds": worlds,
        "presidio": peer,
        "times_peer": round(ours["a_second"] / peer["a_second"], 1),
        "times_peer_on_a_core": round(ours["a_second_of_a_core"] / peer["a_second_of_a_core"], 1),
        "bytes_a_narrative": round(float(texts.str.len_bytes().mean() or 0)),
        "clean_share": round(corpus.filter(kind=CLEAN).height / corpus.height, 3),
        "threads": pl.thread_pool_size(),
    }


def _take_narratives_of_worlds() -> pl.Series:
    """Return the narratives of a made-up world: shorter on numbers than the corpus, as most reports are."""
    world = invent_world(MESSY, reports=_WORLD_REPORTS, seed=SEED, contract=load_contract())
    return world.reports["narrative"].drop_nulls().unique(maintain_order=True)


if __name__ == "__main__":
    main()
