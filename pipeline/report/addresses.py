"""Where the pages of an edition lie: the names of their files, and the way from one page to another.

All addresses are relative, since the site may stand anywhere and a folder may be copied whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.contract import NATIONAL, Contract
from pipeline.language import ENGLISH, Language, languages_of, load_language
from pipeline.report.edition import Edition

STATIC = "../static/"
"""The style sheets and fonts of an edition, from its pages."""


def page_name(language: str, kind: str = "html") -> str:
    """Return the file name of a page in a language: `report.bn.html`, or with `kind` "pdf" its printed form."""
    return f"report.{language}.{kind}"


def memorandum_name(language: str, kind: str = "html") -> str:
    """Return the file name of a state's memorandum in a language."""
    return f"memorandum.{language}.{kind}"


def start_name(language: str) -> str:
    """Return the file name of the site's start page in a language."""
    return "index.html" if language == ENGLISH else f"index.{language}.html"


def place_file(geography: str, language: str) -> str:
    """Return where the page of a place, with all its months, lies below `published/`."""
    return f"places/{geography}.{language}.html"


def list_names(geography: str, contract: Contract, *, printed: bool) -> list[str]:
    """Return the names of all pages of a geography, by which a draft is known to be whole; if `printed`, PDFs too."""
    names = [page_name, *([memorandum_name] if geography != NATIONAL else [])]
    return [
        name(language, kind)
        for language in languages_of(geography, contract)
        for name in names
        for kind in (("html", "pdf") if printed else ("html",))
    ]


@dataclass(frozen=True)
class Addresses:
    """The way from one page of an edition, in the folder of its geography, to others.

    `places` has the page of every geography, in the language of this one where it is there. `reports` and `memoranda`
    are this geography's pages in each of its languages. `memorandum` is blank for the nation, `pdf` where nothing is
    printed. `former` has the page of this geography in other editions, by their ids.
    """

    report: str
    pdf: str
    memorandum: str
    start: str
    places: Mapping[str, str]
    reports: tuple[tuple[Language, str], ...]
    memoranda: tuple[tuple[Language, str], ...]
    former: Mapping[str, str]


def find_addresses(
    edition: Edition, geography: str, language: Language, contract: Contract, former: Iterable[Edition]
) -> Addresses:
    """Return the addresses for the page of a geography in a language; `former` are the editions that it names."""
    report = page_name(language.code)
    spoken = [load_language(code) for code in languages_of(geography, contract)]
    return Addresses(
        report=report,
        pdf=page_name(language.code, "pdf") if edition.is_printed else "",
        memorandum="" if geography == NATIONAL else memorandum_name(language.code),
        start=f"../../../{start_name(language.code)}",
        places={
            place: f"../{place}/{page_name(choose_language(language, place, contract))}"
            for place in (NATIONAL, *contract.code_lists["states"].codes)
        },
        reports=tuple((each, page_name(each.code)) for each in spoken),
        memoranda=tuple((each, memorandum_name(each.code)) for each in spoken),
        former={each.edition_id: f"../../../{each.folder}/{geography}/{report}" for each in former},
    )


def choose_language(language: Language, geography: str, contract: Contract) -> str:
    """Return the language of a geography's pages that a reader of `language` is led to: that one, or English."""
    return language.code if language.code in languages_of(geography, contract) else ENGLISH
