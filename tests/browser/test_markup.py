"""Pages and style sheets keep the standards, as the Nu HTML checker knows them.

Each error, warning and remark counts. So do those on style sheets: the checker knows all that ours use today; a newer
property that it does not know yet belongs into `ALLOWED`, by its name.
"""

import json
import re
import subprocess
from typing import Any

import pytest
from lxml import html

pytestmark = pytest.mark.e2e

ALLOWED = {
    # Pages are checked as files, and a file has no origin that 'self' could mean. Over http a style sheet that is
    # really blocked is an error on the console, which the tests in a browser do not let pass.
    r"Resource violates Content Security Policy \(meta tag\): external stylesheet “(\.\./)*static/[^/”]+” blocked .*",
    # The one element of this kind holds data (JSON-LD), which a policy does not look at and a browser does not run.
    r"Inline script violates Content Security Policy \(meta tag\): blocked by “script-src” directive .*",
    # For paper: the edition's name at the foot of each page (CSS Generated Content for Paged Media).
    r"CSS: “content”: “string\(edition\)” is not a “content” value.",
    "CSS: “string-set”: Property “string-set” doesn't exist.",
}
"""Patterns of whole messages that are no fault, each with the reason."""


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A page and a style sheet that are wrong."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "page.html").write_text("<!doctype html><html lang='en'><title>Broken</title><p></b>")
    (folder / "style.css").write_text("p { colour: red }")
    return folder


@pytest.fixture(scope="module")
def messages(site, broken, find_program, find_checker) -> list[dict[str, Any]]:
    """What the checker says of every page and style sheet of the sites, and of those that are wrong."""
    java = find_program("java", "default-jre-headless")
    checker = find_checker("vnu-jar/build/dist/vnu.jar")
    options = ("--format", "json", "--exit-zero-always", "--stdout", "--skip-non-html", "--also-check-css")
    command = [java, "-jar", checker, *options, site, broken]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["messages"]


def test_pages_and_style_sheets_keep_the_standards(site, messages, refuse):
    refuse(
        (message["url"].split(f"/{site.name}/")[1], message["message"])
        for message in messages
        if f"/{site.name}/" in message["url"]
        and not any(re.fullmatch(pattern, message["message"]) for pattern in ALLOWED)
    )


def test_the_checker_finds_what_is_wrong_in_pages_and_in_style_sheets(broken, messages):
    wrong = {message["url"].rsplit("/", 1)[1] for message in messages if f"/{broken.name}/" in message["url"]}
    assert wrong == {"page.html", "style.css"}


def test_labels_stand_as_they_are_written_and_turn_no_text_around(site):
    texts = [
        html.document_fromstring(path.read_text(encoding="utf-8")).text_content()
        for path in sorted((site / "hostile").rglob("*.html"))
    ]
    for label in ("<script>alert(1)</script>", "{{7*7}}"):
        assert any(label in text for text in texts)
    assert not any("\u202e" in text for text in texts)
