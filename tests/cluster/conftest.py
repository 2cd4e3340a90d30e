"""One cluster for all faults: each gets a fresh home and a fresh database, and the same returns."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.server import ensure_server, stop_server
from pipeline.settings import Settings
from tests.cluster.running import Cluster, Played, measured, run_cluster
from tests.conftest import make_report
from tests.fakes.kobo import FakeKobo

ROOM = "192m"


@pytest.fixture(scope="session")
def database_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("database")
    ensure_server(Settings(home=home, inbox=home))
    yield home
    stop_server(home)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home on a disk of its own, which is small; an ordinary folder where this account may not mount one."""
    home = tmp_path_factory.mktemp("cluster") / "home"
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=700", "jawabdehi-test", str(home)]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield home
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, home: Path, database_home: Path) -> Iterator[Cluster]:
    reports = [make_report(f"K-{number}", office=f"Model Thana No. {number}") for number in range(5)]
    with FakeKobo(*reports) as server:
        sources = {"JAWABDEHI_SOURCES": "made_up", "JAWABDEHI_SOURCE_MADE_UP": server.define()}
        with run_cluster(tmp_path_factory.mktemp("machines"), home, database_home, sources) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def undisturbed(cluster: Cluster) -> Played:
    cluster.reset()
    played = cluster.play_month()
    measured.append(f"undisturbed month: {played.seconds:.0f} s; tasks by worker: {dict(played.hosts)}")
    return played


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in measured:
        terminalreporter.write_line(f"cluster: {line}")
