"""The spans of time that a figure may stand for: a month, a quarter or a year."""

from pipeline.settings import shift_month

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


def split_period(period: str) -> tuple[str, int, int]:
    """Return the year of a period that fits PATTERN, and its first and last month from 1 to 12."""
    year, _, part = period.partition("-")
    if not part:
        return year, 1, 12
    if part.startswith("Q"):
        last = 3 * int(part[1])
        return year, last - 2, last
    return year, int(part), int(part)


def month_before(month: str) -> str:
    """Return the month key before `month`."""
    return shift_month(month, -1)
