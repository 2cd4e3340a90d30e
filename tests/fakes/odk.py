"""A fake of ODK Central: one form, its submissions by OData.

Written after its source (github.com/getodk/central-backend, commit 4f5943d of August 2026: `lib/data/odata.js`,
`lib/data/odata-filter.js`, `lib/formats/odata.js`, `lib/model/query/submissions.js`), not after the client.

Anything that is asked beside what the client needs gets a 400, so that a wrong query fails here, too; only what an
older Central does not know gets the 501 that Central gives.
"""

import base64
import binascii
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.fakes.answers import PLANTED, fill_form, place_in_groups, type_number
from tests.fakes.serving import FakeServer, Reply, Request, give

_PARAMS = frozenset({"$top", "$count", "$expand", "$select", "$filter", "$skiptoken"})
_SYSTEM = (
    "submissionDate",
    "updatedAt",
    "submitterId",
    "submitterName",
    "attachmentsPresent",
    "attachmentsExpected",
    "status",
    "reviewState",
    "deviceId",
    "edits",
    "formVersion",
    "deletedAt",
)
_TIME_CLAUSE = re.compile(r"__system/(submissionDate|updatedAt|deletedAt) ge (\d{4}-\d\d-\d\dT[\d:.]+Z)")
_ID_CLAUSE = re.compile(r"__id eq '([^']*)'")

Row = dict[str, Any]


class BadQueryError(ValueError):
    """Something is asked that ODK Central would not understand, or not in this way; `status` is what it answers."""

    def __init__(self, what: str, status: int = 400) -> None:
        self.status = status
        super().__init__(what)


class FakeOdk(FakeServer):
    """A form with submissions; `add` returns the key of one, by which it is edited, deleted, restored, reviewed.

    `largest_page` is what pages are cut to, `domain` how the server calls itself in links. `unknown` are parts of
    queries that an older Central does not know: `$select`, `__id`, `deletedAt`.
    """

    def __init__(self, *reports: Mapping[str, str | None], **options: Any) -> None:
        super().__init__(**options)
        self.project, self.form = 7, "made_up_form"
        self.email, self.password = "collector@example.org", "made-up-pass phrase/1"
        self.domain = self.url
        self.largest_page = 10_000
        self.unknown: frozenset[str] = frozenset()
        self.rows: list[Row] = []
        self.paths: dict[str, None] = {}
        self._sessions: set[str] = set()
        self._logins = 0
        for report in reports:
            self.add(report)

    def add(
        self,
        report: Mapping[str, str | None],
        *,
        at: datetime | None = None,
        groups: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        repeats: Mapping[str, list[dict[str, Any]]] | None = None,
    ) -> str:
        """Take in a form filled as a row of the contract, with `extra` answers by path; return its key."""
        new = str(uuid.uuid5(uuid.NAMESPACE_URL, f"made-up-{len(self.rows)}"))
        answers = dict(place_in_groups(fill_form(report), groups or {})) | dict(extra or {})
        self.paths.update(dict.fromkeys(answers))
        system = dict.fromkeys(_SYSTEM) | {
            "submissionDate": self.tick(at),
            "submitterId": "12",
            "submitterName": PLANTED["submitter"],
            "attachmentsPresent": 1,
            "attachmentsExpected": 1,
            "deviceId": PLANTED["device"],
            "edits": 0,
            "formVersion": "1",
        }
        self.rows.append(
            {"id": f"uuid:{new}", "system": system, "answers": answers, "repeats": dict(repeats or {})}
        )
        return new

    def edit(self, key: str, **answers: str | None) -> None:
        """Change answers by their name, wherever they stand; None or blank takes one away."""
        row = self._find(key)
        for name, answer in answers.items():
            path = next((path for path in self.paths if path.rpartition("/")[2] == name), name)
            row["answers"].pop(path, None)
            self.paths[path] = None
            if answer:
                row["answers"][path] = answer
        system = row["system"]
        system |= {"edits": system["edits"] + 1, "updatedAt": self.tick(), "reviewState": "edited"}

    def delete(self, key: str) -> None:
        self._find(key)["system"]["deletedAt"] = self.tick()

    def restore(self, key: str) -> None:
        """Take a delete back; no time is set."""
        self._find(key)["system"]["deletedAt"] = None

    def set_review(self, key: str, review: str | None) -> None:
        """Set received, edited, hasIssues, rejected or approved."""
        self._find(key)["system"] |= {"reviewState": review, "updatedAt": self.tick()}

    def encrypt(self, key: str) -> None:
        """Keep a submission as an encrypted form sends it."""
        row = self._find(key)
        row["answers"], row["system"]["status"] = None, "notDecrypted"

    def end_sessions(self) -> None:
        """Forget who has logged in."""
        self._sessions.clear()

    def define(self, **changes: object) -> str:
        """Return the definition of a source that reads this form, for `parse_source`."""
        known = {
            "kind": "odk",
            "url": self.url,
            "collective": "UTTHAN",
            "project": self.project,
            "form": self.form,
            "login": self.email,
            "password": self.password,
        }
        return json.dumps(known | changes)

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) == ("POST", "/v1/sessions"):
            return self._log_in(json.loads(request.body))
        if request.authorization.removeprefix("Bearer ") not in self._sessions:
            return _problem(401, "Could not authenticate with the provided credentials.")
        if request.path != f"/v1/projects/{self.project}/forms/{quote(self.form, safe='')}.svc/Submissions":
            return _problem(404, "Could not find the resource you were looking for.")
        try:
            return give(self._list_submissions(request.params))
        except BadQueryError as error:
            return _problem(error.status, str(error))

    def name_list(self, request: Request) -> str:
        named = {name: value for name, value in request.params.items() if name != "$skiptoken"}
        return json.dumps([request.path, named])

    def _log_in(self, body: Mapping[str, str]) -> Reply:
        if body != {"email": self.email, "password": self.password}:
            return _problem(401, "Could not authenticate with the provided credentials.")
        self._logins += 1
        token = f"made-up-session-{self._logins:04d}!$"
        self._sessions.add(token)
        return give({"token": token, "csrf": "made-up", "expiresAt": "2026-10-02T06:00:00.000Z"})

    def _list_submissions(self, params: Mapping[str, str]) -> dict[str, Any]:
        self._check(params)
        matches, sees_deleted = _read_filter(params.get("$filter"))
        # Newest first; of what came at the same moment, the last first.
        order = [row for _, _, row in sorted(self._dated(), reverse=True)]
        begin = 0
        if "$skiptoken" in params:
            last = _read_token(params["$skiptoken"])
            begin = next(place for place, row in enumerate(order) if row["id"] == last) + 1
        found, left = (
            [row for row in rows if matches(row) and (sees_deleted or row["system"]["deletedAt"] is None)]
            for rows in (order, order[begin:])
        )
        page = left[: min(int(params.get("$top", len(left))), self.largest_page)]
        answer: dict[str, Any] = {
            "value": [self._show(row, params) for row in page],
            "@odata.context": f"{self.domain}/v1/projects/{self.project}/forms/{self.form}.svc/$metadata#Submissions",
        }
        if "$top" in params and page and len(left) > len(page):
            answer["@odata.nextLink"] = self._link(params, page[-1]["id"])
        if params.get("$count") == "true":
            answer["@odata.count"] = len(found)
        return answer

    def _dated(self) -> Iterator[tuple[datetime, int, Row]]:
        return ((row["system"]["submissionDate"], place, row) for place, row in enumerate(self.rows))

    def _check(self, params: Mapping[str, str]) -> None:
        if params.keys() - _PARAMS or not params.get("$top", "1").isdecimal():
            raise BadQueryError("params")
        if any(part in {*params} or part in params.get("$filter", "") for part in self.unknown):
            raise BadQueryError("The requested feature is not supported by this server.", 501)
        if "$select" in params and "$expand" in params:
            raise BadQueryError("This server doesn't support $select query parameter with $expand.", 501)
        if params.get("$expand", "*") != "*" or params.get("$select", "__id,__system") != "__id,__system":
            raise BadQueryError("$select")

    def _link(self, params: Mapping[str, str], last: str) -> str:
        token = "01" + base64.b64encode(json.dumps({"instanceId": last}).encode()).decode()
        query = {**params, "$skiptoken": token}
        asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
        return f"{self.domain}/v1/projects/{self.project}/forms/{quote(self.form, safe='')}.svc/Submissions?{asked}"

    def _show(self, row: Row, params: Mapping[str, str]) -> Row:
        system = {
            name: _write_time(value) if isinstance(value, datetime) else value
            for name, value in row["system"].items()
        }
        shown: Row = {"__id": row["id"], "__system": system}
        if "$select" in params or row["answers"] is None:
            return shown
        meta = {
            "instanceID": row["id"],
            "instanceName": PLANTED["instance_name"],
            "audit": PLANTED["attachment"],
        }
        shown["meta"] = meta
        for path in self.paths:
            *groups, name = path.split("/")
            place = shown
            for group in groups:
                place = place.setdefault(group, {})
            place[name] = type_number(name, row["answers"].get(path))
        for name, items in row["repeats"].items():
            shown[f"{name}@odata.navigationLink"] = f"Submissions('{row['id']}')/{name}"
            if params.get("$expand") == "*":
                shown[name] = [{"__id": f"made-up-{place}", **item} for place, item in enumerate(items)]
        return shown

    def _find(self, key: str) -> Row:
        return next(row for row in self.rows if row["id"] == f"uuid:{key}")


def _read_filter(text: str | None) -> tuple[Callable[[Row], bool], bool]:
    """Understand times and ids with `or` between; whether deleted rows are seen is told by naming `deletedAt`."""
    if text is None:
        return (lambda _row: True), False
    tests: list[Callable[[Row], bool]] = []
    for clause in text.split(" or "):
        if match := _TIME_CLAUSE.fullmatch(clause):
            tests.append(_after(match[1], datetime.fromisoformat(match[2])))
        elif match := _ID_CLAUSE.fullmatch(clause):
            tests.append(_named(match[1]))
        else:
            raise BadQueryError("The OData filter expression you provided could not be parsed.")
    return (lambda row: any(test(row) for test in tests)), "__system/deletedAt" in text


def _after(name: str, moment: datetime) -> Callable[[Row], bool]:
    return lambda row: row["system"][name] is not None and row["system"][name] >= moment


def _named(instance: str) -> Callable[[Row], bool]:
    return lambda row: row["id"] == instance


def _read_token(token: str) -> str:
    try:
        return json.loads(base64.b64decode(token.removeprefix("01"), validate=True))["instanceId"]
    except (binascii.Error, ValueError):
        raise BadQueryError("Invalid $skiptoken") from None


def _write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _problem(status: int, message: str) -> Reply:
    return give({"message": message, "code": float(status)}, status)
