"""Sends damaged files through landing and intake in a process of its own, and watches what it takes."""

import importlib
import multiprocessing
import queue
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path

import psutil

from bench.mutations.mutate import File
from pipeline import jobs
from pipeline.settings import Settings

COLLECTIVE, MONTH = "UTTHAN", "2026-10"
_MEBIBYTE = 1024 * 1024
_EVERY = 0.02


@dataclass(frozen=True)
class Watched:
    """What came of some files: seconds of the slowest return, peak memory of the worker, and slips and states."""

    files: int
    crashes: int
    slowest_seconds: float
    peak_mib: float
    own_mib: float
    slips: int
    states: dict[str, int]


def send_through(settings: Settings, files: Sequence[File], *, most_seconds: float) -> Watched:
    """Put files into the inbox and take each in; a return that takes longer than `most_seconds` counts as a crash.

    `own_mib` is what the worker holds before the first.
    """
    jobs.prepare(settings)
    folder = Path(settings.inbox) / COLLECTIVE
    folder.mkdir(parents=True, exist_ok=True)
    for number, (extension, content) in enumerate(files):
        (folder / f"{MONTH}-{number:04d}.{extension}").write_bytes(content)
    waiting = jobs.land_returns(settings)
    watched = _watch(settings, waiting, most_seconds)
    slips = list((settings.returns / COLLECTIVE).glob(f"{COLLECTIVE}-*.html"))
    return Watched(files=len(waiting), slips=len(slips), **watched)


def _watch(settings: Settings, waiting: Sequence[str], most_seconds: float) -> dict[str, object]:
    context = multiprocessing.get_context("spawn")
    crashes, slowest, peak, own = 0, 0.0, 0.0, 0.0
    left, states = list(waiting), Counter[str]()
    while left:
        told: Queue[str] = context.Queue()
        worker = context.Process(target=_take_in_all, args=(settings, left, told))
        worker.start()
        process, since, state = psutil.Process(worker.pid), time.monotonic(), ""
        while left and worker.is_alive():
            try:
                state = told.get(timeout=_EVERY)
            except queue.Empty:
                state = ""
            peak = max(peak, _read_mib(process))
            if state == "ready":
                own, since = _read_mib(process), time.monotonic()
            elif state:
                slowest = max(slowest, time.monotonic() - since)
                states[state] += 1
                left.pop(0)
                since = time.monotonic()
            elif own and time.monotonic() - since > most_seconds:
                worker.kill()
        worker.join()
        if left:
            crashes += 1
            left.pop(0)
    return {
        "crashes": crashes,
        "slowest_seconds": round(slowest, 2),
        "peak_mib": round(peak),
        "own_mib": round(own),
        "states": dict(sorted(states.items())),
    }


def _take_in_all(settings: Settings, return_ids: Sequence[str], told: "Queue[str]") -> None:
    # Any program pays for this import once, whatever files it is given.
    importlib.import_module("great_expectations")
    told.put("ready")
    for return_id in return_ids:
        partition = jobs.take_in_return(settings, return_id)
        told.put("stored" if partition else "rejected or held")


def _read_mib(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / _MEBIBYTE
    except psutil.NoSuchProcess:
        return 0.0
