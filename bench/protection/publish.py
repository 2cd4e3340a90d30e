"""Publishes a timeline edition by edition, as an office would: files for anybody, and the truth apart."""

import dataclasses
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import polars as pl

from bench.protection.evidence import CATALOG, FIGURES
from bench.protection.months import Release, Timeline
from bench.protection.schemes import Scheme
from pipeline.protect.counted import FIGURE_COLUMNS, Counted


@dataclass(frozen=True)
class Published:
    """What was published: editions as the office keeps them, the seconds that each one took, and why cells are hidden
    (None for schemes that do not say).
    """

    editions: tuple[Counted, ...]
    seconds: tuple[float, ...]
    judged: tuple[pl.DataFrame | None, ...]


def publish(timeline: Timeline, scheme: Scheme, folder: Path, *, releases: int | None = None) -> Published:
    """Publish the first `releases` of a timeline, or all, below `folder`, in their order.

    Writes `<month>/e<n>/figures.csv` and `catalog.csv`, which tells in which order editions came out. Years share no
    incidents, so that nothing in one hangs on another: they are published side by side.
    """
    positions = range(len(timeline.releases[:releases]))
    years: dict[str, list[int]] = {}
    for position in positions:
        years.setdefault(timeline.releases[position].month[:4], []).append(position)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(lambda year: _publish_year(timeline, scheme, year), years.values()))
    done = {position: each for year in made for position, each in year.items()}
    editions = [done[position][0] for position in positions]
    for edition in editions:
        assert edition.figures is not None
        write_edition(edition.figures, folder / edition.month / f"e{edition.number}")
    write_catalog(editions, folder)
    return Published(
        tuple(editions),
        tuple(done[position][1] for position in positions),
        tuple(done[position][2] for position in positions),
    )


_Made = tuple[Counted, float, pl.DataFrame | None]


def _publish_year(timeline: Timeline, scheme: Scheme, positions: list[int]) -> dict[int, _Made]:
    """Return by position the edition, the seconds it took, and why cells are hidden."""
    made: dict[int, _Made] = {}
    for position in positions:
        release, gone = timeline.releases[position], timeline.withdrawn_by(position)
        history = [without(edition, gone) for edition, _, _ in made.values()]
        begun = time.perf_counter()
        issued = scheme(without(as_draft(release), gone), history)
        seconds = time.perf_counter() - begun
        edition = dataclasses.replace(as_draft(release), cells=issued.cells, figures=issued.figures)
        made[position] = edition, seconds, issued.judged
        click.echo(f"  {edition.month} e{edition.number}: {seconds:.0f} s", err=True)
    return made


def without(edition: Counted, gone: set[str]) -> Counted:
    """Return an edition as it is kept once incidents are withdrawn: their rows are gone, nothing else moves."""
    kept = edition.incidents.filter(~pl.col("incident").is_in(list(gone)))
    return dataclasses.replace(edition, incidents=kept)


def as_draft(release: Release) -> Counted:
    """Return a release before anything of it is published; every collective consented to its figures."""
    return Counted(
        release.month,
        release.number,
        release.incidents,
        accounts=release.accounts,
        basis=release.basis,
        consents=frozenset(release.consents),
    )


def write_edition(figures: pl.DataFrame, folder: Path) -> None:
    """Write what anybody may read of an edition."""
    folder.mkdir(parents=True)
    figures.select(FIGURE_COLUMNS).write_csv(folder / FIGURES)


def write_catalog(editions: list[Counted], folder: Path) -> None:
    """Write which editions there are, in the order in which they came out."""
    lines = ["month,number", *(f"{each.month},{each.number}" for each in editions)]
    (folder / CATALOG).write_text("\n".join(lines) + "\n", encoding="utf-8")
