"""The system's Chromium as tests open it, on a machine without a network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What a page asks of the world must fail here, not be answered.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_program(name: str, package: str) -> str:
    """Find a program of the system, or fail by saying which Debian package brings it."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(
            f"The program {name} is missing: install it (Debian: apt-get install {package}).", pytrace=False
        )
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Open Chromium with a fresh profile within this block."""
    program = find_program("chromium", "chromium")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS) as browser,
    ):
        yield browser
