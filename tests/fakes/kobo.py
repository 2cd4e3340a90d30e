"""A fake of KoboToolbox: one asset, its data by API v2.

Written after its source (github.com/kobotoolbox/kpi, commit 2e5efb0 of August 2026: `kpi/views/v2/data.py`,
`kpi/utils/mongo_helper.py`, `kpi/deployment_backends/`), not after the client.

Anything that is asked beside what the client needs gets a 400, so that a wrong query fails here, too.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.fakes.answers import PLANTED, fill_form, place_in_groups
from tests.fakes.serving import FakeServer, Reply, Request, give

DEFAULT_PAGE, LARGEST_PAGE = 100, 1000

_PARAMS = frozenset({"format", "limit", "start", "sort", "query", "fields"})
_ALWAYS = ("_uuid", "meta/rootUuid")
"""Given even where `fields` does not name them."""

_KEY_PLACES = frozenset({"_uuid", "meta/rootUuid", "meta/instanceID", "meta/deprecatedID"})

Row = dict[str, Any]


class BadQueryError(ValueError):
    """Something is asked that KoboToolbox would not understand, or not in this way."""


class FakeKobo(FakeServer):
    """An asset with submissions; `add` returns the natural key of one, by which it is edited, deleted, reviewed.

    `largest_page` is what pages are silently cut to. With `is_old`, rows have no `meta/rootUuid`; with
    `ignores_fields`, rows come whole whatever is asked.
    """

    def __init__(self, *reports: Mapping[str, str | None], **options: Any) -> None:
        super().__init__(**options)
        self.asset = "aMadeUpAsset0123456789"
        self.token = "made-up-token-0123456789abcdef"
        self.largest_page = LARGEST_PAGE
        self.is_deployed = True
        self.is_old = False
        self.ignores_fields = False
        self.rows: list[Row] = []
        self._uuids = 0
        self._numbers = 5_000_000
        for report in reports:
            self.add(report)

    def add(
        self,
        report: Mapping[str, str | None],
        *,
        at: datetime | None = None,
        groups: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        root: str | None = None,
    ) -> str:
        """Take in a form filled as a row of the contract, with `extra` answers by path; return its natural key."""
        # Ids are those of the whole server, where others file, too.
        self._numbers += 1 + len(self.rows) % 3
        new = self._make_uuid()
        row = {
            "_id": self._numbers,
            "formhub/uuid": "0123456789abcdef0123456789abcdef",
            **dict(place_in_groups(fill_form(report), groups or {})),
            **(extra or {}),
            "__version__": "vMadeUp",
            "meta/instanceID": f"uuid:{new}",
            "meta/instanceName": PLANTED["instance_name"],
            "_xform_id_string": self.asset,
            "_uuid": new,
            "meta/rootUuid": f"uuid:{root or new}",
            "_attachments": [{"filename": PLANTED["attachment"], "mimetype": "image/jpeg", "uid": "att1"}],
            "_status": "submitted_via_web",
            "_geolocation": [float(PLANTED["place"]), 85.1],
            "_submission_time": self.tick(at).strftime("%Y-%m-%dT%H:%M:%S"),
            "_validation_status": {},
            "_submitted_by": PLANTED["submitter"],
            "_supplementalDetails": {},
        }
        self.rows.append(row)
        return root or new

    def edit(self, key: str, **answers: str | None) -> None:
        """Change answers by their name, wherever they stand; None or blank takes one away."""
        row = self._find(key)
        new = self._make_uuid()
        row["meta/deprecatedID"], row["meta/instanceID"] = row["meta/instanceID"], f"uuid:{new}"
        row["_uuid"] = new
        for name, answer in answers.items():
            path = next((path for path in row if path.rpartition("/")[2] == name), name)
            row.pop(path, None)
            if answer:
                row[path] = answer

    def delete(self, key: str) -> None:
        """Delete all rows of a key."""
        self.rows = [row for row in self.rows if self.key_of(row) != key]

    def duplicate(self, key: str) -> None:
        """Keep a submission a second time, as happens when one is sent twice at the same moment."""
        self._numbers += 1
        self.rows.append({**self._find(key), "_id": self._numbers})

    def set_review(self, key: str, review: str | None) -> None:
        """Set not_approved, approved or on_hold, or take the review away."""
        uid = {
            "uid": f"validation_status_{review}",
            "timestamp": 1_790_000_000,
            "by_whom": PLANTED["submitter"],
            "label": str(review),
        }
        self._find(key)["_validation_status"] = uid if review else {}

    def encrypt(self, key: str) -> None:
        """Keep a submission as an encrypted form sends it."""
        row = self._find(key)
        for path in [path for path in row if not path.startswith(("_", "meta/", "formhub/"))]:
            del row[path]
        row |= {"base64EncryptedKey": "AAAA", "encryptedXmlFile": "submission.xml.enc"}

    def undeploy(self) -> None:
        self.is_deployed = False

    def define(self, **changes: object) -> str:
        """Return the definition of a source that reads this asset, for `parse_source`."""
        known = {
            "kind": "kobo",
            "url": self.url,
            "collective": "UTTHAN",
            "asset": self.asset,
            "token": self.token,
        }
        return json.dumps(known | changes)

    def key_of(self, row: Row) -> str:
        return row["meta/rootUuid"].removeprefix("uuid:")

    def answer(self, request: Request) -> Reply:
        if request.authorization != f"Token {self.token}":
            return give({"detail": "Invalid token."}, 401)
        if request.path != f"/api/v2/assets/{self.asset}/data/" or request.method != "GET":
            return give({"detail": "Not found."}, 404)
        if not self.is_deployed:
            return give({"detail": "The specified asset has not been deployed"}, 400)
        try:
            return give(self._list_data(request.params))
        except (BadQueryError, ValueError) as error:
            return give({"detail": f"Unsupported query: {error}"}, 400)

    def name_list(self, request: Request) -> str:
        return re.sub(r'"\$gt": \d+', "", json.dumps(dict(request.params)).replace("\\", ""))

    def _list_data(self, params: Mapping[str, str]) -> dict[str, Any]:
        if params.keys() - _PARAMS or params.get("format", "json") != "json":
            raise BadQueryError("params")
        matches = _read_query(json.loads(params.get("query", "{}")))
        found = [row for row in self.rows if matches(self._show(row))]
        found.sort(key=_read_sort(json.loads(params.get("sort", '{"_id": 1}'))))
        limit = min(_whole(params.get("limit", str(DEFAULT_PAGE)), 1), self.largest_page)
        start = _whole(params.get("start", "0"), 0)
        fields = [] if self.ignores_fields else json.loads(params.get("fields", "[]"))
        rows = [_keep(self._show(row), fields) for row in found[start : start + limit]]
        # The address holds the query, but nobody needs it.
        following = f"{self.url}/next" if start + limit < len(found) else None
        return {"count": len(found), "next": following, "previous": None, "results": rows}

    def _show(self, row: Row) -> Row:
        return {path: value for path, value in row.items() if not (self.is_old and path == "meta/rootUuid")}

    def _find(self, key: str) -> Row:
        return max((row for row in self.rows if self.key_of(row) == key), key=lambda row: row["_id"])

    def _make_uuid(self) -> str:
        self._uuids += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"made-up-{self._uuids}"))


def _read_query(query: object) -> Callable[[Row], bool]:
    """Understand `{"_id": {"$gt": n, "$in": […]}, "$or": [{place: {"$in": […]}}, …]}` and its parts."""
    if not isinstance(query, dict) or query.keys() - {"_id", "$or"}:
        raise BadQueryError("query")
    numbers, places = query.get("_id", {}), query.get("$or", [])
    if numbers.keys() - {"$gt", "$in"} or not all(
        type(n) is int for n in [numbers.get("$gt", 0), *numbers.get("$in", [])]
    ):
        raise BadQueryError("_id")
    wanted = []
    for part in places:
        ((place, condition),) = part.items()
        if place not in _KEY_PLACES or condition.keys() != {"$in"}:
            raise BadQueryError("$or")
        wanted.append((place, condition["$in"]))

    def matches(row: Row) -> bool:
        above = row["_id"] > numbers.get("$gt", 0)
        among = "$in" not in numbers or row["_id"] in numbers["$in"]
        return above and among and (not wanted or any(row.get(place) in ids for place, ids in wanted))

    return matches


def _read_sort(sort: object) -> Callable[[Row], int]:
    if sort not in ({"_id": 1}, {"_id": -1}):
        raise BadQueryError("sort")
    return lambda row: row["_id"] * sort["_id"]


def _keep(row: Row, fields: object) -> Row:
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise BadQueryError("fields")
    return {path: value for path, value in row.items() if not fields or path in (*fields, *_ALWAYS)}


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise BadQueryError("a positive integer is required")
    return int(text)
