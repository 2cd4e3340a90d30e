"""The monthly statement: what a collective filed for a month, what counted, and what is still open.

It names returns and numbers of rows, in the collective's language; it never repeats a value of a report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.language import Language
from pipeline.slip import VERDICTS
from pipeline.templates import fill_template


@dataclass(frozen=True)
class FiledReturn:
    """One return of the month; `page` and `sheet` name its slip and its rows to mend, blank where there are none."""

    page: str
    sheet: str
    received_on: str
    state: str
    rows: int
    to_mend: int


@dataclass(frozen=True)
class Statement:
    """What a statement tells; `verdicts` counts rows, `doubtful_pairs` wait for a reviewer."""

    collective: str
    month: str
    returns: Sequence[FiledReturn]
    verdicts: Mapping[str, int]
    doubtful_pairs: int


def render_statement(statement: Statement, contract: Contract, language: Language) -> bytes:
    """Return the statement as a page to read."""
    return fill_template(
        "statement.html.j2",
        language,
        statement=statement,
        collective=contract.code_lists["collectives"].label(statement.collective),
        month=language.say_period(statement.month),
        filed=sum(each.rows for each in statement.returns),
        verdicts=[
            (label, statement.verdicts[name])
            for name, label in VERDICTS.items()
            if name in statement.verdicts
        ],
        returns=[(each, language.say_date(each.received_on)) for each in statement.returns],
        to_mend=sum(each.to_mend for each in statement.returns),
        held=sum(each.state == "held" for each in statement.returns),
        rejected=sum(each.state == "rejected" for each in statement.returns),
    )
