"""Runs that members start: returns are collected, a draft is made anew."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import RedirectResponse

from pipeline.desk.coverage import MonthField
from pipeline.desk.forms import Token, check_form
from pipeline.desk.gate import Approver, Gate, NotStartedError
from pipeline.desk.page import find_address
from pipeline.errors import JawabdehiError

router = APIRouter()

_NOT_STARTED = (
    "Airflow did not start it: see whether its DAG is switched on, and whether you may start it there."
)


@router.post("/runs/collection", status_code=303, response_class=RedirectResponse)
async def collect(request: Request, member: Approver, token: Token) -> Response:
    """Collect returns now."""
    check_form(request, member, token)
    await _start(request, "collect_returns", {})
    return _go_back(request, "show_coverage")


@router.post("/runs/draft", status_code=303, response_class=RedirectResponse)
async def make_draft(request: Request, member: Approver, token: Token, month: MonthField) -> Response:
    """Make the draft of a month, anew where there is one."""
    check_form(request, member, token)
    await _start(request, "issue_monthly_report", {"month": month})
    return _go_back(request, "show_editions")


async def _start(request: Request, dag: str, conf: Mapping[str, str]) -> None:
    gate: Gate = request.app.state.gate
    try:
        await gate.start(request, dag, conf)
    except NotStartedError:
        raise JawabdehiError(_NOT_STARTED) from None


def _go_back(request: Request, page: str) -> Response:
    return RedirectResponse(f"{find_address(request, page)}?begun=1", status_code=status.HTTP_303_SEE_OTHER)
