"""Health: one word for programs that watch the installation, and what it is about for members."""

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from pipeline import jobs
from pipeline.desk.gate import Gate, Role
from pipeline.errors import describe_unexpected
from pipeline.jobs.health import Health

router = APIRouter()

_LOG = logging.getLogger(__name__)

_SECONDS_KEPT = 10.0
"""Whoever asks more often gets the same answer: nobody needs a login to ask."""


class HealthDesk:
    """Looks at the health of one installation, and not more often than needed."""

    def __init__(self) -> None:
        self._started_at = datetime.now(UTC)
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._found: Health | None = None

    def look(self, request: Request, collected_at: datetime | None) -> Health:
        """Return how the installation is, or was a few seconds ago."""
        with self._lock:
            if self._found is None or time.monotonic() - self._looked_at > _SECONDS_KEPT:
                settings = request.app.state.settings
                self._found = jobs.check_health(settings, collected_at, self._started_at)
                self._looked_at = time.monotonic()
            return self._found


@router.get(
    "/health",
    response_class=JSONResponse,
    responses={
        status.HTTP_503_SERVICE_UNAVAILABLE: {
            "description": "Something fails.",
            "content": {"application/json": {}},
        }
    },
)
async def show_health(request: Request) -> Response:
    """Tell in one word whether the installation can do its work; members are told what was looked at, too."""
    gate: Gate = request.app.state.gate
    desk: HealthDesk = request.app.state.health
    try:
        collected_at = await gate.find_last_collection()
    except Exception as error:  # noqa: BLE001 (whoever serves the desk has a database of its own, which is away)
        _LOG.error("When returns were collected is not known: %s", describe_unexpected(error))
        return JSONResponse({"status": "failing"}, status_code=status.HTTP_503_SERVICE_UNAVAILABLE)
    found = await run_in_threadpool(desk.look, request, collected_at)
    answer: dict[str, Any] = {"status": "healthy" if found.is_well else "failing"}
    if await _is_member(gate, request):
        answer["checks"] = {
            each.name.lower(): {"is_well": each.is_well, "says": each.says} for each in found.findings
        }
    code = status.HTTP_200_OK if found.is_well else status.HTTP_503_SERVICE_UNAVAILABLE
    return JSONResponse(answer, status_code=code)


async def _is_member(gate: Gate, request: Request) -> bool:
    try:
        member = await gate.identify(request)
    except HTTPException:
        return False
    return member is not None and member.role >= Role.VIEWER
