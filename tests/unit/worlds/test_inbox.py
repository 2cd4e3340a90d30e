"""A made-up world as returns: the whole program reads them, finds nothing wrong, and knows that they are made up."""

import re
from datetime import date

import polars as pl
import pytest

from pipeline.jobs.examination import examine_return
from pipeline.screening.scan import holds_personal_data
from pipeline.worlds import MESSY, draw_setting, invent_world, write_returns


@pytest.fixture(scope="module")
def inbox(contract, tmp_path_factory):
    out = tmp_path_factory.mktemp("inbox")
    world = invent_world(MESSY, reports=2000, seed=31, contract=contract)
    return world, write_returns(world, out, contract), out


def test_returns_lie_where_collectives_put_them_and_say_that_they_are_made_up(inbox, contract):
    world, paths, out = inbox
    assert {path for path in out.rglob("*") if path.is_file()} == {*paths, out / "README.txt"}
    assert "invented" in (out / "README.txt").read_text(encoding="utf-8")
    for path in paths:
        assert path.parent.name in contract.code_lists["collectives"].codes
        assert re.match(r"2026-(09|10|11)-made-up-world", path.name)
        assert pl.read_csv(path)["made_up_example"].unique().to_list() == ["made up"]
    assert sum(pl.read_csv(path).height for path in paths) == world.reports.height


@pytest.mark.parametrize("collective", ["UTTHAN", "VIMUKTHI", "VIJETA", "OMBLA"])
def test_every_row_is_accepted_with_the_values_of_the_world(inbox, contract, collective):
    world, paths, _ = inbox
    path = next(path for path in paths if path.parent.name == collective and path.name.startswith("2026-10"))
    examined = examine_return(path.read_bytes(), "csv", contract, received_on=date(2026, 12, 31))
    of_return = (pl.col("collective") == collective) & (pl.col("month") == "2026-10")
    sent = world.reports.filter(of_return).sort("row")
    assert examined.held.is_empty()
    assert examined.findings.filter(pl.col("rule") != "resolved_without_date").is_empty()
    assert examined.dropped_columns == ("made_up_example",)
    assert examined.blank_rows == 0
    accepted = examined.accepted.with_columns(pl.col("row").cast(pl.Int64))
    shared = [name for name in sent.columns if name in accepted.columns]
    assert accepted.select(shared).equals(sent.select(shared))


def test_no_row_of_any_world_is_held_as_personal(world, messy, contract):
    drawn = invent_world(draw_setting(5), reports=5000, seed=8, contract=contract)
    for reports in (world.reports, messy.reports, drawn.reports):
        for column in ("narrative", "office"):
            assert not holds_personal_data(reports[column]).any()


def test_writing_the_same_world_again_changes_nothing(inbox, contract):
    world, paths, out = inbox
    before = {path: path.stat().st_mtime_ns for path in paths}
    assert write_returns(world, out, contract) == paths
    assert {path: path.stat().st_mtime_ns for path in paths} == before
