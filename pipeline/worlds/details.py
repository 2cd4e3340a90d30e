"""Details of an incident that survive retelling: invented names of places, and numbers.

A detail that nobody would tell is -1. Women of one visit waited the same hours in the same room; a later refusal
at the same desk has other hours and the same market next door.
"""

from collections.abc import Mapping

import numpy as np

from pipeline.example.chance import Chance, Numbers
from pipeline.example.world import NOTHING, Columns
from pipeline.worlds.mixing import mix_below
from pipeline.worlds.setting import Setting

NAMED = ("village", "landmark", "stop")
"""Details that are the number of a name, see `names`."""

COUNTED: Mapping[str, Numbers] = {
    "hours": np.arange(1, 9),
    "people": np.concatenate([np.arange(2, 20), np.array([25, 30, 40, 50])]),
    "rupees": np.arange(1),
    "fare": np.arange(20, 500, 10),
    "queue": np.arange(3, 60),
    "clock": np.arange(9, 18) % 13 + np.arange(9, 18) // 13,
    "papers": np.arange(2, 12),
}
"""Details that are a number, and the numbers they may be; rupees are the amount demanded."""

DETAILS = (*NAMED, *COUNTED)

_NAME_SPACE = 1 << 40


def invent_details(chance: Chance, people: Columns, incidents: Columns, setting: Setting) -> Columns:
    """Return the details of each incident as `detail_<name>`, NOTHING where they are not worth telling."""
    count, leader = len(incidents["person"]), incidents["leader"]
    values = {
        "village": people["village"][incidents["person"]],
        "landmark": mix_below(_NAME_SPACE, incidents["area"], incidents["bearer"], incidents["office"]),
        "stop": chance.below(_NAME_SPACE, count)[leader],
        **{name: known[chance.below(len(known), count)][leader] for name, known in COUNTED.items()},
    }
    values["rupees"] = incidents["amount"]
    told = {}
    for name in DETAILS:
        salient = chance.happens(setting.salient, count)[leader]
        told[f"detail_{name}"] = np.where(salient, values[name], NOTHING)
    return told
