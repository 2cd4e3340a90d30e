"""Sentences on trend, median and mean are worked out from published figures, or are not said."""

import pytest

from pipeline.report.context import MOST_FINDINGS, Page
from pipeline.report.edition import Edition
from pipeline.report.figures import FiguresFormatError, Shown
from pipeline.report.findings import Finding
from pipeline.report.outline import DELAYS


def sentence(finding: Finding) -> str:
    return "".join(part if isinstance(part, str) else part.value for part in finding.parts)


def said_of(page: Page, start: str) -> list[str]:
    return [text for text in map(sentence, page.findings) if text.startswith(start)]


@pytest.fixture
def make_page(contract, edition, make_frame, make_figures, set_figure, build):
    """Build the national page with given totals of this month and the one before, and shares of delay."""

    def make(total: int | None, before: int | None, bands: tuple[int | None, ...] = (None, None)) -> Page:
        now = set_figure(make_frame(contract, share_shown=0.3), total, table="total", geography="IN")
        for code, value in zip(contract.code_lists["delay_bands"].codes, bands, strict=True):
            now = set_figure(now, value, table=DELAYS.table, code_1=code)
        now = set_figure(now, Shown(7, 7, 7), table="coverage", measure="collectives_filed")
        then = make_frame(contract, share_shown=0.3, month="2026-09")
        then = set_figure(then, before, table="total", geography="IN")
        return build(make_figures(now), contract, edition, "IN", previous=make_figures(then))

    return make


def test_a_clear_rise_is_said_with_both_figures(make_page):
    assert said_of(make_page(300, 200), "What was reported") == [
        "What was reported rose from about 200 incidents in September 2026 to about 300 in October 2026, by more "
        "than chance alone would make it; other collectives may have filed."
    ]


def test_a_clear_fall_is_said_with_both_figures(make_page):
    (said,) = said_of(make_page(1200, 1500), "What was reported")
    assert said.startswith(
        "What was reported fell from about 1,500 incidents in September 2026 to about 1,200 in"
    )


@pytest.mark.parametrize(("total", "before"), [(220, 200), (15, 10), (None, 200), (300, None), (200, 200)])
def test_what_chance_explains_or_is_not_published_is_not_said(total, before, make_page):
    assert said_of(make_page(total, before), "What was reported") == []


def test_without_the_month_before_nothing_is_said_of_it(contract, edition, make_frame, make_figures, build):
    page = build(make_figures(make_frame(contract, share_shown=1)), contract, edition, "IN")
    assert said_of(page, "What was reported") == []
    assert page.compared == ()


@pytest.mark.parametrize("month", ["2026-11", "2027-01", "2026-10"])
def test_a_month_that_is_not_before_is_refused(month, contract, edition, make_frame, make_figures, build):
    figures = make_figures(make_frame(contract, share_shown=1))
    other = make_figures(make_frame(contract, share_shown=1, month=month))
    with pytest.raises(FiguresFormatError, match="months before"):
        build(figures, contract, edition, "IN", previous=other)


def test_the_month_before_january_is_december(contract, make_frame, make_figures, build):
    figures = make_figures(make_frame(contract, share_shown=1, month="2027-01"))
    previous = make_figures(make_frame(contract, share_shown=1, month="2026-12"))
    page = build(figures, contract, Edition("2027-01", 1, {}), "IN", previous=previous)
    assert page.compared == (("JWB-2026-12-e1", previous.sha256),)
    assert [month.name for month in page.trend.months] == ["December 2026", "January 2027"]


def test_the_page_gives_the_checksum_of_the_figures_it_compares_with(
    contract, edition, make_frame, make_figures, render
):
    previous = make_figures(make_frame(contract, share_shown=1, month="2026-09"))
    figures = make_figures(make_frame(contract, share_shown=1))
    page = render(figures, contract, edition, "IN", previous=previous)
    assert previous.sha256.encode() in page


def test_the_band_of_the_median_is_said_where_no_rounding_decides_it(make_page):
    assert said_of(make_page(100, None, (30, 70)), "The median") == [
        "The median of when the incidents happened is “One or two months before”: put in order, the one in the "
        "middle falls there."
    ]


@pytest.mark.parametrize(
    ("total", "bands"),
    [(100, (50, 50)), (100, (None, 45)), (15, (15, None)), (None, (70, 30)), (100, (None, None))],
)
def test_a_median_that_hangs_on_rounding_or_hidden_bands_is_not_said(total, bands, make_page):
    assert said_of(make_page(total, None, bands), "The median") == []


def test_the_mean_for_each_collective_is_that_of_the_two_figures(make_page):
    (mean,) = make_page(300, None).means
    assert sentence(mean) == (
        "About 300 incidents among 7 collectives that filed are about 42.9 for each of them. Collectives differ in "
        "how many survivors they reach."
    )


def test_a_mean_of_a_total_that_is_not_published_is_not_said(make_page):
    assert make_page(None, None).means == ()


def test_the_findings_stay_few(make_page):
    assert len(make_page(300, 200, (200, 100)).findings) <= MOST_FINDINGS
