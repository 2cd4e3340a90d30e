"""How long one edition takes and how much memory: each in a process of its own, so that its peak is its own."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from bench.protection.months import Timeline
from bench.protection.publish import Published, as_draft, without
from bench.protection.schemes import publish_ours
from bench.protection.spread import list_grains
from pipeline.contract import load_contract
from pipeline.protect.counted import COUNTED_SCHEMA, Counted
from pipeline.protect.plan import load_plan

WIDE_INCIDENTS = 30_000
_WIDE_BEARERS, _WIDE_KINDS, _SEED = 10, 12, 20_261_105


def measure_last(timeline: Timeline, published: Published, *, closes: str) -> dict[str, Any]:
    """Return seconds and peak memory of the last first edition that closes a month and no more, or a quarter or year.

    Its history is all that was published before it.
    """
    position = max(
        place
        for place, release in enumerate(timeline.releases)
        if release.number == 1 and list(list_grains(release.month))[-1] == closes
    )
    gone = timeline.withdrawn_by(position)
    history = [without(each, gone) for each in published.editions[:position]]
    return _in_process(_protect, without(as_draft(timeline.releases[position]), gone), history)


def measure_wide() -> dict[str, Any]:
    """Return seconds and peak memory of a month in which all 36 states report ten duty-bearers and twelve kinds."""
    return _in_process(
        _protect, Counted("2026-10", 1, invent_wide(), consents=frozenset(_list_collectives())), []
    )


def invent_wide(incidents: int = WIDE_INCIDENTS) -> pl.DataFrame:
    """Return made-up incidents over every state, long-tailed as real ones are."""
    contract, chance = load_contract(), np.random.default_rng(_SEED)
    states = list(contract.code_lists["states"].codes)
    drawn = {
        "state": _draw(states, incidents, chance),
        "duty_bearer": _draw(list(contract.codes_of("duty_bearer").codes)[:_WIDE_BEARERS], incidents, chance),
        "service": _draw(list(contract.codes_of("service").codes)[:_WIDE_BEARERS], incidents, chance),
        "delay_band": _draw(list(contract.code_lists["delay_bands"].codes), incidents, chance),
    }
    kinds = list(contract.codes_of("incident_kinds").codes)[:_WIDE_KINDS]
    frame = pl.DataFrame(drawn).with_columns(
        incident=pl.format("w-{}", pl.int_range(pl.len())),
        person=pl.format("p-{}", pl.Series(chance.integers(0, incidents * 3 // 4, incidents))),
        collectives=pl.Series([[name] for name in _draw(_list_collectives(), incidents, chance)]),
        incident_kinds=pl.Series(
            [
                sorted({one, other})
                for one, other in zip(*(_draw(kinds, incidents, chance) for _ in "12"), strict=True)
            ]
        ),
        **dict.fromkeys(
            ("grounds", "legal_provisions", "late_provisions"), pl.lit([], dtype=pl.List(pl.String))
        ),
        may_repeat=pl.lit(value=False),
    )
    blank = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in COUNTED_SCHEMA.items()
        if name not in frame.columns
    ]
    return frame.with_columns(blank).select(list(COUNTED_SCHEMA))


def _list_collectives() -> list[str]:
    return list(load_contract().code_lists["collectives"].codes)


def _draw(codes: list[str], size: int, chance: np.random.Generator) -> list[str]:
    weights = 1.0 / np.arange(1, len(codes) + 1)
    return [codes[place] for place in chance.choice(len(codes), size, p=weights / weights.sum())]


def _in_process(measure: Callable[..., dict[str, Any]], *given: object) -> dict[str, Any]:
    # A fresh process: one that is forked would begin with this one's memory, and with locks that threads here hold.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, given)


def _protect(draft: Counted, history: list[Counted]) -> dict[str, Any]:
    contract, plan = load_contract(), load_plan()
    scheme = publish_ours(plan, contract)
    before, begun = _peak_mib(), time.perf_counter()
    issued = scheme(draft, history)
    seconds = time.perf_counter() - begun
    return {
        "incidents": draft.incidents.height,
        "history": len(history),
        "seconds": round(seconds, 2),
        "peak_mib": _peak_mib(),
        "peak_before_mib": before,
        "shown": issued.figures.filter(pl.col("status") == "shown").height,
    }


def _peak_mib() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak // (1024 if sys.platform != "darwin" else 1024 * 1024)
