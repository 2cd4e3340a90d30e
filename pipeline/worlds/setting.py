"""How messy a made-up world is: one rate for every habit and mistake, and three named settings."""

import dataclasses
from dataclasses import dataclass

from pipeline.example.chance import Chance
from pipeline.worlds.files import read_table

_COUNTS = frozenset({"reports_an_office", "reports_a_district", "reports_a_writer"})
_BEYOND = 0.15
_APART = 0.4


@dataclass(frozen=True)
class Setting:
    """Rates of a world; the numbers of the named settings stand in `settings.csv`.

    All are shares from 0 to 1 but the first three, which keep the density of a world the same at any size.
    A rate of memory is meant for a teller of ordinary care who heard of the incident from others.
    """

    reports_an_office: float  # reports for which the world has one office more
    reports_a_district: float  # reports for which it has one district more, as long as there are any
    reports_a_writer: float  # reports for which a collective has one writer more

    several_matters: float  # people who go to offices for more than one matter
    follow_ups: float  # refusals followed by another at the same desk, days or weeks later
    follow_up_alike: float  # follow-ups in which the same happens as the time before
    group_visits: float  # incidents in which several people are refused together
    group_alike: float  # members of a group visit to whom just the same happens
    second_collective: float  # people who belong to two collectives

    told_by_others: float  # incidents told by another collective, too
    told_by_colleague: float  # incidents told by another writer of the same collective, too
    told_again: float  # incidents that the same writer tells again weeks later, under a new report id
    told_twice: float  # incidents that the same writer enters twice in one sitting
    third_teller: float  # incidents told twice that are told once more, for each way left
    group_retold: float  # group visits some of whose members another collective tells of, too
    referred: float  # tellings by others that are copies of the first form, since the case was referred
    typed_from_form: float  # tellings again that are typed from the first form, not from memory
    resent_files: float  # writers whose whole file is sent again with new report ids
    earlier_return: float  # first tellings that are in the return of the month before, where time allows
    later_return: float  # tellings that are in the return of the next month

    first_hand: float  # how often a first teller errs: this share of the rates below
    typing: float  # how often a copy errs: this share of the rates below
    careless_spread: float  # how far writers' care differs: 0 all alike, 1 from none to twice the rates

    day_off: float  # the day is one to three days off
    day_heaped: float  # the day is moved to the nearest of the 1st, 5th, 10th, 15th, 20th, 25th
    day_swapped: float  # digits of the day, or day and month, are swapped
    month_wrong: float  # the day is right and the month is the one before
    month_only: float  # the day is left out
    approached_dropped: float  # the first approach is left out
    approached_shifted: float  # the first approach is up to two weeks off, seldom months
    count_dropped: float  # visits, or times recounted, are left out
    count_off: float  # visits, or times recounted, are one or two off
    amount_dropped: float  # the amount demanded is left out
    amount_slip: float  # the amount demanded is rounded, has a zero too many or too few, or is another
    kinds_fewer: float  # only the main kind of several is told
    kinds_more: float  # a kind is added
    kind_neighbour: float  # the main kind is told as a neighbouring one
    service_neighbour: float  # the service is told as a neighbouring one of the same duty-bearer
    bearer_neighbour: float  # the duty-bearer is told as a neighbouring one
    district_missing: float  # the district is left out
    district_neighbour: float  # another district of the state is told
    age_off: float  # the age band is the next one
    undisclosed: float  # age, gender or form of trafficking is undisclosed or left out
    grounds_differ: float  # other grounds are given
    person_differs: float  # another form of trafficking or time of the offence is told, seldom another gender
    outcome_differs: float  # who tells again tells another outcome, or another escalation

    writes_other_service: float  # writers who always choose OTHER as service
    writes_one_kind: float  # writers who always choose the same kind
    writes_parent_bearer: float  # writers who write DLSA for SLSA, the police station for the SP, and so on
    writes_one_visit: float  # writers who always write one visit
    writes_one_ground: float  # writers who always give the same ground
    writes_no_day: float  # writers who never give a day
    writes_no_office: float  # writers who never name the office
    heaps_days: float  # writers who always heap days
    pastes_always: float  # writers who paste one text into every report
    pastes_in_sitting: float  # writers who paste one text into all reports of a sitting
    writes_no_narrative: float  # writers who never tell
    writes_little: float  # writers whose narratives are a few words or boilerplate
    leaves_recorder_blank: float  # writers who do not give their code
    writes_no_token: float  # writers who never give a case token

    group_pasted: float  # group visits told by one writer with one pasted text
    group_copied: (
        float  # members of a group visit whose own age, grounds and numbers are copied from the first
    )

    token_missing: float  # reports without a case token, by writers who give it
    token_typo: float  # case tokens with one wrong character
    token_of_other: float  # people who go under another person's token
    network_key: float  # collectives that make tokens with the key that their network shares

    office_missing: float  # reports without an office, by writers who name it
    office_respelled: float  # reports in which a writer names an office otherwise than usual
    office_typo: float  # names of offices with a letter missing
    office_bare: float  # names of offices without number and district

    narrative_missing: float  # reports without a narrative, by writers who tell
    other_language: float  # reports in another language than the writer's usual one
    salient: float  # details of an incident that are worth telling
    detail_kept: float  # details worth telling that a teller tells
    number_changed: float  # told numbers that differ from what happened


def mix_settings(one: Setting, other: Setting, share: float) -> Setting:
    """Return the setting that lies at `share` (0 to 1) of the way from `one` to `other`."""
    return Setting(
        **{
            field.name: _between(getattr(one, field.name), getattr(other, field.name), share)
            for field in dataclasses.fields(Setting)
        }
    )


def draw_setting(seed: int) -> Setting:
    """Return a random setting between EASY and MESSY and a bit beyond, for learning on many worlds.

    Every rate is drawn by itself, around a level that all have in common: there are easy worlds, messy ones,
    and worlds that are messy in their own ways. The same seed gives the same setting.
    """
    chance = Chance("setting", seed)
    level = float(chance.fractions(1)[0])
    drawn = {}
    for field in dataclasses.fields(Setting):
        apart = (float(chance.branch(field.name).fractions(1)[0]) * 2 - 1) * _APART
        share = min(max(level + apart, -_BEYOND), 1 + _BEYOND)
        value = _between(getattr(EASY, field.name), getattr(MESSY, field.name), share)
        drawn[field.name] = value if field.name in _COUNTS else min(max(value, 0.0), 1.0)
    return Setting(**drawn)


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share


def _read_setting(name: str) -> Setting:
    return Setting(**{row["rate"]: float(row[name]) for row in read_table("settings.csv")})


EASY = _read_setting("easy")
"""Retyped rows, spelling variants, days off by one or two, copies between collectives; little else."""

KEPT = _read_setting("kept")
"""Forms kept well: people err, writers have few bad habits."""

MESSY = _read_setting("messy")
"""Bad habits everywhere, many group visits and many incidents of the same people."""
