"""An edition has one id, one folder and one announced date, whatever the clock says."""

import pytest

from pipeline.errors import UsageError
from pipeline.report.edition import Edition


def test_an_edition_is_named_after_its_month_and_number():
    edition = Edition("2026-10", 2, {})
    assert edition.edition_id == "JWB-2026-10-e2"
    assert edition.folder == "2026-10/e2"


def test_an_edition_is_announced_for_the_closing_day_of_the_next_month_in_india():
    edition = Edition("2026-12", 1, {}, closing_day=15)
    assert edition.announced_for.isoformat() == "2027-01-15T00:00:00+05:30"
    assert edition.next_announced_for.isoformat() == "2027-02-15T00:00:00+05:30"


@pytest.mark.parametrize(("month", "number"), [("2026-13", 1), ("2026-1", 1), ("../..", 1), ("2026-10", 0)])
def test_an_edition_that_cannot_be_is_refused(month, number):
    with pytest.raises(UsageError):
        Edition(month, number, {})
