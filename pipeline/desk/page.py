"""Pages of the desk: templates filled for one request."""

import base64
import functools
import hashlib
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from pipeline.desk.forms import FormSeal
from pipeline.desk.gate import Member
from pipeline.language import ENGLISH, load_language
from pipeline.settings import CHECKOUT, KOLKATA
from pipeline.templates import fill_template

FOLDER = CHECKOUT / "reports" / "desk"
"""Where the style sheet and the script of the desk lie."""

REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"description": description, "content": {"text/html": {}}}
    for code, description in {
        401: "Nobody is logged in.",
        403: "The member has not the role, or the form is not from a page of theirs.",
        404: "There is nothing at this address, or nothing of this name.",
        409: "What was asked for cannot be done now, or is not as it was.",
        413: "The form is too long.",
        422: "The address or the form is none of the desk's.",
        503: "The database or a server does not answer.",
    }.items()
}
"""How the desk refuses, in the description of its addresses; each is a page with one sentence."""


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
        in_words=load_language(ENGLISH).say_period,
        lean=say_lean,
        member=member,
        token=seal.make(member) if member else "",
        **values,
    )
    return HTMLResponse(page, status_code=status)


@functools.cache
def read_style() -> tuple[Markup, str]:
    """Return the style sheet to be put into a page, and how a policy names it.

    Whoever is not logged in gets no file, and still a page that looks well.
    """
    text = (FOLDER / "desk.css").read_text(encoding="utf-8")
    return Markup(text), f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"  # noqa: S704


def say_moment(moment: datetime) -> str:
    """Return a moment as the clock in India shows it: `29 November 2026, 18:30`."""
    there = moment.astimezone(KOLKATA)
    return f"{load_language(ENGLISH).say_day(there.date())}, {there:%H:%M}"


def say_lean(bits: float) -> str:
    """Say what the evidence of a pair comes to; a bit more doubles what speaks for one incident."""
    if abs(bits) < 1:
        return "Nothing tips the scales."
    towards = "one incident" if bits > 0 else "two incidents"
    return f"The evidence {'points' if abs(bits) >= 3 else 'leans'} to {towards}."


def find_address(request: Request, page: str, /, **parts: str) -> str:
    """Return the address of a page, given by the name of its function, on this server."""
    root: str = request.scope.get("root_path", "")
    return root + str(request.app.url_path_for(page, **parts))
