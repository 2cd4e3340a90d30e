"""Codes that are mistaken for each other, by number, from `neighbours.csv`."""

import functools
from collections.abc import Sequence

import numpy as np

from pipeline.example.chance import Numbers
from pipeline.worlds.files import read_table


def swap(field: str, codes: Sequence[str], numbers: Numbers, turns: Numbers) -> Numbers:
    """Return a neighbour of each code, the code itself where it has none; `turns` choose among several."""
    table = _neighbours(field, tuple(codes))
    known = np.maximum(numbers, 0)
    return np.where(numbers < 0, numbers, table[known, turns % table.shape[1]])


@functools.cache
def _neighbours(field: str, codes: tuple[str, ...]) -> Numbers:
    rows = {
        row["code"]: row["neighbours"].split()
        for row in read_table("neighbours.csv")
        if row["field"] == field
    }
    listed = [[codes.index(code) for code in rows.get(code_, [code_])] for code_ in codes]
    return np.array([(others * 2)[:2] for others in listed], dtype=np.int64)
