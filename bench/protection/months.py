"""Made-up months of counted incidents, with corrections and withdrawals in between: what an office would publish.

Everything is invented from a seed. What is true of an incident, its person above all, is kept apart from what an
edition counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from bench.protection.corrections import correct
from bench.protection.drawing import draw_month
from bench.protection.law import apply_law
from pipeline.contract import Contract
from pipeline.protect.counted import CELLS_SCHEMA
from pipeline.protect.periods import ends_period, list_months
from pipeline.settings import shift_month

FIRST_MONTH = "2025-01"
"""The months begin with a year, so that 24 of them hold eight quarters and two years."""

INCIDENTS = 3_000
"""Incidents a month, give or take a sixth."""

_WITHDRAWN_A_MONTH = 5


@dataclass(frozen=True)
class Release:
    """One edition to be published: what it counts (COUNTED_SCHEMA), and what was withdrawn just before it.

    `basis` names the editions, its own among them, whose incidents its quarter and year figures count; `accounts`
    (CELLS_SCHEMA) are the cells about rows and collectives; `consents` the collectives that consented to figures
    which are theirs alone.
    """

    month: str
    number: int
    incidents: pl.DataFrame
    withdrawn: frozenset[str] = frozenset()
    basis: tuple[tuple[str, int], ...] = ()
    accounts: pl.DataFrame = field(default_factory=CELLS_SCHEMA.to_frame)
    consents: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """Month and number."""
        return self.month, self.number

    @property
    def corrects_a_year(self) -> bool:
        """Whether it issues the figures of a closed year again."""
        return self.number > 1 and ends_period(self.month, "year")


@dataclass(frozen=True)
class Timeline:
    """Releases in the order in which they are published; `persons`: the true person of every incident."""

    releases: tuple[Release, ...]
    persons: pl.DataFrame

    def withdrawn_by(self, position: int) -> set[str]:
        """Return the incidents that are withdrawn when the release at `position` is made."""
        return {name for release in self.releases[: position + 1] for name in release.withdrawn}

    def without_corrected_years(self) -> "Timeline":
        """Return the timeline without corrections that issue the figures of a year again: one takes over an hour."""
        return replace(self, releases=tuple(each for each in self.releases if not each.corrects_a_year))

    def count_for(self, position: int, grain: str) -> pl.DataFrame:
        """Return the incidents that the figures of one grain in a release count, with their true persons."""
        release = self.releases[position]
        frames = [release.incidents]
        if grain != "month":
            by_key = {each.key: each.incidents for each in self.releases[: position + 1]}
            months = list_closed(release.month, grain)
            frames = [by_key[key] for key in release.basis if key[0] in months]
        gone = list(self.withdrawn_by(position))
        live = pl.concat(frames).filter(~pl.col("incident").is_in(gone))
        return live.drop("person").join(self.persons, on="incident", maintain_order="left")

    def count_kept(self, position: int, grain: str) -> pl.DataFrame:
        """Return the incidents that stand behind the figures of one grain in a release, with their true persons.

        To those that it counts come those withdrawn since an edition before it counted them: their rows are gone, and
        the figures keep them as that edition had them.
        """
        now, release = self.count_for(position, grain), self.releases[position]
        if release.number == 1:
            return now
        former = next(
            place
            for place, each in enumerate(self.releases)
            if each.key == (release.month, release.number - 1)
        )
        gone = pl.col("incident").is_in(list(self.withdrawn_by(position)))
        return pl.concat([now, self.count_kept(former, grain).filter(gone)])


@dataclass
class _Office:
    """What the office knows while months go by."""

    contract: Contract
    live: dict[str, pl.DataFrame] = field(default_factory=dict)
    aside: dict[str, pl.DataFrame] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, pl.DataFrame] = field(default_factory=dict)
    people: list[pl.DataFrame] = field(default_factory=list)


def list_closed(month: str, grain: str) -> list[str]:
    """Return the months of the quarter or year that `month` closes, or none where it closes none."""
    return list_months(month, grain) if ends_period(month, grain) else []


def invent_timeline(
    contract: Contract, *, seed: int, months: int = 24, incidents: int = INCIDENTS
) -> Timeline:
    """Return `months` months with corrections and withdrawals in between; the same seed gives the same."""
    office = _Office(contract)
    releases: list[Release] = []
    for position in range(months):
        chance = np.random.default_rng([seed, position])
        month = shift_month(FIRST_MONTH, position)
        size = round(incidents * chance.uniform(5 / 6, 7 / 6))
        drawn = draw_month(
            month, contract, chance, seed=seed * 1_000 + position, incidents=size, before=office.people[-3:]
        )
        office.live[month], office.aside[month] = drawn.incidents, drawn.aside
        office.accounts[month] = drawn.accounts
        office.people.append(drawn.persons)
        releases.append(_release(office, month, _withdraw(office, month, chance)))
        corrected = [shift_month(FIRST_MONTH, closed) for closed in _list_corrected(position, chance)]
        releases.extend(_correct(office, closed, chance) for closed in corrected)
    return Timeline(tuple(releases), pl.concat(office.people).sort("incident"))


def _list_corrected(position: int, chance: np.random.Generator) -> Iterator[int]:
    """Yield which closed months, by position, get an edition of correction after the month at `position`.

    Few of a closed year: each such edition takes minutes, and in 24 months two of them tell what there is to tell.
    """
    if position % 12 in (0, 3, 6):
        # Last months of a quarter or year, so that those tables are issued again, too.
        yield max(position - 1, 0)
    if position and position % 3 == 2:
        closed = int(position - chance.integers(0, min(position, 5) + 1))
        if closed < position and closed // 12 == position // 12:
            yield closed


def _release(office: _Office, month: str, withdrawn: frozenset[str]) -> Release:
    office.numbers[month] = office.numbers.get(month, 0) + 1
    spans = {each for grain in ("quarter", "year") for each in list_closed(month, grain)}
    basis = tuple((each, office.numbers[each]) for each in sorted(spans) if each in office.numbers)
    collectives = tuple(office.contract.code_lists["collectives"].codes)
    return Release(
        month,
        office.numbers[month],
        apply_law(office.live[month], month, office.contract),
        withdrawn,
        basis,
        office.accounts[month],
        collectives,
    )


def _correct(office: _Office, month: str, chance: np.random.Generator) -> Release:
    aside = office.aside[month]
    office.live[month], used = correct(office.live[month], aside, chance)
    office.aside[month] = aside[used:]
    return _release(office, month, frozenset())


def _withdraw(office: _Office, month: str, chance: np.random.Generator) -> frozenset[str]:
    closed = [each for each in office.live if each != month]
    names: set[str] = set()
    for _ in range(int(chance.poisson(_WITHDRAWN_A_MONTH)) if closed else 0):
        incidents = office.live[closed[chance.integers(len(closed))]]
        names.add(str(incidents["incident"][int(chance.integers(incidents.height))]))
    for each in closed:
        office.live[each] = office.live[each].filter(~pl.col("incident").is_in(list(names)))
    return frozenset(names)
