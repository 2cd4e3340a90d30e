"""`python -m bench.protection`: publish made-up months, attack them, replay withdrawals, write down what is found."""

import dataclasses
import importlib.util
import json
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench.machine import describe_machine
from bench.protection.attack import Attacked, attack
from bench.protection.judge import Truth
from bench.protection.measures import measure_hidden, measure_visible
from bench.protection.months import INCIDENTS, Timeline, invent_timeline
from bench.protection.publish import Published, publish
from bench.protection.replays import replay, replay_beside
from bench.protection.schemes import Scheme, publish_noisy, publish_ours, publish_rounded
from bench.protection.speed import measure_last, measure_wide
from bench.protection.table import draw
from bench.protection.targets import compare
from pipeline.contract import load_contract
from pipeline.protect.plan import load_plan

RESULTS = Path(__file__).with_name("latest.json")
MONTHS, SEED, WITHDRAWALS = 24, 7_001, 1_000
PARTS = ("peers", "attack", "replays", "speed")
_SAMPLED, _NAIVE_SAMPLED, _BATCH, _CORRECTIONS = 6, 1, 100, 3
_NAIVE_MONTHS = 6

_KNOWN = 2
"""A replayed correction comes when so many editions were published after the one that it corrects."""


@dataclass(frozen=True)
class Asked:
    """What is measured: parts of PARTS, months, and whether years are corrected and all editions solved for."""

    parts: tuple[str, ...]
    months: int
    full: bool


@click.command()
@click.option(
    "--only", "parts", type=click.Choice(PARTS), multiple=True, help="Parts to measure; all by default."
)
@click.option(
    "--months", type=click.IntRange(2), default=MONTHS, show_default=True, help="Months to publish."
)
@click.option(
    "--full",
    is_flag=True,
    help="Correct a closed year, and solve for every edition, not a sample; takes hours more.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the figures go as JSON.")
def main(parts: tuple[str, ...], months: int, full: bool, out: Path | None) -> None:
    """Measure and print tables; exit with 1 if anything leaks. Only a whole run overwrites the kept figures."""
    results = _measure(Asked(parts or PARTS, months, full))
    target = out or (RESULTS if not parts and months == MONTHS else None)
    if target:
        target.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in draw(results):
        click.echo(line)
    leaks = (results.get("attack") or {}).get("leaks", 0)
    taught = ((results.get("replays") or {}).get("ours") or {}).get("taught_any", 0)
    raise SystemExit(1 if leaks or taught else 0)


def _measure(asked: Asked) -> dict[str, Any]:
    contract, plan = load_contract(), load_plan()
    timeline = invent_timeline(contract, seed=SEED, months=asked.months)
    if not asked.full:
        timeline = timeline.without_corrected_years()
    results: dict[str, Any] = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": describe_machine(),
        "plan": plan.version,
        "months": asked.months,
        "incidents": INCIDENTS,
        "editions": len(timeline.releases),
        "withdrawn": sum(len(release.withdrawn) for release in timeline.releases),
    }
    if "peers" in asked.parts:
        results["peers"] = _compare_peers()
    if set(asked.parts) == {"peers"}:
        return {**results, "targets": compare(results)}
    with tempfile.TemporaryDirectory(prefix="jawabdehi-bench-", ignore_cleanup_errors=True) as folder:
        ours, rounded = publish_ours(plan, contract), publish_rounded(plan, contract)
        published = _say("Publishing", publish, timeline, ours, Path(folder, "ours"))
        results["ours"] = _describe(published)
        if "attack" in asked.parts:
            results |= _attack(Path(folder), timeline, rounded, full=asked.full)
        if "replays" in asked.parts:
            schemes = {"rounded": rounded, "noisy": publish_noisy(plan, contract, "a made-up key")}
            results["replays"] = _replay(Path(folder), timeline, published, ours, schemes)
        if "speed" in asked.parts:
            results["speed"] = {
                **{
                    closes: _say(
                        f"Timing the last {closes}", measure_last, timeline, published, closes=closes
                    )
                    for closes in ("month", "quarter", "year")
                },
                "wide": _say("Timing a wide month", measure_wide),
            }
    return {**results, "targets": compare(results)}


def _describe(published: Published) -> dict[str, Any]:
    return {
        "seconds_median": round(statistics.median(published.seconds), 2),
        "seconds_most": round(max(published.seconds), 2),
        "visible": measure_visible(published.editions),
        "hidden_for_others": measure_hidden(published),
    }


def _attack(folder: Path, timeline: Timeline, rounded: Scheme, *, full: bool) -> dict[str, Any]:
    """Attack ours; and the primary rule alone, to show that the attack finds what there is."""
    truth = Truth(timeline)
    found: Attacked = _say("Attacking", attack, folder / "ours", truth, editions=None if full else _SAMPLED)
    publish(timeline, rounded, folder / "naive", releases=_NAIVE_MONTHS)
    naive: Attacked = attack(
        folder / "naive", Truth(timeline, keeps_withdrawn=False), editions=_NAIVE_SAMPLED
    )
    return {
        "attack": found.describe(),
        "attack_naive": naive.describe(),
        "leaks": [
            {"what": leak.what, "edition": leak.edition, "cells": leak.cells[:3], "persons": leak.persons}
            for leak in found.leaks[:50]
        ],
    }


def _replay(
    folder: Path, timeline: Timeline, published: Published, ours: Scheme, naive: dict[str, Scheme]
) -> dict[str, Any]:
    results = {
        "ours": _say(
            "Replaying", replay, ours, published.editions, number=WITHDRAWALS, batch=_BATCH, known=_KNOWN
        ).describe()
    }
    results["ours"]["beside_corrections"] = replay_beside(
        ours, published.editions, corrections=_CORRECTIONS, batch=_BATCH
    )
    for name, scheme in naive.items():
        editions = publish(timeline, scheme, folder / f"replayed-{name}").editions
        results[name] = _say(
            f"Replaying {name}", replay, scheme, editions, number=WITHDRAWALS, batch=1
        ).describe()
    return results


def _compare_peers() -> Any:  # noqa: ANN401 (as the peers give it)
    """Return the comparison with other tools; None where it is not there."""
    if importlib.util.find_spec("bench.protection.peers") is None:
        return None
    from bench.protection import peers

    rows = _say("Comparing peers", peers.compare, peers.invent_cases(SEED))
    return [dataclasses.asdict(row) for row in rows]


def _say(what: str, do: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401 (what `do` gives)
    click.echo(f"{what} ...", err=True)
    return do(*given, **named)


if __name__ == "__main__":
    main()
