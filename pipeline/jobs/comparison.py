"""Two reports side by side, in words, for the eyes of a reviewer."""

import itertools
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.contract import Contract
from pipeline.link.explain import find_weights, load_reasons, weigh_evidence
from pipeline.link.review import name_pair
from pipeline.store.queue import PairRecord, ReportRecord

_WIDTH = 34
_UNSHOWN = {"report", "month", "collective", "return_id", "row", "incident_first", "incident_last", "purged"}
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def compare_reports(
    pair: PairRecord, records: Mapping[str, ReportRecord], reports: pl.DataFrame, contract: Contract
) -> list[str]:
    """Return lines about two reports (LINK_SCHEMA and purged): answers, evidence by field, narratives."""
    told = {line["report"]: line for line in reports.iter_rows(named=True)}
    sides = in_order_of_telling(records, pair)
    first, second = (told[side.report] for side in sides)
    return [
        f"Pair {name_pair(pair.key)}: {pair.bits:.1f} bits. {load_reasons().get(pair.why, '')}".rstrip(),
        "",
        *_line("", *(f"{side.collective} {side.report_id}, {side.month}" for side in sides)),
        *_say_answers(first, second, contract),
        "",
        *say_evidence(pair),
        "",
        *_say_narratives(first, second),
    ]


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


def _say_answers(
    first: Mapping[str, object], second: Mapping[str, object], contract: Contract
) -> Iterator[str]:
    yield from _line("Date of the incident", _say_date(first), _say_date(second))
    for name in first:
        if name not in _UNSHOWN and name != "narrative":
            values = [_say_value(name, each[name], contract) for each in (first, second)]
            if any(values):
                yield from _line(contract.fields[name].title, *values)
    if first["purged"] or second["purged"]:
        yield "Sealed fields (dates, office, token, narrative) of a report without them were purged."


def _line(title: str, one: str, other: str) -> Iterator[str]:
    """Lay out one field; what differs is marked, and what is missing on one side is not called different."""
    mark = "≠" if title and one and other and one != other else " "
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


def _say_narratives(first: Mapping[str, object], second: Mapping[str, object]) -> Iterator[str]:
    for number, report in enumerate((first, second), start=1):
        narrative = report["narrative"]
        if narrative is not None:
            yield f"Narrative {number}: {_plain(str(narrative))}"


def _plain(text: str) -> str:
    """Return text on one line without anything that steers a terminal."""
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if c not in _BIDI_CONTROLS and unicodedata.category(c) != "Cc")
