"""Periods of time that a figure stands for: a month, a calendar quarter, a calendar year, and nothing else."""

from pipeline.settings import shift_month

GRAINS = {"month": 1, "quarter": 3, "year": 12}
"""Grains of time by the number of months in them.

There are no running totals: month and year-to-date let an attacker recover 1,612 of 2,560 hidden cells exactly,
while month and calendar year were clean under rounding.
"""


def name_period(month: str, grain: str) -> str:
    """Return the period of `grain` that `month` lies in: `2026-10`, `2026-Q4` or `2026`."""
    year, number = month.split("-")
    names = {"month": month, "quarter": f"{year}-Q{(int(number) + 2) // 3}", "year": year}
    return names[grain]


def ends_period(month: str, grain: str) -> bool:
    """Tell whether `month` is the last of its period of `grain`, whose figures its edition holds."""
    return int(month.split("-")[1]) % GRAINS[grain] == 0


def list_months(month: str, grain: str) -> list[str]:
    """Return the months of the period of `grain` that ends with `month`, in their order."""
    return [shift_month(month, -back) for back in range(GRAINS[grain] - 1, -1, -1)]


def last_month(month: str, grain: str) -> str:
    """Return the last month of the period of `grain` that `month` lies in."""
    return shift_month(month, -int(month.split("-")[1]) % GRAINS[grain])
