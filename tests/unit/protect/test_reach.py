"""Provisions of the law: what everybody knows of who can fall under them is known to the audit, too."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from bench.protection.drawing import draw_month
from bench.protection.law import apply_law
from pipeline.contract import load_contract
from pipeline.protect.counted import COUNTED_SCHEMA, Counted
from pipeline.protect.edition import audit_edition, protect_edition
from pipeline.protect.plan import load_plan
from pipeline.protect.reach import LATE, PROVISION, find_telling, list_reaches

MONTH = "2026-10"
CONTRACT, PLAN = load_contract(), load_plan()
REACHES = {(reach.dimension, reach.code): reach for reach in list_reaches(CONTRACT, PLAN)}
FIR = (PROVISION, "FIR_REG.since")
TABLES = [
    frozenset({"duty_bearer"}),
    frozenset({"service"}),
    frozenset({"incident_kind"}),
    frozenset({"duty_bearer", "incident_kind"}),
]


def make_incidents(*groups: tuple[int, dict[str, object]]) -> pl.DataFrame:
    """Make so many incidents of each kind, each of a person of its own; a group falls under FIR_REG if it says so."""
    rows = []
    for size, told in groups:
        for _ in range(size):
            blank = dict.fromkeys(COUNTED_SCHEMA) | {
                "grounds": [],
                "legal_provisions": [],
                "late_provisions": [],
            }
            named = {"incident": f"i{len(rows)}", "person": f"p{len(rows)}", "collectives": ["A", "B"]}
            place = {"state": "IN-WB", "delay_band": "same_month", "may_repeat": False}
            rows.append(blank | named | place | told)
    return pl.DataFrame(rows, schema=COUNTED_SCHEMA)


UNDER = {
    "duty_bearer": "POLICE_STATION",
    "service": "FIR",
    "incident_kinds": ["REFUSAL"],
    "legal_provisions": ["FIR_REG.since"],
}
SHAMED = {"duty_bearer": "POLICE_STATION", "service": "FIR", "incident_kinds": ["STIGMA"]}
SHELTER = {"duty_bearer": "OSC", "service": "SHELTER", "incident_kinds": ["REFUSAL"]}
DETAINED = {"duty_bearer": "POLICE_STATION", "service": "RESCUE", "incident_kinds": ["DELAY"]}


def find(incidents: pl.DataFrame) -> list[tuple[str, str]]:
    shown = pl.DataFrame([FIR], schema=["dimension_1", "code_1"], orient="row")
    return find_telling(incidents, shown, list(REACHES.values()), TABLES, PLAN)


def test_a_provision_is_known_by_the_codes_that_fall_under_it():
    reach = REACHES[FIR]
    assert reach.within["duty_bearer"] == {"POLICE_STATION", "AHTU", "RAILWAY_POLICE"}
    assert reach.within["service"] == {"FIR"}
    assert reach.within["incident_kind"] == {"REFUSAL", "MISSING_ONLY", "DOWNGRADED", "DELAY"}
    assert not reach.is_whole
    assert REACHES[PROVISION, "JJ_24H"].within["survivor_age_band"] == {"under_18"}
    assert REACHES[PROVISION, "GRIEV_BR"].within["state"] == {"IN-BR"}


def test_a_provision_that_a_kind_alone_decides_is_that_kind():
    assert [reach.code for reach in REACHES.values() if reach.is_whole] == ["BRIBE"]


def test_late_provisions_are_those_whose_clock_the_form_tells():
    assert (LATE, "VC_2M.since") in REACHES
    assert (LATE, "JJ_SIR") not in REACHES


def test_a_provision_beside_which_few_persons_are_left_tells_of_them():
    assert find(make_incidents((40, UNDER), (9, SHAMED), (12, SHELTER), (12, DETAINED))) == [FIR]
    assert find(make_incidents((40, UNDER))) == [FIR]
    # In the crossing of police and the kinds of the provision, nine are left.
    assert find(make_incidents((40, UNDER), (12, SHAMED), (12, SHELTER), (9, DETAINED))) == [FIR]


def test_a_provision_beside_which_many_persons_are_left_in_every_table_tells_of_none():
    # In the crossing of police and these kinds, others must be left as well.
    others = [(12, SHAMED), (12, SHELTER), (12, DETAINED), (12, {**SHAMED, "incident_kinds": ["DELAY"]})]
    assert find(make_incidents((40, UNDER), *others)) == []


def test_other_provisions_are_not_judged():
    shown = pl.DataFrame([(PROVISION, "RTI")], schema=["dimension_1", "code_1"], orient="row")
    assert find_telling(make_incidents((40, UNDER)), shown, [REACHES[FIR]], TABLES, PLAN) == []


@pytest.fixture(scope="module")
def month() -> Counted:
    drawn = draw_month(MONTH, CONTRACT, np.random.default_rng(5), seed=5, incidents=900, before=[])
    collectives = frozenset(CONTRACT.code_lists["collectives"].codes)
    return Counted(
        MONTH, 1, apply_law(drawn.incidents, MONTH, CONTRACT), accounts=drawn.accounts, consents=collectives
    )


def test_what_is_published_by_provision_passes_the_audit_and_tells_of_many(month):
    protected = protect_edition(month, [], PLAN, CONTRACT, consents=month.consents)
    figures = protected.figures
    shown = figures.filter(pl.col("dimension_1").is_in([PROVISION, LATE]), status="shown")
    assert shown.height > 5
    assert not audit_edition(month, figures, [], PLAN, CONTRACT).exposures
    incidents = month.incidents
    for dimension, code in shown.select("dimension_1", "code_1").iter_rows():
        reach = REACHES[dimension, code]
        inside = incidents.filter(pl.col(f"{dimension}s").list.contains(code))
        assert inside.height >= PLAN.threshold_persons
        bearers = incidents.filter(pl.col("duty_bearer").is_in(list(reach.within.get("duty_bearer", []))))
        if not bearers.is_empty():
            assert bearers.height - inside.height >= PLAN.threshold_persons


def test_a_figure_by_provision_that_gives_hidden_duty_bearers_away_is_exposed():
    """Of 66 incidents 63 are of the police, by the law; so no other duty-bearer can have nine, published or not."""
    tables = ("total", "by_duty_bearer", "by_legal_provision")
    families = tuple(replace(family, by_state=False) for family in PLAN.families if family.table in tables)
    plan = replace(PLAN, families=families)
    draft = Counted(MONTH, 1, make_incidents((63, UNDER), (3, SHELTER)), consents=frozenset({"A", "B"}))
    safe = protect_edition(draft, [], plan, CONTRACT, consents=draft.consents).figures
    provision = (pl.col("table") == "by_legal_provision") & (pl.col("code_1") == "FIR_REG.since")
    assert safe.filter(provision)["status"].to_list() == ["not_published"]
    shown = {"value": 65, "lower": 63, "upper": 67, "status": "shown"}
    hidden = {"value": None, "lower": None, "upper": None, "status": "not_published"}
    forged = safe.with_columns(
        pl.when(provision)
        .then(pl.lit(shown[name]))
        .when(pl.col("table") == "by_duty_bearer")
        .then(pl.lit(hidden[name]))
        .otherwise(pl.col(name))
        .cast(safe.schema[name])
        .alias(name)
        for name in shown
    )
    exposed = audit_edition(draft, forged, [], plan, CONTRACT).exposures
    assert exposed
    assert max(each.interval.upper for each in exposed) < PLAN.threshold_persons - 1
