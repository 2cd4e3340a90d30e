"""Our screening and its peer on the same narratives: what each finds, and how many narratives it takes a second."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from bench.linkage.environments import ensure_environment
from pipeline.screening.scan import find_personal_data

PEERS = Path(__file__).parent / "peers"
_FOUND = {"text": pl.String, "rule": pl.String}
_WARM = 500


def find_ours(texts: pl.Series) -> pl.DataFrame:
    """Return what our screening finds: text and rule."""
    return find_personal_data(texts, free_text=True)


def time_ours(texts: pl.Series, rounds: int) -> dict[str, Any]:
    """Return the speed of our screening, the best of several rounds, in this process."""
    find_ours(texts.head(_WARM))
    seconds, cpu_seconds = min(_time(lambda: find_ours(texts)) for _ in range(rounds))
    return _tell_speed(len(texts), seconds, cpu_seconds)


def _tell_speed(narratives: int, seconds: float, cpu_seconds: float) -> dict[str, Any]:
    """Return narratives a second by the clock, and a second of one core: the first falls where others are at work."""
    return {
        "narratives": narratives,
        "seconds": round(seconds, 3),
        "a_second": round(narratives / seconds),
        "a_second_of_a_core": round(narratives / cpu_seconds),
        "cores_had": round(cpu_seconds / seconds, 2),
    }


def run_presidio(texts: pl.Series, cache: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return what Presidio finds (text, rule: its entity, score), and how fast it was on two processes."""
    python = ensure_environment("presidio", cache, PEERS)
    with tempfile.TemporaryDirectory(prefix="jawabdehi-bench-", ignore_cleanup_errors=True) as folder:
        job, result = Path(folder) / "texts.json", Path(folder) / "found.json"
        job.write_text(json.dumps(texts.to_list()), encoding="utf-8")
        subprocess.run([str(python), str(PEERS / "run_presidio.py"), str(job), str(result)], check=True)
        found = json.loads(result.read_text(encoding="utf-8"))
    rows = [
        (text, entity, score)
        for text, some in zip(texts, found["found"], strict=True)
        for entity, score in some
    ]
    speed = _tell_speed(len(texts), found["seconds"], found["cpu_seconds"])
    return pl.DataFrame(rows, schema={**_FOUND, "score": pl.Float64}, orient="row"), speed


def measure_growth(texts: dict[str, str], sizes: tuple[int, int]) -> dict[str, float]:
    """Return by name how many times longer a cell of the second size takes than one of the first, made of a piece."""
    grown = {}
    for name, piece in texts.items():
        cells = [pl.Series([(piece * (size // len(piece) + 1))[:size]]) for size in sizes]
        small, large = (min(_time(lambda cell=cell: find_ours(cell))[1] for _ in range(3)) for cell in cells)
        grown[name] = round(large / small, 1)
    return grown


def _time(run: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and of all cores."""
    start, cpu_start = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start, time.process_time() - cpu_start
