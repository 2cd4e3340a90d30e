"""Two reports side by side, in words, for the eyes of a reviewer."""

import itertools
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.contract import Contract
from pipeline.link.explain import find_weights, load_reasons, weigh_evidence
from pipeline.link.review import name_pair
from pipeline.store.queue import PairRecord, ReportRecord

_WIDTH = 34
_UNSHOWN = {"report", "month", "collective", "return_id", "row", "incident_first", "incident_last", "purged"}
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Compared:
    """What both reports answer to one question, in words; blank where a report does not answer it."""

    title: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        """Whether the answers are others; what is missing on one side is not called different."""
        return bool(self.first and self.second and self.first != self.second)


@dataclass(frozen=True)
class Comparison:
    """Two reports side by side, the one that was told first before the other, for the eyes of a reviewer alone.

    `sides` name them, `evidence` says what speaks for and against one incident. `narratives` are on one line each,
    None where there is none. `is_purged` tells whether sealed fields of one of them are gone.
    """

    pair: str
    bits: float
    why: str
    sides: tuple[str, str]
    answers: tuple[Compared, ...]
    evidence: tuple[str, ...]
    narratives: tuple[str | None, str | None]
    is_purged: bool


def compare_reports(
    pair: PairRecord, records: Mapping[str, ReportRecord], reports: pl.DataFrame, contract: Contract
) -> Comparison:
    """Return two reports (LINK_SCHEMA and purged) side by side: answers, evidence by field, narratives."""
    told = {line["report"]: line for line in reports.iter_rows(named=True)}
    one, other = in_order_of_telling(records, pair)
    first, second = told[one.report], told[other.report]
    return Comparison(
        pair=name_pair(pair.key),
        bits=pair.bits,
        why=load_reasons().get(pair.why, ""),
        sides=(name_report(one), name_report(other)),
        answers=tuple(_compare_answers(first, second, contract)),
        evidence=tuple(say_evidence(pair)),
        narratives=(_read_narrative(first), _read_narrative(second)),
        is_purged=bool(first["purged"] or second["purged"]),
    )


def name_report(record: ReportRecord) -> str:
    """Return how a report is called among reviewers: its collective, its id and its month."""
    return f"{record.collective} {record.report_id} ({record.month})"


def lay_out(compared: Comparison) -> list[str]:
    """Return a comparison as lines for a terminal."""
    lines = [
        f"Pair {compared.pair}: {compared.bits:.1f} bits. {compared.why}".rstrip(),
        "",
        *_line("", *compared.sides),
        *(
            line
            for each in compared.answers
            for line in _line(each.title, each.first, each.second, differs=each.differs)
        ),
    ]
    if compared.is_purged:
        lines.append("Sealed fields (dates, office, token, narrative) of a report without them were purged.")
    narratives = [
        f"Narrative {number}: {text}"
        for number, text in enumerate(compared.narratives, start=1)
        if text is not None
    ]
    return [*lines, "", *compared.evidence, "", *narratives]


def in_order_of_telling(records: Mapping[str, ReportRecord], pair: PairRecord) -> list[ReportRecord]:
    """Return the two reports of a pair, the one that was told first before the other."""
    return sorted((records[key] for key in pair.key), key=lambda each: (each.month, each.report))


def say_evidence(pair: PairRecord) -> Iterator[str]:
    """Say what speaks for and against one incident, the weightiest first."""
    weights = find_weights(pair.weights)
    if weights is None:
        yield f"The pair was scored with weights {pair.weights}, whose tables are gone: only the sum is known."
        return
    yield f"Bits by field, weights {weights.version} (above 0 speaks for one incident, below 0 against):"
    yield f"  {weights.prior_bits:+6.1f}  to begin with: two reports seldom tell of one incident"
    for evidence in weigh_evidence(pair.levels, weights):
        yield f"  {evidence}"


def _compare_answers(
    first: Mapping[str, object], second: Mapping[str, object], contract: Contract
) -> Iterator[Compared]:
    yield Compared("Date of the incident", _say_date(first), _say_date(second))
    for name in first:
        if name not in _UNSHOWN and name != "narrative":
            one, other = (_say_value(name, each[name], contract) for each in (first, second))
            if one or other:
                yield Compared(contract.fields[name].title, one, other)


def _line(title: str, one: str, other: str, *, differs: bool = False) -> Iterator[str]:
    """Lay out one field; what differs is marked."""
    mark = "≠" if differs else " "
    columns = [textwrap.wrap(text, width) for text, width in ((title, 22), (one, _WIDTH), (other, _WIDTH))]
    for number, (name, left, right) in enumerate(itertools.zip_longest(*columns, fillvalue="")):
        yield f"{' ' if number else mark} {name:<22} {left:<{_WIDTH}} {right}".rstrip()


def _say_date(report: Mapping[str, object]) -> str:
    first, last = report["incident_first"], report["incident_last"]
    if first is None:
        return ""
    return str(first) if first == last else str(first)[:7]


def _say_value(name: str, value: object, contract: Contract) -> str:
    if value is None:
        return ""
    field = contract.fields[name]
    if field.code_list is None:
        return _plain(str(value))
    codes = contract.codes_of(name)
    return "; ".join(_plain(codes.label(code)) for code in str(value).split(";"))


def _read_narrative(report: Mapping[str, object]) -> str | None:
    narrative = report["narrative"]
    return None if narrative is None else _plain(str(narrative))


def _plain(text: str) -> str:
    """Return text on one line without anything that steers a terminal."""
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if c not in _BIDI_CONTROLS and unicodedata.category(c) != "Cc")
