"""Our linkage on made-up months, in a process of its own; writes clusters, questions and what they cost."""

import dataclasses
import json
import math
import resource
import sys
import time
from pathlib import Path

import polars as pl

from pipeline.contract import Contract, load_contract
from pipeline.link.clusters import cluster_reports
from pipeline.link.driver import link_reports
from pipeline.link.pairs import DECISIONS_SCHEMA, REVIEW
from pipeline.link.weights import Weights, load_weights, newest_weights

POINTS = ("automatic", "even")
"""Where is linked: at the automatic bound, with review below it, and at even odds, to compare with others."""


def link_at(weights: Weights, point: str) -> Weights:
    """Return the weights with the automatic bound at a point of POINTS.

    At even odds bits alone decide, as they do with peers: no pair is asked of a person because another fits as well.
    """
    if point == "automatic":
        return weights
    even = weights.bounds.even
    bounds = dataclasses.replace(weights.bounds, automatic=even, review=even, rival=-math.inf)
    return dataclasses.replace(weights, bounds=bounds)


def link_month(
    reports: pl.DataFrame, weights: Weights, contract: Contract
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Return clusters (report, cluster), questions (report_a, report_b) and the number of pairs compared."""
    linked = link_reports(reports, weights, contract)
    clustering = cluster_reports(
        reports.select("report", "month"),
        linked.pairs,
        DECISIONS_SCHEMA.to_frame(),
        most=weights.bounds.most_reports,
        veto_bits=weights.bounds.veto,
    )
    questions = clustering.pairs.filter(pl.col("verdict") == REVIEW).select("report_a", "report_b")
    return clustering.incidents.select("report", cluster="incident_id"), questions, linked.candidates


def peak_mib() -> int:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # What the system calls the peak of a process begins with that of the process that started it.
        line = next(
            line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")
        )
        return round(int(line.split()[1]) / 1024)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


def main() -> None:
    """Read a job (`months`: folders, `out`: a folder, `weights`: a file or null) from the file that is named."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    out, contract = Path(job["out"]), load_contract()
    weights = load_weights(Path(job["weights"] or newest_weights()))
    seconds, candidates = {}, {}
    for folder in map(Path, job["months"]):
        reports = pl.read_parquet(folder / "reports.parquet")
        for point in POINTS:
            start = time.perf_counter()
            clusters, questions, compared = link_month(reports, link_at(weights, point), contract)
            spent = time.perf_counter() - start
            clusters.write_parquet(out / f"{folder.name}.{point}.clusters.parquet")
            questions.write_parquet(out / f"{folder.name}.{point}.questions.parquet")
            if point == "automatic":
                seconds[folder.name], candidates[folder.name] = spent, compared
    cost = {"seconds": seconds, "candidates": candidates, "peak_mib": peak_mib()}
    (out / "cost.json").write_text(json.dumps(cost), encoding="utf-8")


if __name__ == "__main__":
    main()
