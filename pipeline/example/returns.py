"""Made-up returns of one month as files, to the last row as many as were asked for."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.contract import Contract
from pipeline.errors import UsageError
from pipeline.example.chance import Chance
from pipeline.example.habits import load_habits
from pipeline.example.mistakes import make_mistakes
from pipeline.example.narratives import pick_languages
from pipeline.example.tellings import Filing, plan_filings, repeat_rows, tell
from pipeline.example.wording import Writer
from pipeline.example.world import NOTHING, Month, World, invent_world
from pipeline.example.writing import NOTE, choose_format, encode_rows
from pipeline.files import write_atomically
from pipeline.settings import check_month

FEWEST_REPORTS = 60

_README = """{note}

The files below this folder were made by `jawabdehi example` for trying out and testing. Nobody sent them.
No figure made from them says anything about any person, office or place.
"""


def write_example(out: Path, *, month: str, reports: int, seed: int, contract: Contract) -> list[Path]:
    """Write made-up returns of all collectives for `month` and return their paths, sorted.

    `reports` is the number of rows over all files together. The same month, number and seed give the same
    bytes. Files go to `out/<COLLECTIVE>/<month>-made-up*`; an earlier example of the month there is replaced,
    and `out/README.txt` (not among the paths) says what they are. Raises UsageError for a month or number that
    cannot be used.
    """
    check_month(month)
    if reports < FEWEST_REPORTS:
        raise UsageError(f"Ask for at least {FEWEST_REPORTS} reports, so that every collective has some.")
    filings = plan_filings(load_habits(), reports)
    counts = [filing.first for filing in filings]
    world = invent_world(contract, Month.of(month), reports, counts, Chance("example", month, reports, seed))
    write_atomically(out / "README.txt", _README.format(note=NOTE).encode())
    written = []
    for number, filing in enumerate(filings):
        for path, content in _encode_returns(world, number, filing):
            write_atomically(out / path, content)
            written.append(out / path)
    _remove_earlier(out, world, set(written))
    return sorted(written)


def _remove_earlier(out: Path, world: World, written: Collection[Path]) -> None:
    ours = re.compile(re.escape(world.month.key) + r"-made-up(-late|-sent-again)?\.(csv|xlsx|json)")
    for habit in world.habits:
        for path in (out / habit.collective).glob(f"{world.month.key}-made-up*"):
            if path not in written and ours.fullmatch(path.name):
                path.unlink()


def _encode_returns(world: World, number: int, filing: Filing) -> Iterator[tuple[Path, bytes]]:
    habit = world.habits[number]
    main, late = _write_rows(world, number, filing)
    extension = choose_format(habit, main.height)
    stem = f"{habit.collective}/{world.month.key}-made-up"
    content = encode_rows(main, extension, habit, world.contract)
    yield Path(f"{stem}.{extension}"), content
    if habit.sent_twice:
        yield Path(f"{stem}-sent-again.{extension}"), content
    if habit.late_return:
        yield Path(f"{stem}-late.{extension}"), encode_rows(late, extension, habit, world.contract)


def _write_rows(world: World, number: int, filing: Filing) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of the main and of the late return, the latter empty for most collectives."""
    habit = world.habits[number]
    chance = world.chance.branch("rows", number)
    told = tell(world, number, filing)
    languages = pick_languages(chance.branch("languages"), habit.languages, told.height)
    written = make_mistakes(world, told, Writer(world, habit, told, languages).write(), languages)
    on_time = told.height - filing.late
    main = written[repeat_rows(chance.branch("repeats"), on_time, filing.repeated)]
    changed = _change_reports(chance.branch("changes"), told[:on_time], written[:on_time], filing.changes)
    return main, pl.concat([written[on_time:], changed])


def _change_reports(chance: Chance, told: pl.DataFrame, written: pl.DataFrame, changes: int) -> pl.DataFrame:
    """Return corrections and withdrawals of reports in which nothing is wrong, `changes` of each."""
    sound = np.flatnonzero(told["mistake"].to_numpy() == NOTHING)
    chosen = sound[chance.shuffled(len(sound))[: 2 * changes]]
    corrected = written[np.sort(chosen[:changes])].with_columns(
        action=pl.lit("correct"), resolution=pl.lit("resolved"), resolved_on=pl.col("recorded_on")
    )
    withdrawn = written[np.sort(chosen[changes:])].select(
        pl.col(name) if name == "report_id" else pl.lit(None, pl.String).alias(name)
        for name in written.columns
    )
    return pl.concat([corrected, withdrawn.with_columns(action=pl.lit("withdraw"))])
