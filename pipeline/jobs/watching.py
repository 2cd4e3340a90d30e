"""Watching: what the daily digest tells the data team."""

import shutil
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pipeline.digest import Facts, MonthFacts, compose_digest
from pipeline.doctor import LEAST_FREE
from pipeline.jobs.backup import BACKUP_MADE
from pipeline.jobs.coverage import NOT_EXPECTED, Coverage, list_missing, load_coverage
from pipeline.jobs.workplace import open_workplace
from pipeline.settings import KOLKATA, Settings, closing_of
from pipeline.store import queue, release, submissions
from pipeline.store.database import begin
from pipeline.store.ledger import find_newest

_MONTHS = 6
_REJECTED_FOR, _UNREAD_FOR = timedelta(days=7), timedelta(days=1)


def watch(settings: Settings, *, now: datetime | None = None) -> list[str]:
    """Return what waits for the data team, one sentence each; numbers and months only."""
    moment = (now or datetime.now(KOLKATA)).astimezone(KOLKATA)
    table = load_coverage(settings, _MONTHS, now=moment)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        pairs, oldest = queue.measure_queue(connection)
        backed_up = find_newest(connection, BACKUP_MADE)
        returns = [
            each for filings in table.filings.values() for filing in filings for each in filing.returns
        ]
        free = shutil.disk_usage(settings.home).free
        facts = Facts(
            today=moment.date(),
            # Where nothing ever came, nobody was asked to file.
            months=_describe_months(connection, settings, table, moment) if returns else [],
            pairs=pairs,
            days_of_oldest_pair=(moment - oldest).days if oldest else 0,
            held=sum(each.state == "held" for each in returns),
            rejected=sum(
                each.state == "rejected" and moment - each.received_at < _REJECTED_FOR for each in returns
            ),
            unread_sources=_count_unread(submissions.list_sources(connection), settings.sources, moment),
            has_returns=bool(returns),
            days_since_backup=(moment - backed_up).days if backed_up else None,
            free_gib=free // 1024**3 if free < LEAST_FREE else None,
        )
    return compose_digest(facts)


def _describe_months(
    connection: sa.Connection, settings: Settings, table: Coverage, now: datetime
) -> list[MonthFacts]:
    records = release.list_editions(connection)
    missing = list_missing(table)
    return [
        MonthFacts(
            month=month,
            closes_on=closing_of(month, settings.closing_day).date(),
            expected=sum(filings[place].standing != NOT_EXPECTED for filings in table.filings.values()),
            missing=len(missing.get(month, ())),
            is_published=any(each.state == "published" for each in records if each.month == month),
            waits=any(
                each.state == "draft" and each.manifest_sha256 is not None
                for each in records
                if each.month == month
            ),
        )
        for place, month in enumerate(table.months)
        if f"{now:%Y-%m}" != month
    ]


def _count_unread(
    records: Collection[submissions.SourceRecord], sources: Collection[str], now: datetime
) -> int:
    read = {each.name: each.read_at for each in records}
    latest = [read.get(name) or datetime.min.replace(tzinfo=UTC) for name in sources]
    return sum(now - each > _UNREAD_FOR for each in latest)
