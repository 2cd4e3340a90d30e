"""The columns of the published tables: what each is called, what it means and what may stand in it.

Every description of `figures.csv` and `codes.csv` for machines is derived from this one. The rules that make a
file usable are those of `figures.py`; these say the same of single cells, in a form that the standards share.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.periods import PATTERN

STATUSES: Mapping[str, tuple[str, str]] = {
    "shown": ("Published", "the true count lies between the two bounds, both included"),
    "not_published": (
        "Not published",
        "no figure can be given: none, few, or one that would give another away; which of these, it does not say",
    ),
}
"""What a row says of its figure: a label and what it means."""

# Patterns without anchors: each standard lets them stand for the whole cell.
_NAME = r"[a-z][a-z0-9_]*"
_CODE = r"[A-Za-z0-9][A-Za-z0-9_.\-]*"


@dataclass(frozen=True)
class Column:
    """One column of a published table.

    `kind` is text or count (a whole number, not negative). `pattern` describes the whole of a cell; `choices`
    are all that a cell can be, or empty. Only where `required` is false can a cell be blank.
    """

    name: str
    title: str
    meaning: str
    kind: Literal["text", "count"] = "text"
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    required: bool = True


def _count(name: str, title: str, meaning: str) -> Column:
    return Column(name, title, f"{meaning} Blank where it is not published.", "count", required=False)


def _dimension(number: int, title: str) -> tuple[Column, Column]:
    blank = "Blank where the table tells nothing apart by it."
    return (
        Column(
            f"dimension_{number}",
            f"{title} dimension",
            f"What the rows of the table tell apart, such as service or district. {blank}",
            pattern=_NAME,
            required=False,
        ),
        Column(
            f"code_{number}",
            f"Code of the {title.lower()} dimension",
            f"Which service, district and so on it is; codes.csv has its words. {blank}",
            pattern=_CODE,
            required=False,
        ),
    )


FIGURES_COLUMNS = (
    Column("table", "Table", "The table of the report to which the figure belongs.", pattern=_NAME),
    Column(
        "geography",
        "Place",
        "IN for all India, or the code of a state or union territory by ISO 3166-2.",
        pattern=r"IN(-[A-Z]{2})?",
    ),
    Column(
        "period",
        "Period",
        "The month (2026-10), calendar quarter (2026-Q4) or calendar year (2026) of the returns that first told "
        "of what is counted.",
        pattern=PATTERN,
    ),
    Column(
        "measure", "Measure", "What is counted: incidents, collectives or rows of returns.", pattern=_NAME
    ),
    *_dimension(1, "First"),
    *_dimension(2, "Second"),
    _count("value", "Figure", "What is published; counts of incidents are rounded to the nearest 5."),
    _count("lower", "Lower bound", "The true count is not smaller than this."),
    _count("upper", "Upper bound", "The true count is not larger than this."),
    Column("status", "Status", "Whether the figure is published.", choices=tuple(STATUSES)),
)
"""Columns of `figures.csv` in their order."""

CODES_COLUMNS = (
    Column(
        "dimension",
        "Dimension",
        "Where the code stands in figures.csv: in the column table, geography, measure or status, or beside this "
        "name of a dimension.",
        pattern=_NAME,
    ),
    Column("code", "Code", "The code as it stands in figures.csv.", pattern=_CODE),
    Column("label", "Label", "The code in words, in English."),
    Column("description", "Description", "What it means, where the label leaves that open.", required=False),
)
"""Columns of `codes.csv` in their order."""
