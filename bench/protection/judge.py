"""Who knows the truth: how many persons stand behind what the attacker proved, and whether the rules were kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from bench.protection.differences import Clue
from bench.protection.evidence import Cell, Edition, Evidence, read_families
from bench.protection.goals import Goal
from bench.protection.months import Release, Timeline
from bench.protection.program import Numbers
from bench.protection.spread import NAME, list_grains, name_period, spread
from bench.protection.stack import Gifts, Key, Stack

THRESHOLD = 10


@dataclass
class Truth:
    """What every edition counted, row by row; kept as it is asked for.

    `keeps_withdrawn` tells whether a correction goes on counting what was withdrawn since an edition before it.
    """

    timeline: Timeline
    keeps_withdrawn: bool = True

    def __post_init__(self) -> None:
        self._positions = {release.key: place for place, release in enumerate(self.timeline.releases)}
        self._rows: dict[Key, pl.DataFrame] = {}

    def release(self, key: Key) -> Release:
        """Return a release by month and number."""
        return self.timeline.releases[self._positions[key]]

    def rows(self, key: Key) -> pl.DataFrame:
        """Return cells and incidents behind them, with true persons (`spread`)."""
        if key not in self._rows:
            parts = []
            for grain in list_grains(key[0]):
                families = [family for family in read_families() if family["grain"] == grain]
                parts.append(spread(self._count(key, grain), families, name_period(key[0], grain)))
            self._rows[key] = pl.concat(parts)
        return self._rows[key]

    def _count(self, key: Key, grain: str) -> pl.DataFrame:
        count = self.timeline.count_kept if self.keeps_withdrawn else self.timeline.count_for
        return count(self._positions[key], grain)

    def count_persons(self, asked_for: Sequence[tuple[Key, tuple[Cell, ...]]]) -> list[int]:
        """Return the distinct persons behind the cells of an edition, for each edition and cells asked for."""
        persons = np.zeros(len(asked_for), dtype=np.int64)
        by_edition: dict[Key, list[int]] = {}
        for number, (key, _) in enumerate(asked_for):
            by_edition.setdefault(key, []).append(number)
        for key, numbers in by_edition.items():
            wanted = [(number, *cell) for number in numbers for cell in asked_for[number][1]]
            asked = pl.DataFrame(
                wanted, schema={"goal": pl.Int64, **dict.fromkeys(NAME, pl.String)}, orient="row"
            )
            found = asked.join(self.rows(key), on=NAME).group_by("goal").agg(pl.col("person").n_unique())
            persons[found["goal"].to_numpy()] = found["person"].to_numpy()
        return [int(each) for each in persons]

    def count_changed(self, clues: Sequence[Clue]) -> list[int]:
        """Return the distinct persons whose incidents came to, or went from, the cells of each clue of change."""
        changed = []
        for clue in clues:
            cells = pl.DataFrame(clue.hidden, schema=dict.fromkeys(NAME, pl.String), orient="row")
            assert clue.before is not None
            members = [
                self.rows(key).join(cells, on=NAME, how="semi").select("incident", "person").unique()
                for key in (clue.before, clue.edition)
            ]
            apart = [one.join(other, on="incident", how="anti") for one, other in (members, members[::-1])]
            changed.append(pl.concat(apart)["person"].n_unique())
        return changed

    def keep_protected(self, goals: Iterable[Goal]) -> list[Goal]:
        """Return the goals with fewer persons than the threshold: those that the rule protects."""
        listed = list(goals)
        persons = self.count_persons([(goal.edition, goal.cells) for goal in listed])
        return [goal for goal, behind in zip(listed, persons, strict=True) if behind < THRESHOLD]

    def place(self, stack: Stack) -> Numbers:
        """Return the truth as a point of the stack."""
        point = np.zeros(stack.closed.blocks.size)
        for key in stack.blocks:
            _place_month(stack, key, self._count(key, "month"), point)
            for grain, length in (("quarter", 3), ("year", 12)):
                if (key, length) in stack.basis:
                    _place_period(stack, key, self._count(key, grain), grain, point)
        return point

    def find_gifts(self, evidence: Evidence) -> Gifts:
        """Return what would be needed to know no less than is true: most withdrawn of, most changed in, one cell."""
        changed = 0
        former: dict[str, tuple[Key, Edition]] = {}
        for edition in evidence.editions:
            key = (edition.month, edition.number)
            if edition.month in former:
                before, shown = former[edition.month][0], former[edition.month][1].shown
                alike = [cell for cell, bounds in edition.shown.items() if shown.get(cell) == bounds]
                changed = max(changed, self._most_apart(before, key, alike))
            former[edition.month] = (key, edition)
        return Gifts(self._most_withdrawn(), changed)

    def _most_apart(self, before: Key, after: Key, cells: Sequence[Cell]) -> int:
        names = pl.DataFrame(cells, schema=dict.fromkeys(NAME, pl.String), orient="row")
        one, other = (
            names.join(self.rows(key), on=NAME).group_by(NAME).agg(number=pl.len().cast(pl.Int64))
            for key in (before, after)
        )
        apart = one.join(other, on=NAME, how="full", coalesce=True).fill_null(0)
        return int(apart.select((pl.col("number") - pl.col("number_right")).abs().max()).item() or 0)

    def _most_withdrawn(self) -> int:
        names = {name for release in self.timeline.releases for name in release.withdrawn}
        gone = pl.concat([release.incidents for release in self.timeline.releases]).filter(
            pl.col("incident").is_in(list(names))
        )
        year = pl.col("incident").str.slice(0, 4)
        cells = gone.explode("incident_kinds").group_by(year, "state", "duty_bearer", "incident_kinds")
        return int(cells.agg(number=pl.col("incident").n_unique())["number"].max() or 0)


def _place_month(stack: Stack, key: Key, counted: pl.DataFrame, point: Numbers) -> None:
    families = [family for family in read_families() if family["grain"] == "month"]
    rows = spread(counted, families, key[0])
    rows = rows.filter(pl.col("code_1") != "(blank)", pl.col("code_2") != "(blank)")
    _add(stack, key, rows, point)
    inner = _merge_codes(stack, counted.explode("incident_kinds"), incident_kind="incident_kinds")
    at = stack.columns[key, "inner"]
    for state, bearer, kind, number in inner.iter_rows():
        point[at[state, bearer, kind]] = number


def _place_period(stack: Stack, key: Key, counted: pl.DataFrame, grain: str, point: Numbers) -> None:
    families = [family for family in read_families() if family["grain"] == grain]
    rows = spread(counted, families, name_period(key[0], grain)).filter(pl.col("code_1") != "(blank)")
    if grain == "quarter":
        rows = rows.filter(pl.col("geography").is_in(stack.axes["state"].codes))
    _add(stack, key, rows, point)


def _merge_codes(stack: Stack, rows: pl.DataFrame, **fields: str) -> pl.DataFrame:
    """Return incidents by state, duty-bearer and kind, as places on the axes."""
    names = {"state": "state", "duty_bearer": "duty_bearer", **fields}
    places = [
        pl.col(field)
        .replace_strict(
            {code: place for place, code in enumerate(stack.axes[name].codes)},
            default=len(stack.axes[name].codes),
            return_dtype=pl.Int64,
        )
        .alias(name)
        for name, field in names.items()
    ]
    return rows.with_columns(places).group_by(list(names)).agg(pl.col("incident").n_unique())


def _add(stack: Stack, key: Key, rows: pl.DataFrame, point: Numbers) -> None:
    """Set each column to the distinct incidents of the cells that it stands for."""
    cells = rows.select(NAME).unique()
    columns = [stack.find(key, cell)[0] for cell in cells.iter_rows()]
    counted = rows.join(cells.with_columns(column=pl.Series(columns, dtype=pl.Int64)), on=NAME)
    for column, number in counted.group_by("column").agg(pl.col("incident").n_unique()).iter_rows():
        point[column] = number
