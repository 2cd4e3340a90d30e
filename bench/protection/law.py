"""Under which provisions of the law made-up incidents fall, whatever their codes were corrected to."""

import polars as pl

from pipeline.contract import Contract
from pipeline.duties import find_provisions

_MONTHS_BEFORE = {"same_month": 0, "1_to_2_months": 1, "3_to_11_months": 6, "a_year_or_more": 30}
_OFFENCES = ("yes", "no", "no", None)
_LONGEST_WAIT = 120


def apply_law(incidents: pl.DataFrame, month: str, contract: Contract) -> pl.DataFrame:
    """Return incidents (COUNTED_SCHEMA) with the provisions that follow from their other codes.

    Dates that are not counted are made up from the name of an incident, so that they stay when its codes change.
    """
    number = pl.col("incident").str.extract(r"(\d+)$").cast(pl.Int64)
    happened = (
        pl.lit(f"{month}-01")
        .str.to_date()
        .dt.offset_by(pl.format("-{}mo", pl.col("delay_band").replace_strict(_MONTHS_BEFORE)))
    )
    dated = incidents.with_row_index("row").select(
        "row",
        *("state", "duty_bearer", "service", "survivor_gender", "survivor_age_band"),
        pl.col("incident_kinds").list.join(";"),
        offence_before_july_2024=(number % len(_OFFENCES)).replace_strict(dict(enumerate(_OFFENCES))),
        incident_first=happened,
        incident_last=happened,
        first_approached_on=happened.dt.offset_by(pl.format("-{}d", number % _LONGEST_WAIT)),
    )
    fallen = find_provisions(dated, contract)
    return incidents.with_columns(fallen["legal_provisions"], fallen["late_provisions"])
