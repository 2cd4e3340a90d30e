"""Citations name the page, its edition and its licence, and no name can break their format."""

import re

import pytest

from pipeline.report.about import title_page
from pipeline.report.citation import Cited, cite_bibtex, cite_ris, cite_text
from pipeline.report.edition import Edition

HOSTILE = [
    "}}\n}\n@misc{evil, title = {x}}",
    "{{{",
    "}",
    "\\input{secret}\\",
    '100 % & #1_$~^<>|"',
    "West\r\nER  - \r\n\r\nTY  - BOOK",
    "a\u2028b\u2029c\x00d",
    "\u202eevil\u202c\u200f",
    "x" * 5000,
    "",
]
INDIC = ["পশ্চিমবঙ্গ", "తెలంగాణ", "தமிழ்நாடு", "जम्मू और कश्मीर", "ଓଡ଼ିଶା", "ക്‍ഷ"]


@pytest.fixture
def cite(edition):
    def make(place="West Bengal", **changes):
        return Cited(
            **{"edition": edition, "geography": "IN-WB", "title": title_page(edition, place)} | changes
        )

    return make


def read_value(text: str) -> str:
    """Return what stands within the braces that `text` starts with; fail where they are not closed at its end."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            assert place == len(text) - 1, "something stands behind the closing brace"
            return text[1:-1]
    raise AssertionError("a brace is not closed")


def read_bibtex(text: str) -> tuple[str, dict[str, str]]:
    """Read one entry of which each field stands on a line of its own; return its key and its fields."""
    head, *lines, end, rest = text.split("\n")
    kind, key = re.fullmatch(r"@(misc)\{([A-Za-z0-9-]+),", head).groups()
    assert (kind, end, rest) == ("misc", "}", "")
    fields = {}
    for line in lines:
        name, value = re.fullmatch(r"  ([a-z]+) = (.*?),?", line).groups()
        fields[name] = read_value(value) if value.startswith("{") else value
    return key, fields


def unescape_tex(text: str) -> str:
    """Return what LaTeX would set; fail where a command is none of those that stand for one character."""
    names = {
        "textbackslash": "\\",
        "textbraceleft": "{",
        "textbraceright": "}",
        "textasciitilde": "~",
        "textasciicircum": "^",
        "textless": "<",
        "textgreater": ">",
        "textbar": "|",
    }
    plain = re.sub(r"\\(?:([a-z]+)\{\}|([$&#%_]))|([\\{}$&#%_~^])", lambda m: names.get(m[1]) or m[2], text)
    assert isinstance(plain, str)
    return plain


def read_ris(text: str) -> list[tuple[str, str]]:
    *lines, rest = text.split("\r\n")
    assert rest == ""
    return [re.fullmatch(r"([A-Z][A-Z0-9])  - ([^\r\n]*)", line).groups() for line in lines]


def test_a_page_is_cited_in_one_line(cite):
    assert cite_text(cite()) == (
        "Jawabdehi. Accountability report: West Bengal, October 2026. Edition JWB-2026-10-e1, 2026-11. "
        "Reported to us, not prevalence. Licence: CC-BY-4.0."
    )


def test_bibtex_has_one_entry_with_all_that_a_reference_needs(cite):
    key, fields = read_bibtex(cite_bibtex(cite(language="bn")))
    assert key == "JWB-2026-10-e1-IN-WB"
    assert fields == {
        "author": "{Jawabdehi}",
        "title": "{Accountability report: West Bengal, October 2026}",
        "year": "2026",
        "month": "nov",
        "publisher": "{Jawabdehi}",
        "edition": "JWB-2026-10-e1",
        "language": "bn",
        "note": "Edition JWB-2026-10-e1. Reported to us, not prevalence. Licence: CC-BY-4.0",
    }


def test_ris_has_one_record_with_all_that_a_reference_needs(cite):
    assert read_ris(cite_ris(cite(language="bn"))) == [
        ("TY", "DATA"),
        ("ID", "JWB-2026-10-e1-IN-WB"),
        ("TI", "Accountability report: West Bengal, October 2026"),
        ("AU", "Jawabdehi"),
        ("PB", "Jawabdehi"),
        ("PY", "2026"),
        ("DA", "2026/11/10/"),
        ("ET", "JWB-2026-10-e1"),
        ("LA", "bn"),
        ("N1", "Reported to us, not prevalence. Licence: CC-BY-4.0."),
        ("ER", ""),
    ]


def test_the_year_is_that_of_the_publication(cite):
    december = cite(edition=Edition("2026-12", 2, {}, reason="linkage"), geography="IN")
    key, fields = read_bibtex(cite_bibtex(december))
    assert (key, fields["year"], fields["month"]) == ("JWB-2026-12-e2-IN", "2027", "jan")
    assert ("PY", "2027") in read_ris(cite_ris(december))
    assert "2027-01" in cite_text(december)


def test_an_identifier_is_no_longer_than_ris_lets_it_be(cite):
    assert len(cite().key) <= 20


@pytest.mark.parametrize("place", [*HOSTILE, *INDIC])
def test_no_name_breaks_a_citation(place, cite):
    # A page of another language brings a title of its own.
    for cited in (cite(place), cite(title=place)):
        title = cited.safe_title
        assert len(title) <= 300
        _, fields = read_bibtex(cite_bibtex(cited))
        assert unescape_tex(read_value(fields["title"])) == title
        assert set(fields) == set(read_bibtex(cite_bibtex(cite()))[1])
        tags = [tag for tag, _ in read_ris(cite_ris(cited))]
        assert tags == [tag for tag, _ in read_ris(cite_ris(cite()))]
        assert ("TI", title) in read_ris(cite_ris(cited))
        assert not set(cite_text(cited)) & set("\r\n\u2028\u2029\u202e\u200f\x00")


@pytest.mark.parametrize("place", INDIC)
def test_names_in_indic_scripts_come_through_as_they_are(place, cite):
    for make in (cite_text, cite_bibtex, cite_ris):
        assert f"Accountability report: {place}, October 2026" in make(cite(place))


def test_a_made_up_edition_cannot_be_cited_by_mistake(cite):
    made_up = cite(edition=Edition("2026-10", 1, {}, is_made_up=True), title="x" * 5000)
    for make in (cite_text, cite_bibtex, cite_ris):
        assert "Made-up example, do not cite: xxx" in make(made_up)
        assert "Made-up" not in make(cite())
