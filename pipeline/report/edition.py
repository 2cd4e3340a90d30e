"""What an edition is called, when it was announced for, and what it was made with."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.settings import KOLKATA, check_month, next_month

LICENCE = "CC-BY-4.0"
"""SPDX identifier of the licence of every published edition."""

_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Edition:
    """One published state of one month: `number` counts from 1, `versions` says what it was made with.

    `closing_day` is the day of the following month on which the month closes. `is_made_up` marks an edition
    that counts made-up returns: every page says so. Raises UsageError where the month or the number cannot be.
    """

    month: str
    number: int
    versions: Mapping[str, str]
    closing_day: int = 10
    is_made_up: bool = False

    def __post_init__(self) -> None:
        check_month(self.month)
        if self.number < 1:
            raise UsageError("Editions of a month are numbered from 1.")

    @property
    def edition_id(self) -> str:
        return f"JWB-{self.month}-e{self.number}"

    @property
    def folder(self) -> str:
        """Where the edition lies below `published/`."""
        return f"{self.month}/e{self.number}"

    @property
    def month_name(self) -> str:
        year, number = self.month.split("-")
        return f"{_MONTH_NAMES[int(number) - 1]} {year}"

    @property
    def announced_for(self) -> datetime.datetime:
        """The start, in India, of the announced closing day: the one date that needs no clock."""
        year, number = (int(part) for part in next_month(self.month).split("-"))
        return datetime.datetime(year, number, self.closing_day, tzinfo=KOLKATA)


def format_day(moment: datetime.datetime) -> str:
    """Write a day as `10 November 2026`, in English whatever the locale of the machine."""
    return f"{moment.day} {_MONTH_NAMES[moment.month - 1]} {moment.year}"
