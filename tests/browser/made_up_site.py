"""Small published sites of made-up figures, made by the program's own functions, without database or scheduler."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.figures import draw_figures
from pipeline.contract import NATIONAL, Code, Contract, load_contract
from pipeline.files import sha256_of
from pipeline.report.edition import Edition
from pipeline.report.figures import FILE_NAME, write_figures
from pipeline.report.package import APPROVAL, MANIFEST, encode_json, write_manifest
from pipeline.report.render import Sources, render_geography
from pipeline.report.site import write_site

STATES = ("IN-BR", "IN-OD", "IN-TN", "IN-WB")
"""The states of these sites: each of another language and script."""

SHARES = (0.95, 0.35, 0.015)
"""How many cells are shown of tables with no, one and two dimensions."""

HOSTILE = (
    "<script>alert(1)</script>",
    "{{7*7}}",
    "\u202egnorw yaw eht\u202c \u2066\u200f",
    "W" * 5000,
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "a long name " * 400,
)
"""Labels as somebody could put them into a code list to harm readers or to break pages; the first four go to the
states, and each other list has them in turn."""

VERSIONS = {"code": "0.1.0", "contract": "1.0.0", "code_lists": "0" * 64, "plan": "1"}


def write_sites(root: Path) -> None:
    """Write three sites below `root`: a usual one, one whose labels are all hostile, one before the first edition."""
    contract = keep_states(load_contract())
    publish_editions(
        root / "usual",
        contract,
        Edition("2026-11", 1, VERSIONS, is_made_up=True),
        Edition("2026-11", 2, VERSIONS, reason="linkage", is_made_up=True),
        # A quarter and a year end with it, so that its pages are the longest.
        Edition("2026-12", 1, VERSIONS),
    )
    # A month of which nothing can be said, after one of which much was.
    publish_editions(root / "usual", contract, Edition("2027-01", 1, VERSIONS), shares=(0, 0, 0))
    publish_editions(
        root / "hostile",
        make_hostile(contract),
        Edition("2027-03", 1, VERSIONS),
        Edition("2027-03", 2, VERSIONS, reason="linkage"),
    )
    publish_editions(root / "empty", contract)


def publish_editions(
    published: Path, contract: Contract, *editions: Edition, shares: tuple[float, ...] = SHARES
) -> None:
    """Make, approve and publish editions in their order, and write the pages around them."""
    for edition in editions:
        folder = published / edition.folder
        write_figures(draw_figures(contract, edition, shares), folder / FILE_NAME)
        former = published / edition.corrected.folder / FILE_NAME if edition.corrected else None
        sources = Sources(former, list_past(published, edition))
        for geography in (NATIONAL, *contract.code_lists["states"].codes):
            render_geography(folder, edition, geography, contract, sources, printer=print_nothing)
        write_manifest(folder, edition)
        approve(folder, edition)
    write_site(published, contract)


def print_nothing(page: bytes, folder: Path) -> bytes:
    """Stand in for the printer, which would take minutes; what it prints has tests of its own."""
    return b"%PDF- made up"


def list_past(published: Path, edition: Edition) -> list[tuple[Edition, Path]]:
    """Return the newest edition of each earlier month with its figures."""
    found = {
        (path.parent.parent.name, int(path.parent.name[1:])): path
        for path in published.glob(f"*/e*/{FILE_NAME}")
    }
    newest = {month: number for month, number in sorted(found) if month < edition.month}
    return [
        # Only a first edition needs no reason; which one it was does not matter here.
        (Edition(month, number, VERSIONS, reason="linkage" if number > 1 else None), found[month, number])
        for month, number in newest.items()
    ]


def approve(folder: Path, edition: Edition) -> None:
    """Put an approval beside the manifest, as publishing does."""
    approval = {
        "edition": edition.edition_id,
        "manifest_sha256": sha256_of(folder / MANIFEST),
        "approved_by": "A made-up approver",
        "approved_at": edition.announced_for.isoformat(),
    }
    (folder / APPROVAL).write_bytes(encode_json(approval))


def keep_states(contract: Contract) -> Contract:
    """Return the contract with the few states of these sites and what lies in them."""
    lists = contract.code_lists
    states = {name: code for name, code in lists["states"].codes.items() if name in STATES}
    districts = {name: code for name, code in lists["districts"].codes.items() if code.within in STATES}
    changed = {
        "states": replace(lists["states"], codes=states),
        "districts": replace(lists["districts"], codes=districts),
    }
    return replace(contract, code_lists={**lists, **changed})


def make_hostile(contract: Contract) -> Contract:
    """Return a copy of the contract in which each label, native name and description wants to do harm."""
    lists = {
        name: replace(found, codes=dict(spoil_codes(found.codes.values())))
        for name, found in contract.code_lists.items()
    }
    return replace(contract, code_lists=lists)


def spoil_codes(codes) -> Iterator[tuple[str, Code]]:
    for code, text in zip(codes, itertools.cycle(HOSTILE), strict=False):
        prose = {name: text for name in ("native_name", "description") if name in code.details}
        yield code.code, replace(code, label=text, details={**code.details, **prose})
