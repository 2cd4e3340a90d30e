"""The made-up corpus: narratives that lead to nobody, and narratives that carry one identifier each.

Same seed, half and size: same corpus. One narrative is up to five sentences of one language.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from bench.screening.fillers import fill
from bench.screening.identifiers import (
    make_email,
    make_identifier,
    make_nickname,
    make_page,
    make_place,
    make_serial,
    make_upi,
)
from bench.screening.wording import (
    CLEAN,
    LANGUAGES,
    Sentence,
    has_native_digits,
    list_kinds,
    load_sentences,
    to_native,
)
from bench.screening.writing import (
    ADDRESS_WAYS,
    Hand,
    list_ways,
    spell_digits,
    write_address,
    write_identifier,
)

PLAIN = "plain"
_SLOT = re.compile(r"\{(\w+)\}")
_SERIALS = {"n": False, "y": True}
_PLAIN_SHARE = 0.4


@dataclass(frozen=True)
class _Written:
    """What stands for an identifier, in which digits, in which way."""

    text: str
    digits: str
    way: str


def make_corpus(half: str, *, seed: int, clean: int, each: int) -> pl.DataFrame:
    """Return `clean` clean narratives of every language and `each` of every language and kind of identifier.

    Columns: text, language, kind (`clean` or of `list_kinds()`), digits (ascii, native, other), way.
    """
    rows = []
    for language in LANGUAGES:
        chance = random.Random(f"{half}|{seed}|{language}")  # noqa: S311 (made-up text, no secret)
        sentences = [one for one in load_sentences() if (one.half, one.language) == (half, language)]
        harmless = [one for one in sentences if one.kind == CLEAN]
        rows += [_compose_clean(harmless, _new_hand(chance, language)) for _ in range(clean)]
        for kind in list_kinds():
            carrying = [one for one in sentences if one.kind == kind]
            rows += [
                _compose_carrying(chance.choice(carrying), harmless, _new_hand(chance, language))
                for _ in range(each)
            ]
    return pl.DataFrame(rows, schema=["text", "language", "kind", "digits", "way"], orient="row")


def _new_hand(chance: random.Random, language: str) -> Hand:
    return Hand(chance, language, has_native_digits(language) and chance.random() < 0.5)


def _compose_clean(harmless: Sequence[Sentence], hand: Hand) -> tuple[str, ...]:
    said = [_fill_clean(hand.chance.choice(harmless), hand) for _ in range(hand.chance.randint(1, 5))]
    return _join(said, hand), hand.language, CLEAN, "native" if hand.native else "ascii", PLAIN


def _compose_carrying(sentence: Sentence, harmless: Sequence[Sentence], hand: Hand) -> tuple[str, ...]:
    written = _write_slot(sentence, hand)
    said = _SLOT.sub(lambda _: written.text, sentence.text)
    if written.way == "glued" and hand.language != "en":
        said = said.replace(f" {written.text}", written.text).replace(f"{written.text} ", written.text)
    before, after = (
        [_fill_clean(hand.chance.choice(harmless), hand) for _ in range(hand.chance.randint(0, 2))]
        for _ in "ab"
    )
    return _join([*before, said, *after], hand), hand.language, sentence.kind, written.digits, written.way


def _join(said: Sequence[str], hand: Hand) -> str:
    return hand.chance.choice((" ", " ", " ", "\n")).join(said)


def _fill_clean(sentence: Sentence, hand: Hand) -> str:
    return _SLOT.sub(lambda slot: _fill_slot(slot[1], hand), sentence.text)


def _fill_slot(slot: str, hand: Hand) -> str:
    filled = fill(slot, hand.chance, hand.language)
    return filled if slot in ("report", "token") else hand.digits(filled)


def _write_slot(sentence: Sentence, hand: Hand) -> _Written:
    found = _SLOT.search(sentence.text)
    assert found is not None
    slot = sentence.kind if found[1] == "x" else found[1]
    if slot in ("email", "upi"):
        return _write_address_slot(slot, hand)
    if slot == "spoken":
        text = spell_digits("".join(make_identifier("mobile", hand.chance)), hand)
        return _Written(text, "other", "words")
    if slot in ("profile", "handle", "gps", *_SERIALS):
        return _write_text_slot(slot, hand)
    return _write_number_slot(slot, hand)


def _write_number_slot(slot: str, hand: Hand) -> _Written:
    ways = list_ways(slot)
    way = PLAIN if hand.chance.random() < _PLAIN_SHARE else hand.chance.choice(ways)
    text = write_identifier(make_identifier(slot, hand.chance), slot, way, hand)
    return _Written(text, _name_digits(way, hand), way)


def _write_address_slot(slot: str, hand: Hand) -> _Written:
    before, after = (make_email if slot == "email" else make_upi)(hand.chance)
    way = PLAIN if hand.chance.random() < _PLAIN_SHARE else hand.chance.choice(ADDRESS_WAYS)
    if slot == "upi" and way in ("words", "bracketed"):
        way = PLAIN
    return _Written(write_address(before, after, way, hand), "ascii", way)


def _write_text_slot(slot: str, hand: Hand) -> _Written:
    chance = hand.chance
    if slot in _SERIALS:
        text = make_serial(chance, dated=_SERIALS[slot])
        way = (
            PLAIN if chance.random() < _PLAIN_SHARE else chance.choice((PLAIN, "mixed", "invisible", "glued"))
        )
        if way == "mixed":
            language = "hi" if hand.language == "en" else hand.language
            text = "".join(to_native(sign, language) if chance.random() < 0.5 else sign for sign in text)
        elif way == "invisible":
            text = "\u200b".join(text)
        return _Written(hand.digits(text), _name_digits(way, hand), way)
    if slot == "gps":
        place = make_place(chance)
        if "http" in place:
            return _Written(place, "ascii", PLAIN)
        return _Written(hand.digits(place), _name_digits(PLAIN, hand), PLAIN)
    text = make_page(chance) if slot == "profile" else f"@{make_nickname(chance)}"
    return _Written(text, "ascii", PLAIN)


def _name_digits(way: str, hand: Hand) -> str:
    if way in ("wide", "mixed", "fancy"):
        return "other"
    return "native" if hand.native else "ascii"
