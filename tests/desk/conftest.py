"""An installation with something on every page of the desk, made once and copied for each test that changes it."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from pipeline import jobs
from pipeline.desk.app import make_desk
from pipeline.settings import Settings
from tests.browser.conftest import browser, find_checker, find_program_fixture, refuse  # noqa: F401 (fixtures)
from tests.conftest import Month, Server, make_report
from tests.desk.made_up_gate import KEY, MadeUpGate

PUBLISHED, DRAFTED = "JWB-2026-09-e1", "JWB-2026-10-e1"
CANARY = "Made-up words that only a reviewer may see"
REPORTED = {"office": "Model Thana No. 3 of Nowhere", "recorder": "recorder-77"}
"""What every report of this installation says that is sealed."""


@dataclass(frozen=True)
class Furnished:
    """An installation: one month published, one with a draft, pairs that wait, returns in every state.

    `pairs` wait for a reviewer; `decided` is one that is settled. `slips` are returns with a slip.
    """

    settings: Settings
    pairs: tuple[str, ...]
    decided: str
    slips: tuple[str, ...]

    def open_desk(self, gate: MadeUpGate | None = None) -> FastAPI:
        """Return the desk of this installation."""
        return make_desk(self.settings, gate or MadeUpGate(), key=KEY, login="/auth/login")

    @property
    def seal(self) -> str:
        """The seal of the draft."""
        (record,) = (each for each in jobs.list_edition_records(self.settings) if each.state == "draft")
        return str(record.manifest_sha256)

    @property
    def sealed_values(self) -> set[str]:
        """What no answer may hold but that of an open pair: narratives, offices, recorders and tokens."""
        tokens = {token_of(f"{side}-{number}") for side in "UB" for number in range(3)}
        usual = make_report("any")
        return {CANARY, *REPORTED.values(), *tokens, usual["office"], usual["narrative"]}


def token_of(report_id: str) -> str:
    return hashlib.sha256(report_id.encode()).hexdigest()[:32]


def send_pairs(month: Month) -> None:
    """Send reports of two collectives that tell alike, two by two, and returns that are not counted."""
    told: dict[str, list[dict[str, str]]] = {"UTTHAN": [], "BIHAAN": []}
    for number, district in enumerate(("309", "310", "311")):
        for collective, letter in (("UTTHAN", "U"), ("BIHAAN", "B")):
            report_id = f"{letter}-{number}"
            told[collective].append(
                make_report(
                    report_id,
                    district=district,
                    narrative=f"{CANARY}: {report_id}.",
                    case_token="",
                    incident_date=f"2026-10-{number + 3:02d}",
                    recorded_on=f"2026-10-{number + 15}",
                    incident_kinds=("REFUSAL", "DELAY", "BRIBE")[number],
                    **(REPORTED | {"office": f"{REPORTED['office']}, desk {number}"}),
                )
            )
    told["UTTHAN"].append(make_report("U-T", case_token=token_of("U-0"), narrative=CANARY, **REPORTED))
    for collective, reports in told.items():
        month.send_reports(collective, *reports, name="2026-10-pairs.csv")
    month.send("VIJETA", "2026-10.xlsx", b"This is no workbook.")


@pytest.fixture(scope="session")
def _made(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Furnished, str]:
    home = tmp_path_factory.mktemp("furnished") / "home"
    url = server.make_database()
    settings = Settings(home=home, inbox=home / "inbox", database_url=url, settle_seconds=0, prints=False)
    september, october = Month(settings, "2026-09"), Month(settings, "2026-10")
    september.send_spread("S", recorded_on="2026-09-20", incident_date="2026-09-12")
    september.collect()
    # Stand-ins for pages are enough here: what pages of an edition look like is tested elsewhere.
    draft = september.draft(())
    assert draft is not None
    jobs.publish_edition(settings, *draft, "Meera")
    october.send_spread("O")
    send_pairs(october)
    october.collect()
    waiting = [pair.name for pair in jobs.load_queue(settings)]
    jobs.decide_pair(settings, waiting[0], "apart", "Asha")
    assert october.draft(("IN",), consents=("BIHAAN",)) is not None
    jobs.land_returns(settings)
    slips = tuple(sorted(path.stem for path in settings.returns.glob("*/*-2026-10-*.html")))
    return Furnished(settings, tuple(waiting[1:]), waiting[0], slips), str(sa.make_url(url).database)


@pytest.fixture(scope="session")
def furnished(_made: tuple[Furnished, str], server: Server, tmp_path_factory) -> Furnished:
    """The installation, for tests that change nothing."""
    return copy_of(_made, server, tmp_path_factory.mktemp("unchanged"))


@pytest.fixture
def fresh(_made: tuple[Furnished, str], server: Server, tmp_path: Path) -> Furnished:
    """A copy of the installation, for a test that changes it."""
    return copy_of(_made, server, tmp_path)


def copy_of(made: tuple[Furnished, str], server: Server, folder: Path) -> Furnished:
    """Return a copy of an installation, given with the name of its database, below `folder`."""
    source, database = made
    home = shutil.copytree(source.settings.home, folder / "home")
    settings = replace(
        source.settings, home=home, inbox=home / "inbox", database_url=server.make_database(database)
    )
    return replace(source, settings=settings)


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Serve an application on this machine within this block; give its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.05)
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
