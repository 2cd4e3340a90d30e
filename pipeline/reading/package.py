"""The zip around a workbook, taken apart with bounds on everything it claims, and packed anew.

The spreadsheet library gets only what was looked at here: XML parts of bounded size, without document type
declarations, with a bounded number of cells and characters. What a zip directory says of sizes, or hides
behind a second entry of the same name, reaches it in no other form.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from pipeline.errors import ReturnRejectedError
from pipeline.reading.census import take_census

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENTRY = b"PK\x01\x02"
_LARGEST_PACKED = 64 * 1024 * 1024
_LARGEST_UNPACKED = 128 * 1024 * 1024
_HIGHEST_RATIO = 400
_RATIO_FROM = 16 * 1024 * 1024
_MOST_PARTS = 2_000
_STEP = 1024 * 1024
_LONG_NUMBER = re.compile(rb"<(?:\w+:)?v>\s*-?(?:\d{16}|\d\.?\d*[eE]\+?(?:1[5-9]|[2-9]\d|\d{3}))")


@dataclass(frozen=True)
class Package:
    """A workbook that is safe to open; `long_numbers` tells that a number of 16 or more digits is stored in it."""

    content: bytes
    long_numbers: bool


def repack(content: bytes) -> Package:
    """Check a workbook's zip and every XML part in it, and pack the XML parts anew.

    Raises ReturnRejectedError for what is no workbook, locked, broken, too large inside, or has a document
    type declaration. Memory stays below three times the largest unpacked size.
    """
    if content.startswith(_OLE):
        raise ReturnRejectedError("workbook_locked")
    if len(content) > _LARGEST_PACKED or content.count(_ENTRY) > _MOST_PARTS:
        raise ReturnRejectedError("workbook_too_large")
    try:
        parts = _unpack(content)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        raise ReturnRejectedError("workbook_broken") from None
    take_census(parts)
    long_numbers = any(_LONG_NUMBER.search(part) for part in parts.values())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as book:
        for name in list(parts):
            book.writestr(zipfile.ZipInfo(name), parts.pop(name))
    return Package(packed.getvalue(), long_numbers)


def _unpack(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        entries = [
            entry for entry in book.infolist() if entry.filename.casefold().endswith((".xml", ".rels"))
        ]
        if any(entry.flag_bits & 1 for entry in entries):
            raise ReturnRejectedError("workbook_locked")
        if len({entry.filename.casefold() for entry in entries}) != len(entries):
            raise ReturnRejectedError("workbook_broken")
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > _LARGEST_UNPACKED or unpacked > max(_RATIO_FROM, _HIGHEST_RATIO * len(content)):
            raise ReturnRejectedError("workbook_too_large")
        return {entry.filename: _unpack_part(book, entry) for entry in entries}


def _unpack_part(book: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # Small steps bound what one of them inflates; the reader itself ends at the size that the directory claims
    # and compares the checksum.
    with book.open(entry) as part:
        return b"".join(iter(lambda: part.read(_STEP), b""))
