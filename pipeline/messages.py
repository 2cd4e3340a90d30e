"""Every sentence and label of pages, forms and slips, and the catalogs that have them in other languages.

`python -m pipeline.messages` brings the catalogs up to date: new sentences come in untranslated, those that
are no longer said go out. A test holds that no catalog lacks one.
"""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from pipeline.contract import Code, CodeList, Contract, load_contract
from pipeline.language import ENGLISH, catalog_path, list_languages, read_catalog
from pipeline.settings import CHECKOUT
from pipeline.templates import TEMPLATES

TRANSLATED_LISTS = (
    "states",
    "duty_bearers",
    "services",
    "incident_kinds",
    "grounds",
    "survivor_genders",
    "survivor_age_bands",
    "resolutions",
    "delay_bands",
    "correction_reasons",
    "demands",
    "addressees",
    "legal_duties",
    "actions",
    "trafficking_forms",
    "escalations",
    "evidence_kinds",
    "yes_no",
    "yes_no_unknown",
)
"""Code lists whose labels stand on pages and in forms. Districts are known by the name that their directory gives
them, and provisions of the law are cited as they are."""

FIELDS = "fields"
SECTIONS = "sections"
"""Contexts of the titles of fields and of the sections of the form."""

_SAID_DETAILS = {"demands": ("description",), "addressees": ("description",), "legal_duties": ("limit_from",)}
"""Columns of code lists that are said as sentences."""

_METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]
_KEYWORDS = {"say": None, "compose": None, "_compose": None, "mark": None}


def collect_messages(contract: Contract) -> Catalog:
    """Return a catalog without translations of all that is said on pages, and of all labels that stand on them."""
    catalog = Catalog(fuzzy=False)
    for folder in (CHECKOUT / "pipeline", TEMPLATES):
        for _, _, message, _, context in _extract(folder):
            catalog.add(
                message, context=context, flags=["python-brace-format"] if "{" in str(message) else []
            )
    for context, label in (*_list_labels(contract), *_list_sentences(contract)):
        catalog.add(label, context=context)
    return catalog


def update_catalogs(contract: Contract) -> None:
    """Bring the catalogs of all languages up to date; what is translated stays."""
    template = collect_messages(contract)
    for code in list_languages():
        if code != ENGLISH:
            path = catalog_path(code)
            catalog = read_catalog(code)
            catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
            catalog.obsolete.clear()
            catalog.header_comment = f"# {catalog.locale} catalog of Jawabdehi."
            with path.open("wb") as file:
                write_po(file, catalog, width=0, sort_output=True, omit_header=True, no_location=True)


def _extract(folder: Path) -> Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]]:
    found = extract_from_dir(folder, _METHODS, keywords=_KEYWORDS)
    return (message for message in found if message[2])


def _list_labels(contract: Contract) -> Iterator[tuple[str | None, str]]:
    for name in TRANSLATED_LISTS:
        codes = contract.code_lists[name]
        for code in codes.codes.values():
            if is_printed(codes, code):
                yield name, code.label
                for column in _SAID_DETAILS.get(name, ()):
                    if code.details[column]:
                        yield None, code.details[column]


def _list_sentences(contract: Contract) -> Iterator[tuple[str | None, str]]:
    """Yield what forms and slips say: titles and questions of fields, and reasons of rules."""
    for title in contract.sections.values():
        yield SECTIONS, title
    for field in contract.fields.values():
        yield FIELDS, field.title
        yield None, field.question
        if field.hint:
            yield None, field.hint
    for rule in contract.rules.values():
        yield None, rule.reason
        yield None, rule.mend


def is_printed(codes: CodeList, code: Code) -> bool:
    """Tell whether the label of a code can stand on a page: a duty does only once it is verified."""
    return codes.name != "legal_duties" or code.details["confidence"] == "verified"


if __name__ == "__main__":
    update_catalogs(load_contract())
