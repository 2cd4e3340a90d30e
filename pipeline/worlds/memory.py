"""What a teller remembers otherwise, rounds, mistakes or leaves out.

The same errors befall one who copies a form, only more rarely.
"""

from collections.abc import Mapping

import numpy as np

from pipeline.contract import Contract
from pipeline.example.chance import Chance, Flags, Fractions, Numbers
from pipeline.example.habits import load_answers, load_duty_bearers, load_kinds
from pipeline.example.world import NOTHING, Columns
from pipeline.worlds.days import blur_days
from pipeline.worlds.ground import Ground
from pipeline.worlds.neighbours import swap
from pipeline.worlds.people import OF_PERSON, pick_grounds
from pipeline.worlds.setting import Setting

_COUNTS = ("visits", "recounted")
_FORTNIGHT = 14
_FARTHER = 6


def remember(
    chance: Chance, told: Columns, care: Fractions, ground: Ground, setting: Setting, contract: Contract
) -> Columns:
    """Return what is told instead of `told`; `care` is the factor on all rates, 0 for no error at all.

    Columns that change: day, day_known, approached, visits, recounted, amount, kind_1 to kind_3, service,
    bearer, area (-1: the district is left out), ground_1, ground_2 and the answers of `people.OF_PERSON`.
    """
    err = _Errors(chance, care, setting)
    changed = dict(told)
    changed |= blur_days(chance.branch("days"), told, care, ground, setting)
    changed |= _recall_numbers(err, told)
    changed |= _recall_kinds(err, told)
    changed |= _recall_codes(err, told, ground, contract)
    return changed | _recall_person(err, told)


class _Errors:
    """Draws that say in which rows an error happens; each error has a stream of its own."""

    def __init__(self, chance: Chance, care: Fractions, setting: Setting) -> None:
        self.chance, self._care, self._setting = chance, care, setting
        self.count = len(care)

    def happen(self, rate: str, *keys: object) -> Flags:
        drawn = self.chance.branch(rate, *keys).fractions(self.count)
        return np.asarray(drawn < self._care * float(getattr(self._setting, rate)))

    def below(self, limit: int, *keys: object) -> Numbers:
        return self.chance.branch("below", *keys).below(limit, self.count)


def _recall_numbers(err: _Errors, told: Columns) -> Columns:
    changed = {}
    for name in _COUNTS:
        step = np.where(err.below(3, name) == 0, 2, 1) * np.where(err.below(2, name, "down") == 0, -1, 1)
        count = np.where(err.happen("count_off", name), np.maximum(told[name] + step, 1), told[name])
        lost = (told[name] < 0) | err.happen("count_dropped", name)
        changed[name] = np.where(lost, NOTHING, count)
    amount, slip = told["amount"], err.below(4, "slip")
    wrong = (amount * (3 + err.below(5, "wrong"))) // 2
    slipped = np.select(
        [slip == 0, slip == 1, slip == 2], [np.maximum(amount // 10, 10), amount * 10, wrong], _round(amount)
    )
    amount = np.where((amount > 0) & err.happen("amount_slip"), slipped, amount)
    changed["amount"] = np.where(err.happen("amount_dropped"), NOTHING, amount)
    shift = err.below(2 * _FORTNIGHT + 1, "approach") - _FORTNIGHT
    # Some take an earlier matter's first visit for this one's.
    shift = np.where(err.below(5, "far") == 0, -_FARTHER * np.abs(shift), shift)
    approached = told["approached"] + np.where(err.happen("approached_shifted"), shift, 0)
    lost = (told["approached"] < 0) | err.happen("approached_dropped")
    return changed | {"approached": np.where(lost, NOTHING, approached)}


def _round(amount: Numbers) -> Numbers:
    unit = np.where(amount >= 1000, 1000, 100)
    return np.asarray(np.maximum(unit, (amount + unit // 2) // unit * unit))


def _recall_kinds(err: _Errors, told: Columns) -> Columns:
    kinds = load_kinds()
    first, second, third = (told[name] for name in ("kind_1", "kind_2", "kind_3"))
    near = swap("kind", (*kinds, "OTHER"), first, err.below(2, "kind"))
    fewer, more = err.happen("kinds_fewer"), err.happen("kinds_more")
    mistaken = err.happen("kind_neighbour")
    second = np.where(more & (second < 0), near, second)
    return {
        "kind_1": np.where(mistaken, near, first),
        "kind_2": np.where(fewer, NOTHING, second),
        "kind_3": np.where(fewer, NOTHING, third),
    }


def _recall_codes(err: _Errors, told: Columns, ground: Ground, contract: Contract) -> Columns:
    services, turns = tuple(contract.codes_of("service").codes), err.below(2, "code")
    service = swap("service", services, told["service"], turns)
    bearer = swap("bearer", load_duty_bearers(), told["bearer"], turns)
    elsewhere = ground.next_area[np.maximum(told["area"], 0)]
    moved = err.happen("district_neighbour") & (told["area"] >= 0)
    area = np.where(moved, elsewhere, told["area"])
    return {
        "service": np.where(err.happen("service_neighbour"), service, told["service"]),
        "bearer": np.where(err.happen("bearer_neighbour"), bearer, told["bearer"]),
        "area": area,
        "district_told": told["district_told"] & ~err.happen("district_missing"),
    }


def _recall_person(err: _Errors, told: Columns) -> Columns:
    answers = load_answers()
    changed = {}
    for field in OF_PERSON:
        blank = np.where(err.below(2, field) == 0, 0, answers[field].codes.index(_UNDISCLOSED[field]))
        other = err.chance.branch("other", field).pick(answers[field].weights, err.count)
        differs = err.happen("person_differs", field) & (err.below(_SURE[field], "sure", field) == 0)
        changed[field] = np.where(
            err.happen("undisclosed", field), blank, np.where(differs, other, told[field])
        )
    band, changed_band = told["survivor_age_band"], changed["survivor_age_band"]
    bands = answers["survivor_age_band"].codes
    grown = [bands.index(code) for code in ("18_24", "25_34", "35_plus")]
    step = np.where(err.below(2, "band") == 0, -1, 1)
    near = np.clip(band + step, grown[0], grown[-1])
    older = np.isin(band, grown) & (changed_band == band) & err.happen("age_off")
    changed["survivor_age_band"] = np.where(older, near, changed_band)
    differ, others = err.happen("grounds_differ"), pick_grounds(err.chance.branch("others"), err.count)
    return changed | {name: np.where(differ, others[name], told[name]) for name in others}


_SURE: Mapping[str, int] = {
    "survivor_gender": 5,
    # Only the next band is mistaken for hers; see `age_off`.
    "survivor_age_band": 1_000_000,
    "trafficking_form": 1,
    "offence_before_july_2024": 1,
}
_UNDISCLOSED: Mapping[str, str] = {
    "survivor_gender": "undisclosed",
    "survivor_age_band": "undisclosed",
    "trafficking_form": "undisclosed",
    "offence_before_july_2024": "unknown",
}
