"""recordlinkage with logistic regression on 300 labelled pairs of one sibling month, on our candidate pairs."""

import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import recordlinkage
from job import link_months, read_job

LABELS = 300
SEED = 1
_EXACT = (
    "state", "district", "duty_bearer", "duty_family", "service", "service_family", "survivor_gender",
    "survivor_age_band", "trafficking_form", "collective", "recorder", "office_number", "text",
    "offence_before_july_2024", "resolution", "evidence",
)  # fmt: skip
_STRINGS = ("office_key", "token", "kinds_key", "grounds", "words", "numbers")
_DAYS = ("first", "last", "approached", "recorded")
_NUMBERS = ("visits", "times_recounted", "amount_demanded", "age")


def main() -> None:
    """Run the job that was named."""
    job = read_job()
    start = time.perf_counter()
    compared, same = draw_labels(job.learn[0])
    model = recordlinkage.LogisticRegressionClassifier()
    model.fit(compared, compared.index[same.to_numpy()])
    learning = time.perf_counter() - start

    def link(month: Path) -> pa.Table:
        pairs = pq.read_table(month / "pairs.parquet", columns=["id_l", "id_r"])
        index = pd.MultiIndex.from_arrays([pairs["id_l"].to_numpy(), pairs["id_r"].to_numpy()])
        scores = model.prob(compare(index, read_features(month)))
        return pa.table({"id_l": pairs["id_l"], "id_r": pairs["id_r"], "score": scores.to_numpy()})

    link_months(job, link, learning)


def draw_labels(month: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Return comparisons of LABELS candidate pairs, half of them of one incident, and which."""
    pairs = pq.read_table(month / "pairs.parquet", columns=["id_l", "id_r", "same"]).to_pandas()
    drawn = pairs.groupby("same").sample(LABELS // 2, random_state=SEED)
    index = pd.MultiIndex.from_frame(drawn[["id_l", "id_r"]])
    return compare(index, read_features(month)), drawn["same"]


def read_features(month: Path) -> pd.DataFrame:
    """Return the month's features as plain columns, by id: lists become words in a row."""
    features = pq.read_table(month / "features.parquet").to_pandas().set_index("id")
    for name in ("grounds", "words", "numbers"):
        features[name] = [None if each is None else " ".join(map(str, each)) for each in features[name]]
    return features


def compare(index: pd.MultiIndex, features: pd.DataFrame) -> pd.DataFrame:
    """Return how alike the pairs are, column by column; a missing answer is half alike."""
    comparison = recordlinkage.Compare()
    for name in _EXACT:
        comparison.exact(name, name, missing_value=0.5, label=name)
    for name in _STRINGS:
        comparison.string(name, name, method="qgram", missing_value=0.5, label=name)
    for name in _DAYS:
        comparison.numeric(name, name, method="gauss", scale=3, missing_value=0.5, label=name)
    for name in _NUMBERS:
        comparison.numeric(name, name, method="exp", scale=1, missing_value=0.5, label=name)
    return comparison.compute(index, features)


if __name__ == "__main__":
    main()
