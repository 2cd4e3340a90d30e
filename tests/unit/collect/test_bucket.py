"""The inbox behind addresses of fsspec: in memory, and in a real S3 server of this machine."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import fsspec
import pytest

from pipeline.collect import bucket
from pipeline.collect.bucket import Bucket
from pipeline.collect.folder import Folder
from pipeline.collect.inbox import Handle, open_inbox
from pipeline.errors import RetryableError, UsageError

COLLECTIVES = ("BANDHAN_MUKTI", "UTTHAN")


@pytest.fixture(params=["memory", "s3"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """An address of an inbox that holds nothing yet."""
    name = f"inbox-{uuid.uuid4().hex}"
    if request.param == "memory":
        yield f"memory://{name}"
        fsspec.filesystem("memory").rm(f"/{name}", recursive=True)
        return
    request.getfixturevalue("s3")
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(name)
    yield f"s3://{name}/returns"


def put(address: str, place: str, content: bytes = b"x") -> None:
    with fsspec.open(
        f"{address}/{place}", "wb", skip_instance_cache=not address.startswith("memory")
    ) as file:
        file.write(content)


def look(address: str, *, now: datetime | None = None, settle_seconds: float = 0) -> list[Handle]:
    now = now or datetime.now(UTC)
    return list(Bucket(address).list_handles(COLLECTIVES, now=now, settle_seconds=settle_seconds))


def test_returns_are_listed_and_read_as_from_a_folder(address: str) -> None:
    put(address, "UTTHAN/2026-10-second.XLSX", b"two")
    put(address, "UTTHAN/2026-10.csv", b"one")
    put(address, "BANDHAN_MUKTI/2026-09_late.json", b"three")
    put(address, "2026-10.csv")
    put(address, "UTTHAN/.2026-10.csv")
    put(address, "UTTHAN/2026-10.csv.part")
    found = [(handle, Bucket(address).fetch(handle)) for handle in look(address)]
    assert [(h.collective, h.month, h.extension, content, h.rejected) for h, content in found] == [
        ("BANDHAN_MUKTI", "2026-09", "json", b"three", None),
        ("UTTHAN", "2026-10", "xlsx", b"two", None),
        ("UTTHAN", "2026-10", "csv", b"one", None),
    ]


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("STRANGERS/2026-10.csv", "collective_unknown"),
        ("UTTHAN/october.csv", "month_missing"),
        ("UTTHAN/2026-10.xls", "extension_unknown"),
        ("UTTHAN/2026-10.csv/2026-10.csv", "not_a_plain_file"),
    ],
)
def test_a_file_in_the_wrong_place_or_form_is_listed_as_rejected(address: str, place: str, rule: str) -> None:
    put(address, place)
    assert [handle.rejected for handle in look(address)] == [rule]


def test_a_file_that_is_too_large_is_refused_unread(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "LARGEST_FILE", 10)
    put(address, "UTTHAN/2026-10.csv", b"x" * 11)
    assert [handle.rejected for handle in look(address)] == ["file_too_large"]


def test_a_file_written_just_now_waits_for_the_next_look(address: str) -> None:
    put(address, "UTTHAN/2026-10.csv")
    assert look(address, settle_seconds=600) == []
    later = datetime.now(UTC) + timedelta(hours=1)
    assert len(look(address, now=later, settle_seconds=600)) == 1


def test_a_file_that_is_written_anew_looks_different(address: str) -> None:
    put(address, "UTTHAN/2026-10.csv", b"one")
    (before,) = look(address)
    assert look(address) == [before]
    put(address, "UTTHAN/2026-10.csv", b"two")
    (after,) = look(address)
    assert after.stamp != before.stamp


def test_a_file_that_is_gone_or_an_inbox_that_is_not_there_is_tried_again_later(address: str) -> None:
    put(address, "UTTHAN/2026-10.csv")
    (handle,) = look(address)
    fsspec.filesystem(address.partition(":")[0], skip_instance_cache=not address.startswith("memory")).rm(
        f"{address}/UTTHAN/2026-10.csv"
    )
    with pytest.raises(RetryableError, match="taken away"):
        Bucket(address).fetch(handle)
    with pytest.raises(RetryableError, match="inbox"):
        look(f"{address}-nowhere-{uuid.uuid4().hex}/deeper")


def test_a_store_that_fails_says_what_to_do_and_nothing_of_names(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(address, "UTTHAN/2026-10-private.csv")
    inbox = Bucket(address)
    (handle,) = inbox.list_handles(COLLECTIVES, now=datetime.now(UTC), settle_seconds=0)

    def fail(path: str, *_args: object, **_options: object) -> None:
        raise RuntimeError(f"Cannot open {path}.")

    monkeypatch.setattr(inbox._store, "open", fail)
    with pytest.raises(RetryableError) as failure:
        inbox.fetch(handle)
    assert "private" not in str(failure.value)
    assert failure.value.__cause__ is None
    monkeypatch.setattr(inbox._store, "ls", fail)
    with pytest.raises(RetryableError, match="read access"):
        list(inbox.list_handles(COLLECTIVES, now=datetime.now(UTC), settle_seconds=0))


def test_a_wrong_address_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="JAWABDEHI_INBOX"):
        open_inbox("nonsense://inbox")


def test_a_path_is_a_folder(tmp_path) -> None:
    assert isinstance(open_inbox(tmp_path), Folder)
