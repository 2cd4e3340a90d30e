"""A server over real HTTP on this machine, that can be told to fail in the ways that servers do."""

import gzip
import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    target: str

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")


@dataclass(frozen=True)
class Reply:
    """What is sent; with `cut`, so many bytes of the body and then no more, though all were announced."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut: int | None = None
    delay: float = 0.0


Fault = Callable[["FakeServer", Reply], Reply]
"""Makes a bad reply of a good one."""


class FakeServer:
    """Answers from `answer`, each request by the next of `faults`, if there is one.

    `requests` is what was asked, `statuses` what was answered. Time is the server's own: it begins at `start` and
    goes on by a second with every change; `skew` is how far it is off.
    """

    start = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.faults: deque[Fault] = deque()
        self.requests: list[Request] = []
        self.statuses: list[int] = []
        self.skew = timedelta()
        self.sends_gzip = False
        self.page_before: Reply | None = None
        self._pages: dict[str, Reply] = {}
        self._ticks = 0
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": self}))
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def now(self) -> datetime:
        """Return the time by the server's clock."""
        return self.start + timedelta(seconds=self._ticks) + self.skew

    def tick(self, at: datetime | None = None) -> datetime:
        """Let a second pass, and return the time by the server's clock, or `at`."""
        self._ticks += 1
        return at or self.now()

    def fail(self, *faults: Fault) -> None:
        """Let the next requests end in `faults`, one each."""
        self.faults.extend(faults)

    def reply(self, request: Request) -> Reply:
        """Answer, or fail as the next of `faults` does."""
        with self._lock:
            self.requests.append(request)
            fault = self.faults.popleft() if self.faults else None
            good = self.answer(request)
            self.page_before = self._pages.get(self.name_list(request))
            reply = fault(self, good) if fault else good
            self._pages[self.name_list(request)] = reply if fault is page_again else good
            self.statuses.append(reply.status)
            return reply

    def name_list(self, request: Request) -> str:
        """Return the same for all pages of one list."""
        raise NotImplementedError


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out in one piece; otherwise each waits for the other's confirmation.
    wbufsize = -1
    disable_nagle_algorithm = True
    fake: FakeServer

    def log_message(self, *_: object) -> None:
        """Be silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            params=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.casefold(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            target=self.path,
        )
        reply = self.fake.reply(request)
        time.sleep(reply.delay)
        try:
            self._send(reply)
        except OSError:
            # The other side has gone.
            self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.fake.now().timestamp() if timestamp is None else timestamp)

    def _send(self, reply: Reply) -> None:
        body, headers = reply.body, dict(reply.headers)
        if self.fake.sends_gzip and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if reply.cut is None else body[: reply.cut])
        self.wfile.flush()
        self.close_connection = self.close_connection or reply.cut is not None


def give(payload: object, status: int = 200, **headers: str) -> Reply:
    """Reply with JSON."""
    return Reply(status, json.dumps(payload, ensure_ascii=False).encode(), headers)


def too_many(retry_after: str | None = None) -> Fault:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return lambda _server, _reply: give({"detail": "Request was throttled."}, 429, **headers)


def status(number: int, payload: object = None) -> Fault:
    return lambda _server, _reply: give(payload or {"detail": "Something went wrong."}, number)


def cut(_server: FakeServer, reply: Reply) -> Reply:
    """Break off in the middle of the body."""
    return replace(reply, cut=len(reply.body) // 2)


def broken_json(_server: FakeServer, reply: Reply) -> Reply:
    """Send half of the body and call it whole."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def not_a_number(_server: FakeServer, reply: Reply) -> Reply:
    return replace(reply, body=reply.body.replace(b"{", b'{"x": NaN, ', 1))


def html_page(_server: FakeServer, _reply: Reply) -> Reply:
    return Reply(200, b"<html><body>We will be back soon.</body></html>", kind="text/html; charset=utf-8")


def slow(seconds: float) -> Fault:
    return lambda _server, reply: replace(reply, delay=seconds)


def redirect(address: str, number: int = 302) -> Fault:
    return lambda _server, _reply: Reply(number, b"{}", {"Location": address})


def huge(size: int) -> Fault:
    return lambda _server, _reply: Reply(200, b'{"x": "' + b" " * size + b'"}')


def page_again(server: FakeServer, reply: Reply) -> Reply:
    """Send the page of the same list before once more."""
    return server.page_before or reply


def change_page(change: Callable[[dict[str, Any]], None]) -> Fault:
    """Let `change` spoil the JSON of the page."""

    def spoil(_server: FakeServer, reply: Reply) -> Reply:
        page = json.loads(reply.body)
        change(page)
        return replace(reply, body=json.dumps(page).encode())

    return spoil


def rows_of(page: dict[str, Any]) -> list[Any]:
    return page["results"] if "results" in page else page.get("value", [])


def lose_row() -> Fault:
    """Leave out the first row of a page, which says nothing of it."""
    return change_page(lambda page: rows_of(page) and rows_of(page).pop(0))


def lose_page() -> Fault:
    """Send a page without rows."""
    return change_page(lambda page: rows_of(page).clear())
