"""Coverage: which collective has filed for which month, on time or late, and how its rows fared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.contract import Contract
from pipeline.errors import NotThereError
from pipeline.jobs.slips import slip_folder
from pipeline.jobs.workplace import open_workplace
from pipeline.report.edition import Edition
from pipeline.settings import KOLKATA, Settings, check_month, shift_month
from pipeline.store import coverage, overview
from pipeline.store.coverage import ReturnRecord
from pipeline.store.database import begin

NOT_EXPECTED, OPEN, MISSING, WAITING, ON_TIME, LATE = (
    "not expected",
    "not yet filed",
    "missing",
    "waiting",
    "on time",
    "late",
)
"""How a collective stands with a month: `waiting` has sent something that is not counted yet or was rejected."""

_NOT_USABLE = ("quarantined", "held")


@dataclass(frozen=True)
class Filing:
    """What one collective has filed for one month.

    `usable` is the whole percentage of its rows that could be used, None where there are no rows; `trend` its change
    in percentage points since the last month with rows.
    """

    collective: str
    month: str
    standing: str
    filed_at: datetime | None
    rows: Mapping[str, int]
    usable: int | None
    trend: int | None
    returns: tuple[ReturnRecord, ...]


@dataclass(frozen=True)
class Coverage:
    """Filings by collective, in the order of `months`, the newest first; `names` are those of the collectives."""

    months: tuple[str, ...]
    names: Mapping[str, str]
    filings: Mapping[str, tuple[Filing, ...]]


def load_coverage(settings: Settings, months: int = 6, *, now: datetime | None = None) -> Coverage:
    """Return how every collective stands with the newest `months` months that are over or were filed for.

    Months before the first for which anything came are left out: nobody was asked to file for them here.
    """
    moment = (now or datetime.now(KOLKATA)).astimezone(KOLKATA)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        last = shift_month(f"{moment:%Y-%m}", -1)
        known = overview.list_months(connection) or [last]
        newest = max(last, known[-1])
        shown = tuple(
            month for month in (shift_month(newest, -number) for number in range(months)) if month >= known[0]
        )
        # One more, so that the oldest shown has a month to be held against.
        records = coverage.list_returns(connection, [*shown, shift_month(shown[-1], -1)])
        contract = place.contract
    return _lay_out(records, shown, contract, settings.closing_day, moment)


def _lay_out(
    records: Iterable[ReturnRecord],
    months: tuple[str, ...],
    contract: Contract,
    closing_day: int,
    now: datetime,
) -> Coverage:
    sent: dict[coverage.Key, list[ReturnRecord]] = {}
    for record in records:
        sent.setdefault((record.collective, record.month), []).append(record)
    collectives = contract.code_lists["collectives"]
    expected = {month: set(collectives.valid_in(month)) for month in months}
    shown = sorted(set().union(*expected.values()) | {collective for collective, _ in sent})
    filings = {
        collective: tuple(
            _file(
                collective,
                month,
                sent,
                due=Edition(month, 1, versions={}, closing_day=closing_day).announced_for,
                is_expected=collective in expected[month],
                now=now,
            )
            for month in months
        )
        for collective in shown
    }
    names = {code: collectives.codes[code].label if code in collectives.codes else code for code in shown}
    return Coverage(months, names, filings)


def _file(
    collective: str,
    month: str,
    sent: Mapping[coverage.Key, Sequence[ReturnRecord]],
    *,
    due: datetime,
    is_expected: bool,
    now: datetime,
) -> Filing:
    returns = sent.get((collective, month), ())
    filed_at = min((each.received_at for each in returns if each.state == "stored"), default=None)
    rows = sum_rows(returns)
    usable = _measure_usable(rows)
    before = _measure_usable(sum_rows(sent.get((collective, shift_month(month, -1)), ())))
    if filed_at is not None:
        standing = ON_TIME if filed_at < due else LATE
    elif returns:
        standing = WAITING
    elif not is_expected:
        standing = NOT_EXPECTED
    else:
        standing = MISSING if now >= due else OPEN
    trend = None if usable is None or before is None else usable - before
    return Filing(collective, month, standing, filed_at, rows, usable, trend, tuple(returns))


def sum_rows(returns: Iterable[ReturnRecord]) -> dict[str, int]:
    """Return the rows of several returns by verdict."""
    total: dict[str, int] = {}
    for each in returns:
        for word, number in each.rows.items():
            total[word] = total.get(word, 0) + number
    return dict(sorted(total.items()))


def _measure_usable(rows: Mapping[str, int]) -> int | None:
    received = sum(rows.values())
    return 100 * (received - sum(rows.get(word, 0) for word in _NOT_USABLE)) // received if received else None


def list_missing(table: Coverage) -> dict[str, list[str]]:
    """Return for each month, the newest first, the collectives of which nothing is counted yet."""
    found = {
        month: [
            collective
            for collective, filings in table.filings.items()
            if filings[table.months.index(month)].standing in {OPEN, MISSING, WAITING}
        ]
        for month in table.months
    }
    return {month: collectives for month, collectives in found.items() if collectives}


def load_filing(settings: Settings, collective: str, month: str) -> Filing:
    """Return what one collective has filed for one month; raise NotThereError where nothing is known of either."""
    check_month(month)
    moment = datetime.now(KOLKATA)
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        records = coverage.list_returns(connection, [month, shift_month(month, -1)])
        contract = place.contract
    table = _lay_out(records, (month,), contract, settings.closing_day, moment)
    if collective not in table.filings:
        raise NotThereError("There is no such collective: choose one from the table of coverage.")
    return table.filings[collective][0]


def find_slip(settings: Settings, return_id: str) -> Path:
    """Return where the slip of a return lies; raise NotThereError where there is none."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        collective = coverage.find_collective(connection, return_id)
        slip = slip_folder(place, collective or None) / f"{return_id}.html"
    if collective is None or not slip.is_file():
        raise NotThereError("There is no slip of such a return yet.")
    return slip
