"""How days are remembered: off by a few, heaped on round days, with swapped digits, or as a month only."""

import numpy as np
import numpy.typing as npt

from pipeline.example.chance import Chance, Fractions, Numbers
from pipeline.example.world import Columns
from pipeline.worlds.ground import Ground
from pipeline.worlds.setting import Setting

_ROUND_DAYS = np.array([1, 5, 10, 15, 20, 25], dtype=np.int64)


def blur_days(chance: Chance, told: Columns, care: Fractions, ground: Ground, setting: Setting) -> Columns:
    """Return the day as it is told, and day_known (0 where only the month is); no day is after recording.

    Of `told` the columns day, day_known, recorded and heaps (1: the writer heaps all days) are read.
    """
    count, day = len(care), told["day"]
    ways = (
        (setting.day_off, _shift(chance.branch("shift"), day)),
        (setting.day_heaped, heap(day)),
        (setting.day_swapped, _swap(day, chance.branch("swap").below(2, count))),
        (setting.month_wrong, _month_before(day)),
    )
    drawn, reached = chance.branch("way").fractions(count), np.zeros(count)
    blurred = day
    for rate, otherwise in ways:
        here = (drawn >= reached) & (drawn < reached + rate * care)
        blurred = np.where(here, otherwise, blurred)
        reached = reached + rate * care
    blurred = np.where(told["heaps"] > 0, heap(blurred), blurred)
    possible = (blurred <= told["recorded"]) & (blurred >= ground.first_day - 31)
    lost = chance.branch("lost").fractions(count) < setting.month_only * care
    return {"day": np.where(possible, blurred, day), "day_known": np.where(lost, 0, told["day_known"])}


def split_days(days: Numbers) -> tuple[Numbers, Numbers]:
    """Return the first day of each day's month, counted from 1970-01-01, and the day of the month from 1."""
    first = _months(days).astype("datetime64[D]").astype(np.int64)
    return first, days - first + 1


def last_of_month(days: Numbers) -> Numbers:
    """Return the last day of each day's month."""
    return (_months(days) + 1).astype("datetime64[D]").astype(np.int64) - 1


def heap(days: Numbers) -> Numbers:
    """Return the nearest round day of the same month."""
    first, day = split_days(days)
    nearest = np.abs(day[:, None] - _ROUND_DAYS).argmin(axis=1)
    return np.asarray(first + _ROUND_DAYS[nearest] - 1)


def _months(days: Numbers) -> npt.NDArray[np.datetime64]:
    return days.astype("datetime64[D]").astype("datetime64[M]")


def _shift(chance: Chance, days: Numbers) -> Numbers:
    size = 1 + chance.pick((5, 3, 2), len(days))
    return np.asarray(days + np.where(chance.happens(0.5, len(days)), size, -size))


def _swap(days: Numbers, turns: Numbers) -> Numbers:
    """Swap the digits of the day (12 for 21), or day and month; leave what gives no date."""
    first, day = split_days(days)
    turned = day % 10 * 10 + day // 10
    length = last_of_month(days) - first + 1
    by_digits = np.where((turned >= 1) & (turned <= length), first + turned - 1, days)
    january = days.astype("datetime64[D]").astype("datetime64[Y]")
    month = (_months(days) - january.astype("datetime64[M]")).astype(np.int64)
    other = january.astype("datetime64[M]") + np.minimum(day - 1, 11)
    swapped = other.astype("datetime64[D]").astype(np.int64) + month
    return np.where((turns == 0) & (day <= 12), swapped, by_digits)


def _month_before(days: Numbers) -> Numbers:
    _, day = split_days(days)
    before, _ = split_days(split_days(days)[0] - 1)
    return np.asarray(np.minimum(before + day - 1, last_of_month(before)))
