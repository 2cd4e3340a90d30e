"""Everybody can read every page: with a keyboard or a screen reader, on a phone, without scripts, without others."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Response

from tests.browser.made_up_site import STATES

pytestmark = pytest.mark.e2e

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""Rules of axe-core: WCAG 2.2 up to AA, and what it holds to be good practice."""

UNFOLD = "for (const fold of document.querySelectorAll('details')) fold.open = true"

MEASURE = "[document.scrollingElement.scrollWidth, window.innerWidth]"

SETTLE = "document.fonts.ready.then(() => null)"

FIND_VIOLATIONS = """async rules => {
  const options = {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"], preload: false};
  const found = await axe.run(document, options);
  return found.violations.map(({id, help, nodes}) => [`${id}: ${help}`, nodes[0].target.join(" "), nodes.length]);
}"""

READ = """() => ({
  text: document.body.innerText,
  links: Array.from(document.links, link => link.getAttribute("href")),
  unreachable: Array.from(document.links)
    .filter(link => !link.getClientRects().length && !link.closest("details:not([open]), .compared"))
    .map(link => link.getAttribute("href")),
})"""
"""What a page says, where it leads, and which of its links can neither be seen nor unfolded nor chosen."""

TRANSLATED = tuple(f".{language}.html" for language in ("bn", "hi", "or", "ta", "te"))
"""How the addresses of pages in other languages than English end."""

WRONG = """<!doctype html><link rel="stylesheet" href="https://elsewhere.invalid/a.css">
<img src="missing.png"><div style="width: 400px">wide</div><a href="#hidden" hidden></a>
<script>alert(1); console.error("wrong")</script>"""
"""A page with a fault of each kind that is looked for."""

Problems = list[tuple[str, str]]
"""Pairs of a page and what is wrong with it."""


@dataclass
class Log:
    """What happens while pages load; `page` is the address of the one that is loading."""

    page: str = ""
    requests: Problems = field(default_factory=list)
    failures: Problems = field(default_factory=list)
    messages: Problems = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Note what happens in `page` from now on."""
        page.on("request", lambda request: self.requests.append((self.page, request.url)))
        page.on("requestfailed", lambda request: self.failures.append((self.page, f"{request.url} failed.")))
        page.on("response", self._hear_response)
        page.on("console", lambda message: self.messages.append((self.page, message.text)))
        page.on("pageerror", lambda error: self.messages.append((self.page, str(error))))
        page.on("dialog", self._hear_dialog)

    def _hear_response(self, response: Response) -> None:
        if response.status >= 400:
            self.failures.append((self.page, f"{response.url} was answered with {response.status}."))

    def _hear_dialog(self, dialog: Dialog) -> None:
        self.messages.append((self.page, f"A dialog says {dialog.message}."))
        dialog.dismiss()


@dataclass
class Findings:
    """What was found on pages; `readings` are by window and page."""

    log: Log = field(default_factory=Log)
    violations: Problems = field(default_factory=list)
    too_wide: Problems = field(default_factory=list)
    readings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def measure(self, page: Page) -> None:
        """Unfold the page that is open, and see whether it fits."""
        page.evaluate(UNFOLD)
        # Fonts are asked for once something is laid out in them, and are not to be given up by leaving the page.
        page.evaluate(MEASURE)
        page.evaluate(SETTLE)
        width, room = page.evaluate(MEASURE)
        if width > room:
            self.too_wide.append((self.log.page, "The page scrolls sideways."))

    def judge(self, page: Page, axe: str) -> None:
        """Let axe-core look at the page that is open."""
        # Evaluated, not put into the page, whose policy lets no script in.
        page.evaluate(axe)
        for rule, place, number in page.evaluate(FIND_VIOLATIONS, RULES):
            self.violations.append((f"{self.log.page}, there {number} elements, one of them {place}", rule))


@pytest.fixture(scope="module")
def axe(find_checker) -> str:
    """The program text of axe-core."""
    return find_checker("axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(pages) -> tuple[str, ...]:
    """Pages of each kind, place and language once: other editions are made from the same templates."""
    longest, fewest = "usual/2026-12/e1/", ("usual/2027-01/e1/IN/", "hostile/2027-03/e2/IN-WB/")
    return tuple(
        page
        for page in pages
        if "/e" not in page
        or page.startswith((longest, *fewest))
        or page.endswith(("e2/IN/report.en.html", "e1/IN/report.en.html"))
    )


def is_judged(address: str, window: str) -> bool:
    """Tell whether axe-core looks at a page in a window: pages of states differ in nothing but words and figures.

    Of each language one state is looked at on a phone, and of English one in both windows.
    """
    if address.endswith(TRANSLATED):
        return window == "phone" and not address.startswith("hostile/index")
    return not any(state in address for state in STATES if state != "IN-WB")


@pytest.fixture(scope="module")
def findings(browser, served, pages, windows, axe) -> Findings:
    """What all pages show when each is opened once in each window."""
    findings = Findings()
    for window, size in windows.items():
        with browser.new_context(viewport=size) as context:
            page = context.new_page()
            findings.log.follow(page)
            for address in pages:
                findings.log.page = f"{address} ({window})"
                page.goto(served + address)
                findings.readings[window, address] = page.evaluate(READ)
                findings.measure(page)
                if is_judged(address, window):
                    findings.judge(page, axe)
    return findings


def test_no_page_breaks_a_rule_of_accessibility(findings, refuse):
    refuse(findings.violations)


def test_no_page_scrolls_sideways(findings, refuse):
    refuse(findings.too_wide)


def test_no_page_asks_anything_of_another_origin(findings, served, refuse):
    refuse(
        (page, f"{url} is asked for.") for page, url in findings.log.requests if not url.startswith(served)
    )


def test_everything_that_a_page_asks_for_is_there(findings, refuse):
    refuse(findings.log.failures)


def test_the_console_stays_silent_and_no_dialog_opens(findings, refuse):
    refuse(findings.log.messages)


def test_a_page_says_the_same_and_leads_to_the_same_places_without_scripts(
    browser, served, pages, windows, findings, refuse
):
    problems = []
    with browser.new_context(viewport=windows["phone"], java_script_enabled=False) as context:
        page = context.new_page()
        for address in pages:
            page.goto(served + address)
            reading = page.evaluate(READ)
            if reading != findings.readings["phone", address]:
                problems.append((address, "The page says something else without scripts."))
            problems += [(address, f"The link {link} is out of reach.") for link in reading["unreachable"]]
    refuse(problems)


def test_a_page_with_every_fault_is_found_out(browser, served, windows, axe):
    found = Findings(Log("a wrong page"))
    with browser.new_context(viewport=windows["phone"]) as context:
        page = context.new_page()
        found.log.follow(page)
        page.route(f"{served}wrong.html", lambda route: route.fulfill(body=WRONG, content_type="text/html"))
        page.goto(f"{served}wrong.html")
        found.measure(page)
        found.judge(page, axe)
        assert page.evaluate(READ)["unreachable"] == ["#hidden"]
    assert {rule.partition(":")[0] for _, rule in found.violations} >= {"image-alt", "html-has-lang"}
    assert len(found.too_wide) == 1
    assert "https://elsewhere.invalid/a.css" in {url for _, url in found.log.requests}
    assert {problem for _, problem in found.log.failures} == {
        f"{served}missing.png was answered with 404.",
        "https://elsewhere.invalid/a.css failed.",
    }
    assert {"A dialog says 1.", "wrong"} <= {message for _, message in found.log.messages}
