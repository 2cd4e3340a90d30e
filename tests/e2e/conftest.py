"""The program as a person calls it: the console script, a home of its own, nothing imported."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("jawabdehi")


@dataclass(frozen=True)
class Home:
    """One installation, reached through the command line only."""

    path: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: text for name, text in os.environ.items() if not name.startswith(("JAWABDEHI", "AIRFLOW"))
        }
        return {
            **kept,
            "JAWABDEHI_HOME": str(self.path),
            "JAWABDEHI_SETTLE_SECONDS": "0",
            "JAWABDEHI_PRINT": "0",
            **self.variables,
        }

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program with its lines to be read as they come."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            env={**self.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_published(self) -> dict[str, bytes]:
        """Return what is published, without the one file that has a name and a time."""
        published = self.path / "published"
        return {
            file.relative_to(published).as_posix(): file.read_bytes()
            for file in sorted(published.rglob("*"))
            if file.is_file() and file.name != "approval.json"
        }


@pytest.fixture(scope="module")
def make_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    homes: list[Home] = []

    def make(name: str, **variables: str) -> Home:
        homes.append(Home(tmp_path_factory.mktemp(name) / "home", variables))
        return homes[-1]

    yield make
    for home in homes:
        home.call("down")
