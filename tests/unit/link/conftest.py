"""Made-up reports to link, in the columns that linkage takes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipeline.link.features import LINK_SCHEMA

_ANSWERS: Mapping[str, Any] = {
    "collective": "UTTHAN",
    "month": "2026-10",
    "return_id": "a-return",
    "recorded_on": date(2026, 10, 20),
    "incident_first": date(2026, 10, 12),
    "incident_last": date(2026, 10, 12),
    "state": "IN-WB",
    "district": "303",
    "duty_bearer": "POLICE_STATION",
    "service": "FIR",
    "incident_kinds": "REFUSAL",
}


def make_reports(*changes: Mapping[str, Any]) -> pl.DataFrame:
    """Return one report for each of `changes`, which say in what it differs from the others."""
    rows = [
        {"report": f"{number:020x}", "row": number + 2, **_ANSWERS, **told}
        for number, told in enumerate(changes)
    ]
    return pl.DataFrame(rows, schema_overrides=dict(LINK_SCHEMA)).select(
        pl.col(name)
        if name in rows[0] or any(name in row for row in rows)
        else pl.lit(None, kind).alias(name)
        for name, kind in LINK_SCHEMA.items()
    )


@pytest.fixture(name="make_reports")
def make_reports_fixture():
    return make_reports
