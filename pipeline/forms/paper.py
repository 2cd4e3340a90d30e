"""The form on paper, to be ticked and written on by hand, with the codes of the contract beside its boxes.

It comes in one language a file. The districts of all states take pages of their own that need printing but once, so
they are a file by themselves, to be looked up. The number of the report stands twice on the last sheet, whose back is
left blank, so that a strip can be torn off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.contract import CodeList, Contract, Field
from pipeline.forms import safety
from pipeline.forms.checks import missing_rules
from pipeline.forms.questions import list_fields
from pipeline.language import Language, mark
from pipeline.messages import SECTIONS
from pipeline.report.printing import print_page
from pipeline.templates import TEMPLATES, fill_template

STATIC = "../static/"
"""The fonts, from the folder of templates: pages are printed as if they lay there."""

_LOOKED_UP = "districts"
_ON_ONE_LINE = 5
"""Boxes that stand beside each other."""

_IN_THREE_COLUMNS = 32
"""Characters of the longest label in lists that are set in three columns, not two."""

_TICK_ONE = mark("Tick one box.")
_LOOK_UP = mark("Write its name, or its number from the list of districts.")
_ONLY_OF_A_CHILD = mark("Only where the person is under 18.")
_END_WITHOUT = mark("If the answer is no, stop here: nothing more is asked.")
_CONSENTS = ("consent_statistics", "guardian_consent")
_LINES = {"office": 1, "narrative": 7}


@dataclass(frozen=True)
class Box:
    """A box to tick."""

    code: str
    label: str


@dataclass(frozen=True)
class PaperQuestion:
    """A question on paper.

    `shape` is how it is answered: boxes, date, partial_date, number, text or look_up. `columns` are those that its
    boxes are set in, 0 for one line; `lines` those to write on. `remarks` stand below the question.
    """

    number: int
    name: str
    question: str
    remarks: tuple[str, ...]
    is_required: bool
    shape: str
    boxes: tuple[Box, ...] = ()
    columns: int = 0
    lines: int = 1


@dataclass(frozen=True)
class Part:
    """A part of the form; the last one begins a sheet of its own."""

    name: str
    title: str
    questions: tuple[PaperQuestion, ...]
    is_last: bool


def print_form(contract: Contract, language: Language) -> bytes:
    """Return the form as PDF for A4 in one language.

    Raises PrinterMissingError where a library of the system is missing.
    """
    return print_page(render_form(contract, language), TEMPLATES)


def print_districts(contract: Contract, language: Language) -> bytes:
    """Return the list of districts, by state, as PDF in one language; raise as `print_form` does."""
    return print_page(render_districts(contract, language), TEMPLATES)


def render_form(contract: Contract, language: Language) -> bytes:
    """Return the page that the form is printed from."""
    return fill_template(
        "paper_form.html.j2",
        language,
        title=language.translate(safety.TITLE),
        warnings=[language.translate(sentence) for sentence in safety.ON_PAPER],
        helplines=[language.translate(sentence) for sentence in safety.HELP],
        parts=[*_list_parts(contract, language)],
        number=language.translate(contract.fields["report_id"].question),
        tear_off=language.translate(safety.TEAR_OFF),
        version=contract.version,
        static=STATIC,
    )


def render_districts(contract: Contract, language: Language) -> bytes:
    """Return the page that the list of districts is printed from."""
    states, districts = contract.code_lists["states"], contract.code_lists[_LOOKED_UP]
    by_state = {
        Box(state, language.label(states, state)): [
            box for box in _list_boxes(districts, language) if districts.codes[box.code].within == state
        ]
        for state in states.codes
    }
    return fill_template(
        "paper_districts.html.j2",
        language,
        title=language.translate(safety.TITLE),
        states=by_state,
        version=contract.version,
        static=STATIC,
    )


def _list_parts(contract: Contract, language: Language) -> Iterator[Part]:
    number = 1
    for name, title in contract.sections.items():
        fields = list_fields(name, contract)
        yield Part(
            name=name,
            title=language.catalog.pgettext(SECTIONS, title),
            questions=tuple(
                _ask(field, number + place, contract, language) for place, field in enumerate(fields)
            ),
            is_last=name == [*contract.sections][-1],
        )
        number += len(fields)


def _ask(field: Field, number: int, contract: Contract, language: Language) -> PaperQuestion:
    looked_up = field.code_list == _LOOKED_UP
    boxes = _list_boxes(contract.codes_of(field.name), language) if field.code_list and not looked_up else []
    sentences = {
        _ONLY_OF_A_CHILD: field.name == "guardian_consent",
        # Where several boxes may be ticked, the hint of the field says so.
        _TICK_ONE: field.kind == "code" and not looked_up,
        field.hint: bool(field.hint),
        _LOOK_UP: looked_up,
        _END_WITHOUT: field.name in _CONSENTS,
    }
    return PaperQuestion(
        number=number,
        name=field.name,
        question=language.translate(field.question),
        remarks=tuple(language.translate(sentence) for sentence, is_said in sentences.items() if is_said),
        is_required=field.name in missing_rules(contract),
        shape="look_up" if looked_up else _SHAPES[field.kind],
        boxes=tuple(boxes),
        columns=_count_columns(boxes),
        lines=_LINES.get(field.name, 1),
    )


_SHAPES = {
    "code": "boxes",
    "codes": "boxes",
    "date": "date",
    "partial_date": "date",
    "integer": "number",
    "identifier": "text",
    "token": "text",
    "text": "text",
}


def _list_boxes(codes: CodeList, language: Language) -> list[Box]:
    return [
        Box(code.code, language.label(codes, code.code))
        for code in codes.codes.values()
        if code.valid_to is None
    ]


def _count_columns(boxes: Sequence[Box]) -> int:
    if len(boxes) <= _ON_ONE_LINE:
        return 0
    return 3 if max(len(box.label) for box in boxes) <= _IN_THREE_COLUMNS else 2
