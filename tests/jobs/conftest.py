"""What tests of the jobs share: a month made once and copied, and a stand-in for the comparison of reports."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from pipeline.jobs import linkage
from pipeline.link.driver import Linked
from pipeline.link.pairs import PAIRS_SCHEMA

BITS = {"same": 9.0, "doubt": 3.0}


@pytest.fixture(scope="session")
def _kept() -> dict[str, tuple[Path, str]]:
    """Homes and databases as they were, by name."""
    return {}


@pytest.fixture
def once(october, server, tmp_path_factory, _kept) -> Callable[[str, Callable[[], object]], None]:
    """Bring the installation into a state: by its steps the first time, as a copy of what came of them later."""

    def bring(state: str, steps: Callable[[], object]) -> None:
        home, database = october.settings.home, str(sa.make_url(october.settings.database_url).database)
        if state not in _kept:
            steps()
            copy = sa.make_url(server.make_database(database)).database
            _kept[state] = (shutil.copytree(home, tmp_path_factory.mktemp(state) / "home"), str(copy))
            return
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(_kept[state][0], home)
        server.make_database(_kept[state][1], over=database)

    return bring


@pytest.fixture
def collected(october, once):
    """October with the reports of `spread_reports`, linked and not yet counted."""
    once("collected", lambda: (october.send_spread("U"), october.collect()))
    return october


@pytest.fixture
def published(collected, once):
    """October with the reports of `spread_reports`, published."""
    once("published", collected.run)
    return collected


@pytest.fixture
def linker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Link reports by their office: those at `same 1` link, those at `doubt 1` are doubtful.

    An office may name several of these, separated by `;`. Tokens that agree but for the last character are alike.
    """

    def link(reports, weights, contract, *, month, backend):
        last = pl.DataFrame({f"at_{each.name}": [len(each.levels) - 1] for each in weights.comparisons})
        levels = last.select(weights.code_levels()).item()
        pairs, alike = [], []
        for one, other in itertools.combinations(reports.sort("report").iter_rows(named=True), 2):
            if month not in (one["month"], other["month"]):
                continue
            key = (one["report"], other["report"])
            for place in sorted(set(split(one)) & set(split(other)), reverse=True):
                kind = place.split()[0]
                verdict, why = ("automatic", "") if kind == "same" else ("review", "between_bounds")
                pairs.append((*key, BITS[kind], levels, verdict, why))
                break
            if (
                one["case_token"][:-1] == other["case_token"][:-1]
                and one["case_token"] != other["case_token"]
            ):
                alike.append(key)
        return Linked(
            pl.DataFrame(pairs, schema=PAIRS_SCHEMA, orient="row"),
            pl.DataFrame(alike, schema={"report_a": pl.String, "report_b": pl.String}, orient="row"),
            (),
            len(pairs),
        )

    monkeypatch.setattr(linkage, "link_reports", link)


def split(report: dict) -> list[str]:
    places = (report["office"] or "").split(";")
    return [place for place in places if place.split()[:1] and place.split()[0] in BITS]
