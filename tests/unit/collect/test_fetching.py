"""How servers are asked: what is tried again, for how long, and what is refused."""

import datetime as dt
import ipaddress
import logging
import ssl
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.collect import fetching
from pipeline.collect.patience import LONGEST_WAIT, MOST_TRIES
from pipeline.errors import JawabdehiError, RetryableError
from tests.fakes.answers import PLANTED
from tests.fakes.kobo import FakeKobo
from tests.fakes.serving import (
    Fault,
    Reply,
    broken_json,
    cut,
    html_page,
    huge,
    not_a_number,
    redirect,
    slow,
    status,
    too_many,
)
from tests.unit.collect.mirror import FAKES, Fake, Mirror, expect, opened, report

PASSING: dict[str, Fault] = {
    "429": too_many(),
    "429 with seconds": too_many("7"),
    "429 with nonsense": too_many("soon"),
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "504": status(504),
    "520": status(520),
    "cut body": cut,
    "broken JSON": broken_json,
    "JSON that is none": not_a_number,
    "HTML with 200": html_page,
    "JSON that says it is HTML": lambda _server, reply: replace(reply, kind="text/html"),
    "too slow": slow(0.4),
    "another shape": status(200, {"nothing": "of this"}),
    "a list": status(200, ["nothing"]),
    "rows of another shape": status(200, {"results": [5], "value": [5], "count": 1, "@odata.count": 1}),
}


@pytest.fixture(params=FAKES)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    with FAKES[request.param](*map(report, range(9))) as fake:
        fake.largest_page = 4
        yield fake


def chain(error: BaseException) -> str:
    """Write all that a traceback of an error shows."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("place", [0, 1, 2, 5])
def test_a_fault_that_passes_loses_nothing(fake: Fake, fault: str, place: int) -> None:
    waits: list[float] = []
    with opened(fake, waits, timeout=0.2) as server:
        fake.fail(*[lambda _server, reply: reply] * place, *[PASSING[fault]] * 2)
        mirror = Mirror()
        mirror.follow(server)
        assert sorted(mirror.answers().values(), key=str) == [expect(number) for number in range(9)]
        assert not fake.faults
        assert len(waits) == 2


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_does_not_pass_ends_in_one_plain_sentence(fake: Fake, fault: str) -> None:
    waits: list[float] = []
    with opened(fake, waits, timeout=0.2) as server:
        list(server.read_since(None))
        before = len(fake.requests)
        fake.fail(*[PASSING[fault]] * 50)
        with pytest.raises(RetryableError) as caught:
            list(server.read_since(None))
    text = str(caught.value)
    assert "the source made_up" in text.casefold()
    assert text.endswith(("run again in a few minutes.", "run again in an hour."))
    assert len(fake.requests) - before == MOST_TRIES == len(waits) + 1
    shown = chain(caught.value)
    assert type(caught.value) is RetryableError
    assert caught.value.__context__ is None
    for secret in (fake.url, *PLANTED.values(), "Model Thana", "made-up-session", "made-up-token"):
        assert secret not in shown


def test_waits_grow_and_are_never_the_same_twice(fake: Fake) -> None:
    waits: list[float] = []
    with opened(fake, waits) as server:
        fake.fail(*[status(500)] * 4)
        server.list_all()
    assert len(waits) == 4
    assert all(2**number <= wait <= 2**number + 1 for number, wait in enumerate(waits))


@pytest.mark.parametrize(("asked", "least"), [("40", 40), ("86400", LONGEST_WAIT), ("-5", 1), ("", 1)])
def test_a_server_may_ask_for_a_longer_wait(fake: Fake, asked: str, least: float) -> None:
    waits: list[float] = []
    with opened(fake, waits) as server:
        fake.fail(too_many(asked))
        server.list_all()
    assert least <= waits[0] <= max(least, 2)


@pytest.mark.parametrize("skew", [dt.timedelta(0), dt.timedelta(days=30), dt.timedelta(days=-30)])
def test_a_date_to_wait_for_is_read_by_the_clock_of_the_server(fake: Fake, skew: dt.timedelta) -> None:
    waits: list[float] = []
    fake.skew = skew
    until = fake.now() + dt.timedelta(seconds=50)
    with opened(fake, waits) as server:
        fake.fail(too_many(until.strftime("%a, %d %b %Y %H:%M:%S GMT")))
        server.list_all()
    assert waits == [50]


def test_a_server_that_is_not_there_is_tried_again_and_given_up(fake: Fake) -> None:
    waits: list[float] = []
    fake.close()
    with opened(fake, waits) as server, pytest.raises(RetryableError, match="cannot be reached"):
        server.list_all()
    assert len(waits) == MOST_TRIES - 1


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(fake: Fake, number: int) -> None:
    with FakeKobo() as other, opened(fake) as server:
        fake.fail(redirect(f"{other.url}/api/v2/assets/", number))
        with pytest.raises(JawabdehiError, match="check its address") as caught:
            server.list_all()
        assert not isinstance(caught.value, RetryableError)
        assert other.url not in chain(caught.value)
        assert other.requests == []
        assert len(fake.requests) == 1


def test_an_answer_that_is_too_large_is_refused(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST_ANSWER", 3 * 2**20)
    for fake.sends_gzip in (False, True):
        with opened(fake) as server:
            fake.fail(huge(4 * 2**20))
            with pytest.raises(JawabdehiError, match="more than 3 MiB at once") as caught:
                server.list_all()
        assert not isinstance(caught.value, RetryableError)


def test_answers_may_be_compressed(fake: Fake) -> None:
    fake.sends_gzip = True
    with opened(fake) as server:
        mirror = Mirror()
        mirror.follow(server)
        assert len(mirror.kept) == 9


def test_a_server_that_drips_is_given_up(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_SLOWEST", 0)
    with opened(fake) as server, pytest.raises(RetryableError, match="answers too slowly"):
        server.list_all()


def test_cookies_are_not_kept(fake: Fake) -> None:
    def bake(_server: object, reply: Reply) -> Reply:
        return Reply(reply.status, reply.body, {"Set-Cookie": "session=made-up; Path=/"})

    with opened(fake) as server:
        fake.fail(bake, bake, bake)
        server.list_all()
    assert all("cookie" not in request.headers for request in fake.requests)


def test_nothing_is_logged(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with opened(fake) as server:
        fake.fail(status(500), cut, broken_json)
        Mirror().follow(server)
    assert [record for record in caplog.records if record.levelno < logging.WARNING] == []
    assert caplog.text == ""


def test_a_certificate_that_is_not_valid_ends_it_before_anything_is_sent(tmp_path: Path) -> None:
    waits: list[float] = []
    with FakeKobo(report(1), context=certify(tmp_path)) as fake:
        with opened(fake, waits) as server, pytest.raises(JawabdehiError, match="certificate") as caught:
            server.list_all()
        assert not isinstance(caught.value, RetryableError)
        assert fake.token not in chain(caught.value)
        assert (fake.requests, waits) == ([], [])


def test_this_machine_is_never_asked_by_way_of_a_proxy(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeKobo() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with opened(fake) as server:
            assert len(server.list_all()) == 9
        assert proxy.requests == []


def certify(folder: Path) -> ssl.SSLContext:
    """Make a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "made-up.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
