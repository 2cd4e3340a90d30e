"""The floor: what DuckDB needs to read the same files and count them by state, duty-bearer and service.

It reads the values as they are written, codes and labels mixed, checks nothing and stores nothing. It gets two
threads, and is told each file's separator and headings: guessing them costs it more than reading. It cannot read
XLSX by itself: of each such return a CSV twin is made before the clock starts.
"""

import csv
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contract import Contract, load_contract
from pipeline.reading.headings import recognise

THREADS = 2
RUNS = 3
_COUNTED = ("state", "duty_bearer", "service")
_LARGEST_ITEM = 1 << 30
_ITEMS = {"reports": "STRUCT(state VARCHAR, duty_bearer VARCHAR, service VARCHAR)[]"}


@dataclass(frozen=True)
class Headings:
    """What stands on the first line of a CSV file, under the contract's names where it knows them."""

    separator: str
    columns: list[str]


def measure_floor(inbox: Path, twins: Path, rows: int) -> float:
    """Return the median of three runs over all returns below `inbox`, in seconds.

    Twins are written below `twins`. Raises AssertionError where not all of `rows` were read.
    """
    contract = load_contract()
    files = [_plain_file(path, twins) for path in sorted(inbox.glob("*/*"))]
    headings = {path: _find_headings(path, contract) for path in files if path.suffix == ".csv"}
    seconds = []
    for _ in range(RUNS):
        with duckdb.connect(config={"threads": THREADS}) as connection:
            start = time.perf_counter()
            groups = _count(connection, files, headings)
            seconds.append(time.perf_counter() - start)
            # The same rows as the pipeline has: a floor that lost some would be none.
            assert sum(int(str(number)) for *_, number in groups) == rows
    return statistics.median(seconds)


def _plain_file(path: Path, twins: Path) -> Path:
    if path.suffix != ".xlsx":
        return path
    twin = twins / path.parent.name / f"{path.stem}.csv"
    twin.parent.mkdir(parents=True, exist_ok=True)
    pl.read_excel(path, infer_schema_length=0).write_csv(twin)
    return twin


def _find_headings(path: Path, contract: Contract) -> Headings:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        first = lines.readline()
    separator = max(",;\t", key=first.count)
    written = next(csv.reader([first], delimiter=separator))
    return Headings(
        separator,
        [name or heading for name, heading in zip(recognise(written, contract), written, strict=True)],
    )


def _count(
    connection: duckdb.DuckDBPyConnection, files: list[Path], headings: dict[Path, Headings]
) -> list[tuple[object, ...]]:
    parts = _read(connection, files, headings)
    everything = next(parts)
    for part in parts:
        everything = everything.union(part)
    return everything.aggregate("state, duty_bearer, service, count(*)").fetchall()


def _read(
    connection: duckdb.DuckDBPyConnection, files: list[Path], headings: dict[Path, Headings]
) -> Iterator[duckdb.DuckDBPyRelation]:
    for path in files:
        if path.suffix == ".json":
            items = connection.read_json(str(path), columns=_ITEMS, maximum_object_size=_LARGEST_ITEM)
            item = items.project("unnest(reports) AS item")
            yield item.project(
                "item.state AS state, item.duty_bearer AS duty_bearer, item.service AS service"
            )
        else:
            yield connection.read_csv(
                str(path),
                sep=headings[path].separator,
                columns=dict.fromkeys(headings[path].columns, "VARCHAR"),
                header=True,
                auto_detect=False,
                quotechar='"',
                escapechar='"',
            ).select(*_COUNTED)
