"""Narratives: six scripts, names and numbers that survive retelling in another language, pasted texts."""

import dataclasses
import itertools
import re
import unicodedata
from collections import Counter

import numpy as np
import polars as pl
import pytest

from pipeline.example.chance import Chance
from pipeline.example.habits import LANGUAGES
from pipeline.worlds import KEPT, invent_world
from pipeline.worlds.names import write_names
from pipeline.worlds.narratives import write_numbers

SCRIPTS = {
    "en": "LATIN",
    "bn": "BENGALI",
    "hi": "DEVANAGARI",
    "or": "ORIYA",
    "ta": "TAMIL",
    "te": "TELUGU",
}
MERGED = str.maketrans({"ग": "क", "द": "त", "ब": "प", "व": "प", "स": "च"})
"""Letters that Tamil or Bengali does not tell apart."""


def skeleton(word):
    """Return the consonants of a word in an Indian script as Devanagari letters: the blocks are built alike."""
    offsets = [ord(sign) % 0x80 for sign in word if 0x900 <= ord(sign) < 0xC80]
    return "".join(chr(0x900 + offset) for offset in offsets if 0x15 <= offset <= 0x39).translate(MERGED)


def skeletons(text):
    return {found for word in re.split(r"[\s.,।;]+", text) if len(found := skeleton(word)) >= 3}


def numbers_in(text):
    return set(re.findall(r"\d+", "".join(str(unicodedata.decimal(sign, sign)) for sign in text)))


def write(language, count=300):
    names = np.arange(count, dtype=np.int64)
    return write_names(Chance("names"), names, np.full(count, LANGUAGES.index(language)))


@pytest.mark.parametrize("language", ["bn", "or", "ta", "te"])
def test_an_invented_name_has_the_same_sounds_in_every_script(language):
    assert [skeleton(name) for name in write(language)] == [skeleton(name) for name in write("hi")]
    assert all(unicodedata.name(name[0]).startswith(SCRIPTS[language]) for name in write(language))


def test_latin_spellings_of_a_name_vary():
    names = np.zeros(200, dtype=np.int64)
    written = write_names(Chance("latin"), names, np.full(200, LANGUAGES.index("en")))
    assert written.n_unique() > 2
    assert written.str.contains("^[A-Z][a-z]+$").all()


def test_no_name_is_written_where_there_is_none():
    assert write_names(Chance("none"), np.array([-1, 5]), np.array([0, 0])).is_null().to_list() == [
        True,
        False,
    ]


def test_numbers_are_written_in_the_digits_of_the_language_or_in_ascii():
    numbers, languages = np.array([12, 12, -1]), np.full(3, LANGUAGES.index("bn"))
    native = np.array([True, False, True])
    assert write_numbers(numbers, languages, native).to_list() == ["১২", "12", None]


def test_narratives_come_in_six_scripts_with_digits_of_both_kinds(messy):
    told = messy.truth.hstack(messy.reports.select("narrative")).drop_nulls("narrative")
    found = Counter()
    for language, text in told.select("language", "narrative").iter_rows():
        letter = next(sign for sign in text if sign.isalpha())
        found[language, unicodedata.name(letter).split()[0]] += 1
    # Latin names begin some sentences of no other language.
    assert {language for language, _ in found} == set(SCRIPTS)
    assert all(found[language, script] > 20 for language, script in SCRIPTS.items())
    assert told["narrative"].str.contains("[0-9]").any()
    assert told["narrative"].str.contains("[০-৯०-९]").any()


def test_no_narrative_holds_a_long_number(world):
    assert not world.reports["narrative"].str.contains(r"\p{N}{6}").any()


@pytest.fixture(scope="module")
def retold(contract):
    """Pairs of narratives of one incident in two Indian languages, and how many reports hold each word."""
    setting = dataclasses.replace(KEPT, referred=0.0, told_by_others=0.4, salient=0.7)
    world = invent_world(setting, reports=4000, seed=21, contract=contract)
    told = world.reports.hstack(world.truth.drop("report")).drop_nulls("narrative")
    held = Counter(word for text in told["narrative"] for word in skeletons(text))
    told = told.filter(pl.col("language") != "en").select("incident", "language", "narrative")
    pairs = told.join(told, on="incident", suffix="_other").filter(
        pl.col("language") < pl.col("language_other")
    )
    return pairs.select("narrative", "narrative_other").rows(), held


def share(pairs, have_in_common):
    return sum(bool(have_in_common(*pair)) for pair in pairs) / len(pairs)


def test_a_retelling_in_another_language_often_shares_a_rare_name(retold):
    pairs, held = retold
    unrelated = [(one, other) for (one, _), (_, other) in itertools.pairwise(pairs)]

    def rare(one, other):
        return [word for word in skeletons(one) & skeletons(other) if held[word] <= 8]

    assert len(pairs) > 30
    assert 0.2 < share(pairs, rare) < 1
    assert share(unrelated, rare) < 0.06


def test_a_retelling_in_another_language_often_shares_numbers(retold):
    pairs, _ = retold
    unrelated = [(one, other) for (one, _), (_, other) in itertools.pairwise(pairs)]

    def several(one, other):
        return len(numbers_in(one) & numbers_in(other)) >= 2

    assert 0.3 < share(pairs, several) < 1
    assert share(pairs, several) > 4 * share(unrelated, several)


def test_some_writers_paste_one_text_and_say_so_in_the_truth(messy):
    told = messy.reports.hstack(messy.truth.drop("report")).filter("pasted")
    assert told.height > 100
    texts = messy.reports["narrative"].drop_nulls()
    # A copy may be mistyped, so that it stands alone.
    assert told["narrative"].is_in(texts.filter(texts.is_duplicated()).implode()).mean() > 0.8


def test_offices_are_named_in_several_scripts_and_with_native_digits(messy):
    offices = messy.reports["office"].drop_nulls()
    assert all(offices.str.contains(word, literal=True).any() for word in ("PS", "Thana", "থানা", "थाना"))
    assert offices.str.contains("[০-৯०-९]").any()
    assert (~offices.str.contains(r"\p{N}")).mean() > 0.05
