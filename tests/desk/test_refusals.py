"""Whoever is not logged in, has too low a role or sends what no page of theirs sends is refused, at every address.

The addresses are those that the application itself knows, so that a new one cannot be forgotten.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route
from starlette.testclient import TestClient

from pipeline import jobs
from pipeline.desk.app import HEADERS, LARGEST_FORM
from tests.desk.conftest import DRAFTED, Furnished
from tests.desk.made_up_gate import ROLES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "MADEUP")

NEEDS = {
    "/review": "reviewer",
    "/review/{pair}": "reviewer",
    "/review/{pair}/decision": "reviewer",
    "/review/{pair}/undo": "reviewer",
    "/editions/{edition_id}/audit": "approver",
    "/editions/{edition_id}/approval": "approver",
    "/editions/{edition_id}/rejection": "approver",
    "/editions/{edition_id}/consents": "approver",
    "/runs/collection": "approver",
    "/runs/draft": "approver",
}
"""The least role of each address, where it is not that of a viewer."""

PUBLIC = "/health"
"""The one address that answers without a login, in one word."""

HOSTILE = (
    "Zq7planted<script>alert(1)</script>",
    "Zq7planted' OR 1=1 --",
    "../../../Zq7planted",
    "{{ 7*7 }}Zq7planted",
    "Zq7planted%00%0d%0aSet-Cookie: a=b",
    "Zq7planted" * 300,
    "जZq7planted\u202e",
)
"""What no page sends; nothing of it may come back."""

TELLTALE = re.compile(r"Traceback|File \"|psycopg|sqlalchemy|SELECT |/pipeline/|\.py\b|/home\b|site-packages")
"""What an answer would show of the machine or of the program."""


class Address(NamedTuple):
    """One method of one address, with values for its parts."""

    method: str
    template: str
    path: str


def list_addresses(desk: FastAPI, furnished: Furnished) -> Iterator[Address]:
    values = {
        "month": "2026-10",
        "collective": "UTTHAN",
        "return_id": furnished.slips[0],
        "pair": furnished.pairs[0],
        "edition_id": DRAFTED,
        "page": "IN/report.en.html",
        "name": "desk.css",
    }
    for route in desk.routes:
        assert isinstance(route, Route), "What is mounted on the desk has to be looked at, too."
        template = re.sub(r":path\}", "}", route.path)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield Address(method, template, template.format(**values))


@pytest.fixture(scope="module")
def client(furnished: Furnished) -> TestClient:
    return TestClient(furnished.open_desk(), raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="module")
def addresses(client: TestClient, furnished: Furnished) -> list[Address]:
    found = list(list_addresses(client.app, furnished))
    assert len(found) >= 16
    return found


@pytest.fixture(autouse=True)
def _nothing_is_told(client: TestClient, furnished: Furnished, monkeypatch) -> Iterator[None]:
    """Look through every answer of every test here."""
    answers = []
    request = client.request

    def note(*arguments, **options):
        answers.append(request(*arguments, **options))
        return answers[-1]

    monkeypatch.setattr(client, "request", note)
    yield
    assert answers
    for answer in answers:
        where = f"{answer.request.method} {answer.request.url}"
        is_open_pair = answer.status_code == 200 and re.search(r"/review/[0-9a-f]{8}$", str(answer.url))
        found = [value for value in furnished.sealed_values if value in answer.text]
        assert is_open_pair or not found, where
        assert not TELLTALE.search(answer.text), where
        assert "Zq7planted" not in answer.text + str(answer.headers), where
        assert_guarded(answer.headers, where)


def assert_guarded(headers: httpx.Headers, where: str) -> None:
    for name, value in HEADERS.items():
        if name == "Content-Security-Policy":
            assert headers[name].startswith("default-src 'none'; "), where
            assert "frame-ancestors 'self'" in headers[name], where
            assert "base-uri 'none'" in headers[name], where
        else:
            assert headers.get(name) == value, where
    assert "set-cookie" not in headers, where


def test_nobody_comes_in_without_a_login(client, addresses) -> None:
    for method, template, path in addresses:
        for headers in ({}, {"x-member": "Asha"}, {"x-member": "Asha:owner"}):
            answer = client.request(method, path, headers=headers)
            if template == PUBLIC:
                assert set(answer.json()) == {"status"}
            else:
                assert answer.status_code == 401, path
                assert "Log in to Airflow first." in answer.text


def test_nobody_comes_in_without_a_role(client, addresses) -> None:
    for method, template, path in addresses:
        answer = client.request(method, path, headers={"x-member": "Nobody:"})
        if template == PUBLIC:
            assert set(answer.json()) == {"status"}
        else:
            assert answer.status_code == 403, path


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_its_pages_and_no_others(client, addresses, role: str) -> None:
    for method, template, path in addresses:
        answer = client.request(method, path, headers={"x-member": f"Ravi:{role}"})
        if ROLES.index(role) < ROLES.index(NEEDS.get(template, "viewer")):
            assert answer.status_code == 403, path
            assert "Ask an administrator for the role" in answer.text
        elif method == "GET":
            assert answer.status_code == (307 if template == "/" else 200), path
        else:
            # Without its fields, a form is none.
            assert answer.status_code == 422, path


def test_refusals_come_before_any_look_at_what_was_sent(client, addresses) -> None:
    for method, template, path in addresses:
        if template == PUBLIC:
            continue
        for sent in ({"data": {"answer": "x"}}, {"json": {}}, {"content": b"\xff\x00{"}):
            assert client.request(method, f"{path}?months=x&month=x&after=x", **sent).status_code == 401, path
        for part in re.findall(r"\{(\w+)\}", template):
            wrong = re.sub(r"\{\w+\}", "x", template)
            assert client.request(method, wrong).status_code == 401, part


def test_other_methods_do_nothing(client, addresses) -> None:
    known = {(address.method, address.path) for address in addresses}
    for path in {address.path for address in addresses}:
        for method in METHODS:
            if (method, path) in known:
                continue
            for member in ("", "Asha:administrator"):
                answer = client.request(method, path, headers={"x-member": member})
                assert answer.status_code == 405, (method, path)
                assert answer.headers["allow"]


def test_a_form_without_the_token_of_its_page_does_nothing(client, addresses, furnished) -> None:
    asha, ravi = {"x-member": "Asha:administrator"}, {"x-member": "Ravi:administrator"}
    page = client.request("GET", f"/review/{furnished.pairs[0]}", headers=asha).text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    fields = {"answer": "same", "seal": furnished.seal, "reason": "Made up.", "month": "2026-10"}
    fields |= {"collective": "UTTHAN", "letter": "0" * 64}
    sent = 0
    for method, _template, path in addresses:
        if method == "GET":
            continue
        sent += 1
        for headers, tried in (
            (asha, None),
            (asha, ""),
            (asha, "Zq7planted"),
            (asha, token[:-1]),
            (asha, token[::-1]),
            (ravi, token),
            (asha | {"sec-fetch-site": "cross-site"}, token),
            (asha | {"sec-fetch-site": "same-site"}, token),
        ):
            form = fields if tried is None else fields | {"token": tried}
            answer = client.request(method, path, data=form, headers=headers)
            assert answer.status_code == (403 if tried else 422), path
    assert sent == sum(method == "POST" for method, _, _ in addresses) >= 7


def test_what_is_not_of_the_desk_is_refused_and_not_repeated(client, addresses) -> None:
    headers = {"x-member": "Asha:administrator"}
    for method, template, _path in addresses:
        for planted in HOSTILE:
            path = re.sub(r"\{\w+\}", lambda _, value=planted: value.replace("/", "%2F"), template)
            query = {"months": planted, "month": planted, "after": planted, planted: planted}
            form = dict.fromkeys(("token", "answer", "seal", "reason", planted), planted)
            sent = {"data": form} if method == "POST" else {}
            answer = client.request(method, path, params=query, headers=headers, **sent)
            assert answer.status_code < 500, path


def test_a_form_that_is_too_long_is_not_read(client, addresses) -> None:
    for method, _template, path in addresses:
        if method == "POST":
            for member in ("", "Asha:administrator"):
                long = client.request(
                    method, path, data={"reason": "x" * LARGEST_FORM}, headers={"x-member": member}
                )
                assert long.status_code == 413, path
                unknown = client.request(method, path, content=iter([b"a=b"]), headers={"x-member": member})
                assert unknown.status_code == 413, path


def test_a_fault_of_the_desk_is_logged_by_its_place_and_shown_in_plain_words(
    client, furnished, monkeypatch, caplog
) -> None:
    def fail(*_):
        raise ValueError(f"Zq7planted {furnished.settings.home}")

    monkeypatch.setattr(jobs, "load_coverage", fail)
    answer = client.request("GET", "/coverage", headers={"x-member": "Asha:administrator"})
    assert answer.status_code == 500
    assert "tell whoever runs it" in answer.text
    assert "ValueError in coverage.py" in caplog.text
    assert "Zq7planted" not in caplog.text
