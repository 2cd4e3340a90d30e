"""The tables of incidents that an edition holds, each in one kind of place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from pipeline.contract import NATIONAL
from pipeline.protect.axes import STATE
from pipeline.protect.plan import Family, Plan, list_due


@dataclass(frozen=True)
class Table:
    """One measure of a family of the plan in one kind of place: the nation, or the states."""

    family: Family
    measure: str
    by_state: bool

    @property
    def dimensions(self) -> frozenset[str]:
        return frozenset(self.family.dimensions) | ({STATE} if self.by_state else set())

    def only(self) -> Family:
        """Return the family as if it stood in this kind of place alone."""
        return replace(self.family, national=not self.by_state, by_state=self.by_state)

    def select(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of this table."""
        place = pl.col("geography") != NATIONAL if self.by_state else pl.col("geography") == NATIONAL
        return cells.filter(place, pl.col("table") == self.family.table, pl.col("measure") == self.measure)

    def codes_of(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return the codes of a cell by dimension, the state among them."""
        codes = {name: row[f"code_{number}"] for number, name in enumerate(self.family.dimensions, start=1)}
        return codes | ({STATE: row["geography"]} if self.by_state else {})


def list_tables(plan: Plan, month: str) -> list[Table]:
    """Return the tables of incidents that editions of `month` hold."""
    return [
        Table(family, measure, by_state)
        for family in list_due(plan, month)
        if family.unit == "incidents"
        for measure in family.measures
        for by_state in family.places
    ]
