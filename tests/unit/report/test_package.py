"""The manifest names every file of an edition, and any other state of the folder is noticed."""

import hashlib
import json

import pytest

from pipeline.report.package import EditionDamagedError, check_manifest, read_manifest, write_manifest


@pytest.fixture
def draft(tmp_path):
    (tmp_path / "IN").mkdir()
    (tmp_path / "figures.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "IN" / "report.en.html").write_bytes(b"<!doctype html>\n")
    return tmp_path


def test_the_manifest_holds_each_file_and_what_made_it(draft, edition):
    manifest = json.loads(write_manifest(draft, edition).read_text(encoding="utf-8"))
    assert manifest == {
        "edition": "JWB-2026-10-e1",
        "month": "2026-10",
        "number": 1,
        "announced_for": "2026-11-10T00:00:00+05:30",
        "licence": "CC-BY-4.0",
        "corrects": None,
        "made_up": False,
        "versions": dict(edition.versions),
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in {
                "figures.csv": b"a,b\n1,2\n",
                "IN/report.en.html": b"<!doctype html>\n",
            }.items()
        },
    }


def test_the_manifest_is_sorted_indented_and_ends_its_lines_with_lf(draft, edition):
    content = write_manifest(draft, edition).read_bytes().decode()
    assert content == json.dumps(json.loads(content), indent=2, sort_keys=True) + "\n"
    assert "\r" not in content


def test_writing_the_manifest_again_changes_nothing(draft, edition):
    path = write_manifest(draft, edition)
    before = path.stat().st_mtime_ns
    write_manifest(draft, edition)
    assert path.stat().st_mtime_ns == before
    check_manifest(draft)


def test_the_approval_is_no_part_of_the_manifest(draft, edition):
    write_manifest(draft, edition)
    (draft / "approval.json").write_text("{}", encoding="utf-8")
    check_manifest(draft)
    content = (draft / "manifest.json").read_bytes()
    assert write_manifest(draft, edition).read_bytes() == content


def test_what_a_killed_run_left_behind_is_no_part_of_an_edition(draft, edition):
    clean = write_manifest(draft, edition).read_bytes()
    (draft / "IN" / ".x1y2z3.tmp").write_bytes(b"half a pa")
    assert write_manifest(draft, edition).read_bytes() == clean
    check_manifest(draft)


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda draft: (draft / "figures.csv").unlink(), "lacks"),
        (lambda draft: (draft / "figures.csv").write_bytes(b"a,b\n1,3\n"), "has changed"),
        (lambda draft: (draft / "IN" / "notes.txt").write_bytes(b""), "also holds"),
        (lambda draft: (draft / ".hidden").write_bytes(b""), "also holds"),
        (lambda draft: (draft / "figures.csv").rename(draft / "Figures.csv"), "lacks"),
        (lambda draft: (draft / "link").symlink_to(draft / "figures.csv"), "symbolic link"),
        (lambda draft: (draft / "manifest.json").unlink(), "no usable manifest"),
        (lambda draft: (draft / "manifest.json").write_bytes(b"{"), "no usable manifest"),
        (lambda draft: (draft / "manifest.json").write_bytes(b"[]"), "no usable manifest"),
        (lambda draft: (draft / "manifest.json").write_bytes(b"7"), "no usable manifest"),
    ],
)
def test_a_folder_that_was_tampered_with_is_noticed(tamper, says, draft, edition):
    write_manifest(draft, edition)
    tamper(draft)
    with pytest.raises(EditionDamagedError, match=says):
        check_manifest(draft)


def test_a_manifest_without_its_parts_is_not_read(draft):
    (draft / "manifest.json").write_text('{"edition": "JWB-2026-10-e1"}', encoding="utf-8")
    with pytest.raises(EditionDamagedError):
        read_manifest(draft)
