"""How a page is cited: as a sentence, as BibTeX, and as RIS.

The site may stand anywhere, so no citation has an address: the edition id and the place find the page.
"""

from dataclasses import dataclass

from pipeline.language import clean_label
from pipeline.report.about import NOT_PREVALENCE, PUBLISHER, mark_made_up
from pipeline.report.edition import LICENCE, Edition

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        # Escaped braces would still be counted, and one of a pair end the entry too early.
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        **{character: f"\\{character}" for character in "$&#%_"},
    }
)

_BIBTEX_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Cited:
    """A page that is cited; `title` is in its language, of which `language` is the BCP 47 tag."""

    edition: Edition
    geography: str
    title: str
    language: str = "en"

    @property
    def key(self) -> str:
        """A name for lists of references: the edition and the place, at most 20 characters below edition 10."""
        return f"{self.edition.edition_id}-{self.geography}"

    @property
    def safe_title(self) -> str:
        """The title on one line and of bounded length; it says so where the edition is a made-up example."""
        return mark_made_up(clean_label(self.title), self.edition)


def cite_text(cited: Cited) -> str:
    """Return a citation as one line of text."""
    edition = cited.edition
    year, month = edition.announced_for.year, edition.announced_for.month
    return (
        f"{PUBLISHER}. {cited.safe_title}. Edition {edition.edition_id}, {year}-{month:02d}. {NOT_PREVALENCE}. "
        f"{_say_licence()}."
    )


def cite_bibtex(cited: Cited) -> str:
    """Return a BibTeX entry, which is plain ASCII but for what the title has of other scripts."""
    edition = cited.edition
    note = f"Edition {edition.edition_id}. {NOT_PREVALENCE}. {_say_licence()}"
    fields = {
        # In a second pair of braces, a name is not taken apart and a title keeps its capitals.
        "author": f"{{{{{PUBLISHER}}}}}",
        "title": f"{{{{{_escape_tex(cited.safe_title)}}}}}",
        "year": f"{{{edition.announced_for.year}}}",
        "month": _BIBTEX_MONTHS[edition.announced_for.month - 1],
        "publisher": f"{{{{{PUBLISHER}}}}}",
        "edition": f"{{{_escape_tex(edition.edition_id)}}}",
        "language": f"{{{_escape_tex(cited.language)}}}",
        "note": f"{{{_escape_tex(note)}}}",
    }
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields.items())
    return f"@misc{{{cited.key},\n{lines}\n}}\n"


def cite_ris(cited: Cited) -> str:
    """Return a RIS record: two letters, two spaces, a hyphen, a space and a value a line, ended by CR LF.

    A data set (TY) with a corporate author. Its date ends in a slash, since the format has four parts.
    """
    edition = cited.edition
    day = edition.announced_for
    fields = [
        ("TY", "DATA"),
        ("ID", cited.key),
        ("TI", cited.safe_title),
        ("AU", PUBLISHER),
        ("PB", PUBLISHER),
        ("PY", f"{day.year}"),
        ("DA", f"{day.year}/{day.month:02d}/{day.day:02d}/"),
        ("ET", edition.edition_id),
        ("LA", cited.language),
        ("N1", f"{NOT_PREVALENCE}. {_say_licence()}."),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in fields)


def _say_licence() -> str:
    return f"Licence: {LICENCE}"


def _escape_tex(text: str) -> str:
    return text.translate(_TEX)
