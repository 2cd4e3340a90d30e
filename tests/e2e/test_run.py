"""`jawabdehi run`: the whole month in one process, undisturbed, killed, repeated, and searched for leaks."""

import csv
import hashlib
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import jobs
from pipeline.server import ensure_server
from pipeline.settings import read_settings
from tests.e2e.listening import Heard, listen

pytestmark = pytest.mark.e2e

MONTH = "2026-10"
RUN = ("run", "--month", MONTH, "--approve-as", "A made-up approver")

# After which line of progress to kill, and how many seconds later: in the middle of the step that follows.
KILL_POINTS = [
    ("collect_returns", 0.05),
    ("  land: done", 0.2),
    ("  land: done", 4.0),
    ("  announce: done", 0.05),
    ("  link: done", 0.1),
    ("  open_draft: done", 0.05),
    ("  tabulate: done", 0.1),
    ("  protect: done", 0.1),
    ("  list_geographies: done", 0.5),
    ("  render: 37 done", 0.0),
    ("  seal: done", 0.05),
    ("  approve: done", 0.02),
]

CANARIES = {
    "narrative": "kanari-narrative-zqxj She was told to come back next week.",
    "office": "Kanari-Office-Zqxj Model Thana",
    "case_token": hashlib.sha256(b"canary").hexdigest()[:32],
    "recorder": "KNRZQXJ7",
}


def send_canaries(inbox: Path) -> None:
    """Send one usable return and one whose every row is at fault, both with values that may be nowhere."""
    usable = {
        "recorded_on": "2026-10-20",
        "incident_date": "2026-10-12",
        "state": "West Bengal",
        "duty_bearer": "POLICE_STATION",
        "service": "FIR",
        "incident_kinds": "REFUSAL",
        "consent_statistics": "yes",
        **CANARIES,
    }
    faulty = [
        usable | {"report_id": "KNR-HELD", "narrative": CANARIES["narrative"] + " Call 98765 43210."},
        usable | {"report_id": "KNR-CODE", "service": CANARIES["office"]},
        usable | {"report_id": "KNR-DATE", "incident_date": CANARIES["office"]},
        usable | {"report_id": CANARIES["office"]},
        usable | {"report_id": "KNR-TOKEN", "case_token": CANARIES["narrative"]},
    ]
    for name, rows in {
        "UTTHAN": [usable | {"report_id": f"KNR-{n}"} for n in range(12)],
        "OMBLA": faulty,
    }.items():
        folder = inbox / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{MONTH}-canary.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """A program that metrics are sent to."""
    with listen() as heard:
        yield heard


@pytest.fixture(scope="module")
def undisturbed(make_home, heard):
    """A home whose month was run once, with example returns and canaries."""
    home = make_home("undisturbed", **heard.variables)
    fill_inbox(home)
    done = home.call(*RUN)
    assert done.returncode == 0, done.stdout + done.stderr
    return home, done.stdout + done.stderr


def fill_inbox(home) -> None:
    done = home.call(
        "example", "--month", MONTH, "--reports", "120", "--seed", "3", "--out", str(home.path / "inbox")
    )
    assert done.returncode == 0, done.stderr
    send_canaries(home.path / "inbox")


def test_the_pages_that_it_names_are_there(undisturbed) -> None:
    _, output = undisturbed
    named = [line.split(": ", 1)[1] for line in output.splitlines() if line.endswith(".html")]
    assert len(named) == 9
    assert all(Path(name).is_file() for name in named)


def test_a_second_run_changes_nothing(undisturbed) -> None:
    home, _ = undisturbed
    stamps = {path: path.stat().st_mtime_ns for path in (home.path / "published").rglob("*")}
    assert home.call(*RUN).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in (home.path / "published").rglob("*")} == stamps


def test_export_links_has_one_line_for_every_row(undisturbed, tmp_path: Path) -> None:
    home, _ = undisturbed
    out = tmp_path / "links.csv"
    assert home.call("export", "links", "--month", MONTH, "--out", str(out)).returncode == 0
    with out.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 120 + 12 + 5
    assert list(lines[0]) == [
        "collective", "report_id", "incident_id", "verdict", "reasons", "link_rule", "link_bits",
    ]  # fmt: skip


def test_metrics_say_what_there_is_and_nothing_of_whom(undisturbed, heard) -> None:
    home, _ = undisturbed
    told = heard.newest
    measured = jobs.measure(read_settings({"JAWABDEHI_HOME": str(home.path)}))
    assert {name: told[f"jawabdehi.{name}"] for name in measured} == measured
    assert measured["rows.counted"] > 0
    returns = sum(value for name, value in told.items() if name.startswith("jawabdehi.returns."))
    # A file that was delivered twice is one return.
    assert returns == len({path.read_bytes() for path in (home.path / "inbox").glob("*/*")})
    assert told["jawabdehi.hidden.primary"] > 0
    steps = {name.split(".")[2] for name in told if name.startswith("jawabdehi.step.")}
    assert {"land_returns", "take_in_return", "link_month", "protect_edition", "publish_edition"} <= steps
    # Few names, all of them fixed, and no word that a report, a collective or a person brought along.
    assert all(re.fullmatch(r"jawabdehi(\.[a-z_]+){2,3}", name) for name in told)
    collectives = {path.name for path in (home.path / "inbox").iterdir()}
    forbidden = {*CANARIES.values(), *collectives, MONTH, "KNR", "A made-up approver", str(home.path)}
    everything = "\n".join(heard.datagrams).casefold()
    assert [text for text in forbidden if text.casefold() in everything] == []


def test_without_the_switch_nothing_is_sent(make_home, heard) -> None:
    before = len(heard.datagrams)
    quiet = {name: value for name, value in heard.variables.items() if not name.endswith("_ON")}
    home = make_home("quiet", **quiet)
    send_canaries(home.path / "inbox")
    assert home.call("run", "--month", MONTH).returncode == 0
    assert len(heard.datagrams) == before


def search(folder: Path, text: str, *, without: tuple[str, ...]) -> list[str]:
    """Return the files below `folder` that hold `text`, read as bytes, whatever they are."""
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and path.relative_to(folder).parts[0] not in without
        and text.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("field", CANARIES)
def test_no_value_of_a_report_is_anywhere_outside_the_inbox(undisturbed, field: str) -> None:
    home, output = undisturbed
    assert CANARIES[field] not in output
    # The database's files and logs too, Airflow's database among them: what is kept of these fields is sealed.
    home.call("down")
    assert search(home.path, CANARIES[field], without=("inbox",)) == []
    # The search finds what is there.
    assert search(home.path, CANARIES[field], without=("pg",)) != []


def test_airflow_keeps_no_value_of_a_report(undisturbed) -> None:
    home, _ = undisturbed
    urls = ensure_server(read_settings(home.environment))
    engine = sa.create_engine(urls.airflow)
    found = []
    with engine.connect() as connection:
        for table in sa.inspect(engine).get_table_names():
            rows = connection.execute(sa.select(sa.text("t::text")).select_from(sa.table(table).alias("t")))
            found += [table for (row,) in rows if any(value in row for value in CANARIES.values())]
        entries = connection.scalar(sa.text("SELECT count(*) FROM xcom"))
    engine.dispose()
    assert found == []
    assert entries > 0


def test_a_database_error_that_quotes_a_row_leaves_no_trace_of_it(make_home) -> None:
    home = make_home("broken")
    send_canaries(home.path / "inbox")
    assert home.call("status").returncode == 0
    engine = sa.create_engine(ensure_server(read_settings(home.environment)).product)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE core.rows ADD CHECK (report_id <> 'KNR-3')"))
    engine.dispose()
    done = home.call(*RUN)
    assert done.returncode == 1
    assert "KNR-3" not in done.stdout + done.stderr
    home.call("down")
    assert search(home.path, "KNR-3", without=("inbox",)) == []


@pytest.mark.faults
def test_killed_at_ten_points_and_run_again_it_publishes_the_same_bytes(undisturbed, make_home) -> None:
    expected, _ = undisturbed
    home = make_home("killed")
    fill_inbox(home)
    killed = [kill_after(home, line, seconds) for line, seconds in KILL_POINTS]
    assert sum(killed) >= 10
    done = home.call(*RUN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert home.read_published() == expected.read_published()
    assert read_links(home) == read_links(expected)


def kill_after(home, line: str, seconds: float) -> bool:
    """Kill a run once it has said `line`; return whether it was still at work."""
    process = home.start(*RUN)
    for said in process.stdout:
        if said.rstrip("\n") == line:
            break
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def read_links(home) -> str:
    out = home.path / "links.csv"
    assert home.call("export", "links", "--month", MONTH, "--out", str(out)).returncode == 0
    return out.read_text(encoding="utf-8")


def test_without_a_name_it_stops_at_the_draft(make_home) -> None:
    home = make_home("draft")
    send_canaries(home.path / "inbox")
    done = home.call("run", "--month", MONTH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "waits" in done.stdout
    assert not (home.path / "published").exists()
    audit = home.path / "audits" / f"JWB-{MONTH}-e1" / "audit.html"
    assert str(audit) in done.stdout
    assert audit.is_file()


def test_a_month_of_which_nothing_is_published_cannot_be_corrected(undisturbed) -> None:
    home, _ = undisturbed
    done = home.call("correct", "--month", "2026-09", "--because", "program", "--approve-as", "Asha")
    assert done.returncode == 1
    assert "there is nothing to correct yet" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--month", "2026-13"), "YYYY-MM"),
        (("run", "--month", "October"), "YYYY-MM"),
        (("run",), "--month"),
        (("run", "--month", MONTH, "--approve-as", " "), "name"),
        (("run", "--month", MONTH, "--inbox", "nowhere"), "nowhere"),
        (("correct", "--month", MONTH), "--because"),
        (("correct", "--month", MONTH, "--because", "mood"), "wrong_codes"),
        (("export", "links", "--month", MONTH), "--out"),
        (("harvest",), "harvest"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(make_home, arguments: tuple[str, ...], words: str) -> None:
    done = make_home("wrong").call(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
