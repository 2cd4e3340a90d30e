"""Folding does to a column what Unicode says of each sign, and masks what leads to nobody and no more."""

import itertools
import sys
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.screening.folding import fold, lay_bare, lower, mask_public

MARKS = {"·": ".", "•": ".", "−": "-", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n"}
INDIC = "".join(chr(code) for code in range(0x900, 0xD80))
SIGNS = st.one_of(
    st.sampled_from(INDIC), st.characters(codec="utf-8"), st.sampled_from("०৭୯௩౮９⓪①𝟗\u200b\u200d\u20e3‑–")
)


def fold_slowly(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    gone = {"\u034f", "\u20e3", *map(chr, range(0xFE00, 0xFE10))}
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf" and sign not in gone)
    return "".join(fold_sign(sign) for sign in plain)


def fold_sign(sign: str) -> str:
    if sign in MARKS:
        return MARKS[sign]
    if ord(sign) > 127 and unicodedata.category(sign) == "Pd":
        return "-"
    digit = unicodedata.digit(sign, None)
    return sign if digit is None else str(digit)


@given(st.lists(st.text(SIGNS, max_size=12), min_size=1, max_size=20))
def test_a_column_is_folded_as_each_of_its_texts(texts: list[str]) -> None:
    assert fold(pl.Series(texts, dtype=pl.String)).to_list() == [fold_slowly(text) for text in texts]


def test_every_sign_of_every_indic_script_is_folded_as_unicode_says() -> None:
    known = [sign for sign in INDIC if unicodedata.category(sign) != "Cn"]
    joining = [sign for sign in known if unicodedata.combining(sign)] + list("াৗାୖୗாௗೂೕೖാൗେেெே")
    texts = [*known, *map("".join, itertools.product(known, joining))]
    texts += map("".join, itertools.product(joining, repeat=3))
    folded = fold(pl.Series(texts)).to_list()
    assert [text for text, plain in zip(texts, folded, strict=True) if plain != fold_slowly(text)] == []


def test_all_decimal_digits_of_unicode_become_ascii() -> None:
    digits = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Nd"]
    assert fold(pl.Series(digits)).to_list() == [str(unicodedata.digit(sign)) for sign in digits]


def test_a_column_is_not_changed_by_folding_or_masking_it() -> None:
    texts = pl.Series(["नंबर ९८", "plain", "3.10.2026", "ABC"])
    before = texts.to_list()
    for change in (fold, mask_public, lay_bare, lower):
        change(texts)
        assert texts.to_list() == before


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("on 3.10.2026", "on ¤"),
        ("1.10.2026 3.10.2026", "¤ ¤"),
        ("3/10/2026-5/10/2026,", "¤,"),
        ("2026-10-03.", "¤."),
        ("03102026 came", "¤ came"),
        ("call 1800-11-2345", "call ¤"),
        ("call 1800 345 5555.", "call ¤."),
        ("7827-170-170", "¤"),
        ("token 3f2a9876543210bc", "token ¤"),
        ("70-12-11-22-10", "70-12-11-22-10"),
        ("1800 9876543210", "1800 9876543210"),
        ("9876543210987654", "9876543210987654"),
        ("45/10/2026", "45/10/2026"),
        ("7827170171", "7827170171"),
    ],
)
def test_dates_and_public_numbers_are_masked_and_nothing_else(text: str, masked: str) -> None:
    assert mask_public(pl.Series([text])).to_list() == [masked]
