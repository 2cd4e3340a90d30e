"""Score pairs of reports on DuckDB through Splink: which pairs are compared, at which levels, and how many bits.

Splink compares the pairs and names their levels; the bits, by field and by pair of fields, are then looked up in the
weights' tables, in SQL. The same settings run on any backend that Splink has.
"""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
import sqlglot
from splink import SettingsCreator
from splink.internals.comparison_vector_values import (
    compute_comparison_vector_values_from_id_pairs_sqls,
)
from splink.internals.database_api import DatabaseAPISubClass
from splink.internals.pipeline import CTEPipeline
from splink.internals.splink_dataframe import SplinkDataFrame

from pipeline.link.backends import open_duckdb, open_spark
from pipeline.link.weights import Comparison, Interaction, Weights


def scored_schema(weights: Weights) -> pl.Schema:
    """Return the columns of scored pairs: ids, bits, and as `at_<name>` the place of each comparison's level."""
    levels = {f"at_{comparison.name}": pl.Int32() for comparison in weights.comparisons}
    return pl.Schema({"id_l": pl.Int64(), "id_r": pl.Int64(), "bits": pl.Float64(), **levels})


PAIRS_AT_ONCE = 4_000_000
"""Pairs compared at a time, so that memory does not grow with the number of candidates."""

LOOKED_AT_ONCE = 20_000_000
"""Pairs that get a first look at a time: it keeps their ids only."""

_FEATURES = "features"
"""What the table of features is called in statements, whatever its name on a backend."""

_NEARNESS = ("state", "district", "duty_bearer", "first")

FEW_PAIRS = 100_000
"""So many pairs are compared as soon as a first look is prepared."""


@contextmanager
def open_engine(features: pl.DataFrame, weights: Weights, backend: str = "duckdb") -> Iterator["Engine"]:
    """Yield an engine on one of LINK_ENGINES; on DuckDB in memory, so that nothing of a report is left on a disk."""
    with open_spark() if backend == "spark" else open_duckdb() as opened:
        yield Engine(opened, features, weights)


class Engine:
    """Compares the rows of `features` under one version of the weights, on one backend of Splink."""

    def __init__(self, backend: DatabaseAPISubClass, features: pl.DataFrame, weights: Weights) -> None:
        self._backend, self._weights = backend, weights
        self._dialect = backend.sql_dialect.sqlglot_dialect
        columns = _columns_used(weights.comparisons)
        used = [name for name in features.columns if name in columns]
        # Reports of one desk stand next to each other, so that comparing a block reads one stretch of memory.
        near = features.select("id", *(name for name in _NEARNESS if name in features.columns))
        self._old = near.sort(pl.exclude("id"), "id")["id"]
        self._new = self._old.arg_sort().cast(pl.Int64)
        placed = features.select(used)[self._old].with_columns(id=pl.int_range(pl.len(), dtype=pl.Int64))
        self._features = backend.register(placed.to_arrow())

    def find_pairs(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Return the pairs of ids that share a blocking key (KEYS_SCHEMA), each once in no order, `id_l` < `id_r`."""
        registered = self._backend.register(keys.to_arrow())
        table = registered.physical_name
        sql = f"""
            SELECT DISTINCT l.id AS id_l, r.id AS id_r FROM {table} AS l JOIN {table} AS r
            ON l.key = r.key AND l.id < r.id
        """  # noqa: S608 (the name is Splink's own)
        pairs = _read(self._backend.query_sql(sql))
        return pairs.cast({"id_l": pl.Int64, "id_r": pl.Int64})

    def score_pairs(self, pairs: pl.DataFrame, *, least_bits: float | None = None) -> pl.DataFrame:
        """Return `pairs` (id_l, id_r) as scored_schema, sorted.

        With `least_bits`, pairs of fewer are left out, and of many pairs those that the first look passes over.
        """
        placed = pairs.select(self._new.gather(pairs[name]).alias(name) for name in ("id_l", "id_r"))
        if least_bits is not None and pairs.height > FEW_PAIRS:
            placed = pl.concat(self._look_first(part) for part in placed.iter_slices(LOOKED_AT_ONCE))
        scored = [self._score(part, least_bits) for part in placed.iter_slices(PAIRS_AT_ONCE)]
        return pl.concat([pl.DataFrame(schema=scored_schema(self._weights)), *scored]).sort("id_l", "id_r")

    def _look_first(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return the pairs that may have enough bits."""
        first = tuple(self._weights.by_name[name] for name in self._weights.first_look.comparisons)
        likely = self._conclude(pairs, first, self._keep_likely(first))
        return likely.cast({"id_l": pl.Int64, "id_r": pl.Int64})

    def _score(self, pairs: pl.DataFrame, least_bits: float | None) -> pl.DataFrame:
        schema = scored_schema(self._weights)
        scored = self._conclude(pairs, self._weights.comparisons, self._add_up(least_bits))
        named = (self._old.gather(scored[name]).alias(name) for name in ("id_l", "id_r"))
        return scored.with_columns(named).select(schema.names()).cast(schema)

    def _conclude(
        self, pairs: pl.DataFrame, comparisons: tuple[Comparison, ...], concluding: str
    ) -> pl.DataFrame:
        """Return what the statement `concluding` makes of the levels of `comparisons` of `pairs`."""
        blocked = self._backend.register(
            pairs.select(match_key=pl.lit("0"), join_key_l="id_l", join_key_r="id_r").to_arrow()
        )
        # The tables' names within the pipeline are those that Splink's own statements speak of.
        named = [
            self._backend.table_to_splink_dataframe(name, table.physical_name)
            for name, table in (("__splink__blocked_id_pairs", blocked), (_FEATURES, self._features))
        ]
        pipeline = CTEPipeline(named)
        pipeline.enqueue_list_of_sqls(
            _list_statements(comparisons, self._backend.sql_dialect.sql_dialect_str)
        )
        pipeline.enqueue_sql(concluding, "concluded")
        concluded = self._backend.sql_pipeline_to_splink_dataframe(pipeline)
        frame = _read(concluded)
        for table in (blocked, concluded):
            self._backend.delete_table_from_database(table.physical_name)
        return frame

    def _keep_likely(self, comparisons: Sequence[Comparison]) -> str:
        """Return the statement that leaves the pairs that may have enough bits by `comparisons`."""
        looked_up = (
            _look_up([level.bits for level in each.levels], _place(each), self._dialect)
            for each in comparisons
        )
        return f"""
            SELECT id_l, id_r FROM __splink__df_comparison_vectors
            WHERE {" + ".join(looked_up)} >= {self._weights.first_look.least_bits!r}
        """  # noqa: S608 (numbers and names of the weights file, which is ours)

    def _add_up(self, least_bits: float | None) -> str:
        """Return the statement that turns levels into bits, by field and by pair of fields."""
        comparisons, interactions = self._weights.comparisons, self._weights.interactions
        levels = ", ".join(f"{_place(each)} AS at_{each.name}" for each in comparisons)
        alone = (
            _look_up([level.bits for level in each.levels], f"at_{each.name}", self._dialect)
            for each in comparisons
        )
        together = (self._look_up_both(pair) for pair in interactions)
        bits = " + ".join([repr(self._weights.prior_bits), *alone, *together])
        enough = "TRUE" if least_bits is None else f"bits >= {least_bits!r}"
        return f"""
            SELECT * FROM (
                SELECT *, {bits} AS bits FROM (SELECT id_l, id_r, {levels} FROM __splink__df_comparison_vectors)
            ) WHERE {enough}
        """  # noqa: S608 (numbers and names of the weights file, which is ours)

    def _look_up_both(self, pair: Interaction) -> str:
        columns = len(self._weights.by_name[pair.second].levels)
        cells = [bits for row in pair.bits for bits in row]
        return _look_up(cells, f"at_{pair.first} * {columns} + at_{pair.second}", self._dialect)


@functools.cache
def _list_statements(comparisons: tuple[Comparison, ...], dialect: str) -> list[dict[str, str]]:
    """Return Splink's statements that name the levels of all blocked pairs, in a dialect that it knows."""
    # Remembered, since Splink parses every condition again, which takes longer than to compare a small month.
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[_compare(comparison) for comparison in comparisons],
        retain_matching_columns=False,
    ).get_settings(dialect)
    return compute_comparison_vector_values_from_id_pairs_sqls(
        settings._columns_to_select_for_blocking,
        settings._columns_to_select_for_comparison_vector_values,
        input_tablename_l=_FEATURES,
        input_tablename_r=_FEATURES,
        source_dataset_input_column=None,
        unique_id_input_column=settings.column_info_settings.unique_id_input_column,
    )


def _compare(comparison: Comparison) -> dict[str, object]:
    """Return a comparison as Splink takes it; it is asked for levels only, so it needs no m and u."""
    return {
        "output_column_name": comparison.name,
        "comparison_levels": [
            {
                "sql_condition": level.when or "ELSE",
                "label_for_charts": level.says,
                "base_dialect_str": "duckdb" if level.when else None,
            }
            for level in comparison.levels
        ],
    }


def _place(comparison: Comparison) -> str:
    """Return SQL for the place of the level: Splink counts the levels down to 0."""
    return f"{len(comparison.levels) - 1} - gamma_{comparison.name}"


def _look_up(bits: Sequence[float], place: str, dialect: str) -> str:
    """Return SQL for the bits at `place`: a list and an index, which DuckDB reads five times faster than CASE."""
    values = ", ".join(repr(value) for value in bits)
    return f"([{values}])[{place} + 1]" if dialect == "duckdb" else f"get(array({values}), {place})"


@functools.cache
def _columns_used(comparisons: tuple[Comparison, ...]) -> frozenset[str]:
    conditions = (level.when for comparison in comparisons for level in comparison.levels if level.when)
    columns = (
        column.name
        for condition in conditions
        for column in sqlglot.parse_one(condition, read="duckdb").find_all(sqlglot.exp.Column)
    )
    return frozenset(name[:-2] for name in columns)


def _read(table: object) -> pl.DataFrame:
    assert isinstance(table, SplinkDataFrame)
    frame = pl.from_arrow(table.as_pyarrow_table())  # type: ignore[no-untyped-call]
    assert isinstance(frame, pl.DataFrame)
    return frame
