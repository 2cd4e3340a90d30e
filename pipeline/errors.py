"""Every error the program raises on purpose.

A message is one plain sentence that says what to do. It never carries a value from a report, since messages
reach logs, Airflow's pages and return slips.
"""

import traceback
from pathlib import PurePath


class JawabdehiError(Exception):
    """The job failed for a reason that a person can act on."""

    exit_code = 1


class UsageError(JawabdehiError):
    """The program was called or configured wrongly."""

    exit_code = 2


class NotThereError(UsageError):
    """What was asked for by its name is not there."""


class RetryableError(JawabdehiError):
    """Something outside was not there; the same call may succeed later."""


class ReturnRejectedError(JawabdehiError):
    """A whole return cannot be read; its slip names the rule and the collective may send it again, mended.

    `rule` is an id of `schemas/rules.csv`.
    """

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"This return was rejected under rule {rule}; its return slip says what to do.")


def describe_unexpected(error: Exception) -> str:
    """Return a sentence about an error that is not ours: its kind and its place in our own code.

    Its text is left out, since libraries quote what they stumble over.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [frame for frame in frames if frame.f_globals.get("__name__", "").startswith("pipeline.")]
    frame = (own or frames)[-1]
    place = f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno} ({frame.f_code.co_name})"
    return f"{type(error).__name__} in {place}; its text is withheld, since it may hold values."
