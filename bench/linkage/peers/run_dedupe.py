"""dedupe with 100 labelled pairs of the month itself, on our candidate pairs, with its own clusters.

Half of the labels are of one incident; of the others half are hard ones, alike in token or in place and day, as
its active learning would come to ask for. Its own blocking is left out: learning it takes minutes a month.
"""

import math
import random
from pathlib import Path
from typing import Any

import dedupe
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dedupe import variables
from job import link_months, read_job

LABELS = 100
SEED = 1
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
_EXACT = (
    "state",
    "district",
    "duty_bearer",
    "service",
    "survivor_gender",
    "trafficking_form",
    "collective",
    "text",
)
_STRINGS = ("office_key", "token")
_SETS = ("incident_kinds", "grounds", "words", "numbers")
_DAYS = ("first", "approached", "recorded")
_NUMBERS = ("visits", "times_recounted", "age")
_HARD = (("token",), ("district", "duty_bearer", "first"))
Record = dict[str, Any]


def main() -> None:
    """Run the job that was named."""
    link_months(read_job(), link)


def link(month: Path) -> pa.Table:
    """Return threshold, id, cluster, for each of THRESHOLDS."""
    records = read_records(month)
    pairs = pq.read_table(month / "pairs.parquet", columns=["id_l", "id_r", "same"])
    ends = list(zip(*(pairs[name].to_pylist() for name in ("id_l", "id_r", "same")), strict=True))
    deduper = dedupe.Dedupe(define_variables(), num_cores=1)
    examples, labels = draw_labels(records, ends)
    deduper.classifier.fit(deduper.data_model.distances(examples), labels)
    scores = deduper.score(((one, records[one]), (other, records[other])) for one, other, _ in ends)
    rows = [
        (threshold, identifier, number)
        for threshold in THRESHOLDS
        for number, (members, _) in enumerate(deduper.cluster(scores, threshold))
        for identifier in members
    ]
    names = ("threshold", "id", "cluster")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def define_variables() -> list[Any]:
    """Return the variables of dedupe's model."""
    numeric = [*((name, days_apart) for name in _DAYS), *((name, apart) for name in _NUMBERS)]
    return [
        *(variables.Exact(name, has_missing=True) for name in _EXACT),
        *(variables.String(name, has_missing=True) for name in _STRINGS),
        *(variables.Set(name, has_missing=True) for name in _SETS),
        *(variables.Custom(name, comparator=how, has_missing=True) for name, how in numeric),
        variables.Price("amount_demanded", has_missing=True),
    ]


def days_apart(one: int, other: int) -> float:
    """Return how far two days lie apart, from 0 to about 6."""
    return math.log1p(abs(one - other))


def apart(one: int, other: int) -> float:
    """Return how far two numbers lie apart."""
    return float(abs(one - other))


def read_records(month: Path) -> dict[int, Record]:
    """Return the month's features by id, lists as tuples."""
    names = [*_EXACT, *_STRINGS, *_SETS, *_DAYS, *_NUMBERS, "amount_demanded"]
    rows = pq.read_table(month / "features.parquet", columns=["id", *names]).to_pylist()
    return {row["id"]: {name: _plain(row[name]) for name in names} for row in rows}


def _plain(value: Any) -> Any:  # noqa: ANN401 (dedupe takes what a variable takes)
    return (tuple(map(str, value)) or None) if isinstance(value, list) else value


def draw_labels(
    records: dict[int, Record], pairs: list[tuple[int, int, bool]]
) -> tuple[list[tuple[Record, Record]], np.ndarray]:
    """Return LABELS pairs of records, and for each whether it is one incident."""
    chance = random.Random(SEED)  # noqa: S311 (a sample, no secret)
    kinds: dict[str, list[tuple[int, int]]] = {"same": [], "hard": [], "plain": []}
    for one, other, same in pairs:
        hard = any(_agree(records[one], records[other], names) for names in _HARD)
        kinds["same" if same else "hard" if hard else "plain"].append((one, other))
    wanted = {"same": LABELS // 2, "hard": LABELS // 4, "plain": LABELS // 4}
    drawn = {
        kind: chance.sample(kinds[kind], min(number, len(kinds[kind]))) for kind, number in wanted.items()
    }
    examples = [(records[one], records[other]) for each in drawn.values() for one, other in each]
    return examples, np.array([kind == "same" for kind, each in drawn.items() for _ in each], dtype=int)


def _agree(one: Record, other: Record, names: tuple[str, ...]) -> bool:
    return all(one[name] is not None and one[name] == other[name] for name in names)


if __name__ == "__main__":
    main()
