"""Every link of every page leads somewhere, and to every page leads a link; no browser needed."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Link:
    """A link of a page to a file of its site; `fragment` is blank where it names none."""

    page: Path
    address: str
    target: Path
    fragment: str


@pytest.fixture(scope="module")
def trees(site: Path) -> dict[Path, html.HtmlElement]:
    """All pages as they are read by a parser that forgives as browsers do."""
    return {
        path: html.document_fromstring(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def links(trees) -> list[Link]:
    return [link for path, tree in trees.items() for link in list_links(path, tree)]


def list_links(page: Path, tree: html.HtmlElement) -> Iterator[Link]:
    for _, _, address, _ in tree.iterlinks():
        parts = urlsplit(address)
        if not parts.scheme and not parts.netloc:
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            yield Link(page, address, target, unquote(parts.fragment))


def test_every_link_leads_to_a_file_of_the_same_site(site, links, refuse):
    refuse(
        (name(link.page, site), f"The link {link.address} leads to no file of the site.")
        for link in links
        if not (link.target.is_file() and link.target.is_relative_to(home_of(link.page, site)))
    )


def test_every_fragment_names_an_element_of_the_page_it_leads_to(site, trees, links, refuse):
    names = {path: {element.get("id") for element in tree.iter()} for path, tree in trees.items()}
    refuse(
        (name(link.page, site), f"The link {link.address} leads to no element.")
        for link in links
        if link.fragment and link.fragment not in names.get(link.target, set())
    )


def test_every_page_is_reached_from_the_start_page_of_its_site(site, trees, links, refuse):
    onward = defaultdict(set)
    for link in links:
        onward[link.page].add(link.target)
    reached = set()
    waiting = {home / "index.html" for home in site.iterdir()}
    while waiting:
        reached |= waiting
        waiting = {target for page in waiting for target in onward[page]} - reached
    refuse(
        (name(path, site), "No link leads here from the start page.") for path in trees if path not in reached
    )


def test_links_to_elsewhere_are_encrypted_and_whole(site, trees, refuse):
    refuse(
        (name(path, site), f"The link {address} is neither https nor within the site.")
        for path, tree in trees.items()
        for _, _, address, _ in tree.iterlinks()
        if (urlsplit(address).scheme or urlsplit(address).netloc)
        and not (urlsplit(address).scheme == "https" and urlsplit(address).netloc)
    )


def home_of(page: Path, site: Path) -> Path:
    return site / page.relative_to(site).parts[0]


def name(page: Path, site: Path) -> str:
    return page.relative_to(site).as_posix()
