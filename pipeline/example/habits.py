"""What the data files beside this module say: collectives' habits, what is asked where, weights."""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "bn", "hi", "or", "ta", "te")

_DIGITS = {"bn": "০১২৩৪৫৬৭৮৯", "hi": "०१२३४५६७८९", "or": "୦୧୨୩୪୫୬୭୮୯", "ta": "௦௧௨௩௪௫௬௭௮௯", "te": "౦౧౨౩౪౫౬౭౮౯"}


@dataclass(frozen=True)
class Habit:
    """How one collective files: its share of all rows and the form its returns take.

    `languages` maps a language to its weight. `label_share` is the share of coded cells in which the label or
    another spelling stands instead of the code. `digits` names the language whose digits some rows use.
    """

    collective: str
    state: str
    share: int
    format: str
    separator: str
    byte_order_mark: bool
    headings: str
    digits: str
    label_share: float
    languages: Mapping[str, int]
    late_return: bool
    sent_twice: bool


@dataclass(frozen=True)
class Matter:
    """One service asked of one duty-bearer, and the weights of the kinds of incident met there."""

    duty_bearer: str
    service: str
    age: str
    weight: int
    kinds: Mapping[str, int]


@dataclass(frozen=True)
class Answers:
    """The possible cells of one column, "" among them where it may be left blank, and their weights."""

    codes: tuple[str, ...]
    weights: tuple[float, ...]


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file beside this module."""
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@functools.cache
def load_habits() -> tuple[Habit, ...]:
    """Return the habits of the collectives in the order of their file."""
    return tuple(
        Habit(
            collective=row["collective"],
            state=row["state"],
            share=int(row["share"]),
            format=row["format"],
            separator={"comma": ",", "semicolon": ";", "tab": "\t"}.get(row["separator"], ","),
            byte_order_mark=row["byte_order_mark"] == "yes",
            headings=row["headings"],
            digits=row["digits"],
            label_share=float(row["label_share"]),
            languages=_read_weights(row["languages"]),
            late_return=row["late_return"] == "yes",
            sent_twice=row["sent_twice"] == "yes",
        )
        for row in read_rows("collectives.csv")
    )


@functools.cache
def load_matters() -> tuple[Matter, ...]:
    """Return what is asked where; the place in the tuple is the matter's number."""
    return tuple(
        Matter(
            row["duty_bearer"], row["service"], row["age"], int(row["weight"]), _read_weights(row["kinds"])
        )
        for row in read_rows("matters.csv")
    )


@functools.cache
def load_duty_bearers() -> tuple[str, ...]:
    """Return the codes of the duty-bearers met; the place in the tuple is the duty-bearer's number."""
    return tuple(row["duty_bearer"] for row in read_rows("offices.csv"))


@functools.cache
def load_kinds() -> tuple[str, ...]:
    """Return the codes of the kinds of incident met; the place in the tuple is the kind's number."""
    return tuple(sorted({kind for matter in load_matters() for kind in matter.kinds}))


@functools.cache
def load_answers() -> Mapping[str, Answers]:
    """Return the possible answers by field."""
    rows = read_rows("answers.csv")
    return {
        field: Answers(
            codes=tuple(row["code"] for row in rows if row["field"] == field),
            weights=tuple(float(row["weight"]) for row in rows if row["field"] == field),
        )
        for field in dict.fromkeys(row["field"] for row in rows)
    }


def native_digits(language: str) -> Mapping[str, str]:
    """Return the digits of a language by ASCII digit; ASCII digits where it has none of its own."""
    return dict(zip("0123456789", _DIGITS.get(language, "0123456789"), strict=True))


def _read_weights(text: str) -> dict[str, int]:
    return {name: int(weight) for name, weight in (part.split(":") for part in text.split())}
