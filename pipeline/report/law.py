"""What the law obliges: duties with their provisions, their time limits where these bind, and what falls under them.

The code lists `legal_duties` and `legal_provisions` say all of it, with sources. A duty that was not verified
against its source is never printed.
"""

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.contract import ANY, NATIONAL, Code, Contract
from pipeline.language import Language, clean_label, mark
from pipeline.report import outline
from pipeline.report.figures import Figure, Figures
from pipeline.report.tables import Cell, find_longest, show_cell

_LONGEST_SOURCE = 1_000
_VERIFIED = "verified"
_BINDS = "duty_bearer"
_NOBODY = "nobody"

_UNITS = {
    "hours": mark("{number} hours"),
    "days": mark("{number} days"),
    "working days": mark("{number} working days"),
    "weeks": mark("{number} weeks"),
    "months": mark("{number} months"),
    "years": mark("{number} years"),
}

_DECIDED_BY = {
    "offence": mark("The date of the offence decides which provision holds."),
    "act": mark("The date of the act of the authority decides which provision holds."),
    "incident": mark("The date of the incident decides which provision holds."),
}


@dataclass(frozen=True)
class Provision:
    """Where the law says it: its citation, since and until when it holds, and the figures that belong to it.

    `since` and `until` are days as they are written, or blank. `late` is what was late against the limit, and
    `is_in_force` tells whether it held in the month of the figures. `counted_in` are the dimensions that count it.
    """

    code: str
    citation: str
    since: str
    until: str
    cell: Cell | None
    late: Cell | None
    is_in_force: bool
    counted_in: tuple[str, ...]


@dataclass(frozen=True)
class Duty:
    """One duty in the language of the page; `limit` is blank where no limit binds the duty-bearer.

    `source` says where it was read, and `source_number` which of the page's sources that is. `is_counted` tells
    whether the form says enough to know which incidents fall under it.
    """

    code: str
    label: str
    owed_by: tuple[str, ...]
    limit: str
    limit_from: str
    remedy: str
    decided_by: str
    source: str
    source_number: int
    provisions: tuple[Provision, ...]
    has_figures: bool
    is_counted: bool


@dataclass(frozen=True)
class LawBook:
    """Reads the duties of a contract for one geography and language, with the figures that belong to them."""

    contract: Contract
    language: Language
    geography: str
    figures: Figures

    def list_duties(
        self, *, bearers: Collection[str] | None = None, services: Collection[str] | None = None
    ) -> Iterator[Duty]:
        """Give the verified duties that hold in the geography, in the order of their list.

        Given codes of duty-bearers or of services, only those that name one of them; all if neither is given.
        """
        is_any = bearers is None and services is None
        numbers: dict[str, int] = {}
        for duty in self._codes("legal_duties"):
            is_asked = (
                is_any
                or not set(duty.list_in("duty_bearers")).isdisjoint(bearers or ())
                or not set(duty.list_in("services")).isdisjoint(services or ())
            )
            if duty.details["confidence"] == _VERIFIED and is_asked and self._holds_here(duty):
                number = numbers.setdefault(duty.details["source"], len(numbers) + 1)
                yield self._read_duty(duty, number)

    def _holds_here(self, duty: Code) -> bool:
        states = duty.list_in("states")
        return self.geography == NATIONAL or not states or self.geography in states

    def _read_duty(self, duty: Code, source_number: int) -> Duty:
        details, bearers = duty.details, self.contract.code_lists["duty_bearers"]
        provisions = tuple(map(self._read_provision, self._provisions.get(duty.code, ())))
        binds = details["limit_binds"] == _BINDS
        say = self.language.say_marked
        owed_by = (code for code in duty.list_in("duty_bearers") if code != ANY)
        return Duty(
            code=duty.code,
            label=self.language.label(self.contract.code_lists["legal_duties"], duty.code),
            owed_by=tuple(self.language.label(bearers, code) for code in owed_by),
            limit=say(_UNITS[details["limit_unit"]], number=details["limit_value"]) if binds else "",
            limit_from=say(details["limit_from"]) if binds and details["limit_from"] else "",
            remedy=clean_label(details["remedy"]),
            decided_by=say(_DECIDED_BY[details["decided_by"]]) if len(provisions) > 1 else "",
            source=clean_label(details["source"], longest=_LONGEST_SOURCE),
            source_number=source_number,
            provisions=provisions,
            has_figures=any(each.cell or each.late for each in provisions),
            is_counted=details["counted_for"] != _NOBODY,
        )

    def _read_provision(self, code: Code) -> Provision:
        return Provision(
            code=code.code,
            citation=clean_label(code.label),
            since=self.language.say_date(code.valid_from) if code.valid_from else "",
            until=self.language.say_date(code.valid_to) if code.valid_to else "",
            cell=self._cells.get((outline.PROVISIONS.table, code.code)),
            late=self._cells.get((outline.LATE.table, code.code)),
            counted_in=tuple(code.list_in("counted_in")),
            is_in_force=(code.valid_from or "")[:7] <= self.figures.period <= (code.valid_to or "9999")[:7],
        )

    @functools.cached_property
    def _cells(self) -> Mapping[tuple[str, str | None], Cell | None]:
        """The figures of the place by table and provision."""
        found = (self.figures.of(words.table, self.geography) for words in (outline.PROVISIONS, outline.LATE))
        return {
            (cell.table, cell.code_1): show_cell(cell, find_longest(cells))
            for cells in found
            for cell in cells
        }

    @functools.cached_property
    def _provisions(self) -> Mapping[str, Sequence[Code]]:
        """The provisions of each duty, in the order of their list."""
        found: dict[str, list[Code]] = {}
        for code in self._codes("legal_provisions"):
            found.setdefault(code.details["duty"], []).append(code)
        return found

    def _codes(self, name: str) -> Iterable[Code]:
        codes = self.contract.code_lists.get(name)
        return codes.codes.values() if codes else ()


def list_shown_codes(cells: Iterable[Figure]) -> frozenset[str]:
    """Return the first codes of the figures that are shown."""
    return frozenset(cell.code_1 for cell in cells if cell.shown and cell.code_1)


def list_sources(duties: Iterable[Duty]) -> tuple[tuple[int, str], ...]:
    """Return the sources of duties by their numbers."""
    return tuple(sorted({(duty.source_number, duty.source) for duty in duties}))
