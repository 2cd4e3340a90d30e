"""What may be derived from shown values: percentages, means, the band of a median, the direction of a trend.

Pure functions over what is published. None of them can be given an exact count, so a reader with `figures.csv`
gets the same results and learns nothing else from them. Percentages of unrounded numerators gave away a
numerator of 1 to 9 in 91 to 99 percent of cases. Where a result would hang on rounding or chance it is None.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from pipeline.report.figures import Shown

LEAST_WHOLE = 50
"""A percentage is of at least so many."""

LEAST_OVER = 20
"""A mean or a median is over at least so many, unless the number is exact."""

LEAST_STEP = 10
"""A trend is named for a difference of at least so much."""


def percentage(part: Shown | None, whole: Shown | None) -> int | None:
    """Return `part` as a percentage of `whole`, a whole number from 0 to 100; None where `whole` is too small."""
    if part is None or whole is None or whole.value < LEAST_WHOLE:
        return None
    # A figure that was carried forward from an earlier edition may exceed a total that was corrected.
    return min(100, _round_ratio(100 * part.value, whole.value))


def mean(total: Shown | None, over: Shown | None) -> Decimal | None:
    """Return `total` divided by `over` to one decimal; None where `over` is neither exact nor large enough."""
    if total is None or over is None or over.value < 1:
        return None
    if over.value < LEAST_OVER and over.lower != over.upper:
        return None
    return Decimal(_round_ratio(10 * total.value, over.value)).scaleb(-1)


def median_band(bands: Sequence[Shown | None], total: Shown | None) -> int | None:
    """Return the place of the median in ordered bands, or None where the shown bounds leave it open.

    The true counts can be any that lie within the bounds of the shown bands, with hidden bands from 0 to what is
    left of the total; incidents may lack a band. The median is told only if it is in the same band for all such
    counts, and also after any one record is left out of them. A band of m records, with B before and A after it,
    has the median if |B - A| < m; it keeps it without any one record if |B - A| < m - 1.
    """
    if total is None or total.value < LEAST_OVER:
        return None
    fewest = [band.lower if band else 0 for band in bands]
    most = [band.upper if band else total.upper for band in bands]
    room = total.upper - sum(fewest)
    if room < 0:
        return None
    for place, least in enumerate(fewest):
        before, after = slice(0, place), slice(place + 1, None)
        leads = [
            min(sum(most[one]), sum(fewest[one]) + room) - sum(fewest[other])
            for one, other in ((before, after), (after, before))
        ]
        if max(leads) < least - 1:
            return place
    return None


def trend(now: Shown | None, before: Shown | None) -> Literal["rose", "fell"] | None:
    """Return the direction of a change that neither rounding nor chance explains, or None.

    The counts of two months are taken for independent Poisson counts: their difference has the standard deviation
    sqrt(now + before), and 1.96 of it at the 5 percent level.
    """
    if now is None or before is None:
        return None
    step = now.value - before.value
    # In whole numbers, since 1.96 squared is 2401 / 625.
    if abs(step) < LEAST_STEP or 625 * step * step <= 2401 * (now.value + before.value):
        return None
    return "rose" if step > 0 else "fell"


def _round_ratio(part: int, whole: int) -> int:
    """Round to the nearest whole number, halves upwards, without floating point."""
    return (2 * part + whole) // (2 * whole)
