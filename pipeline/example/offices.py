"""Invented names of offices, each in several ways and scripts: "Model Thana No. 3", "PS 3", "থানা নং ৩"."""

import numpy as np
import polars as pl

from pipeline.example.chance import Chance, Numbers
from pipeline.example.habits import (
    LANGUAGES,
    load_duty_bearers,
    load_matters,
    native_digits,
    read_rows,
)
from pipeline.example.places import Places
from pipeline.example.spelling import Spellings, number_spellings

_NAMED = 0.88
_IN_ENGLISH = 0.5
_WITH_DISTRICT = 0.25


def name_offices(
    chance: Chance, told: pl.DataFrame, languages: Numbers, places: Places, *, named: float = _NAMED
) -> pl.Series:
    """Return the office as this teller writes it, null for some tellings; `named` is the share of the others.

    Of `told` the columns matter, office and district are read.
    """
    count, bearers = told.height, load_duty_bearers()
    bearer_of = np.array([bearers.index(matter.duty_bearer) for matter in load_matters()], dtype=np.int64)
    written_in = np.where(chance.happens(_IN_ENGLISH, count), LANGUAGES.index("en"), languages)
    names = _load_names().write(chance, written_in * len(bearers) + bearer_of[told["matter"].to_numpy()], 1.0)
    number = told["office"].cast(pl.String)
    digits = np.where(chance.happens(0.5, count), LANGUAGES.index("en"), written_in)
    district = places.district_spellings.write(chance, told["district"].to_numpy(), 0.0)
    frame = pl.DataFrame(
        {"name": names, "number": number, "digits": digits, "district": district}
    ).with_columns(
        named=pl.Series(chance.happens(named, count)),
        ending=pl.when(pl.Series(chance.happens(_WITH_DISTRICT, count))).then(", " + pl.col("district")),
    )
    for place, language in enumerate(LANGUAGES):
        native = pl.col("number").str.replace_many(native_digits(language))
        frame = frame.with_columns(number=pl.when(digits=place).then(native).otherwise("number"))
    whole = pl.concat_str("name", "number", pl.col("ending").fill_null(""))
    return frame.select(office=pl.when("named").then(whole))["office"]


def _load_names() -> Spellings:
    """Return the names without their number, by language and then duty-bearer."""
    patterns = {row["language"]: row["patterns"].split(";") for row in read_rows("office_names.csv")}
    nouns = read_rows("offices.csv")
    return number_spellings(
        [
            [
                pattern.replace("{noun}", noun)
                for pattern in patterns[language]
                for noun in _nouns(row, language)
            ]
            for language in LANGUAGES
            for row in nouns
        ]
    )


def _nouns(row: dict[str, str], language: str) -> list[str]:
    return [row["en"], row["en_other"]] if language == "en" else [row[language]]
