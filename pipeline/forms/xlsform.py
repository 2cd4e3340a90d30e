"""The form for phones: an XLSForm in all languages, and the XForm that servers and programs make of it.

Only how lines become cells is here. pyxform writes `-` where a language lacks a cell and says nothing of it, so every
cell is looked at before; a form with a hole is never written.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import xlsxwriter

from pipeline.contract import Contract
from pipeline.errors import JawabdehiError
from pipeline.forms.asking import OWN_CHOICES, Line
from pipeline.forms.inspection import check_form
from pipeline.forms.questions import list_lines
from pipeline.forms.safety import NAME, TITLE
from pipeline.forms.sentences import Sentence
from pipeline.language import ENGLISH, Language, list_languages, load_language
from pipeline.packing import store_uncompressed

_CREATED = datetime(2026, 1, 1, tzinfo=UTC)

_PLAIN = (
    "relevant",
    "constraint",
    "calculation",
    "default",
    "trigger",
    "appearance",
    "choice_filter",
)
"""Columns of the survey that are called as they are in a line."""

_SPOKEN = {"label": "label", "hint": "hint", "required": "required_message", "refusal": "constraint_message"}
"""What of a line is said, and the column that it is said in."""

_UNUSABLE = "pyxform cannot use the XLSForm as it is: mend pipeline/forms before you hand out any form."

Sheets = Mapping[str, Sequence[Sequence[str]]]
"""Cells by sheet and row; the first row holds the headings."""


def write_xlsform(contract: Contract) -> bytes:
    """Return the form as an XLSForm workbook in every language there is a catalog for; the same bytes each time.

    Raises JawabdehiError where a language lacks a cell.
    """
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": TITLE, "created": _CREATED})
        for name, rows in lay_out(contract).items():
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, column, cell)
    return store_uncompressed(book)


def write_xform(xlsform: bytes) -> bytes:
    """Return the XForm of an XLSForm; raise JawabdehiError where pyxform has anything against it."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        converted = convert(xlsform, file_type=".xlsx")
    except PyXFormError as error:
        raise JawabdehiError(_UNUSABLE) from error
    if converted.warnings:
        raise JawabdehiError(_UNUSABLE)
    xform = str(converted.xform).encode()
    check_form(xform)
    return xform


def lay_out(contract: Contract) -> Sheets:
    """Return the cells of the workbook; raise JawabdehiError where a language lacks one."""
    languages = [load_language(code) for code in list_languages()]
    survey = [*_lay_out_survey(list_lines(contract), languages)]
    choices = [*_lay_out_choices(contract, languages)]
    # Servers take a changed form only under another version.
    version = hashlib.sha256(json.dumps([survey, choices]).encode()).hexdigest()[:10]
    settings = {
        "form_title": TITLE,
        "form_id": NAME,
        "version": version,
        "default_language": _heading_of(load_language(ENGLISH)),
        # In a browser, one question is on the screen at a time, as it is on a phone.
        "style": "pages",
    }
    return {"survey": survey, "choices": choices, "settings": [[*settings], [*settings.values()]]}


def _heading_of(language: Language) -> str:
    return f"{language.name} ({language.code})"


def _lay_out_survey(lines: Sequence[Line], languages: Sequence[Language]) -> Iterator[list[str]]:
    spoken = [f"{column}::{_heading_of(language)}" for column in _SPOKEN.values() for language in languages]
    yield ["type", "name", *spoken, "required", *_PLAIN]
    for line in lines:
        said = [
            _say(getattr(line, part), language, "\n\n" if line.type == "note" else " ")
            for part in _SPOKEN
            for language in languages
        ]
        yield [
            line.type,
            line.name,
            *said,
            "yes" if line.required else "",
            *(getattr(line, column) for column in _PLAIN),
        ]


def _lay_out_choices(contract: Contract, languages: Sequence[Language]) -> Iterator[list[str]]:
    yield ["list_name", "name", *(f"label::{_heading_of(language)}" for language in languages), "state"]
    for name, choices in OWN_CHOICES.items():
        for choice, label in choices.items():
            yield [name, choice, *(_say([Sentence(label)], language) for language in languages), ""]
    used = dict.fromkeys(field.code_list for field in contract.fields.values() if field.code_list)
    for name in used:
        codes = contract.code_lists[name]
        for code in codes.codes.values():
            # A district that was abolished is read in returns, but no new report tells of it.
            if code.valid_to is None:
                labels = (_whole(language.label(codes, code.code)) for language in languages)
                yield [name, code.code, *labels, code.within or ""]


def _say(sentences: Sequence[Sentence], language: Language, between: str = " ") -> str:
    return between.join(_whole(sentence.say_in(language)) for sentence in sentences)


def _whole(said: str) -> str:
    if not said.strip("- "):
        raise JawabdehiError("A cell of the form is blank in a language: fill it in its catalog.")
    return said
