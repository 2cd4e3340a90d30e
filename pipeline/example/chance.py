"""Seeded draws that come out the same on every machine.

Only the raw bits of PCG64 are used, which NumPy keeps stable for ever; its distributions may change with a
release. Weights are added and divided, never passed through logarithms or powers, whose last digit depends on
the machine.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Fractions = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Chance:
    """A stream of draws that depends on its keys and on nothing else."""

    def __init__(self, *keys: object) -> None:
        self.keys = keys
        digest = hashlib.sha256("|".join(str(key) for key in keys).encode()).digest()
        self._bits = np.random.PCG64(int.from_bytes(digest, "big"))

    def branch(self, *keys: object) -> "Chance":
        """Return another stream, so that one more draw here changes nothing there."""
        return Chance(*self.keys, *keys)

    def fractions(self, count: int) -> Fractions:
        """Return `count` numbers in [0, 1)."""
        bits: npt.NDArray[np.uint64] = np.asarray(self._bits.random_raw(count), dtype=np.uint64)
        return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, limits: int | Numbers, count: int) -> Numbers:
        """Return `count` whole numbers from 0 up to, not including, `limits`; 0 where a limit is below 1."""
        return (self.fractions(count) * np.maximum(limits, 1)).astype(np.int64)

    def happens(self, probability: float, count: int) -> Flags:
        """Return `count` flags, each true with `probability`."""
        return self.fractions(count) < probability

    def pick(self, weights: Sequence[float] | Fractions, count: int) -> Numbers:
        """Return `count` positions in `weights`, each as often as its weight says."""
        heaped = np.cumsum(np.asarray(weights, dtype=np.float64))
        places = np.searchsorted(heaped, self.fractions(count) * heaped[-1], side="right")
        return np.asarray(np.minimum(places, len(heaped) - 1), dtype=np.int64)

    def shuffled(self, count: int) -> Numbers:
        """Return the numbers 0 to `count` - 1 in random order."""
        return np.argsort(self.fractions(count), kind="stable").astype(np.int64)


def falling_weights(count: int) -> Fractions:
    """Return weights that fall with rank as in Zipf's law, the first few flattened: 1/4, 1/5, 1/6 ..."""
    return 1.0 / (np.arange(count, dtype=np.float64) + 4.0)
