"""Where Splink compares reports: DuckDB in this process, or Spark."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from splink import DuckDBAPI
from splink.internals.database_api import DatabaseAPISubClass

from pipeline.errors import UsageError


@contextmanager
def open_duckdb() -> Iterator[DatabaseAPISubClass]:
    """Yield DuckDB in memory, which may not move anything to a disk."""
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        connection.execute("SET enable_progress_bar = false")
        yield DuckDBAPI(connection)


@contextmanager
def open_spark() -> Iterator[DatabaseAPISubClass]:
    """Yield Spark as spark-defaults.conf has it; where that names no master, on the cores of this machine.

    Raises UsageError where PySpark or Java are missing.
    """
    try:
        from pyspark import SparkConf
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
        from splink import SparkAPI
    except ImportError:
        raise UsageError(
            "Install the extra `spark` of this program, or unset JAWABDEHI_LINK_ENGINE."
        ) from None
    try:
        builder = SparkSession.builder.appName("jawabdehi").config("spark.ui.showConsoleProgress", "false")
        if not SparkConf().contains("spark.master"):
            builder = builder.master("local[*]").config(map=_THIS_MACHINE_ONLY)
        session = builder.getOrCreate()
    except PySparkException:
        raise UsageError("Spark does not start: install Java 17, or unset JAWABDEHI_LINK_ENGINE.") from None
    session.sparkContext.setLogLevel("ERROR")
    try:
        # Persisted in memory: Splink's default would write parts of reports to disk as Parquet.
        backend: DatabaseAPISubClass = SparkAPI(  # type: ignore[no-untyped-call]
            spark_session=session, break_lineage_method="persist", register_udfs_automatically=False
        )
        yield backend
    finally:
        session.stop()


_THIS_MACHINE_ONLY: dict[str, bool | float | int | str | None] = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "4",
}
