"""Zip archives with the same bytes on every machine."""

import io
import zipfile

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def store_uncompressed(archive: io.BytesIO) -> bytes:
    """Pack the members of an archive again without compression: compressed bytes differ between builds of zlib."""
    stored = io.BytesIO()
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as plain:
        for name in packed.namelist():
            member = zipfile.ZipInfo(name, _ZIP_EPOCH)
            member.create_system = 3
            plain.writestr(member, packed.read(name))
    return stored.getvalue()
