"""Measuring: numbers of an installation for programs that watch it.

They leave this machine where somebody says so, so they are no finer than what an edition may show: sums over all
collectives and months, and rows in steps of five.
"""

import json
from datetime import UTC, datetime

from pipeline.jobs.protection import AUDIT_SUMMARY
from pipeline.jobs.workplace import open_workplace
from pipeline.protect.primary import COMPLEMENTARY
from pipeline.settings import Settings
from pipeline.store import measures, queue, release
from pipeline.store.database import begin

STEP = 5
"""Rows are told in such steps, rounded up, so that one is not the same as none."""

_HOUR = 3600


def measure(settings: Settings, *, now: datetime | None = None) -> dict[str, int]:
    """Return numbers by name: returns by state, rows by verdict, the queue of review, figures that are hidden.

    `review.oldest_hours` is the age of the pair that waits longest. `hidden.primary` counts the figures that the
    newest edition hides for what they would tell themselves, `hidden.complementary` those hidden for others.
    """
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_reporting") as connection:
        returns, rows = measures.count_returns(connection), measures.count_rows(connection)
        pairs, oldest = queue.measure_queue(connection)
        editions = release.list_editions(connection)
    age = (now or datetime.now(UTC)) - oldest if oldest else None
    hidden = _read_hidden(settings, editions[-1].edition_id) if editions else {}
    return (
        {f"returns.{state}": number for state, number in returns.items()}
        | {f"rows.{verdict}": -(-number // STEP) * STEP for verdict, number in rows.items()}
        | {"review.pairs": pairs, "review.oldest_hours": int(age.total_seconds() // _HOUR) if age else 0}
        | {
            "hidden.primary": sum(number for why, number in hidden.items() if why != COMPLEMENTARY),
            "hidden.complementary": hidden.get(COMPLEMENTARY, 0),
        }
    )


def _read_hidden(settings: Settings, edition_id: str) -> dict[str, int]:
    path = settings.audits / edition_id / AUDIT_SUMMARY
    # A draft has no audit yet while its figures are worked out.
    return dict(json.loads(path.read_text(encoding="utf-8"))["hidden"]) if path.is_file() else {}
