"""The ODK Central source: the submissions of one form, by its OData service.

Rows come newest first, and pages are followed by `@odata.nextLink`. An edit keeps `__id` and raises `edits`; an edit
or a review sets `updatedAt`, a delete `deletedAt`. A restore takes that away and changes no time, so only the list
of all ids finds it.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from pipeline.collect.fetching import Answer, RefusedError
from pipeline.collect.odk_session import OdkSession
from pipeline.collect.questions import QuestionReader
from pipeline.collect.rows import read_moment, read_text, read_uuid, write_moment
from pipeline.collect.submissions import Batch, Glance, Standing, Submission
from pipeline.errors import JawabdehiError

PAGE = 500
"""Rows asked for at once."""

OVERLAP = timedelta(hours=1)
"""So far before the newest time seen we begin again: a row may be stored later than its time says."""

_BATCH = 500
_IDS_AT_ONCE = 20
"""Ids in one filter: they stand in the address, which servers cut at some thousand characters."""

_PLAIN_ID = re.compile(r"[A-Za-z0-9:._-]+")
"""An id that can stand between quotation marks in a filter; Central knows no way to write others."""

_REVIEWED = {"rejected": Standing.REJECTED, "hasIssues": Standing.WAITS, "approved": Standing.COUNTS}
_UNREVIEWED = frozenset({"received", "edited"})
_NOT_QUESTIONS = frozenset({"__id", "__system"})

_Row = Mapping[str, Any]
_G = TypeVar("_G", bound=Glance)


def advise(source: str) -> dict[int, str]:
    """Return what to do where ODK Central refuses, by the status of its answer."""
    login = f"Give the source {source} a valid login and password of someone who may view its submissions."
    return {
        401: login,
        403: login,
        404: f"Check the project and the form of the source {source}: ODK Central has no such form.",
        501: f"Update the ODK Central of the source {source}: it cannot answer what it is asked.",
    }


@dataclass(frozen=True)
class _Listed(Generic[_G]):
    """A row, and when the server last touched it; `item` is None where it is deleted."""

    moment: datetime
    item: _G | None


@dataclass(frozen=True)
class _Page(Generic[_G]):
    rows: Mapping[str, _Listed[_G]]
    count: int
    link: str | None


@dataclass(frozen=True)
class _Listing(Generic[_G]):
    """All rows by `__id`.

    `horizon` is the newest time on the first page: what changes while further pages are read has a later one.
    `whole` says that nothing was filtered.
    """

    rows: Mapping[str, _Listed[_G]]
    horizon: datetime | None
    whole: bool

    def list_living(self) -> list[tuple[datetime, _G]]:
        """Return what is not deleted, in the order in which the server last touched it."""
        living = [(listed.moment, listed.item) for listed in self.rows.values() if listed.item is not None]
        return sorted(living, key=lambda entry: (entry[0], entry[1].key))


class OdkServer:
    """One form in ODK Central; see `FormServer`.

    The watermark is the newest time of the server among what was read, by no clock of ours, and a digest of what lies
    less than OVERLAP before it. `unreviewed` is how a submission stands that nobody has reviewed since its last edit.
    """

    def __init__(
        self, session: OdkSession, project: int, form: str, questions: QuestionReader, unreviewed: Standing
    ) -> None:
        self._session = session
        self._client = session.client
        self._path = f"/v1/projects/{project}/forms/{quote(form, safe='')}.svc/Submissions"
        self._questions = questions
        self._unreviewed = unreviewed

    def read_since(self, watermark: str | None) -> Iterator[Batch]:
        """Yield what was sent, edited or reviewed since, and with it again what was so shortly before.

        A server's clock that is set back by more than OVERLAP hides rows from this, not from the list of all ids.
        """
        since, digest = _read_watermark(watermark)
        start = since - OVERLAP if since else None
        listing = self._list_rows(self._read_submission, _filter_times(start))
        rows = [entry for entry in listing.list_living() if start is None or entry[0] >= start]
        if digest == _digest(rows):
            return
        for first in range(0, len(rows), _BATCH):
            batch = rows[first : first + _BATCH]
            reached = min(batch[-1][0], listing.horizon or batch[-1][0])
            reached = max(reached, since or reached)
            mark = write_moment(reached)
            if first + _BATCH >= len(rows):
                mark += f" {_digest(entry for entry in rows if entry[0] >= reached - OVERLAP)}"
            yield Batch(tuple(submission for _, submission in batch), mark)

    def list_all(self) -> Mapping[str, Glance]:
        """Return every submission that is not deleted, by key; answers are not asked for."""
        return self._client.insist(self._glance_at_all)

    def read(self, keys: Collection[str]) -> Iterator[Submission]:
        """Yield the submissions of `keys`, a few at a time."""
        wanted = sorted(set(keys))
        while wanted:
            listing = self._list_rows(self._read_submission, _filter_ids(wanted[:_IDS_AT_ONCE]))
            asked = frozenset(wanted if listing.whole else wanted[:_IDS_AT_ONCE])
            yield from (submission for _, submission in listing.list_living() if submission.key in asked)
            wanted = wanted[len(asked) :]

    def _glance_at_all(self) -> dict[str, Glance]:
        # What is missing here is taken for deleted, so how many there are is asked for twice.
        expected = self._fetch_page(self._path, self._glance, {"$top": "0", "$count": "true"}).count
        listing = self._list_rows(self._glance, {"$select": "__id,__system"})
        if len(listing.rows) < expected:
            raise self._client.incomplete()
        return {glance.key: glance for _, glance in listing.list_living()}

    def _list_rows(self, make: Callable[[_Row], _G], options: Mapping[str, str]) -> _Listing[_G]:
        try:
            return self._client.insist(lambda: self._follow_pages(make, options))
        except RefusedError as error:
            if error.status != httpx.codes.NOT_IMPLEMENTED or not options:
                raise
        # An older Central does not know every filter: then everything is read, and sorted out here.
        return self._client.insist(lambda: self._follow_pages(make, {}))

    def _follow_pages(self, make: Callable[[_Row], _G], options: Mapping[str, str]) -> _Listing[_G]:
        # Central does not take these two together.
        shape = {} if "$select" in options else {"$expand": "*"}
        page = self._fetch_page(self._path, make, {"$top": str(PAGE), "$count": "true", **shape, **options})
        expected, rows = page.count, dict(page.rows)
        horizon = max((listed.moment for listed in page.rows.values()), default=None)
        while page.link is not None:
            page = self._fetch_page(page.link, make)
            if page.rows.keys() <= rows.keys():
                raise self._client.incomplete()
            rows.update(page.rows)
        if len(rows) < expected:
            raise self._client.incomplete()
        return _Listing(rows, horizon, whole="$filter" not in options)

    def _fetch_page(
        self, target: str, make: Callable[[_Row], _G], params: Mapping[str, str] | None = None
    ) -> _Page[_G]:
        def understand(answer: Answer) -> _Page[_G]:
            rows = {read_text(row["__id"]): _read_row(row, make) for row in answer["value"]}
            link = answer.get("@odata.nextLink")
            return _Page(rows, int(answer["@odata.count"]), None if link is None else read_text(link))

        return self._session.fetch(target, understand, params)

    def _glance(self, row: _Row) -> Glance:
        system = row["__system"]
        # Not `updatedAt`, which a review changes, too; the first time tells apart what was purged and sent again.
        version = f"{int(system['edits'])}.{read_text(system['submissionDate'])}"
        return Glance(read_uuid(row["__id"]), version, self._read_standing(system.get("reviewState")))

    def _read_submission(self, row: _Row) -> Submission:
        system = row["__system"]
        if system.get("status"):
            raise JawabdehiError(
                f"The form of the source {self._client.source} encrypts its submissions, which ODK Central does not "
                "give out: turn encryption off for it."
            )
        glance = self._glance(row)
        form = {name: value for name, value in row.items() if name not in _NOT_QUESTIONS}
        answers, others = self._questions.read(form)
        submitted_at = read_moment(system["submissionDate"])
        return Submission(glance.key, glance.version, glance.standing, submitted_at, answers, others)

    def _read_standing(self, review: str | None) -> Standing:
        if review is None or review in _UNREVIEWED:
            return self._unreviewed
        # A review that is not known here waits until it is.
        return _REVIEWED.get(review, Standing.WAITS)


def _read_row(row: _Row, make: Callable[[_Row], _G]) -> _Listed[_G]:
    system = row["__system"]
    times = [system.get(name) for name in ("submissionDate", "updatedAt", "deletedAt")]
    moment = max(read_moment(text) for text in times if text)
    return _Listed(moment, None if system.get("deletedAt") else make(row))


def _filter_times(start: datetime | None) -> dict[str, str]:
    if start is None:
        return {}
    names = ("submissionDate", "updatedAt", "deletedAt")
    return {"$filter": " or ".join(f"__system/{name} ge {write_moment(start)}" for name in names)}


def _filter_ids(keys: Collection[str]) -> dict[str, str]:
    """Ask for keys with the `uuid:` that was taken from them and without; ask for all where one is no plain id."""
    if not all(_PLAIN_ID.fullmatch(key) for key in keys):
        return {}
    return {"$filter": " or ".join(f"__id eq 'uuid:{key}' or __id eq '{key}'" for key in keys)}


def _digest(entries: Iterable[tuple[datetime, Glance]]) -> str:
    lines = sorted(f"{glance.key} {glance.version} {glance.standing.value}" for _, glance in entries)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _read_watermark(text: str | None) -> tuple[datetime | None, str]:
    moment, _, digest = (text or "").partition(" ")
    try:
        return read_moment(moment), digest
    except ValueError:
        # A watermark of another kind of source tells nothing here: to begin anew is safe.
        return None, ""
