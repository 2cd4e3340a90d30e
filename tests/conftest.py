"""Shared fixtures: one real PostgreSQL server for the whole run, a fresh database and home for each test."""

import csv
import hashlib
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.contract import Contract, load_contract
from pipeline.report.addresses import list_names
from pipeline.server import ensure_server, stop_server
from pipeline.settings import Settings
from pipeline.store.database import connect, migrate

# A slow machine is no failed property.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """The server of this run; `template` is a migrated database that others are copied from."""

    administration: sa.URL
    template: str

    def make_database(self, template: str = "", *, over: str = "") -> str:
        """Make a database that is migrated and empty, or a copy of `template`; return its address.

        It takes the name of the database `over`, if one is given.
        """
        name = over or f"test_{next(_numbers)}"
        if over:
            self.command(f"ALTER DATABASE {over} RENAME TO was_{next(_numbers)}")
        self.command(f"CREATE DATABASE {name} TEMPLATE {template or self.template}")
        return self.administration.set(database=name).render_as_string(hide_password=False)

    def command(self, *statements: str) -> None:
        """Run statements of administration, each by itself."""
        engine = sa.create_engine(self.administration, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("server")
    urls = ensure_server(Settings(home=home, inbox=home / "inbox"))
    product = sa.make_url(urls.product)
    server = Server(administration=product.set(database="postgres"), template=str(product.database))
    # Nothing here outlives the run, and writing through to the disk takes longer than most tests.
    server.command("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    migrate(urls.product)
    yield server
    stop_server(home)


@pytest.fixture
def database_url(server: Server) -> str:
    return server.make_database()


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    with connect(database_url) as engine:
        yield engine


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A fresh home whose database is on the run's server."""
    home = tmp_path / "home"
    return Settings(
        home=home, inbox=home / "inbox", database_url=database_url, settle_seconds=0, prints=False
    )


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@dataclass(frozen=True)
class Month:
    """One installation's months, worked through by the jobs in the order of the DAGs, without a scheduler."""

    settings: Settings
    month: str = "2026-10"

    def at(self, month: str) -> "Month":
        """Return another month of the same installation."""
        return replace(self, month=month)

    def send(self, collective: str, name: str, content: bytes) -> Path:
        """Put a return into a collective's folder."""
        path = self.settings.inbox / collective / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def send_reports(self, collective: str, *reports: dict[str, str], name: str = "") -> Path:
        """Put reports into a CSV return; made-up reports come from `make_report`."""
        columns = list(dict.fromkeys(column for report in reports for column in report))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(reports)
        return self.send(collective, name or f"{self.month}.csv", text.getvalue().encode())

    def send_spread(self, prefix: str, name: str = "", **answers: str) -> None:
        """Put the reports of `spread_reports` into returns of their collectives."""
        for collective, reports in spread_reports(prefix).items():
            self.send_reports(collective, *(report | answers for report in reports), name=name)

    def collect(self) -> list[str]:
        """Collect and link what is in the inbox; return the ids of the returns taken in."""
        jobs.prepare(self.settings)
        waiting = jobs.land_returns(self.settings)
        partitions = [jobs.take_in_return(self.settings, return_id) for return_id in waiting]
        for month in sorted(
            {self.month, *(partition.split("|")[1] for partition in partitions if partition)}
        ):
            jobs.link_month(self.settings, month)
        return waiting

    def consent(self, number: int, collectives: Iterable[str] | None = None) -> None:
        """Record made-up letters of `collectives`, by default of all, for an edition of the month."""
        expected = load_contract().code_lists["collectives"].valid_in(self.month)
        folder = self.settings.home / "letters"
        folder.mkdir(exist_ok=True)
        letters = [
            folder / f"{code}.txt" for code in sorted(expected if collectives is None else collectives)
        ]
        for letter in letters:
            letter.write_text("A made-up letter of consent.")
        if letters:
            jobs.give_consent(self.settings, self.month, letters, "A made-up recorder", number)

    def draft(
        self,
        geographies: Sequence[str] = ("IN", "IN-WB"),
        *,
        reason: str | None = None,
        consents: Iterable[str] | None = None,
    ) -> tuple[str, str] | None:
        """Make the draft of the month, with stand-ins for most pages, since each takes a while.

        `reason` is why a published month is corrected; `consents` are the collectives that consent, by default
        all. Returns edition id and seal, or None where the month is published.
        """
        edition_id = jobs.open_edition(self.settings, self.month, reason)
        if edition_id is None:
            return None
        self.consent(int(edition_id.rsplit("-e", 1)[1]), consents)
        jobs.tabulate_edition(self.settings, edition_id)
        jobs.protect_edition(self.settings, edition_id)
        jobs.audit_edition(self.settings, edition_id)
        for geography in jobs.list_geographies(self.settings, edition_id):
            if geography in geographies:
                jobs.render_edition(self.settings, edition_id, geography)
            else:
                folder = self.settings.drafts / edition_id / geography
                folder.mkdir(parents=True)
                for name in list_names(geography, load_contract(), printed=self.settings.prints):
                    (folder / name).write_text("A stand-in for a page.")
        return edition_id, jobs.seal_edition(self.settings, edition_id)

    def run(self, *, reason: str | None = None, consents: Iterable[str] | None = None) -> None:
        """Do the whole month, approved by a made-up person."""
        self.collect()
        draft = self.draft(reason=reason, consents=consents)
        if draft is not None:
            jobs.publish_edition(self.settings, *draft, "A made-up approver")

    def export(self) -> list[dict[str, str]]:
        """Return the lines of `export links`."""
        path = self.settings.home / "links.csv"
        jobs.export_links(self.settings, self.month, path)
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def incidents(self) -> list[str]:
        """Return the living reports of the month by incident, as their ids joined by a space."""
        found: dict[str, set[str]] = {}
        for line in self.export():
            if line["incident_id"]:
                found.setdefault(line["incident_id"], set()).add(line["report_id"])
        return sorted(" ".join(sorted(reports)) for reports in found.values())

    def figure(self, table: str, geography: str, measure: str = "incidents") -> dict[str, str]:
        """Return one line of the published figures."""
        path = self.settings.published / self.month / "e1" / "figures.csv"
        with path.open(encoding="utf-8", newline="") as lines:
            (found,) = [
                line
                for line in csv.DictReader(lines)
                if (line["table"], line["geography"], line["measure"]) == (table, geography, measure)
            ]
        return found

    def verdicts(self) -> dict[str, list[str]]:
        """Return the verdicts by report id."""
        found: dict[str, list[str]] = {}
        for line in self.export():
            found.setdefault(line["report_id"], []).append(line["verdict"])
        return found

    def slip(self, return_id: str) -> str:
        """Return the page and the sheet of a return's slip as one text."""
        pages = sorted(self.settings.returns.glob(f"*/{return_id}.*"))
        return "".join(page.read_text(encoding="utf-8-sig") for page in pages)


def make_report(report_id: str, **answers: str) -> dict[str, str]:
    """A made-up report that keeps every rule, with some answers changed."""
    return {
        "report_id": report_id,
        "action": "new",
        "recorded_on": "2026-10-20",
        "incident_date": "2026-10-12",
        "state": "IN-WB",
        "district": "",
        "duty_bearer": "POLICE_STATION",
        "service": "FIR",
        "incident_kinds": "REFUSAL",
        "office": "Model Thana No. 3",
        "case_token": hashlib.sha256(report_id.encode()).hexdigest()[:32],
        "consent_statistics": "yes",
        "narrative": "A made-up narrative.",
        **answers,
    }


def spread_reports(prefix: str) -> dict[str, list[dict[str, str]]]:
    """Made-up reports by collective, so many and so mixed that nearly every figure they bear upon can be shown.

    51 in each of three states, there 17 for each of three duty-bearers, services, kinds and districts; each of two
    collectives tells of about half of every cell.
    """
    found: dict[str, list[dict[str, str]]] = {"UTTHAN": [], "BIHAAN": []}
    districts = {
        "IN-WB": ("305", "307", "308"),
        "IN-BR": ("188", "189", "190"),
        "IN-OD": ("344", "345", "346"),
    }
    for number, state in itertools.product(range(51), districts):
        block = number // 17
        turn = (number - block) % 3
        report = make_report(
            f"{prefix}-{state}-{number}",
            state=state,
            district=districts[state][turn],
            duty_bearer=("POLICE_STATION", "DLSA", "BANK_BRANCH")[number % 3],
            service=("FIR", "LEGAL_AID", "BANK_ACCOUNT")[turn],
            incident_kinds=("REFUSAL", "DELAY", "BRIBE")[block],
            incident_date=("2026-10-12", "2026-09-05", "2026-05-05")[turn],
        )
        list(found.values())[number // 3 % 2].append(report)
    return found


@pytest.fixture
def october(settings: Settings) -> Month:
    return Month(settings)


@pytest.fixture
def november(settings: Settings) -> Month:
    return Month(settings, "2026-11")


@pytest.fixture
def december(settings: Settings) -> Month:
    return Month(settings, "2026-12")


@pytest.fixture(name="make_report")
def make_report_fixture():
    return make_report


@pytest.fixture(name="spread_reports")
def spread_reports_fixture():
    return spread_reports


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that speaks as S3 does and keeps all in memory."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, set up as an operator would: by variables of the environment."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": s3_server,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return s3_server
