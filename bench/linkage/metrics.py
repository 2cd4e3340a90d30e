"""How good a clustering is, against the truth: pairs, B-cubed, and what review can still mend.

Everything is a function of frames, and everything can be weighed by person, so that the same sums serve a figure
and its bootstrap. Pairs are all pairs within clusters, whether or not they were ever scored.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.link.clusters import DisjointSets

PAIR = ("report_a", "report_b")
REVIEW_SCHEMA = pl.Schema({"report_a": pl.String, "report_b": pl.String})
"""Pairs that are asked of a person; order and repetition do not matter."""

TRAITS = ("report", "incident", "person", "group_visit", "language", "day_known", "has_token", "several")
"""What is known of a report: its true incident and person, its group visit (null where none), the language of its
narrative (null where none), whether its day is told, whether it has a token, whether its person has several
incidents."""


@dataclass(frozen=True)
class Judged:
    """A clustering held against the truth.

    pairs: those that are in one incident or in one cluster, with the traits of both as `<trait>_a`, `<trait>_b`,
    `true`, `found`, and `reached` (found, or found by a reviewer who answers rightly). reports: person,
    b3_precision, b3_recall, in_review. questions: the pairs of reports that are asked of a person.
    """

    pairs: pl.DataFrame
    reports: pl.DataFrame
    questions: int


def judge(traits: pl.DataFrame, clusters: pl.DataFrame, reviews: pl.DataFrame | None = None) -> Judged:
    """Hold `clusters` (report, cluster) and `reviews` (REVIEW_SCHEMA) against `traits` (TRAITS).

    A report without a cluster stands by itself.
    """
    known = traits.join(clusters.select("report", "cluster"), on="report", how="left").sort("report")
    known = known.with_row_index("place").with_columns(
        cluster=pl.coalesce(pl.col("cluster").cast(pl.String), pl.concat_str(pl.lit("alone "), "report"))
    )
    questions = _ask(reviews if reviews is not None else REVIEW_SCHEMA.to_frame(), known)
    settled = _settle(known, questions)
    return Judged(
        pairs=_compare(known.with_columns(settled=settled)),
        reports=known.select(
            "person", *_b_cubed(), in_review=pl.col("report").is_in(_ends(questions).implode())
        ),
        questions=questions.height,
    )


def pool(judged: list[Judged]) -> Judged:
    """Return several months as one; the persons of different months are different people."""
    numbered = list(enumerate(judged))
    person = pl.col("^person.*$").cast(pl.String)
    return Judged(
        pl.concat([each.pairs.with_columns(person + f" {number}") for number, each in numbered]),
        pl.concat([each.reports.with_columns(person + f" {number}") for number, each in numbered]),
        sum(each.questions for each in judged),
    )


def score_pairs(pairs: pl.DataFrame, weights: np.ndarray | None = None) -> dict[str, float | None]:
    """Return precision, recall and F1 of judged pairs, and recall with review; None where nothing stands below."""
    each = np.ones(pairs.height) if weights is None else weights
    true, found, reached = (pairs[name].to_numpy() for name in ("true", "found", "reached"))
    correct, all_found, all_true = (float(each[mask].sum()) for mask in (true & found, found, true))
    return {
        "precision": _divide(correct, all_found),
        "recall": _divide(correct, all_true),
        "f1": _divide(2 * correct, all_found + all_true),
        "recall_with_review": _divide(float(each[true & reached].sum()), all_true),
    }


def score_reports(reports: pl.DataFrame, weights: np.ndarray | None = None) -> dict[str, float | None]:
    """Return B-cubed precision, recall and F1, and the share of reports that stand in a question to a person."""
    each = np.ones(reports.height) if weights is None else weights
    precision, recall, asked = (
        _divide(float((reports[name].cast(pl.Float64).to_numpy() * each).sum()), float(each.sum()))
        for name in ("b3_precision", "b3_recall", "in_review")
    )
    together = None if precision is None or recall is None else 2 * precision * recall / (precision + recall)
    return {
        "b3_precision": precision,
        "b3_recall": recall,
        "b3": together,
        "review_share": asked,
    }


def measure(judged: Judged) -> dict[str, float | None]:
    """Return all measures of a clustering, and the questions to a person per report."""
    return {
        **score_pairs(judged.pairs),
        **score_reports(judged.reports),
        "questions_per_report": _divide(judged.questions, judged.reports.height),
    }


def _divide(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _ends(pairs: pl.DataFrame) -> pl.Series:
    return pl.concat([pairs[name].alias("report") for name in PAIR])


def _ask(reviews: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return each question once, with `same`, the right answer; pairs already in one cluster are none."""
    told = reviews.select(report_a=pl.min_horizontal(PAIR), report_b=pl.max_horizontal(PAIR)).unique()
    for end in ("a", "b"):
        told = told.join(
            known.select("report", "incident", "cluster", "place").rename(lambda name: f"{name}_{end}"),  # noqa: B023
            on=f"report_{end}",
        )
    return told.filter(pl.col("cluster_a") != pl.col("cluster_b")).with_columns(
        same=pl.col("incident_a") == pl.col("incident_b")
    )


def _settle(known: pl.DataFrame, questions: pl.DataFrame) -> pl.Series:
    """Return for each report the cluster that it is in once every question is answered rightly."""
    sets = DisjointSets(known.height)
    leaders = known.select(pl.col("place").min().over("cluster"))["place"].to_list()
    for place, leader in enumerate(leaders):
        sets.join(place, leader)
    for one, other in questions.filter("same").select("place_a", "place_b").iter_rows():
        sets.join(one, other)
    return sets.firsts()


def _compare(known: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of one incident or one cluster, with what both reports are."""
    same = [_pair_up(known, column) for column in ("incident", "cluster")]
    pairs = pl.concat(same).unique().sort("place_a", "place_b")
    for end in ("a", "b"):
        pairs = pairs.join(known.rename(lambda name: f"{name}_{end}"), on=f"place_{end}")  # noqa: B023
    return pairs.select(
        *(f"{name}_{end}" for name in TRAITS for end in ("a", "b")),
        true=pl.col("incident_a") == pl.col("incident_b"),
        found=pl.col("cluster_a") == pl.col("cluster_b"),
        reached=pl.col("settled_a") == pl.col("settled_b"),
    )


def _pair_up(known: pl.DataFrame, column: str) -> pl.DataFrame:
    crowd = known.select("place", column).filter(pl.len().over(column) > 1)
    pairs = crowd.join(crowd, on=column, suffix="_b").filter(pl.col("place") < pl.col("place_b"))
    return pairs.select(place_a="place", place_b="place_b")


def _b_cubed() -> list[pl.Expr]:
    both = pl.len().over("cluster", "incident")
    return [
        (both / pl.len().over("cluster")).alias("b3_precision"),
        (both / pl.len().over("incident")).alias("b3_recall"),
    ]
