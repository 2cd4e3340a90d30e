"""Screening: what may never enter.

Columns that the contract does not know are dropped and named; rows that hold personal data are held back.
Rows are judged as they were read, before any coding. Findings carry field names, never values.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract, Field
from pipeline.findings import gather_findings
from pipeline.screening.scan import find_number_tokens, find_personal_data, holds_personal_data

_LONGEST_NAME = 40
_DIGIT_RUN = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Screened:
    """A return without what may not enter.

    `frame` has `row` and exactly the contract's columns (String, missing ones null), only rows without
    personal data. `findings` (row, field, rule) name the rows held back. `dropped_columns` are names that are
    safe to print.
    """

    frame: pl.DataFrame
    findings: pl.DataFrame
    dropped_columns: tuple[str, ...]


def screen_frame(frame: pl.DataFrame, contract: Contract) -> Screened:
    """Screen a frame of `row` and String columns, as `read_return` gives it."""
    unknown = [
        (position, name)
        for position, name in enumerate((name for name in frame.columns if name != "row"), 1)
        if name not in contract.fields
    ]
    known = frame.select(
        pl.col("row"),
        *(
            pl.col(name).cast(pl.String) if name in frame.columns else pl.lit(None, pl.String).alias(name)
            for name in contract.fields
        ),
    )
    texts = [field for field in contract.fields.values() if field.kind == "text"]
    codes = [field for field in contract.fields.values() if field.kind != "text"]
    findings = gather_findings(
        itertools.chain(
            _find_in_fields(known, texts, free_text=True), _find_in_fields(known, codes, free_text=False)
        )
    )
    held = findings["row"].unique()
    return Screened(
        frame=known if held.is_empty() else known.filter(~pl.col("row").is_in(held.implode())),
        findings=findings,
        dropped_columns=tuple(name_safely(name.removeprefix("?"), position) for position, name in unknown),
    )


def name_safely(heading: str, position: int) -> str:
    """Return a heading if it is safe to print, else the column's place.

    A file without headings has data where headings stand, so only a short plain name without a run of digits
    and without personal data counts as one.
    """
    plain = all(sign in " _-" or unicodedata.category(sign)[0] in "LMN" for sign in heading)
    if not heading or len(heading) > _LONGEST_NAME or not plain or _DIGIT_RUN.search(heading):
        return f"column {position}"
    return f"column {position}" if holds_personal_data(pl.Series([heading])).any() else heading


def _find_in_fields(
    frame: pl.DataFrame, fields: Sequence[Field], *, free_text: bool
) -> Iterator[pl.DataFrame]:
    """Yield the findings in fields of one manner; what several of them say is looked at once."""
    distinct = pl.concat([frame[field.name].drop_nulls().unique().alias("text") for field in fields])
    found = find_personal_data(distinct, free_text=free_text)
    for field in fields:
        tokens = [find_number_tokens(frame[field.name])] if field.kind == "token" else []
        rules = pl.concat([found, *tokens])
        if not rules.is_empty():
            rows = frame.select("row", text=field.name).join(rules, on="text")
            yield rows.select("row", pl.lit(field.name, pl.String).alias("field"), "rule")
