"""Sources: which forms on servers we collect from, and for which collective, read from what an operator wrote.

A source is written as JSON or as an Airflow connection, which is JSON or a URI. Messages name the source and what it
lacks, never a value, since some of the values are secrets.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.collect.addresses import can_be_token, check_address
from pipeline.collect.submissions import FormServer, Standing
from pipeline.contract import load_contract
from pipeline.errors import UsageError

ALL_BUT_REJECTED, APPROVED = "all_but_rejected", "approved"

_TOLD = frozenset({"kind", "collective", "counts", "asset", "project", "form", "accepts_deletions"})
"""What a connection of Airflow has no place of its own for; it stands in its extra."""

_OWN = _TOLD | {"url", "login", "password", "token"}
_CONNECTION = frozenset(
    {"conn_id", "conn_type", "description", "host", "login", "password", "port", "schema", "extra"}
)
_ASSET = re.compile(r"[A-Za-z0-9]{1,64}")
_PROJECT = re.compile(r"[1-9][0-9]{0,8}")

_T = TypeVar("_T")


@dataclass(frozen=True)
class SourceSettings:
    """One form on one server, and the `collective` whose submissions it holds.

    `url` is scheme, host and port. `form` is the uid of an asset where `kind` is kobo, and an `xmlFormId` where it is
    odk; that has a `project`, too. `secret` is the token of KoboToolbox, or the password of `login`. `counts` says
    which submissions count: `all_but_rejected`, or `approved` ones alone. Whoever sees to it that many submissions
    are gone on purpose says that the source `accepts_deletions`.
    """

    name: str
    kind: str
    url: str
    collective: str
    form: str
    secret: str = field(repr=False)
    login: str = field(default="", repr=False)
    project: int | None = None
    counts: str = ALL_BUT_REJECTED
    accepts_deletions: bool = False


def parse_source(name: str, text: str) -> SourceSettings:
    """Read the definition of the source `name`.

    JSON has `kind`, `url`, `collective`; for KoboToolbox `asset` and `token`, for ODK Central `project`, `form`,
    `login` and `password`; `counts` and `accepts_deletions` may be left out. A connection of Airflow has ASSET or
    PROJECT/FORM for its schema, which is the last part of its address, and the rest in its extra. Raises UsageError.
    """
    try:
        given = json.loads(text) if text.lstrip().startswith("{") else _read_uri(text)
        extra = given.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else dict(extra)
    except (AttributeError, RecursionError, TypeError, ValueError):
        raise UsageError(
            f"Write the definition of the source {name} as JSON or as an Airflow connection."
        ) from None
    if "conn_type" in given:
        _refuse_unknown(name, given, _CONNECTION)
        _refuse_unknown(name, extra, _TOLD)
        given = _flatten(given, extra)
    _refuse_unknown(name, given, _OWN)
    return _read_definition(_Definition(name, given))


@contextmanager
def open_source(
    settings: SourceSettings, *, sleep: Callable[[float], None] | None = None, timeout: float | None = None
) -> Iterator[FormServer]:
    """Open a source, and close its connections at the end; `sleep` and `timeout` are in seconds."""
    # These take a while to import, and every DAG file imports this module.
    from pipeline.collect import kobo, odk
    from pipeline.collect.fetching import TIMEOUT, open_client
    from pipeline.collect.odk_session import Login, OdkSession
    from pipeline.collect.questions import QuestionReader

    questions = QuestionReader(settings.name, frozenset(load_contract().fields))
    unreviewed = Standing.WAITS if settings.counts == APPROVED else Standing.COUNTS
    advice = (kobo if settings.kind == "kobo" else odk).advise(settings.name)
    with open_client(settings.url, settings.name, advice, sleep=sleep, timeout=timeout or TIMEOUT) as client:
        if settings.kind == "kobo":
            client.authorize(f"Token {settings.secret}")
            yield kobo.KoboServer(client, settings.form, questions, unreviewed)
        else:
            session = OdkSession(client, Login(settings.login, settings.secret))
            yield odk.OdkServer(session, settings.project or 0, settings.form, questions, unreviewed)


@dataclass(frozen=True, repr=False)
class _Definition:
    """What was written of the source `name`, under the names of our own JSON."""

    name: str
    given: Mapping[str, Any]

    def find(self, key: str) -> str:
        """Return a value as text, blank where there is none."""
        value = self.given.get(key)
        if not isinstance(value, str | int | None):
            raise UsageError(f"Write every part of the definition of the source {self.name} as text.")
        if isinstance(value, bool):
            return str(value).casefold()
        return "" if value is None else str(value)

    def need(self, key: str, words: str) -> str:
        """Return a value that must be there; `words` say what it is."""
        found = self.find(key)
        if not found.strip():
            raise UsageError(f"Add {words} to the definition of the source {self.name}.")
        return found

    def choose(self, key: str, choices: Mapping[str, _T], words: str) -> _T:
        """Return what a value stands for; the first of `choices` where it is left out."""
        found = self.find(key) or next(iter(choices))
        if found not in choices:
            raise UsageError(f"Give the source {self.name} {words}: {' or '.join(choices)}.")
        return choices[found]


def _read_definition(definition: _Definition) -> SourceSettings:
    name = definition.name
    definition.need("kind", "its kind, kobo or odk,")
    kind = definition.choose("kind", {"kobo": "kobo", "odk": "odk"}, "a kind that is known")
    read_form = _read_kobo if kind == "kobo" else _read_odk
    return SourceSettings(
        name=name,
        kind=kind,
        url=check_address(name, definition.need("url", "the address of its server")),
        collective=definition.need("collective", "the code of its collective").strip(),
        counts=definition.choose(
            "counts", {choice: choice for choice in (ALL_BUT_REJECTED, APPROVED)}, "a rule of what counts"
        ),
        accepts_deletions=definition.choose(
            "accepts_deletions", {"false": False, "true": True}, "an answer to whether it accepts deletions"
        ),
        **read_form(definition),
    )


def _read_kobo(definition: _Definition) -> dict[str, Any]:
    asset = definition.need("asset", "the uid of its asset").strip()
    if not _ASSET.fullmatch(asset):
        raise UsageError(f"Give the source {definition.name} the uid of an asset: letters and digits.")
    token = definition.find("token") or definition.need("password", "its token")
    if not can_be_token(token):
        raise UsageError(
            f"Copy the token of the source {definition.name} again: no token has such characters."
        )
    return {"form": asset, "secret": token}


def _read_odk(definition: _Definition) -> dict[str, Any]:
    project = definition.need("project", "the number of its project").strip()
    if not _PROJECT.fullmatch(project):
        raise UsageError(f"Give the source {definition.name} the number of a project.")
    login = definition.need("login", "the e-mail address it logs in with").strip()
    password = definition.need("password", "its password")
    if not (login + password).isprintable():
        raise UsageError(f"Write login and password of the source {definition.name} without breaks.")
    form = definition.need("form", "the id of its form")
    return {"project": int(project), "form": form, "login": login, "secret": password}


def _read_uri(text: str) -> dict[str, Any]:
    """Read a URI as Airflow does (`Connection.from_uri`): the host may have a scheme of its own."""
    kind, mark, rest = text.strip().partition("://")
    # Whatever else could hold this mark is percent-encoded.
    scheme, second, beyond = rest.partition("://")
    parts = urlsplit(f"//{beyond if second else rest}")
    if not mark or not kind:
        raise ValueError
    extra = dict(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "conn_type": kind,
        "host": (f"{scheme}://" if second else "") + unquote(parts.hostname or ""),
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "port": parts.port,
        "schema": unquote(parts.path[1:]),
        "extra": extra.get("__extra__", extra),
    }


def _flatten(given: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a connection of Airflow under the names of our own JSON."""
    path = str(given.get("schema") or "").strip("/")
    project, _, form = path.partition("/")
    port = f":{given['port']}" if given.get("port") else ""
    # The pages of Airflow offer no connections of our kinds: the extra of another kind may say which it is.
    kind = extra.get("kind") or given["conn_type"]
    named = {"asset": path} if kind == "kobo" else {"project": project, "form": form}
    return {
        **named,
        **extra,
        "kind": kind,
        "url": f"{given['host']}{port}" if given.get("host") else "",
        "login": given.get("login"),
        "password": given.get("password"),
    }


def _refuse_unknown(name: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    if not given.keys() <= known:
        raise UsageError(f"The definition of the source {name} has a part that is not known: take it out.")
