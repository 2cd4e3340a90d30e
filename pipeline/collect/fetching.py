"""Fetching: JSON from a server of forms over HTTPS, and from nowhere else.

Decided here is what is refused, what may pass, and which sentence a failure ends in; how long is waited is in
`patience.py`. What an answer means is not decided here. Nothing of an answer and no credential gets into a message
or a log.
"""

import functools
import json
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from pipeline.collect.addresses import is_loopback
from pipeline.collect.patience import PassingError, insist, read_pause
from pipeline.errors import JawabdehiError

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer, unpacked; a page of a thousand submissions takes a few million."""

TIMEOUT = 60.0
"""Seconds in which something has to come."""

_SLOWEST = 5
"""So many times the timeout is all that one answer may take; a server that drips would hold us for ever."""

_TRANSIENT = frozenset({408, 425, 429, *range(500, 600)} - {501, 505})

Answer = Mapping[str, Any]
"""The JSON object that a server answers with."""

_T = TypeVar("_T")


class RefusedError(JawabdehiError):
    """The server does not do what it is asked; `status` is that of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


class JsonClient:
    """Asks one server, whose `source` name stands in every message.

    `advice` are sentences on what to do by the status of a refusal. See `open_client` for what is closed and when.
    """

    def __init__(
        self,
        http: httpx.Client,
        source: str,
        advice: Mapping[int, str],
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.source = source
        self._http = http
        self._advice = advice
        self._sleep = sleep
        self._authorization: str | None = None

    @property
    def authorized(self) -> bool:
        return self._authorization is not None

    def authorize(self, authorization: str | None) -> None:
        """Send this header from now on, or none."""
        self._authorization = authorization

    def fetch(
        self,
        target: str,
        understand: Callable[[Answer], _T],
        params: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> _T:
        """Ask for a path or a full address of this server; POST where there is a `body`.

        `understand` makes something of the parsed answer; where it raises PassingError, or cannot find its way, the
        server is asked again. Decimal numbers come as text, as they were written. Raises RetryableError after
        MOST_TRIES, RefusedError where the server says no, and JawabdehiError where it leads elsewhere.
        """
        url = self._check_host(target)
        return self.insist(lambda: self._read(self._ask(url, params, body), understand))

    def insist(self, step: Callable[[], _T]) -> _T:
        """Do a step until it raises no PassingError; raise RetryableError after MOST_TRIES."""
        return insist(step, self._sleep)

    def garbled(self) -> PassingError:
        """The error for an answer that is not what such a server gives."""
        return PassingError(
            f"The source {self.source} answers with something else than submissions: "
            "check its address, or run again in a few minutes."
        )

    def incomplete(self) -> PassingError:
        """The error for a list that lacks something or goes in circles."""
        return PassingError(
            f"The source {self.source} does not give all of its submissions: run again in a few minutes."
        )

    def _check_host(self, target: str) -> httpx.URL:
        own = self._http.base_url
        try:
            url = httpx.URL(target)
        except httpx.InvalidURL:
            raise self.garbled() from None
        foreign = (url.scheme, url.host, url.port) != (own.scheme, own.host, own.port)
        if url.is_absolute_url and (foreign or url.userinfo):
            raise JawabdehiError(
                f"The source {self.source} leads to another address than its own: "
                "have the server told its right address, and give the source the same."
            )
        return url

    def _ask(self, url: httpx.URL, params: Mapping[str, str] | None, body: Mapping[str, str] | None) -> bytes:
        headers = {"Authorization": self._authorization} if self._authorization else {}
        method = "GET" if body is None else "POST"
        try:
            with self._http.stream(method, url, params=params, json=body, headers=headers) as response:
                self._check_status(response)
                return self._take_in(response)
        except httpx.RequestError as error:
            if _is_about_certificate(error):
                raise JawabdehiError(
                    f"The certificate of the source {self.source} is not valid: "
                    "check its address, and send nothing there until its server has a valid one."
                ) from None
            raise PassingError(
                f"The source {self.source} cannot be reached or breaks off: run again in a few minutes."
            ) from None

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            return
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise PassingError(
                f"The source {self.source} asks us to come later: run again in an hour.",
                read_pause(response.headers),
            )
        if status in _TRANSIENT:
            raise PassingError(
                f"The server of the source {self.source} is in trouble: run again in a few minutes.",
                read_pause(response.headers),
            )
        if response.is_redirect:
            raise JawabdehiError(
                f"The source {self.source} leads to another address, which is not followed: check its address."
            )
        check = (
            f"Check the address and the form of the source {self.source}, which answers with status {status}."
        )
        raise RefusedError(self._advice.get(status, check), status)

    def _take_in(self, response: httpx.Response) -> bytes:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if kind != "application/json":
            raise self.garbled()
        content = bytearray()
        end = time.monotonic() + _SLOWEST * (self._http.timeout.read or TIMEOUT)
        for piece in response.iter_bytes():
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise JawabdehiError(
                    f"The source {self.source} answers with more than {LARGEST_ANSWER // 2**20} MiB at once: "
                    "check its address."
                )
            if time.monotonic() > end:
                raise PassingError(
                    f"The source {self.source} answers too slowly: run again in a few minutes."
                )
        return bytes(content)

    def _read(self, content: bytes, understand: Callable[[Answer], _T]) -> _T:
        try:
            return understand(json.loads(content, parse_float=str, parse_constant=_refuse_constant))
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            raise self.garbled() from None


@contextmanager
def open_client(
    address: str,
    source: str,
    advice: Mapping[int, str],
    *,
    sleep: Callable[[float], None] | None = None,
    timeout: float = TIMEOUT,
) -> Iterator[JsonClient]:
    """Open a client for the server at `address` (scheme, host, port) and close its connections at the end.

    `sleep` waits between tries, in seconds. Cookies are not kept and redirects are not followed.
    """
    # These two tell of every request, and a request tells what a source is asked for.
    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    with httpx.Client(
        base_url=address,
        headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "jawabdehi"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=timeout,
        verify=_load_authorities(),
        # What goes to this machine itself goes there without TLS, so never by way of a proxy.
        trust_env=not is_loopback(httpx.URL(address).host),
    ) as http:
        yield JsonClient(http, source, advice, sleep)


@functools.cache
def _load_authorities() -> ssl.SSLContext:
    """Load whom to trust with certificates, once, since it takes long; `SSL_CERT_FILE` may name others."""
    return httpx.create_ssl_context()


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _refuse_constant(_: str) -> None:
    raise ValueError
