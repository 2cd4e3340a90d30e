"""The same reports come to the same incidents and figures, by whichever channel their collectives send them."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import openpyxl
import polars as pl
import pytest

from pipeline import jobs
from pipeline.forms.template import write_template
from pipeline.language import load_language
from pipeline.worlds import MESSY, invent_world, write_returns
from tests.fakes.kobo import FakeKobo
from tests.fakes.odk import FakeOdk

MONTH = "2026-10"
REPORTS = 500
Rows = list[dict[str, str]]
Sent = Mapping[str, Rows]


@pytest.fixture(scope="module")
def reports(contract, tmp_path_factory) -> Sent:
    """Made-up reports of one month by collective, as cells of text."""
    out = tmp_path_factory.mktemp("world")
    paths = write_returns(invent_world(MESSY, reports=1_600, seed=77, contract=contract), out, contract)
    told = [
        (path.parent.name, row)
        for path in paths
        if path.name.startswith(MONTH)
        for row in pl.read_csv(path, infer_schema=False).to_dicts()
    ]
    # Taken from all over, so that all collectives are among them; several tell of one incident.
    chosen = [told[place * len(told) // REPORTS] for place in range(REPORTS)]
    found: dict[str, Rows] = {}
    for collective, row in chosen:
        found.setdefault(collective, []).append({name: cell for name, cell in row.items() if cell})
    assert sum(map(len, found.values())) == REPORTS
    return found


def as_csv(rows: Rows) -> bytes:
    return pl.DataFrame(rows, infer_schema_length=None).write_csv().encode()


def as_json(rows: Rows) -> bytes:
    return json.dumps({"reports": rows}, ensure_ascii=False).encode()


def as_workbook(rows: Rows, contract, language: str) -> bytes:
    """Fill the template of a collective's language by hand, as it were."""
    book = openpyxl.load_workbook(io.BytesIO(write_template(contract, load_language(language))))
    sheet = book.worksheets[0]
    heading = next(
        row for row in sheet.iter_rows(max_row=20) if any("report_id" in str(c.value) for c in row)
    )
    columns = {
        str(cell.value).rpartition(" · ")[2].strip(" *"): cell.column for cell in heading if cell.value
    }
    columns["made_up_example"] = len(heading) + 1
    sheet.cell(heading[0].row, columns["made_up_example"], "made_up_example")
    for place, row in enumerate(rows, heading[0].row + 1):
        for name, cell in row.items():
            sheet.cell(place, columns[name], cell)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@contextlib.contextmanager
def put_in_folders(month, sent: Sent, extension: str, write: Callable[[str, Rows], bytes]) -> Iterator[None]:
    for collective, rows in sent.items():
        month.send(collective, f"{MONTH}.{extension}", write(collective, rows))
    yield


@contextlib.contextmanager
def put_on_servers(month, sent: Sent, make: type[FakeKobo] | type[FakeOdk]) -> Iterator[None]:
    with contextlib.ExitStack() as servers:
        jobs.prepare(month.settings)
        for collective, rows in sent.items():
            fake = servers.enter_context(make())
            for row in rows:
                made_up = {"made_up_example": row["made_up_example"]}
                fake.add({name: cell for name, cell in row.items() if name not in made_up}, extra=made_up)
            jobs.pull_source(month.settings, f"made-up-{collective}", fake.define(collective=collective))
        yield


def work_through(month) -> tuple[bytes, list[tuple[str, ...]]]:
    """Collect, link and protect the month; return the figures, and what became of every report."""
    month.collect()
    edition_id, _ = month.draft(geographies=())
    columns = ("collective", "report_id", "incident_id", "verdict", "link_rule", "link_bits")
    links = sorted(tuple(line[name] for name in columns) for line in month.export())
    return (month.settings.drafts / edition_id / "figures.csv").read_bytes(), links


def test_every_channel_gives_the_same_incidents_and_figures_byte_for_byte(
    october, server, reports, contract, tmp_path
) -> None:
    spoken = {
        code.code: code.details["language"] for code in contract.code_lists["collectives"].codes.values()
    }
    channels = {
        "csv": lambda month: put_in_folders(month, reports, "csv", lambda _, rows: as_csv(rows)),
        "json": lambda month: put_in_folders(month, reports, "json", lambda _, rows: as_json(rows)),
        "xlsx": lambda month: put_in_folders(
            month, reports, "xlsx", lambda code, rows: as_workbook(rows, contract, spoken[code])
        ),
        "kobo": lambda month: put_on_servers(month, reports, FakeKobo),
        "odk": lambda month: put_on_servers(month, reports, FakeOdk),
    }
    came_to = {}
    for name, send in channels.items():
        home = tmp_path / name
        own = replace(october.settings, home=home, inbox=home / "inbox", database_url=server.make_database())
        month = replace(october, settings=own)
        with send(month):
            came_to[name] = work_through(month)
    figures, links = came_to["csv"]
    assert len(links) == REPORTS
    assert {verdict for _, _, _, verdict, _, _ in links} == {"counted", "duplicate"}
    assert b",shown" in figures
    for name, (other_figures, other_links) in came_to.items():
        assert other_links == links, name
        assert other_figures == figures, name
