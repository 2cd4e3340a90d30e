"""Returns, damaged: bytes flipped, cut, doubled and mixed, in the file as it is and in the parts of a workbook."""

import io
import zipfile
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Damage = Callable[[bytes], bytes]
File = tuple[str, bytes]
"""Extension and content."""

_TOKENS = (
    *(
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b"\0",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\",
        b":",
        b"<",
        b"&",
    ),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\xed\xa0\x80", b"\xe0\xa4", "\u200d".encode(), "०".encode()),
    *(
        b"=cmd|' /C calc'!A0",
        b"report_id",
        b"null",
        b"1e309",
        b"-0",
        b"9" * 400,
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    ),
    *(b'r="XFD1048576"', b't="s"', b"<v>99999999</v>", b"]]>", b"PK\x03\x04"),
)
_MOST_REPEATS = 20_000
_LARGEST = 4 * 1024 * 1024
"""Bytes of a damaged file or part; a workbook may still unfold to far more."""


def list_mutations(seeds: Sequence[File], number: int) -> list[File]:
    """Return `number` damaged files with different bytes made of `seeds`, the same each time."""
    found: dict[bytes, File] = {}

    @settings(
        max_examples=3 * number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_damaged(seeds))
    def gather(file: File) -> None:
        found.setdefault(file[1], file)

    gather()
    return list(found.values())[:number]


@st.composite
def _damaged(draw: st.DrawFn, seeds: Sequence[File]) -> File:
    extension, content = draw(st.sampled_from(seeds))
    damages = draw(st.lists(_damages([content for _, content in seeds]), min_size=1, max_size=5))
    if content.startswith(b"PK") and draw(st.integers(0, 3)):
        content = _damage_part(content, draw(st.integers(0, 1_000)), damages)
    else:
        content = _apply(damages, content)
    if not draw(st.integers(0, 19)):
        extension = draw(st.sampled_from(["csv", "xlsx", "json"]))
    return extension, content


def _damages(others: Sequence[bytes]) -> st.SearchStrategy[Damage]:
    place = st.floats(0, 1, exclude_max=True)
    span = st.integers(1, 400)
    return st.one_of(
        st.builds(_flip, place, st.integers(1, 255)),
        st.builds(_cut, place, span),
        st.builds(_repeat, place, span, st.sampled_from([2, 3, 50, _MOST_REPEATS])),
        st.builds(_insert, place, st.sampled_from(_TOKENS)),
        st.builds(_truncate, place),
        st.builds(_mix, place, st.sampled_from(others), place),
    )


def _flip(place: float, mask: int) -> Damage:
    def damage(content: bytes) -> bytes:
        at = int(place * len(content))
        return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :] if content else content

    return damage


def _cut(place: float, span: int) -> Damage:
    return lambda content: content[: int(place * len(content))] + content[int(place * len(content)) + span :]


def _repeat(place: float, span: int, times: int) -> Damage:
    def damage(content: bytes) -> bytes:
        at = int(place * len(content))
        chunk = content[at : at + span]
        return content[:at] + chunk * min(times, _LARGEST // max(len(chunk), 1)) + content[at + span :]

    return damage


def _insert(place: float, token: bytes) -> Damage:
    return lambda content: content[: int(place * len(content))] + token + content[int(place * len(content)) :]


def _truncate(place: float) -> Damage:
    return lambda content: content[: int(place * len(content))]


def _mix(place: float, other: bytes, place_there: float) -> Damage:
    return lambda content: content[: int(place * len(content))] + other[int(place_there * len(other)) :]


def _apply(damages: Sequence[Damage], content: bytes) -> bytes:
    for damage in damages:
        content = damage(content)[:_LARGEST]
    return content


def _damage_part(content: bytes, number: int, damages: Sequence[Damage]) -> bytes:
    """Damage one part of a workbook and pack it again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    # Sheets and their strings are where it matters.
    parts.sort(key=lambda part: ("sheet" not in part[0] and "Strings" not in part[0], part[0]))
    chosen = min(number % (2 * len(parts)), len(parts) - 1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, (name, part) in enumerate(parts):
            archive.writestr(zipfile.ZipInfo(name), _apply(damages, part) if place == chosen else part)
    return packed.getvalue()
