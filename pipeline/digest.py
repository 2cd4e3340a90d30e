"""The daily digest: what waits for the data team, in sentences that hold numbers and months and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.language import ENGLISH, load_language

DAYS_OF_WARNING = 5
"""So many days before a month closes, those who have not filed are counted."""

DAYS_BETWEEN_BACKUPS = 2


@dataclass(frozen=True)
class MonthFacts:
    """How one month stands; `waits` tells whether a draft of it waits for approval."""

    month: str
    closes_on: date
    expected: int
    missing: int
    is_published: bool
    waits: bool


@dataclass(frozen=True)
class Facts:
    """What the digest is made of.

    Days are whole days, None where something never happened; `free_gib` is None where there is room enough.
    """

    today: date
    months: Sequence[MonthFacts]
    pairs: int
    days_of_oldest_pair: int
    held: int
    rejected: int
    unread_sources: int
    has_returns: bool
    days_since_backup: int | None
    free_gib: int | None


def compose_digest(facts: Facts) -> list[str]:
    """Return one sentence for each thing that waits, the most pressing first; none where nothing does."""
    lines = [line for month in facts.months for line in _say_month(month, facts.today)]
    return [*lines, *_say_queues(facts), *_say_machine(facts)]


def _say_month(month: MonthFacts, today: date) -> Iterator[str]:
    name = load_language(ENGLISH).say_period(month.month)
    days = (month.closes_on - today).days
    if month.waits:
        yield f"The draft of {name} waits for approval."
    elif days <= 0 and not month.is_published:
        yield f"{name} closed {_count(-days, 'day')} ago and is not published."
    if 0 < days <= DAYS_OF_WARNING and month.missing and not month.is_published:
        missing = f"{month.missing} of {month.expected} collectives have not filed"
        yield f"{name} closes in {_count(days, 'day')}: {missing}."


def _say_queues(facts: Facts) -> Iterator[str]:
    if facts.pairs:
        oldest = _count(facts.days_of_oldest_pair, "day")
        yield f"{_count(facts.pairs, 'doubtful pair')} of reports to review; the oldest waits {oldest}."
    if facts.held:
        yield f"{_count(facts.held, 'return')} held until a person has spoken with the collective."
    if facts.rejected:
        yield f"{_count(facts.rejected, 'return')} rejected in the last seven days: see that the slips arrive."
    if facts.unread_sources:
        yield f"{_count(facts.unread_sources, 'source')} not read to the end for more than a day."


def _say_machine(facts: Facts) -> Iterator[str]:
    if facts.days_since_backup is None and facts.has_returns:
        yield "No backup was ever made."
    if facts.days_since_backup is not None and facts.days_since_backup > DAYS_BETWEEN_BACKUPS:
        yield f"The last backup is {facts.days_since_backup} days old."
    if facts.free_gib is not None:
        yield f"Only {facts.free_gib} GiB are free on the disk of the home."


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
