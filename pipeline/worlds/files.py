"""The data files beside the modules."""

import csv
from pathlib import Path


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of this package."""
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
