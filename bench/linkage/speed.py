"""How fast we link: worlds of the same density and growing size, each in a process of its own.

The peer is Splink with fixed weights. It is given our features and our candidate pairs and only has to score them
and write the scores, so its time is a lower bound of what it would take by itself. The other peers are timed on the
months of the contest alone.
"""

import itertools
import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl

from bench.linkage.contest import PEERS
from bench.linkage.environments import ensure_environment, run_program
from bench.linkage.months import MONTH
from bench.linkage.ours import link_month, peak_mib
from bench.linkage.pair_columns import spread_codes
from pipeline.contract import load_contract
from pipeline.link.blocking import block_reports
from pipeline.link.engine import open_engine
from pipeline.link.features import make_features
from pipeline.link.weights import load_weights
from pipeline.settings import CHECKOUT
from pipeline.worlds import KEPT, invent_world

SEED = 9901
RUNS = 3
MOST_FOR_RUNS = 1_000
"""A size up to this many reports is run RUNS times in new processes, and the median taken."""


def measure_speed(folder: Path, cache: Path, sizes: tuple[int, ...], weights: Path) -> list[dict[str, Any]]:
    """Return for each size seconds, reports a second, pairs a report, peak memory, ours and the peer's."""
    measured = []
    for size in sizes:
        place = folder / str(size)
        place.mkdir(parents=True)
        world = invent_world(KEPT, reports=size, seed=SEED, month=MONTH, contract=load_contract())
        world.reports.write_parquet(place / "reports.parquet")
        del world
        runs = [_call(place, weights, "ours") for _ in range(RUNS if size <= MOST_FOR_RUNS else 1)]
        ours = sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]
        _call(place, weights, "prepare")
        measured.append(_sum_up(ours, _run_peer(place, cache)))
    for smaller, larger in itertools.pairwise(measured):
        larger["growth_exponent"] = _growth(smaller, larger)
    return measured


def _sum_up(ours: dict[str, Any], peer: dict[str, Any]) -> dict[str, Any]:
    return {
        "reports": ours["reports"],
        "seconds": round(ours["seconds"], 2),
        "reports_per_second": round(ours["reports"] / ours["seconds"]),
        "pairs_per_report": round(ours["candidates"] / ours["reports"], 1),
        "peak_mib": ours["peak_mib"],
        "peer_seconds": peer["seconds"],
        "peer_peak_mib": peer["peak_mib"],
    }


def _growth(smaller: dict[str, Any], larger: dict[str, Any]) -> float:
    times = math.log(larger["seconds"] / smaller["seconds"])
    return round(times / math.log(larger["reports"] / smaller["reports"]), 3)


def _call(place: Path, weights: Path, task: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.linkage.speed", str(place), str(weights), task]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=CHECKOUT)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _run_peer(place: Path, cache: Path) -> dict[str, Any]:
    peer = next(peer for peer in PEERS if peer.name == "splink_fixed")
    job = place / "job.json"
    told = {"mode": peer.mode, "months": [str(place)], "learn": [], "out": str(place)}
    job.write_text(json.dumps(told), encoding="utf-8")
    try:
        run_program(ensure_environment(peer.environment, cache), peer.program, job)
    except RuntimeError:
        # At a million reports it may run out of memory; that is a result, too.
        return {"seconds": None, "peak_mib": None}
    cost = json.loads((place / "cost.json").read_text(encoding="utf-8"))
    return {"seconds": round(cost["seconds"][place.name], 2), "peak_mib": cost["peak_mib"]}


def main() -> None:
    """Link the reports of a folder, or prepare them for the peer, and print what it cost."""
    place, weights = Path(sys.argv[1]), load_weights(Path(sys.argv[2]))
    contract = load_contract()
    reports = pl.read_parquet(place / "reports.parquet")
    start = time.perf_counter()
    candidates = 0
    if sys.argv[3] == "ours":
        _, _, candidates = link_month(reports, weights, contract)
    else:
        features = make_features(reports, contract)
        blocks = block_reports(features, weights.blocking, most=weights.most_in_block)
        with open_engine(features, weights) as engine:
            engine.find_pairs(blocks.keys).write_parquet(place / "pairs.parquet")
        spread_codes(features).write_parquet(place / "features.parquet")
    seconds = time.perf_counter() - start
    cost = {"reports": reports.height, "seconds": seconds, "candidates": candidates, "peak_mib": peak_mib()}
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main()
