"""Reports with their sealed fields opened, in memory only: what linkage by content compares."""

from collections.abc import Collection, Iterator

import polars as pl
import sqlalchemy as sa

from pipeline.jobs.workplace import Workplace
from pipeline.link.features import LINK_SCHEMA
from pipeline.store.pairs import load_contents, load_contents_of
from pipeline.vault import Vault

_SEALED = pl.Schema(
    {
        name: LINK_SCHEMA[name]
        for name in (
            *("recorded_on", "incident_first", "incident_last", "office", "first_approached_on", "visits"),
            *("times_recounted", "amount_demanded", "resolved_on", "recorder", "case_token", "narrative"),
        )
    }
)
"""Fields that lie in the vault; `jobs.examination.list_purged` puts them there."""

# Days are written as text in JSON.
_WRITTEN = pl.Struct({name: pl.String() if kind == pl.Date else kind for name, kind in _SEALED.items()})

_STORED = pl.Schema(
    {**{name: kind for name, kind in LINK_SCHEMA.items() if name not in _SEALED}, "content": pl.Binary()}
)


def load_reports(place: Workplace, connection: sa.Connection, months: Collection[str]) -> pl.DataFrame:
    """Return the living reports first told in `months` whose content is not purged, as LINK_SCHEMA."""
    parts: Iterator[pl.DataFrame] = load_contents(connection, months, _STORED)
    opened = [open_contents(place.vault, part).filter(~pl.col("purged")).drop("purged") for part in parts]
    return pl.concat([pl.DataFrame(schema=LINK_SCHEMA), *opened]).sort("report")


def load_reports_of(place: Workplace, connection: sa.Connection, reports: Collection[str]) -> pl.DataFrame:
    """Return living reports by their keys, as LINK_SCHEMA and `purged`: whether their sealed fields are gone."""
    stored = load_contents_of(connection, reports, _STORED)
    return open_contents(place.vault, stored)


def open_contents(vault: Vault, stored: pl.DataFrame) -> pl.DataFrame:
    """Open `content` of stored reports and put its fields beside the kept ones; gives LINK_SCHEMA and `purged`.

    Where content is purged, its fields are null.
    """
    texts = vault.open_rows(stored["return_id"], stored["row"], stored["content"])
    told = pl.Series("told", texts, dtype=pl.String).str.json_decode(_WRITTEN).struct.unnest()
    return (
        pl.concat([stored.drop("content"), told], how="horizontal")
        .with_columns(
            pl.col(name).str.to_date("%Y-%m-%d") for name, kind in _SEALED.items() if kind == pl.Date
        )
        .select(
            *(pl.col(name).cast(kind) for name, kind in LINK_SCHEMA.items()),
            purged=pl.Series(texts, dtype=pl.String).is_null(),
        )
    )
