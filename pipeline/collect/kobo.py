"""The KoboToolbox source: the submissions of one asset, by its API v2.

A page holds at most 1,000 rows, and fewer where the server says so, silently. An edit keeps `_id` and
`meta/rootUuid` and changes `_uuid`; a delete leaves no trace. So what is new is read on from the highest `_id`, and
edits, deletes and reviews are found by the list of all ids. That list also finds what was given a lower `_id` than
another submission and came later.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from pipeline.collect.fetching import Answer, JsonClient
from pipeline.collect.questions import QuestionReader
from pipeline.collect.rows import read_moment, read_text, read_uuid
from pipeline.collect.submissions import Batch, Glance, Standing, Submission
from pipeline.errors import JawabdehiError

PAGE = 1000
"""Rows asked for at once; KoboToolbox gives no more."""

_NUMBERS_AT_ONCE, _KEYS_AT_ONCE = 100, 5
"""Ids in one query: they stand in the address, which servers cut at some thousand characters."""

_GLANCED = ("_id", "_uuid", "meta/rootUuid", "meta/instanceID", "meta/deprecatedID", "_validation_status")
_KEYS = ("meta/rootUuid", "meta/deprecatedID", "meta/instanceID", "_uuid")
"""Where the natural key can stand."""

_REVIEWED = {
    "validation_status_not_approved": Standing.REJECTED,
    "validation_status_on_hold": Standing.WAITS,
    "validation_status_approved": Standing.COUNTS,
}
_ENCRYPTED = frozenset({"base64EncryptedKey", "encryptedXmlFile"})

_ALL: Mapping[str, Any] = MappingProxyType({})
_Row = Mapping[str, Any]
_T = TypeVar("_T")
_G = TypeVar("_G", bound=Glance)


def advise(source: str) -> dict[int, str]:
    """Return what to do where KoboToolbox refuses, by the status of its answer."""
    token = f"Give the source {source} a valid token that may view its submissions."
    return {
        400: f"Deploy the form of the source {source} in KoboToolbox: only then does it give submissions.",
        401: token,
        403: token,
        404: f"Check the asset of the source {source}: there is no such form, or its token may not see it.",
    }


@dataclass(frozen=True)
class _Page(Generic[_G]):
    """Submissions by `_id`, rising; `count` is how many the query found, these and all that follow."""

    rows: Mapping[int, _G]
    count: int


class KoboServer:
    """One asset in KoboToolbox; see `FormServer`. The watermark is the highest `_id` read.

    `unreviewed` is how a submission stands that nobody has reviewed.
    """

    def __init__(
        self, client: JsonClient, asset: str, questions: QuestionReader, unreviewed: Standing
    ) -> None:
        self._client = client
        self._path = f"/api/v2/assets/{asset}/data/"
        self._questions = questions
        self._unreviewed = unreviewed
        self._numbers: dict[str, int] = {}

    def read_since(self, watermark: str | None) -> Iterator[Batch]:
        """Yield what has a higher `_id` than any before, in the order of ids; edits are not among it."""
        # A watermark of another kind of source tells nothing here: to begin anew is safe.
        after = int(watermark) if watermark and watermark.isascii() and watermark.isdecimal() else 0
        for page in self._list_pages(after, self._read_submission):
            # Of several rows with one key, the one with the highest `_id` is the submission.
            newest = {submission.key: number for number, submission in page.rows.items()}
            yield Batch(tuple(page.rows[number] for number in sorted(newest.values())), str(max(page.rows)))

    def list_all(self) -> Mapping[str, Glance]:
        """Return every submission by key; only ids and reviews are asked for."""
        found = self._client.insist(self._glance_at_all)
        self._numbers = {key: number for key, (number, _) in found.items()}
        return {key: glance for key, (_, glance) in found.items()}

    def read(self, keys: Collection[str]) -> Iterator[Submission]:
        """Yield the submissions of `keys`, asked for by `_id` where the last list of all told it, else by key."""
        wanted = frozenset(keys)
        listed = sorted(self._numbers[key] for key in wanted & self._numbers.keys())
        for some in _part(listed, _NUMBERS_AT_ONCE):
            yield from self._pick({"_id": {"$in": some}}, wanted)
        for few in _part(sorted(wanted - self._numbers.keys()), _KEYS_AT_ONCE):
            spellings = [spelling for key in few for spelling in (f"uuid:{key}", key)]
            yield from self._pick({"$or": [{place: {"$in": spellings}} for place in _KEYS]}, wanted)

    def _pick(self, query: Mapping[str, Any], keys: frozenset[str]) -> Iterator[Submission]:
        pages = self._list_pages(0, self._read_submission, query=query)
        found = {submission.key: submission for page in pages for submission in page.rows.values()}
        yield from (submission for key, submission in found.items() if key in keys)

    def _glance_at_all(self) -> dict[str, tuple[int, Glance]]:
        found: dict[str, tuple[int, Glance]] = {}
        # What is missing here is taken for deleted, so how many there are is asked for twice.
        expected = self._fetch_page(_ask_for(0, limit=1, fields=_GLANCED), 0, self._glance).count
        seen = 0
        for page in self._list_pages(0, self._glance, fields=_GLANCED):
            seen += len(page.rows)
            found.update((glance.key, (number, glance)) for number, glance in page.rows.items())
        if seen < expected:
            raise self._client.incomplete()
        return found

    def _list_pages(
        self,
        after: int,
        make: Callable[[_Row], _G],
        *,
        query: Mapping[str, Any] = _ALL,
        fields: Sequence[str] = (),
    ) -> Iterator[_Page[_G]]:
        """Yield pages until one is empty, since a page may be shorter than asked for."""
        while True:
            page = self._fetch_page(_ask_for(after, query=query, fields=fields), after, make)
            if not page.rows:
                return
            yield page
            after = max(page.rows)

    def _fetch_page(self, params: Mapping[str, str], after: int, make: Callable[[_Row], _G]) -> _Page[_G]:
        def understand(answer: Answer) -> _Page[_G]:
            numbers = [int(row["_id"]) for row in answer["results"]]
            # A page that came before comes again, or one is left out: whoever goes on from here loses rows.
            if numbers != sorted({number for number in numbers if number > after}):
                raise self._client.incomplete()
            rows = {number: make(row) for number, row in zip(numbers, answer["results"], strict=True)}
            page = _Page(rows, int(answer["count"]))
            if page.count < len(rows) or (page.count and not rows):
                raise self._client.incomplete()
            return page

        return self._client.fetch(self._path, understand, params)

    def _glance(self, row: _Row) -> Glance:
        return Glance(_read_key(row), f"{read_text(row['_uuid'])}.{row['_id']}", self._read_standing(row))

    def _read_submission(self, row: _Row) -> Submission:
        if not _ENCRYPTED.isdisjoint(row):
            raise JawabdehiError(
                f"The form of the source {self._client.source} encrypts its submissions, which nobody but its owner "
                "can read: deploy it without encryption."
            )
        glance = self._glance(row)
        # What KoboToolbox itself adds begins with an underscore and lies in no group.
        form = {path: value for path, value in row.items() if not path.startswith("_") or "/" in path}
        answers, others = self._questions.read(form)
        return Submission(
            glance.key, glance.version, glance.standing, read_moment(row["_submission_time"]), answers, others
        )

    def _read_standing(self, row: _Row) -> Standing:
        review = row.get("_validation_status") or {}
        if not review.get("uid"):
            return self._unreviewed
        # A review that is not known here waits until it is.
        return _REVIEWED.get(review["uid"], Standing.WAITS)


def _ask_for(
    after: int, *, query: Mapping[str, Any] = _ALL, fields: Sequence[str] = (), limit: int = PAGE
) -> dict[str, str]:
    asked = {
        "format": "json",
        "limit": str(limit),
        "sort": json.dumps({"_id": 1}),
        "query": json.dumps({**query, "_id": {**query.get("_id", {}), "$gt": after}}),
    }
    return {**asked, "fields": json.dumps(fields)} if fields else asked


def _read_key(row: _Row) -> str:
    root, former, current, latest = (row.get(place) for place in _KEYS)
    # A row that was edited on a server of old has no root, or is given its latest id for one.
    if former and root in {None, current}:
        root = former
    return read_uuid(root or current or latest)


def _part(items: Sequence[_T], size: int) -> Iterator[list[_T]]:
    yield from (list(items[start : start + size]) for start in range(0, len(items), size))
