"""Definitions of sources, as operators and as Airflow write them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.sources import SourceSettings, parse_source
from pipeline.errors import UsageError

SECRET = "s3cret/with:odd@parts?&=%+é"
TOKEN = "0123456789abcdef+/=:@?&%"

KOBO = {
    "kind": "kobo",
    "url": "https://kf.kobotoolbox.org",
    "collective": "UTTHAN",
    "asset": "aBcDeFgHiJkLmNoPqRsTuV",
    "token": TOKEN,
}
ODK = {
    "kind": "odk",
    "url": "https://odk.example.org:8443",
    "collective": "UTTHAN",
    "project": 7,
    "form": "odd form/1 é",
    "login": "collector@example.org",
    "password": SECRET,
}
KOBO_READ = SourceSettings(
    "made_up", "kobo", "https://kf.kobotoolbox.org", "UTTHAN", "aBcDeFgHiJkLmNoPqRsTuV", TOKEN
)
ODK_READ = SourceSettings(
    "made_up",
    "odk",
    "https://odk.example.org:8443",
    "UTTHAN",
    "odd form/1 é",
    SECRET,
    "collector@example.org",
    7,
)

CONNECTIONS: list[tuple[dict[str, Any], SourceSettings]] = [
    (
        {
            "conn_type": "kobo",
            "host": "kf.kobotoolbox.org",
            "password": TOKEN,
            "schema": "aBcDeFgHiJkLmNoPqRsTuV",
            "extra": {"collective": "UTTHAN"},
        },
        KOBO_READ,
    ),
    (
        {
            "conn_type": "http",
            "host": "https://kf.kobotoolbox.org",
            "login": "",
            "password": TOKEN,
            "extra": {"kind": "kobo", "collective": "UTTHAN", "asset": "aBcDeFgHiJkLmNoPqRsTuV"},
        },
        KOBO_READ,
    ),
    (
        {
            "conn_type": "odk",
            "host": "odk.example.org",
            "port": 8443,
            "login": "collector@example.org",
            "password": SECRET,
            "schema": "7/odd form/1 é",
            "extra": {"collective": "UTTHAN"},
        },
        ODK_READ,
    ),
    (
        {
            "conn_type": "odk",
            "host": "https://odk.example.org",
            "port": 8443,
            "login": "collector@example.org",
            "password": SECRET,
            "extra": {"collective": "UTTHAN", "project": 7, "form": "odd form/1 é"},
        },
        ODK_READ,
    ),
]

WRITE = """
import json, sys
from airflow.sdk.definitions.connection import Connection
for given in json.load(sys.stdin):
    given["extra"] = json.dumps(given["extra"])
    written = Connection(conn_id="made_up", **given)
    print(json.dumps([written.get_uri(), written.as_json()]))
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The connections as Airflow itself writes them, each as URI and as JSON."""
    home = tmp_path_factory.mktemp("airflow")
    done = subprocess.run(
        [sys.executable, "-c", WRITE],
        input=json.dumps([given for given, _ in CONNECTIONS]),
        capture_output=True,
        text=True,
        check=True,
        env={"AIRFLOW_HOME": str(home), "PATH": "", "HOME": str(home)},
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


def test_connections_are_read_as_airflow_writes_them(written: list[list[str]]) -> None:
    assert len(written) == len(CONNECTIONS)
    for (_, settings), texts in zip(CONNECTIONS, written, strict=True):
        for text in texts:
            assert parse_source("made_up", text) == settings


def test_a_connection_may_be_written_by_hand() -> None:
    text = "kobo://:0123456789abcdef%2B%2F%3D%3A%40%3F%26%25@kf.kobotoolbox.org/aBcDeFgHiJkLmNoPqRsTuV?collective=UTTHAN"
    assert parse_source("made_up", text) == KOBO_READ


@pytest.mark.parametrize(("given", "settings"), [(KOBO, KOBO_READ), (ODK, ODK_READ)])
def test_a_source_may_be_written_as_json(given: dict[str, Any], settings: SourceSettings) -> None:
    assert parse_source("made_up", json.dumps(given)) == settings
    assert parse_source("made_up", f"\n {json.dumps(given, indent=2)} ") == settings
    assert parse_source("made_up", json.dumps(given | {"url": f"{given['url']}/"})) == settings


def test_what_counts_and_what_may_be_gone_can_be_said() -> None:
    for text in (
        json.dumps(KOBO | {"counts": "approved", "accepts_deletions": True}),
        f"kobo://:{'a' * 40}@host.example.org/aB?collective=UTTHAN&counts=approved&accepts_deletions=true",
    ):
        settings = parse_source("made_up", text)
        assert (settings.counts, settings.accepts_deletions) == ("approved", True)
    assert (KOBO_READ.counts, KOBO_READ.accepts_deletions) == ("all_but_rejected", False)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        *((given, "its kind, kobo or odk") for given in ({}, {"url": "x"})),
        *(
            ({name: value for name, value in KOBO.items() if name != missing}, words)
            for missing, words in {
                "url": "the address of its server",
                "collective": "the code of its collective",
                "asset": "the uid of its asset",
                "token": "its token",
            }.items()
        ),
        *(
            ({name: value for name, value in ODK.items() if name != missing}, words)
            for missing, words in {
                "project": "the number of its project",
                "form": "the id of its form",
                "login": "the e-mail address it logs in with",
                "password": "its password",
            }.items()
        ),
        (KOBO | {"collective": " "}, "the code of its collective"),
        (KOBO | {"collective": None}, "the code of its collective"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=f"^Add {words},? to the definition of the source made_up.$"):
        parse_source("made_up", json.dumps(given))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "planted"},
        {"url": "http://planted.example.org"},
        {"url": "ftp://planted.example.org"},
        {"url": "https://planted:planted@example.org"},
        {"url": "https://example.org/planted"},
        {"url": "https://example.org?planted"},
        {"url": "https://example.org#planted"},
        {"url": "https://example.org:planted"},
        {"url": "https://[planted"},
        {"url": "http://127.0.0.1.planted.example.org"},
        {"url": "http://localhost.planted.example.org"},
        {"url": "http://10.0.0.1"},
        {"asset": "planted/../.."},
        {"asset": "planted?x"},
        {"token": "planted\n"},
        {"token": "plantéd planted"},
        {"counts": "planted"},
        {"counts": ["planted"]},
        {"counts": True},
        {"accepts_deletions": "planted"},
        {"planted": "planted"},
        {"conn_type": "kobo"},
        {"collective": {"planted": "planted"}},
    ],
)
def test_a_bad_definition_is_refused_without_telling_a_value(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="the source made_up") as caught:
        parse_source("made_up", json.dumps(KOBO | change))
    assert "planted" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"project": "planted"},
        {"project": -1},
        {"project": 7.5},
        {"project": "9" * 5000},
        {"login": "planted\n", "password": "x\ny"},
    ],
)
def test_a_bad_definition_for_odk_is_refused_without_telling_a_value(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="the source made_up") as caught:
        parse_source("made_up", json.dumps(ODK | change))
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "planted",
        "{",
        '{"conn_type": "kobo", "extra": "planted"}',
        '{"conn_type": "kobo", "extra": [1]}',
        "kobo://:planted@[planted/aB",
        "kobo://:planted@example.org:planted/aB",
        "://planted",
        "kobo://:planted@example.org/aB?__extra__=planted",
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_cannot_be_read_is_refused_without_telling_a_value(text: str) -> None:
    with pytest.raises(UsageError, match="the source made_up") as caught:
        parse_source("made_up", text)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_only_this_machine_may_be_reached_without_tls(host: str) -> None:
    settings = parse_source("made_up", json.dumps(KOBO | {"url": f"http://{host}:8080"}))
    assert settings.url == f"http://{host}:8080"


def test_credentials_are_in_no_repr() -> None:
    for settings in (KOBO_READ, ODK_READ):
        for text in (repr(settings), str(settings), f"{settings}"):
            assert "made_up" in text
            assert all(secret not in text for secret in (SECRET, TOKEN, "collector@"))


def test_reading_definitions_needs_neither_airflow_nor_a_client() -> None:
    program = "import pipeline.collect.sources, sys; print({'airflow', 'httpx', 'tenacity'} & {*sys.modules})"
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root, timeout=60
    )
    assert done.stdout.strip() == "set()"
