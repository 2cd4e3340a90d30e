"""Pairs of reports as linkage hands them on: which two, how many bits, what became of them and why."""

import polars as pl

PAIRS_SCHEMA = pl.Schema(
    {
        "report_a": pl.String,
        "report_b": pl.String,
        "bits": pl.Float64,
        "levels": pl.String,
        "verdict": pl.String,
        "why": pl.String,
    }
)
"""One scored pair, `report_a` < `report_b`, each pair once.

`levels` has one character a comparison, in the order of the weights file, which reads it (`Weights.read_levels`) and
tells the bits by field. `verdict` is one of VERDICTS. `why` is a code of `schemas/linkage/reasons.csv`,
blank where bits alone decided.
"""

AUTOMATIC, REVIEW, APART = VERDICTS = ("automatic", "review", "apart")

DECISIONS_SCHEMA = pl.Schema({"report_a": pl.String, "report_b": pl.String, "decision": pl.String})
"""What reviewers decided on a pair and have not undone: `same` or `apart`, each pair once."""

SAME, SEPARATE = DECISIONS = ("same", "apart")

PAIR = ["report_a", "report_b"]
