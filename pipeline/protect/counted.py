"""What an edition counts, one row an incident, and what it showed: the input of disclosure control."""

from dataclasses import dataclass

import polars as pl

_TEXT, _CODES = pl.String(), pl.List(pl.String)

COUNTED_SCHEMA = pl.Schema(
    {
        "incident": _TEXT,
        "person": _TEXT,
        "collectives": _CODES,
        "state": _TEXT,
        "district": _TEXT,
        "duty_bearer": _TEXT,
        "service": _TEXT,
        "survivor_gender": _TEXT,
        "survivor_age_band": _TEXT,
        "resolution": _TEXT,
        "delay_band": _TEXT,
        "incident_kinds": _CODES,
        "grounds": _CODES,
        "legal_provisions": _CODES,
        "late_provisions": _CODES,
        "may_repeat": pl.Boolean(),
    }
)
"""Incidents: `person` is null where nothing tells whether two are of one person; `collectives` are those that told
of it. The same incident has the same name in every edition of its month."""

CELL = ("table", "geography", "period", "measure", "code_1", "code_2")
"""What names a cell among all editions of one month."""

CELLS_SCHEMA = pl.Schema([*((name, pl.String) for name in CELL), ("count", pl.Int64), ("persons", pl.Int64)])
"""Exact cells; `persons` is a lower bound of the distinct persons behind the count."""

FIGURE_COLUMNS = (
    "table",
    "geography",
    "period",
    "measure",
    "dimension_1",
    "code_1",
    "dimension_2",
    "code_2",
    "value",
    "lower",
    "upper",
    "status",
)

FIGURES_SCHEMA = pl.Schema(
    [
        *((name, pl.Int64() if name in {"value", "lower", "upper"} else _TEXT) for name in FIGURE_COLUMNS),
        ("as_of", pl.Int64()),
    ]
)
"""Figures with the number of the edition that set each."""


@dataclass(frozen=True)
class Counted:
    """What one edition of one month counts.

    `incidents` (COUNTED_SCHEMA) lack what was withdrawn since. `accounts` (CELLS_SCHEMA) are the cells about rows and
    collectives. `basis` names the editions (month, number), its own among them, whose incidents its quarter and
    year figures count. `consents` are the collectives that consented to figures which are theirs alone. `cells`
    (CELLS_SCHEMA) are the exact cells as they were counted, which withdrawals do not move, and `figures`
    (FIGURE_COLUMNS and `as_of`, the number of the edition that set the figure) what was published; both are None
    for the draft.
    """

    month: str
    number: int
    incidents: pl.DataFrame
    accounts: pl.DataFrame | None = None
    basis: tuple[tuple[str, int], ...] = ()
    consents: frozenset[str] = frozenset()
    cells: pl.DataFrame | None = None
    figures: pl.DataFrame | None = None

    @property
    def block(self) -> tuple[str, int]:
        """Month and number, which name the edition."""
        return self.month, self.number
