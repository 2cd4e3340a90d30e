"""Numbers made of digits alone: they give themselves away by length, first digits and checksum, or by a word before.

A text comes here folded and in lower case, with dates and public numbers masked. Letters next to a number do not hide
it.
Sources: phones, the National Numbering Plan 2003 (mobile numbers begin with 6 to 9, fixed lines have an area
code of two to four digits); Aadhaar, its virtual id and IMEI, `stdnum`; payment cards, ISO/IEC 7812 (Luhn).
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from stdnum import imei, luhn
from stdnum.in_ import aadhaar, vid

from pipeline.screening.cues import any_word, word_pattern
from pipeline.screening.looks import Look
from pipeline.screening.runs import FEWEST, SHORTEST, Number, Run, count_groups, find_runs

_GAP, _APART = r"[\s.()_*-]{0,3}", r"[\s.()_*-]{1,3}"
_EVEN_ROWS = rf"[0-9](?:{_APART}[0-9]){{6}}|[0-9]{{2}}(?:{_APART}[0-9]{{2}}){{3}}"


def list_looks() -> tuple[Look, ...]:
    """Return the looks for numbers that give themselves away, and for those that a word announces."""
    no_sum = "(?:[0-9]{2}[1-9]|[0-9][1-9]0|[1-9]00)"
    alone = (
        "[0-9]{11}|0[0-9]{6}",
        rf"[0-9]{{4,}}{no_sum}(?:[^0-9]|$)",
        rf"(?:^|[^0-9])(?:0091|091|91|0)?[6-9][0-9](?:{_GAP}[0-9]){{8}}",
        rf"[6-9](?:{_APART}[0-9]){{9}}",
        rf"(?:0|91)[\s.(-]{{0,3}}[1-8](?:{_GAP}[0-9]){{9}}",
        rf"[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}",
        rf"[0-9]{{6}}{_GAP}[0-9]{{6}}|3[47][0-9]{{2}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{5}}",
        *(
            _APART.join("[06-9][0-9]{2}" if place == odd else "[0-9]{3}" for place in range(4))
            for odd in range(4)
        ),
        rf"(?:^|[^0-9])[0-9](?:{_APART}[0-9]){{8}}(?:[^0-9]|$)",
    )
    two = rf"[0-9]{{2}}{_APART}[0-9]{{5}}|[0-9]{{3,}}{_APART}[0-9]{{4}}|[0-9]{{4,}}{_APART}[0-9]{{3}}"
    three = rf"[0-9]{{5}}{_APART}[0-9]{{2}}|[0-9]{{3}}{_APART}[0-9]{{3}}{_APART}[0-9]"
    number = rf"(?:[0-9]{{7}}|{two}|{three}|{_EVEN_ROWS})"
    words = any_word("phone", "account", "card", closed=True)
    before, behind = rf"{words}[^0-9\n]*\+?[0-9]{{0,4}}{_GAP}{number}", rf"{number}[^0-9\n]*{words}"
    return *map(Look, alone), Look(number, then=(before, behind))


_FIXED_LINE = re.compile(r"(?:0|91)[1-8][0-9]{9}")
_MOBILE = re.compile(r"(?:0091|091|91|0)?[6-9][0-9]{9}")
_ANNOUNCED = {
    "personal_phone": ("phone", 25, 7),
    "personal_account": ("account", 40, 9),
    "personal_card": ("card", 40, 7),
}
"""By rule: what the word is that announces a number, how far before it, and how many digits it has at least."""

_MOST_GROUPS = 500
"""A text with more groups of digits than this is a table of numbers; it is held without a closer look."""

_STAMP = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
_PLAIN_PHONE = frozenset({(10,), (11,), (12,), (13,), (5, 5), (1, 10), (2, 10), (2, 5, 5)})
_PLAIN_AADHAAR = frozenset({(12,), (4, 4, 4)})


def judge_numbers(text: str) -> set[str]:
    """Return the rules that the numbers in a free text break."""
    if count_groups(text) > _MOST_GROUPS:
        return {"personal_account"}
    return {rule for run in find_runs(text) if not run.is_list for rule in _judge_run(run)}


def judge_plain_numbers(text: str) -> set[str]:
    """Return the rules that phones and Aadhaar numbers in a code, an identifier, a date or a count break.

    Such values are often made of digits, so only the plain ways of writing a personal number count, and those
    that begin with a year and a month do not.
    """
    rules: set[str] = set()
    for run in find_runs(text):
        for number in run.list_numbers(most=13):
            if number.lengths in _PLAIN_PHONE:
                rules |= {"personal_phone"} & {_name(number)}
            if number.lengths in _PLAIN_AADHAAR and not _STAMP.match(number.digits):
                rules |= {"personal_aadhaar"} & {_name(number)}
    return rules


def _judge_run(run: Run) -> set[str]:
    numbers = list(run.list_numbers())
    rules = {rule for number in numbers if (rule := _name(number))}
    long = {rule for place in range(len(run.groups)) if (rule := _name_long_group(run, place))}
    if long:
        # What it is by its length, a word before it may say better; one behind it may belong to something else.
        return rules | ({_find_announced(replace(run, behind=""), numbers)} - {""} or long)
    return rules or {_find_announced(run, numbers)} - {""} or _name_even_rows(numbers)


def _name_even_rows(numbers: Iterable[Number]) -> set[str]:
    return {"personal_account"} if any(number.is_long for number in numbers) else set()


def _name(number: Number) -> str | None:
    """Name the rule that a number breaks by its digits alone."""
    digits = number.digits
    if len(digits) < SHORTEST or number.is_sum_or_year:
        return None
    if _MOBILE.fullmatch(digits) or _is_fixed_line(number):
        return "personal_phone" if number.is_grouped_as_phone else None
    if not number.is_evenly_grouped:
        return None
    if (len(digits) == 12 and aadhaar.is_valid(digits)) or (len(digits) == 16 and vid.is_valid(digits)):
        return "personal_aadhaar"
    if len(digits) < 13 or set(number.lengths) == {3} or not luhn.is_valid(digits):
        return None
    return "personal_phone" if _is_handset(digits) else "personal_account"


def _is_handset(digits: str) -> bool:
    """Tell the number of a handset from that of a card of fifteen digits, which begins with 34 or 37."""
    return len(digits) == 15 and not digits.startswith(("34", "37")) and imei.is_valid(digits)


def _name_long_group(run: Run, place: int) -> str | None:
    """Name the rule that an unbroken group breaks by its length; sums of money are left alone."""
    group = run.groups[place]
    if len(group) >= 11:
        return None if _is_handset(group) else "personal_account"
    if len(group) < FEWEST or _MOBILE.fullmatch(group):
        return None
    round_sum = group.endswith("000") and not group.startswith("0")
    return None if round_sum or run.is_money(place) else "personal_number"


def _find_announced(run: Run, numbers: Iterable[Number]) -> str:
    """Return the rule that the nearest word before the run names, or one right behind it; empty if there is none."""
    lengths = [
        len(number.digits)
        for number in numbers
        if number.place == 0 and number.is_grouped_somehow and not _is_sum(run, number)
    ]
    longest = max(lengths, default=0)
    near = [
        (distance, rule)
        for rule, (word, reach, least) in _ANNOUNCED.items()
        if longest >= least and (distance := _find_word(word_pattern(word), run, reach)) is not None
    ]
    return min(near)[1] if near else ""


def _find_word(word: re.Pattern[str], run: Run, reach: int) -> int | None:
    """Return how far from the run a word stands, None if it does not."""
    before = run.before[-reach:]
    distances = [len(before) - found.end() for found in word.finditer(before)]
    behind = word.search(run.behind)
    return min([*distances, behind.start() + reach] if behind else distances, default=None)


def _is_sum(run: Run, number: Number) -> bool:
    if len(number.groups) == 1:
        return number.digits.endswith("000") and run.is_money(0)
    return number.is_sum_or_year


def _is_fixed_line(number: Number) -> bool:
    """Tell a fixed line with its area code; twelve digits from 91 on need the `+` to be one."""
    if not _FIXED_LINE.fullmatch(number.digits):
        return False
    return number.digits.startswith("0") or number.plus
