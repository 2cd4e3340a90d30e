"""What an edition is called, when it was announced for, and what it was made with."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.settings import check_month, closing_of, next_month

LICENCE = "CC-BY-4.0"
"""SPDX identifier of the licence of every published edition."""


@dataclass(frozen=True)
class Edition:
    """One published state of one month: `number` counts from 1, `versions` says what it was made with.

    `closing_day` is the day of the following month on which the month closes. `is_made_up` marks an edition
    that counts made-up returns: every page says so. `reason` is a code of the list correction_reasons: why this
    edition corrects the one before. `is_printed` tells whether its pages come as PDF, too. Raises UsageError where
    the month, the number or the reason cannot be.
    """

    month: str
    number: int
    versions: Mapping[str, str]
    closing_day: int = 10
    is_made_up: bool = False
    reason: str | None = None
    is_printed: bool = True

    def __post_init__(self) -> None:
        check_month(self.month)
        if self.number < 1:
            raise UsageError("Editions of a month are numbered from 1.")
        if self.number == 1 and self.reason is not None:
            raise UsageError("The first edition of a month corrects nothing: leave out the reason.")

    @property
    def edition_id(self) -> str:
        return f"JWB-{self.month}-e{self.number}"

    @property
    def corrected(self) -> "Edition | None":
        """The edition that this one corrects: the one before, or None for the first of a month.

        Of it only the name and the place are known.
        """
        return Edition(self.month, self.number - 1, {}) if self.number > 1 else None

    @property
    def folder(self) -> str:
        """Where the edition lies below `published/`."""
        return f"{self.month}/e{self.number}"

    @property
    def next_announced_for(self) -> datetime.datetime:
        """The announced day of the month after."""
        return Edition(next_month(self.month), 1, {}, closing_day=self.closing_day).announced_for

    @property
    def announced_for(self) -> datetime.datetime:
        """The start, in India, of the announced closing day: the one date that needs no clock."""
        return closing_of(self.month, self.closing_day)
