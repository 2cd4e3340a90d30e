"""Draws one made-up month of counted incidents from an invented world."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.contract import Contract
from pipeline.protect.counted import CELLS_SCHEMA, COUNTED_SCHEMA
from pipeline.worlds import KEPT, invent_world

_REPORTS_AN_INCIDENT = 4_300 / 3_224  # of the setting KEPT
_WITHOUT_COLLECTIVE = ("IN-KA", "IN-MH", "IN-RJ")
_ELSEWHERE, _COME_BACK, _LATE, _DOUBTFUL, _SET_ASIDE = 0.008, 0.15, 0.06, 0.04, 0.02
_BANDS = ("same_month", "1_to_2_months", "3_to_11_months", "a_year_or_more")


@dataclass(frozen=True)
class Drawn:
    """A month: incidents that count, some set aside for a correction to find, cells about rows, true persons."""

    incidents: pl.DataFrame
    aside: pl.DataFrame
    accounts: pl.DataFrame
    persons: pl.DataFrame


def draw_month(
    month: str,
    contract: Contract,
    chance: np.random.Generator,
    *,
    seed: int,
    incidents: int,
    before: Sequence[pl.DataFrame],
) -> Drawn:
    """Return about so many incidents; some of their people are among the persons of the months `before`."""
    reports = max(100, round(incidents * _REPORTS_AN_INCIDENT))
    world = invent_world(KEPT, reports=reports, seed=seed, month=month, contract=contract)
    told = world.reports.with_columns(world.truth["incident"], world.truth["person"])
    drawn = _come_back(_move_some(_gather(told, month), contract, chance), before, chance)
    # Without a case token nothing tells whether two incidents are of one person.
    known = drawn.with_columns(
        person=pl.when("has_token").then("person"),
        # What falls under which provision is worked out once an edition counts it.
        **dict.fromkeys(("legal_provisions", "late_provisions"), pl.lit([], dtype=pl.List(pl.String))),
    )
    counted = known.select(pl.col(name).cast(kind) for name, kind in COUNTED_SCHEMA.items())
    kept = counted.height - round(counted.height * _SET_ASIDE)
    shuffled = counted[chance.permutation(counted.height)]
    return Drawn(
        shuffled[:kept].sort("incident"),
        shuffled[kept:],
        _account(month, world.reports.height, kept, len(contract.code_lists["collectives"].codes)),
        drawn.select("incident", "person"),
    )


def _account(month: str, reports: int, incidents: int, collectives: int) -> pl.DataFrame:
    """Return the cells about rows and collectives of a month in which some rows could not be used."""
    rows = {
        "counted": incidents,
        "duplicate": reports - incidents,
        "quarantined": reports // 40,
        "held": reports // 200,
        "withdrawn": reports // 600,
        "superseded": reports // 300,
    }
    rows["received"] = sum(rows.values())
    cells = [("accounting", f"rows_{name}", number) for name, number in rows.items()]
    cells += [
        ("coverage", "collectives_expected", collectives),
        ("coverage", "collectives_filed", collectives),
    ]
    return pl.DataFrame(
        [(table, "IN", month, measure, "", "", number, number) for table, measure, number in cells],
        schema=CELLS_SCHEMA,
        orient="row",
    )


def _gather(told: pl.DataFrame, month: str) -> pl.DataFrame:
    """Return one row an incident, as its first report tells it."""
    first = pl.col("incident_first")
    number = int(month[:4]) * 12 + int(month[5:])
    first_told = pl.all().exclude("collective", "case_token").first()
    return (
        told.group_by("incident", maintain_order=True)
        .agg(
            first_told,
            collectives=pl.col("collective").unique(maintain_order=True),
            has_token=pl.col("case_token").is_not_null().any(),
        )
        .sort("incident")
        .with_columns(
            incident=pl.format("{}-{}", pl.lit(month), pl.col("incident").cast(pl.String).str.zfill(5)),
            person=pl.format("{}/{}", pl.lit(month), "person"),
            months_ago=number - first.dt.year().cast(pl.Int64) * 12 - first.dt.month(),
            **{name: _split(name) for name in ("incident_kinds", "grounds")},
        )
    )


def _split(name: str) -> pl.Expr:
    return (
        pl.col(name)
        .fill_null("")
        .str.split(";")
        .list.filter(pl.element() != "")
        .list.unique(maintain_order=True)
    )


def _move_some(drawn: pl.DataFrame, contract: Contract, chance: np.random.Generator) -> pl.DataFrame:
    """Move a few incidents to states without a collective, make some late and some doubtful."""
    height = drawn.height
    places = {
        state: [code.code for code in contract.codes_of("district").codes.values() if code.within == state]
        for state in _WITHOUT_COLLECTIVE
    }
    elsewhere = chance.random(height) < _ELSEWHERE
    states = chance.choice(_WITHOUT_COLLECTIVE, height)
    districts = [places[str(state)][int(chance.integers(len(places[str(state)])))] for state in states]
    late = np.where(chance.random(height) < _LATE, chance.integers(1, 20, height), 0)
    months_ago = pl.col("months_ago") + pl.Series(late)
    moved = pl.Series(elsewhere)
    return drawn.with_columns(
        state=pl.when(moved).then(pl.Series(states.tolist())).otherwise("state"),
        district=pl.when(moved).then(pl.Series(districts)).otherwise("district"),
        delay_band=pl.when(months_ago <= 0)
        .then(pl.lit(_BANDS[0]))
        .when(months_ago <= 2)
        .then(pl.lit(_BANDS[1]))
        .when(months_ago <= 11)
        .then(pl.lit(_BANDS[2]))
        .otherwise(pl.lit(_BANDS[3])),
        may_repeat=pl.Series(chance.random(height) < _DOUBTFUL),
    )


def _come_back(
    drawn: pl.DataFrame, people: Sequence[pl.DataFrame], chance: np.random.Generator
) -> pl.DataFrame:
    """Let some of a month's people be people of the months before."""
    here = drawn["person"].unique(maintain_order=True).to_list()
    before = pl.concat(people)["person"].unique(maintain_order=True).to_list() if people else []
    again = min(round(len(here) * _COME_BACK), len(before))
    who = chance.choice(len(here), again, replace=False)
    whom = chance.choice(len(before), again, replace=False) if again else []
    names = {here[one]: before[other] for one, other in zip(who, whom, strict=True)}
    return drawn.with_columns(pl.col("person").replace(names))
