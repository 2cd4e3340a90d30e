"""Ways in which people write an identifier: grouped, glued, broken, in their own digits, in words, disguised.

A way takes the groups of an identifier and returns what is written; `Hand` says in which language and digits.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.screening.identifiers import Groups
from bench.screening.wording import pick_word, to_native

NUMBERS = frozenset(
    (
        "mobile",
        "landline",
        "aadhaar",
        "vid",
        "ration",
        "jan",
        "samagra",
        "abha",
        "eshram",
        "account",
        "card",
        "imei",
    )
)
"""Identifiers of digits alone; the others have letters, or are words."""

_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u200e")
_RARE_MARKS = (".", "·", "_", "  ", " - ", "–", "*", "\u00a0", " . ", "‑")
_CUTS = {
    10: ((3, 3, 4), (4, 3, 3), (2, 4, 4), (4, 6), (3, 7), (10,), (2, 2, 2, 2, 2)),
    12: ((12,), (6, 6), (3, 3, 3, 3)),
}
_WIDE = {ord(digit): 0xFF10 + int(digit) for digit in "0123456789"}
_BOLD = {ord(digit): 0x1D7CE + int(digit) for digit in "0123456789"}
_ROUND = {ord(digit): ("⓪" if digit == "0" else chr(0x2460 + int(digit) - 1)) for digit in "0123456789"}
_KEYS = {ord(digit): f"{digit}\ufe0f\u20e3" for digit in "0123456789"}


@dataclass(frozen=True)
class Hand:
    """Who writes: chance, language, and whether in the digits of the language."""

    chance: random.Random
    language: str
    native: bool

    def digits(self, text: str) -> str:
        """Write ASCII digits in the digits of this hand."""
        return to_native(text, self.language) if self.native else text


def list_ways(slot: str) -> tuple[str, ...]:
    """Return the ways in which identifiers of a slot are written; the first is the plain one."""
    if slot == "mobile":
        return (*_WAYS_OF_NUMBERS, "slashed", "linked", "letters for digits")
    if slot in NUMBERS:
        return _WAYS_OF_NUMBERS
    return _WAYS_OF_CODES


def write_identifier(groups: Groups, slot: str, way: str, hand: Hand) -> str:
    """Write an identifier in one of its ways. A way "glued" is written plainly: it is the sentence that sticks."""
    if slot == "mobile" and way not in (
        "regrouped",
        "apart",
        "slashed",
        "linked",
        "letters for digits",
        "brackets",
    ):
        code = hand.chance.choice(("", "", "", "", "0", "+91 ", "+91-", "91", "0091 ", "+91", "(+91) "))
        groups = (code + groups[0], *groups[1:])
    return _WAYS[way](groups, hand)


def spell_digits(digits: str, hand: Hand) -> str:
    """Write digits as words, now and then with "double" and "triple", or half of them as digits."""
    chance = hand.chance
    sets = ("", "e", "r") if hand.language != "en" else ("",)
    chosen = chance.choice(sets)
    words, place, doubles = [], 0, chance.random() < 0.4
    half = chance.choice((0, 0, 0, 5))
    while place < len(digits):
        run = 1
        while doubles and run < 3 and digits[place : place + run + 1] == digits[place] * (run + 1):
            run += 1
        if place < half and run == 1:
            words.append(hand.digits(digits[place]))
        else:
            word = pick_word(chance, chosen + digits[place], hand.language)
            words.append(
                f"{pick_word(chance, ('double', 'triple')[run - 2], hand.language)} {word}"
                if run > 1
                else word
            )
        place += run
    return chance.choice((" ", " ", ", ", "-")).join(words)


def write_address(before: str, after: str, way: str, hand: Hand) -> str:
    """Write an address with an @."""
    dotted = after.replace(".", f" {pick_word(hand.chance, 'dot', hand.language)} ")
    bracket = hand.chance.choice(("[{}]", "({})", " [{}] ", " ({}) ", "{{{}}}"))
    dot = bracket.format(hand.chance.choice(("dot", ".")))
    written = {
        "plain": f"{before}@{after}",
        "capitals": f"{before}@{after}".upper(),
        "spaced": hand.chance.choice((f"{before} @ {after}", f"{before} @{after}", f"{before}@ {after}")),
        "bracketed": before + bracket.format("at") + after.replace(".", dot),
        "words": f"{before} {pick_word(hand.chance, 'at', hand.language)} {dotted}",
        "wide sign": f"{before}＠{after}",
        "invisible": f"{before}\u200b@\u200b{after}",
    }
    return written[way]


def _plain(groups: Groups, hand: Hand) -> str:
    return hand.digits(hand.chance.choice((" ", "-", "", "")).join(groups))


def _dots(groups: Groups, hand: Hand) -> str:
    return hand.digits(hand.chance.choice(_RARE_MARKS).join(groups))


def _regrouped(groups: Groups, hand: Hand) -> str:
    text = "".join(groups).replace(" ", "")
    cuts = _CUTS.get(len(text))
    if not cuts:
        return _plain(groups, hand)
    parts, place = [], 0
    for length in hand.chance.choice(cuts):
        parts.append(text[place : place + length])
        place += length
    return hand.digits(hand.chance.choice((" ", "-", ".")).join(parts))


def _apart(groups: Groups, hand: Hand) -> str:
    return hand.digits(
        hand.chance.choice((" ", "-", ".", " - ", "  ")).join("".join(groups).replace(" ", ""))
    )


def _brackets(groups: Groups, hand: Hand) -> str:
    first, *rest = groups
    return (
        hand.digits(f"({first}) " + hand.chance.choice((" ", "-")).join(rest))
        if rest
        else f"({hand.digits(first)})"
    )


def _broken(groups: Groups, hand: Hand) -> str:
    text = "".join(groups)
    place = hand.chance.randint(2, len(text) - 2) if len(groups) == 1 else len(groups[0])
    return hand.digits(text[:place] + hand.chance.choice(("\n", "\r\n", " \n", "-\n")) + text[place:])


def _invisible(groups: Groups, hand: Hand) -> str:
    text = hand.chance.choice((" ", "")).join(groups)
    signs = [sign + (hand.chance.choice(_INVISIBLE) if hand.chance.random() < 0.3 else "") for sign in text]
    signs.insert(len(signs) // 2, "\u200b")
    return hand.digits("".join(signs))


def _wide(groups: Groups, hand: Hand) -> str:
    return hand.chance.choice((" ", "", "-")).join(groups).translate(_WIDE)


def _mixed(groups: Groups, hand: Hand) -> str:
    text = hand.chance.choice((" ", "", "-")).join(groups)
    language = "hi" if hand.language == "en" else hand.language
    return "".join(to_native(sign, language) if hand.chance.random() < 0.5 else sign for sign in text)


def _fancy(groups: Groups, hand: Hand) -> str:
    return hand.chance.choice((" ", "")).join(groups).translate(hand.chance.choice((_BOLD, _ROUND, _KEYS)))


def _slashed(groups: Groups, hand: Hand) -> str:
    return hand.digits(hand.chance.choice(("/", ",", ", ", " / ", ":")).join(groups))


def _linked(groups: Groups, hand: Hand) -> str:
    return hand.digits(f" {pick_word(hand.chance, 'then', hand.language)} ".join(groups))


def _letters_for_digits(groups: Groups, hand: Hand) -> str:
    text = hand.chance.choice(("", "", " ")).join(groups)
    wanted = {"0": hand.chance.choice("Oo"), "1": hand.chance.choice("lI")}
    return "".join(wanted.get(sign, sign) for sign in text)


def _lower(groups: Groups, hand: Hand) -> str:
    return hand.digits("".join(groups).lower())


def _spaced(groups: Groups, hand: Hand) -> str:
    return hand.digits(hand.chance.choice((" ", "-", " - ", ".")).join(groups))


def _letters_by_name(groups: Groups, hand: Hand) -> str:
    if hand.language == "en":
        return _spaced(groups, hand)
    joint = hand.chance.choice(("", "", " ", "."))
    written = [
        joint.join(pick_word(hand.chance, letter, hand.language) for letter in group)
        if group.isalpha()
        else group
        for group in groups
    ]
    return hand.digits(" ".join(written))


_WAYS_OF_NUMBERS = (
    "plain", "dots", "regrouped", "apart", "brackets", "broken", "invisible", "wide", "mixed", "fancy", "glued",
)  # fmt: skip
_WAYS_OF_CODES = ("plain", "lower case", "spaced", "invisible", "wide", "mixed", "glued", "letters by name")
ADDRESS_WAYS = ("plain", "capitals", "spaced", "bracketed", "words", "wide sign", "invisible")

_WAYS: Mapping[str, Callable[[Groups, Hand], str]] = {
    "plain": _plain,
    "glued": _plain,
    "dots": _dots,
    "regrouped": _regrouped,
    "apart": _apart,
    "brackets": _brackets,
    "broken": _broken,
    "invisible": _invisible,
    "wide": _wide,
    "mixed": _mixed,
    "fancy": _fancy,
    "slashed": _slashed,
    "linked": _linked,
    "letters for digits": _letters_for_digits,
    "lower case": _lower,
    "spaced": _spaced,
    "letters by name": _letters_by_name,
}
