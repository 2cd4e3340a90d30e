"""Sealing with a key: what is encrypted, and keyed hashes that only this installation can make.

AES-256-GCM with a random 96-bit nonce in front (NIST SP 800-38D). Which key seals what is decided in `vault.py`.
"""

import hmac
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipeline.errors import JawabdehiError

_NONCE_BYTES = 12


def seal(key: bytes, content: bytes, context: str) -> bytes:
    """Seal bytes under a key of 32 bytes; they open in the same context only."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, context.encode())


def open_sealed(key: bytes, sealed: bytes, context: str) -> bytes:
    """Return what was sealed; raise JawabdehiError where the key or the context is another."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
    except InvalidTag:
        raise JawabdehiError(
            "Sealed content cannot be opened: put back the keys that it was sealed with."
        ) from None


def derive_key(key: bytes, purpose: str) -> bytes:
    """Return the key of one purpose (HKDF-SHA256, RFC 5869), so that nothing can be compared across purposes."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"jawabdehi/{purpose}".encode())
    return derivation.derive(key)


class Hasher:
    """Makes keyed SHA-256 hashes (HMAC, RFC 2104) under one key of 32 bytes, each purpose with a key of its own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hash(self, purpose: str, text: str) -> str:
        """Return one keyed hash as hexadecimal digits."""
        return hmac.digest(derive_key(self._key, purpose), text.encode(), "sha256").hex()

    def hash_all(self, purpose: str, texts: Iterable[str | None]) -> list[bytes | None]:
        """Return keyed hashes of many texts; null stays null."""
        key = derive_key(self._key, purpose)
        return [None if text is None else hmac.digest(key, text.encode(), "sha256") for text in texts]
