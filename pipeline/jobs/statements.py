"""Monthly statements of collectives as files: written again, with slips, whenever something about them changes."""

from collections.abc import Iterable

import sqlalchemy as sa

from pipeline.files import write_atomically
from pipeline.jobs.slips import slip_folder, speak_to, write_slip
from pipeline.jobs.workplace import Workplace
from pipeline.settings import KOLKATA
from pipeline.slip import name_sheet
from pipeline.statement import FiledReturn, Statement, render_statement
from pipeline.store import statements


def write_papers(place: Workplace, connection: sa.Connection, return_ids: Iterable[str]) -> None:
    """Write the slips of returns, and the statements of their collectives and months."""
    returns = sorted(set(return_ids))
    for return_id in returns:
        write_slip(place, connection, return_id)
    for collective, month in statements.list_months_of(connection, returns):
        _write_statement(place, connection, collective, month)


def _write_statement(place: Workplace, connection: sa.Connection, collective: str, month: str) -> None:
    record = statements.load_statement(connection, collective, month)
    statement = Statement(
        collective=collective,
        month=month,
        returns=[_describe(line, month) for line in record.returns],
        verdicts=record.verdicts,
        doubtful_pairs=record.doubtful_pairs,
    )
    page = render_statement(statement, place.contract, speak_to(place, collective))
    write_atomically(slip_folder(place, collective) / f"statement-{month}.html", page, mode=0o600)


def _describe(line: statements.ReturnLine, month: str) -> FiledReturn:
    return FiledReturn(
        page=f"{line.return_id}.html",
        sheet=name_sheet(line.return_id, month) if line.to_mend else "",
        received_on=line.received_at.astimezone(KOLKATA).date().isoformat(),
        state=line.state,
        rows=line.rows,
        to_mend=line.to_mend,
    )
