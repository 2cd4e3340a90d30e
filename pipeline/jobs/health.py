"""Health: whether an installation can do its work right now, for programs that watch it and for the data team."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.doctor import Finding, examine
from pipeline.settings import KOLKATA, Settings

LONGEST_WITHOUT_COLLECTION = timedelta(hours=3)
"""Returns are collected every hour; one hour may fail, two are worth a look."""

_LOOKED_AT = ("Disk", "Keys", "Database")


@dataclass(frozen=True)
class Health:
    """What was found, one thing after the other; `is_well` where all of it is."""

    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        return all(finding.is_well for finding in self.findings)


def check_health(
    settings: Settings, collected_at: datetime | None, started_at: datetime, *, now: datetime | None = None
) -> Health:
    """Look at the disk, the keys, the database with its migrations, and how long ago returns were collected.

    `collected_at` is the end of the newest run that collected them, None where there was none. An installation that
    began to run at `started_at` is given the time that one without a collection has. Changes nothing.
    """
    moment = now or datetime.now(UTC)
    looked_at: Sequence[Finding] = list(examine(settings, os.environ, _LOOKED_AT))
    return Health((*looked_at, _judge_collection(collected_at, started_at, moment)))


def _judge_collection(collected_at: datetime | None, started_at: datetime, now: datetime) -> Finding:
    is_well = now - max(collected_at or started_at, started_at) <= LONGEST_WITHOUT_COLLECTION
    when = f"{collected_at.astimezone(KOLKATA):%Y-%m-%d %H:%M}" if collected_at else "never"
    says = f"Returns were last collected: {when}."
    if not is_well:
        says += " Look at collect_returns in Airflow: it is paused, or its tasks fail."
    return Finding("Collection", is_well=is_well, says=says)
