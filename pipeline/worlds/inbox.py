"""A made-up world as an inbox: the returns of all collectives, marked as made up; its truth stays outside."""

from pathlib import Path

import polars as pl

from pipeline.contract import MADE_UP_COLUMN, Contract
from pipeline.example.writing import MADE_UP, NOTE
from pipeline.files import write_atomically
from pipeline.worlds.world import World

_README = f"""{NOTE}

The files below this folder were made by `pipeline.worlds` for trying out and testing. Nobody sent them.
No figure made from them says anything about any person, office or place.
"""


def write_returns(world: World, out: Path, contract: Contract) -> list[Path]:
    """Write the reports of a world to `out/<COLLECTIVE>/<month>-made-up-world.csv` and return the paths, sorted.

    `out/README.txt` (not among the paths) says what the files are.
    """
    write_atomically(out / "README.txt", _README.encode())
    paths = []
    for (collective, month), reports in world.reports.group_by("collective", "month", maintain_order=True):
        path = out / str(collective) / f"{month}-made-up-world.csv"
        rows = (
            reports.sort("row")
            .select(_cells())
            .select(*contract.fields, pl.lit(MADE_UP).alias(MADE_UP_COLUMN))
        )
        write_atomically(path, rows.write_csv().encode())
        paths.append(path)
    return sorted(paths)


def _cells() -> list[pl.Expr]:
    """Return the columns of the form that are not those of a report."""
    day_known = pl.col("incident_first") == pl.col("incident_last")
    day = pl.col("incident_first").dt
    return [
        pl.all(),
        pl.lit(None, pl.String).alias("action"),
        pl.lit("yes").alias("consent_statistics"),
        pl.when(pl.col("survivor_age_band") == "under_18").then(pl.lit("yes")).alias("guardian_consent"),
        pl.when(day_known)
        .then(day.to_string("%Y-%m-%d"))
        .otherwise(day.to_string("%Y-%m"))
        .alias("incident_date"),
    ]
