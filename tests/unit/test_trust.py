"""Returns held against their collective's history and against themselves."""

import random
from datetime import date

import polars as pl
import pytest

from pipeline.contract import load_contract
from pipeline.trust import Circumstances, find_concerns, holds_flood, is_unusual, must_wait

CONTRACT = load_contract()
USUAL = Circumstances(is_valid=True, history=[20, 22, 25, 18, 30, 21], rows_before=0, quota=1_000)
WORDS = ["officer", "refused", "again", "paper", "waited", "hours", "insulted", "money", "returned", "closed"]


def make_accepted(
    texts: list[str | None], *, office: str | None = "Model Thana", **codes: object
) -> pl.DataFrame:
    columns = {
        "action": "new",
        "state": "IN-WB",
        "district": None,
        "duty_bearer": "POLICE_STATION",
        "service": "FIR",
        "incident_kinds": "REFUSAL",
        "incident_first": date(2026, 10, 12),
        "office": office,
    } | codes
    kinds = dict.fromkeys(columns, pl.String) | {"incident_first": pl.Date, "narrative": pl.String}
    return pl.DataFrame(
        {name: [value] * len(texts) for name, value in columns.items()} | {"narrative": texts}, schema=kinds
    )


def write_texts(number: int, chance: random.Random) -> list[str]:
    """Made-up narratives that differ, as people's do."""
    return [" ".join(chance.choices(WORDS, k=8)) + f" {chance.random()}" for _ in range(number)]


def test_a_usual_return_raises_no_concern() -> None:
    assert find_concerns(make_accepted(write_texts(25, random.Random(1))), 25, USUAL) == []
    assert find_concerns(make_accepted([]), 0, USUAL) == []


def test_a_month_far_above_the_collectives_own_months_is_unusual() -> None:
    assert is_unusual(300, USUAL.history)
    assert not is_unusual(45, USUAL.history)
    # A collective whose months differ much is granted more.
    assert not is_unusual(300, [5, 200, 20, 90, 12, 150])
    assert not is_unusual(300, [20] * 5)
    assert not is_unusual(29, [1] * 12)


def test_what_came_before_in_the_same_month_counts_as_well() -> None:
    accepted = make_accepted(write_texts(25, random.Random(2)))
    around = Circumstances(is_valid=True, history=USUAL.history, rows_before=275, quota=1_000)
    assert find_concerns(accepted, 25, around) == ["unusually_many"]
    assert not must_wait(["unusually_many"], CONTRACT)


@pytest.mark.parametrize(
    ("around", "concern"),
    [
        (Circumstances(is_valid=False, history=(), rows_before=0, quota=1_000), "collective_not_valid"),
        (Circumstances(is_valid=True, history=(), rows_before=0, quota=24), "quota_exceeded"),
    ],
)
def test_a_return_of_a_stranger_to_the_month_or_beyond_the_quota_waits(around, concern) -> None:
    concerns = find_concerns(make_accepted(write_texts(25, random.Random(3))), 25, around)
    assert concerns == [concern]
    assert must_wait(concerns, CONTRACT)


def test_a_flood_of_reports_that_differ_in_numbers_or_a_word_is_seen() -> None:
    chance = random.Random(4)
    flood = [
        f"They refused me at counter {number} and sent me home without any paper" for number in range(40)
    ]
    assert holds_flood(make_accepted(flood))
    swapped = [text.replace("paper", chance.choice(["paper", "papers"])) for text in flood]
    assert holds_flood(make_accepted(swapped))
    mixed = pl.concat([make_accepted(flood), make_accepted(write_texts(200, chance), service="LEGAL_AID")])
    assert holds_flood(mixed.sample(fraction=1, shuffle=True, seed=5))
    assert find_concerns(mixed, mixed.height, USUAL) == ["nearly_identical", "unusually_many"]


def test_a_visit_in_a_group_different_words_and_other_codes_are_no_flood() -> None:
    chance = random.Random(6)
    same = "They refused all of us and sent us home"
    assert not holds_flood(make_accepted([same] * 25))
    assert not holds_flood(make_accepted(write_texts(200, chance)))
    spread = [make_accepted([same] * 20, service=service) for service in ("FIR", "LEGAL_AID", "BANK_ACCOUNT")]
    assert not holds_flood(pl.concat(spread))
    # Among thousands, thirty are alike by chance.
    many = pl.concat([make_accepted([same] * 40), make_accepted(write_texts(2_000, chance))])
    assert not holds_flood(many)


def test_reports_without_words_are_a_flood_only_when_very_many_tell_of_one_day() -> None:
    assert not holds_flood(make_accepted([None] * 80, office=None))
    assert holds_flood(make_accepted([None] * 100, office=None))
    days = [
        make_accepted([None] * 10, office=None, incident_first=date(2026, 10, day)) for day in range(1, 21)
    ]
    assert not holds_flood(pl.concat(days))


def test_withdrawals_are_no_flood() -> None:
    assert not holds_flood(make_accepted([None] * 500, office=None, action="withdraw"))


def test_every_concern_has_a_reason_and_a_way_on() -> None:
    for rule in ("collective_not_valid", "quota_exceeded", "nearly_identical", "unusually_many"):
        assert CONTRACT.rules[rule].stage == "trust"
        assert CONTRACT.rules[rule].mend.endswith(".")
