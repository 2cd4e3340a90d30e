"""What the submissions on a server mean for a collective's reports: rows of returns, in the words of the contract.

A submission that is new is a new report, an edit a correction, a rejection or a deletion a withdrawal. A withdrawn
report stays withdrawn for ever, so one that is restored is told again under an id of its own, unless the figures
of a published edition go on counting it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.collect.submissions import Standing, Submission
from pipeline.settings import KOLKATA

_BEFORE_THE_INCIDENT = frozenset(
    {
        "report_id",
        "action",
        "recorded_on",
        "recorder",
        "consent_statistics",
        "survivor_age_band",
        "guardian_consent",
    }
)
"""What a form may have answers to although it tells of no incident."""

Row = Mapping[str, str | None]
"""One row of a return by names of the contract; further names have no value, so that the slip can tell of them."""


@dataclass(frozen=True)
class Known:
    """What was made of a submission so far.

    `month` is the reporting month in which it was told first, `generation` how often it was restored. It is the
    owner of its report id unless another submission told of the id before; it is told unless it was withdrawn.
    """

    key: str
    version: str
    report_id: str
    month: str
    generation: int = 0
    is_owner: bool = True
    is_told: bool = True


@dataclass(frozen=True)
class Change:
    """Rows for a return of the month of `known`, which is what is known once they are landed."""

    known: Known
    rows: tuple[Row, ...]


def follow(
    submission: Submission,
    known: Known | None,
    *,
    received_in: str,
    taken: Collection[str],
    may_be_restored: bool,
) -> Change | None:
    """Return what a submission changes, or None where it changes nothing.

    `received_in` is the month of today, `taken` the report ids of which other submissions tell, and
    `may_be_restored` says of a withdrawn report that no figure counts it.
    """
    if submission.standing is Standing.REJECTED or _tells_nothing(submission):
        return withdraw(known) if known else None
    if submission.standing is Standing.WAITS:
        return None
    if known is None:
        # A server whose clock runs ahead must not file reports for a month to come.
        month = min(submission.submitted_at.astimezone(KOLKATA).strftime("%Y-%m"), received_in)
        return _tell(submission, Known(submission.key, submission.version, "", month), taken)
    if not known.is_told:
        return _restore(submission, known, taken) if may_be_restored or not known.is_owner else None
    return None if known.version == submission.version else _edit(submission, known, taken)


def withdraw(known: Known) -> Change | None:
    """Return the withdrawal of a submission that was rejected or is gone, or None where nothing of it is told."""
    if not known.is_told:
        return None
    rows = (_withdrawal(known.report_id),) if known.is_owner else ()
    return Change(replace(known, is_told=False), rows)


def month_now(now: datetime) -> str:
    """Return the month of a moment in India."""
    return now.astimezone(KOLKATA).strftime("%Y-%m")


def name_report(submission: Submission, generation: int) -> str:
    """Return the report id of a submission: the answer, or else what the server calls it."""
    name = submission.answers.get("report_id") or submission.key
    return f"{name[:58]}.r{generation}" if generation else name


def list_rows(changes: Iterable[Change]) -> dict[str, list[Row]]:
    """Return the rows of changes by reporting month, in the order of the changes; no month is without rows."""
    found: dict[str, list[Row]] = {}
    for change in changes:
        if change.rows:
            found.setdefault(change.known.month, []).extend(change.rows)
    return found


def _restore(submission: Submission, known: Known, taken: Collection[str]) -> Change:
    # What was told under an id that another submission owns was not withdrawn by it, so that the id may serve.
    generation = known.generation + known.is_owner
    again = replace(known, version=submission.version, generation=generation, is_told=True)
    return _tell(submission, again, taken)


def _tells_nothing(submission: Submission) -> bool:
    """Tell whether a form was ended before it came to what happened: who does not agree is asked nothing more."""
    is_about_another = submission.answers.get("action", "new") != "new"
    return not is_about_another and submission.answers.keys() <= _BEFORE_THE_INCIDENT


def _edit(submission: Submission, known: Known, taken: Collection[str]) -> Change:
    report_id = name_report(submission, known.generation)
    if report_id != known.report_id:
        told = _tell(submission, replace(known, version=submission.version), taken)
        gone = (_withdrawal(known.report_id),) if known.is_owner else ()
        return Change(told.known, (*gone, *told.rows))
    # A correction of an id that another submission owns would replace that one's report.
    action = "correct" if known.is_owner else "new"
    return Change(replace(known, version=submission.version), (_row(submission, report_id, action),))


def _tell(submission: Submission, known: Known, taken: Collection[str]) -> Change:
    report_id = name_report(submission, known.generation)
    action = submission.answers.get("action", "new")
    is_owner = action == "new" and report_id not in taken
    told = replace(known, report_id=report_id, is_owner=is_owner)
    return Change(told, (_row(submission, report_id, action),))


def _row(submission: Submission, report_id: str, action: str) -> Row:
    named = {"report_id": report_id, "action": action}
    return dict.fromkeys(submission.others) | dict(sorted(submission.answers.items())) | named


def _withdrawal(report_id: str) -> Row:
    return {"report_id": report_id, "action": "withdraw"}
