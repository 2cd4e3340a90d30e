"""What was found on the corpus, by kind, language, digits and way of writing."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from bench.screening.wording import CLEAN, SCRIPTS, list_kinds

RULES: Mapping[str, str] = {
    "mobile": "personal_phone",
    "landline": "personal_phone",
    "spoken": "personal_phone",
    "imei": "personal_phone",
    "email": "personal_email",
    "upi": "personal_email",
    "aadhaar": "personal_aadhaar",
    "vid": "personal_aadhaar",
    "pan": "personal_pan",
    "voter": "personal_voter_id",
    "passport": "personal_passport",
    "licence": "personal_vehicle",
    "vehicle": "personal_vehicle",
    "ration": "personal_card",
    "welfare": "personal_card",
    "ifsc": "personal_account",
    "account": "personal_account",
    "card": "personal_account",
    "fir": "personal_case_number",
    "case": "personal_case_number",
    "diary": "personal_case_number",
    "gps": "personal_location",
    "profile": "personal_profile",
    "handle": "personal_profile",
}
"""The rule that names each kind of identifier best; one held under another rule is held all the same."""


ENTITIES: Mapping[str, str] = {
    "mobile": "PHONE_NUMBER",
    "landline": "PHONE_NUMBER",
    "email": "EMAIL_ADDRESS",
    "aadhaar": "IN_AADHAAR",
    "pan": "IN_PAN",
    "voter": "IN_VOTER",
    "passport": "IN_PASSPORT",
    "vehicle": "IN_VEHICLE_REGISTRATION",
    "card": "CREDIT_CARD",
    "profile": "URL",
}
"""The same for Presidio; it has no recognizer for the other kinds."""


def add_verdicts(corpus: pl.DataFrame, found: pl.DataFrame, names: Mapping[str, str] = RULES) -> pl.DataFrame:
    """Return the corpus with `held`, and `named`: held under the rule of `names` that says what it is.

    `found` has `text` and `rule`, one row a rule that a text breaks.
    """
    rules = found.group_by("text").agg(pl.col("rule").unique().sort().alias("rules"))
    expected = pl.col("kind").replace_strict(dict(names), default=None, return_dtype=pl.String)
    return corpus.join(rules, on="text", how="left", maintain_order="left").with_columns(
        held=pl.col("rules").is_not_null(),
        named=pl.col("rules").list.contains(expected).fill_null(value=False),
    )


def sum_up(judged: pl.DataFrame) -> dict[str, Any]:
    """Return the figures of one contestant: recall by kind and by script, by digits, by way, and false holds."""
    carrying, clean = judged.filter(pl.col("kind") != CLEAN), judged.filter(kind=CLEAN)
    return {
        "narratives": judged.height,
        "recall": _share(carrying, "held"),
        "named": _share(carrying, "named"),
        "by_kind": {
            kind: {
                **_tell(carrying.filter(kind=kind)),
                "by_script": {
                    script: _share(carrying.filter(kind=kind, language=language), "held")
                    for language, script in SCRIPTS.items()
                },
            }
            for kind in list_kinds()
        },
        "by_script": {
            script: {
                **_tell(carrying.filter(language=language)),
                "false_holds": _share(clean.filter(language=language), "held"),
            }
            for language, script in SCRIPTS.items()
        },
        "by_digits": _split(carrying, "digits"),
        "by_way": _split(carrying, "way"),
        "false_holds": _share(clean, "held"),
        "by_rule": _count_rules(judged),
    }


def _count_rules(judged: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return by rule how often it fired, on how many clean narratives, and its precision on this mixture."""
    fired = judged.explode("rules", empty_as_null=True).drop_nulls("rules")
    counts = fired.group_by("rules").agg(fired=pl.len(), false=(pl.col("kind") == CLEAN).sum()).sort("rules")
    return {
        rule: {"fired": times, "false": false, "precision": round(1 - false / times, 4)}
        for rule, times, false in counts.iter_rows()
    }


def _split(carrying: pl.DataFrame, column: str) -> dict[str, dict[str, Any]]:
    return {
        value: _tell(carrying.filter(pl.col(column) == value)) for value in sorted(carrying[column].unique())
    }


def _tell(rows: pl.DataFrame) -> dict[str, Any]:
    return {"narratives": rows.height, "recall": _share(rows, "held"), "named": _share(rows, "named")}


def _share(rows: pl.DataFrame, column: str) -> float | None:
    share: Any = rows[column].mean()
    return None if share is None else round(float(share), 4)


def list_misses(judged: pl.DataFrame, kinds: Sequence[str] = ()) -> pl.DataFrame:
    """Return the narratives that carry an identifier and were not held; for looking at the tuning half."""
    missed = judged.filter((pl.col("kind") != CLEAN) & ~pl.col("held"))
    return missed.filter(pl.col("kind").is_in(list(kinds))) if kinds else missed
