"""What linkage compares: one row of plain columns a report, worked out from its answers and its surroundings.

Everything that a comparison looks at stands here as a number, a code or a short list, so that the comparisons
themselves are simple conditions on two rows. Surroundings (how often a writer uses a code, how many rows of a
sitting share a desk, how rare a word is) are taken within one reporting month, so a row's features depend on the
reports of its own month and on nothing that arrives for another.
"""

import polars as pl

from pipeline.contract import Contract
from pipeline.link.surroundings import add_care, add_company, add_habits, add_token_keys
from pipeline.link.texts import describe_narratives, describe_offices

LINK_SCHEMA = pl.Schema(
    {
        "report": pl.String,
        "collective": pl.String,
        "month": pl.String,
        "return_id": pl.String,
        "row": pl.Int64,
        "recorded_on": pl.Date,
        "incident_first": pl.Date,
        "incident_last": pl.Date,
        "state": pl.String,
        "district": pl.String,
        "duty_bearer": pl.String,
        "service": pl.String,
        "incident_kinds": pl.String,
        "office": pl.String,
        "grounds": pl.String,
        "survivor_gender": pl.String,
        "survivor_age_band": pl.String,
        "trafficking_form": pl.String,
        "first_approached_on": pl.Date,
        "visits": pl.Int64,
        "times_recounted": pl.Int64,
        "amount_demanded": pl.Int64,
        "resolution": pl.String,
        "resolved_on": pl.Date,
        "escalated_to": pl.String,
        "evidence": pl.String,
        "offence_before_july_2024": pl.String,
        "recorder": pl.String,
        "case_token": pl.String,
        "narrative": pl.String,
    }
)
"""Reports to link, each once, as it stands after corrections: `report` is its key, `month` the reporting month in
which it was first told, return and row where it stands. Fields with several codes are joined by `;`."""

_SAYS_NOTHING = ("undisclosed", "unknown", "none")


def make_features(reports: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Return one row of features for each of `reports` (LINK_SCHEMA), sorted by report, `id` counting from 0.

    Codes stay text, days become whole numbers from 1970-01-01, fields with several codes become numbers with
    one bit a code. Answers that say nothing, such as `undisclosed`, become null.
    """
    base = reports.select(LINK_SCHEMA.names()).sort("report")
    answers = base.with_row_index("id").select(
        pl.col("id").cast(pl.Int64),
        "report",
        "month",
        "collective",
        "return_id",
        "row",
        "recorder",
        "state",
        "district",
        "duty_bearer",
        "service",
        *(_informative(name) for name in _SINGLE),
        *(_mask(base[name], contract).alias(mask) for name, mask in _SEVERAL.items()),
        "visits",
        "times_recounted",
        "amount_demanded",
        pl.col("case_token").alias("token"),
        **{name: pl.col(column).dt.epoch("d").cast(pl.Int64) for name, column in _DAYS.items()},
    )
    office = describe_offices(base, contract.code_lists["districts"])
    features = pl.concat([answers, office, describe_narratives(base)], how="horizontal")
    return (
        features.pipe(_add_families, contract)
        .pipe(_add_mistakes)
        .pipe(_add_windows)
        .pipe(add_token_keys)
        .pipe(add_habits)
        .pipe(add_care)
        .pipe(add_company)
    )


_SINGLE = (
    "survivor_gender",
    "survivor_age_band",
    "trafficking_form",
    "offence_before_july_2024",
    "resolution",
    "evidence",
)
_SEVERAL = {"incident_kinds": "kinds", "grounds": "grounds", "escalated_to": "escalated"}
_DAYS = {
    "recorded": "recorded_on",
    "first": "incident_first",
    "last": "incident_last",
    "approached": "first_approached_on",
    "resolved": "resolved_on",
}


def _informative(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).is_in(_SAYS_NOTHING)).then(pl.col(name)).alias(name)


def _mask(answers: pl.Series, contract: Contract) -> pl.Series:
    """Return several codes as a number in which each has its bit, by its place in the code list."""
    codes = contract.codes_of(answers.name).codes
    bits = {code: 1 << place for place, code in enumerate(codes) if code not in _SAYS_NOTHING}
    written = answers.drop_nulls().unique()
    masks = [sum(bits.get(code, 0) for code in text.split(";")) or None for text in written]
    return answers.replace_strict(written, masks, default=None, return_dtype=pl.Int64)


def _add_families(features: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Add the families of duty-bearer and service, and the place of the age band among them."""
    ages = [age for age in contract.code_lists["survivor_age_bands"].codes if age not in _SAYS_NOTHING]
    other = 1 << list(contract.codes_of("incident_kinds").codes).index("OTHER")
    return features.with_columns(
        *(
            pl.col(name).replace_strict(_families(contract, name), default=None).alias(family)
            for name, family in (("duty_bearer", "duty_family"), ("service", "service_family"))
        ),
        age=pl.col("survivor_age_band").replace_strict(
            ages, range(len(ages)), default=None, return_dtype=pl.Int64
        ),
        kinds_other=(pl.col("kinds") & other) != 0,
        office_key=pl.when(pl.col("office_number").is_not_null() | pl.col("office_name").is_not_null()).then(
            pl.concat_str(
                pl.col("office_number").cast(pl.String), "office_name", separator=" ", ignore_nulls=True
            )
        ),
    )


def _families(contract: Contract, field: str) -> dict[str, str]:
    return {code.code: code.details["family"] for code in contract.codes_of(field).codes.values()}


def _add_mistakes(features: pl.DataFrame) -> pl.DataFrame:
    """Add what a day becomes by the usual slips, and whether people round to it.

    `swapped` has the two digits of the day of the month exchanged, `turned` day and month; null where that is no
    day, or the same. Halves of a token stay equal when one of its characters is mistyped; a half that many tokens
    of a month have is none of a hash, and null.
    """
    known = pl.col("first") == pl.col("last")
    date = pl.from_epoch("first", time_unit="d")
    day, month = date.dt.day().cast(pl.Int32), date.dt.month().cast(pl.Int32)
    half = pl.col("token").str.len_chars() // 2
    return features.with_columns(
        swapped=pl.when(known).then(_other_day(date.dt.year(), month, day % 10 * 10 + day // 10)),
        turned=pl.when(known & (day <= 12)).then(_other_day(date.dt.year(), day, month)),
        rounded=known & day.is_in(_ROUND_DAYS),
        token_head=pl.col("token").str.head(half),
        token_tail=pl.col("token").str.tail(half),
    ).with_columns(
        *(
            pl.when(pl.col(name) != pl.col("first")).then(pl.col(name)).alias(name)
            for name in ("swapped", "turned")
        ),
        *(
            pl.when(pl.col("token").n_unique().over("month", name) <= _MOST_SLIPS)
            .then(pl.col(name))
            .alias(name)
            for name in ("token_head", "token_tail")
        ),
    )


_MOST_SLIPS = 3
"""Tokens that may share a half: one, and two that were mistyped from it."""

_ROUND_DAYS = (1, 5, 10, 15, 20, 25, 30)


def _other_day(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    text = pl.format("{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return text.str.to_date("%Y-%m-%d", strict=False).dt.epoch("d").cast(pl.Int64)


def _add_windows(features: pl.DataFrame) -> pl.DataFrame:
    """Add the windows of time that a report falls into, for blocking.

    Days at most 8 apart share a window of `weeks`, days at most 2 apart one of `days`; where only the month is
    known, it falls into all its `weeks` and into no `days`.
    """
    known = pl.col("first") == pl.col("last")
    return features.with_columns(
        weeks=pl.int_ranges(pl.col("first") // 8 - 1, pl.col("last") // 8 + 1),
        days=pl.when(known).then(pl.int_ranges(pl.col("first") // 2 - 1, pl.col("last") // 2 + 1)),
        day_of_month=pl.when(known).then(pl.from_epoch("first", time_unit="d").dt.day().cast(pl.Int64)),
    )
