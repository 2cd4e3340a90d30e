"""How a filled form is held by servers: a row of the contract, and what identifies a person or a device beside it.

What identifies is made up and easy to find again, so that any test can look for it where it must not be.
"""

import re
from collections.abc import Iterator, Mapping

from pipeline.contract import load_contract

PLANTED = {
    "device": "collect:MADE-UP-DEVICE-77",
    "submitter": "made-up-submitter@example.org",
    "attachment": "made-up-photograph.jpg",
    "place": "23.456789",
    "instance_name": "Made-up Name of a Person",
    "answer": "MADE-UP ANSWER TO A QUESTION OF THEIR OWN",
}
"""Nothing of this may leave a client."""


def fill_form(row: Mapping[str, str | None]) -> dict[str, str]:
    """Answer a form as a row of the contract does: nothing for blank cells, spaces between chosen codes."""
    kinds = {name: field.kind for name, field in load_contract().fields.items()}
    answers = {}
    for name, cell in row.items():
        if cell and not cell.isspace():
            answers[name] = (
                " ".join(re.split(r"[\s;|]+", cell.strip())) if kinds.get(name) == "codes" else cell
            )
    return answers


def place_in_groups(answers: Mapping[str, object], groups: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """Give answers with their paths; `groups` are the paths of groups by the name of a question."""
    for name, answer in answers.items():
        yield (f"{groups[name]}/{name}" if name in groups else name), answer


def type_number(name: str, answer: object) -> object:
    """Give an answer as ODK Central types it: whole numbers as such, all else as text."""
    field = load_contract().fields.get(name)
    if (
        field
        and field.kind == "integer"
        and isinstance(answer, str)
        and re.fullmatch(r"-?\d+", answer, re.ASCII)
    ):
        return int(answer)
    return answer
