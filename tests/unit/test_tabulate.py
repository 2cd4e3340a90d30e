"""Tabulation against an oracle that counts row by row in plain Python, and against disclosure control's own count."""

import itertools
from collections import defaultdict
from collections.abc import Iterator

import polars as pl
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.protect.counted import CELL, CELLS_SCHEMA, COUNTED_SCHEMA
from pipeline.protect.evidence import weigh_cells
from pipeline.protect.periods import GRAINS, name_period
from pipeline.protect.plan import CODE_FIELDS, DOUBTFUL_ARE_ONE, Family, Plan, load_plan
from pipeline.store import counted, release, tables
from pipeline.tabulate import build_tabulation

PLAN = load_plan()
MONTH = "2026-12"
Cell = tuple[str, ...]

incident = st.fixed_dictionaries(
    {
        "place": st.sampled_from([("IN-WB", "303"), ("IN-WB", None), ("IN-OD", "344"), ("IN-OD", None)]),
        "duty_bearer": st.sampled_from(["DLSA", "HOSPITAL"]),
        "service": st.sampled_from(["FIR", "AADHAAR"]),
        "survivor_gender": st.sampled_from(["woman", None]),
        "survivor_age_band": st.sampled_from(["18_24", None]),
        "resolution": st.sampled_from(["open", None]),
        "delay_band": st.sampled_from(["same_month", "a_year_or_more"]),
        "incident_kinds": st.lists(st.sampled_from(["REFUSAL", "DELAY"]), unique=True, min_size=1),
        "grounds": st.lists(st.sampled_from(["caste", "gender"]), unique=True),
        "legal_provisions": st.lists(st.sampled_from(["RTI", "FIR_REG.since"]), unique=True),
        "late_provisions": st.lists(st.sampled_from(["RTI"]), unique=True),
        "collectives": st.lists(st.sampled_from(["UTTHAN", "ASHA"]), unique=True, min_size=1),
        "person": st.sampled_from(["p1", "p2", "p3", None]),
        "may_repeat": st.booleans(),
    }
).map(lambda told: {"state": told["place"][0], "district": told.pop("place")[1], **told})


def list_cells(
    family: Family, told: dict[str, object], combinations: list[tuple[str, ...]]
) -> Iterator[Cell]:
    """Yield the cells of a table in which one incident is counted."""
    period = name_period(MONTH, family.grain)
    places = [*(["IN"] if family.national else []), *([told["state"]] if family.by_state else [])]
    for codes, measure in itertools.product(combinations, family.measures):
        if measure != DOUBTFUL_ARE_ONE or not told["may_repeat"]:
            for geography in places:
                yield (family.table, geography, period, measure, *(*codes, "", "")[:2])


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


def add_counted(connection: sa.Connection, edition_id: str, incidents: list[dict[str, object]]) -> None:
    """Let an edition count incidents."""
    for number, told in enumerate(incidents):
        values = {"edition_id": edition_id, "incident": f"{edition_id}-{number}", "reports": [], **told}
        connection.execute(tables.counted.insert().values(**values))


def tabulate(connection: sa.Connection, editions: list[str]) -> pl.DataFrame:
    """Return the exact cells of all tables of the plan, each over its period, that count something."""
    for grain in GRAINS:
        families = [family for family in PLAN.families if family.grain == grain]
        source = counted.select_counted(editions)
        queries = build_tabulation(source, families, PLAN, period=name_period(MONTH, grain))
        release.tabulate_cells(connection, editions[0], queries)
    # A grouping set over nothing gives one row.
    return release.load_cells(connection, editions[0], CELLS_SCHEMA).filter(pl.col("count") > 0).sort(CELL)


def weigh(incidents: pl.DataFrame) -> pl.DataFrame:
    """Return the same cells as disclosure control counts them by itself."""
    parts = [
        weigh_cells(
            incidents,
            [family for family in PLAN.families if family.grain == grain],
            PLAN,
            period=name_period(MONTH, grain),
        )
        for grain in GRAINS
    ]
    return pl.concat(parts).select(CELLS_SCHEMA.names()).sort(CELL)


@given(st.lists(incident, max_size=30))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cells_equal_a_count_by_hand_and_that_of_disclosure_control(
    engine: sa.Engine, incidents: list[dict[str, object]]
) -> None:
    with engine.connect() as connection:
        add_counted(connection, "e", incidents)
        cells = tabulate(connection, ["e"])
        loaded = counted.load_counted(connection, "e", COUNTED_SCHEMA)
        connection.rollback()
    assert {row[:6]: row[6:] for row in cells.rows()} == count_by_hand(incidents, PLAN)
    assert cells.equals(weigh(loaded))


def make_incident(**changes: object) -> dict[str, object]:
    return {
        "state": "IN-WB",
        "duty_bearer": "DLSA",
        "service": "FIR",
        "incident_kinds": ["REFUSAL"],
        "grounds": [],
        "collectives": ["UTTHAN"],
        "may_repeat": False,
        **changes,
    }


def test_a_period_counts_the_incidents_of_its_own_editions_only(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for edition, size in (("october", 1), ("november", 2), ("another", 4)):
            add_counted(connection, edition, [make_incident(district="303") for _ in range(size)])
        cells = tabulate(connection, ["november", "october"])
    assert cells.filter(table="by_district").select("geography", "period", "code_1", "count").rows() == [
        ("IN-WB", "2026-Q4", "303", 3)
    ]


def test_a_person_of_several_months_is_one_person_of_the_period(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for edition in ("october", "november"):
            add_counted(connection, edition, [make_incident(district="303", person="p1")])
        cells = tabulate(connection, ["november", "october"])
    assert cells.filter(table="by_district").select("count", "persons").row(0) == (2, 1)


def test_a_table_stands_in_the_kinds_of_places_of_its_family_alone(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        add_counted(connection, "e", [make_incident(district="303", grounds=["caste"])])
        cells = tabulate(connection, ["e"])
    places = {family.table: (family.national, family.by_state) for family in PLAN.families}
    for table, found in cells.group_by("table").agg(pl.col("geography").unique()).iter_rows():
        assert ("IN" in found, "IN-WB" in found) == places[table]
