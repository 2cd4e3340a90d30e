"""Mistakes that people really make, put into some rows; what they give away is made up like all the rest.

The phone numbers are the well-known fillers, the Aadhaar-shaped numbers begin with 9999 0000 and only have a
right check digit, the case numbers count up.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from stdnum import verhoeff

from pipeline.example.chance import Numbers
from pipeline.example.habits import LANGUAGES, native_digits
from pipeline.example.narratives import load_slips
from pipeline.example.spelling import choose_words
from pipeline.example.world import MISTAKES, World

_PHONES = ("98765 43210", "+91 98765 43210", "9123456789")
_NO_SUCH_CODE = (("duty_bearer", "OFFICE_X"), ("service", "HELP_X"), ("incident_kinds", "RUDENESS_X"))
_MISSING = ("state", "duty_bearer", "service", "incident_kinds", "recorded_on", "incident_date")
_FORMULA = "=cmd|' /C calc'!A0"


def make_mistakes(
    world: World, told: pl.DataFrame, written: pl.DataFrame, languages: Numbers
) -> pl.DataFrame:
    """Return `written` with the mistake of each telling in it; `told` and `languages` have the same rows."""
    turn = pl.col("turn")
    frame = written.with_columns(
        turn=told["telling"].cast(pl.Int64),
        mistake=choose_words(MISTAKES, told["mistake"].to_numpy()),
        slip=_write_slips(told, languages),
        elsewhere=_name_districts_elsewhere(world, told),
        happened=told["happened"],
        recorded=told["recorded"],
    )
    for place, (field, code) in enumerate(_NO_SUCH_CODE):
        frame = _change(frame, "unknown_code", {field: pl.lit(code)}, turn % len(_NO_SUCH_CODE) == place)
    for place, field in enumerate(_MISSING):
        frame = _change(
            frame, "cell_missing", {field: pl.lit(None, pl.String)}, turn % len(_MISSING) == place
        )
    for mistake, cells in _CHANGES.items():
        frame = _change(frame, mistake, cells)
    return frame.select(written.columns)


def _change(
    frame: pl.DataFrame, mistake: str, cells: Mapping[str, pl.Expr], where: pl.Expr | None = None
) -> pl.DataFrame:
    made = pl.col("mistake") == mistake
    made = made if where is None else made & where
    return frame.with_columns(
        pl.when(made).then(cell).otherwise(field).alias(field) for field, cell in cells.items()
    )


def _day(column: str, pattern: str, *, later: int = 0) -> pl.Expr:
    return pl.from_epoch(pl.col(column) + later, time_unit="d").dt.to_string(pattern)


_SLIP = {"narrative": pl.concat_str("narrative", "slip", separator=" ", ignore_nulls=True)}

_CHANGES: dict[str, dict[str, pl.Expr]] = {
    "district_elsewhere": {"district": pl.col("elsewhere")},
    "date_format": {
        "incident_date": pl.when(pl.col("turn") % 2 == 0)
        .then(_day("happened", "%d/%m/%Y"))
        .otherwise(_day("happened", "%d-%b-%y"))
    },
    "after_recording": {"incident_date": _day("recorded", "%Y-%m-%d", later=3)},
    "no_consent": {"consent_statistics": pl.lit("no")},
    "phone": _SLIP,
    "aadhaar": _SLIP,
    "case_number": _SLIP,
    "formula": {"office": pl.lit(_FORMULA)},
    "child_without_guardian": {
        "survivor_age_band": pl.lit("under_18"),
        "guardian_consent": pl.when(pl.col("turn") % 2 == 0).then(pl.lit("no")),
    },
}


def _write_slips(told: pl.DataFrame, languages: Numbers) -> pl.Series:
    """Return a sentence that gives a number away where that is the mistake, null for all other tellings."""
    sentences = load_slips()
    slips: list[str | None] = [None] * told.height
    mistakes, turns = told["mistake"].to_numpy(), told["telling"].to_numpy()
    for mistake, numbers in (
        ("phone", _PHONES),
        ("aadhaar", _aadhaar_shapes()),
        ("case_number", _case_numbers()),
    ):
        for row in np.flatnonzero(mistakes == MISTAKES.index(mistake)).tolist():
            value = numbers[turns[row] % len(numbers)]
            if turns[row] % 2:
                value = _in_digits_of(LANGUAGES[languages[row]], value)
            slips[row] = sentences[mistake][languages[row]].replace("{value}", value)
    return pl.Series(slips, dtype=pl.String)


def _in_digits_of(language: str, text: str) -> str:
    digits = native_digits(language)
    return "".join(digits.get(character, character) for character in text)


def _aadhaar_shapes() -> tuple[str, ...]:
    bodies = [f"99990000{number:03}" for number in range(1, 40)]
    whole = [body + verhoeff.calc_check_digit(body) for body in bodies]
    return tuple(f"{number[:4]} {number[4:8]} {number[8:]}" for number in whole)


def _case_numbers() -> tuple[str, ...]:
    return tuple(f"{number}/2026" for number in range(101, 140))


def _name_districts_elsewhere(world: World, told: pl.DataFrame) -> pl.Series:
    places = world.places
    candidates = places.known_once
    chance = world.chance.branch("elsewhere", told.height)
    picked = candidates[chance.below(len(candidates), told.height)]
    state = places.state_of[told["district"].to_numpy()]
    for _ in range(3):
        again = candidates[chance.below(len(candidates), told.height)]
        picked = np.where(places.state_of[picked] == state, again, picked)
    return places.district_spellings.write(chance, picked, 0.0)
