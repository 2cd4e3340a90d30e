"""Every method on the same months: runs it in a process of its own, chooses its threshold, judges its clusters."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from bench.linkage.environments import ensure_environment, run_program
from bench.linkage.metrics import Judged, judge
from bench.linkage.months import Month
from bench.linkage.sweep import add_up, connect, find_best, recall_at, sweep
from pipeline.settings import CHECKOUT

PRECISE = 0.98


@dataclass(frozen=True)
class Peer:
    """A method that we measure ourselves against.

    `learn`: how many sibling months it is given, whose labels it may use and on which its threshold is chosen.
    `fixed`: thresholds at which it is measured beside the best one. `clusters`: whether it makes clusters itself,
    at several thresholds; otherwise its pairs are joined to connected components.
    """

    name: str
    says: str
    environment: str
    program: str
    mode: str
    learn: int = 3
    fixed: tuple[float, ...] = ()
    clusters: bool = False


_LIKELY = 4.25  # bits, at which p is .95
PEERS = (
    Peer("splink_em", "Splink 5, EM", "splink", "run_splink.py", "em", fixed=(_LIKELY,)),
    Peer("splink_fixed", "Splink 5, fixed weights", "splink", "run_splink.py", "fixed", fixed=(_LIKELY,)),
    Peer("splink_labelled", "Splink 5, m from all labels", "splink", "run_splink.py", "labelled"),
    Peer("dedupe", "dedupe 3.0.3, 100 labels", "dedupe", "run_dedupe.py", "", clusters=True),
    Peer("recordlinkage", "recordlinkage, 300 labels", "recordlinkage", "run_recordlinkage.py", ""),
)
CEILING = Peer("ceiling", "gradient boosting, all labels", "lightgbm", "run_lightgbm.py", "", learn=6)


@dataclass(frozen=True)
class Outcome:
    """How a method did on the months of one setting; `notes` are figures of its own, such as its threshold."""

    method: str
    says: str
    judged: list[Judged]
    seconds: list[float]
    peak_mib: int
    notes: Mapping[str, Any]


def run_ours(months: Sequence[Month], folder: Path, weights: Path | None = None) -> list[Outcome]:
    """Return how our linkage did, at its automatic bound and at even odds; `folder` is new and is filled."""
    folder.mkdir(parents=True)
    job = folder / "job.json"
    told = {"months": [str(month.folder) for month in months], "out": str(folder)}
    job.write_text(json.dumps({**told, "weights": str(weights) if weights else None}), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "bench.linkage.ours", str(job)], check=True, cwd=CHECKOUT)
    cost = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
    points = {"automatic": ("ours", "ours, automatic bound"), "even": ("ours_even", "ours, even odds")}
    return [
        Outcome(
            name,
            says,
            [_judge_ours(month, folder, point) for month in months],
            [cost["seconds"][month.name] for month in months],
            cost["peak_mib"],
            {"candidates": sum(cost["candidates"].values())},
        )
        for point, (name, says) in points.items()
    ]


def _judge_ours(month: Month, folder: Path, point: str) -> Judged:
    clusters, questions = (
        pl.read_parquet(folder / f"{month.name}.{point}.{frame}.parquet")
        for frame in ("clusters", "questions")
    )
    return judge(month.read("traits"), clusters, questions)


def run_peer(
    peer: Peer, months: Sequence[Month], siblings: Sequence[Month], folder: Path, cache: Path
) -> Iterator[Outcome]:
    """Yield how a peer did at its best threshold on the siblings, then at its fixed ones; `folder` is new."""
    known = siblings[: peer.learn]
    cost = _call(peer, [*known, *months], known, folder, ensure_environment(peer.environment, cache))
    results = {
        month.name: pl.read_parquet(folder / f"{month.name}.result.parquet") for month in [*known, *months]
    }
    best, notes = (_choose_grid if peer.clusters else _choose_score)(known, months, results)
    notes |= {"learning_seconds": round(cost["learning_seconds"], 2)}
    seconds = [cost["seconds"][month.name] for month in months]
    for place, threshold in enumerate((best, *peer.fixed)):
        clusters = (_take_grid if peer.clusters else _take_score)(months, results, threshold)
        judged = [judge(month.read("traits"), each) for month, each in zip(months, clusters, strict=True)]
        name, says = (peer.name, peer.says) if place == 0 else (f"{peer.name}_95", f"{peer.says}, p ≥ .95")
        yield Outcome(name, says, judged, seconds, cost["peak_mib"], {**notes, "threshold": threshold})


def _call(
    peer: Peer, months: Sequence[Month], known: Sequence[Month], folder: Path, python: Path
) -> dict[str, Any]:
    folder.mkdir(parents=True)
    job = folder / "job.json"
    folders = {
        "months": [str(month.folder) for month in months],
        "learn": [str(month.folder) for month in known],
    }
    job.write_text(json.dumps({"mode": peer.mode, "out": str(folder), **folders}), encoding="utf-8")
    run_program(python, peer.program, job)
    cost: dict[str, Any] = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
    return cost


def _choose_score(
    known: Sequence[Month], months: Sequence[Month], results: Mapping[str, pl.DataFrame]
) -> tuple[float, dict[str, Any]]:
    """Return the threshold with the best F1 on the siblings, and the best recall at PRECISE on the months."""
    curve, true = _draw_curve(known, results)
    measured, there = _draw_curve(months, results)
    return find_best(curve, true), {"recall_when_precise": recall_at(measured, there, PRECISE)}


def _draw_curve(months: Sequence[Month], results: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, int]:
    """Return the curve of several months and how many true pairs there are."""
    incidents = [month.read("traits")["incident"] for month in months]
    curves = [sweep(results[month.name], each) for month, each in zip(months, incidents, strict=True)]
    sizes = [each.value_counts()["count"].cast(pl.Int64) for each in incidents]
    return add_up(curves), sum(int((size * (size - 1)).sum()) // 2 for size in sizes)


def _take_score(
    months: Sequence[Month], results: Mapping[str, pl.DataFrame], threshold: float
) -> Iterator[pl.DataFrame]:
    for month in months:
        reports = month.read("traits")["report"]
        yield pl.DataFrame(
            {"report": reports, "cluster": connect(results[month.name], reports.len(), threshold)}
        )


def _choose_grid(
    known: Sequence[Month], _months: Sequence[Month], results: Mapping[str, pl.DataFrame]
) -> tuple[float, dict[str, Any]]:
    """Return the threshold of the clusters with the best F1 on the siblings."""
    thresholds = results[known[0].name]["threshold"].unique().sort()
    return max(thresholds, key=lambda threshold: _f1_of_grid(known, results, threshold)), {}


def _f1_of_grid(known: Sequence[Month], results: Mapping[str, pl.DataFrame], threshold: float) -> float:
    clusters = _take_grid(known, results, threshold)
    judged = [judge(month.read("traits"), each).pairs for month, each in zip(known, clusters, strict=True)]
    pairs = pl.concat(judged)
    correct = int((pairs["true"] & pairs["found"]).sum())
    return 2 * correct / max(pairs["true"].to_list().count(True) + pairs["found"].to_list().count(True), 1)


def _take_grid(
    months: Sequence[Month], results: Mapping[str, pl.DataFrame], threshold: float
) -> Iterator[pl.DataFrame]:
    for month in months:
        reports = month.read("traits").select("report").with_row_index("id").cast({"id": pl.Int64})
        chosen = results[month.name].filter(pl.col("threshold") == threshold)
        yield reports.join(chosen, on="id").select("report", "cluster")
