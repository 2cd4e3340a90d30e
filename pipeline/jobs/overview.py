"""What people ask of the pipeline: how far a month has come, and what became of every row."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from pipeline.contract import NATIONAL, Contract
from pipeline.errors import JawabdehiError
from pipeline.files import write_atomically
from pipeline.jobs.pages import find_folder
from pipeline.jobs.protection import AUDIT_REPORT
from pipeline.jobs.workplace import open_workplace
from pipeline.language import ENGLISH, load_language
from pipeline.report.addresses import page_name
from pipeline.report.edition import Edition
from pipeline.report.tables import place_name
from pipeline.settings import KOLKATA, Settings, check_month, end_of_month
from pipeline.store import intake, overview, queue, release, submissions
from pipeline.store.database import begin


def month_is_due(settings: Settings, month: str) -> bool:
    """Tell whether a month's report may be issued: every expected collective has filed, or it is closing day.

    A collective whose forms lie on servers has filed once all of them were read after the month had ended.
    """
    check_month(month)
    edition = Edition(month=month, number=1, versions={}, closing_day=settings.closing_day)
    if datetime.now(KOLKATA) >= edition.announced_for:
        return True
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        expected = set(place.contract.code_lists["collectives"].valid_in(month))
        records = submissions.list_sources(connection)
        filed = _list_filed(records, overview.list_filed(connection, month), end_of_month(month))
        # A source that was never read may be of any collective.
        return expected <= filed and set(settings.sources) <= {record.name for record in records}


def _list_filed(
    records: Iterable[submissions.SourceRecord], filed: Collection[str], end: datetime
) -> set[str]:
    read = {record.collective for record in records}
    unread = {record.collective for record in records if record.read_at is None or record.read_at < end}
    return (set(filed) | read) - unread


@dataclass(frozen=True)
class Pages:
    """Where the newest edition of a month lies: its national page, and those of states with a collective.

    `audit` is its audit report, `reason` the code of why it corrects the one before, None for a first edition.
    """

    published: bool
    reason: str | None
    audit: Path
    paths: dict[str, Path]


def find_pages(settings: Settings, month: str) -> Pages:
    """Return the pages of a month's newest edition; raises JawabdehiError where it has none."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        editions = [record for record in release.list_editions(connection) if record.month == month]
        collectives = place.contract.code_lists["collectives"]
        states = sorted({code.details["state"] for code in collectives.codes.values()})
        english = load_language(ENGLISH)
        names = {code: place_name(code, place.contract, english) for code in (NATIONAL, *states)}
    if not editions:
        raise JawabdehiError("There is no edition of this month yet.")
    newest = editions[-1]
    published = newest.state == "published"
    folder = find_folder(settings, newest)
    audit = settings.audits / newest.edition_id / AUDIT_REPORT
    return Pages(
        published,
        newest.reason,
        audit,
        {name: folder / code / page_name(ENGLISH) for code, name in names.items()},
    )


def describe_status(settings: Settings, month: str | None) -> list[str]:
    """Return plain lines about one month, or about every month that a return was received for."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        months = [check_month(month)] if month else overview.list_months(connection)
        without_month = overview.count_without_month(connection)
        lines = [
            line
            for status in (overview.load_month(connection, each) for each in months)
            for line in (
                *_say_month(status, place.contract),
                *_say_queue(connection, status.month),
            )
        ]
        lines += _say_sources(settings, connection)
        held = len(intake.list_held(connection))
    if not months:
        lines.append("No return has been received yet.")
    if held:
        lines.append(f"Returns that wait for a person: {held}; see jawabdehi returns list.")
    if without_month:
        lines.append(f"Returns without a usable month in their name, rejected: {without_month}.")
    return lines


def _say_month(status: overview.MonthStatus, contract: Contract) -> Iterator[str]:
    expected = set(contract.code_lists["collectives"].valid_in(status.month))
    missing = sorted(expected - status.filed)
    yield f"{status.month}: {len(status.filed)} of {len(expected)} collectives have filed."
    if missing:
        yield f"  not yet filed: {', '.join(missing)}"
    yield f"  returns waiting: {status.returns_waiting}, rejected: {status.returns_rejected}"
    rows = ", ".join(f"{verdict} {number}" for verdict, number in status.rows.items()) or "none"
    yield f"  rows: {rows}"
    for collective, rules in status.alarms.items():
        yield f"  look at {collective}: {' '.join(contract.rules[rule].reason for rule in rules)}"
    for edition_id, state in status.edition_states.items():
        yield f"  edition {edition_id}: {state}"


def _say_sources(settings: Settings, connection: sa.Connection) -> Iterator[str]:
    known = {record.name: record for record in submissions.list_sources(connection)}
    for name in settings.sources:
        read_at = known[name].read_at if name in known else None
        when = read_at.astimezone(KOLKATA).strftime("%Y-%m-%d %H:%M") if read_at else "never"
        yield f"Source {name}: last read to its end {f'on {when}' if read_at else when}."


def _say_queue(connection: sa.Connection, month: str) -> Iterator[str]:
    number, oldest = queue.measure_queue(connection, month)
    if oldest is not None:
        days = (datetime.now(UTC) - oldest).days
        yield f"  doubtful pairs: {number}, the oldest waits {days} days; see jawabdehi review list"
    dense = overview.count_dense(connection, month)
    if dense:
        yield f"  reports too close together to be compared with all others: {dense}"


def export_links(settings: Settings, month: str, out: Path) -> int:
    """Write one line for every row received for `month` to `out`, as CSV; return their number.

    Raises JawabdehiError where rows still wait for linkage.
    """
    check_month(month)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        lines = overview.load_links(connection, month)
    if (lines["verdict"] == "accepted").any():
        raise JawabdehiError(f"Some reports wait for linkage: run jawabdehi run --month {month} first.")
    write_atomically(out, lines.with_columns(_without_formulas("report_id")).write_csv().encode())
    return lines.height


def _without_formulas(name: str) -> pl.Expr:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    column = pl.col(name)
    return (
        pl.when(column.str.contains(r"^[=+\-@\t\r]")).then(pl.lit("'") + column).otherwise(column).alias(name)
    )
