"""The primary rules: threshold, dominance, what hangs on totals, telling breakdowns, rounding, one symbol."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as steady
from hypothesis import strategies as st

from pipeline.protect.counted import CELL
from pipeline.protect.evidence import EVIDENCE_SCHEMA
from pipeline.protect.plan import DOUBTFUL_ARE_ONE, DOUBTFUL_ARE_SEVERAL
from pipeline.protect.primary import (
    DOMINANCE,
    FEW,
    GROUP,
    PARENT,
    hide_what_follows,
    judge_cells,
    round_counts,
)

MONTH = "2026-12"
WHOLES = ("table", "geography", "period", "measure", "code_1", "whole")

# The 10-5 rule of the Office for National Statistics (package cell-key-perturbation, ptable_10_5_rule.csv).
TEN_FIVE_RULE = [(9, None), (10, 10), (12, 10), (13, 15), (17, 15), (18, 20), (22, 20), (23, 25)]

MANY = 1_000


def make_evidence(cells) -> pl.DataFrame:
    """Return evidence from table, place, measure and codes to count, persons and collectives that dominate.

    Two collectives told of each cell unless one dominates.
    """
    rows = [
        (table, place, "2026-Q4" if table in {"by_district", "state_bearer_by_kind"} else MONTH, *names,
         count, persons, 1 if dominant else 2, dominant)
        for (table, place, *names), (count, persons, dominant) in cells.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=EVIDENCE_SCHEMA, orient="row")


def judge(small, cells, *, tables=("total",), wholes=(), consents=()):
    """Judge cells; what is not given of totals is large. Return the judged cells and the plan."""
    plan = small.plan(tables)
    totals = {("total", place, "incidents", "", ""): (MANY, MANY, []) for place in ("IN", "S1", "S2", "S3")}
    judged = judge_cells(
        make_evidence({**totals, **cells}),
        pl.DataFrame(
            list(wholes),
            schema=[*((name, pl.String) for name in WHOLES[:-1]), ("whole", pl.Int64)],
            orient="row",
        ),
        small.planned(plan, MONTH),
        plan,
        consents=consents,
    )
    return judged, plan


def judge_one(small, count: int, persons: int, dominant=(), **more) -> dict[str, object]:
    """Return the figure of the national total, with the reason for which it is hidden."""
    judged, plan = judge(
        small, {("total", "IN", "incidents", "", ""): (count, persons, list(dominant))}, **more
    )
    figure = round_counts(judged, plan).filter(table="total", geography="IN").row(0, named=True)
    return figure | {"reason": judged.filter(table="total", geography="IN")["reason"].item()}


@pytest.mark.parametrize(("count", "value"), TEN_FIVE_RULE)
def test_counts_follow_the_ten_five_rule(small, count: int, value: int | None) -> None:
    assert judge_one(small, count, persons=count)["value"] == value


def test_many_incidents_of_few_persons_are_not_published(small) -> None:
    figure = judge_one(small, 200, persons=9)
    assert (figure["status"], figure["reason"]) == ("not_published", FEW)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [((0, 0, []), FEW), ((9, 9, []), FEW), ((500, 9, []), FEW), ((500, 500, ["ONE"]), DOMINANCE)],
)
def test_all_that_is_hidden_looks_the_same_whatever_the_reason(small, cell, reason) -> None:
    name = ("by_service", "S1", "incidents", "V1", "")
    shown = {("by_service", "S1", "incidents", code, ""): (300, 300, []) for code in ("V2", "V3")}
    figures = []
    for cells in ({name: cell} | shown, shown):
        judged, plan = judge(
            small,
            cells,
            tables=("total", "by_service"),
            wholes=[("by_service", "S1", MONTH, "incidents", "", 1_100)],
        )
        figures.append(round_counts(judged, plan))
        if name in cells:
            assert judged.filter(table="by_service", geography="S1", code_1="V1")["reason"].item() == reason
    assert figures[0].equals(figures[1])
    hidden = figures[0].filter(table="by_service", geography="S1", code_1="V1").row(0, named=True)
    assert hidden["value"] is hidden["lower"] is hidden["upper"] is None


def judge_range(small, one, several, *, dominant=()) -> list[object]:
    """Judge a range from incidents and persons at its two ends; return the values shown."""
    cells = {
        ("range", "IN", DOUBTFUL_ARE_ONE, "", ""): (*one, []),
        ("range", "IN", DOUBTFUL_ARE_SEVERAL, "", ""): (*several, list(dominant)),
    }
    judged, plan = judge(small, cells, tables=("total", "range"))
    return round_counts(judged, plan).filter(table="range", geography="IN")["value"].to_list()


def test_a_range_is_shown_whole_or_not_at_all(small) -> None:
    assert judge_range(small, (40, 40), (47, 47)) == [40, 45]
    assert judge_range(small, (9, 9), (47, 47)) == [None, None]
    assert judge_range(small, (0, 0), (0, 0)) == [None, None]
    assert judge_range(small, (40, 40), (47, 47), dominant=["ONE"]) == [None, None]


def test_one_collective_alone_is_not_shown_without_its_consent(small) -> None:
    assert judge_one(small, 100, 100, dominant=["ONE"])["reason"] == DOMINANCE
    assert judge_one(small, 100, 100, dominant=["ONE"], consents=["TWO"])["reason"] == DOMINANCE
    assert judge_one(small, 100, 100, dominant=["ONE"], consents=["ONE"])["value"] == 100


def test_consent_never_opens_a_figure_of_few_persons(small) -> None:
    assert judge_one(small, 100, 9, dominant=["ONE"], consents=["ONE"])["reason"] == FEW


def test_only_collectives_whose_consent_is_missing_are_named(small) -> None:
    cells = {("total", "S1", "incidents", "", ""): (100, 100, ["ONE", "TWO"])}
    judged, _ = judge(small, cells, consents=["ONE"])
    assert judged.filter(geography="S1")["dominant"].to_list() == [["TWO"]]


def test_a_place_without_its_total_shows_no_breakdown(small) -> None:
    cells = {("total", "S1", "incidents", "", ""): (9, 9, [])}
    cells |= {
        ("by_service", place, "incidents", code, ""): (300, 300, [])
        for place in ("S1", "S2")
        for code in ("V1", "V2")
    }
    wholes = [("by_service", place, MONTH, "incidents", "", 700) for place in ("S1", "S2")]
    judged, _ = judge(small, cells, tables=("total", "by_service"), wholes=wholes)
    services = judged.filter(table="by_service", code_1="V1")
    assert dict(services.select("geography", "reason").iter_rows()) == {
        "IN": FEW,
        "S1": PARENT,
        "S2": "",
        "S3": FEW,
    }


def test_nothing_of_a_month_but_the_collectives_is_shown_without_the_national_total(small) -> None:
    cells = {
        ("total", "IN", "incidents", "", ""): (9, 9, []),
        ("rows", "IN", "rows_counted", "", ""): (5_000, 5_000, []),
        ("by_service", "IN", "incidents", "V1", ""): (300, 300, []),
    }
    judged, _ = judge(small, cells, tables=("rows", "total", "by_service"))
    assert set(judged["reason"]) == {FEW, PARENT}


@pytest.mark.parametrize(
    ("counts", "whole", "reasons"),
    [
        ([300, 300, 0], 600, ["", "", FEW]),
        ([300, 0, 0], 600, [GROUP, FEW, FEW]),
        ([540, 60, 0], 600, ["", "", FEW]),
        ([541, 59, 0], 600, [GROUP, GROUP, FEW]),
    ],
)
def test_below_the_nation_a_breakdown_must_not_tell_of_one_code_or_nearly_all(
    small, counts, whole, reasons
) -> None:
    for place, wanted in (("S1", reasons), ("IN", [reason if reason == FEW else "" for reason in reasons])):
        cells = {
            ("by_service", place, "incidents", code, ""): (count, count, [])
            for code, count in zip(("V1", "V2", "V3"), counts, strict=True)
        }
        wholes = [("by_service", place, MONTH, "incidents", "", whole)]
        judged, _ = judge(small, cells, tables=("total", "by_service"), wholes=wholes)
        found = judged.filter(table="by_service", geography=place).sort("code_1")["reason"].to_list()
        assert found == wanted


def test_a_first_code_of_a_crossing_must_not_tell_of_one_code_or_nearly_all(small) -> None:
    counts = {("B1", "K1"): 50, ("B1", "K2"): 40, ("B2", "K1"): 95, ("B2", "K2"): 12, ("B3", "K3"): 40}
    cells = {
        ("state_bearer_by_kind", "S1", "incidents", *codes): (count, count, [])
        for codes, count in counts.items()
    }
    wholes = [
        ("state_bearer_by_kind", "S1", "2026-Q4", "incidents", code, whole)
        for code, whole in {"": 250, "B1": 80, "B2": 100, "B3": 60}.items()
    ]
    judged, _ = judge(small, cells, tables=("total", "state_bearer_by_kind"), wholes=wholes)
    found = judged.filter(pl.col("count") > 0, table="state_bearer_by_kind")
    # B2 is nearly all K1, of B3 there is one kind alone.
    assert {row[:2]: row[2] for row in found.select("code_1", "code_2", "reason").iter_rows()} == {
        ("B1", "K1"): "",
        ("B1", "K2"): "",
        ("B2", "K1"): GROUP,
        ("B2", "K2"): GROUP,
        ("B3", "K3"): GROUP,
    }


TABLES = ("rows", "total", "range", "by_service", "by_incident_kind", "by_district", "state_bearer_by_kind")


@given(st.data())
@steady(max_examples=40)
def test_hiding_what_follows_twice_changes_nothing_and_shows_nothing_more(small, data) -> None:
    planned = small.planned(small.plan(TABLES), MONTH)
    count = st.sampled_from([0, 0, 30, 40, 500])
    judged = planned.with_columns(
        pl.Series("count", data.draw(st.lists(count, min_size=planned.height, max_size=planned.height))),
        pl.lit(600).alias("whole"),
        pl.lit(80).alias("whole_of_code"),
        pl.Series(
            "reason",
            data.draw(
                st.lists(
                    st.sampled_from(["", "", "", FEW, DOMINANCE]),
                    min_size=planned.height,
                    max_size=planned.height,
                )
            ),
        ),
    )
    plan = small.plan(TABLES)
    once = hide_what_follows(judged, plan)
    assert hide_what_follows(once, plan).equals(once)
    assert once.drop("reason").equals(judged.drop("reason"))
    kept = judged.filter(pl.col("reason") != "")
    assert once.join(kept, on=CELL, how="semi")["reason"].to_list() == kept["reason"].to_list()


def test_numbers_of_collectives_are_shown_as_they_are(small) -> None:
    plan = small.plan(("total",))
    planned = small.planned(plan, MONTH).head(1).with_columns(unit=pl.lit("collectives"))
    judged = planned.with_columns(count=pl.lit(3, dtype=pl.Int64), reason=pl.lit(""))
    assert round_counts(judged, plan).select("value", "lower", "upper").row(0) == (3, 3, 3)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(5, 30), st.integers(2, 12))
@steady(max_examples=60)
def test_a_shown_cell_never_lies_and_never_points_below_the_threshold(
    small, count, persons, threshold, base
) -> None:
    plan = small.plan(("total",), threshold_persons=threshold, rounding_base=base)
    persons = min(count, persons)
    evidence = make_evidence({("total", "IN", "incidents", "", ""): (count, persons, [])})
    wholes = pl.DataFrame(schema=[*((name, pl.String) for name in WHOLES[:-1]), ("whole", pl.Int64)])
    judged = judge_cells(evidence, wholes, small.planned(plan, MONTH), plan, consents=[])
    figure = round_counts(judged, plan).filter(geography="IN").row(0, named=True)
    if persons < threshold:
        assert figure["status"] == "not_published"
        return
    assert figure["lower"] <= count <= figure["upper"]
    assert figure["lower"] >= threshold
    assert figure["upper"] - figure["value"] < base
    assert figure["value"] % base == 0
    # Nothing else rounds to the same figure.
    half = base // 2
    alike = {
        number
        for number in range(figure["value"] - base, figure["value"] + base + 1)
        if (number + half) // base * base == figure["value"]
    }
    assert figure["upper"] == max(alike)
    assert figure["lower"] == max(min(alike), threshold)
