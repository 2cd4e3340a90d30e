"""Published sites as browsers and validators meet them: served on this machine, read by programs of others."""

import functools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import find_program, open_browser
from tests.browser.made_up_site import write_sites

PACKAGES = Path(__file__).parent / "node_modules"
WINDOWS = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published sites: `usual`, `hostile` and `empty`."""
    root = tmp_path_factory.mktemp("sites")
    write_sites(root)
    return root


@pytest.fixture(scope="session")
def pages(site: Path) -> tuple[str, ...]:
    """The addresses of all pages of all sites, relative to `site`."""
    return tuple(sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html")))


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The address under which `site` is served; it ends with a slash."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session", name="find_program")
def find_program_fixture() -> Callable[[str, str], str]:
    """Find a program of the system, or fail by saying which Debian package brings it."""
    return find_program


@pytest.fixture(scope="session")
def find_checker() -> Callable[[str], Path]:
    """Find a file of the npm packages beside the tests, or fail by saying how they are installed."""

    def find(name: str) -> Path:
        if not (PACKAGES / name).is_file():
            pytest.fail(
                f"The file {name} is missing: install npm (Debian: apt-get install npm) and run npm ci in "
                "tests/browser.",
                pytrace=False,
            )
        return PACKAGES / name

    return find


# One a module, not a session: while it runs, nothing else in this process may use asyncio.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium with a fresh profile."""
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def windows() -> dict[str, dict[str, int]]:
    """The sizes in which pages are read."""
    return WINDOWS


@pytest.fixture(scope="session")
def refuse() -> Callable[[Iterable[tuple[str, str]]], None]:
    """Fail where there are problems, each given with its page; one that many pages share is said once."""

    def refuse_problems(problems: Iterable[tuple[str, str]]) -> None:
        found: dict[str, list[str]] = defaultdict(list)
        for page, problem in problems:
            found[problem].append(page)
        if found:
            lines = [f"{problem} [{len(at)} times, first in {at[0]}]" for problem, at in found.items()]
            pytest.fail("\n".join(lines), pytrace=False)

    return refuse_problems
