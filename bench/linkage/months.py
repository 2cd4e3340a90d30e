"""The made-up months that linkage is measured on, and those that peers may learn from.

Seeds of 9001 and more are held back: nothing is ever tuned on them. Those below 5000 may be learned from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.contract import Contract
from pipeline.worlds import EASY, KEPT, MESSY, Setting, invent_world

MONTH = "2026-10"
REPORTS = 2_500
SETTINGS: dict[str, Setting] = {"easy": EASY, "kept": KEPT, "messy": MESSY}
HELD_BACK = {"easy": range(9001, 9006), "kept": range(9101, 9109), "messy": range(9201, 9208)}
"""Seeds of the months that are measured: twenty in all."""

SIBLINGS = {"easy": range(4001, 4007), "kept": range(4101, 4107), "messy": range(4201, 4207)}
"""Seeds of months of the same settings, with all labels, for peers to learn from and to choose thresholds on."""


@dataclass(frozen=True)
class Month:
    """One made-up month: its setting, its seed, and the folder that holds its frames as Parquet.

    reports: LINK_SCHEMA; traits: `metrics.TRAITS`. With `features.prepare_pairs` also features and pairs.
    """

    setting: str
    seed: int
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.setting}-{self.seed}"

    def read(self, frame: str) -> pl.DataFrame:
        """Return one of the month's frames."""
        return pl.read_parquet(self.folder / f"{frame}.parquet")

    def write(self, frame: str, content: pl.DataFrame) -> None:
        """Keep one of the month's frames."""
        content.write_parquet(self.folder / f"{frame}.parquet")


def make_months(
    folder: Path, seeds: dict[str, range], most: int | None, reports: int, contract: Contract
) -> Iterator[Month]:
    """Make the months of `seeds` below `folder`, at most `most` of each setting."""
    for setting, numbers in seeds.items():
        for seed in numbers[:most]:
            yield _make_month(Month(setting, seed, folder / f"{setting}-{seed}"), reports, contract)


def _make_month(month: Month, reports: int, contract: Contract) -> Month:
    world = invent_world(
        SETTINGS[month.setting], reports=reports, seed=month.seed, month=MONTH, contract=contract
    )
    month.folder.mkdir(parents=True)
    month.write("reports", world.reports)
    month.write("traits", describe_reports(world.reports, world.truth))
    return month


def describe_reports(reports: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return `metrics.TRAITS` of the reports of a world, sorted by report."""
    told = reports.select(
        "report", has_token=pl.col("case_token").is_not_null(), tells=pl.col("narrative").is_not_null()
    )
    known = truth.select("report", "incident", "person", "group_visit", "language", "day_known")
    return (
        known.join(told, on="report")
        .with_columns(
            language=pl.when("tells").then("language"),
            several=pl.col("incident").n_unique().over("person") > 1,
        )
        .drop("tells")
        .sort("report")
    )
