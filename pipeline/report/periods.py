"""The spans of time that a figure may stand for, and how they are said: a month, a quarter or a year."""

from pipeline.settings import shift_month

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

PATTERN = r"20\d\d(-(0[1-9]|1[0-2]|Q[1-4]))?"
"""A month `2026-10`, a calendar quarter `2026-Q4` or a calendar year `2026`."""


def is_month(period: str) -> bool:
    """Tell whether a period that fits PATTERN is a month."""
    return len(period) == len("2026-10") and "Q" not in period


def list_closing(month: str) -> frozenset[str]:
    """Return the periods that end with `month`: the month, and the quarter and year of which it is the last."""
    year, number = month.split("-")
    quarter, is_last = divmod(int(number), 3)
    periods = {month} if is_last else {month, f"{year}-Q{quarter}"}
    return frozenset(periods | {year} if number == "12" else periods)


def say_period(period: str) -> str:
    """Write a period in words: `October 2026`, `July to September 2026`, `the year 2026`."""
    year, _, part = period.partition("-")
    if not part:
        return f"the year {year}"
    if part.startswith("Q"):
        first = 3 * int(part[1]) - 3
        return f"{MONTH_NAMES[first]} to {MONTH_NAMES[first + 2]} {year}"
    return f"{MONTH_NAMES[int(part) - 1]} {year}"


def month_before(month: str) -> str:
    """Return the month key before `month`."""
    return shift_month(month, -1)
