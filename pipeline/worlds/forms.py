"""The tellings as rows of reports: typed and coded, as they are after validation."""

import hashlib

import numpy as np
import polars as pl

from pipeline.contract import Contract
from pipeline.example.chance import Numbers
from pipeline.example.habits import load_answers, load_duty_bearers, load_kinds
from pipeline.example.spelling import choose_words
from pipeline.example.world import NOTHING, Columns
from pipeline.settings import next_month
from pipeline.worlds.days import last_of_month, split_days
from pipeline.worlds.ground import Ground
from pipeline.worlds.people import OF_PERSON
from pipeline.worlds.writers import Writers

WORLD_REPORTS_SCHEMA = pl.Schema(
    {
        "report": pl.String,
        "collective": pl.String,
        "report_id": pl.String,
        "return_id": pl.String,
        "row": pl.Int64,
        "month": pl.String,
        "recorded_on": pl.Date,
        "incident_first": pl.Date,
        "incident_last": pl.Date,
        "state": pl.String,
        "district": pl.String,
        "duty_bearer": pl.String,
        "service": pl.String,
        "incident_kinds": pl.String,
        "office": pl.String,
        "grounds": pl.String,
        "survivor_gender": pl.String,
        "survivor_age_band": pl.String,
        "trafficking_form": pl.String,
        "first_approached_on": pl.Date,
        "visits": pl.Int64,
        "times_recounted": pl.Int64,
        "amount_demanded": pl.Int64,
        "resolution": pl.String,
        "resolved_on": pl.Date,
        "escalated_to": pl.String,
        "evidence": pl.String,
        "offence_before_july_2024": pl.String,
        "recorder": pl.String,
        "case_token": pl.String,
        "narrative": pl.String,
    }
)
"""Columns of a world's reports: one row a telling, null where the form is blank. `report` names a report over all
collectives; codes of a field with several are sorted and joined by `;`."""

_FIRST_ROW = 2


def fill_forms(
    said: Columns,
    texts: dict[str, pl.Series],
    ground: Ground,
    writers: Writers,
    contract: Contract,
) -> pl.DataFrame:
    """Return WORLD_REPORTS_SCHEMA for tellings that stand in the order of the returns.

    `texts` holds the columns office, case_token and narrative.
    """
    columns = _name_rows(said, ground) | _place(said, ground, contract) | _answer(said) | _date(said) | texts
    columns["recorder"] = _sign(said["writer"], ground, writers)
    for name, field in (
        ("visits", "visits"),
        ("recounted", "times_recounted"),
        ("amount", "amount_demanded"),
    ):
        columns[field] = _known(said[name])
    return pl.DataFrame(columns).select(
        pl.col(name).cast(kind) for name, kind in WORLD_REPORTS_SCHEMA.items()
    )


def _name_rows(said: Columns, ground: Ground) -> dict[str, pl.Series]:
    """Return who sent each row, under which id, in which return and line; line 1 holds the headings."""
    collectives = [habit.collective for habit in ground.habits]
    months = list_months(ground)
    place = said["collective"] * len(months) + said["month"] + 1
    rows = np.arange(len(place), dtype=np.int64)
    begins = np.full(len(collectives) * len(months), len(place), dtype=np.int64)
    np.minimum.at(begins, place, rows)
    row = rows - begins[place]
    collective = choose_words(collectives, said["collective"])
    month = choose_words(months, said["month"] + 1)
    frame = pl.DataFrame({"collective": collective, "month": month, "row": row})
    ids = frame.select(
        report_id=pl.concat_str(
            pl.lit("MW-"),
            pl.col("month").str.slice(2).str.replace("-", ""),
            pl.lit("-"),
            (pl.col("row") + 1).cast(pl.String).str.zfill(6),
        )
    )["report_id"]
    returns = [_shorten(f"made up/{name}/{key}", 64) for name in collectives for key in months]
    named = [_shorten(f"{name}/{report}", 20) for name, report in zip(collective, ids, strict=True)]
    return {
        "report": pl.Series(named, dtype=pl.String),
        "collective": collective,
        "report_id": ids,
        "return_id": choose_words(returns, place),
        "row": pl.Series(row + _FIRST_ROW),
        "month": month,
    }


def list_months(ground: Ground) -> list[str]:
    """Return the months of the returns: the one before, the month of the world, and the next."""
    key = ground.month.key
    year, month = int(key[:4]), int(key[5:])
    before = f"{year}-{month - 1:02}" if month > 1 else f"{year - 1}-12"
    return [before, key, next_month(key)]


def _shorten(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _place(said: Columns, ground: Ground, contract: Contract) -> dict[str, pl.Series]:
    places, district = ground.places, ground.areas[said["area"]]
    told = np.where(said["district_told"], district, NOTHING)
    return {
        "state": choose_words(places.states, places.state_of[district]),
        "district": choose_words(places.districts, told),
        "duty_bearer": choose_words(load_duty_bearers(), said["bearer"]),
        "service": choose_words(list(contract.codes_of("service").codes), said["service"]),
    }


def _answer(said: Columns) -> dict[str, pl.Series]:
    answers = load_answers()
    single = ("resolution", "escalated_to", "evidence", *OF_PERSON)
    cells = {field: choose_words(answers[field].codes, said[field]) for field in single}
    kinds = np.stack([said[name] for name in ("kind_1", "kind_2", "kind_3")])
    grounds = np.stack([said[name] for name in ("ground_1", "ground_2")])
    return cells | {
        "incident_kinds": _join((*load_kinds(), "OTHER"), kinds),
        "grounds": _join(answers["grounds"].codes, grounds),
    }


def _join(codes: tuple[str, ...], numbers: Numbers) -> pl.Series:
    """Return the codes of each column of `numbers`, sorted, each once, joined by `;`."""
    alphabet = sorted(codes)
    rank = np.array([alphabet.index(code) if code else NOTHING for code in codes], dtype=np.int64)
    ranks = np.sort(np.where(numbers < 0, NOTHING, rank[np.maximum(numbers, 0)]), axis=0)
    ranks[1:] = np.where(ranks[1:] == ranks[:-1], NOTHING, ranks[1:])
    words = [choose_words(alphabet, row).alias(str(place)) for place, row in enumerate(ranks)]
    whole = pl.concat_str(pl.all(), separator=";", ignore_nulls=True)
    return pl.DataFrame(words).select(whole=pl.when(whole != "").then(whole))["whole"]


def _date(said: Columns) -> dict[str, pl.Series]:
    day, known, recorded = said["day"], said["day_known"] > 0, said["recorded"]
    first = np.where(known, day, split_days(day)[0])
    last = np.where(known, day, last_of_month(day))
    approached = np.where(
        said["approached"] < 0, NOTHING, np.minimum(said["approached"], np.minimum(last, recorded))
    )
    codes = load_answers()["resolution"].codes
    settled = np.isin(said["resolution"], [codes.index("resolved"), codes.index("partly")])
    resolved = np.where(settled, np.minimum(np.maximum(first, day + said["resolved"]), recorded), NOTHING)
    days = {
        "recorded_on": recorded,
        "incident_first": first,
        "incident_last": last,
        "first_approached_on": approached,
        "resolved_on": resolved,
    }
    return {name: _known(values).cast(pl.Int32).cast(pl.Date) for name, values in days.items()}


def _known(numbers: Numbers) -> pl.Series:
    return pl.DataFrame({"n": numbers}).select(pl.when(pl.col("n") >= 0).then("n"))["n"]


def _sign(writer: Numbers, ground: Ground, writers: Writers) -> pl.Series:
    number = writer - ground.first_writer[ground.collective_of(writer)] + 1
    frame = pl.DataFrame({"number": number, "blank": writers.have("leaves_recorder_blank", writer)})
    signed = pl.lit("R") + pl.col("number").cast(pl.String).str.zfill(2)
    return frame.select(recorder=pl.when(~pl.col("blank")).then(signed))["recorder"]
