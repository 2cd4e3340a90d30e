"""One text, and which rules it breaks. What may break a rule is found in columns by `scan`; here it is decided.

A text comes here folded, free text with dates and public numbers masked.
"""

import re
from collections.abc import Callable, Collection, Mapping

from pipeline.screening import addresses, case_numbers, lettered, numbers, spelled
from pipeline.screening.looks import Look

_HEX_TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{16,128}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
    r"(?![0-9A-Za-z])"
)

LOOKS: Mapping[str, Callable[[], tuple[Look, ...]]] = {
    "address": addresses.list_looks,
    "lettered": lettered.list_looks,
    "case": case_numbers.list_looks,
    "number": numbers.list_looks,
    "disguised": spelled.list_disguised_looks,
    "spelled": spelled.list_looks,
    "named": lettered.list_named_looks,
}
"""What is looked for in free text, in the order in which it is judged, and how columns are looked through for it."""

CODE_CANDIDATE = (
    r"(?i)[a-z]{5}[ -]?[0-9]{4}[ -]?[a-z]|^\s*[a-z]{3}[0-9]{7}\s*$|[0-9]{5}[\s.()_*-]{0,3}[0-9]{5}"
    r"|[0-9]{4}[\s.()_*-]{0,3}[0-9]{4}[\s.()_*-]{0,3}[0-9]{4}|@|[\[({]\s?at|\sat\s|f\.?i\.?r"
)
"""What is looked for in codes, identifiers, dates and counts, as a loose pattern for columns."""


def judge_text(text: str, sought: Collection[str]) -> set[str]:
    """Return the rules that a free text breaks, looking for those of LOOKS that are named."""
    rules: set[str] = set()
    if {"lettered", "number", "disguised"} & set(sought):
        text = _HEX_TOKEN.sub("¤", text)
    if "address" in sought:
        found, text = addresses.judge_addresses(text)
        rules |= found
    if "lettered" in sought:
        found, text = lettered.judge_lettered(text)
        rules |= found
    small = text.lower()
    return rules.union(*(judge(small) for name, judge in _IN_LOWER_CASE.items() if name in sought))


_IN_LOWER_CASE: Mapping[str, Callable[[str], set[str]]] = {
    "case": case_numbers.judge_case_numbers,
    "number": numbers.judge_numbers,
    "disguised": spelled.judge_disguised,
    "spelled": spelled.judge_spelled,
    "named": lettered.judge_named,
}


def judge_code(text: str) -> set[str]:
    """Return the rules that a code, an identifier, a date or a count breaks."""
    text = _HEX_TOKEN.sub("¤", text)
    rules = {*lettered.judge_codes(text), *numbers.judge_plain_numbers(text)}
    if addresses.holds_email(text):
        rules.add("personal_email")
    if case_numbers.holds_fir_code(text):
        rules.add("personal_case_number")
    return rules
