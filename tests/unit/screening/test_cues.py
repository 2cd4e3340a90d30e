"""The words of `schemas/screening/cues.csv` are what the rules look for, in both engines."""

import csv
import unicodedata
from collections import Counter

import polars as pl
import pytest

from pipeline.contract import SCHEMAS
from pipeline.screening.cues import any_of, any_word, read_spellings, take_before, take_behind, word_pattern
from pipeline.screening.scan import holds_personal_data

with (SCHEMAS / "screening" / "cues.csv").open(encoding="utf-8", newline="") as lines:
    CUES = list(csv.DictReader(lines))
MEANINGS = sorted({cue["meaning"] for cue in CUES})
LANGUAGES = {"en", "hi", "bn", "or", "ta", "te"}
SPELLED = ("digit", "letter", "double", "triple")


def test_no_word_stands_twice_under_one_meaning() -> None:
    folded = Counter((cue["meaning"], unicodedata.normalize("NFKC", cue["spelling"])) for cue in CUES)
    assert [cue for cue, times in folded.items() if times > 1] == []
    assert {cue["language"] for cue in CUES} == LANGUAGES


@pytest.mark.parametrize(
    "meaning", ["case", "fir", "diary", "marker", "phone", "account", "card", "section", "unit"]
)
def test_what_announces_a_number_is_known_in_all_six_languages(meaning: str) -> None:
    assert {cue["language"] for cue in CUES if cue["meaning"] == meaning} == LANGUAGES


@pytest.mark.parametrize("meaning", MEANINGS)
def test_every_word_is_found_by_both_engines(meaning: str) -> None:
    words = read_spellings(meaning)
    texts = pl.Series([f"x {word} 12" for word in words])
    for pattern in (any_of(meaning), any_word(meaning), any_word(meaning, closed=True)):
        assert texts.str.contains(pattern).all()
    if not meaning.startswith(SPELLED):
        assert [word for word in words if not word_pattern(meaning).search(f"x {word} 12")] == []


def test_latin_words_stand_by_themselves_and_others_take_endings() -> None:
    assert not word_pattern("diary").search("gdansk")
    assert not word_pattern("phone").search("telling")
    assert word_pattern("phone").search("two phones")
    assert word_pattern("account").search("খাতায়")
    assert word_pattern("fir").search("எஃப்ஐஆரின்")
    assert not word_pattern("case").search("மருத்துவமனை")


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("They went. Phone ", "Phone "),
        ("no. 5 of the P.S. Case No. ", "no. 5 of the P.S. Case No. "),
        ("केस हुआ। फोन ", " फोन "),
        ("on ¤. Court ", "Court "),
    ],
)
def test_words_say_nothing_beyond_their_sentence(text: str, before: str) -> None:
    assert take_before(f"{text}12", len(text), 40) == before


def test_what_stands_behind_ends_with_the_sentence() -> None:
    assert take_behind("12 was the number. Phone", 2, 40) == " was the number"
    assert take_behind("9 1 2. Phone", 5, 40) == ""


def test_a_clean_sentence_before_makes_no_number_harmless() -> None:
    for sentence in (
        "They quoted sections of the IPC.",
        "We paid in rupees.",
        "This is order no. 12 of the court.",
    ):
        assert holds_personal_data(pl.Series([f"{sentence} 98 76 54 32 10", f"{sentence} 345/2023"])).all()
