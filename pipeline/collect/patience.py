"""Patience: a step that fails for a reason that may pass is done again, after a while that grows.

Which reasons may pass is for the caller to say, by raising PassingError.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn, TypeVar

import tenacity

from pipeline.errors import RetryableError

MOST_TRIES = 5
LONGEST_WAIT = 120.0
"""Seconds, also where a server asks for more: the next run comes anyway."""

_FIRST_WAIT, _LAST_WAIT = 1.0, 60.0

_T = TypeVar("_T")


class PassingError(RetryableError):
    """Something that may pass; `pause` are the seconds that the server asks us to wait."""

    def __init__(self, message: str, pause: float = 0.0) -> None:
        self.pause = pause
        super().__init__(message)


def insist(step: Callable[[], _T], sleep: Callable[[float], None] | None = None) -> _T:
    """Do a step until it raises no PassingError, waiting 1, 2, 4 … seconds and a random part of one in between.

    `sleep` waits; by default it is that of the system.
    Raises RetryableError with the last message after MOST_TRIES; every other error at once.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(MOST_TRIES),
        wait=_choose_wait,
        retry=tenacity.retry_if_exception_type(PassingError),
        sleep=sleep or time.sleep,
        retry_error_callback=_give_up,
    )
    return retrying(step)


def read_pause(headers: Mapping[str, str]) -> float:
    """Return the seconds that `Retry-After` asks for, at most LONGEST_WAIT; 0 where it says nothing that can be read.

    It is a number or a date (RFC 9110, 10.2.3); a date is held against the server's clock, not ours.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), LONGEST_WAIT)
    until = _read_date(text)
    if until is None:
        return 0.0
    now = _read_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def _read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _choose_wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.pause if isinstance(error, PassingError) else 0.0
    return max(tenacity.wait_exponential_jitter(initial=_FIRST_WAIT, max=_LAST_WAIT)(state), asked)


def _give_up(state: tenacity.RetryCallState) -> NoReturn:
    # A new error, since the old one drags the request along, and with it the credentials.
    raise RetryableError(str(state.outcome.exception() if state.outcome else ""))
