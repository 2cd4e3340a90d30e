"""Splink 5: its usual recipe, on our candidate pairs.

Modes: `em` draws u at random and learns m by expectation maximisation on two blocking rules, month by month, as it
is meant to be used; `fixed` keeps the m of `splink_levels.py`, which people who know the forms gave; `labelled`
learns m from all labels of the months that may be learned from.
"""

import contextlib
import logging
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from job import link_months, read_job
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink_levels import BLOCKING, COMPARISONS, DETERMINISTIC, PRIOR_LINKS, SEED, Level, build_comparison


def main() -> None:
    """Run the job that was named."""
    logging.disable(logging.CRITICAL)
    job = read_job()
    start = time.perf_counter()
    known = {"em": lambda: None, "fixed": lambda: COMPARISONS, "labelled": lambda: learn_shares(job.learn)}
    comparisons = known[job.mode]()
    link_months(job, lambda month: link(month, comparisons), time.perf_counter() - start)


def learn_shares(months: list[Path]) -> dict[str, list[Level]]:
    """Return COMPARISONS with m as it is among all pairs of one incident of the months."""
    counts = {name: [1.0] * len(levels) for name, levels in COMPARISONS.items()}
    for month in months:
        with duckdb.connect() as connection:
            _count_levels(connection, month, counts)
    return {
        name: [
            (level[0], number / sum(counts[name][1:]), level[2])
            for level, number in zip(levels, counts[name], strict=True)
        ]
        for name, levels in COMPARISONS.items()
    }


def _count_levels(connection: duckdb.DuckDBPyConnection, month: Path, counts: dict[str, list[float]]) -> None:
    features = connection.read_parquet(str(month / "features.parquet"))
    sides = [
        features.project(", ".join(f"{name} AS {name}_{end}" for name in features.columns)) for end in "lr"
    ]
    same = connection.read_parquet(str(month / "pairs.parquet")).filter("same").project("id_l, id_r")
    pairs = same.join(sides[0], "id_l").join(sides[1], "id_r")
    for name, levels in COMPARISONS.items():
        cases = " ".join(f"WHEN {level[0] or 'TRUE'} THEN {place}" for place, level in enumerate(levels))
        for place, number in pairs.aggregate(f"CASE {cases} END AS place, count(*)").fetchall():
            counts[name][place] += number


def link(month: Path, known: dict[str, list[Level]] | None) -> pa.Table:
    """Return id_l, id_r and the match weight of each candidate pair; without `known`, m is learned by EM."""
    features = pq.read_table(month / "features.parquet")
    backend = DuckDBAPI(duckdb.connect(":memory:", config={"threads": 2}))
    linker = Linker(backend.register(features), build_settings(known, len(features)))
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
    if known is None:
        rules = [block_on(*rule) for rule in DETERMINISTIC]
        linker.training.estimate_probability_two_random_records_match(rules, recall=0.7)
        for rule in BLOCKING:
            # EM breaks off where a level comes to be all but impossible; what was learned until then stands.
            with contextlib.suppress(ValueError):
                linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    pairs = pq.read_table(month / "pairs.parquet", columns=["id_l", "id_r"])
    keys = {
        "match_key": pa.repeat("0", len(pairs)),
        "join_key_l": pairs["id_l"],
        "join_key_r": pairs["id_r"],
    }
    linker.table_management.register_blocked_pairs_for_predict(backend.register(pa.table(keys)))
    scored = linker.inference.predict(warning_mode="never").as_pyarrow_table()
    return pa.table({"id_l": scored["id_l"], "id_r": scored["id_r"], "score": scored["match_weight"]})


def build_settings(known: dict[str, list[Level]] | None, reports: int) -> SettingsCreator:
    """Return the settings for a month of so many reports."""
    comparisons = COMPARISONS if known is None else known
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        probability_two_random_records_match=PRIOR_LINKS / reports,
        comparisons=[
            build_comparison(name, levels, fixed=known is not None) for name, levels in comparisons.items()
        ],
        retain_matching_columns=False,
    )


if __name__ == "__main__":
    main()
