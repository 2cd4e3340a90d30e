"""Pages of the desk: templates filled for one request."""

from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from pipeline.desk.forms import FormSeal
from pipeline.desk.gate import Member
from pipeline.settings import KOLKATA
from pipeline.templates import fill_template


def show(
    request: Request,
    template: str,
    *,
    member: Member | None = None,
    status: int = 200,
    **values: Any,  # noqa: ANN401 (what the template says)
) -> HTMLResponse:
    """Fill a template as the answer to a request; its forms are sealed for `member`."""
    seal: FormSeal = request.app.state.seal
    page = fill_template(
        template,
        None,
        address=lambda page, /, **parts: find_address(request, page, **parts),
        local=say_moment,
        member=member,
        token=seal.make(member) if member else "",
        **values,
    )
    return HTMLResponse(page, status_code=status)


def say_moment(moment: datetime) -> str:
    """Return a moment as the clock in India shows it."""
    return moment.astimezone(KOLKATA).strftime("%Y-%m-%d %H:%M")


def find_address(request: Request, page: str, /, **parts: str) -> str:
    """Return the address of a page, given by the name of its function, on this server."""
    root: str = request.scope.get("root_path", "")
    return root + str(request.app.url_path_for(page, **parts))
