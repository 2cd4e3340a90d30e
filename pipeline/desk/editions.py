"""Editions: drafts with their audits, what is hidden and why, what changed, and the approval."""

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from pipeline import jobs
from pipeline.desk.coverage import COLLECTIVE, Begun
from pipeline.desk.forms import Token, check_form
from pipeline.desk.gate import APPROVERS, VIEWERS, Approver, Gate, NoQuestionError, Role, Viewer
from pipeline.desk.page import find_address, show
from pipeline.errors import JawabdehiError

router = APIRouter()

EditionId = Annotated[str, Path(pattern=r"^JWB-20\d\d-(0[1-9]|1[0-2])-e[1-9]\d{0,3}$")]
Seal = Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")]

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "script-src 'self' 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""Pages of an edition are read here as they will be published."""

_NO_QUESTION = (
    "Airflow does not ask you about this edition: see whether its monthly report waits at approve, and whether you "
    "may answer."
)


@router.get("/editions", response_class=HTMLResponse)
def show_editions(request: Request, member: Viewer, *, begun: Begun = False) -> Response:
    """Show all editions, the newest month first."""
    records = jobs.list_edition_records(request.app.state.settings)
    may_start = member.role >= Role.APPROVER
    return show(
        request, "desk/editions.html.j2", member=member, records=records, may_start=may_start, begun=begun
    )


@router.get("/editions/{edition_id}", response_class=HTMLResponse)
def show_edition(request: Request, member: Viewer, edition_id: EditionId) -> Response:
    """Show what a person has to know of an edition before it is published."""
    settings = request.app.state.settings
    edition = jobs.view_edition(settings, edition_id)
    return show(
        request,
        "desk/edition.html.j2",
        member=member,
        edition=edition,
        may_approve=member.role >= Role.APPROVER,
        is_lone=jobs.is_lone_reviewer(settings, edition.reviewers, member.name),
    )


@router.get("/editions/{edition_id}/audit", dependencies=[APPROVERS], response_class=HTMLResponse)
def show_audit(request: Request, edition_id: EditionId) -> Response:
    """Show the audit report, which tells apart what the edition keeps together."""
    audit = request.app.state.settings.audits / edition_id / jobs.AUDIT_REPORT
    return _send(audit.parent, audit.name)


@router.get(
    "/editions/{edition_id}/pages/{page:path}",
    dependencies=[VIEWERS],
    response_class=FileResponse,
    responses={200: {"content": {"*/*": {}}}},
)
def show_page(request: Request, edition_id: EditionId, page: str) -> Response:
    """Show a page of a draft, with its styles and fonts."""
    return _send(jobs.find_edition_folder(request.app.state.settings, edition_id), page)


@router.post("/editions/{edition_id}/approval", status_code=303, response_class=RedirectResponse)
async def approve(
    request: Request, member: Approver, edition_id: EditionId, seal: Seal, token: Token
) -> Response:
    """Let an edition through, in the member's name."""
    check_form(request, member, token)
    await run_in_threadpool(jobs.check_approver, request.app.state.settings, edition_id, seal, member.name)
    return await _answer(request, edition_id, approves=True)


@router.post("/editions/{edition_id}/rejection", status_code=303, response_class=RedirectResponse)
async def reject(
    request: Request,
    member: Approver,
    edition_id: EditionId,
    seal: Seal,
    token: Token,
    reason: Annotated[str, Form(min_length=1, max_length=2_000)],
) -> Response:
    """Let an edition not through, and keep the reason."""
    check_form(request, member, token)
    await run_in_threadpool(
        jobs.reject_edition, request.app.state.settings, edition_id, seal, reason, member.name
    )
    return await _answer(request, edition_id, approves=False)


@router.post("/editions/{edition_id}/consents", status_code=303, response_class=RedirectResponse)
def record_consent(
    request: Request,
    member: Approver,
    edition_id: EditionId,
    collective: Annotated[str, Form(pattern=COLLECTIVE)],
    letter: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")],
    token: Token,
) -> Response:
    """Record that a collective has signed its letter for an edition; the letter itself is not sent here."""
    check_form(request, member, token)
    month, _, number = edition_id.removeprefix("JWB-").rpartition("-e")
    settings = request.app.state.settings
    jobs.record_letters(settings, month, [(collective, letter)], member.name, int(number))
    address = find_address(request, "show_edition", edition_id=edition_id)
    return RedirectResponse(address, status_code=status.HTTP_303_SEE_OTHER)


async def _answer(request: Request, edition_id: str, *, approves: bool) -> Response:
    gate: Gate = request.app.state.gate
    try:
        await gate.answer(request, edition_id, approves=approves)
    except NoQuestionError:
        raise JawabdehiError(_NO_QUESTION) from None
    address = find_address(request, "show_edition", edition_id=edition_id)
    return RedirectResponse(address, status_code=status.HTTP_303_SEE_OTHER)


def _send(folder: FilePath, name: str) -> Response:
    """Answer with a file below `folder`, and with nothing that lies elsewhere."""
    path = (folder / name).resolve() if "\0" not in name else folder
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return FileResponse(path, headers={"Content-Security-Policy": _PAGE_POLICY})
