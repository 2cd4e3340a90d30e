"""Tabulation against an oracle that counts row by row in plain Python."""

import itertools
from collections import defaultdict
from collections.abc import Iterator

import polars as pl
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.protect.plan import CODE_FIELDS, DOUBTFUL_ARE_ONE, Family, Plan, load_plan
from pipeline.protect.primary import CELLS_SCHEMA
from pipeline.store import release, tables
from pipeline.store.database import copy_in
from pipeline.tabulate import build_tabulation

PLAN = load_plan()
Cell = tuple[str, str, str, str, str]

incident = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["IN-WB", "IN-OD"]),
        "duty_bearer": st.sampled_from(["DLSA", "HOSPITAL"]),
        "service": st.sampled_from(["FIR", "AADHAAR"]),
        "survivor_gender": st.sampled_from(["woman", None]),
        "survivor_age_band": st.sampled_from(["18_24", None]),
        "resolution": st.sampled_from(["open", None]),
        "incident_kinds": st.lists(st.sampled_from(["REFUSAL", "DELAY"]), unique=True, min_size=1),
        "grounds": st.lists(st.sampled_from(["caste", "gender"]), unique=True),
        "person": st.sampled_from(["p1", "p2", "p3", None]),
        "may_repeat": st.booleans(),
    }
)


def list_cells(
    family: Family, told: dict[str, object], combinations: list[tuple[str, ...]]
) -> Iterator[Cell]:
    """Yield the cells of a table in which one incident is counted."""
    for codes, measure in itertools.product(combinations, family.measures):
        if measure != DOUBTFUL_ARE_ONE or not told["may_repeat"]:
            for geography in ["IN", *([told["state"]] if family.by_state else [])]:
                yield (family.table, geography, measure, *(*codes, "", "")[:2])


def count_by_hand(incidents: list[dict[str, object]], plan: Plan) -> dict[Cell, tuple[int, int]]:
    behind: dict[Cell, list[object]] = defaultdict(list)
    for told in incidents:
        for family in plan.families:
            if family.unit != "incidents":
                continue
            combinations: list[tuple[str, ...]] = [()]
            for dimension in family.dimensions:
                answer = told[CODE_FIELDS.get(dimension, dimension)]
                codes = answer if isinstance(answer, list) else [answer]
                combinations = [
                    (*found, code) for found in combinations for code in codes if code is not None
                ]
            for cell in list_cells(family, told, combinations):
                behind[cell].append(told["person"])
    return {
        cell: (
            len(persons),
            max(len(set(persons) - {None}), persons.count(None) // plan.incidents_per_person),
        )
        for cell, persons in behind.items()
        if persons
    }


@given(st.lists(incident, max_size=30))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cells_equal_a_count_by_hand(engine: sa.Engine, incidents: list[dict[str, object]]) -> None:
    with engine.connect() as connection:
        for number, told in enumerate(incidents):
            values = {"incident_id": str(number), "month": "2026-10", "edition_id": "e", **told}
            connection.execute(tables.incidents.insert().values(**values))
        release.replace_cells(connection, "e", build_tabulation(release.select_incidents("e"), PLAN))
        cells = release.load_cells(connection, "e", CELLS_SCHEMA)
        connection.rollback()
    # A grouping set over nothing gives one row, and a blank dimension gives none.
    found = {row[:5]: row[5:] for row in cells.rows() if row[5]}
    assert found == count_by_hand(incidents, PLAN)


def test_an_edition_counts_its_own_incidents_only(engine: sa.Engine) -> None:
    frame = pl.DataFrame(
        {
            "incident_id": ["a", "b", "c"],
            "month": "2026-10",
            "state": "IN-WB",
            "duty_bearer": "DLSA",
            "service": "FIR",
            "incident_kinds": [["REFUSAL"]] * 3,
            "grounds": [[]] * 3,
            "escalated_to": [[]] * 3,
            "edition_id": ["e", "other", None],
        },
        schema_overrides={"grounds": pl.List(pl.String), "escalated_to": pl.List(pl.String)},
    )
    with engine.begin() as connection:
        copy_in(connection, tables.incidents, frame)
        release.replace_cells(connection, "e", build_tabulation(release.select_incidents("e"), PLAN))
        cells = release.load_cells(connection, "e", CELLS_SCHEMA)
    assert cells.filter(table="total", geography="IN")["count"].item() == 1
