"""From exact answers to the coarse codes that are kept after the vault is purged."""

import polars as pl

from pipeline.contract import Contract
from pipeline.duties import find_provisions


def coarsen_reports(accepted: pl.DataFrame, contract: Contract, *, month: str) -> pl.DataFrame:
    """Return `row`, the coded fields, `delay_band`, `legal_provisions` and `late_provisions` of accepted reports.

    Fields with several codes are lists.

    The delay is that before `month`, the reporting month of their return.
    """
    kept = [field for field in contract.fields.values() if field.code_list and field.name not in _NOT_KEPT]
    told = accepted.filter(pl.col("action") != "withdraw")
    coded = told.select(
        "row",
        *(_keep(field.name, several=field.kind == "codes") for field in kept),
        delay_band=band_delays(pl.lit(month), contract),
    )
    return coded.join(find_provisions(told, contract), on="row", how="left", maintain_order="left")


def band_delays(month: pl.Expr, contract: Contract) -> pl.Expr:
    """Return the whole months from `incident_first` to `month`, a text `YYYY-MM`, as a code of the list delay_bands.

    This is all that is kept of when an incident happened; null where `incident_first` is.
    """
    first = pl.col("incident_first")
    told = month.str.slice(0, 4).cast(pl.Int32) * 12 + month.str.slice(5, 2).cast(pl.Int32)
    months = told - (first.dt.year().cast(pl.Int32) * 12 + first.dt.month())
    return _band(months, list(contract.code_lists["delay_bands"].codes))


# These decide whether a report is counted; every report that is kept has the same answer.
_NOT_KEPT = {"action", "consent_statistics", "guardian_consent"}


def _keep(name: str, *, several: bool) -> pl.Expr:
    return (
        pl.col(name).fill_null("").str.split(";").list.filter(pl.element() != "") if several else pl.col(name)
    )


def _band(months: pl.Expr, bands: list[str]) -> pl.Expr:
    same_month, two_months, under_a_year, longer = (pl.lit(name) for name in bands)
    return (
        pl.when(months <= 0)
        .then(same_month)
        .when(months <= 2)
        .then(two_months)
        .when(months <= 11)
        .then(under_a_year)
        .when(months.is_not_null())
        .then(longer)
    )
