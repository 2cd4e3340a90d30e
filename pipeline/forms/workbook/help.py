"""The sheet of help: how to fill in the reports safely, and every column with what may be entered in it."""

from collections.abc import Iterator, Mapping, Sequence

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.contract import Contract, Field
from pipeline.forms.safety import HELP
from pipeline.forms.workbook.entries import DAY, MONTH, describe_entry, give_example
from pipeline.forms.workbook.looks import height_of
from pipeline.forms.workbook.titles import say_heading, say_title
from pipeline.language import Language

_WIDTHS = (30, 78, 14, 60)
_A4 = 9
"""The number that spreadsheets have for the paper."""


def write_help(
    sheet: Worksheet,
    tabs: Mapping[str, str],
    contract: Contract,
    language: Language,
    looks: Mapping[str, Format],
) -> None:
    """Fill the sheet of help; `tabs` are the names of the sheets."""
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, language.say("How to fill in the reports"), looks["title"])
    row = 1
    for topic, sentences in (*_list_rules(language), *_list_steps(tabs, contract, language)):
        cells = (topic, " ".join(sentences))
        _write_row(sheet, row, cells, (looks["topic"], looks["sentence"]))
        row += 1
    _write_columns(sheet, row + 1, contract, language, looks)


def _list_rules(language: Language) -> Iterator[tuple[str, list[str]]]:
    """Yield what keeps people safe."""
    yield language.say("Where to find help"), [language.translate(line) for line in HELP]
    yield (
        language.say("Nobody may be recognised"),
        [
            language.say(
                "Write no names of persons, no phone numbers, no addresses, no Aadhaar, bank, FIR or case numbers."
            ),
            language.say("A report with such things is held back and not counted."),
        ],
    )
    yield (
        language.say("Consent comes first"),
        [language.say("Ask the person before you write anything. Without a yes do not fill in a report.")],
    )
    yield (
        language.say("Keep this file safe"),
        [
            language.say("Keep it where nobody else can open it."),
            language.say("After sending, delete it from phones and computers that others use."),
        ],
    )


def _list_steps(
    tabs: Mapping[str, str], contract: Contract, language: Language
) -> Iterator[tuple[str, list[str]]]:
    yield (
        language.say("One line, one report"),
        [
            language.say(
                "Write into the sheet “{reports}”. Columns with * must be filled, the others where you can.",
                reports=tabs["reports"],
            ),
            language.say(
                "A cell with a dashed frame is still to be filled. The sheet “{example}” shows how it looks.",
                example=tabs["example"],
            ),
            language.say("Leave the line of headings as it is, and add no columns: they are not read."),
        ],
    )
    yield from _list_entries(tabs, contract, language)
    yield from _list_changes(contract, language)
    yield (
        language.say("Sending"),
        [
            language.say(
                "Save the file as XLSX, or the sheet “{reports}” as CSV UTF-8.", reports=tabs["reports"]
            ),
            language.say("Its name begins with year and month, for example {month}.xlsx.", month=MONTH),
        ],
    )


def _list_entries(
    tabs: Mapping[str, str], contract: Contract, language: Language
) -> Iterator[tuple[str, list[str]]]:
    several = next(field for field in contract.fields.values() if field.kind == "codes")
    partial = next(field for field in contract.fields.values() if field.kind == "partial_date")
    yield (
        language.say("Choosing from lists"),
        [
            language.say("Choose what fits best; leave the code behind the dot as it is."),
            language.say(
                "Where several answers are possible, write their codes with ; between them, for example {example}.",
                example=give_example(several, contract),
            ),
            language.say("All codes are in the sheet “{lists}”.", lists=tabs["lists"]),
        ],
    )
    yield (
        language.say("Dates"),
        [
            language.say("Write year, month and day, for example {day}.", day=DAY),
            language.say(
                "If nobody knows the day, write year and month alone in the column “{title}”, for example {month}.",
                title=say_title(partial, language),
                month=MONTH,
            ),
        ],
    )


def _list_changes(contract: Contract, language: Language) -> Iterator[tuple[str, list[str]]]:
    actions = contract.codes_of("action")
    yield (
        language.label(actions, "correct"),
        [
            language.say(
                "To correct a report that you sent, write its whole line again with the same number and choose "
                "“{action}”.",
                action=language.label(actions, "correct"),
            )
        ],
    )
    yield (
        language.label(actions, "withdraw"),
        [
            language.say(
                "To take a report back, write its number and choose “{action}”; leave the rest of the line empty.",
                action=language.label(actions, "withdraw"),
            )
        ],
    )


def _write_columns(
    sheet: Worksheet, row: int, contract: Contract, language: Language, looks: Mapping[str, Format]
) -> None:
    # As long as this line is wider than a title, what stands below it is not taken for the headings of reports.
    headings = (
        language.say("Column"),
        language.say("Question"),
        language.say("Required"),
        language.say("What to enter"),
    )
    _write_row(sheet, row, headings, (looks["optional"],) * len(headings))
    for at, field in enumerate(contract.fields.values(), start=row + 1):
        cells = _describe(field, contract, language)
        _write_row(sheet, at, cells, (looks["entry_name"], *(looks["entry"],) * (len(cells) - 1)))


def _write_row(sheet: Worksheet, row: int, cells: Sequence[str], looks: Sequence[Format]) -> None:
    sheet.set_row(row, height_of(zip(cells, _WIDTHS, strict=False)))
    for column, (cell, look) in enumerate(zip(cells, looks, strict=True)):
        sheet.write_string(row, column, cell, look)


def _describe(field: Field, contract: Contract, language: Language) -> tuple[str, str, str, str]:
    asked = [language.translate(text) for text in (field.question, field.hint) if text]
    return (
        "".join(say_heading(field, language)),
        "\n".join(asked),
        language.label(contract.code_lists["yes_no"], "yes" if field.required else "no"),
        describe_entry(field, contract, language),
    )
