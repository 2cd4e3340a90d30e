"""What may be entered in a column, in words and as a formula of a spreadsheet, both made from the contract.

The pipeline understands more than a formula can say (digits of every script, other ways to write a date), so
what a formula doubts is a question to the person, never a lock. Only a choice that is not in its list is.
"""

import re
import string
from typing import Any

from pipeline.contract import Contract, Field
from pipeline.forms.workbook.lists import Lists
from pipeline.forms.workbook.titles import say_title
from pipeline.language import Language

DAY, MONTH = "2026-10-03", "2026-10"
"""Examples of dates as the form wants them."""

_LONGEST_PATTERN = 256
_LONGEST_MESSAGE = 255
_LONGEST_TITLE = 32
"""Characters that Excel takes in the input help of a cell."""


def describe_entry(field: Field, contract: Contract, language: Language) -> str:
    """Say in one sentence what may be entered in a column."""
    if field.code_list:
        return _describe_choice(field, contract, language)
    if field.kind == "date":
        return language.say("Year-month-day, for example {day}.", day=DAY)
    if field.kind == "partial_date":
        return language.say(
            "Year-month-day, for example {day}; year-month, for example {month}, where the day is not known.",
            day=DAY,
            month=MONTH,
        )
    if field.kind == "integer":
        return language.say("A whole number, 0 or more.")
    if field.kind == "text":
        most = longest_text(field, contract)
        return language.say("In your own words, at most {most} characters.", most=most)
    return _describe_pattern(field, language)


def give_example(field: Field, contract: Contract) -> str:
    """Return two codes of a field as they are entered together."""
    return "; ".join(list(contract.codes_of(field.name).codes)[:2])


def _describe_choice(field: Field, contract: Contract, language: Language) -> str:
    if field.kind == "codes":
        return language.say(
            "Choose from the list. For several, write their codes with ; between them, for example {example}.",
            example=give_example(field, contract),
        )
    if field.name == "district":
        return language.say("Choose the state first: the list then has its districts.")
    return language.say("Choose from the list.")


def _describe_pattern(field: Field, language: Language) -> str:
    signs, fewest, most = read_pattern(field)
    if field.kind == "token":
        return language.say(
            "{fewest} to {most} of the digits 0 to 9 and the letters a to f.", fewest=fewest, most=most
        )
    return language.say(
        "Letters A to Z, digits and {signs} without spaces, at most {most} characters.",
        signs=" ".join(sign for sign in signs if not sign.isalnum()),
        most=most,
    )


def check_entry(field: Field, cell: str, contract: Contract, lists: Lists, state: str) -> dict[str, Any]:
    """Return the check of a column as xlsxwriter takes it.

    `cell` and `state` are the cells of the column itself and of the state in the first row to fill.
    """
    if field.name == "district":
        return {"validate": "list", "source": lists.source_within(str(field.code_list), state)}
    if field.code_list:
        # Several codes cannot be in any list: the drop-down helps with the first and stops nobody.
        source = {"validate": "list", "source": lists.source(field.code_list)}
        return source if field.kind == "code" else {**source, "show_error": False}
    doubt = {"error_type": "warning"}
    if field.kind == "integer":
        return {"validate": "integer", "criteria": ">=", "value": 0, **doubt}
    if field.kind == "text":
        return {"validate": "length", "criteria": "<=", "value": longest_text(field, contract), **doubt}
    if field.kind in {"date", "partial_date"}:
        return {"validate": "custom", "value": _date_formula(cell, field.kind), **doubt}
    return {"validate": "custom", "value": _pattern_formula(cell, field), **doubt}


def help_entry(field: Field, entry: str, language: Language) -> dict[str, str]:
    """Return the input help and the error message of a column, as long as spreadsheets allow."""
    title = shorten(say_title(field, language), _LONGEST_TITLE)
    question = language.translate(field.question)
    hint = language.translate(field.hint) if field.hint else ""
    return {
        "input_title": title,
        "input_message": _join(question, hint, entry),
        "error_title": title,
        "error_message": shorten(entry, _LONGEST_MESSAGE),
    }


def _join(question: str, hint: str, entry: str) -> str:
    """Leave out first the question, which the heading stands for, then what may be entered; cut the hint last."""
    for parts in ((question, hint, entry), (hint, entry), (hint or entry,)):
        message = " ".join(part for part in parts if part)
        if len(message) <= _LONGEST_MESSAGE:
            return message
    return shorten(hint or entry, _LONGEST_MESSAGE)


def shorten(text: str, longest: int) -> str:
    """Cut a text at a space, so that no letter loses its vowel sign, and say so by an ellipsis."""
    if len(text) <= longest:
        return text
    return (
        text[:longest].rpartition(" ")[0].rstrip(" ,;·-") + "…" if " " in text[:longest] else text[:longest]
    )


def longest_text(field: Field, contract: Contract) -> int:
    """Return how many characters the contract's rules allow in a text field."""
    return next(
        int(rule["kwargs"]["max_value"])
        for rule in contract.suites["incident_report"]
        if rule["type"] == "expect_column_value_lengths_to_be_between"
        and rule["kwargs"]["column"] == field.name
    )


def read_pattern(field: Field) -> tuple[str, int, int]:
    """Return which ASCII characters the pattern of a field allows, and the fewest and the most of them."""
    pattern = re.compile(str(field.pattern))
    lengths = range(1, _LONGEST_PATTERN)
    signs = [sign for sign in string.printable if any(pattern.fullmatch(sign * length) for length in lengths)]
    fitting = [length for length in lengths if pattern.fullmatch(signs[0] * length)]
    return "".join(signs), fitting[0], fitting[-1]


def _pattern_formula(cell: str, field: Field) -> str:
    signs, fewest, most = read_pattern(field)
    # Padded to one length: what FIND makes of nothing differs from program to program.
    padded = f'MID({cell}&REPT("{signs[0]}",{most}),ROW($1:${most}),1)'
    found = f'SUMPRODUCT(--ISNUMBER(FIND({padded},"{signs}")))=ROWS($1:${most})'
    return f"=AND(LEN({cell})>={fewest},LEN({cell})<={most},{found})"


def _date_formula(cell: str, kind: str) -> str:
    """A day that the month does not have falls into another month."""
    year, month, day = f"VALUE(LEFT({cell},4))", f"VALUE(MID({cell},6,2))", f"VALUE(MID({cell},9,2))"
    lengths, signs = f"LEN({cell})=10", f'MID({cell},5,1)&MID({cell},8,1)="--"'
    if kind == "partial_date":
        day = f"IF(LEN({cell})=7,1,{day})"
        lengths = f"OR(LEN({cell})=7,{lengths})"
        signs = f'MID({cell},5,1)&MID({cell}&"-",8,1)="--"'
    return f"=AND({lengths},{signs},MONTH(DATE({year},{month},{day}))={month})"
