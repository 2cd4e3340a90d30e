"""The application of the desk: its routes, the headers of every page, and how errors look."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from pipeline import __version__
from pipeline.desk import coverage, editions, health, review, runs, static
from pipeline.desk.forms import FormSeal
from pipeline.desk.gate import VIEWERS, Gate
from pipeline.desk.page import REFUSALS, find_address, read_style, show
from pipeline.errors import JawabdehiError, NotThereError, RetryableError, UsageError, describe_unexpected
from pipeline.settings import Settings

_LOG = logging.getLogger(__name__)

_POLICY = (
    "default-src 'none'; style-src {}; script-src 'self'; "
    "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)

HEADERS = {
    # Nothing but what the desk itself serves, and nothing that runs unless it does.
    "Content-Security-Policy": _POLICY.format("'self'"),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer of the desk tells a browser; a page may be stricter."""

LARGEST_FORM = 32 * 1024
"""Bytes that a form may have; the longest one, with a reason in Tamil, has a tenth of them."""


def make_desk(settings: Settings, gate: Gate, *, key: str, login: str) -> FastAPI:
    """Return the desk of one installation.

    `key` is a secret of the installation that tokens of forms are made with. `login` is the address of the page on
    which members log in.
    """
    desk = FastAPI(title="Jawabdehi desk", version=__version__, openapi_url=None)
    desk.state.settings, desk.state.gate, desk.state.login = settings, gate, login
    desk.state.seal, desk.state.health = FormSeal(key), health.HealthDesk()
    for page in (coverage, review, editions, runs, health, static):
        desk.include_router(page.router, responses=REFUSALS)
    desk.middleware("http")(_set_headers)
    desk.add_exception_handler(StarletteHTTPException, _say_refusal)
    desk.add_exception_handler(RequestValidationError, _say_misuse)
    desk.add_exception_handler(JawabdehiError, _say_error)

    @desk.get("/", include_in_schema=False, dependencies=[VIEWERS])
    def start(request: Request) -> Response:
        return RedirectResponse(find_address(request, "show_coverage"))

    return desk


async def _set_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        # Before anybody is asked who they are, a form is read, and written to the disk where it is long.
        response = _say_too_long(request) if _is_too_long(request) else await call_next(request)
    except Exception as error:  # noqa: BLE001 (its text may quote what it stumbled over, so it stops here)
        response = _say_unexpected(request, error)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _is_too_long(request: Request) -> bool:
    length = request.headers.get("content-length", "")
    if "transfer-encoding" in request.headers:
        return True
    return bool(length) and not (length.isdecimal() and int(length) <= LARGEST_FORM)


def _say_too_long(request: Request) -> Response:
    return _say(
        request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This form is too long: shorten what you wrote."
    )


def _say_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return _say(
            request, HTTPStatus.UNAUTHORIZED, "Log in to Airflow first.", login=request.app.state.login
        )
    is_ours = isinstance(error, HTTPException) and error.status_code == HTTPStatus.FORBIDDEN
    sentence = str(error.detail) if is_ours else "There is nothing at this address."
    response = _say(request, error.status_code, sentence)
    response.headers.update(error.headers or {})
    return response


def _say_misuse(request: Request, _error: Exception) -> Response:
    # What was sent may be anything: it is not repeated.
    return _say(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, "This address or form is not one of the desk's: start anew."
    )


def _say_error(request: Request, error: Exception) -> Response:
    status = HTTPStatus.CONFLICT
    if isinstance(error, NotThereError):
        status = HTTPStatus.NOT_FOUND
    elif isinstance(error, UsageError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif isinstance(error, RetryableError):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return _say(request, status, str(error))


def _say_unexpected(request: Request, error: Exception) -> Response:
    _LOG.error("The desk failed: %s", describe_unexpected(error))
    return _say(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something is wrong with the desk itself. Try again; if it stays so, tell whoever runs it at what time it "
        "happened, and the log says what it was.",
    )


def _say(request: Request, status: int, sentence: str, *, login: str | None = None) -> Response:
    style, named = read_style()
    response = show(
        request,
        "desk/error.html.j2",
        status=status,
        code=status,
        sentence=sentence,
        login=login,
        style=style,
    )
    response.headers["Content-Security-Policy"] = _POLICY.format(f"'self' {named}")
    return response
