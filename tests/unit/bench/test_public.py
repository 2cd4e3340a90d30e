"""Published sets go through the engine with weights of their own."""

from pathlib import Path

import polars as pl
import pytest

from bench.linkage import public
from bench.linkage.metrics import judge, measure
from pipeline.link.weights import load_weights

HEADINGS = (
    "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, "
    "soc_sec_id"
)
FEBRL = (
    "rec-1-org, meera, das, 12, lake road, , salem, 6360, nsw, 19700102, 5000001",
    "rec-1-dup-0, mera, das, 12, lake raod, , salem, 6360, nsw, 19700102, 5000001",
    "rec-2-org, john, roy, 7, hill street, , ooty, 2000, vic, 19801230, 7000002",
)


def test_febrl_copies_are_found_and_others_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "dataset.csv"
    file.write_text("\n".join([HEADINGS, *FEBRL]) + "\n", encoding="utf-8")
    assert f1_of(public.read_febrl(file), "febrl3-weights.json") == 1.0


def test_historical_errors_are_seen_through(tmp_path: Path) -> None:
    file = tmp_path / "people.parquet"
    pl.DataFrame(
        {
            "unique_id": ["Q1-1", "Q1-2", "Q2-1"],
            "cluster": ["Q1", "Q1", "Q2"],
            "first_name": ["Thomas", "tomas", "Ada"],
            "surname": ["Chudleigh", "Chudleigh", "King"],
            "dob": ["1630-08-01", "1630-08-01", "1815-12-10"],
            "birth_place": ["devon", None, "london"],
            "postcode_fake": ["tq13 8df", "tq13 8hu", "n1 1aa"],
            "gender": ["male", "male", "female"],
            "occupation": ["politician", None, "mathematician"],
        }
    ).write_parquet(file)
    assert f1_of(public.read_historical(file), "historical50k-weights.json") == 1.0


def f1_of(records: pl.DataFrame, weights: str) -> float | None:
    found = public.link_records(records, load_weights(Path(public.__file__).with_name(weights)))
    return measure(judge(public.describe(records), found))["f1"]


@pytest.mark.parametrize("one", public.SETS, ids=lambda one: one.name)
def test_a_set_that_is_not_there_is_said_to_be_missing(one: public.PublicSet) -> None:
    assert public.measure_set(one, None) == {"name": one.name, "best_seen": one.best_seen}
