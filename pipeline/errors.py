"""Every error the program raises on purpose.

A message is one plain sentence that says what to do. It never carries a value from a report, since messages
reach logs, Airflow's pages and return slips.
"""


class JawabdehiError(Exception):
    """The job failed for a reason that a person can act on."""

    exit_code = 1


class UsageError(JawabdehiError):
    """The program was called or configured wrongly."""

    exit_code = 2


class RetryableError(JawabdehiError):
    """Something outside was not there; the same call may succeed later."""


class ReturnRejectedError(JawabdehiError):
    """A whole return cannot be read; its slip names the rule and the collective may send it again, mended.

    `rule` is an id of `schemas/rules.csv`.
    """

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"This return was rejected under rule {rule}; its return slip says what to do.")
