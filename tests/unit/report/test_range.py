"""The range: how much hangs on doubtful reports is said with the two shown ends, or not at all."""

import polars as pl
import pytest

from pipeline.report.context import Page
from pipeline.report.outline import RANGE, RANGE_MEASURES


@pytest.fixture
def make_page(contract, edition, make_frame, make_figures, set_figure, build):
    """Build the national page with two ends of the range; None stands for an end that is not published."""

    def make(fewest: int | None, most: int | None) -> Page:
        frame = make_frame(contract, share_shown=0)
        for measure, value in zip(RANGE_MEASURES, (fewest, most), strict=True):
            frame = set_figure(frame, value, table=RANGE.table, measure=measure)
        return build(make_figures(frame), contract, edition, "IN")

    return make


def sentences(page: Page) -> list[str]:
    """Return the findings of the range as text."""
    return [
        "".join(part if isinstance(part, str) else part.value for part in finding.parts)
        for finding in page.findings
        if finding.table.words is RANGE
    ]


def test_ends_that_differ_are_both_said(make_page) -> None:
    assert sentences(make_page(90, 100)) == [
        "About 90 if all doubtful reports tell of incidents already counted, about 100 if each tells of one of "
        "its own: people had not decided when the month closed."
    ]


def test_ends_that_are_alike_do_not_say_whether_any_report_is_doubtful(make_page) -> None:
    (said,) = sentences(make_page(100, 100))
    assert said == (
        "It is about 100 incidents, rounded, whether reports that may tell of the same incident do so or not."
    )


def test_a_range_that_is_not_published_is_not_said(make_page) -> None:
    page = make_page(None, None)
    assert sentences(page) == []
    (table,) = [table for table in page.tables if table.words is RANGE]
    assert [row.cell for row in table.rows] == [None, None]


def test_an_edition_from_before_the_range_has_no_table_of_it(
    contract, edition, make_frame, make_figures, build
) -> None:
    frame = make_frame(contract, share_shown=1.0).filter(pl.col("table") != RANGE.table)
    page = build(make_figures(frame), contract, edition, "IN")
    assert all(table.words is not RANGE for table in page.tables)
