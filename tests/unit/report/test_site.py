"""Index, catalog and feed tell of the approved editions, in the same bytes whenever they are written."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import etree

from pipeline.files import sha256_of
from pipeline.report.edition import Edition
from pipeline.report.figures import write_figures
from pipeline.report.package import EditionDamagedError, write_manifest
from pipeline.report.render import Sources, render_geography
from pipeline.report.site import write_site

ATOM = "{http://www.w3.org/2005/Atom}"
APPROVER = "Approver Canary"


@pytest.fixture
def publish(contract, make_frame, set_figure, no_printer, tmp_path):
    """Publish an edition below a folder, and first those that it corrects; without a name it stays unapproved."""
    published = tmp_path / "published"

    def make(month: str, number: int, approved_by: str | None = APPROVER) -> Path:
        former = None
        if number > 1:
            former = published / month / f"e{number - 1}" / "figures.csv"
            if not former.exists():
                make(month, number - 1, approved_by)
        edition = Edition(month, number, {"code": "0.1.0"}, reason="linkage" if former else None)
        folder = published / edition.folder
        frame = make_frame(contract, share_shown=0.5, month=month)
        # One figure differs between any two editions of a month.
        frame = set_figure(frame, 50 + 5 * number, table="total", geography="IN-WB")
        write_figures(frame, folder / "figures.csv")
        for geography in ("IN", *contract.code_lists["states"].codes):
            render_geography(folder, edition, geography, contract, Sources(former), printer=no_printer)
        write_manifest(folder, edition)
        if approved_by:
            approve(folder, approved_by)
        return published

    return make


def approve(folder: Path, name: str) -> None:
    approval = {
        "manifest_sha256": sha256_of(folder / "manifest.json"),
        "approved_by": name,
        "approved_at": "2026-11-11",
    }
    (folder / "approval.json").write_text(json.dumps(approval), encoding="utf-8")


def site_files(published: Path) -> dict[str, bytes]:
    """Return all files that belong to no edition."""
    return {
        path.relative_to(published).as_posix(): path.read_bytes()
        for path in published.rglob("*")
        if path.is_file() and not path.relative_to(published).parts[0].startswith("20")
    }


def test_the_newest_edition_comes_first_everywhere(publish, contract):
    for month, number in (("2026-09", 1), ("2026-10", 1), ("2026-09", 2), ("2025-12", 10)):
        published = publish(month, number)
    write_site(published, contract)
    older = [f"JWB-2025-12-e{number}" for number in range(10, 0, -1)]
    expected = ["JWB-2026-10-e1", "JWB-2026-09-e2", "JWB-2026-09-e1", *older]
    catalog = json.loads((published / "catalog.json").read_bytes())
    assert [dataset["id"] for dataset in catalog["datasets"]] == expected
    assert [dataset["replaced_by"] for dataset in catalog["datasets"]] == [
        None, None, "JWB-2026-09-e2", None, *["JWB-2025-12-e10"] * 9,
    ]  # fmt: skip
    feed = ElementTree.parse(published / "feed.xml").getroot()
    assert [title.text.split()[-1] for title in feed.iterfind(f"{ATOM}entry/{ATOM}title")] == expected
    index = (published / "index.html").read_text(encoding="utf-8")
    places = [index.index(f'id="{name}"') for name in expected]
    assert places == sorted(places)


def test_the_catalog_gives_every_file_with_its_checksum(publish, contract):
    published = publish("2026-10", 1)
    write_site(published, contract)
    (dataset,) = json.loads((published / "catalog.json").read_bytes())["datasets"]
    files = {
        path.relative_to(published).as_posix()
        for path in (published / "2026-10").rglob("*")
        if path.is_file()
    }
    own = {"2026-10/e1/manifest.json", "2026-10/e1/approval.json"}
    assert {file["path"] for file in dataset["files"]} == files - own
    assert all(file["sha256"] == sha256_of(published / file["path"]) for file in dataset["files"])
    types = {Path(file["path"]).suffix: file["media_type"] for file in dataset["files"]}
    assert types == {
        ".csv": "text/csv",
        ".html": "text/html",
        ".css": "text/css",
        ".pdf": "application/pdf",
        ".json": "application/json",
        ".woff2": "font/woff2",
        ".txt": "text/plain",
        ".bib": "application/x-bibtex",
        ".ris": "application/x-research-info-systems",
    }


def test_the_feed_holds_what_atom_asks_for(publish, contract):
    publish("2026-09", 1)
    published = publish("2026-10", 1)
    write_site(published, contract)
    feed = ElementTree.parse(published / "feed.xml").getroot()
    assert feed.tag == f"{ATOM}feed"
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    ids = [feed.find(f"{ATOM}id").text, *(found.text for found in feed.iterfind(f"{ATOM}entry/{ATOM}id"))]
    assert len(set(ids)) == 3
    assert all(name.startswith("urn:uuid:") for name in ids)
    updated = [found.text for found in feed.iterfind(f"{ATOM}entry/{ATOM}updated")]
    assert updated == ["2026-11-10T00:00:00+05:30", "2026-10-10T00:00:00+05:30"]
    assert feed.find(f"{ATOM}updated").text == max(updated, key=datetime.fromisoformat)
    for entry in feed.iterfind(f"{ATOM}entry"):
        assert entry.find(f"{ATOM}title").text
        assert (published / entry.find(f"{ATOM}link").get("href")).is_file()


def test_the_feed_keeps_the_grammar_of_atom(publish, contract):
    publish("2026-09", 1)
    published = publish("2026-09", 2)
    write_site(published, contract)
    grammar = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
    feed = etree.parse(published / "feed.xml")
    grammar.assertValid(feed)
    # The grammar does tell a feed from what only looks like one.
    feed.find(f"{ATOM}entry/{ATOM}updated").text = "10 November 2026"
    assert not grammar.validate(feed)


def test_every_address_of_the_index_is_there(publish, contract, parse_page):
    publish("2026-09", 1)
    published = publish("2026-09", 2)
    write_site(published, contract)
    root = parse_page((published / "index.html").read_bytes())
    ids = {element.get("id") for element in root.iter()}
    addresses = {element.get("href") for element in root.iter() if element.get("href")}
    assert "2026-09/e1/IN-WB/report.en.html" in addresses
    for address in addresses:
        if address.startswith("#"):
            assert address[1:] in ids
        elif "://" not in address:
            assert (published / address.partition("#")[0]).is_file()


def test_index_catalog_and_feed_say_which_edition_is_corrected_why_and_where(publish, contract, parse_page):
    published = publish("2026-09", 2)
    write_site(published, contract)
    newer, first = json.loads((published / "catalog.json").read_bytes())["datasets"]
    assert newer["corrects"] == {
        "edition": "JWB-2026-09-e1",
        "reason": "linkage",
        "reason_label": "Reports were linked wrongly",
        "changed": ["IN-WB"],
    }
    assert first["corrects"] is None
    said = "Why: Reports were linked wrongly. Corrected figures: West Bengal."
    index = " ".join("".join(parse_page((published / "index.html").read_bytes()).itertext()).split())
    assert f"JWB-2026-09-e2 corrects JWB-2026-09-e1. {said}" in index
    assert "Replaced by: JWB-2026-09-e2" in index
    feed = ElementTree.parse(published / "feed.xml").getroot()
    summaries = [entry.find(f"{ATOM}summary").text for entry in feed.iterfind(f"{ATOM}entry")]
    assert summaries[0].endswith(f"not prevalence. Corrects JWB-2026-09-e1. {said}")
    assert "Corrects" not in summaries[1]


def test_a_correction_leaves_the_pages_of_the_former_edition_as_they_were(publish, contract):
    published = publish("2026-09", 1)
    before = {path: path.read_bytes() for path in (published / "2026-09" / "e1").rglob("*") if path.is_file()}
    publish("2026-09", 2)
    write_site(published, contract)
    assert {path: path.read_bytes() for path in before} == before


def test_a_manifest_from_before_there_were_corrections_is_read(publish, contract):
    published = publish("2026-09", 1)
    path = published / "2026-09" / "e1" / "manifest.json"
    older = json.loads(path.read_bytes())
    del older["corrects"]
    path.write_text(json.dumps(older), encoding="utf-8")
    approve(path.parent, APPROVER)
    write_site(published, contract)
    (dataset,) = json.loads((published / "catalog.json").read_bytes())["datasets"]
    assert dataset["corrects"] is None


def test_a_correction_of_an_edition_that_is_gone_stops_the_site(publish, contract):
    published = publish("2026-09", 2)
    shutil.rmtree(published / "2026-09" / "e1")
    with pytest.raises(EditionDamagedError, match="JWB-2026-09-e2 corrects is missing"):
        write_site(published, contract)


def test_only_approved_editions_are_told_of(publish, contract):
    publish("2026-09", 1)
    published = publish("2026-10", 1, approved_by=None)
    (published / "2026-11" / "e1").mkdir(parents=True)
    (published / "2026-11" / "e1" / "approval.json").write_text("{}", encoding="utf-8")
    write_site(published, contract)
    for content in site_files(published).values():
        assert b"2026-10-e1" not in content
        assert b"2026-11" not in content
    assert b"JWB-2026-09-e1" in (published / "index.html").read_bytes()


def test_who_approved_and_when_stays_in_the_approval(publish, contract):
    published = publish("2026-10", 1)
    write_site(published, contract)
    first = site_files(published)
    assert not any(APPROVER.encode() in content for content in first.values())
    approve(published / "2026-10" / "e1", "Somebody Else")
    write_site(published, contract)
    assert site_files(published) == first


def test_writing_the_site_again_touches_nothing(publish, contract):
    published = publish("2026-10", 1)
    write_site(published, contract)
    before = {path: path.stat().st_mtime_ns for path in published.rglob("*")}
    write_site(published, contract)
    assert {path: path.stat().st_mtime_ns for path in published.rglob("*")} == before


def test_what_a_killed_run_left_beside_the_site_is_cleared(publish, contract):
    published = publish("2026-10", 1)
    write_site(published, contract)
    before = sorted(published.rglob("*"))
    (published / ".x1y2z3.tmp").write_bytes(b"half an ind")
    (published / "static" / ".x1y2z3.tmp").write_bytes(b"half a sty")
    write_site(published, contract)
    assert sorted(published.rglob("*")) == before


def test_an_approval_of_other_bytes_stops_the_site(publish, contract):
    published = publish("2026-10", 1)
    manifest = published / "2026-10" / "e1" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"0.1.0", b"0.1.1"))
    with pytest.raises(EditionDamagedError, match="not for its manifest"):
        write_site(published, contract)


def test_an_edition_in_the_folder_of_another_stops_the_site(publish, contract):
    published = publish("2026-10", 1)
    (published / "2026-10").rename(published / "2026-11")
    with pytest.raises(EditionDamagedError, match="another edition"):
        write_site(published, contract)


def test_before_the_first_edition_the_site_says_so(contract, tmp_path, parse_page):
    write_site(tmp_path, contract)
    text = "".join(parse_page((tmp_path / "index.html").read_bytes()).itertext())
    assert "No edition has been published yet." in text
    assert json.loads((tmp_path / "catalog.json").read_bytes())["datasets"] == []
    assert ElementTree.parse(tmp_path / "feed.xml").getroot().find(f"{ATOM}updated").text
