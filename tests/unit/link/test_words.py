"""Six scripts are brought onto one, so that a name is the same name in each."""

import polars as pl
import pytest

from pipeline.link.texts import describe_narratives
from pipeline.link.words import office_nouns, romanize, skeleton, split_words


def fold(text: str) -> str | None:
    return pl.select(romanize(pl.lit(text))).item()


def bare(word: str) -> str:
    return str(pl.select(skeleton(romanize(pl.lit(word)))).item())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Model Thana No. 3", "model thana no 3"),
        ("থানা নং ৩", "thana nm 3"),
        ("Rs. 1,00,000/-", "rs 100000"),
        ("ﬁne  Café", "fine cafe"),
        ("বাঙ্ক", "bank"),
        ("  ...  ", None),
        ("", None),
        ("शक्ति‍सदन", "sktisdn"),
    ],
)
def test_text_is_folded_to_latin_letters_and_digits(text: str, folded: str | None) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    "spellings",
    [
        ("Basirhat", "বসিরহাট", "बसीरहाट"),
        ("Kotwali", "कोतवाली", "Kothwaali"),
        ("thana", "থানা", "थाना", "ଥାନା"),
        ("Model", "মডেল", "मॉडल", "மாடல்", "మోడల్"),
        ("Raxaul", "रक्सौल"),
    ],
)
def test_a_name_has_one_skeleton_in_every_script(spellings: tuple[str, ...]) -> None:
    assert len({bare(spelling) for spelling in spellings}) == 1


def test_different_names_keep_different_skeletons() -> None:
    names = ["Basirhat", "Bongaon", "Kotwali", "Sealdah", "Malda", "Guntur", "Sambalpur"]
    assert len({bare(name) for name in names}) == len(names)


def test_words_and_numbers_are_told_apart() -> None:
    told = pl.DataFrame({"month": ["2026-10"], "narrative": ["3 visits to ward 12, 3 hours, 1234567"]})
    frame = told.select(words=split_words(romanize(pl.col("narrative")))).hstack(
        describe_narratives(told).select("numbers")
    )
    assert frame["words"].to_list() == [["visits", "to", "ward", "hours"]]
    assert frame["numbers"].to_list() == [[3, 12]]


def test_kinds_of_offices_are_known_in_every_language() -> None:
    assert {"thana", "ps", "dlsa", "hospital", "asptal", "model"} <= office_nouns()
    assert "basirhat" not in office_nouns()
