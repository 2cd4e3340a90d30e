"""The plain sentences that can be said of a page's tables, each number beside the table in which it stands."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.language import Language
from pipeline.report import derived, outline
from pipeline.report.figures import Figures, Shown
from pipeline.report.labels import group_lakhs, write_decimal
from pipeline.report.tables import Cell, Row, Table, find_total, place_name


@dataclass(frozen=True)
class Derived:
    """A number in a sentence that stands in no cell of the page: derived, or of another month."""

    value: str


Sentence = tuple[str | Cell | Derived, ...]
"""Texts and numbers in turn."""


@dataclass(frozen=True)
class Finding:
    """One sentence, and the table in which its cells stand."""

    parts: Sentence
    table: Table


@dataclass(frozen=True)
class Finder:
    """Finds what can be said of one geography's tables, in the language of the page."""

    tables: tuple[Table, ...]
    contract: Contract
    language: Language
    geography: str
    month: str

    def list_findings(self, previous: Figures | None) -> Iterator[Finding]:
        """Give the findings, those that matter most first; `previous` are the figures of the month before."""
        yield from self._find_coverage()
        yield from self._find_total()
        yield from self._find_trend(previous)
        yield from self._find_range()
        yield from self._find_foremost()
        yield from self._find_median()

    def find_mean(self) -> Iterator[Finding]:
        """Say how many incidents there are for each collective that filed; how many filed is exact."""
        for (table, filed), (_, total) in itertools.product(
            self._measures("collectives_filed"), self._totals()
        ):
            mean = derived.mean(total.figure.shown, filed.figure.shown)
            if mean is not None and total.cell and filed.cell:
                sentence = self._compose(
                    "About {total} incidents among {filed} collectives that filed are about {mean} for each of them. "
                    "Collectives differ in how many survivors they reach.",
                    total=total.cell,
                    filed=filed.cell,
                    mean=Derived(write_decimal(mean)),
                )
                yield Finding(sentence, table)

    def _find_coverage(self) -> Iterator[Finding]:
        """Say how many collectives filed."""
        for (table, filed), (_, expected) in itertools.product(
            self._measures("collectives_filed"), self._measures("collectives_expected")
        ):
            if filed.cell and expected.cell:
                sentence = self._compose(
                    "{filed} of {expected} collectives filed a return for this month.",
                    filed=filed.cell,
                    expected=expected.cell,
                )
                yield Finding(sentence, table)

    def _find_total(self) -> Iterator[Finding]:
        """Say how many incidents were counted."""
        for table, row in self._totals():
            if row.cell:
                sentence = self._compose(
                    "About {total} incidents in {place} were reported to us and counted in {month}.",
                    total=row.cell,
                    place=place_name(self.geography, self.contract, self.language),
                    month=self.language.say_period(self.month),
                )
                yield Finding(sentence, table)

    def _find_trend(self, previous: Figures | None) -> Iterator[Finding]:
        """Say whether clearly more or fewer incidents were reported than in the month before; else say nothing."""
        before = _shown_total(previous, self.geography)
        for table, row in self._totals():
            direction = derived.trend(row.figure.shown, before)
            if direction and previous and before and row.cell:
                parts: dict[str, str | Cell | Derived] = {
                    "before": Derived(group_lakhs(before.value)),
                    "earlier": self.language.say_period(previous.period),
                    "now": row.cell,
                    "month": self.language.say_period(row.figure.period),
                }
                yield Finding(self._compose_trend(direction, parts), table)

    def _compose_trend(self, direction: str, parts: Mapping[str, str | Cell | Derived]) -> Sentence:
        if direction == "rose":
            return self._compose(
                "What was reported rose from about {before} incidents in {earlier} to about {now} in "
                "{month}, by more than chance alone would make it; other collectives may have filed.",
                **parts,
            )
        return self._compose(
            "What was reported fell from about {before} incidents in {earlier} to about {now} in {month}, by "
            "more than chance alone would make it; other collectives may have filed.",
            **parts,
        )

    def _find_range(self) -> Iterator[Finding]:
        """Say how much hangs on doubtful reports.

        Ends that are alike are said in the same words whether the queue is empty or nearly so: that it is empty would
        be an exact count.
        """
        for table in self._tables(outline.RANGE):
            ends = [row.cell for row in table.rows if row.cell]
            if len(ends) < 2:
                continue
            fewest, most = ends
            if fewest.value == most.value:
                sentence = self._compose(
                    "It is about {most} incidents, rounded, whether reports that may tell of the same incident do so "
                    "or not.",
                    most=most,
                )
            else:
                sentence = self._compose(
                    "About {fewest} if all doubtful reports tell of incidents already counted, about {most} if each "
                    "tells of one of its own: people had not decided when the month closed.",
                    fewest=fewest,
                    most=most,
                )
            yield Finding(sentence, table)

    def _find_median(self) -> Iterator[Finding]:
        """Say in which band of delay the incident in the middle lies, where the shown bounds leave no doubt."""
        totals = [row.figure.shown for _, row in self._totals()]
        for table in self._tables(outline.DELAYS):
            codes = self.contract.code_lists[outline.DELAYS.codes]
            shown: Mapping[str | None, Shown | None] = {
                row.figure.code_1: row.figure.shown for row in table.rows
            }
            place = derived.median_band(
                [shown.get(code) for code in codes.codes], totals[0] if totals else None
            )
            if place is not None:
                sentence = self._compose(
                    "The median of when the incidents happened is “{band}”: put in order, the one in the "
                    "middle falls there.",
                    band=self.language.label(codes, list(codes.codes)[place]),
                )
                yield Finding(sentence, table)

    def _find_foremost(self) -> Iterator[Finding]:
        """Say which row of a table stands out among those whose figure is published."""
        for table in self.tables:
            row = _stands_out(table.rows) if table.words.foremost else None
            if row and row.cell:
                sentence = self._compose(table.words.foremost, row=row.label, value=row.cell)
                yield Finding(sentence, table)

    def _compose(self, message: str, **parts: str | Cell | Derived) -> Sentence:
        return self.language.compose(message, **parts)

    def _tables(self, words: outline.TableWords) -> Iterator[Table]:
        return (table for table in self.tables if table.words is words)

    def _totals(self) -> Iterator[tuple[Table, Row]]:
        return ((table, row) for table in self._tables(outline.TOTAL) for row in table.rows)

    def _measures(self, measure: str) -> Iterator[tuple[Table, Row]]:
        rows = ((table, row) for table in self.tables for row in table.rows)
        return ((table, row) for table, row in rows if row.figure.measure == measure)


def _shown_total(figures: Figures | None, geography: str) -> Shown | None:
    total = find_total(figures, geography) if figures else None
    return total.shown if total else None


def _stands_out(rows: tuple[Row, ...]) -> Row | None:
    """Return the row whose true count is above every other shown one, whatever the rounding, or None.

    A row that names no one thing, such as "other", is not put into a sentence.
    """
    shown = sorted(
        ((row.figure.shown, row) for row in rows if row.figure.shown), key=lambda pair: -pair[0].value
    )
    if len(shown) < 2 or shown[0][0].lower <= shown[1][0].upper:
        return None
    foremost = shown[0][1]
    is_residual = (foremost.figure.code_1 or "").casefold() in outline.RESIDUAL_CODES
    return None if is_residual else foremost
