"""Which tables a report shows, in which sections and order, and how each is said in English.

A table that the publication plan leaves out for a geography has no cells in `figures.csv` and so no place on
its page: nothing here decides what may be seen. Catalogs have all that is marked here in other languages.
"""

from dataclasses import dataclass

from pipeline.language import mark


@dataclass(frozen=True)
class TableWords:
    """How one table is said: `heading` names a row, `names` the rows in the plural, `note` how to read it.

    `codes` is the code list of the rows; where `inner` names a second one, rows are of that and grouped by the
    first. `overlap` is the note of a table whose rows share incidents, said where it has no shares, `shares` where
    it has some. `foremost` says which row stands out among those shown, with `{row}` and `{value}`; blank where no
    such sentence is made.
    """

    table: str
    codes: str
    title: str
    heading: str
    names: str
    note: str = ""
    inner: str = ""
    overlap: str = ""
    shares: str = ""
    foremost: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page with tables: its address, its title, and what it says where the place has none of them."""

    anchor: str
    title: str
    tables: tuple[TableWords, ...]
    without: str


COVERAGE = TableWords(
    "coverage",
    "",
    mark("Collectives"),
    mark("Collectives"),
    "",
    mark("A collective that files nothing is not a place without incidents."),
)
ACCOUNTING = TableWords(
    "accounting",
    "",
    mark("What became of the rows received"),
    mark("What became of them"),
    "",
    mark("One row is one report on one form. Several reports can tell of one incident."),
)
TOTAL = TableWords("total", "", mark("All incidents"), mark("Place"), mark("places"))
RANGE = TableWords(
    "range",
    "",
    mark("How much hangs on doubtful reports"),
    mark("If all doubtful reports"),
    "",
    mark(
        "Some reports may tell of one incident, and people had not decided whether they do when the month closed. "
        "Both counts are rounded; where they are alike, the doubt is too small to be seen in them, or there is none."
    ),
)
STATES = TableWords(
    "total",
    "states",
    mark("Incidents by state and union territory"),
    mark("State or union territory"),
    mark("states and union territories"),
    mark(
        "In the order of their codes. States are not ranked: where collectives reach more survivors, more is "
        "reported."
    ),
)
DISTRICTS = TableWords(
    "by_district",
    "districts",
    mark("Incidents by district"),
    mark("District"),
    mark("districts"),
    mark(
        "Only where the district was reported. Districts are not ranked: where collectives reach more "
        "survivors, more is reported."
    ),
)
DUTY_BEARERS = TableWords(
    "by_duty_bearer",
    "duty_bearers",
    mark("Incidents by duty-bearer"),
    mark("Duty-bearer"),
    mark("duty-bearers"),
    mark("Which kind of office was to give the service."),
    foremost=mark(
        "Of the duty-bearers whose figure is published, the one most often reported is “{row}”: about {value} "
        "incidents."
    ),
)
SERVICES = TableWords(
    "by_service",
    "services",
    mark("Incidents by service"),
    mark("Service"),
    mark("services"),
    mark("What the survivor had asked for."),
    foremost=mark(
        "Of the services whose figure is published, the one most often reported is “{row}”: about {value} incidents."
    ),
)
KINDS = TableWords(
    "by_incident_kind",
    "incident_kinds",
    mark("Incidents by what happened"),
    mark("What happened"),
    mark("kinds of incident"),
    overlap=mark("One incident can be of several kinds and then stands in several rows."),
    shares=mark(
        "One incident can be of several kinds and then stands in several rows, so that the shares can add up to more "
        "than 100%."
    ),
    foremost=mark(
        "Of the kinds of incident whose figure is published, the one most often reported is “{row}”: about {value} "
        "incidents."
    ),
)
_CROSSING = (
    "duty_bearers",
    mark("Incidents by duty-bearer and what happened"),
    mark("What happened"),
    mark("duty-bearers"),
    mark(
        "Only combinations whose figure is published are listed, in the order of the codes. One incident can be of "
        "several kinds."
    ),
    "incident_kinds",
)
CROSSING = TableWords("duty_bearer_by_incident_kind", *_CROSSING)
YEARLY_CROSSING = TableWords("state_duty_bearer_by_incident_kind", *_CROSSING)
GROUNDS = TableWords(
    "by_grounds",
    "grounds",
    mark("Incidents by grounds"),
    mark("Grounds"),
    mark("grounds"),
    mark(
        "On what grounds the survivor was treated so, as she or her collective saw it. An incident for which "
        "none was reported stands in no row."
    ),
    overlap=mark("One incident can have several grounds and then stands in several rows."),
    shares=mark(
        "One incident can have several grounds and then stands in several rows, so that the shares can add "
        "up to more than 100%."
    ),
)
GENDERS = TableWords(
    "by_survivor_gender",
    "survivor_genders",
    mark("Incidents by gender of the survivor"),
    mark("Gender"),
    mark("genders"),
    mark("Only where it was reported."),
)
AGES = TableWords(
    "by_survivor_age_band",
    "survivor_age_bands",
    mark("Incidents by age of the survivor"),
    mark("Age"),
    mark("age bands"),
    mark("Only where it was reported. Reports of persons under 18 need the consent of a guardian."),
)
RESOLUTIONS = TableWords(
    "by_resolution",
    "resolutions",
    mark("Incidents by how they stand"),
    mark("How it stands"),
    mark("outcomes"),
    mark("As it stood when the collective sent the report."),
)
DELAYS = TableWords(
    "by_delay_band",
    "delay_bands",
    mark("Incidents by when they happened"),
    mark("When it happened"),
    mark("spans of time"),
    mark("In whole calendar months, against the month of the return that first told of it."),
)

PROVISIONS = TableWords(
    "by_legal_provision",
    "legal_provisions",
    mark("Incidents by provision of the law"),
    mark("Provision"),
    mark("provisions"),
)
LATE = TableWords(
    "late_by_legal_provision",
    "legal_provisions",
    mark("Incidents late against the law"),
    mark("Provision"),
    mark("provisions"),
)

SECTIONS = (
    Section(
        "places",
        mark("How many, and where"),
        (TOTAL, RANGE, STATES, DISTRICTS),
        "",
    ),
    Section(
        "refusals",
        mark("Who refused what"),
        (DUTY_BEARERS, SERVICES, KINDS, CROSSING, YEARLY_CROSSING),
        "",
    ),
    Section(
        "survivors",
        mark("Which survivors"),
        (GROUNDS, GENDERS, AGES),
        mark(
            "On what grounds survivors were treated so, their gender and their age are published for all India only: "
            "for a single state too few persons stand behind such figures."
        ),
    ),
    Section(
        "course",
        mark("When it happened, and how it stands"),
        (DELAYS, RESOLUTIONS),
        mark("When incidents happened and how they stand is published for all India only."),
    ),
)
"""The parts of the page with tables of incidents, in their order; each place has those that the plan gives it."""

RANGE_MEASURES = {
    "incidents_if_doubtful_are_one": (
        mark("tell of an incident already counted"),
        mark("the fewest there can be"),
    ),
    "incidents_if_doubtful_are_several": (
        mark("tell of incidents of their own"),
        mark("the most there can be; as counted"),
    ),
}
"""Ends of the range: a label and what it means."""

MEASURES = {
    "collectives_expected": (mark("Expected"), mark("collectives that take part this month")),
    "collectives_filed": (mark("Filed"), mark("collectives that sent a return this month")),
    "rows_received": (mark("Received"), mark("in all returns of the month")),
    "rows_held": (
        mark("Held back"),
        mark("they held what could name a person, and went no further"),
    ),
    "rows_quarantined": (
        mark("Quarantined"),
        mark("they broke a rule of the form and wait for mending"),
    ),
    "rows_withdrawn": (
        mark("Withdrawn"),
        mark("taken back by the collective, and the requests to do so"),
    ),
    "rows_superseded": (mark("Superseded"), mark("replaced by a later correction")),
    "rows_duplicate": (
        mark("Duplicates"),
        mark("they tell again of an incident already counted"),
    ),
    "rows_counted": (mark("Counted"), mark("one row for each incident")),
    **RANGE_MEASURES,
}
"""Measures in the order of the process: a label and what it means."""

CROSSING_REST = mark("All other kinds")

NATION = mark("India")

RESIDUAL_CODES = frozenset({"other", "unknown", "undisclosed"})
"""Codes, in lower case, that name no one thing: no plain finding is made of them."""

TABLES = (
    COVERAGE,
    ACCOUNTING,
    *(words for section in SECTIONS for words in section.tables if words is not STATES),
    PROVISIONS,
    LATE,
)
"""All tables of figures, in the order of the page."""
