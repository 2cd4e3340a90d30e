"""Every page of the desk as its members meet it: on a phone and on a desk, by day and by night, without a mouse.

Pages are served on this machine with a made-up login; WCAG 2.2 is looked for up to AA.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from pipeline import jobs
from pipeline.settings import CHECKOUT, Settings
from tests.browser.test_accessibility import FIND_VIOLATIONS, MEASURE, READ, RULES, UNFOLD
from tests.desk.conftest import DRAFTED, PUBLISHED, Furnished, Server, copy_of, serve

pytestmark = pytest.mark.e2e

DESKTOP = {"width": 1280, "height": 900}
SMALL = {"width": 320, "height": 640}
"""What a screen of 1280 pixels shows at 400 %, and a small phone."""

SMALL_TARGETS = """() => Array.from(
  document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary"))
  .filter(each => each.getClientRects().length && !each.closest("p, li, dd, .skip"))
  .map(each => [each.innerText || each.name, each.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([name, box]) => `${name}: ${box.width.toFixed(0)} by ${box.height.toFixed(0)} pixels`)"""
"""Targets below 24 by 24 pixels that do not stand in a sentence."""

CUT_OFF = """() => Array.from(document.querySelectorAll("main *, header *"))
  .filter(each => each.childElementCount === 0 && each.innerText && !each.closest(".unseen, .skip, thead"))
  .filter(each => getComputedStyle(each).overflow !== "visible" && each.scrollWidth > each.clientWidth + 1)
  .map(each => each.innerText)"""

FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    name: at.innerText || at.name || at.id || at.tagName,
    place: Array.from(document.querySelectorAll("*")).indexOf(at),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.top >= 0 && box.bottom <= innerHeight + 1 && box.width > 1,
  };
}"""

FOCUSABLE = """() => Array.from(document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"))
  .filter(each => each.checkVisibility({contentVisibilityAuto: true})).length"""


@dataclass(frozen=True)
class Seen:
    """One page as one member asks for it, and the status of its answer."""

    name: str
    origin: str
    path: str
    member: str
    status: int = 200

    @property
    def headers(self) -> dict[str, str]:
        return {"x-member": self.member} if self.member else {}


@pytest.fixture(scope="module")
def pages(
    furnished: Furnished, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Seen, ...]]:
    """Every kind of page, in every state that a member may find it in."""
    home = tmp_path_factory.mktemp("empty") / "home"
    nothing = Settings(home, home / "inbox", server.make_database(), settle_seconds=0)
    jobs.prepare(nothing)
    rejected = copy_of((furnished, database_of(furnished)), server, tmp_path_factory.mktemp("rejected"))
    jobs.reject_edition(
        rejected.settings, DRAFTED, rejected.seal, "The figures of Bihar look wrong.", "Meera"
    )
    empty = Furnished(nothing, (), "", ())
    with (
        serve(furnished.open_desk()) as full,
        serve(empty.open_desk()) as bare,
        serve(rejected.open_desk()) as other,
    ):
        yield (
            Seen("coverage", full, "/coverage", "Vani:viewer"),
            Seen("coverage once collecting began", full, "/coverage?begun=1", "Meera:approver"),
            Seen("filing", full, "/coverage/2026-10/UTTHAN", "Vani:viewer"),
            Seen("filing rejected", full, "/coverage/2026-10/VIJETA", "Vani:viewer"),
            Seen("filing missing", full, "/coverage/2026-10/JJMAM", "Vani:viewer"),
            Seen("queue", full, "/review", "Ravi:reviewer"),
            Seen("queue after a decision", full, f"/review?after={furnished.decided}", "Asha:reviewer"),
            Seen("queue of a month", full, "/review?month=2026-09", "Ravi:reviewer"),
            Seen("pair", full, f"/review/{furnished.pairs[0]}", "Ravi:reviewer"),
            Seen("pair decided", full, f"/review/{furnished.decided}", "Asha:reviewer"),
            Seen("editions", full, "/editions", "Meera:approver"),
            Seen("editions once a draft was begun", full, "/editions?begun=1", "Meera:approver"),
            Seen("draft", full, f"/editions/{DRAFTED}", "Meera:approver"),
            Seen("draft of a lone reviewer", full, f"/editions/{DRAFTED}", "Asha:approver"),
            Seen("draft to a viewer", full, f"/editions/{DRAFTED}", "Vani:viewer"),
            Seen("published", full, f"/editions/{PUBLISHED}", "Meera:administrator"),
            Seen("rejected", other, f"/editions/{DRAFTED}", "Meera:approver"),
            Seen("empty coverage", bare, "/coverage", "Vani:viewer"),
            Seen("empty queue", bare, "/review", "Ravi:reviewer"),
            Seen("empty editions", bare, "/editions", "Meera:approver"),
            Seen("login", full, "/coverage", "", 401),
            Seen("refused", full, "/review", "Vani:viewer", 403),
            Seen("nowhere", full, "/nowhere", "Vani:viewer", 404),
            Seen("no such pair", full, "/review/00000000", "Ravi:reviewer", 404),
            Seen("misunderstood", full, "/review/Z", "Ravi:reviewer", 422),
        )


def database_of(furnished: Furnished) -> str:
    return str(furnished.settings.database_url).rsplit("/", 1)[1].partition("?")[0]


@pytest.fixture(scope="module")
def axe(find_checker: Callable[[str], Path]) -> str:
    return find_checker("axe-core/axe.min.js").read_text(encoding="utf-8")


def walk(browser: Browser, pages: tuple[Seen, ...], **options: Any) -> Iterator[tuple[Seen, Page]]:
    """Open every page in a fresh window each."""
    for seen in pages:
        with browser.new_context(extra_http_headers=seen.headers, **options) as context:
            page = open_page(context, seen)
            yield seen, page


def open_page(context: BrowserContext, seen: Seen) -> Page:
    page = context.new_page()
    answer = page.goto(seen.origin + seen.path)
    assert answer is not None
    assert answer.status == seen.status, seen.name
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", [DESKTOP, SMALL], ids=["desktop", "phone"])
def test_axe_finds_nothing(browser, pages, axe, refuse, window, scheme) -> None:
    found = []
    for seen, page in walk(browser, pages, viewport=window, color_scheme=scheme):
        page.evaluate(UNFOLD)
        page.evaluate(axe)
        for rule, place, _number in page.evaluate(FIND_VIOLATIONS, RULES):
            found.append((f"{seen.name}, at {place}", rule))
    refuse(found)


def test_pages_and_their_style_keep_the_standards(
    pages, tmp_path, find_program, find_checker, refuse
) -> None:
    java = find_program("java", "default-jre-headless")
    for number, seen in enumerate(pages):
        text = httpx.get(seen.origin + seen.path, headers=seen.headers).text
        (tmp_path / f"{number}.html").write_text(text, encoding="utf-8")
    (tmp_path / "desk.css").write_bytes((CHECKOUT / "reports" / "desk" / "desk.css").read_bytes())
    options = ("--format", "json", "--exit-zero-always", "--stdout", "--skip-non-html", "--also-check-css")
    command = [java, "-jar", find_checker("vnu-jar/build/dist/vnu.jar"), *options, tmp_path]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["messages"]
    refuse((Path(each["url"]).name, each["message"]) for each in found)


def test_nothing_scrolls_sideways_at_four_hundred_percent(browser, pages, refuse) -> None:
    found = []
    for seen, page in walk(browser, pages, viewport=SMALL):
        page.evaluate(UNFOLD)
        width, room = page.evaluate(MEASURE)
        if width > room:
            found.append((seen.name, f"The page is {width} pixels wide."))
    refuse(found)


def test_text_of_twice_the_size_is_neither_cut_nor_pushed_out(browser, pages, refuse) -> None:
    found = []
    for seen, page in walk(browser, pages, viewport=DESKTOP):
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        page.evaluate(UNFOLD)
        width, room = page.evaluate(MEASURE)
        found += [(seen.name, f"{text} is cut off.") for text in page.evaluate(CUT_OFF)]
        if width > room:
            found.append((seen.name, "The page scrolls sideways."))
    refuse(found)


def test_everything_to_touch_is_large_enough(browser, pages, refuse) -> None:
    found = []
    for seen, page in walk(browser, pages, viewport=SMALL):
        page.evaluate(UNFOLD)
        found += [(seen.name, problem) for problem in page.evaluate(SMALL_TARGETS)]
    refuse(found)


def test_the_keyboard_reaches_everything_in_order_and_the_focus_is_seen(browser, pages, refuse) -> None:
    found = []
    for seen, page in walk(browser, pages, viewport=DESKTOP):
        stops = []
        for _ in range(page.evaluate(FOCUSABLE)):
            page.keyboard.press("Tab")
            stops.append(page.evaluate(FOCUSED))
        places = [stop["place"] for stop in stops]
        if places != sorted(set(places)):
            found.append((seen.name, f"The order of the keyboard is {[stop['name'] for stop in stops]}."))
        found += [
            (seen.name, f"The focus is not seen at {stop['name']}.") for stop in stops if not stop["seen"]
        ]
        found += [
            (seen.name, f"{stop['name']} has the focus and is hidden.")
            for stop in stops
            if not stop["inside"]
        ]
    refuse(found)


def test_pages_say_the_same_without_scripts_and_complain_of_nothing(browser, pages, refuse) -> None:
    found, readings = [], {}
    for seen, page in walk(browser, pages, viewport=DESKTOP, java_script_enabled=False):
        readings[seen.name] = page.locator("body").inner_text()
    for seen in pages:
        with browser.new_context(viewport=DESKTOP, extra_http_headers=seen.headers) as context:
            complaints: list[str] = []
            context.on("console", lambda message, heard=complaints: heard.append(message.text))
            context.on("weberror", lambda error, heard=complaints: heard.append(str(error.error)))
            page = open_page(context, seen)
            # The one thing that needs scripts; the page says what to do without it.
            page.evaluate(
                "document.querySelectorAll('form[data-letter]').forEach(each => { each.hidden = true; })"
            )
            if page.evaluate(READ)["text"] != readings[seen.name]:
                found.append((seen.name, "The page says something else without scripts."))
            # A browser notes every answer that is a refusal.
            found += [(seen.name, text) for text in complaints if "responded with a status of" not in text]
    refuse(found)


def test_a_page_carries_its_style_where_its_reader_may_load_none(browser, pages) -> None:
    for seen, page in walk(browser, tuple(each for each in pages if each.status != 200), viewport=DESKTOP):
        colour = page.locator(".band").evaluate("each => getComputedStyle(each).backgroundColor")
        assert colour == "rgb(18, 60, 64)", seen.name


def test_what_is_sealed_leaves_the_screen_after_ten_minutes_without_a_touch(browser, pages) -> None:
    (seen,) = (each for each in pages if each.name == "pair")
    with browser.new_context(extra_http_headers=seen.headers) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(seen.origin + seen.path)
        page.clock.run_for(9 * 60 * 1000)
        page.keyboard.press("Shift")
        page.clock.run_for(9 * 60 * 1000)
        assert page.url == seen.origin + seen.path
        page.clock.run_for(61 * 1000)
        page.wait_for_url(f"{seen.origin}/review")
