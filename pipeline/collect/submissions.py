"""What a server of forms has, as the sources KoboToolbox and ODK Central tell it, in one shape.

A *submission* is one filled form on such a server. Its natural key survives edits, its version does not. Nothing
that names a person or a device gets into a submission here: only the answers to questions of the contract do,
and of all other questions their names alone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol


class Standing(Enum):
    """How a submission stands with those who review it on the server."""

    COUNTS = "counts"
    WAITS = "waits"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Glance:
    """What a full list of ids tells of one submission: its natural key, its version and how it stands."""

    key: str
    version: str
    standing: Standing


@dataclass(frozen=True, repr=False)
class Submission(Glance):
    """One submission with its answers.

    `submitted_at` is when the server first received it, aware. `answers` maps names of the contract to text as a
    CSV cell would hold it; blank ones are left out. `others` are the names of further questions, without answers.
    """

    submitted_at: datetime
    answers: Mapping[str, str]
    others: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Batch:
    """Some submissions, and the watermark to go on from once they are stored."""

    submissions: tuple[Submission, ...]
    watermark: str


class FormServer(Protocol):
    """One form of one collective on a server.

    Every method raises RetryableError where the server cannot be reached or answers with what may pass, and
    JawabdehiError or UsageError, with what to do, where a person has to act. All of them are safe to repeat.
    """

    def read_since(self, watermark: str | None) -> Iterator[Batch]:
        """Yield what is new since `watermark`, oldest first; a submission may come again, none is left out.

        `None` begins at the beginning. Where nothing is new there is no batch. Deletes and restores are not among it,
        and edits and reviews not with every server: those are told by `list_all`.
        """
        ...

    def list_all(self) -> Mapping[str, Glance]:
        """Return every submission there is, by key; never a part of them."""
        ...

    def read(self, keys: Collection[str]) -> Iterator[Submission]:
        """Yield the submissions of `keys` as they are now; those that are gone are left out."""
        ...
