"""A stand-in for Airflow in front of the desk: who asks, and in which role, stands in a header."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import HTTPException, Request

from pipeline.desk.gate import Member, NoQuestionError, NotStartedError, Role

ROLES = ("viewer", "reviewer", "approver", "administrator")
"""The roles of the desk, the lowest first."""

KEY = "a made-up key of an installation"


class MadeUpGate:
    """Takes the name of whoever asks, and their role, from a header, and remembers answers.

    `name:` without a role is somebody who is known and has none here.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[str, bool]] = []
        self.started: list[tuple[str, dict[str, str]]] = []
        self.starts = True
        self.asks = True
        self.collected_at: datetime | None = datetime.now(UTC)

    async def identify(self, request: Request) -> Member | None:
        name, mark, role = request.headers.get("x-member", "").partition(":")
        if not mark or (role and role.upper() not in Role.__members__):
            raise HTTPException(401)
        return Member(name, Role[role.upper()]) if role else None

    async def answer(self, request: Request, edition_id: str, *, approves: bool) -> None:
        if not self.asks:
            raise NoQuestionError
        self.answers.append((edition_id, approves))

    async def start(self, request: Request, dag: str, conf: Mapping[str, str]) -> None:
        if not self.starts:
            raise NotStartedError
        self.started.append((dag, dict(conf)))

    async def find_last_collection(self) -> datetime | None:
        return self.collected_at
