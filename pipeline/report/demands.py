"""The four demands of the survivors' collectives, each with the published figures that bear on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.language import Language, clean_label
from pipeline.report import outline
from pipeline.report.tables import Row, Table

_BEARING = (outline.SERVICES, outline.KINDS, outline.DUTY_BEARERS, outline.GROUNDS)
"""Tables whose rows bear on a demand; a demand names their codes in the column called like their code list."""


@dataclass(frozen=True)
class Bearing:
    """A row of a table that bears on a demand."""

    table: Table
    row: Row


@dataclass(frozen=True)
class Demand:
    """One demand in the language of the page; `silent` are the labels of rows that are not published."""

    code: str
    label: str
    text: str
    shown: tuple[Bearing, ...]
    silent: tuple[str, ...]


def list_demands(tables: Sequence[Table], contract: Contract, language: Language) -> Iterator[Demand]:
    """Give the demands with the rows of `tables` that bear on them."""
    demands = contract.code_lists.get("demands")
    for code, demand in demands.codes.items() if demands else ():
        bearings = [
            Bearing(table, row)
            for words in _BEARING
            for table in tables
            if table.words is words
            for row in (*table.rows, *table.folded)
            if row.figure.code_1 in demand.list_in(words.codes)
        ]
        yield Demand(
            code=code,
            label=language.label(demands, code) if demands else "",
            text=clean_label(language.say_marked(demand.details["description"])),
            shown=tuple(bearing for bearing in bearings if bearing.row.cell),
            silent=tuple(bearing.row.label for bearing in bearings if not bearing.row.cell),
        )
