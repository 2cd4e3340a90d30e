"""`make bench-link`: how well and how fast we link, beside named peers on the same months, and what came of it."""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench.linkage.contest import CEILING, PEERS, Outcome, run_ours, run_peer
from bench.linkage.months import HELD_BACK, REPORTS, SETTINGS, SIBLINGS, make_months
from bench.linkage.pair_columns import prepare_pairs
from bench.linkage.public import measure_public
from bench.linkage.speed import measure_speed
from bench.linkage.summary import DRAWN, summarise
from bench.linkage.table import draw
from bench.linkage.targets import compare
from bench.machine import describe_machine
from pipeline.contract import load_contract
from pipeline.link.weights import load_weights, newest_weights
from pipeline.settings import read_settings

RESULTS = Path(__file__).with_name("latest.json")
PARTS = ("ours", "ceiling", "peers", "public", "speed")
_SIZES = (400, 10_000, 100_000)
_FULL = (*_SIZES, 1_000_000)


@dataclass(frozen=True)
class Plan:
    """What is measured: parts of PARTS, months of each setting (None: all), reports a month, settings, peers."""

    parts: tuple[str, ...]
    months: int | None
    reports: int
    settings: tuple[str, ...]
    peers: tuple[str, ...]
    sizes: tuple[int, ...]
    weights: Path


@click.command()
@click.option(
    "--only", "parts", type=click.Choice(PARTS), multiple=True, help="Parts to measure; all by default."
)
@click.option(
    "--months", type=click.IntRange(1), help="Measure so many months of each setting; all by default."
)
@click.option(
    "--reports", type=click.IntRange(100), default=REPORTS, show_default=True, help="Reports a month."
)
@click.option("--setting", "settings", type=click.Choice(list(SETTINGS)), multiple=True, help="Settings.")
@click.option(
    "--peer", "peers", type=click.Choice([peer.name for peer in PEERS]), multiple=True, help="Peers."
)
@click.option("--full", is_flag=True, help="The speed of a million reports, too; takes several minutes more.")
@click.option(
    "--weights",
    type=click.Path(exists=True, resolve_path=True, path_type=Path),
    default=newest_weights(),
    help="Other weights.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the figures go as JSON.")
def main(full: bool, out: Path | None, **chosen: Any) -> None:  # noqa: ANN401 (options, as they come)
    """Measure and print tables. Only a whole run overwrites the kept figures; a part needs --out to be kept."""
    whole = not any(chosen[name] for name in ("parts", "months", "settings", "peers"))
    whole &= chosen["reports"] == REPORTS and chosen["weights"] == newest_weights()
    plan = Plan(
        parts=chosen["parts"] or PARTS,
        months=chosen["months"],
        reports=chosen["reports"],
        settings=chosen["settings"] or tuple(SETTINGS),
        peers=chosen["peers"] or tuple(peer.name for peer in PEERS),
        sizes=_FULL if full else _SIZES,
        weights=chosen["weights"],
    )
    results = _measure(plan)
    target = out or (RESULTS if whole else None)
    if target:
        target.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in draw(results):
        click.echo(line)


def _measure(plan: Plan) -> dict[str, Any]:
    cache = read_settings(os.environ).home / "peers"
    results: dict[str, Any] = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": describe_machine(),
        "weights": load_weights(plan.weights).version,
        "reports_a_month": plan.reports,
        "settings": {},
        "public": [],
        "speed": [],
    }
    with tempfile.TemporaryDirectory(prefix="jawabdehi-bench-", ignore_cleanup_errors=True) as folder:
        if {"ours", "ceiling", "peers"} & set(plan.parts):
            for setting in plan.settings:
                results["settings"][setting] = _measure_setting(plan, setting, Path(folder), cache)
        if "public" in plan.parts:
            click.echo("Public sets ...", err=True)
            results["public"] = measure_public(cache)
        if "speed" in plan.parts:
            click.echo("Speed ...", err=True)
            results["speed"] = measure_speed(Path(folder) / "speed", cache, plan.sizes, plan.weights)
    results["targets"] = compare(results)
    for methods in results["settings"].values():
        for method in methods.values():
            del method[DRAWN]
    return results


def _measure_setting(plan: Plan, setting: str, folder: Path, cache: Path) -> dict[str, Any]:
    """Return by method how it did on the months of one setting."""
    contract, weights = load_contract(), load_weights(plan.weights)
    contestants = [CEILING] if "ceiling" in plan.parts else []
    contestants += [peer for peer in PEERS if "peers" in plan.parts and peer.name in plan.peers]
    months = list(make_months(folder, {setting: HELD_BACK[setting]}, plan.months, plan.reports, contract))
    measured: dict[str, Any] = {}
    if "ours" in plan.parts:
        click.echo(f"{setting}: our linkage on {len(months)} months ...", err=True)
        measured |= _sum_up(run_ours(months, folder / f"{setting}-ours", plan.weights))
    if contestants:
        most = max(peer.learn for peer in contestants)
        siblings = list(make_months(folder, {setting: SIBLINGS[setting]}, most, plan.reports, contract))
        click.echo(f"{setting}: preparing {len(months) + len(siblings)} months for the peers ...", err=True)
        for month in (*months, *siblings):
            prepare_pairs(month, weights, contract)
    for peer in contestants:
        click.echo(f"{setting}: {peer.says} ...", err=True)
        measured |= _sum_up(run_peer(peer, months, siblings, folder / f"{setting}-{peer.name}", cache))
    return measured


def _sum_up(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    return {outcome.method: summarise(outcome) for outcome in outcomes}


if __name__ == "__main__":
    main()
