"""Linkage: what a month's returns mean for incidents, and slips that say so."""

from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa

from pipeline.coarsen import band_delays
from pipeline.jobs.clustering import cluster_connected
from pipeline.jobs.contents import load_reports, load_reports_of
from pipeline.jobs.erasure import erase_spent
from pipeline.jobs.statements import write_papers
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.link.driver import link_reports
from pipeline.link.pairs import AUTOMATIC, REVIEW
from pipeline.link.resolve import ROWS_SCHEMA, resolve_rows
from pipeline.link.weights import Weights, load_weights
from pipeline.settings import Settings, check_month, shift_month
from pipeline.store import claims, forgetting, linkage, pairs
from pipeline.store.database import begin, lock
from pipeline.store.ledger import append_entry

WINDOW_MONTHS = 3
"""Reports of months so far apart are compared: a retelling comes seldom later."""

_OPENED_AT_ONCE = 10_000

MONTH_LINKED, MONTH_COMPARED = "month linked", "month compared"


def list_news(settings: Settings) -> list[str]:
    """Return the partitions `COLLECTIVE|YYYY-MM` whose reports wait for linkage, also from an earlier, killed run."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        return linkage.list_partitions(connection)


def link_month(settings: Settings, month: str) -> str:
    """Link the reports that returns of `month` tell of, with what other months told; return `month`.

    Other months to which a report was added, in which one changed, or from which one was taken are compared
    anew, too, so that the outcome does not depend on the order in which returns came.
    """
    check_month(month)
    weights = load_weights()
    with open_workplace(settings) as place:
        _link(place, month, weights)
        erase_spent(place)
    return month


def _link(place: Workplace, month: str, weights: Weights) -> None:
    with begin(place.engine, "jawabdehi_intake") as connection:
        # What a month counts is claimed under the same lock.
        lock(connection, "incidents")
        linkage.put_links(connection, resolve_rows(linkage.load_rows(connection, month, ROWS_SCHEMA)))
        _count_delays_anew(place, connection)
        months = {month, *linkage.list_changed_months(connection)}
        claims.hand_over_claims(connection)
        pairs.drop_pairs_of_the_dead(connection, linkage.list_dead())
        counts = {each: _compare_month(place, connection, each, weights) for each in sorted(months)}
        touched = cluster_connected(connection, linkage.list_seeds(months), weights)
        forgetting.forget_withdrawn(connection)
        claims.forget_claims_of_the_dead(connection)
        counts[month].update(linkage.count_verdicts(connection))
        for each, facts in counts.items():
            event = MONTH_LINKED if each == month else MONTH_COMPARED
            append_entry(connection, event, each, facts, actor="jawabdehi", at=datetime.now(UTC))
        write_papers(place, connection, {*linkage.list_month_returns(connection, month), *touched})


def _count_delays_anew(place: Workplace, connection: sa.Connection) -> None:
    """Let the delay of a report run to the month that first told of it: a correction may stand in a later return.

    Dates are opened in memory. Where they are purged, the delay stays as it is.
    """
    moved, band = linkage.list_moved(connection), band_delays(pl.col("month"), place.contract)
    for start in range(0, len(moved), _OPENED_AT_ONCE):
        reports = load_reports_of(place, connection, moved[start : start + _OPENED_AT_ONCE])
        known = reports.filter(~pl.col("purged")).select("return_id", "row", delay_band=band)
        linkage.put_delays(connection, known)


def _compare_month(
    place: Workplace, connection: sa.Connection, month: str, weights: Weights
) -> dict[str, int]:
    """Compare the reports of a month with each other and with those of near months, and keep the pairs.

    Returns how many pairs link or are doubtful by themselves, were compared, and how many reports stand too
    close together to be compared with all others.
    """
    window = [shift_month(month, by) for by in range(-WINDOW_MONTHS, WINDOW_MONTHS + 1)]
    reports = load_reports(place, connection, window)
    linked = link_reports(reports, weights, place.contract, month=month, backend=place.settings.link_engine)
    pairs.replace_pairs(connection, month, linked.pairs, weights=weights.version)
    pairs.add_alike(connection, linked.alike)
    verdicts = linked.pairs["verdict"]
    return {
        "pairs_automatic": int((verdicts == AUTOMATIC).sum()),
        "pairs_review": int((verdicts == REVIEW).sum()),
        "pairs_compared": linked.candidates,
        "dense_reports": len(linked.dense),
    }
