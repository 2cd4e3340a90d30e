"""Findings: which rule a row of a return breaks, and in which field.

Every step that judges rows reports in this one shape, so that slips and counts can be made without knowing
the step. A finding never carries a value.
"""

from collections.abc import Iterable, Mapping

import polars as pl

FINDINGS_SCHEMA: Mapping[str, type[pl.DataType]] = {"row": pl.UInt32, "field": pl.String, "rule": pl.String}


def find_on(rows: pl.Series, rule: str, field: str = "") -> pl.DataFrame:
    """Return one finding for each of `rows` (UInt32 row numbers); `field` is empty for the whole row."""
    findings = pl.DataFrame({"row": rows.cast(pl.UInt32)})
    return findings.with_columns(field=pl.lit(field, pl.String), rule=pl.lit(rule, pl.String))


def gather_findings(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Join findings into one frame, each once, sorted by row, field and rule."""
    every = pl.concat([pl.DataFrame(schema=dict(FINDINGS_SCHEMA)), *parts])
    # A column that is missing is found on every row: numbers are sorted in place of millions of equal texts.
    kinds = every.select("field", "rule").unique().sort("field", "rule").with_row_index("kind")
    numbered = every.lazy().join(kinds.lazy(), on=["field", "rule"]).select("row", "kind").unique()
    return (
        numbered.sort("row", "kind")
        .join(kinds.lazy(), on="kind", maintain_order="left")
        .drop("kind")
        .collect()
    )
