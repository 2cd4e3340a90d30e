"""Whether a form asks for what identifies a person or a device: our own and those that others make.

Looked at is the XForm, since it is what a phone runs: an XLSForm has many names for one kind of question, and
pyxform knows them all. What is not known to be harmless is refused.
"""

import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element  # nosec: only the type; what is read comes through defusedxml

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from pipeline.errors import ReturnRejectedError, UsageError
from pipeline.reading.package import repack

_HARMLESS_TYPES = frozenset(
    {"string", "int", "decimal", "boolean", "date", "time", "dateTime", "select", "select1", "rank"}
)
_HARMLESS_PRELOADS = frozenset({"uid", "date"})
"""What a form may fill in by itself: its own random id, and the day."""

_NAMED = frozenset(
    {
        "geopoint",
        "geotrace",
        "geoshape",
        "barcode",
        "start",
        "end",
        "deviceid",
        "phonenumber",
        "username",
        "email",
    }
    | {"simserial", "subscriberid"}
)
"""Types of binds and parameters of preloads that a message may repeat; anything else might be a word of the form."""

_UNKNOWN = "an unknown kind of question"

_ACTIONS = {"setgeopoint": "start-geopoint", "recordaudio": "background-audio"}
_ASKS_DEVICE = re.compile(r"\bproperty\s*\(|\bpulldata\s*\(\s*['\"]@|\bgeofence\s*\(")
_EARLIER_ANSWERS = "jr://instance/last-saved"
_ZIP = b"PK\x03\x04"


def check_form(form: bytes) -> None:
    """Refuse a form, as XLSForm workbook or as XForm, that would identify a person or a device.

    Raises UsageError, which names the kinds of question, or says that the form cannot be read.
    """
    xform = _convert(form) if form.startswith(_ZIP) else form
    try:
        root = fromstring(xform, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise UsageError(
            "The form cannot be read: give an XLSForm workbook (.xlsx) or an XForm (.xml)."
        ) from None
    kinds = sorted({*_find_kinds(root)})
    if kinds:
        raise UsageError(
            f"The form has {', '.join(kinds)}: take that out, since it tells who or where somebody is."
        )


def _convert(workbook: bytes) -> bytes:
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        # The library gets only what was looked at, as with workbooks of returns.
        return str(convert(repack(workbook).content, file_type=".xlsx").xform).encode()
    except (PyXFormError, ReturnRejectedError, KeyError, ValueError, zipfile.BadZipFile):
        # Its own text is withheld: it quotes cells.
        raise UsageError(
            "The workbook is no XLSForm that can be used: see that pyxform makes an XForm of it, and try again."
        ) from None


def _find_kinds(root: Element) -> Iterator[str]:
    takers = {element.get("ref", ""): kind for element in root.iter() if (kind := _name_taker(element))}
    yield from takers.values()
    for element in root.iter():
        attributes = {_name(name): value for name, value in element.attrib.items()}
        if _name(element.tag) == "bind":
            yield from _find_in_bind(attributes, takers)
        if attributes.get("appearance", "").startswith("ex:") or "intent" in attributes:
            yield "a call of another program"
        if any(_ASKS_DEVICE.search(value) for value in attributes.values()):
            yield "a call for what the device knows"
        if attributes.get("src", "").startswith(_EARLIER_ANSWERS):
            yield "last-saved"


def _name_taker(element: Element) -> str | None:
    """Return what an element takes from the world around the device, if it does."""
    if _name(element.tag) == "upload":
        medium = element.get("mediatype", "").partition("/")[0]
        return medium if medium in {"image", "audio", "video"} else "file"
    return _ACTIONS.get(_name(element.tag))


def _find_in_bind(attributes: dict[str, str], takers: dict[str, str]) -> Iterator[str]:
    preload, nodeset = attributes.get("preload"), attributes.get("nodeset", "")
    if preload is not None and preload not in _HARMLESS_PRELOADS:
        asked = attributes.get("preloadParams", "")
        yield asked if asked in _NAMED else _UNKNOWN
    kind = _name(attributes.get("type", "string"))
    if kind not in _HARMLESS_TYPES:
        named = {"binary": "audit" if nodeset.endswith("/audit") else "file"}
        yield takers.get(nodeset) or named.get(kind) or (kind if kind in _NAMED else _UNKNOWN)


def _name(qualified: str) -> str:
    """Return a name without its namespace, or without the prefix of one."""
    return qualified.rpartition("}")[2].rpartition(":")[2]
