"""Learn the tables of the weights from pairs whose truth is known: of made-up worlds, later of reviewers.

The model is a generalized additive model with pairwise terms, fitted by boosting (Lou, Caruana, Gehrke, Hooker,
"Accurate intelligible models with pairwise interactions", KDD 2013; the library `interpret`). What it learns are the
very tables of the weights file: bits by level, and by two levels together. Nothing is learned while reports are
linked, and nothing is put to use before a person accepts it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.contract import Contract
from pipeline.link.blocking import block_reports
from pipeline.link.engine import open_engine
from pipeline.link.features import make_features
from pipeline.link.weights import Comparison, Weights

_Bits = npt.NDArray[np.float64]


class _Model(Protocol):
    """What is read of a fitted model of `interpret`: its terms by the numbers of their comparisons, their scores in
    natural logarithms, and the place of each level in them."""

    intercept_: _Bits
    term_features_: Sequence[tuple[int, ...]]
    term_scores_: Sequence[_Bits]
    bins_: Sequence[Sequence[Mapping[str, int]]]


_MOST_BITS = 7.0
"""No single answer decides by itself: what made-up worlds never show may happen all the same."""

_MOST_BITS_TOGETHER = 5.0
_FEWEST_BITS_TOGETHER = 0.05
_BAGS = 4
_NEWTON_STEPS = 12
_HOPELESS_BITS = -7.0
_HOPELESS_KEPT = 10
_PASSED_OVER = 0.0005
_TO_SPARE = 0.25


def label_pairs(
    reports: pl.DataFrame, truth: pl.DataFrame, weights: Weights, contract: Contract
) -> pl.DataFrame:
    """Return every candidate pair of `reports` (LINK_SCHEMA) as `learn_tables` takes it, `bits` with it.

    `truth` says which `incident` each `report` tells of. Of the pairs to which the present weights give hardly any
    odds and which are not the same, one of ten is kept and stands for all: they teach little and are many.
    """
    features = make_features(reports, contract)
    blocks = block_reports(features, weights.blocking, most=weights.most_in_block)
    with open_engine(features, weights) as engine:
        scored = engine.score_pairs(engine.find_pairs(blocks.keys))
    incidents = (
        features.select("id", "report").join(truth.select("report", "incident"), on="report").drop("report")
    )
    labelled = scored.join(incidents, left_on="id_l", right_on="id").join(
        incidents, left_on="id_r", right_on="id", suffix="_r"
    )
    hopeless = (pl.col("bits") < _HOPELESS_BITS) & ~pl.col("same")
    return (
        labelled.sort("id_l", "id_r")
        .with_columns(same=pl.col("incident") == pl.col("incident_r"))
        .with_columns(weight=pl.when(hopeless).then(float(_HOPELESS_KEPT)).otherwise(1.0))
        .filter(~hopeless | (pl.int_range(pl.len()) % _HOPELESS_KEPT == 0))
        .drop("id_l", "id_r", "incident", "incident_r")
    )


@dataclass(frozen=True)
class Tables:
    """Bits: the prior, of each comparison by level, of each pair of comparisons by the levels of both."""

    prior: float
    alone: list[_Bits]
    together: list[_Bits]

    def look_first(self, pairs: pl.DataFrame, weights: Weights) -> _Bits:
        """Return what the first look gives to each of `pairs`."""
        score = np.zeros(pairs.height)
        for comparison, bits in zip(weights.comparisons, self.alone, strict=True):
            if comparison.name in weights.first_look.comparisons:
                score += bits[pairs[f"at_{comparison.name}"].to_numpy()]
        return score

    def add_up(self, pairs: pl.DataFrame, weights: Weights) -> _Bits:
        """Return the score of each of `pairs` (columns `at_<name>`) in bits."""
        at = {each.name: pairs[f"at_{each.name}"].to_numpy() for each in weights.comparisons}
        score = np.full(pairs.height, self.prior)
        for comparison, bits in zip(weights.comparisons, self.alone, strict=True):
            score += bits[at[comparison.name]]
        for pair, both in zip(weights.interactions, self.together, strict=True):
            score += both[at[pair.first], at[pair.second]]
        return score


def learn_tables(
    pairs: pl.DataFrame, weights: Weights, *, seed: int = 1, rounds: int = 2000, processes: int = 1
) -> Tables:
    """Return the tables that fit `pairs` best.

    `pairs` has the columns `at_<name>` of scored pairs, `same` (whether both tell of one incident) and `weight` (for
    how many pairs each stands). Comparisons, levels and pairs of comparisons are those of `weights`.
    """
    from interpret.glassbox import ExplainableBoostingClassifier

    names = [comparison.name for comparison in weights.comparisons]
    model = ExplainableBoostingClassifier(
        feature_names=names,
        feature_types=["nominal"] * len(names),
        interactions=[(names.index(pair.first), names.index(pair.second)) for pair in weights.interactions],
        outer_bags=_BAGS,
        max_rounds=rounds,
        learning_rate=0.04,
        min_samples_leaf=6,
        n_jobs=processes,
        random_state=seed,
    )
    places = pairs.select(f"at_{name}" for name in names).to_numpy()
    model.fit(places, pairs["same"].to_numpy(), sample_weight=pairs["weight"].to_numpy())
    return _calibrate(_read_tables(model, weights), pairs, weights)


def _read_tables(model: _Model, weights: Weights) -> Tables:
    """Return the tables of a fitted model in bits: kept within bounds, falling where they must."""
    names = [comparison.name for comparison in weights.comparisons]
    scores = dict(zip(model.term_features_, model.term_scores_, strict=True))
    prior = float(model.intercept_[0]) / np.log(2)
    alone = []
    for number, comparison in enumerate(weights.comparisons):
        bits = scores[(number,)][_bins(model, number, comparison)] / np.log(2)
        # A missing answer is worth nothing, so what the model gives it belongs to the prior.
        nothing = float(bits[0]) if comparison.levels[0].level == "missing" else 0.0
        prior += nothing
        alone.append(_fall(comparison, bits - nothing).clip(-_MOST_BITS, _MOST_BITS))
    together = []
    for pair in weights.interactions:
        first, second = names.index(pair.first), names.index(pair.second)
        rows, columns = weights.comparisons[first], weights.comparisons[second]
        bits = scores[(first, second)][np.ix_(_bins(model, first, rows), _bins(model, second, columns))]
        together.append((bits / np.log(2)).clip(-_MOST_BITS_TOGETHER, _MOST_BITS_TOGETHER))
    return Tables(prior, alone, together)


def _calibrate(tables: Tables, pairs: pl.DataFrame, weights: Weights) -> Tables:
    """Return the tables stretched and shifted so that a bit doubles the odds again, after what was done to them.

    Logistic regression of the truth on the score alone, by Newton's method (Platt, "Probabilistic outputs for support
    vector machines", 1999).
    """
    score = tables.add_up(pairs, weights) * np.log(2)
    same, count = pairs["same"].to_numpy().astype(np.float64), pairs["weight"].to_numpy()
    design = np.stack([np.ones_like(score), score], axis=1)
    shift = np.array([0.0, 1.0])
    for _ in range(_NEWTON_STEPS):
        odds = 1.0 / (1.0 + np.exp(-design @ shift))
        slope = design.T @ (count * (same - odds))
        curve = (design * (count * odds * (1.0 - odds))[:, None]).T @ design
        shift = shift + np.linalg.solve(curve, slope)
    move, stretch = float(shift[0]) / np.log(2), float(shift[1])
    return Tables(
        prior=stretch * tables.prior + move,
        alone=[stretch * bits for bits in tables.alone],
        together=[stretch * bits for bits in tables.together],
    )


def _bins(model: _Model, number: int, comparison: Comparison) -> list[int]:
    """Return the place in the model's tables of each level; of one that never occurred, that of the unseen."""
    known: Mapping[str, int] = model.bins_[number][0]
    return [known.get(str(place), -1) for place in range(len(comparison.levels))]


def _fall(comparison: Comparison, bits: _Bits) -> _Bits:
    """Let the bits of levels that are stated to be ever weaker fall, by pooling neighbours that do not.

    Pool adjacent violators (Barlow and others, "Statistical inference under order restrictions", 1972), unweighted.
    """
    places = [comparison.place(level) for level in comparison.falls]
    pools: list[list[float]] = []
    for place in places:
        pools.append([float(bits[place])])
        while len(pools) > 1 and np.mean(pools[-1]) > np.mean(pools[-2]):
            pools[-2:] = [pools[-2] + pools[-1]]
    fallen = bits.copy()
    fallen[places] = [np.mean(pool) for pool in pools for _ in pool]
    return fallen


def find_first_look(tables: Tables, pairs: pl.DataFrame, weights: Weights) -> float:
    """Return the bits of the first look that hardly a pair misses which in the end is linked or asked of a person."""
    wanted = pairs.filter(pl.Series(tables.add_up(pairs, weights) >= weights.bounds.review))
    return float(np.quantile(tables.look_first(wanted, weights), _PASSED_OVER)) - _TO_SPARE


def put_tables(raw: Mapping[str, Any], tables: Tables, weights: Weights, first_look: float) -> dict[str, Any]:
    """Return the content of a weights file `raw` with other tables in it, rounded to hundredths of a bit."""
    comparisons = [
        {
            **told,
            "levels": [
                {**level, "bits": _round(bit)} for level, bit in zip(told["levels"], bits, strict=True)
            ],
        }
        for told, bits in zip(raw["comparisons"], tables.alone, strict=True)
    ]
    interactions = [
        {**told, "bits": _name_both(weights.by_name[pair.first], weights.by_name[pair.second], bits)}
        for told, pair, bits in zip(raw["interactions"], weights.interactions, tables.together, strict=True)
    ]
    return {
        **raw,
        "prior_bits": _round(tables.prior),
        "first_look": {**raw["first_look"], "least_bits": _round(first_look)},
        "comparisons": comparisons,
        "interactions": interactions,
    }


def _name_both(rows: Comparison, columns: Comparison, bits: _Bits) -> dict[str, dict[str, float]]:
    """Return the bits by the names of both levels, without those that are next to nothing."""
    named = {
        row.level: {
            column.level: _round(value)
            for column, value in zip(columns.levels, values, strict=True)
            if abs(value) >= _FEWEST_BITS_TOGETHER
        }
        for row, values in zip(rows.levels, bits, strict=True)
    }
    return {level: told for level, told in named.items() if told}


def _round(bits: float) -> float:
    return round(float(bits), 2) + 0.0
