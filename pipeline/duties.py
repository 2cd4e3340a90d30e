"""Which provisions of the law an incident falls under, and against which time limits it was late.

Both are worked out while exact dates are at hand, and kept as codes: which provision holds hangs on the date of the
offence or of the act, and lateness on the days that passed. The lists `legal_duties` and `legal_provisions` say all
of it; only what was verified there, and what the form says enough to tell, is counted.
"""

import datetime
import itertools
from collections.abc import Iterator

import polars as pl

from pipeline.contract import ANY, Code, Contract

_CODES = pl.List(pl.String)

CONDITIONS = {"duty_bearer": "duty_bearers", "service": "services", "incident_kind": "incident_kinds"}
"""What an incident must have a named code of, and the column of a duty that names them, called like their list."""

GROUPS = {
    "children": ("survivor_age_band", "under_18"),
    "women": ("survivor_gender", "woman"),
    "transgender": ("survivor_gender", "transgender"),
}
"""Survivors for whom alone a duty is counted: the field of the form and the code that tell of them."""

_RULE_SCHEMA = {
    **dict.fromkeys(("provision", *CONDITIONS), pl.String()),
    **dict.fromkeys(("group", "decided_by", "limit"), pl.String()),
    "states": _CODES,
    **dict.fromkeys(("valid_from", "valid_to"), pl.Date()),
}
"""What an incident must be like to fall under a provision; `limit` is blank where lateness cannot be told."""

_ALWAYS = (datetime.date(1800, 1, 1), datetime.date(2999, 12, 31))

_NEW_CODES_FROM = datetime.date(2024, 7, 1)
"""The Bharatiya Nyaya Sanhita holds for offences from this day on."""

_UNITS = {"days": "d", "weeks": "w", "months": "mo", "years": "y"}
"""Units of a time limit as Polars offsets dates by them."""


def find_provisions(reports: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Return `row`, `legal_provisions` and `late_provisions` of accepted reports (ACCEPTED_SCHEMA), each list sorted.

    An offence is dated by whether it was before July 2024, an act of an authority by the date of the incident. Where
    a date is known only roughly, a provision must hold for all of the time that it can mean. Late is what came to
    pass, at the earliest, after more time than the limit since the service was first asked for.
    """
    fallen = (
        reports.with_columns(incident_kind=pl.col("incident_kinds").fill_null("").str.split(";"))
        .explode("incident_kind")
        .join(_list_rules(contract), on=list(CONDITIONS), how="inner")
        .filter(_is_meant(), _holds())
    )
    due = pl.col("first_approached_on").dt.offset_by(pl.col("limit"))
    late = fallen.filter(pl.col("limit").is_not_null(), pl.col("incident_first") > due)
    found = reports.select("row")
    for name, part in (("legal_provisions", fallen), ("late_provisions", late)):
        codes = part.group_by("row").agg(pl.col("provision").unique().sort().alias(name))
        found = found.join(codes, on="row", how="left", maintain_order="left")
    return found.with_columns(pl.col(_CODES).fill_null(pl.lit([], dtype=_CODES)))


def _is_meant() -> pl.Expr:
    """Tell whether the provision is for such a survivor and in force in such a state."""
    groups = ((pl.col("group") == name) & (pl.col(column) == code) for name, (column, code) in GROUPS.items())
    in_state = (pl.col("states").list.len() == 0) | pl.col("state").is_in(pl.col("states"))
    return pl.any_horizontal(pl.col("group") == "all", *groups) & in_state


def _holds() -> pl.Expr:
    """Tell whether the provision holds for all of the time in which what decides can have been."""
    always_from, always_to = (pl.lit(day) for day in _ALWAYS)
    by_offence = pl.col("decided_by") == "offence"
    before, after = (pl.col("offence_before_july_2024") == answer for answer in ("yes", "no"))
    first = (
        pl.when(~by_offence)
        .then("incident_first")
        .when(after)
        .then(pl.lit(_NEW_CODES_FROM))
        .otherwise(always_from)
    )
    last = (
        pl.when(~by_offence | after.fill_null(value=False))
        .then("incident_last")
        .when(before)
        .then(pl.lit(_NEW_CODES_FROM - datetime.timedelta(days=1)))
        .otherwise(always_to)
    )
    return (pl.col("valid_from") <= first) & (last <= pl.col("valid_to"))


def _list_rules(contract: Contract) -> pl.DataFrame:
    """Return every combination of codes that falls under a provision (_RULE_SCHEMA)."""
    return pl.DataFrame(list(_give_rules(contract)), schema=_RULE_SCHEMA, orient="row").unique()


def _give_rules(contract: Contract) -> Iterator[tuple[object, ...]]:
    duties = contract.code_lists["legal_duties"].codes
    for provision in contract.code_lists["legal_provisions"].codes.values():
        counted_in = provision.list_in("counted_in")
        if "legal_provision" not in counted_in:
            continue
        duty = duties[provision.details["duty"]]
        limited, told = "late_provision" in counted_in, duty.details
        limit = f"{told['limit_value']}{_UNITS[told['limit_unit']]}" if limited else None
        decided = (
            told["counted_for"],
            told["decided_by"],
            limit,
            duty.list_in("states"),
            *_validity(provision),
        )
        for codes in itertools.product(
            *(_list_codes(duty, column, contract) for column in CONDITIONS.values())
        ):
            yield (provision.code, *codes, *decided)


def _list_codes(duty: Code, column: str, contract: Contract) -> list[str]:
    """Return the codes that a duty names in a column called like their list; all of the list for ANY."""
    codes = duty.list_in(column)
    return list(contract.code_lists[column].codes) if ANY in codes else codes


def _validity(provision: Code) -> tuple[datetime.date, datetime.date]:
    first, last = provision.valid_from, provision.valid_to
    return (
        datetime.date.fromisoformat(first) if first else _ALWAYS[0],
        datetime.date.fromisoformat(last) if last else _ALWAYS[1],
    )
