"""`schemas/README.md` tells of screening what was measured, and names every rule and every meaning of a word."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import bench.screening
from bench.screening.wording import SCRIPTS
from pipeline.contract import SCHEMAS

README = (SCHEMAS / "README.md").read_text(encoding="utf-8")
KEPT = json.loads((Path(bench.screening.__file__).parent / "latest.json").read_text(encoding="utf-8"))


def draw_row(says: str, scores: dict[str, Any], name: str, whole: float) -> str:
    shares = [whole, *(scores["by_script"][script][name] for script in SCRIPTS.values())]
    return f"| {says} | {' | '.join(f'{100 * share:.2f} %' for share in shares)} |"


def draw_figures() -> str:
    ours, peer = KEPT["ours"], KEPT["presidio"]
    return "\n".join(
        [
            f"| | all | {' | '.join(SCRIPTS.values())} |",
            f"|---|{'---|' * (len(SCRIPTS) + 1)}",
            draw_row("narratives with an identifier that are held", ours, "recall", ours["recall"]),
            draw_row("narratives without one that are held", ours, "false_holds", ours["false_holds"]),
            draw_row("the same of Presidio: with", peer, "recall", peer["recall"]),
            draw_row("the same of Presidio: without", peer, "false_holds", peer["false_holds"]),
        ]
    )


def test_the_figures_are_those_of_the_last_measurement() -> None:
    expected = draw_figures()
    told = README.split("<!-- figures of screening -->\n")[1].split("\n<!-- end of figures of screening -->")[
        0
    ]
    assert told == expected, f"Put this table into schemas/README.md:\n{expected}"


def test_every_rule_of_screening_is_told() -> None:
    with (SCHEMAS / "rules.csv").open(encoding="utf-8", newline="") as lines:
        rules = {row["rule"] for row in csv.DictReader(lines) if row["stage"] == "screen"}
    section = README.split("## What screening finds")[1].split("**Measured**")[0]
    assert set(re.findall(r"`([a-z_]+)`", section)) == rules


def test_every_meaning_of_cue_words_is_told() -> None:
    with (SCHEMAS / "screening" / "cues.csv").open(encoding="utf-8", newline="") as lines:
        meanings = {row["meaning"] for row in csv.DictReader(lines)}
    section = README.split("### To add a cue word")[1].split("\n1. ")[0]
    told = set(re.findall(r"`([a-z_0-9]+)`", section)) - {"meaning", "language", "spelling"}
    assert told | {f"digit_{digit}" for digit in range(10)} == meanings
