"""The memorandum of a state: what advocates send to the offices that answer for its duty-bearers.

It is addressed by office, never by name, and says nothing that the state's page does not say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.contract import Code, Contract
from pipeline.language import clean_label
from pipeline.report import outline
from pipeline.report.context import Page
from pipeline.report.figures import Figures
from pipeline.report.law import Duty, LawBook
from pipeline.report.tables import Row


@dataclass(frozen=True)
class Request:
    """What is asked of one office, with the published figures of the duty-bearers it answers for and their duties."""

    code: str
    addressee: str
    text: str
    rows: tuple[Row, ...]
    duties: tuple[Duty, ...]


@dataclass(frozen=True)
class Memorandum:
    """All that the template of a memorandum may see: the state's page, and what is asked of whom."""

    page: Page
    requests: tuple[Request, ...]
    has_figures: bool


def build_memorandum(page: Page, figures: Figures, contract: Contract) -> Memorandum:
    """Build the memorandum of a state's page: to every office with figures, or to all where none is published."""
    requests = tuple(_list_requests(page, figures, contract))
    told = tuple(request for request in requests if request.rows)
    return Memorandum(page, told or requests, has_figures=bool(told))


def _list_requests(page: Page, figures: Figures, contract: Contract) -> Iterator[Request]:
    book = LawBook(contract, page.language, page.geography, figures)
    addressees = contract.code_lists.get("addressees")
    for addressee in addressees.codes.values() if addressees else ():
        bearers = _list_bearers(addressee, contract)
        rows = tuple(
            row
            for table in page.tables
            if table.words is outline.DUTY_BEARERS
            for row in table.rows
            if row.cell and row.figure.code_1 in bearers
        )
        told = {row.figure.code_1 for row in rows if row.figure.code_1}
        duties = (duty for duty in book.list_duties(bearers=told or bearers) if duty.limit or told)
        yield Request(
            code=addressee.code,
            addressee=page.language.label(addressees, addressee.code) if addressees else "",
            text=clean_label(page.language.say_marked(addressee.details["description"])),
            rows=rows,
            duties=tuple(duty for duty in duties if duty.is_counted),
        )


def _list_bearers(addressee: Code, contract: Contract) -> frozenset[str]:
    families = addressee.list_in("families")
    bearers = contract.code_lists["duty_bearers"].codes.values()
    return frozenset(bearer.code for bearer in bearers if bearer.details.get("family") in families)
