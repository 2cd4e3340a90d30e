"""Returns that wait for a person: listed, released or refused."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from pipeline.errors import UsageError
from pipeline.jobs.statements import write_papers
from pipeline.jobs.workplace import Workplace, open_workplace
from pipeline.settings import KOLKATA, Settings
from pipeline.store import intake
from pipeline.store.database import begin
from pipeline.store.ledger import append_entry

RETURN_REFUSED = "return refused"
"""The event in the ledger."""
REFUSED = "return_refused"
"""The rule under which rows of a refused return do not count."""
UNDECIDED = "return_undecided"
"""The rule under which rows of a return do not count that nobody decided on before its time was over."""


def list_held_returns(settings: Settings) -> list[str]:
    """Return plain lines about the returns that wait for a person, the oldest first, and why."""
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        held, rules = intake.list_held(connection), place.contract.rules
    return [line for each in held for line in _say(each, [rules[rule].reason for rule in each.concerns])] or [
        "No return waits for a person."
    ]


def release_return(settings: Settings, return_id: str, name: str) -> str:
    """Let a held return count, in the name of a person; return what follows in one sentence.

    Raises UsageError where no such return waits, or no name is given.
    """
    _settle(settings, return_id, name, "return released", intake.release_held)
    return "The return counts: run jawabdehi run, or let Airflow link its month."


def refuse_return(settings: Settings, return_id: str, name: str) -> str:
    """Let nothing of a held return count and erase what it says, in the name of a person; otherwise the same."""
    _settle(
        settings,
        return_id,
        name,
        RETURN_REFUSED,
        lambda connection, refused: intake.refuse_held(connection, refused, REFUSED),
    )
    return "Nothing of the return counts, and what it says is erased; its slip tells the collective."


def _settle(
    settings: Settings, return_id: str, name: str, event: str, settle: Callable[[sa.Connection, str], bool]
) -> None:
    if not name.strip():
        raise UsageError("Give your name after --as.")
    with open_workplace(settings) as place, begin(place.engine, "jawabdehi_intake") as connection:
        if not settle(connection, return_id):
            raise UsageError("No such return waits: jawabdehi returns list names those that do.")
        note_settled(place, connection, event, return_id, {}, actor=name)


def note_settled(
    place: Workplace,
    connection: sa.Connection,
    event: str,
    return_id: str,
    facts: Mapping[str, int],
    *,
    actor: str,
) -> None:
    """Let the ledger and the collective's papers tell that a return waits no more."""
    append_entry(connection, event, return_id, facts, actor=actor, at=datetime.now(UTC))
    write_papers(place, connection, [return_id])


def _say(held: intake.HeldReturn, reasons: list[str]) -> Iterator[str]:
    day = held.received_at.astimezone(KOLKATA).date().isoformat()
    yield f"{held.return_id}: {held.rows_received} rows of {held.collective} for {held.month}, received on {day}"
    for reason in reasons:
        yield f"  {reason}"
