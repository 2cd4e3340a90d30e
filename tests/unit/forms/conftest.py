"""The form of this checkout, and phones to fill it on."""

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH

from pipeline.contract import load_contract
from pipeline.forms.xlsform import write_xform, write_xlsform

PROGRAM = Path(__file__).parent / "programs" / "fill_forms.py"
TODAY = "2026-11-05"
"""The day on which forms are filled in these tests."""

Fill = Callable[..., list[dict]]


@functools.cache
def find_java() -> str:
    java = shutil.which("java")
    assert java, "Java is missing: install it (Debian: apt-get install default-jre-headless) and try again."
    return java


@pytest.fixture(scope="session")
def xlsform() -> bytes:
    return write_xlsform(load_contract())


@pytest.fixture(scope="session")
def xform(xlsform) -> bytes:
    return write_xform(xlsform)


@pytest.fixture(scope="session")
def phone() -> Iterator[subprocess.Popen[str]]:
    """A phone that is switched on, waiting for tasks."""
    find_java()
    command = [sys.executable, PROGRAM, ODK_VALIDATE_PATH]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture(scope="session")
def fill(phone, xform, tmp_path_factory) -> Fill:
    """Fills the form as a list of fillings says, on TODAY or, if `today` is blank, on the day that it is."""
    folder = tmp_path_factory.mktemp("forms")

    def fill_all(fillings: list, language: str = "English (en)", today: str = TODAY) -> list[dict]:
        form = folder / f"form-{today}.xml"
        if not form.exists():
            form.write_bytes(xform.replace(b"today()", f"date('{today}')".encode()) if today else xform)
        task = {"form": str(form), "language": language, "fillings": fillings}
        phone.stdin.write(json.dumps(task) + "\n")
        phone.stdin.flush()
        answer = phone.stdout.readline()
        assert answer, "The phone has broken down; what it said stands above."
        return json.loads(answer)

    return fill_all
