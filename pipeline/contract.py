"""The incident report as data: fields, code lists and rules, read from `schemas/`.

Every other definition (expectations, tables, forms, documents) is held against this one by a test. Nothing
here knows how a report is read, judged or counted.
"""

import csv
import functools
import hashlib
import itertools
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.settings import CHECKOUT

SCHEMAS = CHECKOUT / "schemas"

NATIONAL = "IN"
"""The national geography: ISO 3166-1; states have ISO 3166-2 codes."""

ANY = "ANY"
"""Among the codes that a legal duty names: whichever of the list."""

MADE_UP_COLUMN = "made_up_example"
"""A column of this name says that a return is made up; so is then every edition that counts it."""

_CODE_COLUMNS = frozenset({"code", "label", "spellings", "within", "valid_from", "valid_to"})


@dataclass(frozen=True)
class Field:
    """One column of the form.

    `kind` is one of identifier, code, codes, date, partial_date, integer, text, token. `code_list` names a
    file of `schemas/codes/` for the kinds code and codes. `purged` fields live in the vault and are erased
    with it. `question` and `hint` are what a form says, `section` is the part of it where the question stands.
    """

    name: str
    title: str
    description: str
    kind: str
    required: bool = False
    code_list: str | None = None
    pattern: str | None = None
    purged: bool = False
    section: str = ""
    question: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Code:
    """One entry of a code list; `within` is the code that this one lies in (a district's state), or None.

    `details` holds every other column of the file under its heading (a state's `tile_row`, a collective's
    `language`); blank where the file is blank.
    """

    code: str
    label: str
    spellings: tuple[str, ...] = ()
    within: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    details: Mapping[str, str] = field(default_factory=dict, hash=False)

    def list_in(self, column: str) -> list[str]:
        """Return the codes of a column of `details` that holds several, separated by `;`; none where it is blank."""
        return [code for code in self.details[column].split(";") if code]


@dataclass(frozen=True)
class CodeList:
    """A closed list of codes in the order in which they are shown."""

    name: str
    codes: Mapping[str, Code]

    def label(self, code: str) -> str:
        return self.codes[code].label

    def valid_in(self, month: str) -> list[str]:
        """Return the codes whose validity touches a month, in the order in which they are shown."""
        return [
            code.code
            for code in self.codes.values()
            if (code.valid_from or "")[:7] <= month <= (code.valid_to or "9999")[:7]
        ]

    @functools.cached_property
    def by_spelling(self) -> Mapping[tuple[str | None, str], str]:
        """Codes by (within, folded spelling), without spellings that two codes of one place share."""
        found: dict[tuple[str | None, str], set[str]] = {}
        for code in self.codes.values():
            for spelling in (code.code, code.label, *code.spellings):
                found.setdefault((code.within, fold_spelling(spelling)), set()).add(code.code)
        return {key: next(iter(codes)) for key, codes in found.items() if len(codes) == 1}


@dataclass(frozen=True)
class Rule:
    """A rule that a row or a return can break.

    `severity` is reject (the return), hold, quarantine or warn (the row), or note. `reason` and `mend` are
    sentences for the sender.
    """

    rule: str
    stage: str
    severity: str
    reason: str
    mend: str


@dataclass(frozen=True)
class Contract:
    """The whole contract; `version` is that of the form, `fingerprint` the SHA-256 over all files of it.

    `suites` holds the expectations of each file of `schemas/expectations/`, as Great Expectations reads them;
    `sections` the titles of the parts of the form, in their order.
    """

    version: str
    fields: Mapping[str, Field]
    code_lists: Mapping[str, CodeList]
    rules: Mapping[str, Rule]
    fingerprint: str
    suites: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)

    def codes_of(self, field: str) -> CodeList:
        """Return the code list of a field; raise KeyError where the field has none."""
        return self.code_lists[self.fields[field].code_list or ""]


def fold_spelling(text: str) -> str:
    """Fold a written name to what spellings are compared by: NFKC, case, and letters, marks, digits.

    Combining marks are kept, since in Indic scripts vowels are marks. Digits of every script become ASCII.
    """
    folded = unicodedata.normalize("NFKC", fold_digits(text)).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LMN")


def fold_digits(text: str) -> str:
    """Write the decimal digits of every script as 0 to 9 and leave all else as it is."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(character, character)) for character in text)


@functools.cache
def load_contract(schemas: Path = SCHEMAS) -> Contract:
    """Read the contract from a `schemas/` folder; the result is shared and must not be changed."""
    table_schema = json.loads((schemas / "incident_report.json").read_text(encoding="utf-8"))
    fields = {raw["name"]: _read_field(raw) for raw in table_schema["fields"]}
    code_lists = {path.stem: _read_code_list(path) for path in sorted((schemas / "codes").glob("*.csv"))}
    suites = {
        path.stem: tuple(json.loads(path.read_text(encoding="utf-8"))["expectations"])
        for path in sorted((schemas / "expectations").glob("*.json"))
    }
    return Contract(
        version=table_schema["version"],
        fields=fields,
        code_lists=code_lists,
        rules=_read_rules(schemas, suites),
        fingerprint=_fingerprint(schemas),
        suites=suites,
        sections={raw["name"]: raw["title"] for raw in table_schema["jawabdehi:sections"]},
    )


def _read_field(raw: dict[str, object]) -> Field:
    constraints = raw.get("constraints") or {}
    assert isinstance(constraints, dict)
    return Field(
        name=str(raw["name"]),
        title=str(raw["title"]),
        description=str(raw["description"]),
        kind=str(raw["jawabdehi:kind"]),
        required=bool(constraints.get("required", False)),
        code_list=str(raw["jawabdehi:codeList"]) if "jawabdehi:codeList" in raw else None,
        pattern=constraints.get("pattern"),
        purged=bool(raw.get("jawabdehi:purged", False)),
        section=str(raw["jawabdehi:section"]),
        question=str(raw["jawabdehi:question"]),
        hint=str(raw.get("jawabdehi:hint", "")),
    )


def _read_code_list(path: Path) -> CodeList:
    with path.open(encoding="utf-8", newline="") as lines:
        codes = [_read_code(row) for row in csv.DictReader(lines)]
    return CodeList(name=path.stem, codes={code.code: code for code in codes})


def _read_code(row: dict[str, str]) -> Code:
    return Code(
        code=row["code"],
        label=row["label"],
        spellings=tuple(spelling for spelling in (row.get("spellings") or "").split(";") if spelling),
        within=row.get("within") or None,
        valid_from=row.get("valid_from") or None,
        valid_to=row.get("valid_to") or None,
        details={heading: cell for heading, cell in row.items() if heading not in _CODE_COLUMNS},
    )


def _read_rules(schemas: Path, suites: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, Rule]:
    with (schemas / "rules.csv").open(encoding="utf-8", newline="") as lines:
        rules = {row["rule"]: Rule(**row) for row in csv.DictReader(lines)}
    for expectation in itertools.chain.from_iterable(suites.values()):
        meta = expectation["meta"]
        severity = "quarantine" if expectation["severity"] == "critical" else "warn"
        rules[meta["rule"]] = Rule(meta["rule"], "validate", severity, meta["reason"], meta["mend"])
    return rules


def _fingerprint(schemas: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(schemas.rglob("*")):
        if path.suffix in {".json", ".csv"}:
            digest.update(path.relative_to(schemas).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
