"""Who tells of which incident, when, and in which return.

A *telling* is one row of a return. Tellings are numbered in the order in which they stand in the returns:
by month, collective and file, then by the day of recording and the writer.
"""

import numpy as np

from pipeline.example.chance import Chance, Fractions, Numbers, falling_weights
from pipeline.example.world import Columns, Month
from pipeline.settings import next_month
from pipeline.worlds.ground import Ground
from pipeline.worlds.setting import Setting
from pipeline.worlds.writers import Writers

FIRST, BY_OTHERS, BY_COLLEAGUE, AGAIN, TWICE, RESENT = range(6)
"""Ways of telling: the first, another collective's, a colleague's, the same writer's weeks later or in the same
sitting, a file sent again."""

_MEMBER_RETOLD = 0.6
_BY_SECOND = 0.3
_BOTH_TELL = 4
_LONGEST_LAG = 20
_WEEKS_LATER = 5


def tell(
    chance: Chance, ground: Ground, people: Columns, incidents: Columns, writers: Writers, setting: Setting
) -> Columns:
    """Return all tellings, not yet in order.

    Columns: incident, writer, collective, way, recorded (day), month (-1, 0 or 1: the return before, this, or
    the next), file (1 in a file sent again, else 0), source (the telling whose form this one copies, mostly
    itself).
    """
    who = _Tellers(ground, people, incidents, writers)
    first = who.tell_first(chance.branch("first"), setting)
    parts, again_told = [first], np.zeros(len(first["incident"]), dtype=np.int64)
    for way in (BY_OTHERS, BY_COLLEAGUE, AGAIN, TWICE):
        further = np.where(again_told == 1, setting.third_teller, 0.0)
        rates = np.where(again_told == 0, _rates(way, people, incidents, setting), further)
        again = _choose_retold(chance.branch("retold", way), rates, incidents, way, setting)
        parts.append(who.tell_again(chance.branch("again", way), first, again, way, setting))
        again_told[parts[-1]["incident"]] += 1
    told = {name: np.concatenate([part[name] for part in parts]) for name in first}
    told["file"] = np.zeros(len(told["way"]), dtype=np.int64)
    told["source"] = _choose_sources(chance.branch("sources"), told, setting)
    return _send_again(chance.branch("resent"), told, ground, setting)


class _Tellers:
    def __init__(self, ground: Ground, people: Columns, incidents: Columns, writers: Writers) -> None:
        self._ground, self._writers, self._incidents = ground, writers, incidents
        host = incidents["person"][incidents["leader"]]
        self._second, self._own = people["second"][host], people["collective"][host]
        self._area, self._slot = people["area"][host], people["slot"][host]

    def tell_first(self, chance: Chance, setting: Setting) -> Columns:
        """Let each person's own writer tell; one writer tells of all members of a group visit in one sitting."""
        day, leader = self._incidents["day"], self._incidents["leader"]
        count, month = len(day), self._ground.month
        second = (self._second >= 0) & chance.happens(_BY_SECOND, count)[leader]
        collective = np.where(second, self._second, self._own)
        writer = self._ground.local_writers(collective, self._area, self._slot)
        lag = chance.pick(falling_weights(_LONGEST_LAG), count)[leader]
        early = (day + lag < month.first) & chance.happens(setting.earlier_return, count)[leader]
        spread = month.first + chance.below(month.last - month.first + 1, count)[leader]
        start = np.where(day + lag < month.first, np.where(early, day + lag, spread), day + lag)
        late = chance.happens(setting.later_return, count)[leader]
        start = np.where(late, month.last + 1 + lag, np.minimum(start, month.last))
        return {
            "incident": np.arange(count, dtype=np.int64),
            "writer": writer,
            "collective": collective,
            "way": np.full(count, FIRST, dtype=np.int64),
            **self._record(writer, start),
        }

    def tell_again(
        self, chance: Chance, first: Columns, incident: Numbers, way: int, setting: Setting
    ) -> Columns:
        """Let another collective, a colleague or the first writer tell of these incidents, too."""
        leader, month = self._incidents["leader"], self._ground.month
        count, rows = len(leader), leader[incident]
        writer, collective, area = (
            first["writer"][incident],
            first["collective"][incident],
            self._area[incident],
        )
        if way == BY_OTHERS:
            other = self._ground.choose_collectives(self._area, chance.branch("other"), first["collective"])
            second = np.where(self._second == first["collective"], self._own, self._second)
            collective = np.where(second >= 0, second, other[leader])[incident]
            writer = self._ground.local_writers(np.maximum(collective, 0), area, self._slot[incident])
        elif way == BY_COLLEAGUE:
            writer = self._ground.local_writers(collective, area, self._slot[incident] + 1)
        lag = chance.pick(falling_weights(_LONGEST_LAG), count)[rows]
        earliest = first["recorded"][incident] + _WEEKS_LATER
        start = (earliest if way == AGAIN else self._incidents["day"][incident]) + lag
        start = np.where(start < month.first, month.first + lag, start)
        late = chance.happens(setting.later_return, count)[rows]
        start = np.where(late, np.maximum(start, month.last + 1 + lag), start)
        when = self._record(writer, start)
        if way == TWICE:
            when = {name: first[name][incident] for name in when}
        told = {"incident": incident, "writer": writer, "collective": collective}
        told |= {"way": np.full(len(incident), way, dtype=np.int64), **when}
        usable = collective >= 0
        if way == BY_COLLEAGUE:
            usable = writer != first["writer"][incident]
        return {name: values[usable] for name, values in told.items()}

    def _record(self, writer: Numbers, start: Numbers) -> Columns:
        """Return when each writer sits down from `start` on, at the latest as the return is sent."""
        key = self._ground.month.key
        ends = np.array(
            [self._ground.month.first - 1, self._ground.month.last, Month.of(next_month(key)).last]
        )
        month = np.searchsorted(ends[:2], start).astype(np.int64) - 1
        return {
            "recorded": np.minimum(self._writers.next_sitting(writer, start), ends[month + 1]),
            "month": month,
        }


def _rates(way: int, people: Columns, incidents: Columns, setting: Setting) -> Fractions:
    both = people["second"][incidents["person"]] >= 0
    rates = {
        BY_COLLEAGUE: setting.told_by_colleague,
        AGAIN: setting.told_again,
        TWICE: setting.told_twice,
        BY_OTHERS: setting.told_by_others,
    }
    return np.where(both & (way == BY_OTHERS), _BOTH_TELL, 1) * rates[way]


def _choose_retold(
    chance: Chance, rates: Fractions, incidents: Columns, way: int, setting: Setting
) -> Numbers:
    """Return the incidents told again in this way; other collectives retell group visits as a whole."""
    count = len(rates)
    alone = chance.fractions(count) < rates
    if way != BY_OTHERS:
        return np.flatnonzero(alone)
    grouped = incidents["group"] >= 0
    together = chance.happens(setting.group_retold, count)[incidents["leader"]]
    return np.flatnonzero(np.where(grouped, together & chance.happens(_MEMBER_RETOLD, count), alone))


def _choose_sources(chance: Chance, told: Columns, setting: Setting) -> Numbers:
    """Return which telling each one copies: the first of its incident, or none but itself."""
    count = len(told["incident"])
    rates = np.array([0.0, setting.referred, 0.0, setting.typed_from_form, setting.typed_from_form])[
        told["way"]
    ]
    copies = (chance.fractions(count) < rates) & (told["recorded"] >= told["recorded"][told["incident"]])
    return np.where(copies, told["incident"], np.arange(count))


def _send_again(chance: Chance, told: Columns, ground: Ground, setting: Setting) -> Columns:
    """Add the files that a writer sends again, at the end of the same return or in the next."""
    careless = chance.happens(setting.resent_files, ground.writers)
    later = chance.happens(0.5, ground.writers)
    rows = np.flatnonzero(careless[told["writer"]] & (told["month"] == 0))
    again = {name: values[rows] for name, values in told.items()}
    again |= {
        "way": np.full(len(rows), RESENT, dtype=np.int64),
        "month": later[again["writer"]].astype(np.int64),
        "file": np.ones(len(rows), dtype=np.int64),
        "source": rows,
    }
    return {name: np.concatenate([told[name], again[name]]) for name in told}


def put_in_order(chance: Chance, told: Columns, incidents: Columns, reports: int) -> Columns:
    """Return the first `reports` tellings of incidents in random order, sorted as they stand in the returns.

    `source` is numbered anew; a column teller counts the tellings of each incident from 0.
    """
    rank = chance.shuffled(len(incidents["person"]))
    kept = np.lexsort((told["way"], rank[told["incident"]]))[:reports]
    told = {name: values[kept] for name, values in told.items()} | {"old": kept}
    begins = np.append(True, told["incident"][1:] != told["incident"][:-1])
    place = np.arange(len(kept), dtype=np.int64)
    told["teller"] = place - np.maximum.accumulate(np.where(begins, place, 0))
    keys = ("month", "collective", "file", "recorded", "writer")
    leader = incidents["leader"][told["incident"]]
    order = np.lexsort(
        (told["way"], rank[told["incident"]], rank[leader], *(told[name] for name in reversed(keys)))
    )
    told = {name: values[order] for name, values in told.items()}
    old = told.pop("old")
    by_age = np.argsort(old, kind="stable")
    told["source"] = by_age[np.searchsorted(old[by_age], told["source"])]
    return told
