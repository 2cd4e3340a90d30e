"""Sealing: what is sealed opens again under the same key and context only."""

import pytest

from pipeline.errors import JawabdehiError
from pipeline.sealing import Hasher, open_sealed, seal

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))


def test_sealed_text_opens_again() -> None:
    sealed = seal(KEY, "বলা হয়েছিল".encode(), "return/2")
    assert open_sealed(KEY, sealed, "return/2").decode() == "বলা হয়েছিল"


@pytest.mark.parametrize(("key", "context"), [(OTHER_KEY, "return/2"), (KEY, "return/3")])
def test_another_key_or_context_does_not_open_it(key: bytes, context: str) -> None:
    sealed = seal(KEY, b"said", "return/2")
    with pytest.raises(JawabdehiError):
        open_sealed(key, sealed, context)


def test_the_same_text_sealed_twice_looks_different() -> None:
    assert seal(KEY, b"said", "return/2") != seal(KEY, b"said", "return/2")


def test_hashes_differ_by_purpose_and_key() -> None:
    hashes = {
        Hasher(key).hash(purpose, "abc") for key in (KEY, OTHER_KEY) for purpose in ("person", "digest")
    }
    assert len(hashes) == 4


def test_null_has_no_hash() -> None:
    assert Hasher(KEY).hash_all("person", [None, "abc"])[0] is None
