"""Which tables a report shows, in which order, and how each is said in English.

A table that the publication plan leaves out for a geography has no cells in `figures.csv` and so no place on
its page: nothing here decides what may be seen.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TableWords:
    """How one table is said: `heading` names a row, `names` the rows in the plural, `note` how to read it.

    `codes` is the code list of the rows; where `inner` names a second one, rows are of that and grouped by the
    first. `overlap` says that an incident can stand in several rows. `foremost` says what the row is that stands
    out among those shown; blank where no such sentence is made.
    """

    table: str
    codes: str
    title: str
    heading: str
    names: str
    note: str = ""
    inner: str = ""
    overlap: str = ""
    foremost: str = ""


DELAYS = TableWords(
    "by_delay_band",
    "delay_bands",
    "Incidents by when they happened",
    "When it happened",
    "spans of time",
    "In whole calendar months, against the month of the return that first told of it.",
)

_CROSSING_NOTE = (
    "Only combinations whose figure is published are listed, in the order of the codes. "
    "One incident can be of several kinds."
)

BREAKDOWNS = (
    TableWords(
        "by_duty_bearer",
        "duty_bearers",
        "Incidents by duty-bearer",
        "Duty-bearer",
        "duty-bearers",
        "Which kind of office was to give the service.",
        foremost="is the duty-bearer most often reported",
    ),
    TableWords(
        "by_service",
        "services",
        "Incidents by service",
        "Service",
        "services",
        "What the survivor had asked for.",
        foremost="is the service most often reported",
    ),
    TableWords(
        "by_incident_kind",
        "incident_kinds",
        "Incidents by what happened",
        "What happened",
        "kinds of incident",
        overlap="One incident can be of several kinds and then stands in several rows",
        foremost="is the kind of incident most often reported",
    ),
    TableWords(
        "duty_bearer_by_incident_kind",
        "duty_bearers",
        "Incidents by duty-bearer and what happened",
        "What happened",
        "duty-bearers",
        _CROSSING_NOTE,
        inner="incident_kinds",
    ),
    TableWords(
        "by_grounds",
        "grounds",
        "Incidents by grounds",
        "Grounds",
        "grounds",
        "On what grounds the survivor was treated so, as she or her collective saw it. An incident for which none "
        "was reported stands in no row.",
        overlap="One incident can have several grounds and then stands in several rows",
    ),
    TableWords(
        "by_survivor_gender",
        "survivor_genders",
        "Incidents by gender of the survivor",
        "Gender",
        "genders",
        "Only where it was reported.",
    ),
    TableWords(
        "by_survivor_age_band",
        "survivor_age_bands",
        "Incidents by age of the survivor",
        "Age",
        "age bands",
        "Only where it was reported. Reports of persons under 18 need the consent of a guardian.",
    ),
    TableWords(
        "by_resolution",
        "resolutions",
        "Incidents by how they stand",
        "How it stands",
        "outcomes",
        "As it stood when the collective sent the report.",
    ),
    DELAYS,
    TableWords(
        "by_district",
        "districts",
        "Incidents by district",
        "District",
        "districts",
        "Only where the district was reported. Districts are not ranked: where collectives reach more survivors, "
        "more is reported.",
    ),
    TableWords(
        "state_duty_bearer_by_incident_kind",
        "duty_bearers",
        "Incidents by duty-bearer and what happened",
        "What happened",
        "duty-bearers",
        _CROSSING_NOTE,
        inner="incident_kinds",
    ),
)
"""Tables by codes in the order of the page; each place has those that the plan gives it."""

CROSSING_REST = "All other kinds"

OVERLAPPING_SHARES = "so that the shares can add up to more than 100%"

TOTAL = TableWords("total", "", "All incidents", "Place", "places")
RANGE = TableWords(
    "range",
    "",
    "How much hangs on doubtful reports",
    "If all doubtful reports",
    "",
    "Some reports may tell of one incident, and people had not decided whether they do when the month closed. "
    "Both counts are rounded; where they are alike, the doubt is too small to be seen in them, or there is none.",
)
STATES = TableWords(
    "total",
    "states",
    "Incidents by state and union territory",
    "State or union territory",
    "states and union territories",
    "In the order of their codes. States are not ranked: where collectives reach more survivors, more is "
    "reported.",
)

COVERAGE = TableWords(
    "coverage",
    "",
    "Collectives",
    "Collectives",
    "",
    "A collective that files nothing is not a place without incidents.",
)
ACCOUNTING = TableWords(
    "accounting",
    "",
    "What became of the rows received",
    "What became of them",
    "",
    "One row is one report on one form. Several reports can tell of one incident.",
)

RANGE_MEASURES = {
    "incidents_if_doubtful_are_one": ("tell of an incident already counted", "the fewest there can be"),
    "incidents_if_doubtful_are_several": (
        "tell of incidents of their own",
        "the most there can be; as counted",
    ),
}
"""Ends of the range: a label and what it means."""

MEASURES = {
    "collectives_expected": ("Expected", "collectives that take part this month"),
    "collectives_filed": ("Filed", "collectives that sent a return this month"),
    "rows_received": ("Received", "in all returns of the month"),
    "rows_held": ("Held back", "they held what could name a person, and went no further"),
    "rows_quarantined": ("Quarantined", "they broke a rule of the form and wait for mending"),
    "rows_withdrawn": ("Withdrawn", "taken back by the collective, and the requests to do so"),
    "rows_superseded": ("Superseded", "replaced by a later correction"),
    "rows_duplicate": ("Duplicates", "they tell again of an incident already counted"),
    "rows_counted": ("Counted", "one row for each incident"),
    **RANGE_MEASURES,
}
"""Measures in the order of the process: a label and what it means."""

TABLES = (COVERAGE, ACCOUNTING, TOTAL, RANGE, *BREAKDOWNS)
"""All tables of figures, in the order of the page."""

NATION = "India"

RESIDUAL_CODES = frozenset({"other", "unknown", "undisclosed"})
"""Codes, in lower case, that name no one thing: no plain finding is made of them."""
