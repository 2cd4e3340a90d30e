"""Review: the queue of doubtful pairs, one pair side by side, decisions and what comes of them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline import jobs
from pipeline.desk.forms import Token, check_form
from pipeline.desk.gate import Reviewer
from pipeline.desk.page import find_address, show

router = APIRouter()

Pair = Annotated[str, Path(pattern=r"^[0-9a-f]{8}$")]


@router.get("/review", response_class=HTMLResponse)
def show_queue(
    request: Request,
    member: Reviewer,
    month: Annotated[str | None, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")] = None,
    after: Annotated[str | None, Query(pattern=r"^[0-9a-f]{8}$")] = None,
) -> Response:
    """Show the pairs that wait; `after` is the pair that was just decided on, `month` limits what is shown."""
    settings = request.app.state.settings
    return show(
        request,
        "desk/queue.html.j2",
        member=member,
        month=month,
        pairs=jobs.load_queue(settings, month),
        after=after,
        outcome=jobs.say_outcome(settings, after, member.name) if after else None,
        agreement=jobs.describe_agreement(settings) if settings.review_double else [],
    )


@router.get("/review/{pair}", response_class=HTMLResponse)
def show_pair(request: Request, member: Reviewer, pair: Pair) -> Response:
    """Show both reports of a pair; what is sealed of them is opened for this answer only."""
    opened = jobs.open_pair(request.app.state.settings, pair, member.name)
    return show(request, "desk/pair.html.j2", member=member, opened=opened, compared=opened.comparison)


@router.post("/review/{pair}/decision", status_code=303, response_class=RedirectResponse)
def decide(
    request: Request,
    member: Reviewer,
    pair: Pair,
    answer: Annotated[Literal["same", "apart", "unsure"], Form()],
    token: Token,
) -> Response:
    """Record what the reviewer says of a pair."""
    check_form(request, member, token)
    jobs.decide_pair(request.app.state.settings, pair, answer, member.name)
    return _go_on(request, pair)


@router.post("/review/{pair}/undo", status_code=303, response_class=RedirectResponse)
def undo(request: Request, member: Reviewer, pair: Pair, token: Token) -> Response:
    """Take back the reviewer's newest decision on a pair."""
    check_form(request, member, token)
    jobs.undo_decision(request.app.state.settings, pair, member.name)
    return _go_on(request, pair)


def _go_on(request: Request, pair: str) -> Response:
    return RedirectResponse(
        f"{find_address(request, 'show_queue')}?after={pair}", status_code=status.HTTP_303_SEE_OTHER
    )
