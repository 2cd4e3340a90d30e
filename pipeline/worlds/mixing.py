"""Numbers that look random and depend on nothing but the numbers that they are mixed from."""

import numpy as np
import numpy.typing as npt

from pipeline.example.chance import Numbers

Words = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mix(*numbers: Numbers | int) -> Words:
    """Return 64 mixed bits for each place; arrays have one length, single numbers hold for all places.

    The mixing is that of SplitMix64 (Steele, Lea, Flood 2014).
    """
    length = max(np.size(number) for number in numbers)
    state = np.zeros(length, dtype=np.uint64)
    for number in numbers:
        state = state ^ np.asarray(number, dtype=np.int64).astype(np.uint64)
        state = state + _GOLDEN
        state = (state ^ (state >> np.uint64(30))) * _FIRST
        state = (state ^ (state >> np.uint64(27))) * _SECOND
        state = state ^ (state >> np.uint64(31))
    return state


def mix_below(limits: Numbers | int, *numbers: Numbers | int) -> Numbers:
    """Return a mixed whole number from 0 up to, not including, `limits` for each place."""
    most = np.maximum(np.asarray(limits, dtype=np.int64), 1).astype(np.uint64)
    return np.asarray(mix(*numbers) % most).astype(np.int64)
