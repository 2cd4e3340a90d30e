"""Made-up worlds with known truth, for learning and testing record linkage.

Every person, office, place, incident and number in them is invented; no figure made from them says anything about
anyone. Here belongs the simulation of a world: people who live through several incidents, women refused together,
tellers who forget, writers with habits, and what is true in it all. Nothing here knows how reports are linked, so
that the truth does not follow the linkage's own model. How messy a world is stands in `settings.csv`.
"""

from pipeline.worlds.forms import WORLD_REPORTS_SCHEMA
from pipeline.worlds.inbox import write_returns
from pipeline.worlds.setting import EASY, KEPT, MESSY, Setting, draw_setting, mix_settings
from pipeline.worlds.world import WORLD_TRUTH_SCHEMA, World, invent_world

__all__ = [
    "EASY",
    "KEPT",
    "MESSY",
    "WORLD_REPORTS_SCHEMA",
    "WORLD_TRUTH_SCHEMA",
    "Setting",
    "World",
    "draw_setting",
    "invent_world",
    "mix_settings",
    "write_returns",
]
