"""Made-up identifiers in groups, as they are printed, with the check digits that real ones have."""

import itertools
import random
from collections.abc import Callable, Mapping

from stdnum import luhn, verhoeff

Groups = tuple[str, ...]
_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STATES = ("WB", "BR", "JH", "OD", "TN", "AP", "TS", "UP", "MH", "RJ", "DL", "KA", "MP", "AS", "CG", "HR")
_BANKS = ("SBIN", "PUNB", "UBIN", "CNRB", "BARB", "IDIB", "UCBA", "HDFC", "ICIC", "BKID", "IOBA", "CBIN")
_AREAS = ("033", "0612", "0651", "0674", "044", "040", "022", "011", "0342", "03192", "0422", "0891", "06272")
_NAMES = (
    "riya",
    "sunita",
    "meena",
    "lakshmi",
    "rahim",
    "kavita",
    "biplab",
    "anand",
    "selvi",
    "raju",
    "mamata",
)
_LAST = ("das", "kumari", "devi", "mondal", "nayak", "reddy", "s", "behera", "khatun", "murmu", "paswan")
_HOSTS = ("gmail.com", "yahoo.co.in", "rediffmail.com", "outlook.com", "hotmail.com", "nic.in", "example.org")
_HANDLES = (
    "ybl", "paytm", "okaxis", "oksbi", "okhdfcbank", "upi", "ibl", "axl", "apl", "sbi", "icici", "fam", "ptyes",
    "yesg", "naviaxis",
)  # fmt: skip

_PAGES = (
    "facebook.com/{name}", "www.facebook.com/profile.php?id={number}", "fb.com/{name}", "fb.me/{name}",
    "m.facebook.com/{name}", "instagram.com/{name}/", "www.instagram.com/{name}", "x.com/{name}", "t.me/{name}",
    "twitter.com/{name}", "youtube.com/@{name}", "www.linkedin.com/in/{name}", "wa.me/91{mobile}",
    "sharechat.com/profile/{name}", "telegram.me/{name}", "snapchat.com/add/{name}",
)  # fmt: skip


def make_identifier(slot: str, chance: random.Random) -> Groups:
    """Return a made-up identifier of a slot, in the groups it is printed in."""
    return _MAKERS[slot](chance)


def make_page(chance: random.Random) -> str:
    """Return the address of a profile on the web."""
    name = make_nickname(chance)
    page = chance.choice(_PAGES).format(name=name, number=_draw(chance, 15, "1"), mobile=_mobile(chance))
    return chance.choice(("https://", "http://", "", "")) + page


def make_nickname(chance: random.Random) -> str:
    """Return what somebody may call themselves on a platform."""
    first, last = chance.choice(_NAMES), chance.choice(_LAST)
    return chance.choice(
        (f"{first}_{last}{chance.randint(1, 99)}", f"{first}.{last}", f"{first}{chance.randint(80, 2009)}")
    )


def make_email(chance: random.Random) -> tuple[str, str]:
    """Return what stands before and after the @ of an e-mail address."""
    return make_nickname(chance), chance.choice(_HOSTS)


def make_upi(chance: random.Random) -> tuple[str, str]:
    """Return what stands before and after the @ of a payment address."""
    first = chance.choice(_NAMES)
    name = chance.choice(
        (_mobile(chance), f"{first}.{chance.choice(_LAST)}", f"{first}{chance.randint(1, 999)}-1")
    )
    return name, chance.choice(_HANDLES)


def make_place(chance: random.Random) -> str:
    """Return coordinates of a place in India, or a link to them."""
    north, east = chance.uniform(8.1, 34.0), chance.uniform(69.0, 96.0)
    latitude, longitude = f"{north:.{chance.choice([4, 5, 6])}f}", f"{east:.{chance.choice([4, 5, 6])}f}"
    link = "".join(chance.choices(_LETTERS + _LETTERS.lower() + _DIGITS, k=17))
    written = (
        f"{latitude}, {longitude}", f"{latitude},{longitude}", f"{latitude} {longitude}",
        f"{latitude}N {longitude}E", f"{latitude}° N, {longitude}° E", f"lat {latitude} long {longitude}",
        f"lat: {latitude}, lng: {longitude}", f"{latitude} / {longitude}",
        f"{_in_minutes(north)}N {_in_minutes(east)}E", f"https://maps.google.com/?q={latitude},{longitude}",
        f"https://www.google.com/maps/@{latitude},{longitude},17z", f"https://maps.app.goo.gl/{link}",
    )  # fmt: skip
    return chance.choice(written)


def make_serial(chance: random.Random, *, dated: bool) -> str:
    """Return the number of an FIR, a case or a diary entry, with its year where `dated`."""
    serial = str(chance.randint(1, 999) if chance.random() < 0.8 else chance.randint(1000, 9999))
    if not dated and chance.random() < 0.4:
        return serial
    year = chance.randint(2011, 2026)
    written = (
        f"{serial}/{year}", f"{serial}/{year}", f"{serial}/{year % 100:02d}", f"{serial} of {year}",
        f"{serial}-{year}", f"{int(serial):04d}/{year}", f"{serial} / {year}",
    )  # fmt: skip
    return chance.choice(written)


def _in_minutes(degrees: float) -> str:
    minutes, seconds = int(degrees % 1 * 60), int(degrees * 3600 % 60)
    return f"{int(degrees)}°{minutes:02d}'{seconds:02d}\""


def _draw(chance: random.Random, count: int, first: str = _DIGITS) -> str:
    return chance.choice(first) + "".join(chance.choices(_DIGITS, k=count - 1))


def _letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(_LETTERS, k=count))


def _cut(text: str, *lengths: int) -> Groups:
    places = [sum(lengths[:count]) for count in range(len(lengths) + 1)]
    return tuple(text[start:end] for start, end in itertools.pairwise(places))


def _mobile(chance: random.Random) -> str:
    return _draw(chance, 10, "6789")


def _landline(chance: random.Random) -> Groups:
    area = chance.choice(_AREAS)
    local = _draw(chance, 11 - len(area), "23456")
    if chance.random() < 0.25 and len(local) == 8:
        return _cut(local, 4, 4)
    return (chance.choice((area, area, "+91 " + area[1:])), *_cut(local, len(local) - 4, 4))


def _checked(chance: random.Random, count: int, cut: Groups | tuple[int, ...]) -> Groups:
    body = _draw(chance, count - 1, "23456789")
    return _cut(body + verhoeff.calc_check_digit(body), *map(int, cut))


def _with_luhn(body: str) -> str:
    return body + luhn.calc_check_digit(body)


def _card(chance: random.Random) -> Groups:
    if chance.random() < 0.1:
        return _cut(_with_luhn(chance.choice(("34", "37")) + _draw(chance, 12)), 4, 6, 5)
    start = chance.choice(("4", "51", "52", "55", "60", "6521", "508", "81"))
    return _cut(_with_luhn(start + _draw(chance, 15 - len(start))), 4, 4, 4, 4)


def _account(chance: random.Random) -> Groups:
    return (_draw(chance, chance.choice([9, 10, 11, 11, 12, 13, 14, 15, 16, 17]), "0123456"),)


def _licence(chance: random.Random) -> Groups:
    office, year = f"{chance.randint(1, 79):02d}", chance.randint(1995, 2025)
    return (chance.choice(_STATES), office, f"{year}" + _draw(chance, 7, "0"))


def _vehicle(chance: random.Random) -> Groups:
    if chance.random() < 0.1:
        return (
            f"{chance.randint(21, 26)}",
            "BH",
            f"{chance.randint(1, 9999):04d}",
            _letters(chance, chance.choice([1, 2])),
        )
    series = _letters(chance, chance.choice([1, 2, 2, 2]))
    return (chance.choice(_STATES), f"{chance.randint(1, 79):02d}", series, f"{chance.randint(1, 9999):04d}")


def _job_card(chance: random.Random) -> Groups:
    numbers = [f"{chance.randint(1, 60):02d}", *(f"{chance.randint(1, 40):03d}" for _ in range(3))]
    return ("-".join([chance.choice(_STATES), *numbers]) + f"/{chance.randint(1, 900)}",)


def _ifsc(chance: random.Random) -> Groups:
    return (chance.choice(_BANKS), "0" + _draw(chance, 6, "01"))


def _court_record(chance: random.Random) -> Groups:
    place = chance.choice(("WBKO", "BRPA", "JHRN", "ODKH", "TNCH", "APVI", "UPLU"))
    return (place, f"{chance.randint(1, 12):02d}{chance.randint(1, 99999):06d}{chance.randint(2012, 2026)}")


_MAKERS: Mapping[str, Callable[[random.Random], Groups]] = {
    "mobile": lambda chance: _cut(_mobile(chance), 5, 5),
    "landline": _landline,
    "aadhaar": lambda chance: _checked(chance, 12, (4, 4, 4)),
    "vid": lambda chance: _checked(chance, 16, (4, 4, 4, 4)),
    "pan": lambda chance: (
        _letters(chance, 3) + "P" + _letters(chance, 1), f"{chance.randint(1, 9999):04d}", _letters(chance, 1)
    ),
    "voter": lambda chance: (_letters(chance, 3), _with_luhn(_draw(chance, 6))),
    "passport": lambda chance: (
        chance.choice("ABCDEFGHJKLMNPRSTUVWYZ"), _draw(chance, 6, "123456789") + chance.choice("123456789")
    ),
    "licence": _licence,
    "vehicle": _vehicle,
    "ration": lambda chance: (_draw(chance, chance.choice([10, 11, 12, 15]), "0123456789"),),
    "jan": lambda chance: (_draw(chance, 10, "456"),),
    "samagra": lambda chance: (_draw(chance, chance.choice([8, 9]), "123456"),),
    "job": _job_card,
    "abha": lambda chance: _cut(_draw(chance, 14, "123456789"), 2, 4, 4, 4),
    "eshram": lambda chance: _cut(_draw(chance, 12, "123456789"), 4, 4, 4),
    "ifsc": _ifsc,
    "account": _account,
    "card": _card,
    "cnr": _court_record,
    "imei": lambda chance: _cut(_with_luhn(chance.choice(("35", "86")) + _draw(chance, 12)), 15),
}  # fmt: skip
