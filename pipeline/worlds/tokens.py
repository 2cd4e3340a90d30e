"""Case tokens: a keyed hash a person, 32 hexadecimal digits, sometimes mistyped or left out."""

import numpy as np
import polars as pl

from pipeline.example.chance import Chance, Numbers
from pipeline.example.world import Columns
from pipeline.worlds.mixing import mix
from pipeline.worlds.setting import Setting
from pipeline.worlds.writers import Writers

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_LENGTH = 32


def write_tokens(
    chance: Chance, told: Columns, alias: Numbers, writers: Writers, setting: Setting, secret: Numbers
) -> pl.Series:
    """Return the token of each telling, null where there is none.

    `alias` is the person under whose token the survivor goes. The key is that of the writer's collective or of
    its network; `secret` (two numbers) makes keys differ from world to world.
    """
    writer, count = told["writer"], len(told["writer"])
    key = writers.key[writer]
    halves = [mix(int(number), key, alias) for number in secret]
    digits = _HEX[_nibbles(np.stack(halves, axis=1))]
    wrong = np.flatnonzero(chance.branch("typo").happens(setting.token_typo, count))
    place = chance.branch("place").below(_LENGTH, len(wrong))
    digits[wrong, place] = _HEX[chance.branch("digit").below(len(_HEX), len(wrong))]
    tokens = pl.Series(np.ascontiguousarray(digits).view(f"S{_LENGTH}").ravel().astype(str), dtype=pl.String)
    missing = chance.branch("missing").happens(setting.token_missing, count)
    missing |= writers.have("writes_no_token", writer)
    return pl.DataFrame({"token": tokens, "missing": missing}).select(
        token=pl.when(~pl.col("missing")).then("token")
    )["token"]


def _nibbles(words: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> Numbers:
    shifts = np.arange(60, -1, -4, dtype=np.uint64)
    parts = (words[:, :, None] >> shifts) & np.uint64(15)
    return np.asarray(parts.reshape(len(words), _LENGTH)).astype(np.int64)
