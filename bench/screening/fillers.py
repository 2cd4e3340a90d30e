"""Numbers that lead to nobody, as they stand in clean sentences: dates, amounts, sections, helplines, codes."""

import random
from collections.abc import Callable, Mapping

from bench.screening.wording import pick_word

_HELPLINES = (
    "112", "181", "1098", "1091", "100", "108", "104", "1090", "1930", "14454", "14567", "15100", "155260",
)  # fmt: skip
_TOLL_FREE = (
    "1800-11-2345", "1800 180 1551", "18001801551", "1800-345-5555", "1800 425 9009", "1800-11-4000",
    "1800112345", "1800 3456 789",
)  # fmt: skip
_SECTIONS = (
    "370", "370A", "372", "373", "354-D", "498A", "376(2)(n)", "143", "143(1)", "144(2)", "143 (4)", "154",
    "156(3)", "154/156(3)", "173(4)", "357A", "366A", "164", "183", "27", "5(1)(d)",
)  # fmt: skip
_LISTS = (
    "370, 372, 373", "363/366/370", "363 366A 370 372 373 376", "370, 372 & 373", "363-366-370", "143, 144, 145",
    "363 365 366 370 372 373", "3, 4, 5, 6", "64/65/70/75/78", "323/504/506/34", "370/370A/372/373/376/120B",
)  # fmt: skip


def fill(slot: str, chance: random.Random, language: str) -> str:
    """Return what may stand in a slot of a clean sentence, in ASCII digits."""
    if slot in ("amount", "km", "percent", "scheme"):
        return _measure(pick_word(chance, slot, language), chance)
    if slot in ("date", "month"):
        return _DATES[slot](chance, language)
    return _PLAIN[slot](chance)


def group_indian(number: int) -> str:
    """Write a whole number with commas as in India: 12,34,567."""
    text = str(number)
    head, tail = text[:-3], text[-3:]
    parts = []
    while head:
        parts.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*parts, tail])


def _measure(pattern: str, chance: random.Random) -> str:
    rupees = chance.choice([50, 100, 250, 500, 1000, 5000]) * chance.choice([1, 2, 3, 5, 7, 15, 30, 100, 500])
    lakh = chance.choice(["1", "2", "5", "10", "1.5", "2.25", "3"])
    small = chance.randint(1, 60)
    return pattern.format(
        plain=rupees,
        grouped=group_indian(rupees),
        lakh=lakh,
        small=small,
        tenths=f"{small}.{chance.randint(1, 9)}",
    )


def _date(chance: random.Random, language: str) -> str:
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(2015, 2026)
    last = min(day + chance.randint(1, 9), 30)
    name = pick_word(chance, f"month {month}", language)
    short = year % 100
    written = (
        f"{year}-{month:02d}-{day:02d}", f"{day}.{month}.{year}", f"{day:02d}/{month:02d}/{short:02d}",
        f"{day:02d}-{month:02d}-{year}", f"{day}/{month}/{year}", f"{day}.{month}.{short:02d}", f"{day}/{month}",
        f"{day} {name} {year}", f"{day} {name}", f"{name} {day}, {year}", f"{day}-{month}-{short:02d}",
        f"{day:02d}.{month:02d}.{year}", f"{day} / {month} / {year}", f"{day}-{last}/{month}/{year}",
        f"{day}/{month}/{year}-{last}/{month}/{year}", f"{day:02d}{month:02d}{year}", f"{day}-{last} {name} {year}",
    )  # fmt: skip
    return chance.choice(written)


def _month(chance: random.Random, language: str) -> str:
    month, year = chance.randint(1, 12), chance.randint(2019, 2026)
    name = pick_word(chance, f"month {month}", language)
    return chance.choice(
        (f"{name} {year}", f"{month:02d}/{year}", f"{year}-{month:02d}", f"{name}", f"{month}/{year}")
    )


def _time(chance: random.Random) -> str:
    hour, minute = chance.randint(8, 18), chance.choice(["00", "15", "30", "45"])
    return chance.choice(
        (f"{hour}.{minute}", f"{hour}:{minute}", f"{hour}", f"{hour}:{minute} AM", f"{hour % 12 + 1} pm")
    )


def _report(chance: random.Random) -> str:
    year, month, serial = chance.randint(2024, 2026), chance.randint(1, 12), chance.randint(1, 900)
    written = (
        f"WB-{year}-{month:02d}-{serial:04d}", f"EX-UTTHAN-{year % 100}{month:02d}-{serial:05d}", f"UTT-{serial:03d}",
        f"BR-7-{year}-{month:02d}-{serial:03d}", f"R-{year}-{serial:03d}", f"JH{year % 100}-{serial:04d}",
        f"OD_{year}_{month:02d}_{serial}", f"{serial}",
    )  # fmt: skip
    return chance.choice(written)


def _token(chance: random.Random) -> str:
    return "".join(chance.choices("0123456789abcdef", k=chance.choice([16, 16, 20, 32, 64])))


def _pin(chance: random.Random) -> str:
    first, second = chance.randint(110, 855), chance.randint(1, 120)
    return chance.choice((f"{first}{second:03d}", f"{first}{second:03d}", f"{first} {second:03d}"))


_DATES: Mapping[str, Callable[[random.Random, str], str]] = {"date": _date, "month": _month}
_PLAIN: Mapping[str, Callable[[random.Random], str]] = {
    "count": lambda chance: str(chance.choice([*range(2, 13), 15, 20, 24, 30, 45, 60, 90, 120])),
    "age": lambda chance: str(chance.randint(9, 58)),
    "year": lambda chance: str(chance.randint(1998, 2026)),
    "time": _time,
    "room": lambda chance: f"{chance.randint(1, 40)}{chance.choice(['', '', '', 'A', '-B'])}",
    "ward": lambda chance: str(chance.randint(1, 150)),
    "pin": _pin,
    "bus": lambda chance: chance.choice(
        ["234", "12B", "S-12", "44/1", "KB-15", "201", "5", "1042", "DN-18", "71"]
    ),
    "train": lambda chance: str(chance.randint(11001, 22999)),
    "lgd": lambda chance: str(chance.randint(100, 299999)),
    "helpline": lambda chance: chance.choice(_HELPLINES),
    "tollfree": lambda chance: chance.choice(_TOLL_FREE),
    "section": lambda chance: chance.choice(_SECTIONS),
    "sections": lambda chance: chance.choice(_LISTS),
    "report": _report,
    "token": _token,
}
