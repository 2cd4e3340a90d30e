"""The application of the desk: its routes, the headers of every page, and how errors look."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from pipeline import __version__
from pipeline.desk import coverage, editions, review, static
from pipeline.desk.forms import FormSeal
from pipeline.desk.gate import Gate
from pipeline.desk.page import find_address, show
from pipeline.errors import JawabdehiError, RetryableError, UsageError, describe_unexpected
from pipeline.settings import Settings

HEADERS = {
    # Nothing but what the desk itself serves, and nothing that runs unless it does.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer of the desk tells a browser; a page may be stricter."""


def make_desk(settings: Settings, gate: Gate, *, key: str, login: str) -> FastAPI:
    """Return the desk of one installation.

    `key` is a secret of the installation that tokens of forms are made with. `login` is the address of the page on
    which members log in.
    """
    desk = FastAPI(title="Jawabdehi desk", version=__version__, openapi_url=None)
    desk.state.settings, desk.state.gate, desk.state.seal, desk.state.login = (
        settings,
        gate,
        FormSeal(key),
        login,
    )
    for page in (coverage, review, editions, static):
        desk.include_router(page.router)
    desk.middleware("http")(_set_headers)
    desk.add_exception_handler(StarletteHTTPException, _say_refusal)
    desk.add_exception_handler(RequestValidationError, _say_misuse)
    desk.add_exception_handler(JawabdehiError, _say_error)

    @desk.get("/", include_in_schema=False)
    def start(request: Request) -> Response:
        return RedirectResponse(find_address(request, "show_coverage"))

    return desk


async def _set_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        response = await call_next(request)
    except Exception as error:  # noqa: BLE001 (its text may quote what it stumbled over, so it stops here)
        response = _say_unexpected(request, error)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _say_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return _say(
            request, HTTPStatus.UNAUTHORIZED, "Log in to Airflow first.", login=request.app.state.login
        )
    is_ours = isinstance(error, HTTPException) and error.status_code == HTTPStatus.FORBIDDEN
    sentence = str(error.detail) if is_ours else "There is nothing at this address."
    return _say(request, error.status_code, sentence)


def _say_misuse(request: Request, _error: Exception) -> Response:
    # What was sent may be anything: it is not repeated.
    return _say(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, "This address or form is not one of the desk's: start anew."
    )


def _say_error(request: Request, error: Exception) -> Response:
    status = HTTPStatus.CONFLICT
    if isinstance(error, UsageError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif isinstance(error, RetryableError):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return _say(request, status, str(error))


def _say_unexpected(request: Request, error: Exception) -> Response:
    return _say(request, HTTPStatus.INTERNAL_SERVER_ERROR, describe_unexpected(error))


def _say(request: Request, status: int, sentence: str, *, login: str | None = None) -> Response:
    return show(request, "desk/error.html.j2", status=status, code=status, sentence=sentence, login=login)
