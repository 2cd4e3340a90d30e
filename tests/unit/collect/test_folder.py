"""The folder source against names, links and files that were not meant for it."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.collect import folder
from pipeline.collect.folder import Folder
from pipeline.collect.inbox import Handle
from pipeline.contract import load_contract
from pipeline.errors import RetryableError

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
COLLECTIVES = ("BANDHAN_MUKTI", "UTTHAN")


def put(inbox: Path, place: str, content: bytes = b"x", *, age: float = 3600) -> Path:
    path = inbox / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    moment = (NOW - timedelta(seconds=age)).timestamp()
    os.utime(path, (moment, moment))
    return path


def look(inbox: Path) -> list[Handle]:
    return list(Folder(inbox).list_handles(COLLECTIVES, now=NOW, settle_seconds=60))


def refusals(inbox: Path) -> list[str | None]:
    return [handle.rejected for handle in look(inbox)]


def test_a_return_is_known_by_its_folder_and_the_month_in_its_name(tmp_path: Path) -> None:
    put(tmp_path, "UTTHAN/2026-10-second.XLSX", b"two")
    put(tmp_path, "UTTHAN/2026-10.csv", b"one")
    put(tmp_path, "BANDHAN_MUKTI/2026-09_late.json", b"three")
    found = [(handle, Folder(tmp_path).fetch(handle)) for handle in look(tmp_path)]
    assert [(h.collective, h.month, h.extension, content, h.rejected) for h, content in found] == [
        ("BANDHAN_MUKTI", "2026-09", "json", b"three", None),
        ("UTTHAN", "2026-10", "xlsx", b"two", None),
        ("UTTHAN", "2026-10", "csv", b"one", None),
    ]


def test_files_that_are_not_meant_as_returns_are_passed_over(tmp_path: Path) -> None:
    for place in ("2026-10.csv", "UTTHAN/.2026-10.csv", "UTTHAN/~$2026-10.xlsx", "UTTHAN/2026-10.csv.part"):
        put(tmp_path, place)
    put(tmp_path, "UTTHAN/2026-10.csv.TMP")
    put(tmp_path, ".trash/2026-10.csv")
    os.mkfifo(tmp_path / "UTTHAN" / "2026-10-pipe.csv")
    assert look(tmp_path) == []


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("STRANGERS/2026-10.csv", "collective_unknown"),
        ("utthan/2026-10.csv", "collective_unknown"),
        ("UTTHAN/october.csv", "month_missing"),
        ("UTTHAN/2026-13.csv", "month_missing"),
        ("UTTHAN/2026-101.csv", "month_missing"),
        ("UTTHAN/..2026-10..csv", None),
        ("UTTHAN/2026-10.xls", "extension_unknown"),
        ("UTTHAN/2026-10", "extension_unknown"),
        ("UTTHAN/2026-10\n.. =cmd|.csv", None),
        ("UTTHAN/x..\n2026-10.csv", "month_missing"),
    ],
)
def test_a_file_in_the_wrong_place_or_form_is_listed_as_rejected(
    tmp_path: Path, place: str, rule: str | None
) -> None:
    put(tmp_path, place)
    handles = look(tmp_path)
    if place.startswith("UTTHAN/."):
        assert handles == []
        return
    assert [handle.rejected for handle in handles] == [rule]


def test_a_name_that_is_no_text_is_listed_all_the_same(tmp_path: Path) -> None:
    folder_path = tmp_path / "UTTHAN"
    folder_path.mkdir()
    path = os.fsencode(folder_path) + b"/2026-10-\xff\xfe.csv"
    Path(os.fsdecode(path)).write_bytes(b"x")
    os.utime(path, (0, 0))
    assert [Folder(tmp_path).fetch(handle) for handle in look(tmp_path)] == [b"x"]


def test_a_file_of_an_unknown_folder_carries_no_collective(tmp_path: Path) -> None:
    put(tmp_path, "A Person's Name/2026-10.csv")
    assert [handle.collective for handle in look(tmp_path)] == [None]


def test_a_file_still_being_written_waits_for_the_next_look(tmp_path: Path) -> None:
    put(tmp_path, "UTTHAN/2026-10.csv", age=5)
    assert look(tmp_path) == []
    assert [h.month for h in Folder(tmp_path).list_handles(COLLECTIVES, now=NOW, settle_seconds=1)] == [
        "2026-10"
    ]


def test_a_file_from_a_clock_far_ahead_does_not_wait_for_ever(tmp_path: Path) -> None:
    put(tmp_path, "UTTHAN/2026-10.csv", age=-86400)
    assert refusals(tmp_path) == [None]


def test_a_file_that_grew_since_it_was_listed_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "UTTHAN/2026-10.csv")
    (handle,) = look(tmp_path)
    before = path.stat()
    fstat = os.fstat
    looks = itertools.chain([lambda _: before], itertools.repeat(fstat))

    def look_at(descriptor: int) -> os.stat_result:
        return next(looks)(descriptor)

    path.write_bytes(b"longer")
    monkeypatch.setattr(folder.os, "fstat", look_at)
    with pytest.raises(RetryableError, match="still being written"):
        Folder(tmp_path).fetch(handle)


def test_a_file_that_is_gone_is_tried_again_later(tmp_path: Path) -> None:
    path = put(tmp_path, "UTTHAN/2026-10.csv")
    (handle,) = look(tmp_path)
    path.unlink()
    with pytest.raises(RetryableError):
        Folder(tmp_path).fetch(handle)


def test_links_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    secret = put(outside, "UTTHAN/2026-10.csv", b"secret")
    inbox = tmp_path / "inbox"
    (inbox / "UTTHAN").mkdir(parents=True)
    (inbox / "UTTHAN" / "2026-10.csv").symlink_to(secret)
    (inbox / "BANDHAN_MUKTI").symlink_to(outside / "UTTHAN")
    assert refusals(inbox) == ["not_a_plain_file"]


def test_a_link_put_in_place_of_a_listed_file_or_folder_is_not_followed(tmp_path: Path) -> None:
    secret = put(tmp_path / "outside", "2026-10.csv", b"secret")
    path = put(tmp_path / "inbox", "UTTHAN/2026-10.csv")
    (handle,) = look(tmp_path / "inbox")
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(RetryableError):
        Folder(tmp_path / "inbox").fetch(handle)
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(tmp_path / "outside")
    with pytest.raises(RetryableError):
        Folder(tmp_path / "inbox").fetch(handle)


def test_a_folder_within_a_folder_is_named_and_not_entered(tmp_path: Path) -> None:
    put(tmp_path, "UTTHAN/2026-10.csv/2026-10.csv")
    assert refusals(tmp_path) == ["not_a_plain_file"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "LARGEST_FILE", 10)
    put(tmp_path, "UTTHAN/2026-10.csv", b"x" * 11)
    assert refusals(tmp_path) == ["file_too_large"]


def test_an_inbox_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RetryableError, match="make or mount it"):
        look(tmp_path / "nowhere")


def test_a_folder_that_may_not_be_read_leaves_the_others_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "BANDHAN_MUKTI/2026-10.csv")
    put(tmp_path, "UTTHAN/2026-10.csv")
    scandir = os.scandir

    def refuse_one(path: Path) -> "os.ScandirIterator[str]":
        if Path(path).name == "BANDHAN_MUKTI":
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(folder.os, "scandir", refuse_one)
    handles = Folder(tmp_path).list_handles(COLLECTIVES, now=NOW, settle_seconds=60)
    seen = [next(handles).collective]
    with pytest.raises(RetryableError, match="read access"):
        next(handles)
    assert seen == ["UTTHAN"]


def test_every_refusal_has_a_reason_and_a_way_to_mend_it() -> None:
    rules = load_contract().rules
    for rule in (
        "collective_unknown",
        "not_a_plain_file",
        "extension_unknown",
        "month_missing",
        "file_too_large",
    ):
        assert rules[rule].stage == "collect"
        assert rules[rule].severity == "reject"
        assert rules[rule].mend.endswith(".")
