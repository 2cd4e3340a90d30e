"""Addresses: where credentials may be sent, and what can be a credential at all."""

import ipaddress
import re
from urllib.parse import urlsplit

from pipeline.errors import UsageError

_BESIDE_ADDRESS = frozenset("@?#")
_TOKEN = re.compile(r"[!-~]+")


def check_address(source: str, text: str) -> str:
    """Return the scheme, host and port of the server of a source; HTTPS unless it is on this machine.

    A scheme that is left out is `https://`. Raises UsageError where there is more to the address, since it may be a
    credential.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    is_plain = host and parts.scheme in {"http", "https"} and not parts.path.strip("/")
    if not is_plain or not _BESIDE_ADDRESS.isdisjoint(text):
        raise UsageError(
            f"Give the source {source} an address of https://, a host and perhaps a port, no more."
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(
            f"Give the source {source} an address with https://: its credentials would travel in the open."
        )
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself, by its name or number."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def can_be_token(text: str) -> bool:
    """Tell whether a text can stand in a header; libraries quote those that cannot in their errors."""
    return _TOKEN.fullmatch(text) is not None
