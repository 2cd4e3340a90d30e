"""Who is at the desk: roles, and what the desk asks of the program that it is served by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Protocol

from fastapi import Depends, HTTPException, Request, status


class Role(IntEnum):
    """What somebody may do; a higher role may do what the lower ones may.

    A viewer sees coverage, slips and editions; a reviewer opens and decides doubtful pairs; an approver lets editions
    through; an administrator runs Airflow.
    """

    VIEWER = 1
    REVIEWER = 2
    APPROVER = 3
    ADMINISTRATOR = 4


@dataclass(frozen=True)
class Member:
    """Somebody of the data team; decisions carry `name`."""

    name: str
    role: Role


class NoQuestionError(Exception):
    """No question of publication is open for this edition, or it was not this member's to answer."""


class NotStartedError(Exception):
    """A run could not be started, or not by this member."""


class Gate(Protocol):
    """The program that serves the desk."""

    async def identify(self, request: Request) -> Member | None:
        """Return who asks; None where they are known and have no role here.

        Raises HTTPException with status 401 where nobody is logged in, or 403 where the login is none.
        """
        ...

    async def answer(self, request: Request, edition_id: str, *, approves: bool) -> None:
        """Answer the open question whether this edition is published, in the name of whoever asks.

        Raises NoQuestionError where there is none, or where it may not be answered by them.
        """
        ...

    async def start(self, request: Request, dag: str, conf: Mapping[str, str]) -> None:
        """Start a run of a DAG in the name of whoever asks; raise NotStartedError where that cannot be."""
        ...

    async def find_last_collection(self) -> datetime | None:
        """Return when returns were last collected without a failure, None where they never were."""
        ...


def require(role: Role) -> Callable[[Request], object]:
    """Return a dependency that lets members of at least `role` pass, and gives the member."""

    async def let_pass(request: Request) -> Member:
        gate: Gate = request.app.state.gate
        member = await gate.identify(request)
        if member is None or member.role < role:
            raise HTTPException(
                status.HTTP_403_FORBIDDEN, f"Ask an administrator for the role {role.name.lower()}."
            )
        return member

    return let_pass


VIEWERS, APPROVERS = Depends(require(Role.VIEWER)), Depends(require(Role.APPROVER))
"""Guards of addresses that do not ask who it is that may come in."""

Viewer = Annotated[Member, Depends(require(Role.VIEWER))]
Reviewer = Annotated[Member, Depends(require(Role.REVIEWER))]
Approver = Annotated[Member, Depends(require(Role.APPROVER))]
