"""Made-up figures of an edition, for pages that are timed or tested without database or scheduler.

Cells come from the publication plan, so a new table is here by itself. Each figure is drawn by the name of its cell:
it stays the same when other cells come or go.
"""

import zlib
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.contract import Contract
from pipeline.protect.plan import list_planned_cells, load_plan
from pipeline.report.edition import Edition
from pipeline.report.figures import KEY, SCHEMA

_CHANGED = 0.05


def draw_figures(contract: Contract, edition: Edition, shares: Sequence[float]) -> pl.DataFrame:
    """Draw a figure (SCHEMA) for every planned cell of an edition; they need not agree with one another.

    `shares` say how many cells are shown of tables with no, one and two dimensions.
    """
    planned = list_planned_cells(load_plan(), contract, month=edition.month)
    rows = [
        {name: cell[name] for name in KEY} | _draw_figure(cell, edition.number, shares)
        for cell in planned.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=dict(SCHEMA), infer_schema_length=None)


def _draw_figure(cell: Mapping[str, str], number: int, shares: Sequence[float]) -> dict[str, object]:
    """Draw whether a cell is shown, and as what; a correction draws one cell in twenty anew."""
    name = "/".join(cell.values())
    if number > 1 and _draw(f"{name} corrected") < _CHANGED:
        name += f"/e{number}"
    dimensions = sum(bool(cell[dimension]) for dimension in ("dimension_1", "dimension_2"))
    # Measures of one place and code are shown together, as both ends of a range must be.
    if _draw("shown " + name.replace(cell["measure"], "")) >= shares[dimensions]:
        return {"value": None, "lower": None, "upper": None, "status": "not_published"}
    value = 5 * round(10 ** (0.31 + 4.46 * _draw(name)))
    if cell["unit"] != "incidents":
        return {"value": value, "lower": value, "upper": value, "status": "shown"}
    return {"value": value, "lower": max(value - 2, 10), "upper": value + 2, "status": "shown"}


def _draw(name: str) -> float:
    """Return a number from 0 to 1 that hangs on the name alone."""
    return zlib.crc32(name.encode()) / 2**32
