"""Coverage: who has filed for which month, and the slip of every return."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from pipeline import jobs
from pipeline.contract import load_contract
from pipeline.desk.gate import VIEWERS, Role, Viewer
from pipeline.desk.page import show

router = APIRouter()

_MONTH = r"^20\d\d-(0[1-9]|1[0-2])$"
Month = Annotated[str, Path(pattern=_MONTH)]
MonthField = Annotated[str, Form(pattern=_MONTH)]
Begun = Annotated[bool, Query()]
"""Whether a run was started just now, as an address says it to the page that follows."""

COLLECTIVE = r"^[A-Z][A-Z0-9_]{1,31}$"
Collective = Annotated[str, Path(pattern=COLLECTIVE)]
ReturnId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,80}$")]

_SLIP_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""Slips carry their style along, since collectives read them as files."""


@router.get("/coverage", response_class=HTMLResponse)
def show_coverage(
    request: Request,
    member: Viewer,
    months: Annotated[int, Query(ge=1, le=24)] = 6,
    *,
    begun: Begun = False,
) -> Response:
    """Show how every collective stands with the newest months."""
    table = jobs.load_coverage(request.app.state.settings, months)
    return show(
        request,
        "desk/coverage.html.j2",
        member=member,
        table=table,
        missing=jobs.list_missing(table),
        may_start=member.role >= Role.APPROVER,
        begun=begun,
    )


@router.get("/coverage/{month}/{collective}", response_class=HTMLResponse)
def show_filing(request: Request, member: Viewer, month: Month, collective: Collective) -> Response:
    """Show the returns of one collective for one month."""
    filing = jobs.load_filing(request.app.state.settings, collective, month)
    contract = load_contract()
    known = contract.code_lists["collectives"].codes
    return show(
        request,
        "desk/filing.html.j2",
        member=member,
        filing=filing,
        called=known[collective].label if collective in known else collective,
        rules=contract.rules,
    )


@router.get("/slips/{return_id}", dependencies=[VIEWERS], response_class=HTMLResponse)
def show_slip(request: Request, return_id: ReturnId) -> Response:
    """Show the slip of a return, as its collective got it."""
    slip = jobs.find_slip(request.app.state.settings, return_id)
    return FileResponse(slip, media_type="text/html", headers={"Content-Security-Policy": _SLIP_POLICY})
