"""The office as each writer names it: mostly in the same way, sometimes otherwise, with typing errors or bare."""

import polars as pl

from pipeline.example.chance import Chance, Numbers
from pipeline.example.offices import name_offices
from pipeline.example.world import Columns
from pipeline.worlds.ground import Ground
from pipeline.worlds.setting import Setting
from pipeline.worlds.writers import Writers

_NUMBER_AND_REST = r"\s*\p{N}+.*$"
_KEY = ["writer", "matter", "office", "district"]


def name_desks(
    chance: Chance, told: Columns, languages: Numbers, ground: Ground, writers: Writers, setting: Setting
) -> pl.Series:
    """Return the office of each telling in free text, null where it is not named."""
    count = len(languages)
    frame = pl.DataFrame({name: told[name] for name in ("writer", "matter", "office")}).with_columns(
        district=pl.Series(ground.areas[told["area"]]), language=pl.Series(languages)
    )
    usual = _name_as_usual(chance.branch("usual"), frame, ground)
    fresh = name_offices(chance.branch("fresh"), frame, languages, ground.places, named=1.0)
    missing = chance.branch("missing").happens(setting.office_missing, count)
    missing |= writers.have("writes_no_office", told["writer"])
    flags = pl.DataFrame(
        {
            "missing": missing,
            "respelled": chance.branch("respelled").happens(setting.office_respelled, count),
            "bare": chance.branch("bare").happens(setting.office_bare, count),
            "typo": chance.branch("typo").happens(setting.office_typo, count),
            "place": chance.branch("place").fractions(count),
        }
    )
    named = flags.with_columns(office=pl.when("respelled").then(fresh).otherwise(usual))
    bare = pl.when("bare").then(pl.col("office").str.replace(_NUMBER_AND_REST, "")).otherwise("office")
    written = drop_letter(named.with_columns(office=bare), "office")
    return written.select(office=pl.when(~pl.col("missing")).then("office"))["office"]


def _name_as_usual(chance: Chance, frame: pl.DataFrame, ground: Ground) -> pl.Series:
    """Return each office as its writer wrote it the first time."""
    known = frame.unique(_KEY, keep="first", maintain_order=True)
    usual = name_offices(chance, known, known["language"].to_numpy(), ground.places, named=1.0)
    return frame.join(known.with_columns(usual=usual), on=_KEY, how="left", maintain_order="left")["usual"]


def drop_letter(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Leave out one character of column `name` where `typo`, at `place` (0 to 1) of its length."""
    at = (pl.col(name).str.len_chars() * pl.col("place")).cast(pl.Int64)
    dropped = (pl.col(name).str.slice(0, at) + pl.col(name).str.slice(at + 1)).str.strip_chars()
    return frame.with_columns(pl.when("typo").then(dropped).otherwise(name).alias(name))
