"""Linkage: what a month's returns mean for incidents, and slips that say so."""

from datetime import UTC, datetime

from pipeline.jobs.slips import write_slip
from pipeline.jobs.workplace import open_workplace
from pipeline.link.resolve import ROWS_SCHEMA, resolve_rows
from pipeline.settings import Settings, check_month
from pipeline.store import linkage
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry


def list_news(settings: Settings) -> list[str]:
    """Return the partitions `COLLECTIVE|YYYY-MM` whose reports wait for linkage, also from an earlier, killed run."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        return linkage.list_partitions(connection)


def link_month(settings: Settings, month: str) -> str:
    """Link the reports that returns of `month` tell of, with what other months told; return `month`."""
    check_month(month)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        # What a month counts is claimed under the same lock.
        lock(connection, "incidents")
        rows = linkage.load_rows(connection, month, ROWS_SCHEMA)
        counts = linkage.replace_links(connection, resolve_rows(rows))
        append_entry(connection, "month linked", month, counts, actor="jawabdehi", at=datetime.now(UTC))
        for return_id in linkage.list_month_returns(connection, month):
            write_slip(place, connection, return_id)
    return month
