"""Publishes a timeline edition by edition, as an office would: files for anybody, and the truth apart."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

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

    Writes `<month>/e<n>/figures.csv` and `catalog.csv`, which tells in which order editions came out.
    """
    editions: list[Counted] = []
    seconds: list[float] = []
    judged: list[pl.DataFrame | None] = []
    for position, release in enumerate(timeline.releases[:releases]):
        gone = timeline.withdrawn_by(position)
        history = [without(edition, gone) for edition in editions]
        draft = without(as_draft(release), gone)
        begun = time.perf_counter()
        issued = scheme(draft, history)
        seconds.append(time.perf_counter() - begun)
        editions.append(dataclasses.replace(as_draft(release), cells=issued.cells, figures=issued.figures))
        judged.append(issued.judged)
        write_edition(issued.figures, folder / release.month / f"e{release.number}")
        write_catalog(editions, folder)
    return Published(tuple(editions), tuple(seconds), tuple(judged))


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
