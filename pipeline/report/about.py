"""What is said of an edition wherever its figures go without its pages: who publishes what, and how to take it.

In English. Nothing here looks at a figure.
"""

from pipeline.language import ENGLISH, clean_label, load_language
from pipeline.report.edition import Edition

PUBLISHER = "Jawabdehi"
"""The organization that figures are cited by; never a person."""

LICENCE_NAME = "Creative Commons Attribution 4.0 International"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"

NOT_PREVALENCE = "Reported to us, not prevalence"
MADE_UP = "Made-up example"
SOURCE = "Reports of survivors' collectives on one common form"

KEYWORDS = (
    "accountability",
    "human trafficking",
    "India",
    "refusal of services",
    "survivors",
    "victim assistance",
)

METHOD = (
    "Survivors' collectives fill one form for each refusal, delay or abuse that a survivor, or someone who went "
    "with her, met at an office. Reports of the same incident are recognised and counted once. A figure is "
    "published only where, as far as can be known, at least ten different persons stand behind it, and not where "
    "it would give away one that is not."
)

_LIMITS = (
    "Where collectives reach more survivors, more is reported, so places cannot be ranked by these figures. Counts "
    "of incidents are rounded to the nearest 5, and the true count lies between the two bounds, both included. A "
    "figure that is not published can stand for none, for few, or for one that would give another away."
)


def title_edition(edition: Edition) -> str:
    """Return the title of all that is published of a month."""
    return mark_made_up(f"Accountability figures, {_say_month(edition)}", edition)


def title_page(edition: Edition, place: str) -> str:
    """Return the title of the page of a place; that it is made up is marked by who uses it."""
    return f"Accountability report: {clean_label(place)}, {_say_month(edition)}"


def mark_made_up(title: str, edition: Edition) -> str:
    """Return a title that cannot be cited by mistake where the edition counts made-up returns."""
    return f"{MADE_UP}, do not cite: {title}" if edition.is_made_up else title


def describe_edition(edition: Edition, place: str = "India") -> str:
    """Return two paragraphs on what is counted for a place and what it cannot be used to say."""
    summary = (
        f"Incidents of refusal, delay and abuse by duty-bearers that collectives of trafficking survivors reported "
        f"for {clean_label(place)} in {_say_month(edition)}. {NOT_PREVALENCE}."
    )
    return f"{mark_made_up(summary, edition)}\n\n{_LIMITS}"


def _say_month(edition: Edition) -> str:
    return load_language(ENGLISH).say_period(edition.month)
