"""The ceiling: gradient boosting on all labels of sibling months, on rich columns of our candidate pairs.

The months that may be learned from are scored by models that have not seen them, so that a threshold can be chosen
on them; the others by a model of all.
"""

import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from job import link_months, read_job

FOLDS = 2
ROUNDS = 300
_KEYS = ["id_l", "id_r", "same", "weight"]
_SETTINGS = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 20, "seed": 1,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "num_threads": 2, "verbosity": -1,
    "deterministic": True, "force_col_wise": True,
}  # fmt: skip


def main() -> None:
    """Run the job that was named."""
    job = read_job()
    start = time.perf_counter()
    whole = fit(job.learn)
    folds = [job.learn[number::FOLDS] for number in range(FOLDS)]
    models = {}
    for fold in folds:
        model = fit([month for month in job.learn if month not in fold])
        models |= {month.name: model for month in fold}
    learning = time.perf_counter() - start

    def link(month: Path) -> pa.Table:
        pairs = read_pairs(month)
        scores = models.get(month.name, whole).predict(pairs.drop(columns=_KEYS), raw_score=True)
        return pa.table({"id_l": pairs["id_l"], "id_r": pairs["id_r"], "score": np.asarray(scores)})

    link_months(job, link, learning)


def read_pairs(month: Path) -> pd.DataFrame:
    """Return the candidate pairs of a month with all their columns."""
    return pq.read_table(month / "pairs.parquet").to_pandas()


def fit(months: list[Path]) -> lgb.Booster:
    """Return a model of all candidate pairs of the months."""
    pairs = pd.concat([read_pairs(month) for month in months])
    data = lgb.Dataset(pairs.drop(columns=_KEYS), label=pairs["same"].astype(int))
    return lgb.train(_SETTINGS, data, num_boost_round=ROUNDS)


if __name__ == "__main__":
    main()
