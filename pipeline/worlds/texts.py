"""Which telling is written with which text: an own one, one pasted from another row, a few words, or none."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.example.chance import Chance, Flags, Numbers
from pipeline.example.world import Columns
from pipeline.worlds.desks import drop_letter
from pipeline.worlds.mixing import mix_below
from pipeline.worlds.narratives import compose
from pipeline.worlds.setting import Setting
from pipeline.worlds.tellings import RESENT
from pipeline.worlds.wording import first_of
from pipeline.worlds.writers import Writers

_TYPED_ANEW = 0.3


@dataclass(frozen=True)
class Texts:
    """The narratives (null where there is none), their languages, and whether each was pasted."""

    narrative: pl.Series
    language: Numbers
    pasted: Flags


def write_texts(chance: Chance, said: Columns, writers: Writers, setting: Setting) -> Texts:
    """Return the narrative of each telling; `said` has the columns of `wording.word_tellings`."""
    writer, count = said["writer"], len(said["writer"])
    source, pasted = _find_sources(chance.branch("paste"), said, writers, setting)
    composed, place = np.unique(source, return_inverse=True)
    told = {name: values[composed] for name, values in said.items()}
    told["native"] = writers.native_digits[told["writer"]].astype(np.int64)
    told["little"] = writers.have("writes_little", told["writer"]).astype(np.int64)
    text = compose(chance.branch("compose"), told, mix_below(1 << 20, told["writer"], 7))
    missing = chance.branch("missing").happens(setting.narrative_missing, count)
    missing |= writers.have("writes_no_narrative", writer)
    copied = said["source"] != np.arange(count)
    frame = pl.DataFrame({"narrative": text.gather(pl.Series(place))}).with_columns(
        typo=pl.Series(copied & chance.branch("typo").happens(setting.typing, count)),
        place=pl.Series(chance.branch("place").fractions(count)),
        missing=pl.Series(missing),
    )
    narrative = drop_letter(frame, "narrative").select(
        pl.when(~pl.col("missing") & (pl.col("narrative") != "")).then("narrative")
    )
    return Texts(narrative["narrative"], said["language"][source], pasted & ~missing)


def _find_sources(chance: Chance, said: Columns, writers: Writers, setting: Setting) -> tuple[Numbers, Flags]:
    """Return the telling whose text each one has, and whether it was pasted from another incident's."""
    writer, count = said["writer"], len(said["writer"])
    own = np.arange(count, dtype=np.int64)
    copies = (said["source"] != own) & (said["way"] != RESENT)
    same_language = said["language"] == said["language"][said["source"]]
    verbatim = copies & same_language & ~chance.happens(_TYPED_ANEW, count)
    source = np.where(verbatim, said["source"], own)
    in_group = first_of(said["group"], writer, said["recorded"])
    together = chance.happens(setting.group_pasted, count)[in_group] & (said["group"] >= 0)
    pastes = np.where(together, in_group, own)
    sitting = writers.have("pastes_in_sitting", writer)
    pastes = np.where(sitting, first_of(writer, said["recorded"]), pastes)
    pastes = np.where(writers.have("pastes_always", writer), first_of(writer), pastes)
    source = np.where(pastes != own, pastes, source)
    source = np.where(said["way"] == RESENT, source[said["source"]], source)
    source = source[source]
    return source, said["incident"][source] != said["incident"]
