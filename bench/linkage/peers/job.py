"""What all peers share: which months to read, where to write, what it cost.

This folder is no package: each program in it runs in an environment of its own, where nothing of ours is there.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

RESULT = "result.parquet"


@dataclass(frozen=True)
class Job:
    """`months`: folders of months to link; `learn`: folders of months whose labels may be used; `out`: a folder."""

    mode: str
    months: list[Path]
    learn: list[Path]
    out: Path


def read_job() -> Job:
    """Return the job of the file that was named on the command line."""
    raw = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    return Job(
        raw["mode"],
        [Path(one) for one in raw["months"]],
        [Path(one) for one in raw["learn"]],
        Path(raw["out"]),
    )


def link_months(job: Job, link: Callable[[Path], pa.Table], learning_seconds: float = 0.0) -> None:
    """Link month by month, and write each result and what all cost."""
    seconds = {}
    for month in job.months:
        start = time.perf_counter()
        result = link(month)
        seconds[month.name] = time.perf_counter() - start
        pq.write_table(result, job.out / f"{month.name}.{RESULT}")
    cost = {"seconds": seconds, "learning_seconds": learning_seconds, "peak_mib": peak_mib()}
    (job.out / "cost.json").write_text(json.dumps(cost), encoding="utf-8")


def peak_mib() -> int:
    """Return the most memory that this process has held, as `bench.linkage.ours` does."""
    status = Path("/proc/self/status")
    if status.exists():
        # What the system calls the peak of a process begins with that of the process that started it.
        line = next(
            line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")
        )
        return round(int(line.split()[1]) / 1024)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)
