"""Exact linkage: every row gets one verdict, whatever the order in which rows came."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.link.resolve import ROWS_SCHEMA, resolve_rows

WORDS = ["says_a", "says_b", "says_c"]


def make_rows(*rows: tuple[str, str, str | None], collective: str = "OMBLA") -> pl.DataFrame:
    """Rows of one return, in order: report id, action, what the row says."""
    return pl.DataFrame(
        [
            ("return", number, collective, report_id, action, "2026-10", "2026-10.csv", digest, False)
            for number, (report_id, action, digest) in enumerate(rows, start=2)
        ],
        schema=ROWS_SCHEMA,
        orient="row",
    )


def verdicts(rows: pl.DataFrame) -> list[str]:
    return resolve_rows(rows).sort("return_id", "row")["verdict"].to_list()


def test_a_report_told_once_is_counted() -> None:
    assert verdicts(make_rows(("1", "new", "says_a"))) == ["counted"]


def test_the_same_row_twice_is_counted_once() -> None:
    resolved = resolve_rows(make_rows(("1", "new", "says_a"), ("1", "new", "says_a")))
    assert resolved["verdict"].to_list() == ["counted", "duplicate"]
    assert resolved["incident_id"].n_unique() == 1


def test_an_id_used_for_something_else_is_quarantined() -> None:
    assert verdicts(make_rows(("1", "new", "says_a"), ("1", "new", "says_b"))) == ["counted", "quarantined"]


def test_the_last_correction_stands_and_the_incident_stays_the_same() -> None:
    rows = make_rows(("1", "new", "says_a"), ("1", "correct", "says_b"), ("1", "correct", "says_c"))
    resolved = resolve_rows(rows)
    assert resolved["verdict"].to_list() == ["superseded", "superseded", "counted"]
    alone = resolve_rows(make_rows(("1", "new", "says_a")))
    assert resolved["incident_id"].drop_nulls().to_list() == alone["incident_id"].to_list()


def test_a_correction_that_comes_without_its_original_is_counted() -> None:
    assert verdicts(make_rows(("1", "correct", "says_a"))) == ["counted"]


def test_the_original_sent_again_after_its_correction_is_a_duplicate() -> None:
    rows = make_rows(("1", "new", "says_a"), ("1", "correct", "says_b"), ("1", "new", "says_a"))
    assert verdicts(rows) == ["superseded", "counted", "duplicate"]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_withdrawal_wins_wherever_it_stands(position: int) -> None:
    rows: list[tuple[str, str, str | None]] = [("1", "new", "says_a"), ("1", "correct", "says_b")]
    rows.insert(position, ("1", "withdraw", None))
    assert verdicts(make_rows(*rows)) == ["withdrawn"] * 3


def test_what_was_withdrawn_before_stays_withdrawn_when_it_is_sent_again() -> None:
    rows = make_rows(("1", "new", "says_a")).with_columns(withdrawn_before=pl.lit(True))
    assert verdicts(rows) == ["withdrawn"]


def test_the_same_id_in_two_collectives_tells_of_two_incidents() -> None:
    rows = pl.concat(
        [make_rows(("1", "new", "says_a")), make_rows(("1", "new", "says_a"), collective="BIHAAN")]
    )
    assert resolve_rows(rows)["incident_id"].n_unique() == 2


def test_the_month_of_an_incident_is_the_earliest_that_tells_of_it() -> None:
    later = make_rows(("1", "new", "says_a")).with_columns(month=pl.lit("2026-11"), return_id=pl.lit("later"))
    resolved = resolve_rows(pl.concat([later, make_rows(("1", "new", "says_a"))]))
    assert set(resolved["first_month"]) == {"2026-10"}
    assert resolved.filter(pl.col("return_id") == "later")["verdict"].item() == "duplicate"


rows_strategy = st.lists(
    st.tuples(
        st.sampled_from(["OMBLA", "BIHAAN"]),
        st.sampled_from(["1", "2"]),
        st.sampled_from(["new", "correct", "withdraw"]),
        st.sampled_from(["2026-09", "2026-10"]),
        st.sampled_from(["a.csv", "b.csv"]),
        st.sampled_from(WORDS),
    ),
    min_size=1,
    max_size=12,
)


@st.composite
def shuffled_rows(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    raw = draw(rows_strategy)
    frame = pl.DataFrame(
        [
            (
                f"{month}/{name}",
                number,
                *key,
                action,
                month,
                name,
                None if action == "withdraw" else said,
                False,
            )
            for number, (*key, action, month, name, said) in enumerate(raw, start=2)
        ],
        schema=ROWS_SCHEMA,
        orient="row",
    )
    order = draw(st.permutations(range(frame.height)))
    return frame, frame[list(order)]


@given(shuffled_rows())
def test_the_order_of_arrival_does_not_matter(frames: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    one, other = (resolve_rows(frame).sort("return_id", "row") for frame in frames)
    assert one.equals(other)


@given(shuffled_rows())
def test_every_row_has_one_verdict_and_every_report_at_most_one_counted_row(
    frames: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    frame, _ = frames
    resolved = resolve_rows(frame)
    assert resolved.height == frame.height
    assert resolved["verdict"].null_count() == 0
    counted = Counter(
        resolved.filter(pl.col("verdict") == "counted").select("collective", "report_id").rows()
    )
    withdrawn = set(
        resolved.filter(pl.col("verdict") == "withdrawn").select("collective", "report_id").rows()
    )
    for report in set(resolved.select("collective", "report_id").rows()):
        assert counted[report] == (0 if report in withdrawn else 1)
