"""What protection costs: incidents that nobody sees, cells hidden for the sake of others, seconds and memory."""

import statistics
from collections.abc import Sequence
from typing import Any

import polars as pl

from bench.protection.evidence import NATIONAL
from bench.protection.publish import Published
from bench.protection.spread import NAME
from pipeline.protect.counted import Counted

_COMPLEMENTARY = "complementary"
_TWO_WAY = ("by_duty_bearer", "by_service", "by_incident_kind", "duty_bearer_by_incident_kind")


def measure_visible(editions: Sequence[Counted]) -> dict[str, float]:
    """Return which share of incidents stands in shown cells of each table of states, in first editions."""
    first = [edition for edition in editions if edition.number == 1]
    return {
        table: round(statistics.mean(_share(edition, table) for edition in first), 3)
        for table in ("total", "by_duty_bearer", "by_service", "by_incident_kind")
    }


def _share(edition: Counted, table: str) -> float:
    assert edition.cells is not None
    assert edition.figures is not None
    blank = pl.col("code_1", "code_2").fill_null("")
    figures = edition.figures.with_columns(blank).filter(pl.col("status") == "shown")
    cells = edition.cells.filter(pl.col("table") == table, pl.col("geography") != NATIONAL)
    shown = cells.join(figures, on=NAME, how="semi")
    return float(shown["count"].sum() / max(cells["count"].sum(), 1))


def measure_hidden(published: Published) -> dict[str, Any] | None:
    """Return how many cells of each monthly two-way table are hidden for the sake of others: mean and most.

    None where the scheme does not say why a cell is hidden.
    """
    first = [
        judged
        for edition, judged in zip(published.editions, published.judged, strict=True)
        if edition.number == 1 and judged is not None
    ]
    if not first:
        return None
    counts = {
        table: [
            judged.filter(
                pl.col("table") == table,
                pl.col("reason") == _COMPLEMENTARY,
                # The nation's one-way tables are the margins of those of the states.
                (pl.col("geography") != NATIONAL) | (pl.col("dimension_2") != ""),
            ).height
            for judged in first
        ]
        for table in _TWO_WAY
    }
    return {
        table: {"mean": round(statistics.mean(each), 1), "most": max(each)} for table, each in counts.items()
    }
