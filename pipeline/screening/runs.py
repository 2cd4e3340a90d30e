"""Rows of digits in a text: which groups stand together, what is said around them, and how they are grouped.

Digits count as one row across spaces, dots, hyphens and brackets. What number they are is decided by `numbers`.
A text comes here folded and in lower case, with dates and public numbers masked.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.screening.cues import take_before, take_behind, word_pattern

FEWEST, SHORTEST, LONGEST = 7, 10, 19
"""Digits of the shortest row worth a look, of the shortest number that gives itself away, of the longest one."""

BEFORE, BEHIND = 40, 24
"""Signs before and behind a row within which a word may say what it is."""

_RUN = re.compile(r"\+?[0-9]+(?:(?!\.\s)[\s.()_*-]{1,3}[0-9]+)*")
"""A dot with a blank behind it ends a sentence, and the next number is another one."""

_GROUP = re.compile(r"[0-9]+")
_YEAR = re.compile(r"19[5-9][0-9]|20[0-4][0-9]")
_COUNTRY_AND_TRUNK = ("0", "91", "091", "0091")
_SECTION_LENGTHS, _MOST_SECTIONS = (2, 3), "600"
_EVEN = frozenset({1, 3, 4, 6, 8})


@dataclass(frozen=True)
class Number:
    """Neighbouring groups of digits from a place in their run on; `plus` tells that a `+` stands before."""

    groups: tuple[str, ...]
    place: int
    plus: bool
    near_section: bool

    @functools.cached_property
    def digits(self) -> str:
        return "".join(self.groups)

    @functools.cached_property
    def lengths(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))

    @property
    def is_sum_or_year(self) -> bool:
        """Tell sums of money and years that stand side by side."""
        return len(self.groups) > 1 and all(
            (len(group) >= 5 and group.endswith("000"))
            or (len(group) == 4 and (group.endswith("00") or _YEAR.match(group)))
            for group in self.groups
        )

    @property
    def may_be_sections(self) -> bool:
        """Tell numbers of three digits below 600 side by side, as penal sections are listed."""
        return set(self.lengths) == {3} and max(self.groups) < _MOST_SECTIONS

    @property
    def is_evenly_grouped(self) -> bool:
        """Tell a number in groups of one length, in two groups, or as some payment cards have it."""
        lengths = self.lengths
        if self.may_be_sections or (self.near_section and max(lengths) in _SECTION_LENGTHS):
            return False
        even = len(set(lengths)) == 1 and (len(lengths) == 1 or lengths[0] in _EVEN)
        return even or lengths == (4, 6, 5) or (len(lengths) == 2 and min(lengths) >= 2)

    @property
    def is_grouped_as_phone(self) -> bool:
        """Tell a number written in groups from a list of small numbers: all digits stand apart, or none does.

        A country or trunk code may stand apart, or be joined to the first group.
        """
        first, rest = self.groups[0], self.lengths[1:]
        joined = [(len(first) - len(code), *rest) for code in _COUNTRY_AND_TRUNK if first.startswith(code)]
        ways = [[length for length in way if length] for way in (self.lengths, *joined)]
        if self.near_section:
            ways = [way for way in ways if way and max(way) not in _SECTION_LENGTHS]
        return any(max(way) == 1 or min(way) >= 2 for way in ways if way)

    @property
    def is_grouped_somehow(self) -> bool:
        """Tell a number whose groups are even, or long but for the first, from small numbers side by side."""
        lengths = self.lengths
        return len(set(lengths)) == 1 or (lengths[0] >= 2 and min(lengths[1:]) >= 3) or max(lengths) >= 6

    @property
    def is_long(self) -> bool:
        """Tell a long number in groups of four and more, and single digits that do not count up."""
        if self.is_sum_or_year:
            return False
        if set(self.lengths) == {1}:
            steps = {int(second) - int(first) for first, second in itertools.pairwise(self.groups)}
            return len(self.groups) >= 9 and steps != {1}
        return len(self.groups) >= 3 and len(self.digits) >= 12 and min(self.lengths[1:]) >= 4


@dataclass(frozen=True)
class Run:
    """All neighbouring groups, and what stands before and behind them in the same sentence, without digits.

    `near_section` tells that penal sections are spoken of shortly before or behind.
    """

    groups: tuple[str, ...]
    plus: bool
    before: str
    behind: str
    near_section: bool

    @property
    def is_list(self) -> bool:
        """Tell a list of penal sections."""
        return self.near_section and max(map(len, self.groups)) in _SECTION_LENGTHS

    def is_money(self, place: int) -> bool:
        """Tell a group with a word for money right before or behind it."""
        money, last = word_pattern("rupees"), len(self.groups) - 1
        before = place == 0 and money.search(self.before[-8:])
        return bool(before or (place == last and money.match(self.behind.lstrip(" ."))))

    def list_numbers(self, most: int = LONGEST) -> Iterator[Number]:
        """List every way to take neighbouring groups as one number, and longer single groups."""
        for start in range(len(self.groups)):
            length = 0
            for end in range(start, min(start + most, len(self.groups))):
                length += len(self.groups[end])
                if length >= FEWEST:
                    yield Number(
                        self.groups[start : end + 1], start, self.plus and start == 0, self.near_section
                    )
                if length >= most:
                    break


def count_groups(text: str) -> int:
    """Return how many groups of digits a text has."""
    return len(_GROUP.findall(text))


def find_runs(text: str) -> Iterator[Run]:
    """List the runs of a text that have seven digits or more."""
    last = 0
    for found in _RUN.finditer(text):
        groups = tuple(_GROUP.findall(found[0]))
        if sum(map(len, groups)) >= FEWEST:
            before = take_before(text, found.start(), BEFORE, since=last)
            behind = take_behind(text, found.end(), BEHIND)
            said = take_before(text, found.start(), BEFORE)
            section = any(word_pattern("section").search(words) for words in (said, behind))
            yield Run(groups, found[0][0] == "+", before, behind, section)
        last = found.end()
