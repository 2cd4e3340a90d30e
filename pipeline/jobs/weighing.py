"""Learning slowly: weights fitted anew to made-up worlds and to what reviewers settled, for a person to accept."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from pipeline.contract import Contract, load_contract
from pipeline.errors import JawabdehiError
from pipeline.files import write_atomically
from pipeline.jobs.clustering import load_opinions
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.link.appraise import Appraisal, appraise
from pipeline.link.learn import find_first_look, label_pairs, learn_tables, put_tables
from pipeline.link.pairs import SAME
from pipeline.link.review import settle
from pipeline.link.weights import Weights, encode_weights, load_weights, name_next_version, newest_weights
from pipeline.settings import Settings
from pipeline.store import queue
from pipeline.store.database import begin
from pipeline.worlds.lessons import Lesson, invent_lesson, list_held_back, list_lessons

ENOUGH_REVIEWED = 200
"""Pairs on which two reviewers agree, before their answers may change the weights."""

_REVIEWED_WEIGHT = 10.0
"""One settled pair counts as much as so many made-up ones: it is real, and they are many."""

_HELD_BACK = 5  # every fifth settled pair judges and does not teach
_FIT_LINE = "{:34}{:>12}{:>12}"

Tell = Callable[[str], None]


def propose_weights(settings: Settings, tell: Tell, *, lessons: list[Lesson] | None = None) -> Path:
    """Fit the weights anew, tell how they do beside the present ones, and write them for a person to accept.

    Returns the path of the proposal in the home. Nothing uses it until a person puts it into `schemas/linkage/`.
    Raises JawabdehiError where fewer than ENOUGH_REVIEWED pairs are settled by two reviewers.
    """
    with open_workplace(settings) as place:
        reviewed = _load_reviewed(place, load_weights())
        if reviewed.height < ENOUGH_REVIEWED:
            raise JawabdehiError(
                f"Two reviewers agree on {reviewed.height} pairs so far: a proposal needs {ENOUGH_REVIEWED}."
            )
        contract = place.contract
    return _propose(settings.home / "proposals", reviewed, contract, tell, lessons or list_lessons())


def learn_from_worlds(out: Path, tell: Tell, *, lessons: list[Lesson] | None = None) -> Path:
    """Fit the weights anew to made-up worlds alone, as the first version was, and write them to the folder `out`."""
    none = pl.DataFrame(schema={"same": pl.Boolean})
    return _propose(out, none, load_contract(), tell, lessons or list_lessons())


def _propose(
    out: Path, reviewed: pl.DataFrame, contract: Contract, tell: Tell, lessons: list[Lesson]
) -> Path:
    present = newest_weights()
    weights = load_weights(present)
    turn = pl.int_range(pl.len()) % _HELD_BACK == 0
    teaching, judging = reviewed.filter(~turn), reviewed.filter(turn)
    pairs = pl.concat(
        [*_gather(lessons, weights, contract, tell), *([teaching] if teaching.height else [])], how="diagonal"
    )
    tell(f"Fitting the tables to {pairs.height:,} pairs ...")
    raw = json.loads(present.read_text(encoding="utf-8"))
    version = name_next_version(weights.version)
    learned = f"{len(lessons)} made-up worlds and {teaching.height} pairs settled by two reviewers"
    tables = learn_tables(pairs, weights, processes=os.cpu_count() or 1)
    proposed = put_tables(raw, tables, weights, find_first_look(tables, pairs, weights))
    path = out / f"weights-{version}.json"
    write_atomically(path, encode_weights({**proposed, "version": version, "learned_from": learned}))
    for line in _compare(weights, load_weights(path), judging, contract):
        tell(line)
    tell(f"Wrote {path}. To accept it: read it, put it into schemas/linkage/ and commit it.")
    return path


def _gather(
    lessons: list[Lesson], weights: Weights, contract: Contract, tell: Tell
) -> Iterator[pl.DataFrame]:
    for number, lesson in enumerate(lessons, start=1):
        world = invent_lesson(lesson, contract)
        yield label_pairs(world.reports, world.truth, weights, contract)
        if number % 10 == 0 or number == len(lessons):
            tell(f"Linked {number} of {len(lessons)} made-up worlds.")


def _load_reviewed(place: Workplace, weights: Weights) -> pl.DataFrame:
    """Return the pairs that two reviewers settled alike, scored by `weights`, as `learn_tables` takes them."""
    with begin(place.engine, "jawabdehi_intake") as connection:
        opinions = load_opinions(connection)
        settled = {
            pair: answer
            for pair, given in sorted(opinions.items())
            if (answer := settle(given)) is not None
            and len({each.reviewer for each in given if each.answer == answer}) > 1
        }
        records = queue.load_pairs(connection, settled)
    rows = [
        {
            **weights.read_places(record.levels),
            "same": settled[record.key] == SAME,
            "weight": _REVIEWED_WEIGHT,
        }
        for record in records
        if record.weights == weights.version
    ]
    return pl.DataFrame(
        rows,
        schema=[
            *((f"at_{name}", pl.Int32) for name in weights.by_name),
            ("same", pl.Boolean),
            ("weight", pl.Float64),
        ],
    )


def _compare(old: Weights, new: Weights, judging: pl.DataFrame, contract: Contract) -> Iterator[str]:
    yield _FIT_LINE.format("on worlds and pairs held back", old.version, new.version)
    totals: dict[str, list[Appraisal]] = {}
    for lesson in list_held_back():
        world = invent_lesson(lesson, contract)
        both = [appraise(world.reports, world.truth, weights, contract) for weights in (old, new)]
        before = totals.get(lesson.name)
        totals[lesson.name] = (
            both if before is None else [one + two for one, two in zip(before, both, strict=True)]
        )
    for name, pair in totals.items():
        for measure in ("precision", "recall", "recall_with_review", "review_share"):
            told = (f"{getattr(each, measure):.3f}" for each in pair)
            yield _FIT_LINE.format(f"{name}: {measure.replace('_', ' ')}", *told)
    if judging.height:
        told = (f"{_agree(judging, weights):.3f}" for weights in (old, new))
        yield _FIT_LINE.format(f"agrees with {judging.height} settled pairs", *told)


def _agree(judging: pl.DataFrame, weights: Weights) -> float:
    """Return the share of settled pairs to which the weights give the odds that the reviewers' answer asks for."""
    scores = pl.Series(
        [
            sum(weights.split_bits(weights.name_levels(row)).values()) + weights.prior_bits
            for row in judging.iter_rows(named=True)
        ]
    )
    share = ((scores >= weights.bounds.even) == judging["same"]).mean()
    return float(share) if isinstance(share, float) else 0.0
