"""Sealing with the vault key: what is encrypted, and keyed hashes that only this installation can make.

AES-256-GCM with a random 96-bit nonce in front (NIST SP 800-38D); each purpose has a key of its own derived
with HKDF-SHA256 (RFC 5869), so that no hash can be compared across purposes.
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


class Sealer:
    """Seals and opens bytes under one vault key of 32 bytes.

    `context` is authenticated with the bytes: what was sealed for one row does not open for another.
    """

    def __init__(self, vault_key: bytes) -> None:
        self._vault_key = vault_key
        self._cipher = AESGCM(self._derive("seal"))

    def seal(self, content: bytes, context: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, context.encode())

    def seal_all(self, contents: Iterable[str], contexts: Iterable[str]) -> list[bytes]:
        """Seal many texts, each in its own context."""
        return [self.seal(text.encode(), context) for text, context in zip(contents, contexts, strict=True)]

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed; raise JawabdehiError where the key or the context is another."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise JawabdehiError(
                "Sealed content cannot be opened: restore the vault key that this database was filled with."
            ) from None

    def hash_all(self, purpose: str, texts: Iterable[str | None]) -> list[bytes | None]:
        """Return keyed SHA-256 hashes of `texts` for one purpose; null stays null."""
        key = self._derive(purpose)
        return [None if text is None else hmac.digest(key, text.encode(), "sha256") for text in texts]

    def hash(self, purpose: str, text: str) -> str:
        """Return one keyed hash as hexadecimal digits."""
        return hmac.digest(self._derive(purpose), text.encode(), "sha256").hex()

    def _derive(self, purpose: str) -> bytes:
        derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"jawabdehi/{purpose}".encode())
        return derivation.derive(self._vault_key)
